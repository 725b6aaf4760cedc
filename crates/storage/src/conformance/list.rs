//! Lists: every filter, alone and combined, in every order.

use itertools::Itertools;
use ventanilla_domain::{Change, EnumSet, Priority, Status, Ticket, TicketNumber};

use super::{
    cases,
    listing::{FILTERS, SORTS, check_list, names, nothing_passes, store_samples, walk},
    support::{MILLISECOND, admin, answer, command, fill, hour, luis, marta, number},
};
use crate::{Direction, ListQuery, Sort, TicketStore, testing};

cases![
    an_empty_store_lists_nothing,
    each_filter_in_each_order,
    each_two_filters_together,
    all_filters_together,
    filters_that_no_ticket_passes,
    creation_bounds_are_exact_to_the_millisecond,
    a_row_shows_the_ticket_as_it_is,
    a_change_moves_a_ticket_from_list_to_list,
    tickets_of_one_millisecond_keep_their_order,
];

async fn an_empty_store_lists_nothing(store: &dyn TicketStore) {
    for sort in SORTS {
        for filter in &FILTERS {
            assert_eq!(walk(store, &(filter.narrow)(ListQuery::new()).with_sort(sort)).await, []);
        }
    }
}

async fn each_filter_in_each_order(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    for sort in SORTS {
        check_list(store, &tickets, sort, &[]).await;
        for filter in &FILTERS {
            check_list(store, &tickets, sort, &[filter]).await;
        }
    }
}

async fn each_two_filters_together(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    let pairs = FILTERS.iter().array_combinations().filter(|[one, other]| one.field != other.field);
    for ([one, other], sort) in pairs.zip(SORTS.into_iter().cycle()) {
        check_list(store, &tickets, sort, &[one, other]).await;
    }
}

async fn all_filters_together(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    let wanted = tickets.iter().filter(|ticket| ticket.head().assignee.is_some());
    for (ticket, sort) in wanted.zip(SORTS.into_iter().cycle()).take(24) {
        let head = ticket.head();
        let query = ListQuery::new()
            .with_statuses(head.status)
            .with_priorities(head.priority)
            .with_category(head.category.clone())
            .with_assignee(head.assignee.clone().expect("it is assigned"))
            .with_requester(head.requester.clone())
            .with_created_from(head.created_at)
            .with_created_before(head.created_at.plus(MILLISECOND))
            .with_sort(sort);
        assert_eq!(walk(store, &query).await, [ticket.summary()]);
    }
}

async fn filters_that_no_ticket_passes(store: &dyn TicketStore) {
    store_samples(store).await;
    for query in nothing_passes() {
        for sort in SORTS {
            let query = query.clone().with_sort(sort);
            assert_eq!(walk(store, &query).await, [], "{query:?}");
        }
    }
}

async fn creation_bounds_are_exact_to_the_millisecond(store: &dyn TicketStore) {
    let times = [hour(1).minus(MILLISECOND), hour(1), hour(1).plus(MILLISECOND)];
    let numbers = ["TKT-ABC120", "TKT-ABC121", "TKT-ABC122"];
    let made = |(number, time)| testing::ticket(number).created_at(time).build();
    fill(store, &numbers.into_iter().zip(times).map(made).collect::<Vec<_>>()).await;
    let oldest_first = ListQuery::new().with_sort(Sort::Created(Direction::OldestFirst));
    let from = walk(store, &oldest_first.clone().with_created_from(hour(1))).await;
    assert_eq!(names(&from), ["TKT-ABC121", "TKT-ABC122"]);
    let before = walk(store, &oldest_first.with_created_before(hour(1))).await;
    assert_eq!(names(&before), ["TKT-ABC120"]);
}

async fn a_row_shows_the_ticket_as_it_is(store: &dyn TicketStore) {
    let mut ticket = testing::ticket("TKT-ABC123").description("ñ\n".repeat(200)).build();
    fill(store, std::slice::from_ref(&ticket)).await;
    for change in [Change::claim(), Change::priority(Priority::Urgent), Change::status(Status::Resolved)]
    {
        let command = command(change, &admin(), hour(1));
        command.apply(&mut ticket);
        answer(store.update(&number(), &command).await);
        assert_eq!(walk(store, &ListQuery::new()).await, [ticket.summary()]);
    }
}

async fn a_change_moves_a_ticket_from_list_to_list(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build(), testing::ticket("TKT-ABC124").build()]).await;
    let all = ListQuery::new;
    for (change, left, joined) in [
        (Change::claim(), all().unassigned(), all().with_assignee(luis())),
        (Change::assign(Some(marta())), all().with_assignee(luis()), all().with_assignee(marta())),
        (
            Change::priority(Priority::Low),
            all().with_priorities(Priority::Medium),
            all().with_priorities(Priority::Low),
        ),
        (
            Change::status(Status::InProgress),
            all().with_statuses(Status::Open),
            all().with_statuses(Status::InProgress),
        ),
        (
            Change::status(Status::Closed),
            all().with_statuses(!EnumSet::only(Status::Closed)),
            all().with_statuses(Status::Closed),
        ),
    ] {
        let has = async |query: &ListQuery| {
            names(&walk(store, query).await).contains(&"TKT-ABC123".to_owned())
        };
        assert!(has(&left).await && !has(&joined).await, "before {change:?}");
        answer(store.update(&number(), &command(change.clone(), &admin(), hour(1))).await);
        assert!(!has(&left).await && has(&joined).await, "after {change:?}");
    }
    assert_eq!(walk(store, &all()).await.len(), 2);
}

async fn tickets_of_one_millisecond_keep_their_order(store: &dyn TicketStore) {
    let numbered = |at: u8| TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at * 11 % 32]);
    let tickets: Vec<Ticket> = (0..12).map(|at| testing::ticket(numbered(at)).build()).collect();
    fill(store, &tickets).await;
    for sort in SORTS {
        let query = ListQuery::new().with_sort(sort);
        let order = names(&walk(store, &query).await);
        for ticket in &tickets {
            for priority in [Priority::Urgent, Priority::Medium] {
                let change = command(Change::priority(priority), &admin(), hour(1));
                answer(store.update(&ticket.head().ticket_number, &change).await);
            }
        }
        assert_eq!(names(&walk(store, &query).await), order, "{sort:?}");
    }
}
