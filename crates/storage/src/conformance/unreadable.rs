//! A ticket that is stored and can't be read.

use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, Outcome, Status, TicketNumber, Timestamp,
};

use super::{
    Results, cases,
    desk::{admin, answer, command, hour, luis, message, note, parsed},
};
use crate::{
    Cursor, InsertOutcome, ListQuery, Page, Period, ReportQuery, StoreError, TicketStore, testing,
};

/// A store, and the number of a ticket in it that can't be read.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    store: &'a dyn TicketStore,
    number: &'a TicketNumber,
}

/// Runs every case on a ticket that the store holds and can't read, because another application wrote
/// what no ticket holds, or a file was damaged.
///
/// For a stranger, a customer who isn't its requester, there is no such ticket, as if it were missing.
/// The desk is told that it can't be read; it hides no other ticket; and its number stays taken. How
/// such a ticket comes into the store is for the caller to know.
///
/// ```no_run
/// use ventanilla_storage::{MemoryStore, TicketStore, conformance, testing};
///
/// # async fn example(store: MemoryStore) -> Result<(), ventanilla_storage::StoreError> {
/// # let damage = |_: &MemoryStore, _: &_| {};
/// let ticket = testing::ticket("TKT-ABC123").build();
/// store.insert(&ticket).await?;
/// // Behind the store's back: say, a status that there isn't.
/// damage(&store, &ticket.head().ticket_number);
/// conformance::check_unreadable(&store, &ticket.head().ticket_number).await;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// If a stranger could tell it from a missing one, the desk isn't told or another ticket is hidden, after
/// all cases have been tried, naming each one that failed and why.
pub async fn check_unreadable(store: &dyn TicketStore, number: &TicketNumber) {
    let mut results = Results::default();
    for case in CASES {
        results.run(case.name, (case.run)(Stored { store, number })).await;
    }
    results.all_passed();
}

cases![RunUnreadable(stored):
    a_stranger_finds_nothing,
    a_stranger_changes_nothing,
    the_desk_is_told,
    lists_name_it_and_go_on,
    what_sums_up_goes_on,
    its_number_stays_taken,
];

async fn a_stranger_finds_nothing(Stored { store, number }: Stored<'_>) {
    for window in [MessageRange::All, MessageRange::Last(0), MessageRange::Last(1)] {
        for number in [number, &missing()] {
            let found = store.get(&number.into(), &stranger(), window).await;
            assert_eq!(answer(found), None, "{number}, {window:?}");
        }
    }
}

async fn a_stranger_changes_nothing(Stored { store, number }: Stored<'_>) {
    let eva = Actor::Customer(testing::customer(u32::MAX));
    for change in [message("Hola"), Change::status(Status::Closed)] {
        let command = command(change, &eva, hour(1));
        for number in [number, &missing()] {
            assert_eq!(answer(store.update(number, &command).await), Outcome::NotFound, "{number}");
        }
    }
}

async fn the_desk_is_told(Stored { store, number }: Stored<'_>) {
    let told = |error: &StoreError| matches!(error, StoreError::Unreadable { number: named, .. } if *named == number.to_string());
    let found = store.get(&number.into(), &Audience::Desk, MessageRange::All).await;
    assert!(found.as_ref().is_err_and(told), "{found:?}");
    let whole = store.ticket(number).await;
    assert!(whole.as_ref().is_err_and(told), "{whole:?}");
    for (change, by) in [
        (note("Nota"), admin()),
        (Change::status(Status::Closed), admin()),
        (message("¡Hola!"), Actor::Bot),
    ] {
        let outcome = store.update(number, &command(change, &by, hour(1))).await;
        assert!(outcome.as_ref().is_err_and(told), "{outcome:?}");
    }
}

/// In a list it may be a row: where what can't be read of it is no part of one.
async fn lists_name_it_and_go_on(Stored { store, number }: Stored<'_>) {
    let other = testing::ticket(TicketNumber::from_entropy(b"unreadable")).build();
    let inserted = answer(store.insert(&other).await);
    assert!(matches!(inserted, InsertOutcome::Stored | InsertOutcome::NumberTaken), "{inserted:?}");
    let (mut named, mut next): (Vec<String>, Option<Cursor>) = (Vec::new(), None);
    for _ in 0..1_000 {
        let query = ListQuery::new();
        let page = match &next {
            None => query.first_page(),
            Some(cursor) => query.page_after(cursor).expect("the cursor is of this query"),
        };
        let Page { rows, next: more, unreadable } = answer(store.list(&page).await);
        named.extend(rows.into_iter().map(|row| row.head.ticket_number.to_string()));
        named.extend(unreadable.into_iter().map(|unreadable| unreadable.ticket_number));
        next = more;
        if next.is_none() {
            break;
        }
    }
    for number in [number, &other.head().ticket_number] {
        let times = named.iter().filter(|named| **named == number.to_string()).count();
        assert_eq!(times, 1, "{number} in {named:?}");
    }
}

async fn what_sums_up_goes_on(Stored { store, .. }: Stored<'_>) {
    let ever = Period::new(Timestamp::MIN, Timestamp::MAX).expect("it ends after it starts");
    answer(store.counts(&luis(), None).await);
    answer(store.report(&ReportQuery::new(ever, &testing::sla(), Timestamp::MAX)).await);
    answer(store.resolved_until(Timestamp::MAX, u32::MAX).await);
}

async fn its_number_stays_taken(Stored { store, number }: Stored<'_>) {
    let other = testing::ticket(number.clone()).requester(testing::customer(u32::MAX)).build();
    assert_eq!(answer(store.insert(&other).await), InsertOutcome::NumberTaken);
    let found = store.get(&number.into(), &Audience::Desk, MessageRange::All).await;
    assert!(found.is_err(), "it was overwritten: {found:?}");
}

/// Whoever owns the ticket, it isn't this customer.
fn stranger() -> Audience {
    Audience::Requester(testing::customer(u32::MAX))
}

fn missing() -> TicketNumber {
    parsed("TKT-N0T0NE")
}
