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
    // The conversation is full, there is no room for labels, Luis has the ticket, and a message has Ana's
    // key: later checks would refuse too.
    let full = |status| {
        let mut case = Case::labelled(orders(0..8), tags(0..8), policy.clone());
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
    let closed_to_luis = || refused(closed(ActorKind::Admin));
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
        ("already so, status", Closed, &luis, 0, Change::add_tag(tag("t0")), Answer::Unchanged),
        ("already so, status", Closed, &luis, 0, Change::remove_tag(tag("t8")), Answer::Unchanged),
        ("already so, status", Closed, &luis, 0, Change::add_reference(order("0")), Answer::Unchanged),
        (
            "already so, status",
            Closed,
            &luis,
            0,
            Change::remove_reference(order("8")),
            Answer::Unchanged,
        ),
        ("already so, version", Open, &luis, 0, Change::add_tag(tag("t0")), Answer::Unchanged),
        ("already so, version", Open, &luis, 0, Change::remove_reference(order("8")), Answer::Unchanged),
        ("status, window", Open, &Actor::System, 0, Change::status(Closed), refused(moved_by_system)),
        ("status, window", Closed, &ana, late, message("Hola"), refused(closed(ActorKind::Customer))),
        ("status, version", Closed, &luis, 0, raise(), refused(closed(ActorKind::Admin))),
        ("status, version", Closed, &luis, 0, Change::add_tag(tag("t8")), closed_to_luis()),
        ("status, version", Closed, &luis, 0, Change::remove_tag(tag("t0")), closed_to_luis()),
        ("status, version", Closed, &luis, 0, Change::add_reference(order("8")), closed_to_luis()),
        ("status, version", Closed, &luis, 0, Change::remove_reference(order("0")), closed_to_luis()),
        ("status, version", Resolved, &luis, 0, Change::reply(text("Hola"), Open), refused(barred)),
        ("window, version", Resolved, &ana, late, message("Hola"), refused(over)),
        ("window, version", Resolved, &Actor::System, 0, Change::status(Closed), refused(early)),
        ("version, room", Open, &ana, 0, message("Hola"), stale(3)),
        ("version, room", Open, &luis, 0, Change::note(text("Ojo")), stale(3)),
        ("version, room", Open, &luis, 0, Change::add_tag(tag("t8")), stale(3)),
        ("version, room", Open, &luis, 0, Change::add_reference(order("8")), stale(3)),
        ("version, its removal", Open, &luis, 0, Change::remove_tag(tag("t0")), stale(3)),
        ("version, its removal", Open, &luis, 0, Change::remove_reference(order("0")), stale(3)),
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
    let luis = admin("luis");
    for (by, change) in [
        (&luis, Change::message as fn(MessageText) -> Change),
        (&luis, |text| Change::note(text)),
        (&luis, |text| Change::reply(text, Resolved)),
        (&luis, |text| Change::reply_and_wait(text, until(None))),
        (&Actor::Bot, |text| Change::hand_over(text)),
        (&Actor::Bot, Change::draft),
    ] {
        let mut case = Case::new(policy.clone());
        assert_eq!(case.does(by, 1, change(long.clone())), Answer::Refused(refusal.clone()));
        case.must(by, 1, change(fits.clone()));
    }
    let draft = NewTicket::new(Category::BUG, long);
    let number = TicketNumber::from_entropy(b"long");
    assert_eq!(draft.open(number, &id("ana"), &customer("ana"), at(0), &policy), Err(refusal));
}

