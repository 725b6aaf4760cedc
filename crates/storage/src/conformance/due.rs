//! Lists by due time and due filters, their pages, and the numbers of a dashboard.

use std::time::Duration;

use itertools::Itertools;
use ventanilla_domain::{
    BusinessTime, Change, EnumSet, NewMessage, Priority, Status, Ticket, TicketHead, TicketNumber,
    TicketRecord, Timestamp,
};

use super::{
    cases,
    listing::{
        FILTERS, Filter, SORTS, assert_rows, expected_counts, expected_in_list, names, narrowed,
        nothing_passes, page_of, passes_all, walk, walk_at,
    },
    support::{
        MILLISECOND, admin, answer, business_time, command_under, counts_query, customer, fill, head,
        hour, luis, message, number, parsed, sla_policy, timed_ticket,
    },
};
use crate::{DueFilter, ListQuery, PageQuery, PageSize, Sort, TicketStore, testing};

cases![
    each_list_by_due_time_with_each_filter,
    each_due_filter_in_each_order_with_each_filter,
    a_due_filter_sorts_by_due_time_unless_an_order_is_set,
    lists_by_due_time_with_all_filters_together,
    filters_that_no_ticket_passes_in_lists_by_due_time,
    creation_bounds_are_exact_to_the_millisecond_in_lists_by_due_time,
    a_ticket_is_overdue_only_after_its_due_time,
    by_default_nothing_is_overdue,
    only_tickets_with_running_timers_are_listed,
    tickets_with_timers_are_in_every_other_list,
    lists_and_counts_follow_every_change,
    times_before_1970_are_sorted,
    pages_by_due_time_make_the_same_list,
    tickets_due_at_the_same_time_are_visited_once_each,
    tickets_answered_between_pages_are_dropped,
    tickets_that_become_overdue_between_pages_appear,
];

pub(super) const DUES: [Option<DueFilter>; 3] =
    [None, Some(DueFilter::AtRisk), Some(DueFilter::Overdue)];

async fn each_due_filter_in_each_order_with_each_filter(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    let now = business_time(hour(30));
    let unfiltered = std::iter::once(None);
    let filters: Vec<Option<&Filter>> = unfiltered.chain(FILTERS.iter().map(Some)).collect();
    let orders = SORTS.into_iter().chain([Sort::Due]);
    for ((due, sort), filter) in [DueFilter::AtRisk, DueFilter::Overdue]
        .into_iter()
        .cartesian_product(orders)
        .cartesian_product(filters)
    {
        let filters = filter.as_slice();
        let query = narrowed(sort, filters).with_due(due).with_page_size(page_of(7));
        let listed =
            |head: &TicketHead| passes_all(head, filters) && expected_in_list(head, Some(due), now);
        let expected = tickets.iter().filter(|ticket| listed(ticket.head()));
        assert_rows(&query, walk_at(store, &query, now).await, expected);
    }
}

async fn a_due_filter_sorts_by_due_time_unless_an_order_is_set(store: &dyn TicketStore) {
    store_samples(store).await;
    let now = business_time(hour(30));
    for due in [DueFilter::AtRisk, DueFilter::Overdue] {
        let query = ListQuery::new().with_due(due).with_page_size(page_of(PageSize::MAX));
        let rows = walk_at(store, &query, now).await;
        assert_eq!(walk_at(store, &query.clone().with_sort(Sort::Due), now).await, rows);
        assert_eq!(
            walk_at(store, &ListQuery::new().with_sort(Sort::Due).with_due(due), now).await,
            rows
        );
    }
}

/// Returns a query in order of due time, with an optional due filter.
pub(super) fn by_due(query: ListQuery, due: Option<DueFilter>) -> ListQuery {
    let query = query.with_sort(Sort::Due);
    due.into_iter().fold(query, ListQuery::with_due)
}

