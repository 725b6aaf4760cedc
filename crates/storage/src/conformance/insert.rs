//! Insertion of tickets: numbers and creation keys.

use ventanilla_domain::{
    Actor, Audience, Change, IdempotencyKey, MessageRange, NewMessage, Outcome, Policy, Status, Ticket,
    TicketRecord,
};

use super::{
    cases,
    support::{
        admin, ana, answer, command, counts_query, customer, eva, fill, head, hour, luis, marta, number,
        parsed, view,
    },
};
use crate::{InsertOutcome, ListQuery, TicketStore, testing};

cases![
    a_new_ticket_is_read_back_whole,
    a_taken_number_overwrites_nothing,
    numbers_are_compared_literally,
    a_key_sent_again_opens_one_ticket,
    a_repeated_key_answers_with_the_ticket_as_it_is_now,
    an_equal_ticket_is_not_stored_twice,
    a_number_with_another_key_is_taken,
    a_key_reused_for_another_request_is_a_conflict,
    a_follow_up_under_the_key_of_its_old_ticket_is_a_conflict,
    a_second_follow_up_of_a_ticket_is_a_conflict,
    creation_keys_are_separate_by_author,
    without_keys_equal_requests_open_two_tickets,
    a_creation_key_is_no_message_key,
];

async fn a_new_ticket_is_read_back_whole(store: &dyn TicketStore) {
    let rich = testing::ticket("TKT-ABC123")
        .opened_by(marta())
        .key("formulario-1")
        .message(parsed::<NewMessage>("¿Hay novedades?").with_key(parsed("mensaje-1")))
        .note(luis(), "Cliente de los de siempre.")
        .assignee(luis())
        .status(Status::Closed)
        .build();
    let tickets: Vec<Ticket> =
        testing::sample_tickets(40).chain([rich, follow_up("TKT-ABC999")]).collect();
    fill(store, &tickets).await;
    for ticket in &tickets {
        let stored = view(store, &ticket.head().ticket_number).await;
        assert_eq!(stored, ticket.details(&Audience::Desk, MessageRange::All));
    }
}

async fn a_taken_number_overwrites_nothing(store: &dyn TicketStore) {
    let first = testing::ticket("TKT-ABC123").requester(ana()).build();
    let other = testing::ticket("TKT-ABC123").requester(eva()).description("Otra cosa").build();
    fill(store, std::slice::from_ref(&first)).await;
    assert_eq!(answer(store.insert(&other).await), InsertOutcome::NumberTaken);
    assert_eq!(answer(store.insert(&first).await), InsertOutcome::NumberTaken, "it has no key");
    assert_eq!(view(store, &number()).await, first.details(&Audience::Desk, MessageRange::All));
    assert_eq!(stored(store).await, 1);
}

async fn numbers_are_compared_literally(store: &dyn TicketStore) {
    let numbers =
        ["TKT-ABC123", "tkt-abc123", "TKT-ABC12", "TKT-ABC1234", "TKT-ABC123 ", "$TKT", "TKT.*"];
    let tickets = numbers.map(|number| testing::ticket(number).description(number).build());
    fill(store, &tickets).await;
    for ticket in tickets {
        let stored = view(store, &ticket.head().ticket_number).await.expect("the ticket is stored");
        assert_eq!(stored.description, *ticket.description());
    }
}

async fn a_key_sent_again_opens_one_ticket(store: &dyn TicketStore) {
    let first = keyed("TKT-ABC123").created_at(hour(0)).build();
    let again = keyed("TKT-ABC123").created_at(hour(1)).build();
    fill(store, std::slice::from_ref(&first)).await;
    assert_eq!(answer(store.insert(&again).await), InsertOutcome::Repeated(first.head().clone()));
    assert_eq!(view(store, &number()).await, first.details(&Audience::Desk, MessageRange::All));
    assert_eq!(stored(store).await, 1);
}

async fn a_repeated_key_answers_with_the_ticket_as_it_is_now(store: &dyn TicketStore) {
    fill(store, &[keyed("TKT-ABC123").build()]).await;
    answer(store.update(&number(), &command(Change::status(Status::Closed), &admin(), hour(1))).await);
    let now = head(store, &number()).await;
    assert_eq!(now.status, Status::Closed);
    assert_eq!(answer(store.insert(&keyed("TKT-ABC123").build()).await), InsertOutcome::Repeated(now));
}

async fn an_equal_ticket_is_not_stored_twice(store: &dyn TicketStore) {
    let ticket = keyed("TKT-ABC123").build();
    fill(store, std::slice::from_ref(&ticket)).await;
    let repeated = InsertOutcome::Repeated(ticket.head().clone());
    assert_eq!(answer(store.insert(&ticket).await), repeated);
    assert_eq!(stored(store).await, 1);
}

