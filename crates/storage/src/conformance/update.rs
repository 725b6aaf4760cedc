//! Changes, whose effects are those of the domain.

use itertools::Itertools;
use ventanilla_domain::{
    Actor, Audience, Change, Command, Limits, MessageRange, NewMessage, Outcome, Policy, Priority,
    Status, TicketHead, TicketNumber,
};

use super::{
    cases,
    support::{
        Mirror, admin, ana, answer, command_under, customer, eva, head, hour, luis, marta, note, number,
        parsed, view,
    },
};
use crate::{TicketStore, testing};

cases![
    every_change_in_every_status_by_everybody,
    a_ticket_from_opening_to_closing,
    the_version_grows_by_one_with_each_change,
    changes_without_effect_are_unchanged,
    a_message_sent_again_is_added_once,
    a_repeated_reply_returns_its_first_events,
    message_keys_are_separate_by_author,
    a_repeated_key_is_recognised_before_any_refusal,
    a_missing_ticket_is_not_found,
    the_ticket_of_another_requester_is_not_found_and_not_changed,
    the_first_response_is_set_once,
    only_administrators_who_are_not_the_requester_respond,
    an_earlier_clock_moves_no_time_back,
    a_note_changes_nothing_that_the_requester_sees,
    reopening_and_closing_set_and_clear_their_times,
    the_history_keeps_the_newest_events,
];

async fn every_change_in_every_status_by_everybody(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let (luis, marta) = (admin(), Actor::Admin(marta()));
    let actors = [customer(), Actor::Customer(eva()), luis, marta, Actor::Bot, Actor::System];
    let mut drawn = 0;
    for at in [hour(24), hour(20 * 24)] {
        for status in Status::ALL {
            for (change, by) in every_change().into_iter().cartesian_product(&actors) {
                let Ok(command) = Command::new(by, at, &Policy::default(), change) else { continue };
                let number =
                    TicketNumber::from_entropy(&[0, 0, 0, 0, drawn / 32, drawn % 32].map(|n| n as u8));
                drawn += 1_u32;
                let ticket = testing::ticket(number.clone()).assignee(testing::admin(0)).status(status);
                mirror.insert(ticket.build()).await;
                mirror.update(&number, &command).await;
            }
        }
    }
}

async fn a_ticket_from_opening_to_closing(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let marta = Actor::Admin(marta());
    let steps = [
        (Actor::Bot, message("¡Hola! Hemos recibido tu consulta.")),
        (admin(), Change::claim()),
        (admin(), Change::status(Status::InProgress)),
        (admin(), Change::priority(Priority::Urgent)),
        (admin(), note("Es la tercera vez este mes.")),
        (admin(), Change::reply(words("Ya está devuelto."), Status::Resolved)),
        (customer(), message("No me ha llegado.")),
        (admin(), Change::assign(Some(testing::admin(1)))),
        (marta.clone(), Change::reply(words("Ahora sí."), Status::Resolved)),
        (marta.clone(), Change::status(Status::InProgress)),
        (marta.clone(), Change::status(Status::Open)),
        (marta.clone(), Change::assign(None)),
        (marta.clone(), Change::status(Status::Resolved)),
        (customer(), Change::status(Status::Closed)),
        (marta, note("Cerrado por el cliente.")),
    ];
    for (at, (by, change)) in steps.into_iter().enumerate() {
        let outcome = mirror.change(change, &by, hour(at as u64 + 1)).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "step {at}: {outcome:?}");
    }
    let end = head(store, &number()).await;
    assert_eq!((end.status, end.version, end.message_count), (Status::Closed, 15, Some(5)));
}

async fn the_version_grows_by_one_with_each_change(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for (change, version) in [
        (message("Hola"), 1),
        (Change::priority(Priority::High), 2),
        (Change::priority(Priority::High), 2),
        (note("Nota"), 3),
        (Change::status(Status::Closed), 4),
        (message("Hola"), 4),
        (Change::status(Status::Open), 4),
    ] {
        mirror.change(change, &admin(), hour(1)).await;
        assert_eq!(head(store, &number()).await.version, version);
    }
}

