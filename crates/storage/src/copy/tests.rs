use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use async_trait::async_trait;
use futures::executor::block_on;
use proptest::{prelude::*, sample::subsequence};
use tempfile::{NamedTempFile, tempfile};

use super::*;
use crate::{MemoryStore, store::forward, testing};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The export is interrupted after some bytes and resumed; some of the tickets are imported before.
    #[test]
    fn an_interrupted_export_and_a_repeated_import_copy_every_ticket(
        tickets in subsequence(testing::sample_tickets_with(&testing::sla(), 300).collect::<Vec<_>>(), 0..=300),
        cut in any::<prop::sample::Index>(),
        before in any::<prop::sample::Index>(),
    ) {
        let from = filled(&tickets);
        let mut file = tempfile().unwrap();
        export(&from, &mut file);
        let bytes = file.stream_position().unwrap();
        file.set_len(cut.index(bytes as usize + 1) as u64).unwrap();
        export(&from, &mut file);
        prop_assert_eq!(file.metadata().unwrap().len(), bytes);

        let to = filled(&tickets[..before.index(tickets.len() + 1)]);
        let there = to.len();
        let counts = [import_all(&to, &mut file), import_all(&to, &mut file)];
        prop_assert_eq!(counts, [(tickets.len() - there, there), (0, tickets.len())]);
        let number = |ticket: &Ticket| ticket.head().ticket_number.clone();
        let [mut from, mut to] = [from.tickets(), to.tickets()];
        from.sort_by_key(number);
        to.sort_by_key(number);
        prop_assert_eq!(from, to);
    }
}

#[test]
fn an_export_continues_after_a_batch() {
    let tickets: Vec<Ticket> = testing::sample_tickets(250).collect();
    let store = filled(&tickets);
    let mut all = Vec::new();
    let mut next = None;
    for _ in 0..3 {
        let export = Export::of(&store);
        let mut export = next.into_iter().fold(export, Export::after);
        let batch = block_on(export.next()).unwrap().unwrap();
        all.extend(batch.rows);
        next = batch.next;
    }
    assert_eq!((all, next), (tickets, None));
}

#[test]
fn a_failed_batch_is_tried_again() {
    let tickets: Vec<Ticket> = testing::sample_tickets(150).collect();
    let store = Flawed::of(&tickets);
    let mut export = Export::of(&store);
    store.fails.store(true, Relaxed);
    assert!(block_on(export.next()).is_err());
    store.fails.store(false, Relaxed);
    let batch = block_on(export.next()).unwrap().unwrap();
    assert_eq!(batch.rows, tickets[2..100]);
}

/// A ticket that is listed may be unreadable as a whole, or deleted since.
#[test]
fn unreadable_tickets_are_reported_and_deleted_ones_left_out() {
    let tickets: Vec<Ticket> = testing::sample_tickets(3).collect();
    let batch = block_on(Export::of(&Flawed::of(&tickets)).next()).unwrap().unwrap();
    assert_eq!(batch.rows, tickets[2..]);
    let number = tickets[0].head().ticket_number.to_string();
    assert_eq!(batch.unreadable, [Unreadable { ticket_number: number, problem: "damaged".into() }]);
}

#[test]
fn fields_that_differ_are_named_and_nothing_is_overwritten() {
    let [one, other] =
        [testing::ticket("TKT-ABC123"), testing::ticket("TKT-ABC123").note("luis", "Ojo")];
    let [one, other] = [one.build(), other.build()];
    let store = filled(std::slice::from_ref(&one));
    let fields = ["notes", "version"].map(String::from).into();
    assert_eq!(block_on(import(&store, &other)).unwrap(), Imported::Differs { fields });
    assert_eq!(store.tickets(), [one]);
}

#[test]
fn a_file_with_other_content_is_not_changed() {
    let ticket = serde_json::to_string(&testing::ticket("TKT-ABC123").build()).unwrap();
    for content in
        ["[1, 2]", "{}\n", "\n", &format!("{ticket}\nHola"), &format!("{ticket}\n\n{ticket}\n")]
    {
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, content).unwrap();
        let error = resume(&mut file.reopen().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{content}");
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
}

fn filled(tickets: &[Ticket]) -> MemoryStore {
    let store = MemoryStore::new();
    for ticket in tickets {
        block_on(store.insert(ticket)).unwrap();
    }
    store
}

fn export(from: &MemoryStore, file: &mut File) {
    let mut export = Export::of(from).without(resume(file).unwrap());
    while let Some(batch) = block_on(export.next()).unwrap() {
        write_lines(&mut *file, &batch.rows).unwrap();
    }
}

/// Returns the number of tickets that were stored and of those that had been stored before.
fn import_all(to: &MemoryStore, file: &mut File) -> (usize, usize) {
    file.rewind().unwrap();
    let (mut stored, mut there) = (0, 0);
    for ticket in read_lines(BufReader::new(file)) {
        match block_on(import(to, &ticket.unwrap())).unwrap() {
            Imported::Stored => stored += 1,
            Imported::AlreadyThere => there += 1,
            differs @ Imported::Differs { .. } => panic!("{differs:?}"),
        }
    }
    (stored, there)
}

/// Store whose first ticket is unreadable and whose second was deleted, and which may fail altogether.
struct Flawed {
    store: MemoryStore,
    flawed: Vec<TicketNumber>,
    fails: AtomicBool,
}

impl Flawed {
    fn of(tickets: &[Ticket]) -> Self {
        let flawed = tickets.iter().take(2).map(|ticket| ticket.head().ticket_number.clone()).collect();
        Self { store: filled(tickets), flawed, fails: AtomicBool::new(false) }
    }
}

#[async_trait]
impl TicketStore for Flawed {
    forward!(|this| this.store; insert, update, list, counts);

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        if self.fails.load(Relaxed) {
            return Err(StoreError::Unavailable { source: "no network".into() });
        }
        match self.flawed.iter().position(|flawed| flawed == number) {
            Some(0) => {
                Err(StoreError::Unreadable { number: number.to_string(), source: "damaged".into() })
            }
            Some(_) => Ok(None),
            None => self.store.ticket(number).await,
        }
    }
}
