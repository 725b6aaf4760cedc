//! Counts for a dashboard.

use ventanilla_domain::{Actor, Change, Priority, Status, Ticket};

use super::{
    cases,
    listing::{expected_counts, store_samples},
    support::{
        admin, answer, business_time, command, counts_query, customer, fill, hour, luis, marta, number,
        parsed,
    },
};
use crate::{Counts, InsertOutcome, TicketStore, testing};

cases![
    an_empty_store_counts_nothing,
    counts_are_those_of_the_tickets,
    counts_as_of_a_business_time,
    counts_follow_every_change,
    refused_insertions_are_not_counted,
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
