//! Counts for a dashboard.

use itertools::Itertools;
use ventanilla_domain::{Actor, Change, Priority, Status, Ticket};

use super::{
    cases,
    listing::{
        FILTERS, Filter, SORTS, expected_counts, narrowed, nothing_passes, page_of, store_samples,
        walk_when,
    },
    support::{
        admin, answer, business_time, command, counts_query, customer, fill, hour, luis, marta, number,
        parsed,
    },
};
use crate::{
    Counted, Counts, DueFilter, InsertOutcome, ListQuery, Sort, TicketStore, WaitingFilter, testing,
};

cases![
    an_empty_store_counts_nothing,
    counts_are_those_of_the_tickets,
    counts_as_of_a_business_time,
    counts_follow_every_change,
    refused_insertions_are_not_counted,
    each_list_is_counted_up_to_a_limit,
    a_count_follows_every_change,
];

async fn an_empty_store_counts_nothing(store: &dyn TicketStore) {
    assert_eq!(answer(store.counts(&counts_query(&luis(), None)).await), Counts::default());
}

async fn counts_are_those_of_the_tickets(store: &dyn TicketStore) {
    let tickets = store_samples(store).await;
    for mine in (0..6).map(testing::admin).chain([testing::customer(0)]) {
        assert_eq!(
            answer(store.counts(&counts_query(&mine, None)).await),
            expected_counts(&tickets, &counts_query(&mine, None)),
            "{mine}"
        );
    }
}

async fn counts_as_of_a_business_time(store: &dyn TicketStore) {
    let sla = testing::sla();
    let with = testing::sample_tickets_with(&sla, 120);
    let tickets: Vec<Ticket> = with.chain([testing::ticket("TKT-ABC123").build()]).collect();
    fill(store, &tickets).await;
    for now in [0, 7, 30, 24 * 9, 24 * 60].map(|hours| business_time(hour(hours))) {
        let counts = answer(store.counts(&counts_query(&luis(), Some(now))).await);
        assert_eq!(
            counts,
            expected_counts(&tickets, &counts_query(&luis(), Some(now))),
            "as of {now:?}"
        );
        let mut summed = Counts::default();
        tickets.iter().for_each(|ticket| summed.add_ticket(ticket.head(), &counts_query(&luis(), now)));
        assert_eq!(counts, summed);
    }
    let counts = answer(store.counts(&counts_query(&luis(), None)).await);
    assert_eq!(counts, expected_counts(&tickets, &counts_query(&luis(), None)));
    assert_eq!((counts.overdue, counts.at_risk), (0, 0));
}

async fn each_list_is_counted_up_to_a_limit(store: &dyn TicketStore) {
    store_samples(store).await;
    let unfiltered = std::iter::once(None);
    let filters: Vec<Option<&Filter>> = unfiltered.chain(FILTERS.iter().map(Some)).collect();
    for (sort, filter) in SORTS.into_iter().chain([Sort::Due]).cartesian_product(filters) {
        check_count(store, &narrowed(sort, filter.as_slice())).await;
    }
    for (due, sort) in [DueFilter::AtRisk, DueFilter::Overdue].into_iter().cartesian_product(SORTS) {
        check_count(store, &narrowed(sort, &[]).with_due(due)).await;
    }
    for waiting in WaitingFilter::ALL {
        check_count(store, &ListQuery::new().with_waiting(*waiting)).await;
    }
    check_count(store, &ListQuery::new().handed_over()).await;
    for query in nothing_passes() {
        check_count(store, &query).await;
    }
}

/// Compares the count of a list with its length, below, at and above the limit.
async fn check_count(store: &dyn TicketStore, query: &ListQuery) {
    let now = hour(30);
    let length = walk_when(store, query, now).await.len() as u32;
    let page = query.clone().with_page_size(page_of(3)).first_page();
    let page = page.with_now(now).with_as_of(business_time(now));
    let next = answer(store.list(&page).await).next;
    let later = next.map(|next| page.continued(&next).expect("the cursor belongs to this query"));
    for up_to in [0, 1, length.saturating_sub(1), length, length + 1, 1_000, u32::MAX] {
        let expected = Counted::new(length.into(), up_to);
        for page in [Some(&page), later.as_ref()].into_iter().flatten() {
            let counted = answer(store.count(page, up_to).await);
            assert_eq!(counted, expected, "up to {up_to}: {page:?}");
        }
    }
}

async fn a_count_follows_every_change(store: &dyn TicketStore) {
    fill(store, &["TKT-ABC123", "TKT-ABC124"].map(|number| testing::ticket(number).build())).await;
    let open = ListQuery::new().with_statuses(Status::Open).first_page();
    assert_eq!(answer(store.count(&open, 10).await), Counted::Exactly(2));
    answer(store.update(&number(), &command(Change::status(Status::Closed), &admin(), hour(1))).await);
    assert_eq!(answer(store.count(&open, 10).await), Counted::Exactly(1));
    fill(store, &[testing::ticket("TKT-ABC125").build()]).await;
    assert_eq!(answer(store.count(&open, 1).await), Counted::MoreThan(1));
}

async fn counts_follow_every_change(store: &dyn TicketStore) {
    let mut tickets = [testing::ticket("TKT-ABC123").build(), testing::ticket("TKT-ABC124").build()];
    fill(store, &tickets).await;
    let marta = Actor::Admin(marta());
    for (change, by) in [
        (Change::claim(), admin()),
        (Change::claim(), marta.clone()),
        (Change::priority(Priority::Urgent), marta.clone()),
        (Change::assign(Some(testing::admin(1))), marta.clone()),
        (Change::status(Status::InProgress), marta.clone()),
        (Change::assign(None), marta.clone()),
        (Change::claim(), admin()),
        (Change::status(Status::Resolved), admin()),
        (Change::message(parsed::<ventanilla_domain::MessageText>("Sigue igual")), customer()),
        (Change::status(Status::Closed), admin()),
    ] {
        let command = command(change.clone(), &by, hour(1));
        command.apply(&mut tickets[0]);
        answer(store.update(&number(), &command).await);
        for mine in [luis(), testing::admin(1)] {
            let counts = answer(store.counts(&counts_query(&mine, None)).await);
            assert_eq!(
                counts,
                expected_counts(&tickets, &counts_query(&mine, None)),
                "{mine} after {change:?}"
            );
        }
    }
}

async fn refused_insertions_are_not_counted(store: &dyn TicketStore) {
    let first = testing::ticket("TKT-ABC123").key("formulario-1").build();
    fill(store, std::slice::from_ref(&first)).await;
    let taken = testing::ticket("TKT-ABC123").assignee(luis()).build();
    assert_eq!(answer(store.insert(&taken).await), InsertOutcome::NumberTaken);
    let again = testing::ticket("TKT-ABC123").key("formulario-1").build();
    assert!(matches!(answer(store.insert(&again).await), InsertOutcome::Repeated(_)));
    assert_eq!(
        answer(store.counts(&counts_query(&luis(), None)).await),
        expected_counts(&[first], &counts_query(&luis(), None))
    );
}