async fn changes_without_effect_are_unchanged(store: &dyn TicketStore) {
    let ticket = testing::ticket("TKT-ABC123").assignee(luis()).status(Status::Resolved).build();
    let before = ticket.head().clone();
    let mut mirror = Mirror::of(store, ticket).await;
    for change in [
        Change::status(Status::Resolved),
        Change::status(Status::Resolved).expecting(99),
        Change::priority(Priority::Medium),
        Change::assign(Some(luis())),
        Change::claim(),
    ] {
        let outcome = mirror.change(change, &admin(), hour(1)).await;
        assert_eq!(outcome, Outcome::Unchanged { head: before.clone() });
    }
}

async fn a_message_sent_again_is_added_once(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let Outcome::Applied { head: first, events } =
        mirror.change(keyed("Hola"), &customer(), hour(1)).await
    else {
        panic!("the first change is applied");
    };
    let again = mirror.change(keyed("Hola"), &customer(), hour(2)).await;
    assert_eq!(again, Outcome::Repeated { head: first, events: events.clone() });

    mirror.change(Change::status(Status::InProgress), &admin(), hour(3)).await;
    let now = head(store, &number()).await;
    let later = mirror.change(keyed("Hola"), &customer(), hour(4)).await;
    assert_eq!(later, Outcome::Repeated { head: now, events });
}

async fn a_repeated_reply_returns_its_first_events(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let reply = Change::reply(words("Ya está.").with_key(parsed("envio-1")), Status::Resolved);
    let Outcome::Applied { events, .. } = mirror.change(reply.clone(), &admin(), hour(1)).await else {
        panic!("the first change is applied");
    };
    assert_eq!(events.len(), 2, "a message and a status");
    mirror.change(message("No me ha llegado."), &customer(), hour(2)).await;
    let Outcome::Repeated { head, events: first } = mirror.change(reply, &admin(), hour(3)).await else {
        panic!("the key was used before");
    };
    assert_eq!((head.status, first), (Status::Open, events));
}

async fn message_keys_are_separate_by_author(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for by in [customer(), admin(), Actor::Admin(marta()), Actor::Bot] {
        let outcome = mirror.change(keyed("Hola"), &by, hour(1)).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "{by:?}: {outcome:?}");
        let outcome = mirror.change(keyed("Hola"), &by, hour(2)).await;
        assert!(matches!(outcome, Outcome::Repeated { .. }), "{by:?}: {outcome:?}");
    }
    assert_eq!(head(store, &number()).await.message_count, Some(5));
}

async fn a_repeated_key_is_recognised_before_any_refusal(store: &dyn TicketStore) {
    let once = words("Hola").with_key(parsed("envio-1"));
    let ticket = testing::ticket("TKT-ABC123").message(once).status(Status::Closed).build();
    let full = Policy {
        limits: Limits::default().with_messages(1).expect("a limit can be lowered"),
        ..Policy::default()
    };
    let mut mirror = Mirror::of(store, ticket).await;
    let again = command_under(&full, keyed("Hola").expecting(99), &customer(), hour(1));
    let outcome = mirror.update(&number(), &again).await;
    assert!(matches!(outcome, Outcome::Repeated { .. }), "{outcome:?}");
}

async fn a_missing_ticket_is_not_found(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("tkt-abc123").build()).await;
    for (change, by) in [(message("Hola"), customer()), (Change::claim(), admin())] {
        assert_eq!(mirror.change(change, &by, hour(1)).await, Outcome::NotFound);
    }
    assert_eq!(head(store, &parsed("tkt-abc123")).await.version, 0);
}

async fn the_ticket_of_another_requester_is_not_found_and_not_changed(store: &dyn TicketStore) {
    let once = words("Hola").with_key(parsed("envio-1"));
    let ticket = testing::ticket("TKT-ABC123").requester(ana()).message(once).status(Status::Resolved);
    let mut mirror = Mirror::of(store, ticket.build()).await;
    let before = view(store, &number()).await;
    for change in [keyed("Hola"), keyed("Otra cosa"), message("Hola"), Change::status(Status::Closed)] {
        let outcome = mirror.change(change, &Actor::Customer(eva()), hour(1)).await;
        assert_eq!(outcome, Outcome::NotFound);
    }
    assert_eq!(view(store, &number()).await, before);
}

