//! Effects and events of changes, opening of tickets, and texts of refusals.

mod common;
#[path = "effects/timers.rs"]
mod timers;

use std::collections::HashSet;

use common::*;
use ventanilla_domain::{Status::*, *};

fn created() -> Event {
    Event { at: at(0), by: customer("ana"), version: 0, kind: EventKind::Created }
}

fn priority(from: Priority, to: Priority) -> EventKind {
    EventKind::PriorityChanged { from, to }
}

fn customers(until: Option<i64>) -> Wait {
    Wait::new(WaitingFor::Customer).until(until.map(at))
}

fn waiting(until: Option<i64>) -> EventKind {
    EventKind::WaitingStarted { party: WaitingFor::Customer, until: until.map(at) }
}

/// Returns a change of each kind, in order of time, with its events.
fn day_at_the_desk() -> Vec<(Actor, i64, Change, Vec<EventKind>)> {
    let (ana, luis) = (customer("ana"), admin("luis"));
    vec![
        (Actor::Bot, 1, message("¡Hola!"), vec![added(Role::SupportBot)]),
        (luis.clone(), 2, Change::claim(), vec![handed(None, Some("luis"))]),
        (luis.clone(), 3, Change::note(text("Ojo")), vec![EventKind::NoteAdded]),
        (
            Actor::Bot,
            3,
            Change::hand_over(text("Urge")),
            vec![EventKind::NoteAdded, EventKind::HandedOver],
        ),
        (Actor::Bot, 3, Change::draft(text("Ya va")), vec![EventKind::DraftAdded]),
        (luis.clone(), 3, Change::discard_draft(), vec![EventKind::DraftDiscarded]),
        (luis.clone(), 3, Change::add_tag(tag("vip")), vec![EventKind::TagAdded { tag: tag("vip") }]),
        (
            luis.clone(),
            3,
            Change::remove_tag(tag("vip")),
            vec![EventKind::TagRemoved { tag: tag("vip") }],
        ),
        (
            luis.clone(),
            3,
            Change::add_reference(order("1")),
            vec![EventKind::ReferenceAdded { about: order("1") }],
        ),
        (
            luis.clone(),
            4,
            Change::remove_reference(order("1")),
            vec![EventKind::ReferenceRemoved { about: order("1") }],
        ),
        (luis.clone(), 4, Change::status(InProgress), vec![moved(Open, InProgress)]),
        (luis.clone(), 4, Change::wait(customers(None)), vec![waiting(None)]),
        (luis.clone(), 4, Change::wait(customers(Some(99))), vec![waiting(Some(99))]),
        (luis.clone(), 4, Change::end_wait(), vec![EventKind::WaitingEnded]),
        (luis.clone(), 5, message("Lo miro"), vec![added(Role::Admin)]),
        (
            luis.clone(),
            6,
            Change::priority(Priority::Urgent),
            vec![priority(Priority::Medium, Priority::Urgent)],
        ),
        (luis.clone(), 7, Change::assign(Some(id("eva"))), vec![handed(Some("luis"), Some("eva"))]),
        (
            luis,
            8,
            Change::reply(text("Hecho"), Resolved),
            vec![added(Role::Admin), moved(InProgress, Resolved)],
        ),
        (ana.clone(), 9, message("Aún no"), vec![added(Role::User), moved(Resolved, Open)]),
        (admin("eva"), 10, Change::assign(None), vec![handed(Some("eva"), None)]),
        (admin("eva"), 11, Change::status(Resolved), vec![moved(Open, Resolved)]),
        (ana, 12, Change::status(Closed), vec![moved(Resolved, Closed)]),
    ]
}

