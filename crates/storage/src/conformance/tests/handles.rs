//! Handles that share too little, and stores that lose data when they are closed.

use std::{
    cell::RefCell,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures::FutureExt;
use ventanilla_domain::{
    Audience, Command, MessageRange, Outcome, Ticket, TicketDetails, TicketLookup, TicketNumber,
    TicketRecord, TicketSummary,
};

use super::{super::message, failed};
use crate::{
    Counts, CountsQuery, InsertOutcome, MemoryStore, Page, PageQuery, Position, StoreError, TicketStore,
    conformance::{check, check_reopened, check_shared},
    store::forward,
};

#[tokio::test]
async fn handles_on_different_data_fail() {
    let (one, other) = (MemoryStore::new(), MemoryStore::new());
    let checked = AssertUnwindSafe(check_shared(&one, &other)).catch_unwind().await;
    let panic = checked.expect_err("the handles share nothing");
    let failure = message(&*panic);
    assert!(failure.contains("one handle reads a ticket stored by the other"), "{failure}");
}

#[tokio::test]
async fn handles_fail_only_at_the_cases_of_the_data_that_they_do_not_share() {
    const RACES: [&str; 3] = [
        "concurrent_writes_through_both_are_all_kept",
        "one_of_two_claims_wins",
        "one_message_that_both_send_is_added_once",
    ];
    for (keeps, cases) in [
        (Keeps::Nothing, [].as_slice()),
        (Keeps::Views, &["each_handle_reads_the_writes_of_the_other"]),
        (Keeps::Lists, &["lists_and_counts_show_what_the_other_wrote"]),
        (Keeps::Counts, &["lists_and_counts_show_what_the_other_wrote"]),
        (
            Keeps::Numbers,
            &[
                "a_number_that_the_other_used_is_taken",
                "a_key_that_the_other_used_opens_no_second_ticket",
                "one_ticket_that_both_open_is_stored_once",
            ],
        ),
        (
            Keeps::Keys,
            &[
                "a_key_that_the_other_used_opens_no_second_ticket",
                "one_ticket_that_both_open_is_stored_once",
            ],
        ),
        (Keeps::Cursors, &["a_walk_continues_with_the_other"]),
        (Keeps::Locks, &RACES),
    ] {
        let shared = Arc::new(MemoryStore::new());
        let [one, other] = [(), ()].map(|()| Handle::new(&shared, keeps));
        assert_eq!(failed(check_shared(&one, &other)).await, cases, "{keeps:?}");
    }
}

#[tokio::test]
async fn a_handle_that_decides_on_cached_tickets_fails() {
    let shared = Arc::new(MemoryStore::new());
    let [one, other] = [(), ()].map(|()| Handle::new(&shared, Keeps::Tickets));
    let failed = failed(check_shared(&one, &other)).await;
    assert!(failed.contains(&"a_change_is_decided_on_what_the_other_wrote".to_owned()), "{failed:?}");
}

#[tokio::test]
async fn a_single_one_of_those_handles_conforms() {
    for keeps in [Keeps::Keys, Keeps::Cursors, Keeps::Locks, Keeps::Tickets] {
        let summary = check(async || Handle::new(&Arc::new(MemoryStore::new()), keeps)).await;
        assert!(summary.passed() > 50, "{summary}");
    }
}

/// Data that a handle does not share.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Keeps {
    Nothing,
    /// Tickets that it read, which it does not read again.
    Views,
    /// Lists that it read.
    Lists,
    /// Counts that it read.
    Counts,
    /// Tickets that it wrote, on which it bases its next change.
    Tickets,
    /// Numbers that are taken.
    Numbers,
    /// Creation keys that were used.
    Keys,
    /// Cursors that it returned; any other one gives the first page.
    Cursors,
    /// Locks of tickets.
    Locks,
}

struct Handle {
    shared: Arc<MemoryStore>,
    keeps: Keeps,
    own: Mutex<Own>,
    keyed: MemoryStore,
    turn: futures::lock::Mutex<()>,
}

#[derive(Default)]
struct Own {
    views: Vec<((TicketLookup, Audience, MessageRange), TicketDetails)>,
    lists: Vec<(PageQuery, Page<TicketSummary>)>,
    counts: Vec<(CountsQuery, Counts)>,
    tickets: Vec<Ticket>,
    numbers: Vec<TicketNumber>,
    positions: Vec<Position>,
}

