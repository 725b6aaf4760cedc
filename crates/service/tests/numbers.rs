//! Ticket numbers: distinct and of the documented form, whatever source they come from.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use common::{causes, desk_over, draft, id, key, now};
use proptest::prelude::*;
use ventanilla_service::{
    Explain, Form, HelpDesk, MemoryStore, NewTicket, Receipt, Screened, ServiceError, TicketNumber,
    error::WriteOutcome,
    settings::NumberSource,
    store::{InsertOutcome, MockTicketStore, TicketStore},
    testing,
};

/// A source that begins again after a few bytes.
struct Cycle {
    bytes: Vec<u8>,
    next: Mutex<usize>,
}

impl NumberSource for Cycle {
    fn random_bytes(&self, bytes: &mut [u8]) {
        let mut next = self.next.lock().unwrap();
        for byte in bytes {
            *byte = self.bytes[*next % self.bytes.len()];
            *next += 1;
        }
    }
}

/// Opens so many tickets, one after the other.
async fn opened(desk: &HelpDesk, count: usize) -> Vec<String> {
    let ana = desk.customer(id("ana"));
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(ana.create(draft()).await.unwrap().head.ticket_number.to_string());
    }
    numbers
}

/// `TKT-` and six characters or more of Crockford's base 32.
fn is_ours(number: &str) -> bool {
    let ours = |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"ILOU".contains(c));
    number.strip_prefix("TKT-").is_some_and(|rest| rest.len() >= 6 && rest.chars().all(ours))
}

fn length(number: &str) -> usize {
    number.len() - TicketNumber::PREFIX.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A period of 8 gives at most eight numbers of one length, so 40 tickets need longer ones; and
    /// there are 55 lengths, of which each has room for one.
    #[test]
    fn a_source_that_repeats_itself_gives_distinct_numbers_that_grow(
        alphabet in prop::collection::vec(any::<u8>(), 1..4),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..=8),
        tickets in 40..48_usize,
    ) {
        let bytes = picks.iter().map(|pick| *pick.get(&alphabet)).collect();
        let source = Cycle { bytes, next: Mutex::default() };
        let desk = HelpDesk::builder(MemoryStore::new()).clock(now).numbers(source).build();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let numbers = runtime.block_on(opened(&desk, tickets));

        prop_assert!(numbers.iter().all(|number| is_ours(number)), "{numbers:?}");
        prop_assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), tickets);
        let lengths: Vec<usize> = numbers.iter().map(|number| length(number)).collect();
        prop_assert_eq!(lengths[0], 6, "the first needs no growth");
        prop_assert!(lengths.iter().any(|length| *length > 6), "{:?}", lengths);
    }
}

/// Numbers that say which byte was drawn how manyth.
#[derive(Default)]
struct Counter(Mutex<u8>);

impl NumberSource for Counter {
    fn random_bytes(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut next = self.0.lock().unwrap();
            *byte = *next;
            *next = next.wrapping_add(1);
        }
    }
}

/// Opens a ticket over a store in which the first so many numbers are taken; tells which were tried.
async fn tried(
    taken: usize,
    by: &str,
    draft: NewTicket,
) -> (Result<Receipt, ServiceError>, Vec<TicketNumber>) {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let seen = tried.clone();
    let mut store = MockTicketStore::new();
    store.expect_insert().times(1..).returning(move |ticket| {
        let mut seen = seen.lock().unwrap();
        seen.push(ticket.head().ticket_number.clone());
        Ok(if seen.len() > taken { InsertOutcome::Stored } else { InsertOutcome::NumberTaken })
    });
    let desk = HelpDesk::builder(store).clock(now).numbers(Counter::default()).build();
    let receipt = desk.customer(id(by)).create(draft).await;
    let tried = tried.lock().unwrap().clone();
    (receipt, tried)
}

#[tokio::test]
async fn a_number_that_is_taken_is_drawn_again_and_grows_after_three() {
    for taken in 0..=12 {
        let (receipt, tried) = tried(taken, "ana", draft()).await;
        let lengths = [6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10];
        let mut next = 0..;
        let drawn = lengths[..=taken].iter().map(|length| {
            let bytes: Vec<u8> = next.by_ref().take(*length).collect();
            TicketNumber::from_entropy(&bytes)
        });
        assert!(drawn.eq(tried.iter().cloned()), "{tried:?}");
        assert_eq!(receipt.unwrap().head.ticket_number, tried[taken]);
    }
}

