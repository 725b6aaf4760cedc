//! Walks over pages of lists by due time, while tickets are answered and others come due.

use std::time::Duration;

use itertools::Itertools;
use ventanilla_domain::{Change, Priority, Status, Ticket, TicketNumber, Timestamp};

use super::{
    cases,
    desk::{
        MILLISECOND, admin, answer, business_time, command_under, fill, hour, message, sla_policy,
        timed_ticket,
    },
    due::{DUES, by_due, crowd},
    listing::{names, page_of, walk_at},
};
use crate::{ListQuery, PageQuery, TicketStore, testing};

cases![
    pages_by_due_time_make_the_same_list,
    tickets_due_at_the_same_time_are_visited_once_each,
    tickets_answered_between_pages_are_dropped,
    tickets_that_become_overdue_between_pages_appear,
];

async fn pages_by_due_time_make_the_same_list(store: &dyn TicketStore) {
    crowd(store).await;
    let now = business_time(hour(30));
    let urgent = ListQuery::new().with_priorities(Priority::Urgent | Priority::Low);
    for (due, query) in DUES.into_iter().cartesian_product([ListQuery::new(), urgent]) {
        let query = by_due(query, due);
        let whole = walk_at(store, &query.clone().with_page_size(page_of(100)), now).await;
        assert!(!whole.is_empty(), "{due:?}");
        for rows in [1, 7, whole.len() as u32] {
            let pages = walk_at(store, &query.clone().with_page_size(page_of(rows)), now).await;
            assert_eq!(names(&pages), names(&whole), "{rows} a page, {due:?}");
        }
    }
}

async fn tickets_due_at_the_same_time_are_visited_once_each(store: &dyn TicketStore) {
    let numbers = (0..13).map(|at| TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at * 11 % 32]));
    let tickets: Vec<Ticket> = numbers.map(|number| timed_ticket(number.as_str()).build()).collect();
    fill(store, &tickets).await;
    let query = ListQuery::new().overdue();
    let now = business_time(hour(5));
    let order = names(&walk_at(store, &query, now).await);
    assert_eq!(order.iter().unique().count(), 13, "{order:?}");
    for rows in [1, 2, 3, 6, 12, 13] {
        let visited = names(&walk_at(store, &query.clone().with_page_size(page_of(rows)), now).await);
        assert_eq!(visited, order, "{rows} a page");
    }
}

async fn tickets_answered_between_pages_are_dropped(store: &dyn TicketStore) {
    let numbers = minutely(store).await;
    let query = ListQuery::new().overdue().with_page_size(page_of(4));
    let now = business_time(hour(5));
    let mut visited = Vec::new();
    let mut page = query.clone().first_page();
    for turn in 0.. {
        let answered = answer(store.list(&page.with_as_of(now)).await);
        visited.extend(names(&answered.rows));
        let Some(next) = answered.next else { break };
        if turn == 0 {
            // One ticket on the first page is answered, two on later pages are dropped, and one is added.
            for (at, change) in [
                (1, message("Lo miramos.")),
                (6, message("Lo miramos.")),
                (9, Change::status(Status::Resolved)),
            ] {
                let change = command_under(&sla_policy(), change, &admin(), hour(5));
                answer(store.update(&numbers[at], &change).await);
            }
            fill(store, &[timed_ticket("TKT-ZZZZZZ").created_at(minute(8)).build()]).await;
        }
        page = query.clone().page_after(&next).expect("the cursor is of this query");
        assert!(turn < 9, "the walk never ends: {visited:?}");
    }
    let left = (0..12).filter(|at| ![6, 9].contains(at)).map(|at| numbers[at].to_string());
    assert!(left.chain(["TKT-ZZZZZZ".to_owned()]).sorted().eq(visited.iter().cloned().sorted()));
    let left = names(&walk_at(store, &query, now).await);
    assert!(
        left.iter().all(|number| *number != numbers[1].to_string()),
        "an answered ticket is listed: {left:?}"
    );
}

/// The list grows at its end as time passes.
async fn tickets_that_become_overdue_between_pages_appear(store: &dyn TicketStore) {
    let numbers = minutely(store).await;
    let query = ListQuery::new().overdue().with_page_size(page_of(2));
    let mut visited = Vec::new();
    let mut page: PageQuery = query.clone().first_page();
    // One more ticket is overdue with each minute after the fourth hour.
    for overdue in [3, 6, 8, 11, 12, 12] {
        let now = business_time(minute(4 * 60 + overdue - 1).plus(MILLISECOND));
        let answered = answer(store.list(&page.with_as_of(now)).await);
        assert_eq!(answered.next.is_some(), visited.len() + 2 < overdue as usize);
        visited.extend(names(&answered.rows));
        let Some(next) = answered.next else { break };
        page = query.clone().page_after(&next).expect("the cursor is of this query");
    }
    assert!(numbers.iter().map(ToString::to_string).eq(visited));
}

/// Stores twelve tickets, created one minute after another, and returns their numbers.
async fn minutely(store: &dyn TicketStore) -> Vec<TicketNumber> {
    let ticket = |at| timed_ticket(&format!("TKT-ABC{}", 100 + at)).created_at(minute(at)).build();
    let tickets: Vec<Ticket> = (0..12).map(ticket).collect();
    fill(store, &tickets).await;
    tickets.iter().map(|ticket| ticket.head().ticket_number.clone()).collect()
}

fn minute(minutes: u64) -> Timestamp {
    testing::start().plus(Duration::from_secs(60) * minutes as u32)
}
