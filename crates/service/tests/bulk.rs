//! One change to many tickets: each has its own result, and one bad number stops no other.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{admin, anas_ticket, code, desk_over, id, key, now, number, storing, text};
use serde_json::json;
use ventanilla_service::{
    Admin, Change, Explain, ListQuery, Locale, Priority, ServiceError, Status, TimeZone,
    error::StoreError,
    request::{BulkItem, BulkOutcome},
    store::{MockTicketStore, Outcome},
    testing,
    ticket::{Audience, NewMessage},
    view::{BulkView, Viewer},
};

/// A desk with two open tickets, a resolved and a closed one, and one of an older application.
async fn luis() -> Admin {
    let ticket = |number| testing::ticket(number).requester("ana");
    let store = storing([
        ticket("TKT-ABC120").build(),
        ticket("TKT-ABC123").build(),
        ticket("TKT-RES123").status(Status::Resolved).build(),
        ticket("TKT-END123").status(Status::Closed).build(),
        ticket("Incidencia 7").build(),
    ]);
    desk_over(store.await).admin(id("luis"))
}

fn viewer(locale: Locale) -> Viewer {
    Viewer { locale, ..Viewer::new(TimeZone::UTC) }
}

/// What was asked, the ticket that it was about, and how it went.
fn told(changes: &BulkOutcome) -> Vec<(&str, &str, &str)> {
    let outcome = |changed: &BulkItem| match &changed.result {
        Ok(receipt) if receipt.repeated => "repeated",
        Ok(receipt) if receipt.events.is_empty() => "unchanged",
        Ok(_) => "changed",
        Err(error) => error.code(),
    };
    changes
        .items
        .iter()
        .map(|changed| (changed.input.as_str(), about(changed), outcome(changed)))
        .collect()
}

fn about(changed: &BulkItem) -> &str {
    match &changed.result {
        Ok(receipt) => receipt.head.ticket_number.as_str(),
        Err(ServiceError::Refused { number, .. } | ServiceError::NotFound { number }) => number.as_str(),
        Err(_) => "",
    }
}

#[tokio::test]
async fn bad_numbers_among_good_ones_have_their_own_errors_and_the_rest_is_done() {
    let luis = luis().await;
    let long = "9".repeat(300);
    let chosen = [
        "TKT-ABC123",
        "",
        " \t",
        "TKT\u{7}",
        &long,
        "TKT-N0T0NE",
        "TKT-END123",
        "TKT-RES123",
        "Incidencia 7",
        "no es un número",
    ];
    let changes = luis.change_each(chosen, &Change::status(Status::Resolved)).await;
    let expected = [
        ("TKT-ABC123", "TKT-ABC123", "changed"),
        ("", "", "number_empty"),
        (" \t", "", "number_blank"),
        ("TKT\u{7}", "", "number_forbidden_character"),
        (&long, "", "number_too_long"),
        ("TKT-N0T0NE", "TKT-N0T0NE", "ticket_not_found"),
        ("TKT-END123", "TKT-END123", "transition_refused"),
        ("TKT-RES123", "TKT-RES123", "unchanged"),
        ("Incidencia 7", "Incidencia 7", "changed"),
        ("no es un número", "no es un número", "ticket_not_found"),
    ];
    assert_eq!(told(&changes), expected);
    assert_eq!((changes.done(), changes.failed()), (3, 7));
    for (name, status) in [
        ("TKT-ABC123", Status::Resolved),
        ("Incidencia 7", Status::Resolved),
        ("TKT-END123", Status::Closed),
        ("TKT-ABC120", Status::Open),
    ] {
        assert_eq!(luis.get(&number(name)).await.unwrap().head.status, status, "{name}");
    }
}

