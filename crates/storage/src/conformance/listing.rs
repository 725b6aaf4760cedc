//! Helpers of the cases about lists: filters, orders, walks and expected results.

use std::collections::BTreeMap;

use ventanilla_domain::{
    BusinessTime, Category, EnumSet, Priority, SlaState, SlaTimer, SlaTimers, Status, Ticket,
    TicketHead, TicketSummary, Timestamp, Waiting,
};

use super::support::{answer, business_time, fill, hour, luis, parsed, reference};
use crate::{
    Counts, CountsQuery, Direction, DueFilter, ListQuery, PageQuery, PageSize, Sort, TicketStore,
    testing,
};

pub(super) const SORTS: [Sort; 6] = [
    Sort::Created(Direction::NewestFirst),
    Sort::Created(Direction::OldestFirst),
    Sort::UrgentFirst(Direction::NewestFirst),
    Sort::UrgentFirst(Direction::OldestFirst),
    Sort::LowFirst(Direction::NewestFirst),
    Sort::LowFirst(Direction::OldestFirst),
];

/// Filter, with the condition that it expresses.
pub(super) struct Filter {
    pub(super) field: &'static str,
    pub(super) narrow: fn(ListQuery) -> ListQuery,
    passes: fn(&TicketHead) -> bool,
}

pub(super) const FILTERS: [Filter; 12] = [
    Filter {
        field: "status",
        narrow: |query| query.with_statuses(Status::Open | Status::InProgress),
        passes: |head| head.status.is_live(),
    },
    Filter {
        field: "status",
        narrow: |query| query.with_statuses(Status::Closed),
        passes: |head| head.status == Status::Closed,
    },
    Filter {
        field: "priority",
        narrow: |query| query.with_priorities(Priority::Urgent | Priority::Low),
        passes: |head| matches!(head.priority, Priority::Urgent | Priority::Low),
    },
    Filter {
        field: "category",
        narrow: |query| query.with_category(Category::PAGOS),
        passes: |head| head.category == Category::PAGOS,
    },
    Filter {
        field: "category",
        narrow: |query| query.with_category(parsed("ENVÍOS")),
        passes: |head| head.category.as_str() == "ENVÍOS",
    },
    Filter {
        field: "assignee",
        narrow: |query| query.with_assignee(luis()),
        passes: |head| head.assignee == Some(luis()),
    },
    Filter { field: "assignee", narrow: ListQuery::unassigned, passes: |head| head.assignee.is_none() },
    Filter {
        field: "requester",
        narrow: |query| query.with_requester(testing::customer(2)),
        passes: |head| head.requester == testing::customer(2),
    },
    Filter {
        field: "from",
        narrow: |query| query.with_created_from(hour(3)),
        passes: |head| head.created_at >= hour(3),
    },
    Filter {
        field: "before",
        narrow: |query| query.with_created_before(hour(10)),
        passes: |head| head.created_at < hour(10),
    },
    Filter {
        field: "about",
        narrow: |query| query.with_reference(reference("order:1")),
        passes: |head| head.about.contains(&reference("order:1")),
    },
    Filter {
        field: "tag",
        narrow: |query| query.with_tag(parsed("vip")),
        passes: |head| head.tags.contains(&parsed("vip")),
    },
];

/// Returns queries that none of the sample tickets passes.
pub(super) fn nothing_passes() -> [ListQuery; 12] {
    let all = ListQuery::new;
    [
        all().with_statuses(EnumSet::empty()),
        all().with_priorities(EnumSet::empty()),
        all().with_category(parsed("pagos")),
        all().with_assignee(testing::customer(0)),
        all().with_requester(testing::admin(0)),
        all().with_reference(reference("order:3")),
        all().with_reference(reference("payment:1")),
        all().with_tag(parsed("nadie")),
        all().with_created_from(hour(9_000)),
        all().with_created_before(testing::epoch()),
        all().with_created_from(hour(2)).with_created_before(hour(2)),
        all().with_created_from(hour(3)).with_created_before(hour(2)),
    ]
}

/// Stores sample tickets of all kinds, in another order than that of creation.
pub(super) async fn store_samples(store: &dyn TicketStore) -> Vec<Ticket> {
    let tickets: Vec<Ticket> = testing::sample_tickets(120).collect();
    let shuffled: Vec<Ticket> = (0..120).map(|at| tickets[at * 49 % 120].clone()).collect();
    fill(store, &shuffled).await;
    tickets
}

/// Returns the rows of all pages of a list.
pub(super) async fn walk(store: &dyn TicketStore, query: &ListQuery) -> Vec<TicketSummary> {
    walk_of(store, query, |page| page).await
}

/// Returns the rows of all pages of a list, as of a business time.
pub(super) async fn walk_at(
    store: &dyn TicketStore,
    query: &ListQuery,
    now: BusinessTime,
) -> Vec<TicketSummary> {
    walk_of(store, query, |page| page.with_as_of(now)).await
}

/// Returns the rows of all pages of a list, at a time.
pub(super) async fn walk_when(
    store: &dyn TicketStore,
    query: &ListQuery,
    now: Timestamp,
) -> Vec<TicketSummary> {
    walk_of(store, query, |page| page.with_now(now).with_as_of(business_time(now))).await
}