impl Handle {
    fn new(shared: &Arc<MemoryStore>, keeps: Keeps) -> Self {
        let (own, keyed, turn) = Default::default();
        Self { shared: Arc::clone(shared), keeps, own, keyed, turn }
    }

    fn own<T>(&self, of: impl FnOnce(&mut Own) -> T) -> T {
        of(&mut self.own.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Applies a command to the ticket as this handle wrote it last.
    fn update_own(&self, number: &TicketNumber, command: &Command) -> Outcome {
        let known = self.own(|own| {
            own.tickets.iter().find(|ticket| ticket.head().ticket_number == *number).cloned()
        });
        let Some(mut ticket) = known.or_else(|| self.shared.stored(number)) else {
            return Outcome::NotFound;
        };
        let outcome = command.apply(&mut ticket);
        if matches!(outcome, Outcome::Applied { .. }) {
            self.shared.overwrite(&ticket);
        }
        self.own(|own| {
            own.tickets.retain(|other| other.head().ticket_number != *number);
            own.tickets.push(ticket);
        });
        outcome
    }

    /// Applies commands one after another, but only those of this handle.
    async fn update_in_turn(&self, number: &TicketNumber, command: &Command) -> Outcome {
        let _turn = self.turn.lock().await;
        let Some(mut ticket) = self.shared.stored(number) else { return Outcome::NotFound };
        tokio::task::yield_now().await;
        let outcome = command.apply(&mut ticket);
        if matches!(outcome, Outcome::Applied { .. }) {
            self.shared.overwrite(&ticket);
        }
        outcome
    }
}

/// Returns the value found before for a key; the first one is kept.
fn kept<K: PartialEq, V: Clone>(all: &mut Vec<(K, V)>, key: K, found: V) -> V {
    if let Some((_, before)) = all.iter().find(|(before, _)| *before == key) {
        return before.clone();
    }
    all.push((key, found.clone()));
    found
}

#[async_trait]
impl TicketStore for Handle {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        let number = &ticket.head().ticket_number;
        match self.keeps {
            Keeps::Numbers if self.own(|own| !own.numbers.contains(number)) => {
                self.own(|own| own.numbers.push(number.clone()));
                self.shared.overwrite(ticket);
                Ok(InsertOutcome::Stored)
            }
            Keeps::Keys if ticket.creation_key().is_some() => {
                let known = self.keyed.tickets();
                let known = known.iter().any(|other| other.creation_key() == ticket.creation_key());
                if known {
                    return Ok(match self.keyed.insert(ticket).await? {
                        InsertOutcome::Repeated(head) => {
                            let now = self.shared.stored(&head.ticket_number);
                            InsertOutcome::Repeated(now.map_or(head, |ticket| ticket.head().clone()))
                        }
                        other => other,
                    });
                }
                let mut record = TicketRecord::from(ticket.clone());
                record.creation_key = None;
                let inserted = self.shared.insert(&record.into()).await?;
                if inserted == InsertOutcome::Stored {
                    self.keyed.overwrite(ticket);
                }
                Ok(inserted)
            }
            _ => self.shared.insert(ticket).await,
        }
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        let key = self.keyed.stored(number).and_then(|ticket| ticket.creation_key().cloned());
        Ok(self.shared.stored(number).map(|ticket| {
            let record = TicketRecord::from(ticket);
            let creation_key = record.creation_key.clone().or(key);
            TicketRecord { creation_key, ..record }.into()
        }))
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        let found = self.shared.get(lookup, audience, range).await?;
        Ok(match found {
            Some(view) if self.keeps == Keeps::Views => {
                let key = (lookup.clone(), audience.clone(), range);
                Some(self.own(|own| kept(&mut own.views, key, view)))
            }
            found => found,
        })
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        match self.keeps {
            Keeps::Tickets => Ok(self.update_own(number, command)),
            Keeps::Locks => Ok(self.update_in_turn(number, command).await),
            _ => self.shared.update(number, command).await,
        }
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        let known = |last: &Position| self.own(|own| own.positions.contains(last));
        if self.keeps == Keeps::Cursors && page.position().is_some_and(|last| !known(last)) {
            return self.shared.list(&page.query().clone().first_page()).await;
        }
        let found = self.shared.list(page).await?;
        if let Some(next) = &found.next {
            let after = page.query().clone().page_after(next).expect("the cursor belongs to this query");
            self.own(|own| own.positions.extend(after.position().copied()));
        }
        Ok(match self.keeps {
            Keeps::Lists => self.own(|own| kept(&mut own.lists, page.clone(), found)),
            _ => found,
        })
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        let found = self.shared.counts(query).await?;
        Ok(match self.keeps {
            Keeps::Counts => self.own(|own| kept(&mut own.counts, query.clone(), found)),
            _ => found,
        })
    }
}

#[tokio::test]
async fn a_store_that_loses_data_when_it_is_closed_fails_at_the_cases_of_these_data() {
    for (loses, cases) in [
        (Loses::Nothing, [].as_slice()),
        (
            Loses::Notes,
            &[
                "new_tickets_are_there_again",
                "every_change_is_there_again",
                "concurrent_writes_are_there_again",
                "a_version_is_still_expected",
            ],
        ),
        (Loses::History, &["new_tickets_are_there_again", "every_change_is_there_again"]),
        (Loses::CreationKeys, &["a_key_still_opens_no_second_ticket"]),
        (Loses::TheOrder, &["lists_and_counts_are_the_same_again", "a_walk_continues"]),
    ] {
        let disk = Disk { tickets: RefCell::default(), loses };
        assert_eq!(failed(check_reopened(async || disk.open().await)).await, cases, "{loses:?}");
    }
    for (loses, case) in [
        (Loses::Everything, "new_tickets_are_there_again"),
        (Loses::TheLastChange, "every_change_is_there_again"),
        (Loses::Messages, "concurrent_writes_are_there_again"),
        (Loses::MessageKeys, "a_key_still_adds_no_second_message"),
        (Loses::Versions, "a_version_is_still_expected"),
        (Loses::Timers, "lists_and_counts_are_the_same_again"),
    ] {
        let disk = Disk { tickets: RefCell::default(), loses };
        let failed = failed(check_reopened(async || disk.open().await)).await;
        assert!(failed.contains(&case.to_owned()), "{loses:?}: {failed:?}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Loses {
    Nothing,
    Everything,
    TheLastChange,
    Messages,
    MessageKeys,
    Notes,
    History,
    CreationKeys,
    Versions,
    Timers,
    TheOrder,
}

/// Tickets while no store is open.
struct Disk {
    tickets: RefCell<Arc<MemoryStore>>,
    loses: Loses,
}

impl Disk {
    async fn open(&self) -> Box<dyn TicketStore> {
        let mut tickets = self.tickets.borrow().tickets();
        if self.loses == Loses::TheOrder {
            tickets.reverse();
        }
        let read = Arc::new(MemoryStore::new());
        for ticket in tickets {
            if let Some(left) = self.loses.of(ticket) {
                read.overwrite(&left);
            }
        }
        *self.tickets.borrow_mut() = Arc::clone(&read);
        if self.loses == Loses::TheLastChange {
            let memory = MemoryStore::new();
            read.tickets().iter().for_each(|ticket| memory.overwrite(ticket));
            return Box::new(WritesLate { memory, disk: read, late: Mutex::default() });
        }
        Box::new(read)
    }
}

impl Loses {
    /// Returns the rest of a ticket; `None` if the whole ticket is lost.
    fn of(self, ticket: Ticket) -> Option<Ticket> {
        let mut record = TicketRecord::from(ticket);
        match self {
            Loses::Nothing | Loses::TheLastChange | Loses::TheOrder => {}
            Loses::Everything => return None,
            Loses::Messages => record.messages.truncate(1),
            Loses::MessageKeys => {
                for message in &mut record.messages {
                    *message = message.clone().with_key(None);
                }
            }
            Loses::Notes => record.notes.clear(),
            Loses::History => record.history.clear(),
            Loses::CreationKeys => record.creation_key = None,
            Loses::Versions => record.version = 0,
            Loses::Timers => record.sla = None,
        }
        Some(record.into())
    }
}

/// Store that writes each change to the disk only when the next one is made.
struct WritesLate {
    memory: MemoryStore,
    disk: Arc<MemoryStore>,
    late: Mutex<Option<Ticket>>,
}

#[async_trait]
impl TicketStore for WritesLate {
    forward!(|this| this.memory; ticket, get, list, counts, resolved_until);

    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        self.disk.insert(ticket).await?;
        self.memory.insert(ticket).await
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        let outcome = self.memory.update(number, command).await?;
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ticket) = std::mem::replace(&mut *late, self.memory.stored(number)) {
            self.disk.overwrite(&ticket);
        }
        Ok(outcome)
    }
}