async fn each_list_by_due_time_with_each_filter(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    for (now, due) in times().into_iter().cartesian_product(DUES) {
        check_due_list(store, &tickets, due, now, &[]).await;
        for filter in &FILTERS {
            check_due_list(store, &tickets, due, now, &[filter]).await;
        }
    }
    let pairs = FILTERS.iter().array_combinations().filter(|[one, other]| one.field != other.field);
    for ([one, other], due) in pairs.zip(DUES.into_iter().cycle()) {
        check_due_list(store, &tickets, due, business_time(hour(30)), &[one, other]).await;
    }
}

async fn lists_by_due_time_with_all_filters_together(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    let now = business_time(hour(24 * 60));
    let overdue =
        tickets.iter().filter(|ticket| expected_in_list(ticket.head(), Some(DueFilter::Overdue), now));
    for ticket in overdue.filter(|ticket| ticket.head().assignee.is_some()).take(12) {
        let head = ticket.head();
        let query = ListQuery::new()
            .with_statuses(head.status)
            .with_priorities(head.priority)
            .with_category(head.category.clone())
            .with_assignee(head.assignee.clone().expect("it is assigned"))
            .with_requester(head.requester.clone())
            .with_created_from(head.created_at)
            .with_created_before(head.created_at.plus(MILLISECOND))
            .overdue();
        assert_eq!(walk_at(store, &query, now).await, [ticket.summary()]);
        let (statuses, priorities) = (!EnumSet::only(head.status), !EnumSet::only(head.priority));
        for other in [query.clone().with_statuses(statuses), query.with_priorities(priorities)] {
            assert_eq!(walk_at(store, &other, now).await, []);
        }
    }
}

async fn filters_that_no_ticket_passes_in_lists_by_due_time(store: &dyn TicketStore) {
    store_samples(store).await;
    for query in nothing_passes() {
        for due in DUES {
            let query = by_due(query.clone(), due);
            assert_eq!(walk_at(store, &query, business_time(hour(30))).await, [], "{query:?}");
        }
    }
}

async fn creation_bounds_are_exact_to_the_millisecond_in_lists_by_due_time(store: &dyn TicketStore) {
    let times = [hour(1).minus(MILLISECOND), hour(1), hour(1).plus(MILLISECOND)];
    let numbers = ["TKT-ABC120", "TKT-ABC121", "TKT-ABC122"];
    let made = |(number, time)| timed_ticket(number).created_at(time).build();
    fill(store, &numbers.into_iter().zip(times).map(made).collect::<Vec<_>>()).await;
    // The tickets are at risk from three hours after their creation on, and due after four.
    for (due, now) in DUES.into_iter().zip([2, 4, 6]) {
        let (query, now) = (by_due(ListQuery::new(), due), business_time(hour(now).plus(MILLISECOND)));
        let from = walk_at(store, &query.clone().with_created_from(hour(1)), now).await;
        assert_eq!(names(&from), numbers[1..], "{due:?}");
        let before = walk_at(store, &query.clone().with_created_before(hour(1)), now).await;
        assert_eq!(names(&before), numbers[..1], "{due:?}");
        let both = query.with_created_from(hour(1)).with_created_before(hour(1).plus(MILLISECOND));
        assert_eq!(names(&walk_at(store, &both, now).await), numbers[1..2], "{due:?}");
    }
}

