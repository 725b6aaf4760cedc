//! Search for tickets that were resolved long ago.

use std::collections::BTreeSet;

use ventanilla_domain::{
    Actor, Change, Days, MessageText, Outcome, Policy, Status, Ticket, TicketNumber, TicketRecord,
    Timestamp,
};

use super::{
    cases,
    listing::store_samples,
    support::{
        MILLISECOND, admin, answer, command, command_under, customer, fill, hour, number, parsed,
    },
};
use crate::{TicketStore, testing};

cases![
    an_empty_store_has_nothing_to_close,
    a_ticket_is_found_from_its_time_of_resolution_on,
    without_a_time_of_resolution_the_last_change_counts,
    only_resolved_tickets_are_found,
    the_limit_is_kept,
    reopened_and_closed_tickets_are_not_found,
    closing_in_batches_closes_every_ticket,
];

async fn an_empty_store_has_nothing_to_close(store: &dyn TicketStore) {
    assert_eq!(found(store, Timestamp::MAX, 100).await, []);
}

async fn a_ticket_is_found_from_its_time_of_resolution_on(store: &dyn TicketStore) {
    fill(store, &[resolved("TKT-ABC123").build()]).await;
    assert_eq!(found(store, hour(1).minus(MILLISECOND), 100).await, []);
    for latest in [hour(1), hour(1).plus(MILLISECOND), Timestamp::MAX] {
        assert_eq!(found(store, latest, 100).await, [number()]);
    }
    // A later message doesn't change the time of resolution.
    let thanks = Change::message(parsed::<MessageText>("¿Va bien ahora?"));
    answer(store.update(&number(), &command(thanks, &admin(), hour(5))).await);
    assert_eq!(found(store, hour(1), 100).await, [number()]);
}

/// Another application resolves tickets without a time of resolution.
async fn without_a_time_of_resolution_the_last_change_counts(store: &dyn TicketStore) {
    let mut record = TicketRecord::from(resolved("TKT-ABC123").build());
    (record.resolved_at, record.updated_at) = (None, hour(2));
    fill(store, &[record.into()]).await;
    assert_eq!(found(store, hour(2).minus(MILLISECOND), 100).await, []);
    assert_eq!(found(store, hour(2), 100).await, [number()]);
    let reminder = Change::message(parsed::<MessageText>("¿Va bien ahora?"));
    answer(store.update(&number(), &command(reminder, &admin(), hour(5))).await);
    assert_eq!(found(store, hour(2), 100).await, []);
    assert_eq!(found(store, hour(5), 100).await, [number()]);
}

async fn only_resolved_tickets_are_found(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    for latest in [hour(0), hour(3), hour(7), hour(24)] {
        let head = |ticket: &Ticket| ticket.head().clone();
        let expected = tickets.iter().map(head).filter(|head| {
            let since = head.resolved_at.unwrap_or(head.updated_at);
            head.status == Status::Resolved && since <= latest
        });
        let expected: BTreeSet<TicketNumber> = expected.map(|head| head.ticket_number).collect();
        let all = found(store, latest, 500).await;
        assert_eq!(all.len(), expected.len(), "a ticket is missing or found twice: {all:?}");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), expected, "up to {latest}");
    }
}

async fn the_limit_is_kept(store: &dyn TicketStore) {
    store_samples(store).await;
    let all = found(store, Timestamp::MAX, 500).await;
    for limit in [0, 1, 2, 7, all.len() as u32, all.len() as u32 + 1, u32::MAX] {
        let some = found(store, Timestamp::MAX, limit).await;
        assert_eq!(some.len(), all.len().min(limit as usize), "limit {limit}");
        assert!(some.iter().all(|number| all.contains(number)), "{some:?}");
    }
}

async fn reopened_and_closed_tickets_are_not_found(store: &dyn TicketStore) {
    let numbers = ["TKT-ABC120", "TKT-ABC121", "TKT-ABC122"];
    fill(store, &numbers.map(|number| resolved(number).build())).await;
    let again = Change::message(parsed::<MessageText>("Sigue igual."));
    for (number, by, change) in [
        (numbers[0], customer(), again),
        (numbers[1], admin(), Change::status(Status::Closed)),
        (numbers[2], admin(), Change::status(Status::InProgress)),
        (numbers[2], admin(), Change::status(Status::Resolved)),
    ] {
        answer(store.update(&parsed(number), &command(change, &by, hour(2))).await);
    }
    assert_eq!(found(store, hour(1), 100).await, []);
    assert_eq!(found(store, hour(2), 100).await, [parsed::<TicketNumber>(numbers[2])]);
}

/// The tickets that are found are exactly those that the system may close.
async fn closing_in_batches_closes_every_ticket(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    let policy = Policy { close_after: Days(1), ..Policy::default() };
    let now = hour(24 + 7);
    let mut closed = 0;
    loop {
        let batch = found(store, now.minus(Days(1).duration()), 5).await;
        if batch.is_empty() {
            break;
        }
        for number in &batch {
            let close = command_under(&policy, Change::status(Status::Closed), &Actor::System, now);
            let outcome = answer(store.update(number, &close).await);
            assert!(matches!(outcome, Outcome::Applied { .. }), "{number}: {outcome:?}");
            closed += 1;
        }
        assert!(closed < 120, "the search never ends");
    }
    let resolved = tickets.iter().filter(|ticket| ticket.head().status == Status::Resolved);
    let long = resolved.filter(|ticket| ticket.head().resolved_at <= Some(hour(7))).count();
    assert_eq!(closed, long);
    assert!(long > 0, "some tickets were resolved for a day");
}

async fn found(store: &dyn TicketStore, latest: Timestamp, limit: u32) -> Vec<TicketNumber> {
    answer(store.resolved_until(latest, limit).await)
}

/// Returns the fixture of a ticket that was resolved in hour 1.
fn resolved(number: &str) -> testing::TicketFixture {
    testing::ticket(number).at(hour(1)).status(Status::Resolved)
}
