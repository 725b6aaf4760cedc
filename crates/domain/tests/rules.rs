//! Each rule by itself.

mod common;

use common::*;
use ventanilla_domain::{Status::*, *};

fn limited(limits: Result<Limits, InvalidLimit>) -> Policy {
    Policy { limits: limits.expect("a lower limit"), ..Policy::default() }
}

fn raise() -> Change {
    Change::priority(Priority::High)
}

#[test]
fn the_first_response_is_anothers_first_public_message_as_administrator() {
    let mut case = Case::new(promising());
    let luis = admin("luis");
    for (by, ms, change, first) in [
        (&Actor::Bot, 1, message("¡Hola!"), None),
        (&customer("ana"), 2, message("¿Hay alguien?"), None),
        (&admin("ana"), 3, message("Soy administradora, pero el ticket es mío"), None),
        (&luis, 4, Change::note(text("La conozco")), None),
        (&luis, 5, Change::status(InProgress), None),
        (&luis, 6, Change::claim(), None),
        (&luis, 7, raise(), None),
        (&luis, 9, message("Lo miro"), Some(9)),
        (&admin("eva"), 10, message("Yo también"), Some(9)),
        // Another server's time is earlier.
        (&luis, 8, message("Sigo con ello"), Some(9)),
    ] {
        case.must(by, ms, change.clone());
        assert_eq!(case.head().first_response_at, first.map(at), "{change:?}");
        let timers = case.head().sla.as_deref().expect("the desk has targets");
        let stop = timers.first_response.stop.as_ref();
        assert_eq!(stop.map(|stop| stop.at), first.map(at), "its timer says the same");
    }
    let mut replied = Case::new(Policy::default());
    replied.must(&luis, 3, Change::reply(text("Hecho"), Resolved));
    assert_eq!(replied.head().first_response_at, Some(at(3)));
}

#[test]
fn a_key_adds_a_message_once_and_repeats_its_events() {
    let mut case = Case::new(Policy::default());
    let luis = admin("luis");
    let reply = Change::reply(keyed("Hecho", "k"), Resolved);
    case.must(&luis, 1, reply.clone());
    // Other changes of the same person in the same instant, and later ones, are not among the events.
    case.must(&luis, 1, Change::claim());
    case.must(&luis, 1, message("Y algo más"));
    case.must(&customer("ana"), 2, message("No funciona"));
    let kinds = [added(Role::Admin), moved(Open, Resolved)];
    let first = kinds.map(|kind| Event { at: at(1), by: luis.clone(), version: 1, kind });
    assert_eq!(case.does(&luis, 3, reply), Answer::Repeated(first.to_vec()));
    let conflict = Answer::Refused(Refusal::KeyConflict { key: key("k") });
    assert_eq!(case.does(&luis, 4, Change::message(keyed("Otra cosa", "k"))), conflict);
}

#[test]
fn a_key_adds_a_note_once_and_is_its_authors() {
    let mut case = Case::new(Policy::default());
    let luis = admin("luis");
    let note = Change::note(keyed("Ojo", "k"));
    case.must(&luis, 1, note.clone());
    case.must(&luis, 2, Change::claim());
    let first = Event { at: at(1), by: luis.clone(), version: 1, kind: EventKind::NoteAdded };
    assert_eq!(case.does(&luis, 3, note.clone()), Answer::Repeated(vec![first]));
    // Repeated also where a new note would be refused.
    assert!(matches!(case.does(&luis, 3, note.clone().expecting(0)), Answer::Repeated(_)));
    let conflict = Answer::Refused(Refusal::KeyConflict { key: key("k") });
    assert_eq!(case.does(&luis, 3, Change::note(keyed("Otra cosa", "k"))), conflict);
    // Keys of notes, of messages and of other authors are different keys.
    case.must(&luis, 4, Change::message(keyed("Hola", "k")));
    case.must(&admin("eva"), 4, note);
}