async fn a_number_with_another_key_is_taken(store: &dyn TicketStore) {
    let first = keyed("TKT-ABC123").build();
    fill(store, std::slice::from_ref(&first)).await;
    for other in [
        keyed("TKT-ABC123").key("formulario-2"),
        keyed("TKT-ABC123").requester(eva()),
        keyed("TKT-ABC123").opened_by(luis()),
        testing::ticket("TKT-ABC123"),
    ] {
        assert_eq!(answer(store.insert(&other.build()).await), InsertOutcome::NumberTaken);
    }
    assert_eq!(view(store, &number()).await, first.details(&Audience::Desk, MessageRange::All));
}

async fn a_key_reused_for_another_request_is_a_conflict(store: &dyn TicketStore) {
    let first = keyed("TKT-ABC123").opened_by(luis()).build();
    fill(store, std::slice::from_ref(&first)).await;
    let again = || keyed("TKT-ABC123").opened_by(luis());
    for other in [again().description("Otra cosa"), again().category("CUENTA"), again().requester(eva())]
    {
        assert_eq!(answer(store.insert(&other.build()).await), conflict());
    }
    assert_eq!(view(store, &number()).await, first.details(&Audience::Desk, MessageRange::All));
    assert_eq!(stored(store).await, 1);
}

async fn a_follow_up_under_the_key_of_its_old_ticket_is_a_conflict(store: &dyn TicketStore) {
    let mut ticket = TicketRecord::from(follow_up("TKT-ABC123"));
    ticket.creation_key = keyed("TKT-ABC123").build().creation_key().cloned();
    let ticket = Ticket::from(ticket);
    let first = testing::ticket("TKT-ABC123")
        .key("formulario-1")
        .description(ticket.description().clone())
        .build();
    fill(store, &[first]).await;
    assert_eq!(answer(store.insert(&ticket).await), conflict());
}

async fn a_second_follow_up_of_a_ticket_is_a_conflict(store: &dyn TicketStore) {
    let first = follow_up("TKT-ABC123");
    fill(store, std::slice::from_ref(&first)).await;
    let key = first.creation_key().expect("every follow-up has one").key.clone();
    let conflict = InsertOutcome::KeyConflict { number: number(), key };
    for (by, text) in [(customer(), "Otra cosa"), (admin(), "Otra cosa"), (admin(), AGAIN)] {
        let other = follow_up_by("TKT-ABC123", &by, text);
        assert_eq!(answer(store.insert(&other).await), conflict, "{by:?}: {text}");
    }
    let again = follow_up("TKT-ABC123");
    assert_eq!(answer(store.insert(&again).await), InsertOutcome::Repeated(first.head().clone()));
    assert_eq!(view(store, &number()).await, first.details(&Audience::Desk, MessageRange::All));
    assert_eq!(stored(store).await, 1);
}

async fn creation_keys_are_separate_by_author(store: &dyn TicketStore) {
    let tickets = [
        keyed("TKT-ABC123").build(),
        keyed("TKT-ABC124").requester(eva()).build(),
        keyed("TKT-ABC125").opened_by(luis()).build(),
        keyed("TKT-ABC126").key("FORMULARIO-1").build(),
    ];
    fill(store, &tickets).await;
    assert_eq!(stored(store).await, 4);
}

async fn without_keys_equal_requests_open_two_tickets(store: &dyn TicketStore) {
    fill(store, &["TKT-ABC123", "TKT-ABC124"].map(|number| testing::ticket(number).build())).await;
    assert_eq!(stored(store).await, 2);
}

async fn a_creation_key_is_no_message_key(store: &dyn TicketStore) {
    fill(store, &[keyed("TKT-ABC123").build()]).await;
    let key: IdempotencyKey = parsed("formulario-1");
    let message = Change::message(parsed::<NewMessage>("Hola").with_key(key.clone()));
    let outcome = answer(store.update(&number(), &command(message, &customer(), hour(1))).await);
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
}

fn keyed(number: &str) -> testing::TicketFixture {
    testing::ticket(number).key("formulario-1")
}

/// Returns the result for a key with which the ticket of most cases was opened.
fn conflict() -> InsertOutcome {
    InsertOutcome::KeyConflict { number: number(), key: parsed("formulario-1") }
}

const AGAIN: &str = "Me lo han vuelto a cobrar";

/// Returns a follow-up of Ana's.
fn follow_up(number: &str) -> Ticket {
    follow_up_by(number, &customer(), AGAIN)
}

fn follow_up_by(number: &str, by: &Actor, text: &str) -> Ticket {
    let policy = Policy::default();
    let old = testing::ticket("TKT-0DD").status(Status::Closed).build();
    let old = old.details(&Audience::Desk, MessageRange::Last(0)).expect("the desk sees it");
    let offer = policy.follow_up(&old, hour(1)).expect("the old ticket is closed");
    offer
        .ticket(parsed(text))
        .open(parsed(number), &ana(), by, hour(1), &policy)
        .expect("she is the requester")
}

async fn stored(store: &dyn TicketStore) -> u64 {
    let counted = answer(store.counts(&counts_query(&luis(), None)).await).total();
    let listed = answer(store.list(&ListQuery::new().into()).await).rows.len();
    assert_eq!(counted, listed as u64);
    counted
}
