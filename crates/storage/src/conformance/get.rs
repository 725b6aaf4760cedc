//! Reads of one ticket: lookups, audiences, ranges of messages.

use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, MessageText, NewMessage, Outcome, Priority, Status, Ticket,
    TicketLookup, UserId,
};

use super::{
    cases,
    support::{
        admin, ana, answer, command_under, customer, eva, fill, hour, luis, message, number, parsed,
        sla_policy, timed_ticket,
    },
};
use crate::{TicketStore, testing};

cases![
    a_whole_ticket_equals_the_one_changed_by_the_domain,
    a_missing_ticket_is_none,
    the_ticket_of_another_requester_is_none,
    an_exact_number_finds_only_itself,
    entered_numbers_are_found,
    a_literal_match_wins,
    a_literal_match_of_another_requester_hides_no_own_ticket,
    requesters_see_neither_notes_nor_history,
    a_message_range_counts_in_order_of_arrival,
    messages_are_sorted_by_time_and_then_by_arrival,
];

/// The messages arrive in another order than that of their times.
async fn a_whole_ticket_equals_the_one_changed_by_the_domain(store: &dyn TicketStore) {
    let mut ticket = timed_ticket("TKT-ABC123").opened_by(luis()).key("formulario-1").build();
    fill(store, std::slice::from_ref(&ticket)).await;
    let changes = [
        (Actor::Bot, message("¡Hola! Hemos recibido tu consulta.")),
        (admin(), Change::claim()),
        (admin(), message("¿Nos envías el recibo?")),
        (customer(), Change::message(parsed::<NewMessage>("Aquí está.").with_key(parsed("envio-1")))),
        (
            admin(),
            Change::note(parsed::<NewMessage>("Es la tercera vez este mes.").with_key(parsed("nota-1"))),
        ),
        (admin(), Change::priority(Priority::Urgent)),
        (admin(), Change::reply(parsed::<NewMessage>("Ya está devuelto."), Status::Resolved)),
        (customer(), message("No me ha llegado.")),
        (admin(), Change::assign(None)),
        (admin(), Change::status(Status::Closed)),
        (admin(), Change::note(parsed::<NewMessage>("Avisado por teléfono."))),
    ];
    for (hours, (by, change)) in (1..24).rev().zip(changes) {
        assert_eq!(answer(store.ticket(&number()).await).as_ref(), Some(&ticket));
        let command = command_under(&sla_policy(), change, &by, hour(hours));
        let expected = command.apply(&mut ticket);
        assert!(matches!(expected, Outcome::Applied { .. }), "{expected:?}");
        assert_eq!(answer(store.update(&number(), &command).await), expected);
    }
    assert_eq!(answer(store.ticket(&number()).await), Some(ticket));
    for missing in ["TKT-ABC124", "tkt-abc123"] {
        assert_eq!(answer(store.ticket(&parsed(missing)).await), None, "{missing}");
    }
}

async fn a_missing_ticket_is_none(store: &dyn TicketStore) {
    assert_eq!(found(store, number(), &Audience::Desk).await, None);
    fill(store, &[testing::ticket("TKT-ABC124").build()]).await;
    assert_eq!(found(store, number(), &Audience::Desk).await, None);
    assert_eq!(found(store, number(), &Audience::Requester(ana())).await, None);
}

async fn the_ticket_of_another_requester_is_none(store: &dyn TicketStore) {
    fill(store, &[owned("TKT-ABC123", ana())]).await;
    for range in [MessageRange::All, MessageRange::Last(0)] {
        let foreign = store.get(&number().into(), &Audience::Requester(eva()), range).await;
        assert_eq!(answer(foreign), None);
    }
    assert!(found(store, number(), &Audience::Requester(ana())).await.is_some());
    assert!(found(store, number(), &Audience::Desk).await.is_some());
}

async fn an_exact_number_finds_only_itself(store: &dyn TicketStore) {
    fill(store, &["TKT-ABC123", "tkt-abc12", "ABC123"].map(|number| owned(number, ana()))).await;
    for missing in ["tkt-abc123", "#TKT-ABC123", "TKT-ABC12", "TKT-", "TKT-ABC12.", "TKT-abc123"] {
        let lookup = TicketLookup::from(parsed::<ventanilla_domain::TicketNumber>(missing));
        assert_eq!(found(store, lookup, &Audience::Desk).await, None, "{missing}");
    }
}

async fn entered_numbers_are_found(store: &dyn TicketStore) {
    fill(store, &["TKT-ABC120", "1767603600000042"].map(|number| owned(number, ana()))).await;
    for (typed, expected) in [
        ("TKT-ABC120", "TKT-ABC120"),
        ("#tkt-abc120", "TKT-ABC120"),
        ("abc 12o", "TKT-ABC120"),
        (" # TKT ABCL2O ", "TKT-ABC120"),
        ("# 1767603600000042", "1767603600000042"),
    ] {
        for audience in [Audience::Desk, Audience::Requester(ana())] {
            assert_eq!(
                typed_finds(store, typed, &audience).await.as_deref(),
                Some(expected),
                "{typed:?}"
            );
        }
    }
    assert_eq!(typed_finds(store, "ABC121", &Audience::Desk).await, None);
}