#[test]
fn a_repeated_message_without_a_version_returns_its_own_event_only() {
    let mut case = Case::new(Policy::default());
    let (ana, kind) = (customer("ana"), added(Role::User));
    let sent = Message::new(Author::Requester, text("Hola"), at(1)).with_key(Some(key("k")));
    let mut record = TicketRecord::from(case.ticket);
    record.messages.push(sent);
    record.history.push(Event { at: at(1), by: ana.clone(), version: 0, kind: moved(Resolved, Open) });
    case.ticket = record.into();
    let first = Event { at: at(1), by: ana.clone(), version: 0, kind };
    let again = Change::message(keyed("Hola", "k"));
    assert_eq!(case.does(&ana, 2, again), Answer::Repeated(vec![first]));
}

#[test]
fn a_key_belongs_to_its_author() {
    let mut case = Case::new(Policy::default());
    for by in [customer("ana"), admin("luis"), admin("eva"), admin("ana"), Actor::Bot] {
        case.must(&by, 1, Change::message(keyed("Hola", "k")));
    }
    assert_eq!(case.head().message_count, Some(6));
    // Without a key the same text is another message.
    case.must(&customer("ana"), 1, message("Hola"));
}

#[test]
fn preconditions_are_checked_in_order() {
    let policy = Policy {
        limits: Limits::default().with_messages(2).and_then(|limits| limits.with_notes(1)).unwrap(),
        ..Policy::default()
    };
    let (ana, luis) = (customer("ana"), admin("luis"));
    // The conversation is full, Luis has the ticket, and a message has Ana's key: later checks would refuse too.
    let full = |status| {
        let mut case = Case::new(policy.clone());
        case.must(&ana, 0, Change::message(keyed("Hola", "k")));
        case.must(&luis, 0, Change::note(text("Ojo")));
        case.must(&luis, 0, Change::claim());
        if status != Open {
            case.must(&luis, 0, Change::status(status));
        }
        case
    };
    let repeated = || {
        let kind = added(Role::User);
        Answer::Repeated(vec![Event { at: at(0), by: customer("ana"), version: 1, kind }])
    };
    let refused = Answer::Refused;
    let late = 100 * DAY;
    let resolved_at = at(0);
    let stale = |found| refused(Refusal::VersionConflict { expected: 99, found, changes: Vec::new() });
    let over = Refusal::ReopenOver { resolved_at, policy: Reopen::default() };
    let early = Refusal::TooEarlyToClose { resolved_at, closes_at: at(14 * DAY) };
    let barred = Refusal::Transition { from: Resolved, to: Open, by: ActorKind::Admin };
    let closed = |by| Refusal::Closed { by };
    let moved_by_system = Refusal::Transition { from: Open, to: Closed, by: ActorKind::System };
    let (again, other) = (Change::message(keyed("Hola", "k")), Change::message(keyed("Otra", "k")));
    for (what, status, by, ms, change, expected) in [
        ("owner, key", Closed, &customer("eva"), 0, again.clone(), Answer::NotFound),
        ("owner, key", Closed, &customer("eva"), 0, other.clone(), Answer::NotFound),
        ("owner, already so", Closed, &customer("eva"), 0, Change::status(Closed), Answer::NotFound),
        ("key, status", Closed, &ana, 0, again.clone(), repeated()),
        ("key, status", Closed, &ana, 0, other, refused(Refusal::KeyConflict { key: key("k") })),
        ("key, window", Resolved, &ana, late, again.clone(), repeated()),
        ("key, version", Open, &ana, 0, again, repeated()),
        ("already so, version", Closed, &luis, 0, Change::status(Closed), Answer::Unchanged),
        ("already so, status", Closed, &luis, 0, Change::claim(), Answer::Unchanged),
        ("already so, status", Closed, &luis, 0, Change::priority(Priority::Medium), Answer::Unchanged),
        ("status, window", Open, &Actor::System, 0, Change::status(Closed), refused(moved_by_system)),
        ("status, window", Closed, &ana, late, message("Hola"), refused(closed(ActorKind::Customer))),
        ("status, version", Closed, &luis, 0, raise(), refused(closed(ActorKind::Admin))),
        ("status, version", Resolved, &luis, 0, Change::reply(text("Hola"), Open), refused(barred)),
        ("window, version", Resolved, &ana, late, message("Hola"), refused(over)),
        ("window, version", Resolved, &Actor::System, 0, Change::status(Closed), refused(early)),
        ("version, room", Open, &ana, 0, message("Hola"), stale(3)),
        ("version, room", Open, &luis, 0, Change::note(text("Ojo")), stale(3)),
        ("version, claimed", Open, &admin("eva"), 0, Change::claim(), stale(3)),
    ] {
        assert_eq!(full(status).does(by, ms, change.expecting(99)), expected, "{what}");
    }
}