#[test]
fn every_change_returns_its_events_and_history_keeps_those_of_fields() {
    let mut case = Case::new(Policy::default());
    let mut history = vec![created()];
    for (by, ms, change, events) in day_at_the_desk() {
        let kept =
            |kind: &EventKind| !matches!(kind, EventKind::MessageAdded { .. } | EventKind::NoteAdded);
        let kinds = events.iter().filter(|kind| kept(kind)).cloned();
        assert_eq!(case.does(&by, ms, change), Answer::Applied(events.clone()));
        let version = case.head().version;
        history.extend(kinds.map(|kind| Event { at: at(ms), by: by.clone(), version, kind }));
        assert_eq!(case.ticket.history(), history);
    }
}

#[test]
fn a_full_history_drops_its_oldest_events() {
    let policy = |history| Policy {
        limits: Limits::default().with_history(history).expect("a lower limit"),
        ..Policy::default()
    };
    let mut whole = Case::new(Policy::default());
    let mut short = Case::new(policy(3));
    for (by, ms, change, _) in day_at_the_desk() {
        whole.must(&by, ms, change.clone());
        short.must(&by, ms, change);
        let all = whole.ticket.history();
        assert_eq!(short.ticket.history(), &all[all.len().saturating_sub(3)..]);
    }
    // A limit that was lowered applies from the next event on.
    whole.policy = policy(2);
    whole.must(&admin("luis"), 20, Change::note(text("Ojo")));
    assert!(whole.ticket.history().len() > 3);
    let mut reopened = Case::in_status(Resolved, policy(2));
    reopened.must(&customer("ana"), 1, message("Hola"));
    assert_eq!(reopened.ticket.history().len(), 2);
}

#[test]
fn every_change_but_internal_ones_sets_updated_at_and_never_to_an_earlier_time() {
    let mut on_time = Case::new(Policy::default());
    let mut late = on_time.clone();
    late.must(&Actor::Bot, 50, message("¡Hola!"));
    for (by, ms, change, events) in day_at_the_desk() {
        let before = on_time.head().updated_at;
        on_time.must(&by, ms, change.clone());
        let is_internal = events.iter().all(EventKind::is_internal);
        let touched = if is_internal { before } else { at(ms) };
        assert_eq!(on_time.head().updated_at, touched);
        late.must(&by, ms, change);
        assert_eq!(late.head().updated_at, at(50));
    }
}

#[test]
fn tags_change_nothing_that_the_requester_sees_and_references_do() {
    let luis = admin("luis");
    let mut case = Case::labelled(orders([1, 2]), tags([1]), Policy::default());
    let about = |case: &Case| {
        let seen = case.ticket.details(&Audience::Requester(id("ana")), MessageRange::All);
        seen.expect("it is hers").head.about
    };
    for (ms, change, expected, updated, is_about, has) in [
        (
            1,
            Change::add_tag(tag("t2")),
            EventKind::TagAdded { tag: tag("t2") },
            0,
            vec![1, 2],
            vec![1, 2],
        ),
        (
            2,
            Change::remove_tag(tag("t1")),
            EventKind::TagRemoved { tag: tag("t1") },
            0,
            vec![1, 2],
            vec![2],
        ),
        (
            3,
            Change::add_reference(order("3")),
            EventKind::ReferenceAdded { about: order("3") },
            3,
            vec![1, 2, 3],
            vec![2],
        ),
        (
            4,
            Change::remove_reference(order("1")),
            EventKind::ReferenceRemoved { about: order("1") },
            4,
            vec![2, 3],
            vec![2],
        ),
        // Another server's time is earlier.
        (
            3,
            Change::remove_reference(order("2")),
            EventKind::ReferenceRemoved { about: order("2") },
            4,
            vec![3],
            vec![2],
        ),
    ] {
        assert_eq!(case.does(&luis, ms, change.clone()), Answer::Applied(vec![expected]));
        assert_eq!(case.head().updated_at, at(updated), "{change:?}");
        assert_eq!((about(&case), &case.head().tags), (orders(is_about), &tags(has)), "{change:?}");
        assert_eq!(case.does(&luis, 9, change), Answer::Unchanged);
    }
}

