//! Walks over pages visit each ticket once, whatever the size of pages and whatever else changes.

use std::collections::BTreeMap;

use ventanilla_domain::{Actor, Change, Priority, Status, Ticket, TicketNumber, TicketSummary};

use super::{
    cases,
    listing::{SORTS, names, page_of, store_samples, walk},
    support::{admin, answer, command, fill, hour, luis, marta},
};
use crate::{Cursor, Direction, ListQuery, Page, PageQuery, Sort, TicketStore, testing};

cases![
    pages_of_every_size_make_the_same_list,
    a_full_last_page_has_no_cursor,
    tickets_of_one_millisecond_are_visited_once_each,
    the_size_of_pages_may_change_during_a_walk,
    the_same_cursor_gives_the_same_page_again,
    a_walk_is_stable_under_concurrent_changes,
    a_walk_by_creation_is_stable_under_every_change,
    a_walk_continues_after_a_row_that_has_changed,
];

async fn pages_of_every_size_make_the_same_list(store: &dyn TicketStore) {
    store_samples(store).await;
    let live = ListQuery::new().with_statuses(Status::Open | Status::InProgress);
    let requester = ListQuery::new().with_requester(testing::customer(2)).unassigned();
    for query in [ListQuery::new(), live, requester] {
        for sort in SORTS {
            let query = query.clone().with_sort(sort);
            let whole = walk(store, &query.clone().with_page_size(page_of(100))).await;
            for rows in [1, 2, 7, 39, 40, 41, 60] {
                let pages = walk(store, &query.clone().with_page_size(page_of(rows))).await;
                assert_eq!(names(&pages), names(&whole), "{rows} a page, {query:?}");
            }
        }
    }
}

async fn a_full_last_page_has_no_cursor(store: &dyn TicketStore) {
    let tickets: Vec<Ticket> = testing::sample_tickets(12).collect();
    fill(store, &tickets).await;
    for sort in SORTS {
        for rows in [1, 2, 3, 4, 6, 12, 13] {
            let query = ListQuery::new().with_sort(sort).with_page_size(page_of(rows));
            let mut page = list(store, &query.clone().into()).await;
            let mut visited = page.rows.len();
            while let Some(next) = page.next {
                page = list(store, &after(&query, &next)).await;
                assert!(!page.rows.is_empty(), "{rows} a page: the page after {visited} rows is empty");
                visited += page.rows.len();
                assert!(visited <= 12, "{rows} a page: a row is repeated");
            }
            assert_eq!(visited, 12, "{rows} a page, {sort:?}");
        }
    }
}

async fn tickets_of_one_millisecond_are_visited_once_each(store: &dyn TicketStore) {
    let ticket = |at: u8| testing::ticket(TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at * 11 % 32]));
    let tickets: Vec<Ticket> = (0..13).map(|at| ticket(at).build()).collect();
    fill(store, &tickets).await;
    let mut expected: Vec<String> =
        tickets.iter().map(|ticket| ticket.head().ticket_number.to_string()).collect();
    expected.sort();
    for sort in SORTS {
        for rows in 1..=14 {
            let mut visited = names(
                &walk(store, &ListQuery::new().with_sort(sort).with_page_size(page_of(rows))).await,
            );
            visited.sort();
            assert_eq!(visited, expected, "{rows} a page, {sort:?}");
        }
    }
}

async fn the_size_of_pages_may_change_during_a_walk(store: &dyn TicketStore) {
    store_samples(store).await;
    for sort in SORTS {
        let query = ListQuery::new().with_sort(sort);
        let whole = names(&walk(store, &query).await);
        let mut visited = Vec::new();
        let mut page = query.clone().with_page_size(page_of(1)).first_page();
        for rows in [2, 7, 30, 100] {
            let Page { rows: seen, next, .. } = list(store, &page).await;
            visited.extend(names(&seen));
            page = after(&query.clone().with_page_size(page_of(rows)), &next.expect("more follow"));
        }
        visited.extend(names(&list(store, &page).await.rows));
        assert_eq!(visited, whole);
    }
}

async fn the_same_cursor_gives_the_same_page_again(store: &dyn TicketStore) {
    store_samples(store).await;
    for sort in SORTS {
        let query = ListQuery::new().with_sort(sort).with_page_size(page_of(10));
        let next = list(store, &query.clone().into()).await.next.expect("more follow");
        // A web page sends it back as text.
        let sent: Cursor = parsed_cursor(&next.to_string());
        let page = list(store, &after(&query, &sent)).await;
        assert_eq!(list(store, &after(&query, &next)).await, page);
    }
}