#[test]
fn a_change_can_be_made_to_one_version_only() {
    let mut case = Case::new(Policy::default());
    let luis = admin("luis");
    case.must(&luis, 1, Change::status(InProgress).expecting(0));
    for (expected, changes) in [(0, case.events.clone()), (2, Vec::new())] {
        let conflict = Answer::Refused(Refusal::VersionConflict { expected, found: 1, changes });
        assert_eq!(case.does(&luis, 2, message("Hola").expecting(expected)), conflict);
    }
    case.must(&luis, 2, message("Hola").expecting(1));
    assert_eq!(case.head().version, 2);
}

#[test]
fn a_second_claim_is_refused_with_the_assignee() {
    let mut case = Case::new(Policy::default());
    let (luis, eva) = (admin("luis"), admin("eva"));
    let applied = |kind| Answer::Applied(vec![kind]);
    let lost = Answer::Refused(Refusal::AlreadyAssigned { to: id("luis") });
    for (by, change, expected) in [
        (&luis, Change::claim(), applied(handed(None, Some("luis")))),
        (&luis, Change::claim(), Answer::Unchanged),
        (&eva, Change::claim(), lost),
        (&eva, Change::assign(Some(id("eva"))), applied(handed(Some("luis"), Some("eva")))),
        (&luis, Change::assign(Some(id("eva"))), Answer::Unchanged),
        (&luis, Change::assign(None), applied(handed(Some("eva"), None))),
        (&eva, Change::assign(None), Answer::Unchanged),
        (&eva, Change::claim(), applied(handed(None, Some("eva")))),
    ] {
        assert_eq!(case.does(by, 1, change), expected);
    }
}

#[test]
fn only_the_desk_sees_notes_and_their_limit_blocks_nothing_else() {
    let mut case = Case::in_status(Closed, limited(Limits::default().with_notes(2)));
    let note = || Change::note(text("Ojo"));
    let before = case.head().clone();
    for ms in [5, 6] {
        assert_eq!(case.does(&admin("luis"), ms, note()), Answer::Applied(vec![EventKind::NoteAdded]));
    }
    let mut after = before;
    after.version += 2;
    assert_eq!(*case.head(), after, "nothing else moves");
    let written = |ms, version| Note::new(id("luis"), text("Ojo"), at(ms)).with_version(version);
    let expected = [written(5, 2), written(6, 3)];
    assert_eq!(case.ticket.notes(), expected);
    let full = Answer::Refused(Refusal::NotesFull { notes: 2 });
    assert_eq!(case.does(&admin("luis"), 7, note()), full);

    let seen_by = |scope| case.ticket.details(&scope, MessageRange::All);
    for (scope, beside) in [(Audience::Requester(id("ana")), 0), (Audience::Bot, 0), (Audience::Desk, 2)]
    {
        let seen = seen_by(scope).unwrap();
        assert_eq!((seen.notes.len(), seen.history.len()), (beside, beside));
    }
    assert_eq!(seen_by(Audience::Requester(id("eva"))), None);

    let mut open = Case::new(case.policy.clone());
    (0..2).for_each(|_| open.must(&admin("luis"), 1, note()));
    open.must(&customer("ana"), 2, message("Hola"));
}