#[test]
fn a_new_ticket_has_at_most_eight_tags_and_eight_references() {
    let new = || NewTicket::new(Category::BUG, text("No carga")).with_key(key("k"));
    let open = |new: NewTicket| {
        let number = TicketNumber::from_entropy(b"opened");
        new.open(number, &id("ana"), &customer("ana"), at(0), &Policy::default())
    };
    let plain = open(new()).expect("it is hers");
    assert_eq!((&plain.head().tags, &plain.head().about), (&Vec::new(), &Vec::new()));

    // Repetitions don't count.
    let twice = |many: usize| (0..many).chain(0..many);
    let full = new().with_references(orders(twice(8))).with_tags(tags(twice(8)));
    let ticket = open(full.clone()).expect("they are eight");
    assert_eq!((&ticket.head().tags, &ticket.head().about), (&tags(0..8), &orders(0..8)));
    assert_eq!(ticket.history(), [created()], "they were there from the beginning");
    assert!(plain.is_same_request(&ticket) && ticket.is_same_request(&plain));

    let (references, names) =
        (Refusal::TooManyReferences { limit: 8 }, Refusal::TooManyTags { limit: 8 });
    assert_eq!(open(full.clone().with_tags(tags(0..9))), Err(names));
    assert_eq!(open(full.clone().with_references(orders(0..9))), Err(references.clone()));
    assert_eq!(open(new().with_references(orders(0..9)).with_tags(tags(0..9))), Err(references));
    // The last ones that were set count.
    let last = open(full.with_tags(tags([9])).with_references([])).expect("there are few");
    assert_eq!((&last.head().tags, &last.head().about), (&tags([9]), &Vec::new()));
}

#[test]
fn a_follow_up_is_about_the_same_and_has_no_tags() {
    for (about, expected) in [(0..0, 0..0), (0..2, 0..2), (0..8, 0..8), (0..10, 0..8)] {
        let mut case = Case::labelled(Vec::new(), tags([1]), Policy::default());
        case.must(&admin("luis"), 1, Change::status(Closed));
        let mut record = TicketRecord::from(case.ticket.clone());
        record.about = orders(about);
        case.ticket = record.into();
        let offer = case.policy.follow_up(&case.page(), at(2)).expect("it is closed");
        let open = |new: NewTicket| {
            let number = TicketNumber::from_entropy(b"follow");
            new.open(number, &id("ana"), &customer("ana"), at(2), &case.policy).expect("it is hers")
        };
        let follows = open(offer.ticket(text("Otra vez")));
        assert_eq!((&follows.head().about, &follows.head().tags), (&orders(expected), &Vec::new()));
        let other = offer.ticket(text("Otra vez")).with_references(orders([9])).with_tags(tags([2]));
        let other = open(other);
        assert_eq!((&other.head().about, &other.head().tags), (&orders([9]), &tags([2])));
        assert_eq!(other.head().follow_up_of, follows.head().follow_up_of);
        assert!(other.is_same_request(&follows));
    }
}

#[test]
fn a_message_has_its_author_time_key_and_version() {
    let mut case = Case::new(Policy::default());
    for (by, author, version) in [
        (customer("ana"), Author::Requester, 1),
        (admin("luis"), Author::Admin(Some(id("luis"))), 2),
        (Actor::Bot, Author::Bot, 3),
    ] {
        case.must(&by, 3, Change::message(keyed("Hola", "k")));
        let expected = Message::new(author, text("Hola"), at(3)).with_key(Some(key("k")));
        let expected = expected.with_version(version);
        assert_eq!(case.ticket.messages().last(), Some(&expected));
    }
    assert_eq!((case.head().message_count, case.ticket.conversation_bytes()), (Some(4), 8 + 3 * 4));
}

