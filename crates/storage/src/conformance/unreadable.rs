//! Stored tickets that cannot be read.

use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, Outcome, Status, TicketNumber, Timestamp,
};

use super::{
    Results, cases,
    support::{admin, answer, command, counts_query, hour, luis, message, note, parsed},
};
use crate::{
    Counted, Cursor, InsertOutcome, ListQuery, Page, PageSize, Period, ReportQuery, StoreError,
    TicketStore, testing,
};

/// Store, and the number of an unreadable ticket in it.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    store: &'a dyn TicketStore,
    number: &'a TicketNumber,
}

/// Runs every case on an unreadable ticket, such as one that another application wrote or that is damaged.
///
/// For customers other than its requester the ticket must be indistinguishable from a missing one. The
/// desk must get an error, the ticket must hide no other, and its number must stay taken. The caller
/// stores the ticket and damages it.
///
/// ```no_run
/// use ventanilla_storage::{MemoryStore, TicketStore, conformance, testing};
///
/// # async fn example(store: MemoryStore) -> Result<(), ventanilla_storage::StoreError> {
/// # let damage = |_: &MemoryStore, _: &_| {};
/// let ticket = testing::ticket("TKT-ABC123").build();
/// store.insert(&ticket).await?;
/// // Without the store, for example by writing an unknown status.
/// damage(&store, &ticket.head().ticket_number);
/// conformance::check_unreadable(&store, &ticket.head().ticket_number).await;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// If cases fail. All cases are run first, and the message names those that failed, with their reasons.
pub async fn check_unreadable(store: &dyn TicketStore, number: &TicketNumber) {
    let mut results = Results::default();
    for case in CASES {
        results.run(case.name, (case.run)(Stored { store, number })).await;
    }
    results.all_passed();
}

cases![RunUnreadable(stored):
    other_customers_find_nothing,
    other_customers_change_nothing,
    the_desk_gets_an_error,
    lists_report_it_and_continue,
    a_count_of_a_list_includes_it,
    sums_leave_it_out,
    its_number_stays_taken,
];

async fn other_customers_find_nothing(Stored { store, number }: Stored<'_>) {
    for range in [MessageRange::All, MessageRange::Last(0), MessageRange::Last(1)] {
        for number in [number, &missing()] {
            let found = store.get(&number.into(), &other_customer(), range).await;
            assert_eq!(answer(found), None, "{number}, {range:?}");
        }
    }
}

async fn other_customers_change_nothing(Stored { store, number }: Stored<'_>) {
    let eva = Actor::Customer(testing::customer(u32::MAX));
    for change in [message("Hola"), Change::status(Status::Closed)] {
        let command = command(change, &eva, hour(1));
        for number in [number, &missing()] {
            assert_eq!(answer(store.update(number, &command).await), Outcome::NotFound, "{number}");
        }
    }
}

async fn the_desk_gets_an_error(Stored { store, number }: Stored<'_>) {
    let is_unreadable = |error: &StoreError| matches!(error, StoreError::Unreadable { number: named, .. } if *named == number.to_string());
    let found = store.get(&number.into(), &Audience::Desk, MessageRange::All).await;
    assert!(found.as_ref().is_err_and(is_unreadable), "{found:?}");
    let whole = store.ticket(number).await;
    assert!(whole.as_ref().is_err_and(is_unreadable), "{whole:?}");
    for (change, by) in [
        (note("Nota"), admin()),
        (Change::status(Status::Closed), admin()),
        (message("¡Hola!"), Actor::Bot),
    ] {
        let outcome = store.update(number, &command(change, &by, hour(1))).await;
        assert!(outcome.as_ref().is_err_and(is_unreadable), "{outcome:?}");
    }
}

/// The ticket may be a row of the list, if its unreadable part is not read for one.
async fn lists_report_it_and_continue(Stored { store, number }: Stored<'_>) {
    let other = testing::ticket(TicketNumber::from_entropy(b"unreadable")).build();
    let inserted = answer(store.insert(&other).await);
    assert!(matches!(inserted, InsertOutcome::Stored | InsertOutcome::NumberTaken), "{inserted:?}");
    let (mut named, mut next): (Vec<String>, Option<Cursor>) = (Vec::new(), None);
    for _ in 0..1_000 {
        let query = ListQuery::new();
        let page = match &next {
            None => query.first_page(),
            Some(cursor) => query.page_after(cursor).expect("the cursor belongs to this query"),
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

/// Counts what the list has, whether it is a row or reported.
async fn a_count_of_a_list_includes_it(Stored { store, .. }: Stored<'_>) {
    let page = ListQuery::new().with_page_size(PageSize::LARGEST).first_page();
    let Page { rows, next, unreadable } = answer(store.list(&page).await);
    let length = (rows.len() + unreadable.len()) as u64;
    let counted = answer(store.count(&page, PageSize::MAX).await);
    // More would be on a second page.
    assert_eq!(counted, Counted::new(length + u64::from(next.is_some()), PageSize::MAX));
}

async fn sums_leave_it_out(Stored { store, .. }: Stored<'_>) {
    let ever = Period::new(Timestamp::MIN, Timestamp::MAX).expect("it ends after it starts");
    answer(store.counts(&counts_query(&luis(), None)).await);
    answer(store.report(&ReportQuery::new(ever, &testing::sla(), Timestamp::MAX)).await);
    answer(store.resolved_until(Timestamp::MAX, u32::MAX).await);
}

async fn its_number_stays_taken(Stored { store, number }: Stored<'_>) {
    let other = testing::ticket(number.clone()).requester(testing::customer(u32::MAX)).build();
    assert_eq!(answer(store.insert(&other).await), InsertOutcome::NumberTaken);
    let found = store.get(&number.into(), &Audience::Desk, MessageRange::All).await;
    assert!(found.is_err(), "the ticket was overwritten: {found:?}");
}

/// Returns the audience of a customer who isn't the requester.
fn other_customer() -> Audience {
    Audience::Requester(testing::customer(u32::MAX))
}

fn missing() -> TicketNumber {
    parsed("TKT-N0T0NE")
}