#[test]
fn a_follow_up_is_offered_once_a_message_of_any_length_may_not_fit() {
    // The description has 8 bytes.
    for (limits, offered) in [
        (Limits::default().with_messages(2), false),
        (Limits::default().with_messages(1), true),
        (Limits::default().with_text_bytes(8).and_then(|it| it.with_conversation_bytes(16)), false),
        (Limits::default().with_text_bytes(9).and_then(|it| it.with_conversation_bytes(16)), true),
    ] {
        let case = Case::new(limited(limits));
        assert_eq!(
            case.policy.follow_up(&case.page(), at(2)).is_some(),
            offered,
            "{:?}",
            case.policy.limits
        );
    }
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
            assert!(case.policy.follow_up(&case.page(), at(2)).is_some());
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
    for change in [
        raise(),
        Change::claim(),
        Change::assign(Some(id("eva"))),
        message("Hola"),
        Change::wait(until(None)),
        Change::reply_and_wait(text("¿Cuál?"), until(None)),
        Change::add_tag(tag("vip")),
        Change::remove_tag(tag("t1")),
        Change::add_reference(order("9")),
        Change::remove_reference(order("1")),
    ] {
        let mut case = Case::labelled(orders([1]), tags([1]), Policy::default());
        case.must(&admin("luis"), 0, Change::status(Closed));
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
        for change in [
            Change::note(text("Ojo")),
            raise(),
            Change::claim(),
            Change::assign(None),
            Change::wait(until(None)),
            Change::reply_and_wait(text("¿Cuál?"), until(None)),
            Change::end_wait(),
            Change::discard_draft(),
            Change::add_tag(tag("vip")),
            Change::remove_tag(tag("t1")),
            Change::add_reference(order("9")),
            Change::remove_reference(order("1")),
        ] {
            let mut case = Case::labelled(orders([1]), tags([1]), Policy::default());
            let answer = case.does(&actor(by), 1, change);
            assert_eq!(answer, Answer::Refused(Refusal::NotPermitted { by }));
        }
    }
}

#[test]
fn a_ticket_has_at_most_eight_tags_and_eight_references() {
    let luis = admin("luis");
    let mut case = Case::labelled(orders(0..7), tags(0..7), Policy::default());
    let tagged = |case: &Case| case.head().tags.clone();
    case.must(&luis, 1, Change::add_tag(tag("t7")));
    let too_many = || Answer::Refused(Refusal::TooManyTags { limit: 8 });
    assert_eq!(case.does(&luis, 1, Change::add_tag(tag("t8"))), too_many());
    assert_eq!(case.does(&luis, 1, Change::add_tag(tag("t7"))), Answer::Unchanged);
    // Tags and references take no room from each other.
    case.must(&luis, 1, Change::add_reference(order("7")));
    let too_many_references = Answer::Refused(Refusal::TooManyReferences { limit: 8 });
    assert_eq!(case.does(&luis, 1, Change::add_reference(order("8"))), too_many_references);
    case.must(&luis, 1, Change::remove_reference(order("3")));
    assert_eq!(case.does(&luis, 1, Change::add_tag(tag("t8"))), too_many());
    case.must(&luis, 1, Change::add_reference(order("8")));
    assert_eq!(case.head().about, orders([0, 1, 2, 4, 5, 6, 7, 8]));
    case.must(&luis, 1, Change::remove_tag(tag("t0")));
    case.must(&luis, 1, Change::add_tag(tag("t0")));
    assert_eq!(tagged(&case), tags([1, 2, 3, 4, 5, 6, 7, 0]), "in order of addition");

    // Another application may leave more, which are kept.
    let mut record = TicketRecord::from(case.ticket.clone());
    record.tags = tags(0..10);
    case.ticket = record.into();
    assert_eq!(case.does(&luis, 2, Change::add_tag(tag("t10"))), too_many());
    for removed in ["t0", "t1", "t2"] {
        assert_eq!(case.does(&luis, 2, Change::add_tag(tag("t10"))), too_many());
        case.must(&luis, 2, Change::remove_tag(tag(removed)));
    }
    case.must(&luis, 2, Change::add_tag(tag("t10")));
    assert_eq!(tagged(&case), tags([3, 4, 5, 6, 7, 8, 9, 10]));
}

#[test]
fn only_the_desk_sees_tags_and_everybody_what_a_ticket_is_about() {
    let case = Case::labelled(orders([1, 2]), tags([1]), Policy::default());
    for (audience, seen) in [
        (Audience::Desk, tags([1])),
        (Audience::Requester(id("ana")), Vec::new()),
        (Audience::Bot, Vec::new()),
    ] {
        let head = case.ticket.details(&audience, MessageRange::Last(1)).expect("they see it").head;
        assert_eq!((head.tags, head.about), (seen, orders([1, 2])), "{audience:?}");
    }
    let row = case.ticket.summary();
    assert_eq!((&row.head.tags, &row.head.about), (&tags([1]), &orders([1, 2])));
    let row = row.for_requester();
    assert_eq!((row.head.tags, row.head.about), (Vec::new(), orders([1, 2])));
}