#[test]
fn only_the_requester_or_an_administrator_opens_a_ticket() {
    let draft = NewTicket::new(Category::PAGOS, text("Me cobraron dos veces")).with_key(key("k"));
    for (by, may) in [
        (customer("ana"), true),
        (admin("luis"), true),
        (customer("eva"), false),
        (Actor::Bot, false),
        (Actor::System, false),
    ] {
        let number = TicketNumber::from_entropy(b"opened");
        let opened = draft.open(number, &id("ana"), &by, at(0), &Policy::default());
        if !may {
            assert_eq!(opened, Err(Refusal::NotPermitted { by: by.kind() }));
            continue;
        }
        let ticket = opened.unwrap();
        let head = ticket.head();
        assert_eq!(head.requester, id("ana"));
        assert_eq!((head.status, head.priority, head.version), (Open, Priority::Medium, 0));
        assert_eq!((head.created_at, head.updated_at), (at(0), at(0)));
        assert_eq!((head.first_response_at, head.resolved_at, head.closed_at), (None, None, None));
        // The first message is always the requester's, and the key the opener's.
        let first = Message::new(Author::Requester, text("Me cobraron dos veces"), at(0));
        assert_eq!(ticket.messages(), [first]);
        let opener = by.user().cloned().unwrap();
        assert_eq!(ticket.creation_key(), Some(&CreationKey { by: opener, key: key("k") }));
        assert_eq!(ticket.history(), [Event { by, ..created() }]);
    }
}

#[test]
fn a_follow_up_is_offered_when_writing_is_refused_and_names_the_old_ticket() {
    for (status, ms, offered) in [
        (Open, 99 * DAY, false),
        (InProgress, 99 * DAY, false),
        (Resolved, 14 * DAY, false),
        (Resolved, 14 * DAY + 1, true),
        (Closed, 0, true),
    ] {
        let case = Case::in_status(status, Policy::default());
        let offer = case.policy.follow_up(&case.page(), at(ms));
        assert_eq!(offer.is_some(), offered, "{status}");
        let Some(offer) = offer else { continue };
        assert_eq!((offer.follows(), offer.requester()), (&case.head().ticket_number, &id("ana")));
        let draft = offer.ticket(text("Otra vez")).with_key(key("k"));
        let number = TicketNumber::from_entropy(b"follow");
        let ticket = draft.open(number, &id("ana"), &customer("ana"), at(ms), &case.policy).unwrap();
        assert_eq!(ticket.head().follow_up_of, Some(case.head().ticket_number.clone()));
        assert_eq!((&ticket.head().category, ticket.description()), (&Category::BUG, &text("Otra vez")));
        // Its key is that of the old ticket, whatever the host's key and whoever opens it.
        let by_luis = offer.ticket(text("Otra cosa"));
        let number = TicketNumber::from_entropy(b"luis");
        let by_luis = by_luis.open(number, &id("ana"), &admin("luis"), at(ms), &case.policy).unwrap();
        assert_eq!(ticket.creation_key(), by_luis.creation_key());
        assert_eq!(ticket.creation_key().map(|key| &key.by), Some(&id("ana")));
        let foreign = draft.open(
            ticket.head().ticket_number.clone(),
            &id("eva"),
            &customer("eva"),
            at(ms),
            &case.policy,
        );
        assert_eq!(foreign, Err(Refusal::NotPermitted { by: ActorKind::Customer }));
    }
}