#[tokio::test]
async fn numbers_are_read_as_people_type_them_and_the_literal_one_wins() {
    let typed = [" #tkt-abc123 ", "ABC l2o", "# Incidencia 7\n"];
    let changes = luis().await.change_each(typed, &Change::priority(Priority::High)).await;
    let found: Vec<_> = changes.items.iter().map(about).collect();
    assert_eq!(found, ["TKT-ABC123", "TKT-ABC120", "Incidencia 7"]);

    let older = testing::ticket("tkt-abc123").build();
    let ours = testing::ticket("TKT-ABC123").build();
    let luis = desk_over(storing([older, ours]).await).admin(id("luis"));
    let changes = luis.change_each(["tkt-abc123", "TKT-ABC123"], &Change::claim()).await;
    assert_eq!(changes.items.iter().map(about).collect::<Vec<_>>(), ["tkt-abc123", "TKT-ABC123"]);
}

#[tokio::test]
async fn a_ticket_named_twice_is_changed_once_and_has_one_result() {
    let luis = luis().await;
    let chosen = ["TKT-ABC123", "#tkt-abc123", "TKT-END123", "TKT-ABC123", "tkt end123", "TKT-ABC120"];
    let changes = luis.change_each(chosen, &Change::message(text("Perdón por la espera."))).await;
    let expected = [
        ("TKT-ABC123", "TKT-ABC123", "changed"),
        ("TKT-END123", "TKT-END123", "ticket_closed"),
        ("TKT-ABC120", "TKT-ABC120", "changed"),
    ];
    assert_eq!(told(&changes), expected);
    assert_eq!(luis.get(&number("TKT-ABC123")).await.unwrap().messages.len(), 2);

    let changes = luis.change_each(["#TKT-ABC123", "TKT-ABC123"], &Change::note(text("Una"))).await;
    assert_eq!(told(&changes), [("#TKT-ABC123", "TKT-ABC123", "changed")]);
    assert_eq!(luis.get(&number("TKT-ABC123")).await.unwrap().notes.len(), 1);
}

#[tokio::test]
async fn a_message_with_a_key_is_added_once_to_each_ticket_however_often_it_is_sent() {
    let luis = luis().await;
    let message = NewMessage::parse("Ya está arreglado.").unwrap().with_key(key("aviso-7"));
    let change = Change::reply(message, Status::Resolved);
    let chosen = ["TKT-ABC120", "TKT-ABC123"];
    for outcome in ["changed", "repeated"] {
        let changes = luis.change_each(chosen, &change).await;
        assert_eq!(told(&changes), chosen.map(|number| (number, number, outcome)));
        for ticket in chosen {
            let view = luis.get(&number(ticket)).await.unwrap();
            assert_eq!((view.messages.len(), view.head.status), (2, Status::Resolved));
        }
    }
}

#[tokio::test]
async fn a_page_is_told_how_it_went_in_the_readers_language() {
    let luis = luis().await;
    luis.set_priority(&number("TKT-ABC120"), Priority::High).await.unwrap();
    let chosen = ["tkt-abc123", "TKT-ABC120", "TKT-END123", "TKT-N0T0NE", ""];
    let changes = luis.change_each(chosen, &Change::priority(Priority::High)).await;
    for (locale, text, rows) in [
        (
            Locale::Es,
            "Hecho en 2 de 5 tickets.",
            [
                "Cambiado",
                "Ya estaba así",
                "Este ticket está cerrado y solo admite notas internas.",
                "No encontramos el ticket TKT-N0T0NE.",
                "Falta el número de ticket.",
            ],
        ),
        (
            Locale::En,
            "Done on 2 of 5 tickets.",
            [
                "Changed",
                "No change needed",
                "This ticket is closed and accepts internal notes only.",
                "We cannot find ticket TKT-N0T0NE.",
                "The ticket number is missing.",
            ],
        ),
    ] {
        let expected = json!({
            "text": text,
            "done": 2,
            "failed": 3,
            "rows": [
                { "input": "tkt-abc123", "ticketNumber": "TKT-ABC123",
                    "outcome": { "code": "changed", "text": rows[0] } },
                { "input": "TKT-ABC120", "ticketNumber": "TKT-ABC120",
                    "outcome": { "code": "unchanged", "text": rows[1] } },
                { "input": "TKT-END123", "outcome": { "code": "ticket_closed", "text": rows[2] } },
                { "input": "TKT-N0T0NE", "outcome": { "code": "ticket_not_found", "text": rows[3] } },
                { "input": "", "outcome": { "code": "number_empty", "text": rows[4] } },
            ],
        });
        let view = luis.pages(viewer(locale), &()).bulk(&changes);
        assert_eq!(serde_json::to_value(&view).unwrap(), expected);
        assert_eq!(serde_json::from_value::<BulkView>(expected).unwrap(), view);
    }
}