#[test]
fn a_conflict_tells_of_labels_to_the_desk_only() {
    let mut case = Case::new(Policy::default());
    let luis = admin("luis");
    case.must(&luis, 1, Change::add_tag(tag("vip")));
    case.must(&luis, 2, Change::add_reference(order("1")));
    for (by, changes) in
        [(&luis, case.events.clone()), (&customer("ana"), Vec::new()), (&Actor::Bot, Vec::new())]
    {
        let conflict = Refusal::VersionConflict { expected: 0, found: 2, changes };
        assert_eq!(case.does(by, 3, message("Hola").expecting(0)), Answer::Refused(conflict));
    }
    // They are no obstacle to an answer.
    let seen = SeenConversation::of(&Case::new(Policy::default()).page());
    case.must(&Actor::Bot, 3, message("Hola").unless_overtaken(seen));
}

fn until(end: Option<i64>) -> Wait {
    Wait::new(WaitingFor::Customer).until(end.map(at))
}

fn started(until: Option<i64>) -> EventKind {
    EventKind::WaitingStarted { party: WaitingFor::Customer, until: until.map(at) }
}

#[test]
fn only_the_bot_hands_over_and_proposes_replies() {
    for by in [ActorKind::Customer, ActorKind::Admin, ActorKind::System] {
        for change in [Change::hand_over(text("Urge")), Change::draft(text("Ya va"))] {
            let answer = Case::new(Policy::default()).does(&actor(by), 1, change);
            assert_eq!(answer, Answer::Refused(Refusal::NotPermitted { by }));
        }
    }
}

#[test]
fn a_wait_is_changed_and_ended() {
    let (luis, over) = (admin("luis"), |end| Answer::Refused(Refusal::WaitOver { until: at(end) }));
    let mut case = Case::in_status(InProgress, promising());
    let updated = case.head().updated_at;
    let third = EventKind::WaitingStarted { party: WaitingFor::ThirdParty, until: None };
    for (ms, change, expected, waits) in [
        (1, Change::end_wait(), Answer::Unchanged, None),
        (1, Change::wait(until(Some(1))), over(1), None),
        (2, Change::wait(until(Some(1))), over(1), None),
        (2, Change::wait(until(None)), Answer::Applied(vec![started(None)]), Some(2)),
        (3, Change::wait(until(None)), Answer::Unchanged, Some(2)),
        (3, Change::wait(Wait::new(WaitingFor::ThirdParty)), Answer::Applied(vec![third]), Some(2)),
        (4, Change::wait(until(Some(9))), Answer::Applied(vec![started(Some(9))]), Some(2)),
        (8, Change::wait(until(Some(9))), Answer::Unchanged, Some(2)),
        (8, Change::end_wait(), Answer::Applied(vec![EventKind::WaitingEnded]), None),
        (8, Change::wait(until(Some(9))), Answer::Applied(vec![started(Some(9))]), Some(8)),
        // It has ended by itself, and the next change removes it.
        (9, Change::end_wait(), Answer::Unchanged, Some(8)),
        (9, Change::wait(until(Some(9))), over(9), Some(8)),
        (9, raise(), Answer::Applied(vec![changed(Priority::High)]), None),
        (9, Change::wait(until(None)), Answer::Applied(vec![started(None)]), Some(9)),
    ] {
        assert_eq!(case.does(&luis, ms, change.clone()), expected, "{ms} {change:?}");
        let waiting = case.head().waiting;
        assert_eq!(waiting.map(|waiting| waiting.since), waits.map(at), "{ms} {change:?}");
        let raised = case.head().priority == Priority::High;
        assert_eq!(case.head().updated_at, if raised { at(9) } else { updated });
    }
    let answered = Answer::Applied(vec![added(Role::User), EventKind::WaitingEnded]);
    let mut bots = case.clone();
    bots.must(&Actor::Bot, 10, message("¿Sigues ahí?"));
    bots.must(&admin("ana"), 10, message("Soy yo"));
    assert!(bots.head().waiting.is_some(), "only the requester's message ends it");
    assert_eq!(case.does(&customer("ana"), 10, message("Aquí")), answered);
    assert_eq!(case.head().status, InProgress);
}