#[test]
fn every_refusal_has_a_code_and_texts_of_its_own() {
    let resolved_at = at(0);
    let all = [
        Refusal::NotPermitted { by: ActorKind::Bot },
        Refusal::Transition { from: Closed, to: Open, by: ActorKind::Admin },
        Refusal::Closed { by: ActorKind::Customer },
        Refusal::ReopenOver { resolved_at, policy: Reopen::Never },
        Refusal::TooEarlyToClose { resolved_at, closes_at: at(DAY) },
        Refusal::AlreadyAssigned { to: id("luis") },
        Refusal::VersionConflict { expected: 1, found: 2, changes: Vec::new() },
        Refusal::ConversationFull { messages: 1, bytes: 2, adding: 3 },
        Refusal::NotesFull { notes: 2 },
        Refusal::TooManyReferences { limit: 8 },
        Refusal::TooManyTags { limit: 8 },
        Refusal::TextTooLong { bytes: 9, limit: 8 },
        Refusal::KeyConflict { key: key("k") },
        Refusal::FollowUpExists,
        Refusal::ConversationChanged { status: Open, added: 1, changes: Vec::new() },
        Refusal::BotNotAllowed { status: Open, first_response_at: None, handoff_at: None },
        Refusal::WaitOver { until: at(0) },
    ];
    assert_eq!(all.iter().map(Explain::code).collect::<HashSet<_>>().len(), all.len());
    assert!(!Refusal::Closed { by: ActorKind::Admin }.offers_follow_up());
    let windowed = Refusal::ReopenOver { resolved_at, policy: Reopen::Within(Days(7)) };
    let texts = all.iter().chain([&windowed]).flat_map(|refusal| {
        assert_eq!(refusal.to_string(), refusal.explain(Locale::En));
        assert!(!refusal.is_retryable());
        Locale::ALL.map(|locale| refusal.explain(locale))
    });
    let texts: HashSet<_> = texts.collect();
    assert_eq!(texts.len(), 2 * (all.len() + 1), "{texts:?}");
    assert!(!texts.contains(""));
    let offering: Vec<_> = all.iter().filter(|refusal| refusal.offers_follow_up()).collect();
    assert_eq!(offering, [&all[2], &all[3], &all[7]]);
}

#[test]
fn a_conflict_lists_the_changes_without_names() {
    let mut case = Case::new(Policy::default());
    let (luis, eva) = (admin("luis"), admin("eva"));
    let changes = [
        (Change::status(InProgress), "cambió el estado de Abierto a En progreso"),
        (Change::assign(Some(id("eva"))), "asignó el ticket a otra persona"),
        (Change::assign(Some(id("ana"))), "asignó el ticket a otra persona"),
        (message("Lo miro"), "escribió un mensaje"),
        (Change::assign(Some(id("luis"))), "tomó el ticket"),
        (Change::assign(None), "dejó el ticket sin asignar"),
    ];
    let made = changes.map(|(change, words)| {
        case.must(&luis, 1, change);
        words
    });
    let mut conflict = |expected| {
        let Answer::Refused(refusal) = case.does(&eva, 9, message("Hola").expecting(expected)) else {
            panic!("it has changed since {expected}");
        };
        refusal
    };
    let es = |refusal: Refusal| {
        let text = refusal.explain(Locale::Es);
        let text = text.strip_prefix("El ticket ha cambiado mientras tanto: ").expect("they are known");
        text.strip_suffix(". Vuelve a cargarlo y revisa tu cambio.").expect("advice").to_owned()
    };
    assert_eq!(es(conflict(5)), made[5]);
    assert_eq!(es(conflict(4)), format!("{} y {}", made[4], made[5]));
    assert_eq!(es(conflict(3)), format!("{}, {} y {}", made[3], made[4], made[5]));
    assert_eq!(es(conflict(2)), format!("{}, {}, {} y un cambio más", made[2], made[3], made[4]));
    assert_eq!(es(conflict(0)), format!("{}, {}, {} y 3 cambios más", made[0], made[1], made[2]));
    let texts = [
        "The ticket has changed in the meantime: changed the status from Open to In progress, \
         assigned the ticket to somebody else, assigned the ticket to somebody else and 3 more changes. \
         Load it again and look at your change once more.",
        "The ticket has changed in the meantime: left the ticket unassigned. \
         Load it again and look at your change once more.",
    ];
    assert_eq!([0, 5].map(|expected| conflict(expected).explain(Locale::En)), texts);
    let unknown = Refusal::VersionConflict { expected: 9, found: 6, changes: Vec::new() };
    assert_eq!(
        unknown.explain(Locale::Es),
        "El ticket ha cambiado mientras tanto. Vuelve a cargarlo y revisa tu cambio."
    );
}