async fn a_ticket_is_overdue_only_after_its_due_time(store: &dyn TicketStore) {
    fill(store, &[timed_ticket("TKT-ABC123").build()]).await;
    // The first response is at risk from three hours after the creation on, and due after four.
    let (risk, due) = (business_time(hour(3)), business_time(hour(4)));
    let by = |time: BusinessTime, millis: i64| BusinessTime::from_millis(time.as_millis() + millis);
    for (now, listed) in [
        (by(risk, -1), None),
        (risk, Some(DueFilter::AtRisk)),
        (by(risk, 1), Some(DueFilter::AtRisk)),
        (by(due, -1), Some(DueFilter::AtRisk)),
        (due, Some(DueFilter::AtRisk)),
        (by(due, 1), Some(DueFilter::Overdue)),
        (BusinessTime::from_millis(i64::MAX), Some(DueFilter::Overdue)),
    ] {
        for due in [DueFilter::AtRisk, DueFilter::Overdue] {
            let rows = walk_at(store, &ListQuery::new().with_due(due), now).await;
            assert_eq!(rows.len(), usize::from(listed == Some(due)), "{due:?} as of {now:?}");
        }
        let counts = answer(store.counts(&counts_query(&luis(), Some(now))).await);
        let expected = [DueFilter::Overdue, DueFilter::AtRisk].map(|due| u64::from(listed == Some(due)));
        assert_eq!([counts.overdue, counts.at_risk], expected, "as of {now:?}");
    }
}

async fn by_default_nothing_is_overdue(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    for query in [ListQuery::new().overdue(), ListQuery::new().at_risk()] {
        assert_eq!(walk(store, &query).await, []);
    }
    let any = narrowed(Sort::Due, &[]);
    let waiting =
        tickets.iter().filter(|ticket| expected_in_list(ticket.head(), None, business_time(hour(0))));
    assert_rows(&any, walk(store, &any).await, waiting);
    let counts = answer(store.counts(&counts_query(&luis(), None)).await);
    assert_eq!((counts.overdue, counts.at_risk), (0, 0));
}

async fn only_tickets_with_running_timers_are_listed(store: &dyn TicketStore) {
    let of = |number: &str| timed_ticket(number).at(hour(1));
    let resolved = of("TKT-ABC122").status(Status::Resolved).build();
    let standing = TicketRecord::from(resolved.clone()).sla;
    let running = TicketRecord::from(of("TKT-ABC123").build()).sla;
    let with = |number: &str, status, sla| {
        let mut record = TicketRecord::from(testing::ticket(number).status(status).build());
        record.sla = sla;
        Ticket::from(record)
    };
    let tickets = [
        testing::ticket("TKT-ABC120").build(),
        of("TKT-ABC121").status(Status::Closed).build(),
        resolved,
        // Another application has resolved the first two of these, and reopened the last.
        with("TKT-ABC124", Status::Resolved, running.clone()),
        with("TKT-ABC125", Status::Closed, running),
        with("TKT-ABC126", Status::Open, standing),
    ];
    fill(store, &tickets).await;
    let now = business_time(hour(24 * 60));
    let none = async || {
        for (due, status) in DUES.into_iter().cartesian_product(Status::ALL) {
            let query = by_due(ListQuery::new(), due);
            assert_eq!(walk_at(store, &query, now).await, [], "{due:?}");
            assert_eq!(walk_at(store, &query.with_statuses(status), now).await, [], "{due:?} {status}");
        }
        let counts = answer(store.counts(&counts_query(&luis(), Some(now))).await);
        assert_eq!((counts.overdue, counts.at_risk), (0, 0));
    };
    none().await;
    fill(store, &[timed_ticket("TKT-ABC127").build()]).await;
    assert_eq!(names(&walk_at(store, &ListQuery::new().overdue(), now).await), ["TKT-ABC127"]);
    let close = command_under(&sla_policy(), Change::status(Status::Closed), &admin(), hour(1));
    answer(store.update(&parsed("TKT-ABC127"), &close).await);
    none().await;
}

async fn tickets_with_timers_are_in_every_other_list(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    for sort in SORTS {
        let query = narrowed(sort, &[]);
        assert_rows(&query, walk_at(store, &query, business_time(hour(30))).await, tickets.iter());
    }
}

