//! Races between machines that close resolved tickets, and between them and the customer.

use std::collections::BTreeMap;

use ventanilla_service::{
    Explain, HelpDesk, Policy, Status, TicketNumber, request::ClosedBatch, settings::Days,
};

use super::crowd::{Backend, ana, at_once, draft, is_change, person, view};

const TICKETS: usize = 60;
const MACHINES: usize = 8;

pub(crate) async fn every_ticket_is_closed_once_by_one_of_many_machines<B: Backend>() {
    let desk = B::desk().await.policy(closes_at_once()).build();
    let numbers = resolved(&desk).await;
    // One batch of all tickets, and small ones that overlap.
    let results = at_once(MACHINES, |machine| {
        close_all(desk.clone(), if machine % 2 == 0 { TICKETS as u32 } else { 7 })
    })
    .await;

    let mut told = BTreeMap::new();
    for batch in results.into_iter().flatten() {
        assert!(batch.failed.is_empty(), "{:?}", batch.failed);
        for receipt in batch.closed {
            assert_eq!((receipt.head.status, receipt.events.len()), (Status::Closed, 1));
            let number = receipt.head.ticket_number.clone();
            assert!(told.insert(number, receipt).is_none(), "it was closed twice");
        }
    }
    assert!(told.keys().eq(&numbers), "{} were closed", told.len());
    for (number, receipt) in told {
        let ticket = view(&desk, &number).await;
        assert_eq!((ticket.head.version, ticket.history.last()), (2, receipt.events.last()));
    }
}

pub(crate) async fn a_message_reopens_a_ticket_or_is_refused_by_one_that_is_closed<B: Backend>() {
    let desk = B::desk().await.policy(closes_at_once()).build();
    let numbers = resolved(&desk).await;
    let results = at_once(TICKETS + MACHINES, |who| {
        let (desk, number) = (desk.clone(), numbers.get(who).cloned());
        async move {
            match number {
                Some(number) => Err(desk.customer(ana()).reply(&number, "¿Seguro?").await),
                None => Ok(close_all(desk, 10).await),
            }
        }
    })
    .await;

    let (mut closed, mut written) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Err(written_or_not) => written.push(written_or_not),
            Ok(batches) => {
                for (number, error) in batches.iter().flat_map(|batch| &batch.failed) {
                    assert_eq!(error.code(), "transition_refused", "{number} was reopened");
                }
                let receipts = batches.into_iter().flat_map(|batch| batch.closed);
                closed.extend(receipts.map(|receipt| receipt.head.ticket_number));
            }
        }
    }
    for (number, result) in numbers.iter().zip(written) {
        let ticket = view(&desk, number).await;
        let state = (ticket.head.status, ticket.messages.len(), closed.contains(number));
        if is_change(&result) {
            assert_eq!(state, (Status::Open, 2, false));
        } else {
            assert_eq!(result.expect_err("it was closed").code(), "ticket_closed");
            assert_eq!(state, (Status::Closed, 1, true));
        }
    }
}

fn closes_at_once() -> Policy {
    Policy { close_after: Days(0), ..Policy::default() }
}

/// Opens and resolves tickets, and returns their numbers in order.
async fn resolved(desk: &HelpDesk) -> Vec<TicketNumber> {
    let mut numbers = Vec::new();
    for _ in 0..TICKETS {
        let opened = desk.customer(ana()).create(draft()).await.expect("it is opened");
        let number = opened.head.ticket_number;
        desk.admin(person(0)).set_status(&number, Status::Resolved).await.expect("it is resolved");
        numbers.push(number);
    }
    numbers.sort();
    numbers
}

/// Closes all resolved tickets, batch by batch, as one machine does.
async fn close_all(desk: HelpDesk, batch: u32) -> Vec<ClosedBatch> {
    let mut batches = Vec::new();
    loop {
        let closed = desk.system().close_resolved(batch).await.expect("they are found");
        let last = closed.is_last();
        batches.push(closed);
        if last {
            return batches;
        }
    }
}
