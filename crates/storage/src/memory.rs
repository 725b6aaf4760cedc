//! Tickets in memory: one lock around plain state.

mod index;
mod ranked;
mod reported;
#[cfg(test)]
mod tests;
mod waiting;

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use async_trait::async_trait;
use index::{Facets, Index, Seq};
use reported::Day;
use ventanilla_domain::{
    BusinessTime, Command, CreationKey, Outcome, Priority, Scope, Status, Ticket, TicketLookup,
    TicketNumber, TicketSummary, TicketView, Timestamp, UserId, Window,
};

use crate::{
    Counts, Inserted, Page, PageQuery, Position, Report, ReportQuery, StoreError, Tally, TicketStore,
};

/// Tickets in memory, indexed: no list scans them all.
///
/// Complete and quick, and empty again when the process ends.
///
/// ```
/// use ventanilla_storage::MemoryStore;
///
/// let store = MemoryStore::new();
/// assert!(store.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// In order of arrival; a ticket's place is its identity. Boxed, so that growing moves little.
    #[expect(clippy::vec_box, reason = "growing a vector of a million tickets would move them all")]
    tickets: Vec<Box<Ticket>>,
    numbers: HashMap<TicketNumber, Seq>,
    keys: HashMap<CreationKey, Seq>,
    index: Index,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many tickets it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().tickets.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    // A panic under the lock could only come from a bug in the rules; other tickets stay
    // usable even then.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Access for the faulty stores of tests.
#[cfg(test)]
impl MemoryStore {
    /// Returns a whole ticket.
    pub(crate) fn ticket(&self, number: &TicketNumber) -> Option<Ticket> {
        self.read().by_number(number).cloned()
    }

    /// Returns all tickets, in order of arrival.
    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        self.read().tickets.iter().map(|ticket| (**ticket).clone()).collect()
    }

    /// Stores a ticket, whatever is stored under its number.
    pub(crate) fn overwrite(&self, ticket: &Ticket) {
        let mut state = self.write();
        match state.numbers.get(&ticket.head().ticket_number).copied() {
            None => drop(state.insert(ticket)),
            Some(seq) => {
                let before = Facets::of(state.ticket(seq).head());
                state.index.update(Some(&before), &Facets::of(ticket.head()), seq);
                *state.tickets[seq as usize] = ticket.clone();
            }
        }
    }
}

#[async_trait]
impl TicketStore for MemoryStore {
    async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        self.write().insert(ticket)
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, StoreError> {
        let state = self.read();
        let found = lookup.candidates().iter().filter_map(|number| state.by_number(number));
        Ok(found.filter_map(|ticket| ticket.view(scope, window)).next())
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        Ok(self.write().update(number, command))
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        Ok(self.read().list(page))
    }

    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError> {
        Ok(self.read().counts(mine, as_of))
    }

    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        let state = self.read();
        let found = state.index.resolved_until(latest).take(limit as usize);
        Ok(found.map(|seq| state.ticket(seq).head().ticket_number.clone()).collect())
    }

    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        // A part at a time: nobody waits behind a writer that waits for the whole report.
        const PART: usize = 1_000;
        let (mut tally, mut seen) = (Tally::default(), vec![false; self.len()]);
        for days in Day::covered_by(query) {
            let mut next = Some((*days.start(), 0));
            while let Some(from) = next {
                let state = self.read();
                let mut found = state.index.reported().walk(from, *days.end());
                for (_, seq) in found.by_ref().take(PART) {
                    // One that was stored since the report began is left out.
                    if seen.get(seq as usize) == Some(&false) {
                        seen[seq as usize] = true;
                        tally.add_ticket(query, state.ticket(seq).head());
                    }
                }
                next = found.next();
            }
        }
        Ok(tally.report())
    }
}

impl State {
    fn ticket(&self, seq: Seq) -> &Ticket {
        &self.tickets[seq as usize]
    }

    fn by_number(&self, number: &TicketNumber) -> Option<&Ticket> {
        self.numbers.get(number).map(|seq| self.ticket(*seq))
    }

    fn insert(&mut self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let head = ticket.head();
        if let Some(key) = ticket.creation_key()
            && let Some(seq) = self.keys.get(key)
        {
            let first = self.ticket(*seq);
            let number = first.head().ticket_number.clone();
            return Ok(if first.asks_the_same_as(ticket) {
                Inserted::Repeated(first.head().clone())
            } else {
                Inserted::KeyConflict { number, key: key.key.clone() }
            });
        }
        if self.numbers.contains_key(&head.ticket_number) {
            return Ok(Inserted::NumberTaken);
        }
        let seq = Seq::try_from(self.tickets.len())
            .map_err(|full| StoreError::Failed { source: Box::new(full) })?;
        self.numbers.insert(head.ticket_number.clone(), seq);
        if let Some(key) = ticket.creation_key() {
            self.keys.insert(key.clone(), seq);
        }
        self.index.update(None, &Facets::of(head), seq);
        self.tickets.push(Box::new(ticket.clone()));
        Ok(Inserted::Stored)
    }

    fn update(&mut self, number: &TicketNumber, command: &Command) -> Outcome {
        let Some(&seq) = self.numbers.get(number) else {
            return Outcome::NotFound;
        };
        let ticket = &mut self.tickets[seq as usize];
        let before = Facets::of(ticket.head());
        let outcome = command.apply(ticket);
        let after = Facets::of(ticket.head());
        self.index.update(Some(&before), &after, seq);
        outcome
    }

    fn list(&self, page: &PageQuery) -> Page<TicketSummary> {
        let query = page.query();
        let seqs = self.index.walk(page, page.position().map(place));
        let mut matching = seqs.map(|seq| (seq, self.ticket(seq))).filter(|(_, t)| page.holds(t.head()));
        let mut rows = Vec::with_capacity(query.rows());
        let mut last = None;
        for (seq, ticket) in matching.by_ref().take(query.rows()) {
            rows.push(ticket.summary());
            last = Some(Position::of(query.order(), ticket.head(), tie(seq)));
        }
        let more = matching.next().is_some();
        let next = last.filter(|_| more).map(|last| page.cursor_after(&last));
        Page { rows, next, unreadable: Vec::new() }
    }

    fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Counts {
        let mut counts = Counts::default();
        if let Some(now) = as_of {
            counts.overdue = self.index.waiting().overdue(now);
            counts.at_risk = self.index.waiting().at_risk(now);
        }
        for status in Status::ALL {
            for priority in Priority::ALL {
                counts.add(status, priority, self.index.count(&index::Group::All, status, priority));
                if status.is_live() {
                    let nobody = index::Group::Assignee(None);
                    counts.unassigned += self.index.count(&nobody, status, priority);
                    let mine = index::Group::Assignee(Some(mine.clone()));
                    counts.mine += self.index.count(&mine, status, priority);
                }
            }
        }
        counts
    }
}

/// A ticket's identity, as the tie breaker.
fn tie(seq: Seq) -> [u8; 12] {
    let mut tie = [0; 12];
    tie[8..].copy_from_slice(&seq.to_be_bytes());
    tie
}

fn place(position: &Position) -> index::Place {
    let [.., a, b, c, d] = position.tie;
    let Position { key, priority, .. } = *position;
    index::Place { key, priority, seq: Seq::from_be_bytes([a, b, c, d]) }
}