/// Whatever the source: the numbers come from the author and the key.
#[tokio::test]
async fn a_request_with_a_key_tries_the_same_numbers_each_time() {
    let keyed = |name| draft().with_key(key(name));
    let (receipt, first) = tried(12, "ana", keyed("formulario-1")).await;
    assert_eq!(receipt.unwrap().head.ticket_number, first[12]);
    assert!(
        first.iter().map(|number| length(number.as_str())).eq([6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10])
    );
    assert_eq!(tried(12, "ana", keyed("formulario-1")).await.1, first);
    let others = [
        ("eva", "formulario-1"),
        ("ana", "formulario-2"),
        ("anaf", "ormulario-1"),
        ("an", "aformulario-1"),
    ];
    let mut all: HashSet<TicketNumber> = first.into_iter().collect();
    for (by, name) in others {
        all.extend(tried(12, by, keyed(name)).await.1);
    }
    assert_eq!(all.len(), 5 * 13, "no other request tries any of them");
}

/// The first numbers of a key may be somebody else's.
#[tokio::test]
async fn a_repeated_key_finds_its_ticket_behind_numbers_that_others_have() {
    let keyed = || draft().with_key(key("formulario-1"));
    let (_, numbers) = tried(2, "ana", keyed()).await;
    let store = MemoryStore::new();
    for number in &numbers[..2] {
        store.insert(&testing::ticket(number.clone()).requester("eva").build()).await.unwrap();
    }
    let desk = desk_over(store);
    let opened = desk.customer(id("ana")).create(keyed()).await.unwrap();
    assert_eq!((&opened.head.ticket_number, opened.repeated), (&numbers[2], false));
    let again = desk.customer(id("ana")).create(keyed()).await.unwrap();
    assert_eq!((&again.head.ticket_number, again.repeated), (&numbers[2], true));
    assert_eq!(desk.admin(id("luis")).counts().await.unwrap().total(), 3);
}

#[tokio::test]
async fn numbers_that_are_all_taken_end_in_an_error_of_their_own() {
    let (last, _) = tried(164, "ana", draft()).await;
    assert_eq!(last.unwrap().head.ticket_number.as_str().len(), 64);
    let (none, tried) = tried(usize::MAX, "ana", draft()).await;
    let error = none.unwrap_err();
    assert_eq!(tried.len(), 165, "three of each length from 6 to 60");
    assert_eq!((error.code(), error.write_outcome()), ("numbers_exhausted", WriteOutcome::NotApplied));
    assert!(!error.is_retryable() && causes(&error).is_empty());
}

#[tokio::test]
async fn a_source_that_says_one_thing_gives_a_longer_number_each_time() {
    let source = Cycle { bytes: vec![7], next: Mutex::default() };
    let desk = HelpDesk::builder(MemoryStore::new()).numbers(source).build();
    let numbers = opened(&desk, 55).await;
    assert!(numbers.iter().map(|number| length(number)).eq(6..=60));

    let full = desk.customer(id("ana")).create(draft()).await.unwrap_err();
    assert_eq!(full.code(), "numbers_exhausted");
    assert_eq!(desk.admin(id("luis")).counts().await.unwrap().total(), 55);
}

#[tokio::test]
async fn the_default_source_gives_ten_thousand_distinct_numbers() {
    let numbers = opened(&desk_over(MemoryStore::new()), 10_000).await;
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 10_000);
    assert!(numbers.iter().all(|number| is_ours(number) && length(number) == 6));
}

#[test]
fn a_decoy_looks_like_any_other_number() {
    let desk = desk_over(MemoryStore::new());
    let Screened::Spam { decoy } = desk.screen(&Form { honeypot: "x", ..Form::default() }).unwrap()
    else {
        panic!("it was let in");
    };
    assert!(is_ours(decoy.as_str()) && length(decoy.as_str()) == 6);
}