async fn lists_and_counts_follow_every_change(store: &dyn TicketStore) {
    let mut tickets = vec![timed_ticket("TKT-ABC123").build(), timed_ticket("TKT-ABC124").build()];
    fill(store, &tickets).await;
    for (at, by, change) in [
        (1, admin(), Change::claim()),
        (2, admin(), message("Lo miramos.")),
        (3, customer(), message("Gracias.")),
        (4, admin(), Change::priority(Priority::Urgent)),
        (5, admin(), Change::status(Status::Resolved)),
        (6, customer(), message("Sigue igual.")),
        (24, admin(), Change::priority(Priority::Low)),
        (25, admin(), Change::reply(parsed::<NewMessage>("Ya está."), Status::Resolved)),
        (26, admin(), Change::status(Status::InProgress)),
        (27, admin(), Change::status(Status::Closed)),
    ] {
        let command = command_under(&sla_policy(), change, &by, hour(at));
        command.apply(&mut tickets[0]);
        answer(store.update(&number(), &command).await);
        for (now, due) in times().into_iter().cartesian_product(DUES) {
            check_due_list(store, &tickets, due, now, &[]).await;
        }
        for now in times().map(Some).into_iter().chain([None]) {
            let counts = answer(store.counts(&counts_query(&luis(), now)).await);
            assert_eq!(
                counts,
                expected_counts(&tickets, &counts_query(&luis(), now)),
                "in hour {at} as of {now:?}"
            );
        }
    }
}

async fn times_before_1970_are_sorted(store: &dyn TicketStore) {
    let years = ["0001-01-01", "1969-12-31", "1970-01-01", "1969-12-30", "9999-12-01", "1492-10-12"];
    let mut tickets = Vec::new();
    for (at, year) in years.into_iter().enumerate() {
        let created = format!("{year}T12:00:00Z").parse().expect("a valid time");
        tickets.push(timed_ticket(&format!("TKT-ABC12{at}")).created_at(created).build());
    }
    fill(store, &tickets).await;
    for (now, due) in [i64::MIN, -28_800_000, 0, 1, i64::MAX].into_iter().cartesian_product(DUES) {
        check_due_list(store, &tickets, due, BusinessTime::from_millis(now), &[]).await;
    }
    let query = ListQuery::new().overdue().with_page_size(page_of(1));
    let walked = walk_at(store, &query, business_time(hour(24 * 60))).await;
    assert_eq!(walked.len(), 5);
    assert_eq!(head(store, &number()).await, *tickets[3].head());
}

/// Stores sample tickets of which two in three have timers, in another order than that of creation.
pub(super) async fn store_samples(store: &dyn TicketStore) -> Vec<Ticket> {
    let sla = testing::sla();
    let with = testing::sample_tickets_with(&sla, 120);
    let all = testing::sample_tickets(120).zip(with).enumerate();
    let all = all.map(|(at, (without, with))| if at % 3 == 0 { without } else { with });
    let tickets: Vec<Ticket> = all.collect();
    let shuffled: Vec<Ticket> = (0..120).map(|at| tickets[at * 49 % 120].clone()).collect();
    fill(store, &shuffled).await;
    tickets
}

/// Returns times at which some of the sample tickets are at risk or overdue, and one at which all are.
fn times() -> [BusinessTime; 3] {
    [hour(7), hour(30), hour(24 * 60)].map(business_time)
}

/// Compares a list by due time with the expected tickets.
async fn check_due_list(
    store: &dyn TicketStore,
    tickets: &[Ticket],
    due: Option<DueFilter>,
    now: BusinessTime,
    filters: &[&Filter],
) {
    let query = by_due(narrowed(Sort::Due, filters), due);
    let rows = walk_at(store, &query, now).await;
    let listed = |head: &TicketHead| passes_all(head, filters) && expected_in_list(head, due, now);
    assert_rows(&query, rows, tickets.iter().filter(|ticket| listed(ticket.head())));
}

async fn pages_by_due_time_make_the_same_list(store: &dyn TicketStore) {
    store_samples(store).await;
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
        page = query.clone().page_after(&next).expect("the cursor belongs to this query");
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
        page = query.clone().page_after(&next).expect("the cursor belongs to this query");
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
    testing::epoch().plus(Duration::from_secs(60) * minutes as u32)
}