fn changed(to: Priority) -> EventKind {
    EventKind::PriorityChanged { from: Priority::Medium, to }
}

#[test]
fn a_reply_and_its_wait_are_made_both_or_neither() {
    let luis = admin("luis");
    let mut case = Case::new(Policy::default());
    let ask = |end| Change::reply_and_wait(keyed("¿Cuál?", "k"), until(end));
    let over = Answer::Refused(Refusal::WaitOver { until: at(1) });
    assert_eq!(case.does(&luis, 1, ask(Some(1))), over);
    let kinds = [added(Role::Admin), moved(Open, InProgress), started(Some(9))];
    assert_eq!(case.does(&luis, 1, ask(Some(9))), Answer::Applied(kinds.to_vec()));
    let first = kinds.map(|kind| Event { at: at(1), by: luis.clone(), version: 1, kind });
    assert_eq!(case.does(&luis, 20, ask(Some(9))), Answer::Repeated(first.to_vec()));
    // A wait that is on already doesn't prevent the message.
    let again = Change::reply_and_wait(text("¿Y bien?"), until(Some(9)));
    assert_eq!(case.does(&luis, 8, again), Answer::Applied(vec![added(Role::Admin)]));
}

#[test]
fn a_handed_over_ticket_waits_for_a_human() {
    let hand_over = Change::hand_over(keyed("Urge", "k"));
    let mut case = Case::in_status(InProgress, Policy::default());
    let handed_over = [EventKind::NoteAdded, EventKind::HandedOver];
    assert_eq!(case.does(&Actor::Bot, 3, hand_over.clone()), Answer::Applied(handed_over.to_vec()));
    let note = Note::new(None, text("Urge"), at(3)).with_key(key("k")).with_version(2);
    assert_eq!((case.ticket.notes(), case.head().handoff_at), (&[note][..], Some(at(3))));
    let first = handed_over.map(|kind| Event { at: at(3), by: Actor::Bot, version: 2, kind });
    assert_eq!(case.does(&Actor::Bot, 4, hand_over.clone()), Answer::Repeated(first.to_vec()));
    let other = Change::hand_over(keyed("Otra cosa", "k"));
    let conflict = Answer::Refused(Refusal::KeyConflict { key: key("k") });
    assert_eq!(case.does(&Actor::Bot, 4, other), conflict);
    // Another reason is added, and it has been waiting since the first.
    case.must(&Actor::Bot, 5, Change::hand_over(text("Urge mucho")));
    assert_eq!(case.head().handoff_at, Some(at(3)));

    let refusal =
        Refusal::BotNotAllowed { status: InProgress, first_response_at: None, handoff_at: Some(at(3)) };
    assert_eq!(case.does(&Actor::Bot, 6, message("Hola")), Answer::Refused(refusal.clone()));
    assert_eq!(case.policy.writable(&case.page(), ActorKind::Bot, at(6)), Err(refusal));
    case.must(&Actor::Bot, 6, Change::draft(text("Ya va")));

    let luis = admin("luis");
    for (by, change, clears) in [
        (&luis, message("Lo miro"), true),
        (&luis, Change::claim(), true),
        (&luis, Change::assign(Some(id("eva"))), true),
        (&luis, Change::status(Resolved), true),
        (&luis, Change::status(Closed), true),
        (&luis, Change::status(Open), false),
        (&luis, Change::note(text("Ojo")), false),
        (&luis, raise(), false),
        (&luis, Change::wait(until(None)), false),
        (&admin("ana"), message("Soy yo"), false),
        (&customer("ana"), message("¿Hola?"), false),
    ] {
        let mut case = case.clone();
        case.must(by, 7, change.clone());
        assert_eq!(case.head().handoff_at.is_none(), clears, "{change:?}");
    }
    let mut assigned = Case::new(Policy::default());
    assigned.must(&luis, 1, Change::claim());
    assigned.must(&Actor::Bot, 2, hand_over);
    assigned.must(&luis, 3, Change::assign(None));
    assert!(assigned.head().handoff_at.is_some(), "nobody has it");
}

