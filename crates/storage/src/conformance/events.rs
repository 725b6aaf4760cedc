//! Streams of events.

use std::{
    collections::BTreeMap,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use futures::{
    channel::oneshot,
    future::{Either, join_all, select},
};
use ventanilla_domain::{
    Actor, Change, Command, NewMessage, Outcome, Priority, Status, Ticket, TicketEvents, TicketNumber,
    Wait, WaitingFor,
};

use super::{
    cases,
    support::{
        admin, answer, command_under, customer, fill, hour, message, note, number, parsed, reference,
        sla_policy, timed_ticket,
    },
};
use crate::{EventStream, EventToken, StoreError, TicketStore};

/// Case on two stores, beside those of [`CASES`].
const OF_TWO_STORES: &str = "tokens_of_another_database_are_refused";

/// Returns the names of all cases.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.name).chain([OF_TWO_STORES])
}

/// Runs the case of this name.
pub(super) async fn run<S: TicketStore>(make: &impl AsyncFn() -> S, name: &str) {
    match CASES.iter().find(|case| case.name == name) {
        Some(case) => (case.run)(&make().await).await,
        None => tokens_of_another_database_are_refused(&make().await, &make().await).await,
    }
}

/// Returns whether the store says that it has streams of events; any error but one says so.
pub(super) async fn are_declared(store: &dyn TicketStore) -> bool {
    let stream = within(PATIENCE, "stream", store.events(None)).await;
    !matches!(stream, Err(StoreError::NoEvents))
}

cases![
    every_change_has_its_events,
    a_stream_starts_after_a_token,
    a_stream_without_a_token_starts_now,
    a_token_moves_before_the_first_item,
    a_change_that_is_not_made_has_no_events,
    a_ticket_that_is_copied_is_new,
    two_streams_have_the_same_events,
    concurrent_changes_are_all_there_in_the_order_of_each_ticket,
    a_token_of_another_store_is_refused,
];

async fn stream(store: &dyn TicketStore, after: Option<EventToken>) -> EventStream {
    answer(within(PATIENCE, "stream", store.events(after)).await)
}

/// Longest wait for a stream and for each of its items.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the next item, which must come soon.
async fn next(stream: &mut EventStream) -> TicketEvents {
    answer(within(PATIENCE, "event", stream.next()).await.expect("a stream never ends"))
}

/// Waits for what must come soon, on any runtime.
async fn within<T>(limit: Duration, what: &str, waited: impl Future<Output = T>) -> T {
    let (late, lateness) = oneshot::channel();
    let (come, is_over) = mpsc::channel::<()>();
    thread::spawn(move || {
        if is_over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            // Nobody may wait any more.
            let _ = late.send(());
        }
    });
    match select(std::pin::pin!(waited), lateness).await {
        Either::Left((value, _)) => {
            drop(come);
            value
        }
        Either::Right(_) => panic!("no {what} within {limit:?}"),
    }
}

/// Reads items as long as they are these, by their ids, and compares each at once: the last one of a stream
/// that misses one never comes.
async fn assert_next(stream: &mut EventStream, expected: &[TicketEvents]) {
    for expected in expected {
        assert_eq!(next(stream).await.id, expected.id);
    }
}

/// Compares an item with that of the domain, apart from the head, which may be a later one.
fn assert_same(item: &TicketEvents, expected: &TicketEvents) {
    let later = &item.head;
    assert_eq!(later.ticket_number, expected.head.ticket_number);
    assert!(later.version >= expected.head.version, "{item:?}");
    let mut item = item.clone();
    item.head = expected.head.clone();
    assert_eq!(item, *expected);
}

