//! Races for a number, and for a key.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use ventanilla_service::{
    MessageText, Receipt, ServiceError, Status, TicketNumber, error::Refusal, settings::NumberSource,
};

use super::crowd::{Backend, CROWD, ana, at_once, draft, key, person, ticket};

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

pub(crate) async fn one_of_many_follow_ups_opens_and_the_others_learn_its_number<B: Backend>() {
    const FOLLOW_UPS: usize = 32;
    let desk = B::desk().await.build();
    let number = ticket(&desk).await;
    desk.admin(person(0)).set_status(&number, Status::Closed).await.expect("it is closed");
    let old = desk.customer(ana()).get(&number).await.expect("it is hers");
    let offer = desk.customer(ana()).follow_up_offer(&old).expect("the ticket is closed");
    let results = at_once(FOLLOW_UPS, |who| {
        let (customer, admin) = (desk.customer(ana()), desk.admin(person(who)));
        let text = MessageText::parse(&format!("Sigue igual: {who}")).expect("a text");
        let new_ticket = offer.ticket(text);
        async move {
            match who % 4 {
                0 => customer.create(new_ticket).await,
                1 => customer.create(new_ticket.with_key(key())).await,
                _ => admin.create_for(&ana(), new_ticket).await,
            }
        }
    })
    .await;

    let (opened, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let [Ok(opened)] = &opened[..] else { panic!("{} were opened", opened.len()) };
    assert!(!opened.repeated);
    assert_eq!(opened.head.follow_up_of, Some(number));
    for result in refused {
        let Err(ServiceError::Refused { number, refusal: Refusal::FollowUpExists }) = result else {
            panic!("{result:?}")
        };
        assert_eq!(number, opened.head.ticket_number);
    }
    assert_eq!(desk.admin(person(0)).counts().await.expect("counts").total(), 2);
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