#[test]
fn one_reply_is_proposed_until_somebody_writes_or_the_status_changes() {
    let (luis, draft) = (admin("luis"), Change::draft(text("Ya va")));
    let mut case = Case::new(Policy::default());
    assert_eq!(case.does(&luis, 1, Change::discard_draft()), Answer::Unchanged);
    assert_eq!(case.does(&Actor::Bot, 1, draft.clone()), Answer::Applied(vec![EventKind::DraftAdded]));
    assert_eq!(case.does(&Actor::Bot, 2, draft.clone()), Answer::Unchanged);
    case.must(&Actor::Bot, 2, Change::draft(text("Hecho")));
    assert_eq!(case.ticket.draft(), Some(&Draft::new(text("Hecho"), at(2), 2)));
    assert_eq!(case.page().draft.as_ref(), case.ticket.draft());
    assert_eq!(case.head().updated_at, at(0));
    for (by, change, drops) in [
        (&luis, Change::discard_draft(), true),
        (&luis, message("Hola"), true),
        (&Actor::Bot, message("Hola"), true),
        (&customer("ana"), message("Hola"), true),
        (&luis, Change::status(Resolved), true),
        (&luis, Change::wait(until(None)), true),
        (&luis, Change::note(text("Ojo")), false),
        (&luis, raise(), false),
        (&luis, Change::claim(), false),
        (&Actor::Bot, Change::hand_over(text("Urge")), false),
    ] {
        let mut case = case.clone();
        case.must(by, 3, change.clone());
        assert_eq!(case.ticket.draft().is_none(), drops, "{change:?}");
    }
    case.must(&luis, 3, Change::status(InProgress));
    case.must(&Actor::Bot, 4, draft);
    case.must(&luis, 5, Change::wait(until(None)));
    assert!(case.ticket.draft().is_some(), "the status is the same");
}

#[test]
fn the_policy_of_the_bot_applies_to_its_messages_only() {
    let open = BotPolicy { statuses: Open.into(), until_first_response: false };
    let unanswered = BotPolicy { until_first_response: true, ..BotPolicy::default() };
    let answered = |case: &mut Case| case.must(&admin("luis"), 0, message("Lo miro"));
    for (bot, status, is_answered, may) in [
        (BotPolicy::default(), Open, true, true),
        (BotPolicy::default(), InProgress, true, true),
        (BotPolicy::default(), Resolved, true, true),
        (open, Open, true, true),
        (open, InProgress, false, false),
        (open, Resolved, false, false),
        (unanswered, InProgress, false, true),
        (unanswered, Resolved, false, true),
        (unanswered, Open, true, false),
        (unanswered, Resolved, true, false),
        (BotPolicy { statuses: EnumSet::empty(), ..open }, Open, false, false),
    ] {
        let mut case = Case::in_status(status, Policy { bot, ..Policy::default() });
        if is_answered {
            answered(&mut case);
        }
        let refusal = Refusal::BotNotAllowed {
            status,
            first_response_at: is_answered.then_some(at(0)),
            handoff_at: None,
        };
        let expected =
            if may { Answer::Applied(vec![added(Role::SupportBot)]) } else { Answer::Refused(refusal) };
        assert_eq!(case.clone().does(&Actor::Bot, 1, message("Hola")), expected, "{bot:?} {status}");
        case.must(&Actor::Bot, 1, Change::draft(text("Ya va")));
        if status != Resolved {
            case.must(&Actor::Bot, 1, Change::hand_over(text("Urge")));
        }
        case.must(&admin("luis"), 1, message("Hola"));
        case.must(&customer("ana"), 1, message("Hola"));
    }
}