/// Returns changes of all kinds, which can be made in this order.
fn changes() -> Vec<(Actor, Change)> {
    let text = |text: &str| parsed::<NewMessage>(text);
    vec![
        (customer(), message("¿Hay novedades?")),
        (admin(), note("Es la tercera vez.")),
        (admin(), Change::claim()),
        (Actor::Bot, Change::draft(parsed("Prueba a reiniciar."))),
        (admin(), Change::reply(text("Ya está."), Status::Resolved)),
        (customer(), message("Sigue igual.")),
        (admin(), Change::priority(Priority::Urgent)),
        (Actor::Bot, Change::hand_over(text("No sé responder."))),
        (admin(), Change::add_tag(parsed("vip"))),
        (admin(), Change::add_reference(reference("order:1001"))),
        (admin(), Change::reply_and_wait(text("¿Cuál?"), Wait::new(WaitingFor::Customer))),
        (admin(), Change::end_wait()),
        (admin(), Change::status(Status::Closed)),
    ]
}

fn commands() -> Vec<Command> {
    let changes = changes().into_iter().zip(1..);
    changes.map(|((by, change), at)| command_under(&sla_policy(), change, &by, hour(at))).collect()
}

/// Stores a ticket and makes all changes; returns the expected items.
async fn make_all(store: &dyn TicketStore) -> Vec<TicketEvents> {
    let mut ticket = timed_ticket("TKT-ABC123").build();
    fill(store, std::slice::from_ref(&ticket)).await;
    let mut expected = vec![ticket.events_of(0)];
    for command in commands() {
        let outcome = command.apply(&mut ticket);
        assert_eq!(answer(store.update(&number(), &command).await), outcome);
        assert!(matches!(outcome, Outcome::Applied { .. }), "{command:?}: {outcome:?}");
        expected.push(ticket.events_of(ticket.head().version));
    }
    expected
}

async fn every_change_has_its_events(store: &dyn TicketStore) {
    let mut stream = stream(store, None).await;
    let expected = make_all(store).await;
    for expected in &expected {
        let item = next(&mut stream).await;
        assert_same(&item, expected);
        assert!(!item.events.is_empty());
    }
}

async fn a_stream_starts_after_a_token(store: &dyn TicketStore) {
    let mut first = stream(store, None).await;
    let mut tokens = vec![first.token().clone()];
    let expected = make_all(store).await;
    for expected in &expected {
        assert_next(&mut first, std::slice::from_ref(expected)).await;
        tokens.push(first.token().clone());
    }
    drop(first);
    for (skipped, token) in tokens.into_iter().enumerate() {
        // A worker keeps the text of its token.
        let token = token.to_string().parse().expect("the text of a token is one");
        let mut again = stream(store, Some(token)).await;
        assert_next(&mut again, &expected[skipped..]).await;
        let last = command_under(&sla_policy(), note(&format!("Nota {skipped}")), &admin(), hour(99));
        answer(store.update(&number(), &last).await);
        for nth in 0..skipped {
            let id = format!("TKT-ABC123/{}", expected.len() + nth);
            assert_eq!(next(&mut again).await.id, id, "notes of earlier rounds");
        }
        assert_eq!(next(&mut again).await.id, format!("TKT-ABC123/{}", expected.len() + skipped));
    }
}

async fn a_stream_without_a_token_starts_now(store: &dyn TicketStore) {
    make_all(store).await;
    let mut stream = stream(store, None).await;
    let ticket = timed_ticket("TKT-ABC124").build();
    fill(store, std::slice::from_ref(&ticket)).await;
    assert_same(&next(&mut stream).await, &ticket.events_of(0));
}

async fn a_token_moves_before_the_first_item(store: &dyn TicketStore) {
    let token = stream(store, None).await.token().clone();
    let expected = make_all(store).await;
    let mut stream = stream(store, Some(token)).await;
    assert_next(&mut stream, &expected).await;
}

async fn a_change_that_is_not_made_has_no_events(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123").key("k").message(keyed("Hola")).build();
    fill(store, std::slice::from_ref(&ticket)).await;
    let mut stream = stream(store, None).await;
    let refused = [
        (admin(), Change::priority(Priority::Medium)),
        (customer(), Change::message(keyed("Hola"))),
        (customer(), Change::message(keyed("Otra cosa"))),
        (customer(), Change::status(Status::Closed)),
        (admin(), Change::claim().expecting(77)),
    ];
    for (by, change) in refused {
        let command = command_under(&sla_policy(), change, &by, hour(1));
        answer(store.update(&number(), &command).await);
        answer(store.insert(&ticket).await);
    }
    let made = command_under(&sla_policy(), note("Ojo"), &admin(), hour(2));
    answer(store.update(&number(), &made).await);
    assert_eq!(next(&mut stream).await.id, "TKT-ABC123/2");
}