#[test]
fn only_the_desk_sees_versions_and_timers() {
    let mut case = Case::new(promising());
    for (ms, question) in [(1, "¿Hola?"), (3, "¿Y ahora?"), (5, "¿Y bien?")] {
        case.must(&customer("ana"), ms, message(question));
        case.must(&admin("luis"), ms + 1, message("Ya casi"));
    }
    let head = case.head();
    let timers = head.sla.as_deref().expect("the desk has targets");
    assert_eq!((head.version, timers.earlier_responses.len()), (6, 1));
    let mut hidden = head.clone();
    (hidden.sla, hidden.version) = (None, 0);
    let mut latest = head.clone();
    latest.sla.as_mut().expect("as above").earlier_responses.clear();

    let windows = [MessageRange::All, MessageRange::Last(2), MessageRange::From { first: 1, count: 3 }];
    for window in windows {
        for scope in [Audience::Requester(id("ana")), Audience::Bot] {
            let view = case.ticket.details(&scope, window).unwrap();
            assert_eq!(view.head, hidden);
            assert!(view.messages.iter().all(|message| message.version == 0));
            let desks = case.ticket.details(&Audience::Desk, window).unwrap().messages;
            let known = desks.iter().map(|message| message.clone().with_version(0));
            assert_eq!(view.messages, known.collect::<Vec<_>>(), "nothing else is left out");
        }
        let view = case.ticket.details(&Audience::Desk, window).unwrap();
        assert_eq!(view.head, if window == MessageRange::All { head.clone() } else { latest.clone() });
        assert!(view.messages.iter().skip(1).all(|message| message.version > 0));
    }
    let row = case.ticket.summary();
    let uncounted = |mut head: TicketHead| {
        head.message_count = None;
        head
    };
    assert_eq!(row.head, uncounted(latest));
    assert_eq!(row.for_requester().head, uncounted(hidden));
}

#[test]
fn a_text_over_the_desks_limit_is_refused_everywhere() {
    let (fits, long) = (text("12345678"), text("12345678ñ"));
    let refusal = Refusal::TextTooLong { bytes: 10, limit: 8 };
    let policy = limited(Limits::default().with_text_bytes(8));
    for change in [Change::message, Change::note, |text| Change::reply(text, Resolved)] {
        let mut case = Case::new(policy.clone());
        assert_eq!(case.does(&admin("luis"), 1, change(long.clone())), Answer::Refused(refusal.clone()));
        case.must(&admin("luis"), 1, change(fits.clone()));
    }
    let draft = NewTicket::new(Category::BUG, long);
    let number = TicketNumber::from_entropy(b"long");
    assert_eq!(draft.open(number, &id("ana"), &customer("ana"), at(0), &policy), Err(refusal));
}

#[test]
fn a_full_conversation_refuses_messages_only() {
    // The description has 8 bytes and "Hola" 4.
    for limits in [Limits::default().with_messages(2), Limits::default().with_conversation_bytes(12)] {
        let mut case = Case::new(limited(limits));
        case.must(&customer("ana"), 1, message("Hola"));
        for by in [ActorKind::Customer, ActorKind::Admin, ActorKind::Bot] {
            let full = Refusal::ConversationFull { messages: 2, bytes: 12, adding: 1 };
            assert_eq!(case.policy.writable(&case.page(), by, at(2)), Err(full.clone()));
            assert_eq!(case.does(&actor(by), 2, message("1")), Answer::Refused(full));
            assert_eq!(case.policy.follow_up(case.head(), at(2)), None);
        }
        let adding = Refusal::ConversationFull { messages: 2, bytes: 12, adding: 5 };
        let reply = Change::reply(text("Hecho"), Resolved);
        assert_eq!(case.does(&admin("luis"), 2, reply), Answer::Refused(adding));
        for change in [Change::note(text("Ojo")), raise(), Change::claim(), Change::status(Resolved)] {
            case.must(&admin("luis"), 2, change);
        }
        case.must(&customer("ana"), 2, Change::status(Closed));
    }
}

#[test]
fn a_closed_ticket_accepts_notes_only() {
    for change in [raise(), Change::claim(), Change::assign(Some(id("eva"))), message("Hola")] {
        let mut case = Case::in_status(Closed, Policy::default());
        assert_eq!(
            case.does(&admin("luis"), 1, change),
            Answer::Refused(Refusal::Closed { by: ActorKind::Admin })
        );
        case.must(&admin("luis"), 1, Change::note(text("Ojo")));
    }
}

#[test]
fn only_administrators_make_administrators_changes() {
    for by in [ActorKind::Customer, ActorKind::Bot, ActorKind::System] {
        for change in [Change::note(text("Ojo")), raise(), Change::claim(), Change::assign(None)] {
            let answer = Case::new(Policy::default()).does(&actor(by), 1, change);
            assert_eq!(answer, Answer::Refused(Refusal::NotPermitted { by }));
        }
    }
}