#[test]
fn a_bot_that_was_overtaken_learns_of_that_first() {
    let policy = Policy {
        bot: BotPolicy { statuses: Open.into(), until_first_response: true },
        ..limited(Limits::default().with_messages(2))
    };
    let mut case = Case::new(policy);
    let seen = SeenConversation::of(&case.page());
    let reply = || Change::message(keyed("Hola", "k")).unless_overtaken(seen);
    let mut first = case.clone();
    first.must(&Actor::Bot, 1, reply());
    // A repeated key answers before everything else.
    assert!(matches!(first.does(&Actor::Bot, 2, reply()), Answer::Repeated(_)));
    case.must(&admin("luis"), 1, Change::reply(text("Lo miro"), InProgress));
    let changes = case.events.clone();
    let overtaken = Refusal::ConversationChanged { status: InProgress, added: 1, changes };
    assert_eq!(case.does(&Actor::Bot, 2, reply()), Answer::Refused(overtaken.clone()));
    let barred =
        Refusal::BotNotAllowed { status: InProgress, first_response_at: Some(at(1)), handoff_at: None };
    assert_eq!(case.does(&Actor::Bot, 2, message("Hola")), Answer::Refused(barred));
    case.must(&admin("luis"), 3, Change::status(Closed));
    let closed = Refusal::Closed { by: ActorKind::Bot };
    for change in
        [reply(), Change::hand_over(text("Urge")).unless_overtaken(seen), Change::draft(text("x"))]
    {
        assert_eq!(case.does(&Actor::Bot, 4, change), Answer::Refused(closed.clone()));
    }
}

#[test]
fn a_message_of_another_application_overtakes_whenever_it_was_written() {
    let mut case = Case::new(Policy::default());
    case.must(&customer("ana"), 5, message("¿Hola?"));
    let seen = SeenConversation::of(&case.page());
    for ms in [1, 9] {
        let mut record = TicketRecord::from(case.ticket.clone());
        record.messages.push(Message::new(Author::Requester, text("¿Y?"), at(ms)));
        let mut case = Case { ticket: record.into(), ..case.clone() };
        let event = Event { at: at(ms), by: customer("ana"), version: 0, kind: added(Role::User) };
        let overtaken = Refusal::ConversationChanged { status: Open, added: 1, changes: vec![event] };
        let answer = case.does(&Actor::Bot, 9, message("Hola").unless_overtaken(seen));
        assert_eq!(answer, Answer::Refused(overtaken));
    }
    // There is no event of a message whose administrator is unknown, and it overtakes all the same.
    let mut record = TicketRecord::from(case.ticket.clone());
    record.messages.push(Message::new(Author::Admin(None), text("Lo miro"), at(9)));
    case.ticket = record.into();
    let overtaken = Refusal::ConversationChanged { status: Open, added: 1, changes: Vec::new() };
    let answer = case.does(&Actor::Bot, 9, message("Hola").unless_overtaken(seen));
    assert_eq!(answer, Answer::Refused(overtaken));
}

#[test]
fn a_status_that_another_application_changed_and_changed_back_overtakes() {
    let mut case = Case::new(Policy::default());
    case.must(&admin("luis"), 1, Change::priority(Priority::High));
    let seen = SeenConversation::of(&case.page());
    let reply = || message("Hola").unless_overtaken(seen);
    // Changes of ours that are no obstacle, public and internal ones, explain the time that they set.
    case.must(&admin("luis"), 3, Change::priority(Priority::Low));
    case.must(&admin("luis"), 4, Change::note(text("Ojo")));
    case.must(&admin("luis"), 2, Change::claim());
    case.clone().must(&Actor::Bot, 9, reply());

    for updated in [0, 2, 5] {
        let mut record = TicketRecord::from(case.ticket.clone());
        record.updated_at = at(updated);
        let mut case = Case { ticket: record.into(), ..case.clone() };
        let overtaken = Refusal::ConversationChanged { status: Open, added: 0, changes: Vec::new() };
        assert_eq!(case.does(&Actor::Bot, 9, reply()), Answer::Refused(overtaken), "{updated}");
    }
}

