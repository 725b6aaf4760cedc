//! Races for a number, and for a key.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use ventanilla_service::{Receipt, TicketNumber, settings::NumberSource};

use super::crowd::{Backend, CROWD, ana, at_once, draft, key, person};

pub(crate) async fn one_key_is_one_ticket<B: Backend>() {
    let desk = B::desk().await.build();
    let results = at_once(CROWD, |_| {
        let ana = desk.customer(ana());
        async move { ana.create(draft().with_key(key())).await }
    })
    .await;

    let receipts: Vec<Receipt> =
        results.into_iter().map(|result| result.expect("it is opened")).collect();
    assert_eq!(receipts.iter().filter(|receipt| receipt.repeated).count(), CROWD - 1);
    assert!(receipts.iter().all(|receipt| receipt.head == receipts[0].head));
    assert_eq!(desk.admin(person(0)).counts().await.expect("counts").total(), 1);
}

pub(crate) async fn numbers_that_repeat_themselves_end_up_distinct_and_longer<B: Backend>() {
    let desk = B::desk().await.numbers(FewDigits::default()).build();
    let results = at_once(CROWD, |who| {
        let customer = desk.customer(person(who));
        async move { customer.create(draft()).await }
    })
    .await;

    let heads = results.into_iter().map(|result| result.expect("it is opened").head);
    let numbers: HashSet<TicketNumber> = heads.map(|head| head.ticket_number).collect();
    assert_eq!(numbers.len(), CROWD);
    // No more numbers of one length than there are digits, so the last ones are far longer.
    let lengths: Vec<usize> =
        numbers.iter().map(|n| n.as_str().len() - TicketNumber::PREFIX.len()).collect();
    let longest = lengths.iter().max().copied();
    assert!(lengths.contains(&TicketNumber::FIRST_LENGTH), "{lengths:?}");
    assert!(longest >= Some(TicketNumber::FIRST_LENGTH + CROWD / DIGITS - 1), "{lengths:?}");
    assert_eq!(desk.admin(person(0)).counts().await.expect("counts").total(), CROWD as u64);
}

const DIGITS: usize = 4;

/// Source of numbers of one digit, which repeat after a few.
#[derive(Default)]
struct FewDigits(AtomicUsize);

impl NumberSource for FewDigits {
    fn random_bytes(&self, bytes: &mut [u8]) {
        bytes.fill((self.0.fetch_add(1, Ordering::Relaxed) % DIGITS) as u8);
    }
}