/// Half of the tickets stay unchanged; the others change between the pages, and new ones are added.
async fn a_walk_is_stable_under_concurrent_changes(store: &dyn TicketStore) {
    let mut tickets = store_samples(store).await;
    let mut busy = Vec::new();
    tickets.retain(|ticket| {
        let quiet = ticket.head().created_at.as_millis() / 60_000 % 2 == 0;
        if !quiet {
            busy.push(ticket.head().ticket_number.clone());
        }
        quiet
    });
    let live = ListQuery::new().with_statuses(Status::Open | Status::InProgress);
    let mut created = 0;
    for query in
        [ListQuery::new(), live, ListQuery::new().with_priorities(Priority::High | Priority::Low)]
    {
        for sort in SORTS {
            let query = query.clone().with_sort(sort).with_page_size(page_of(5));
            let visited = walk_amid(store, &query, &busy, &mut created).await;
            let quiet = tickets.iter().map(Ticket::head).filter(|head| query.matches(head));
            for head in quiet {
                let times = visited.get(&head.ticket_number).copied().unwrap_or(0);
                assert_eq!(times, 1, "{} in {query:?}", head.ticket_number);
            }
        }
    }
}

/// No change alters the time of creation, so this order is always stable.
async fn a_walk_by_creation_is_stable_under_every_change(store: &dyn TicketStore) {
    let numbers: Vec<TicketNumber> =
        store_samples(store).await.iter().map(|ticket| ticket.head().ticket_number.clone()).collect();
    let mut created = 0;
    for direction in [Direction::NewestFirst, Direction::OldestFirst] {
        let query = ListQuery::new().with_sort(Sort::Created(direction)).with_page_size(page_of(3));
        let visited = walk_amid(store, &query, &numbers, &mut created).await;
        for number in &numbers {
            assert_eq!(visited.get(number), Some(&1), "{number}, {direction:?}");
        }
    }
}

async fn a_walk_continues_after_a_row_that_has_changed(store: &dyn TicketStore) {
    let numbered = |at: u8| TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at * 11 % 32]);
    let tickets: Vec<Ticket> = (0..20).map(|at| testing::ticket(numbered(at)).build()).collect();
    fill(store, &tickets).await;
    for direction in [Direction::NewestFirst, Direction::OldestFirst] {
        let query = ListQuery::new()
            .with_priorities(Priority::Medium)
            .with_sort(Sort::UrgentFirst(direction))
            .with_page_size(page_of(4));
        let expected = names(&walk(store, &query).await);
        let mut visited = Vec::new();
        let mut page = query.clone().first_page();
        loop {
            let Page { rows, next, .. } = list(store, &page).await;
            visited.extend(names(&rows));
            assert!(visited.len() <= expected.len(), "a row is repeated: {visited:?}");
            let Some(next) = next else { break };
            let last = &rows.last().expect("a page before another has rows").head.ticket_number;
            change(store, last, Change::priority(Priority::Urgent), &admin()).await;
            page = after(&query, &next);
        }
        assert_eq!(visited, expected);
    }
}

/// Counts the visits of each ticket in a walk, while tickets are added and changed after every page.
async fn walk_amid(
    store: &dyn TicketStore,
    query: &ListQuery,
    busy: &[TicketNumber],
    created: &mut u8,
) -> BTreeMap<TicketNumber, u32> {
    let mut visits = BTreeMap::new();
    let mut page = query.clone().first_page();
    let mut turn = 0;
    loop {
        let Page { rows, next, .. } = list(store, &page).await;
        for row in rows {
            *visits.entry(row.head.ticket_number).or_default() += 1;
        }
        let Some(next) = next else { return visits };
        page = after(query, &next);

        // Created before, between and after all others, and in the same millisecond as some.
        let number = TicketNumber::from_entropy(&[31, 31, 31, 0, *created / 32, *created % 32]);
        let newcomer = testing::ticket(number).created_at(hour(turn as u64 % 16));
        if turn < 8 {
            fill(store, &[newcomer.build()]).await;
            *created += 1;
        }
        for (at, number) in busy.iter().skip(turn % 7).step_by(7).enumerate() {
            let (to, priority) = (Status::ALL[(turn + at) % 3], Priority::ALL[(turn + at) % 4]);
            change(store, number, Change::status(to), &admin()).await;
            change(store, number, Change::priority(priority), &admin()).await;
            change(store, number, Change::assign(Some(luis())), &Actor::Admin(marta())).await;
        }
        turn += 1;
        assert!(turn < 200, "the walk never ends: {query:?}");
    }
}

/// Makes a change, which may be refused.
async fn change(store: &dyn TicketStore, number: &TicketNumber, change: Change, by: &Actor) {
    answer(store.update(number, &command(change, by, hour(99))).await);
}

async fn list(store: &dyn TicketStore, page: &PageQuery) -> Page<TicketSummary> {
    answer(store.list(page).await)
}

fn after(query: &ListQuery, cursor: &Cursor) -> PageQuery {
    query.clone().page_after(cursor).expect("the cursor belongs to this query")
}

fn parsed_cursor(text: &str) -> Cursor {
    text.parse().expect("the text of a cursor is valid")
}