async fn the_first_response_is_set_once(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for at in [hour(5), hour(6), hour(1)] {
        mirror.change(message("Lo estamos mirando."), &admin(), at).await;
        assert_eq!(head(store, &number()).await.first_response_at, Some(hour(5)));
    }
}

async fn only_administrators_who_are_not_the_requester_respond(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").requester(luis()).build()).await;
    let no_response = [
        (admin(), message("Soy yo quien pregunta.")),
        (Actor::Customer(luis()), message("¿Hola?")),
        (Actor::Bot, message("¡Hola!")),
        (Actor::Admin(marta()), note("Lo pide Luis.")),
        (Actor::Admin(marta()), Change::status(Status::InProgress)),
    ];
    for (by, change) in no_response {
        mirror.change(change, &by, hour(1)).await;
        assert_eq!(head(store, &number()).await.first_response_at, None);
    }
    mirror.change(message("Dime."), &Actor::Admin(marta()), hour(2)).await;
    assert_eq!(head(store, &number()).await.first_response_at, Some(hour(2)));
}

async fn an_earlier_clock_moves_no_time_back(store: &dyn TicketStore) {
    let ticket = testing::ticket("TKT-ABC123").created_at(hour(10)).build();
    let mut mirror = Mirror::of(store, ticket).await;
    for at in [hour(12), hour(11), hour(1)] {
        mirror.change(message("Hola"), &customer(), at).await;
        assert_eq!(head(store, &number()).await.updated_at, hour(12));
    }
}

async fn a_note_changes_nothing_that_the_requester_sees(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let own = async || {
        answer(store.get(&number().into(), &Audience::Requester(ana()), MessageRange::All).await)
    };
    let before = own().await;
    mirror.change(note("Nota"), &admin(), hour(1)).await;
    assert_eq!(view(store, &number()).await.map(|view| view.notes.len()), Some(1));
    assert_eq!(own().await, before);
}

async fn reopening_and_closing_set_and_clear_their_times(store: &dyn TicketStore) {
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    let times = |head: TicketHead| (head.resolved_at, head.closed_at);
    for (at, by, change, expected) in [
        (hour(1), admin(), Change::status(Status::Resolved), (Some(hour(1)), None)),
        (hour(2), customer(), message("Sigue igual."), (None, None)),
        (hour(3), admin(), Change::reply(words("Ahora sí."), Status::Resolved), (Some(hour(3)), None)),
        (hour(4), admin(), Change::reply(words("Por cierto"), Status::Resolved), (Some(hour(3)), None)),
        (hour(5), admin(), Change::status(Status::InProgress), (None, None)),
        (hour(6), admin(), Change::status(Status::Closed), (Some(hour(6)), Some(hour(6)))),
    ] {
        mirror.change(change, &by, at).await;
        assert_eq!(times(head(store, &number()).await), expected, "at {at}");
    }
}

async fn the_history_keeps_the_newest_events(store: &dyn TicketStore) {
    let policy = Policy {
        limits: Limits::default().with_history(3).expect("a limit can be lowered"),
        ..Policy::default()
    };
    let mut mirror = Mirror::of(store, testing::ticket("TKT-ABC123").build()).await;
    for step in 1..=6 {
        let to = if step % 2 == 0 { Priority::Low } else { Priority::High };
        let change = command_under(&policy, Change::priority(to), &admin(), hour(step));
        mirror.update(&number(), &change).await;
    }
    let history = view(store, &number()).await.expect("the ticket is stored").history;
    assert_eq!(history.iter().map(|event| event.at).collect::<Vec<_>>(), [hour(4), hour(5), hour(6)]);
}

fn every_change() -> Vec<Change> {
    let replies = Status::ALL.map(|to| Change::reply(words("Ya está."), to));
    let statuses = Status::ALL.map(Change::status);
    let others = [
        message("Hola"),
        keyed("Hola"),
        note("Nota"),
        Change::priority(Priority::Urgent),
        Change::priority(Priority::Medium),
        Change::assign(Some(marta())),
        Change::assign(None),
        Change::claim(),
    ];
    replies.into_iter().chain(statuses).chain(others).collect()
}

fn words(text: &str) -> NewMessage {
    parsed(text)
}

fn message(text: &str) -> Change {
    Change::message(words(text))
}

fn keyed(text: &str) -> Change {
    Change::message(words(text).with_key(parsed("envio-1")))
}