#[tokio::test]
async fn what_was_carried_out_before_is_no_change() {
    let luis = luis().await;
    let message = NewMessage::parse("Hola").unwrap().with_key(key("k"));
    luis.reply(&number("TKT-ABC123"), "Hola").key(key("k")).await.unwrap();
    let changes = luis.change_each(["TKT-ABC123"], &Change::message(message)).await;
    assert_eq!(luis.pages(viewer(Locale::Es), &()).bulk(&changes).rows[0].outcome.code, "unchanged");
}

#[tokio::test]
async fn one_ticket_and_none_have_sentences_of_their_own() {
    let luis = luis().await;
    let none: [&str; 0] = [];
    let none = luis.change_each(none, &Change::claim()).await;
    let one = luis.change_each(["TKT-ABC123"], &Change::claim()).await;
    for (changes, es, en) in [
        (none, "No se ha elegido ningún ticket.", "No ticket was chosen."),
        (one, "Hecho en 1 de 1 ticket.", "Done on 1 of 1 ticket."),
    ] {
        assert_eq!(
            Locale::ALL.map(|locale| luis.pages(viewer(locale), &()).bulk(&changes).text),
            [es, en]
        );
    }
}

#[tokio::test]
async fn one_change_to_many_tickets_is_one_call_for_each_whatever_becomes_of_the_others() {
    let mut store = MockTicketStore::new();
    let mut calls = mockall::Sequence::new();
    let head = anas_ticket().head().clone();
    let fault = || StoreError::OutcomeUnknown { number: number("B"), source: "lost".into() };
    for (asked, answer) in [
        ("A", Ok(Outcome::Applied { head: head.clone(), events: Vec::new() })),
        ("B", Err(fault())),
        ("C", Ok(Outcome::NotFound)),
        ("D", Ok(Outcome::Unchanged { head })),
    ] {
        store
            .expect_update()
            .withf(move |to, command| {
                *to == number(asked) && command.at() == now() && *command.actor() == admin("luis")
            })
            .times(1)
            .in_sequence(&mut calls)
            .return_once(|_, _| answer);
    }
    let luis = desk_over(store).admin(id("luis"));
    // B is named again: what may have been done is not tried once more.
    let changes = luis.change_each(["A", "B", "\u{7}", "C", "B", "D"], &Change::claim()).await;
    let codes: Vec<_> = changes.items.iter().map(|changed| code(&changed.result)).collect();
    let expected = ["ok", "outcome_unknown", "number_forbidden_character", "ticket_not_found", "ok"];
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn of_what_was_typed_in_one_change_to_many_the_likeliest_that_exists_is_changed() {
    let mut store = MockTicketStore::new();
    let mut calls = mockall::Sequence::new();
    for (asked, answer) in [
        ("abc12o", Outcome::NotFound),
        ("TKT-ABC120", Outcome::Unchanged { head: anas_ticket().head().clone() }),
    ] {
        let once = store.expect_update().withf(move |to, _| *to == number(asked)).times(1);
        once.in_sequence(&mut calls).return_once(|_, _| Ok(answer));
    }
    // The other candidates are looked up before one of them is changed.
    store.expect_get().times(3).returning(|asked, _, window| {
        let found = testing::ticket("TKT-ABC120").build().details(&Audience::Desk, window);
        Ok(found.filter(|_| asked.entered().as_str() == "TKT-ABC120"))
    });
    let luis = desk_over(store).admin(id("luis"));
    let changes = luis.change_each(["abc12o", "TKT-ABC120"], &Change::claim()).await;
    assert_eq!(changes.done(), 1);
}

#[tokio::test]
async fn a_number_that_may_be_two_tickets_changes_neither_and_names_both() {
    let numbered = |name: &str| testing::ticket(name).requester("ana").build();
    let both = || storing([numbered("TKT-OIL123"), numbered("TKT-011123")]);
    let luis = desk_over(both().await).admin(id("luis"));
    let close = Change::status(Status::Closed);
    let changes = luis.change_each(["tkt-oil123"], &close).await;
    let Err(ServiceError::AmbiguousNumber { numbers }) = &changes.items[0].result else {
        panic!("{changes:?}")
    };
    assert_eq!(*numbers, [number("TKT-OIL123"), number("TKT-011123")]);
    let text = luis.pages(viewer(Locale::Es), &()).bulk(&changes).rows[0].outcome.text.clone();
    assert!(text.contains("TKT-OIL123, TKT-011123"), "{text}");
    assert_eq!(luis.counts().await.unwrap().with_status(Status::Closed), 0);
    // Typed exactly, it is that one.
    assert_eq!(luis.change_each(["TKT-OIL123"], &close).await.done(), 1);
    assert_eq!(luis.get(&number("TKT-OIL123")).await.unwrap().head.status, Status::Closed);
    assert_eq!(luis.get(&number("TKT-011123")).await.unwrap().head.status, Status::Open);
}

/// As [`Admin::find`] finds it: with the `#` and the spaces that other applications may have stored.
#[tokio::test]
async fn what_was_typed_literally_is_changed_before_what_is_left_of_it() {
    for typed in ["#TKT-ABC124", " TKT-ABC124", "TKT-ABC124 "] {
        let tickets = [typed, "TKT-ABC124"].map(|name| testing::ticket(name).requester("ana").build());
        let luis = desk_over(storing(tickets).await).admin(id("luis"));
        let found = luis.find(typed).await.unwrap().head.ticket_number;
        let changes = luis.change_each([typed, "TKT-ABC124"], &Change::claim()).await;
        let changed: Vec<_> = changes.items.iter().map(about).collect();
        assert_eq!(changed, [found.as_str(), "TKT-ABC124"], "{typed:?}");
        assert_eq!(found, number(typed));
    }
}

/// It isn't said that there is no such ticket where nobody could look.
#[tokio::test]
async fn a_store_that_fails_while_what_was_typed_is_looked_up_is_no_missing_ticket() {
    let mut store = MockTicketStore::new();
    store.expect_update().times(1).returning(|_, _| Ok(Outcome::NotFound));
    store.expect_get().returning(|_, _, _| Err(StoreError::Unavailable { source: "down".into() }));
    let luis = desk_over(store).admin(id("luis"));
    let changes = luis.change_each(["tkt-abc123"], &Change::claim()).await;
    assert_eq!(told(&changes), [("tkt-abc123", "", "store_unavailable")]);
}

#[tokio::test]
async fn another_writers_number_is_found_however_it_is_typed() {
    for typed in ["tkt-oil123", "OIL123", "TKT OIL123"] {
        let oil = testing::ticket("TKT-OIL123").requester("ana").build();
        let luis = desk_over(storing([oil]).await).admin(id("luis"));
        let found = luis.find(typed).await.unwrap();
        assert_eq!(found.head.ticket_number, number("TKT-OIL123"), "{typed}");
        let changes = luis.change_each([typed], &Change::claim()).await;
        assert_eq!(changes.done(), 1, "{typed}");
    }
}

/// A host spawns it: with what a form posted, and with what a list gave.
#[tokio::test]
async fn it_can_be_spawned_with_any_kind_of_numbers() {
    let luis = luis().await;
    let posted = tokio::spawn({
        let (luis, posted) = (luis.clone(), vec!["TKT-ABC123".to_owned()]);
        async move { luis.change_each(&posted, &Change::claim()).await.done() }
    });
    let listed = tokio::spawn(async move {
        let page = luis.list(ListQuery::new().with_statuses(Status::Open)).await.unwrap();
        let numbers = page.rows.iter().map(|row| &row.head.ticket_number);
        luis.change_each(numbers, &Change::claim()).await.done()
    });
    assert_eq!((posted.await.unwrap(), listed.await.unwrap()), (1, 3));
}