/// The candidates are stored in both orders, so that the order of insertion decides nothing.
async fn a_literal_match_wins(store: &dyn TicketStore) {
    const TYPED: &str = "#tkt-abc123";
    for candidate in ["TKT-ABC123", "tkt-abc123", "#tkt-abc123"] {
        fill(store, &[owned(candidate, ana())]).await;
        assert_eq!(typed_finds(store, TYPED, &Audience::Desk).await.as_deref(), Some(candidate));
        assert_eq!(
            typed_finds(store, TYPED, &Audience::Requester(ana())).await.as_deref(),
            Some(candidate)
        );
    }
    for candidate in ["#TKT-ABC124", "TKT-ABC124"] {
        fill(store, &[owned(candidate, ana())]).await;
        assert_eq!(
            typed_finds(store, "#TKT-ABC124", &Audience::Desk).await.as_deref(),
            Some("#TKT-ABC124")
        );
    }
}

async fn a_literal_match_of_another_requester_hides_no_own_ticket(store: &dyn TicketStore) {
    fill(store, &[owned("tkt-abc123", eva()), owned("TKT-ABC123", ana())]).await;
    for (audience, expected) in [
        (Audience::Requester(ana()), "TKT-ABC123"),
        (Audience::Requester(eva()), "tkt-abc123"),
        (Audience::Desk, "tkt-abc123"),
    ] {
        assert_eq!(typed_finds(store, "tkt-abc123", &audience).await.as_deref(), Some(expected));
    }
}

async fn requesters_see_neither_notes_nor_history(store: &dyn TicketStore) {
    fill(store, &[conversation()]).await;
    let own = answer(store.get(&number().into(), &Audience::Requester(ana()), MessageRange::All).await);
    let own = own.expect("she is the requester");
    assert!(own.notes.is_empty() && own.history.is_empty(), "{own:?}");
    let whole = answer(store.get(&number().into(), &Audience::Desk, MessageRange::Last(1)).await);
    let whole = whole.expect("the ticket is stored");
    assert!(whole.notes.len() == 1 && whole.history.len() == 2, "{whole:?}");
    assert_eq!(own.head, whole.head.for_requester());
    assert!(own.messages.iter().all(|message| message.version == 0), "{own:?}");
}

async fn a_message_range_counts_in_order_of_arrival(store: &dyn TicketStore) {
    let ticket = conversation();
    fill(store, std::slice::from_ref(&ticket)).await;
    let some = |first, count| MessageRange::From { first, count };
    let ranges = [
        MessageRange::All,
        MessageRange::Last(0),
        MessageRange::Last(2),
        MessageRange::Last(5),
        MessageRange::Last(6),
        MessageRange::Last(u32::MAX),
        some(0, 0),
        some(0, 2),
        some(1, 3),
        some(3, 99),
        some(4, 1),
        some(5, 1),
        some(99, 99),
        some(0, u32::MAX),
        some(u32::MAX, u32::MAX),
    ];
    for range in ranges {
        for audience in [Audience::Desk, Audience::Requester(ana())] {
            let seen = answer(store.get(&number().into(), &audience, range).await);
            assert_eq!(seen, ticket.details(&audience, range), "{range:?} of {audience:?}");
        }
    }
}

async fn messages_are_sorted_by_time_and_then_by_arrival(store: &dyn TicketStore) {
    fill(store, &[conversation()]).await;
    for (range, expected) in [
        (
            MessageRange::All,
            vec![
                "Abro el ticket",
                "Empate, llegó antes",
                "Empate, llegó después",
                "A las dos",
                "A las tres",
            ],
        ),
        (MessageRange::Last(3), vec!["Empate, llegó antes", "Empate, llegó después", "A las dos"]),
        (MessageRange::From { first: 1, count: 2 }, vec!["Empate, llegó antes", "A las tres"]),
    ] {
        let view = answer(store.get(&number().into(), &Audience::Desk, range).await)
            .expect("the ticket is stored");
        let texts: Vec<&str> = view.messages.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, expected, "{range:?}");
    }
}

/// Returns a ticket with five messages that arrived in another order than that of their times, a note
/// and an assignment.
fn conversation() -> Ticket {
    testing::ticket("TKT-ABC123")
        .description(parsed::<MessageText>("Abro el ticket"))
        .note(luis(), "Cliente de los de siempre.")
        .assignee(luis())
        .at(hour(3))
        .message("A las tres")
        .at(hour(1))
        .reply(luis(), "Empate, llegó antes")
        .at(hour(2))
        .message("A las dos")
        .at(hour(1))
        .message("Empate, llegó después")
        .build()
}

fn owned(number: &str, requester: UserId) -> Ticket {
    testing::ticket(number).requester(requester).build()
}

async fn typed_finds(store: &dyn TicketStore, typed: &str, audience: &Audience) -> Option<String> {
    found(store, TicketLookup::parse(typed).expect("the text can be a number"), audience).await
}

/// Returns the number of the ticket that a lookup finds.
async fn found(
    store: &dyn TicketStore,
    lookup: impl Into<TicketLookup>,
    audience: &Audience,
) -> Option<String> {
    let view = answer(store.get(&lookup.into(), audience, MessageRange::All).await)?;
    Some(view.head.ticket_number.to_string())
}