async fn walk_of(
    store: &dyn TicketStore,
    query: &ListQuery,
    asked: impl Fn(PageQuery) -> PageQuery,
) -> Vec<TicketSummary> {
    let mut rows: Vec<TicketSummary> = Vec::new();
    let mut page = query.clone().first_page();
    for _ in 0..200 {
        let answered = answer(store.list(&asked(page)).await);
        assert!(answered.rows.len() <= query.page_size(), "{} rows for {query:?}", answered.rows.len());
        assert_eq!(answered.unreadable, []);
        rows.extend(answered.rows);
        let Some(next) = answered.next else {
            return rows;
        };
        page = query.clone().page_after(&next).expect("the cursor belongs to this query");
    }
    panic!("the walk never ends: {query:?}");
}

pub(super) fn names(rows: &[TicketSummary]) -> Vec<String> {
    rows.iter().map(|row| row.head.ticket_number.to_string()).collect()
}

/// Compares a list with the tickets that pass its filters.
pub(super) async fn check_list(
    store: &dyn TicketStore,
    tickets: &[Ticket],
    sort: Sort,
    filters: &[&Filter],
) {
    let query = narrowed(sort, filters);
    let rows = walk(store, &query).await;
    assert_rows(&query, rows, tickets.iter().filter(|ticket| passes_all(ticket.head(), filters)));
}

/// Returns the query with these filters and this order, in the largest pages.
pub(super) fn narrowed(sort: Sort, filters: &[&Filter]) -> ListQuery {
    let query = filters.iter().fold(ListQuery::new(), |query, filter| (filter.narrow)(query));
    query.with_sort(sort).with_page_size(page_of(PageSize::MAX))
}

pub(super) fn passes_all(head: &TicketHead, filters: &[&Filter]) -> bool {
    filters.iter().all(|filter| (filter.passes)(head))
}

/// Compares the rows of a list with the expected tickets, sorted here.
pub(super) fn assert_rows<'a>(
    query: &ListQuery,
    rows: Vec<TicketSummary>,
    expected: impl Iterator<Item = &'a Ticket>,
) {
    let sort = query.sort();
    let mut expected: Vec<&Ticket> = expected.collect();
    expected.sort_by_key(|ticket| place(sort, ticket.head()));
    assert!(
        rows.iter()
            .map(|row| place(sort, &row.head))
            .eq(expected.iter().map(|ticket| place(sort, ticket.head()))),
        "{query:?}: {:?}",
        names(&rows),
    );
    let by_number = |row: &TicketSummary| row.head.ticket_number.clone();
    let listed: BTreeMap<_, _> = rows.into_iter().map(|row| (by_number(&row), row)).collect();
    let expected = expected.into_iter().map(Ticket::summary).map(|row| (by_number(&row), row)).collect();
    assert_eq!(listed, expected, "{query:?}");
}

/// Returns whether a ticket belongs to a list, by the state of each of its timers.
pub(super) fn expected_in_list(head: &TicketHead, due: Option<DueFilter>, now: BusinessTime) -> bool {
    let timers = head.sla.iter().flat_map(|timers| timers.all()).map(|(_, timer)| timer);
    // A timer that is paused without an end never comes due.
    let runs = |timer: &&SlaTimer| timer.stop.is_none() && timer.comes_due();
    let running = timers.filter(|timer| head.status.is_live() && runs(timer));
    let worst = running.map(|timer| timer.state(now)).max();
    match due {
        None => worst.is_some(),
        Some(DueFilter::AtRisk) => worst == Some(SlaState::AtRisk),
        Some(DueFilter::Overdue) => worst == Some(SlaState::Breached),
    }
}

/// Returns whether a ticket waits at a time.
pub(super) fn expected_to_wait(head: &TicketHead, now: Timestamp) -> bool {
    let is_on = |waiting: Waiting| waiting.until.is_none_or(|until| now < until);
    head.status == Status::InProgress && head.waiting.is_some_and(is_on)
}

/// Returns the counts of tickets, by the state of each of their timers.
pub(super) fn expected_counts(tickets: &[Ticket], query: &CountsQuery) -> Counts {
    let (mut counts, now) = (Counts::default(), query.as_of());
    for head in tickets.iter().map(Ticket::head) {
        counts.add(head.status, 1);
        if matches!(head.status, Status::Open | Status::InProgress) {
            counts.urgent += u64::from(head.priority == Priority::Urgent);
            counts.unassigned += u64::from(head.assignee.is_none());
            counts.mine += u64::from(head.assignee.as_ref() == Some(query.mine()));
            counts.handed_over += u64::from(head.handoff_at.is_some());
        }
        counts.waiting += u64::from(expected_to_wait(head, query.now()));
        counts.overdue +=
            u64::from(now.is_some_and(|now| expected_in_list(head, Some(DueFilter::Overdue), now)));
        counts.at_risk +=
            u64::from(now.is_some_and(|now| expected_in_list(head, Some(DueFilter::AtRisk), now)));
    }
    counts
}

/// Returns the sort key of a ticket, without a tiebreaker.
fn place(sort: Sort, head: &TicketHead) -> (i64, i64) {
    let urgency = head.priority as i64;
    let (rank, direction) = match sort {
        Sort::Created(direction) => (0, direction),
        Sort::UrgentFirst(direction) => (-urgency, direction),
        Sort::LowFirst(direction) => (urgency, direction),
        Sort::Due => {
            let due = head.sla.as_deref().and_then(SlaTimers::due).expect("it has a running timer");
            return (due.as_millis(), 0);
        }
    };
    match direction {
        Direction::NewestFirst => (rank, -head.created_at.as_millis()),
        Direction::OldestFirst => (rank, head.created_at.as_millis()),
    }
}

pub(super) fn page_of(rows: u32) -> PageSize {
    PageSize::new(rows).expect("a valid size of a page")
}