#[test]
fn a_status_that_may_have_been_dropped_from_the_history_overtakes() {
    for (history, is_refused) in [(4, false), (3, true)] {
        let mut case = Case::new(limited(Limits::default().with_history(history)));
        case.must(&admin("luis"), 1, Change::claim());
        let seen = SeenConversation::of(&case.page());
        for to in [Priority::High, Priority::Low, Priority::Urgent] {
            case.must(&admin("luis"), 2, Change::priority(to));
        }
        let overtaken = Refusal::ConversationChanged { status: Open, added: 0, changes: Vec::new() };
        let expected = if is_refused {
            Answer::Refused(overtaken)
        } else {
            Answer::Applied(vec![added(Role::SupportBot)])
        };
        let answer = case.does(&Actor::Bot, 3, message("Hola").unless_overtaken(seen));
        assert_eq!(answer, expected, "{history}");
    }
}

#[test]
fn a_message_keeps_its_files_and_a_key_stands_for_them() {
    let mut case = Case::new(Policy::default());
    let with =
        |files: &[Attachment]| Change::message(keyed("Mira", "k").with_attachments(files.to_vec()));
    case.must(&customer("ana"), 1, with(&[png(1, 5), png(2, 5)]));
    assert_eq!(case.ticket.messages()[1].attachments, [png(1, 5), png(2, 5)]);
    // Uploaded once more, a file has another id.
    let mut again = png(2, 5);
    again.id = AttachmentId::from_bytes([9; 16]);
    assert!(matches!(case.does(&customer("ana"), 2, with(&[png(1, 5), again])), Answer::Repeated(_)));
    let conflict = Answer::Refused(Refusal::KeyConflict { key: key("k") });
    for files in [vec![], vec![png(1, 5)], vec![png(2, 5), png(1, 5)], vec![png(1, 5), png(3, 5)]] {
        assert_eq!(case.does(&customer("ana"), 2, with(&files)), conflict);
    }
}

#[test]
fn the_files_of_a_ticket_have_a_limit_and_notes_have_none() {
    let attachments = AttachmentPolicy { ticket_bytes: 10, ..AttachmentPolicy::default() };
    let mut case = Case::new(Policy { attachments, ..Policy::default() });
    let with =
        |bytes| Change::message(NewMessage::from(text("Mira")).with_attachments(vec![png(1, bytes)]));
    case.must(&customer("ana"), 1, with(6));
    let full = Refusal::AttachmentsFull { bytes: 6, adding: 5, limit: 10 };
    assert_eq!(case.does(&admin("luis"), 2, with(5)), Answer::Refused(full));
    case.must(&admin("luis"), 2, with(4));
    case.must(&admin("luis"), 3, message("Sin archivos"));
    let note = NewMessage::from(text("Ojo")).with_attachments(vec![png(1, 1)]);
    let refusal = Refusal::TooManyAttachments { files: 1, limit: 0 };
    assert_eq!(case.does(&admin("luis"), 4, Change::note(note)), Answer::Refused(refusal));
}

#[test]
fn a_ticket_is_opened_with_files_that_are_part_of_the_request() {
    let policy = Policy::default();
    let open = |files: Vec<Attachment>| {
        NewTicket::new(Category::BUG, text("Mira")).with_attachments(files).open(
            TicketNumber::from_entropy(b"a case"),
            &id("ana"),
            &customer("ana"),
            at(0),
            &policy,
        )
    };
    let ticket = open(vec![png(1, 5)]).unwrap();
    assert_eq!(ticket.messages()[0].attachments, [png(1, 5)]);
    let mut again = png(1, 5);
    again.id = AttachmentId::from_bytes([9; 16]);
    assert!(ticket.is_same_request(&open(vec![again]).unwrap()));
    assert!(!ticket.is_same_request(&open(vec![]).unwrap()));
    assert_eq!(open(vec![png(1, 1); 9]).unwrap_err().code(), "too_many_attachments");
    assert_eq!(open(vec![png(1, 1 << 40)]).unwrap_err().code(), "file_too_large");
}