fn keyed(text: &str) -> NewMessage {
    parsed::<NewMessage>(text).with_key(parsed("envio-1"))
}

async fn a_ticket_that_is_copied_is_new(store: &dyn TicketStore) {
    let mut stream = stream(store, None).await;
    let ticket = timed_ticket("TKT-ABC123").message("Hola").status(Status::Resolved).build();
    assert_eq!(ticket.head().version, 2);
    fill(store, std::slice::from_ref(&ticket)).await;
    assert_same(&next(&mut stream).await, &ticket.events_of(0));
}

async fn two_streams_have_the_same_events(store: &dyn TicketStore) {
    let mut streams = [stream(store, None).await, stream(store, None).await];
    let expected = make_all(store).await;
    for stream in &mut streams {
        assert_next(stream, &expected).await;
    }
}

async fn concurrent_changes_are_all_there_in_the_order_of_each_ticket(store: &dyn TicketStore) {
    const TICKETS: usize = 5;
    const CHANGES: usize = 12;
    let mut stream = stream(store, None).await;
    let tickets: Vec<Ticket> =
        (0..TICKETS).map(|nth| timed_ticket(&format!("TKT-ABC12{nth}")).build()).collect();
    fill(store, &tickets).await;
    let notes = (0..CHANGES).map(|nth| note(&format!("Nota {nth}")));
    let commands: Vec<Command> =
        notes.map(|note| command_under(&sla_policy(), note, &admin(), hour(1))).collect();
    join_all(tickets.iter().flat_map(|ticket| {
        commands.iter().map(async |command| {
            while let Err(error) = store.update(&ticket.head().ticket_number, command).await {
                assert!(matches!(error, StoreError::Contention { .. }), "{error}");
            }
        })
    }))
    .await;
    let mut versions: BTreeMap<TicketNumber, u64> = BTreeMap::new();
    for _ in 0..TICKETS * (CHANGES + 1) {
        let item = next(&mut stream).await;
        assert_eq!(item.notes.len(), usize::from(item.version != Some(0)), "{item:?}");
        let expected = versions.entry(item.head.ticket_number.clone()).or_default();
        assert_eq!(item.version, Some(*expected), "{item:?}");
        *expected += 1;
    }
    assert_eq!(versions.into_values().collect::<Vec<_>>(), [CHANGES as u64 + 1; TICKETS]);
}

async fn a_token_of_another_store_is_refused(store: &dyn TicketStore) {
    for token in ["x", "s99999999", "m0-0", "bm8gdG9rZW4", "DgAAAAJfZGF0YQACAAAAMQAA"] {
        let token: EventToken = token.parse().expect("it has the form of a token");
        match within(PATIENCE, "stream", store.events(Some(token.clone()))).await {
            Err(StoreError::EventsLost { token: named }) => assert_eq!(named, token),
            other => panic!("{token}: {other:?}"),
        }
    }
}

/// Two stores with the same changes have no token in common.
async fn tokens_of_another_database_are_refused(own: &dyn TicketStore, other: &dyn TicketStore) {
    let mut theirs = stream(other, None).await;
    let mut tokens = vec![theirs.token().clone()];
    let expected = make_all(other).await;
    make_all(own).await;
    for expected in &expected {
        assert_next(&mut theirs, std::slice::from_ref(expected)).await;
        tokens.push(theirs.token().clone());
    }
    for token in tokens {
        match within(PATIENCE, "stream", own.events(Some(token.clone()))).await {
            Err(StoreError::EventsLost { token: named }) => assert_eq!(named, token),
            other => panic!("{token}: {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "no event within 20ms")]
    async fn a_stream_that_gives_nothing_fails_and_doesnt_hang() {
        let start = "m0-0".parse().expect("it has the form of a token");
        let mut silent = EventStream::new(start, futures::stream::pending());
        within(Duration::from_millis(20), "event", silent.next()).await;
    }
}
