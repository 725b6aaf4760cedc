//! Store in memory: tickets under many locks, and their indexes under one.

mod due_times;
mod events;
mod index;
mod place;
mod ranked;
mod reported;
#[cfg(test)]
mod tests;
mod tickets;

use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use events::Log;
use index::{Facets, Index};
use place::{Place, Seq};
use reported::Day;
use tickets::{Spot, TicketGuard, Tickets, read, write};
use ventanilla_domain::{
    Audience, Command, MessageRange, Outcome, Priority, Status, Ticket, TicketDetails, TicketLookup,
    TicketNumber, TicketSummary, Timestamp,
};

use crate::{
    Counted, Counts, CountsQuery, EventStream, EventToken, InsertOutcome, Page, PageQuery, Position,
    Report, ReportBuilder, ReportQuery, StoreError, TicketStore,
};

/// Store in memory, with an index for every list.
///
/// It keeps the whole [contract](TicketStore), but loses its tickets when the process ends. It suits
/// tests, demonstrations and services that don't need their tickets later.
///
/// ```
/// use ventanilla_storage::MemoryStore;
///
/// let store = MemoryStore::new();
/// assert!(store.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Changed only under the lock of the state, which is always taken first.
    tickets: Tickets,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Places of the tickets, in order of arrival. The index in this list identifies a ticket.
    spots: Vec<Spot>,
    index: Index,
    log: Log,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of tickets.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.0.state).spots.len()
    }

    /// Returns whether the store has no tickets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Access for the faulty stores of tests.
#[cfg(test)]
impl MemoryStore {
    /// Returns a whole ticket.
    pub(crate) fn stored(&self, number: &TicketNumber) -> Option<Ticket> {
        self.0.tickets.by_number(number).map(|ticket| ticket.clone())
    }

    /// Returns all tickets, in order of arrival.
    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        let state = read(&self.0.state);
        state.spots.iter().map(|spot| self.0.tickets.get(*spot).clone()).collect()
    }

    /// Stores a ticket, whatever is stored under its number.
    pub(crate) fn overwrite(&self, ticket: &Ticket) {
        let mut state = write(&self.0.state);
        let changed = self.0.tickets.change(&ticket.head().ticket_number, |seq, stored| {
            let before = Facets::of(stored.head());
            *stored = ticket.clone();
            (seq, before)
        });
        match changed {
            None => drop(state.insert(&self.0.tickets, ticket)),
            Some((seq, before)) => state.index.update(Some(&before), &Facets::of(ticket.head()), seq),
        }
    }
}

#[async_trait]
impl TicketStore for MemoryStore {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        write(&self.0.state).insert(&self.0.tickets, ticket)
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        Ok(self.0.tickets.by_number(number).map(|ticket| ticket.clone()))
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        // Tickets are never removed: one that is missing now was missing when the candidates after it
        // were read, so the result is consistent.
        let from_last = lookup.candidates().iter().rev();
        Ok(from_last.fold(None, |found, number| {
            let ticket = self.0.tickets.by_number(number);
            ticket.and_then(|ticket| ticket.details(audience, range)).or(found)
        }))
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        Ok(write(&self.0.state).update(&self.0.tickets, number, command))
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        Ok(read(&self.0.state).list(&self.0.tickets, page))
    }

    async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError> {
        Ok(read(&self.0.state).count(&self.0.tickets, list, up_to))
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        Ok(read(&self.0.state).counts(query))
    }

    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        let state = read(&self.0.state);
        let found = state.index.resolved_until(latest).take(limit as usize);
        Ok(found.map(|seq| state.ticket(&self.0.tickets, seq).head().ticket_number.clone()).collect())
    }

    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        // The lock is released between parts, so that neither writers nor readers wait for the report.
        const PART: usize = 1_000;
        let (mut builder, mut seen) = (ReportBuilder::default(), vec![false; self.len()]);
        for days in Day::covered_by(query) {
            let mut next = Some((*days.start(), 0));
            while let Some(from) = next {
                let state = read(&self.0.state);
                let mut found = state.index.reported().walk(from, *days.end());
                for (_, seq) in found.by_ref().take(PART) {
                    // Tickets stored since the report began are left out.
                    if seen.get(seq as usize) == Some(&false) {
                        seen[seq as usize] = true;
                        builder.add_ticket(query, state.ticket(&self.0.tickets, seq).head());
                    }
                }
                next = found.next();
            }
        }
        Ok(builder.report())
    }

    async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError> {
        events::stream(&self.0, after)
    }
}

impl State {
    fn ticket<'a>(&self, tickets: &'a Tickets, seq: Seq) -> TicketGuard<'a> {
        tickets.get(self.spots[seq as usize])
    }

    fn insert(&mut self, tickets: &Tickets, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        let head = ticket.head();
        if let Some(first) = tickets.by_number(&head.ticket_number) {
            return Ok(InsertOutcome::taken_by(&first, ticket));
        }
        let seq = Seq::try_from(self.spots.len())
            .map_err(|full| StoreError::Failed { source: Box::new(full) })?;
        self.index.update(None, &Facets::of(head), seq);
        self.spots.push(tickets.push(seq, ticket));
        self.log.add(seq, 0);
        Ok(InsertOutcome::Stored)
    }

    fn update(&mut self, tickets: &Tickets, number: &TicketNumber, command: &Command) -> Outcome {
        let changed = tickets.change(number, |seq, ticket| {
            let before = Facets::of(ticket.head());
            let outcome = command.apply(ticket);
            (seq, before, outcome, Facets::of(ticket.head()))
        });
        let Some((seq, before, outcome, after)) = changed else {
            return Outcome::NotFound;
        };
        self.index.update(Some(&before), &after, seq);
        if let Outcome::Applied { head, .. } = &outcome {
            self.log.add(seq, head.version);
        }
        outcome
    }

    fn list(&self, tickets: &Tickets, page: &PageQuery) -> Page<TicketSummary> {
        let query = page.query();
        let seqs = self.index.walk(page, page.position().map(Place::of));
        let mut matching =
            seqs.map(|seq| (seq, self.ticket(tickets, seq))).filter(|(_, t)| page.matches(t.head()));
        let mut rows = Vec::with_capacity(query.page_size());
        let mut last = None;
        for (seq, ticket) in matching.by_ref().take(query.page_size()) {
            rows.push(ticket.summary());
            last =
                Some(Position::of(query.sort(), ticket.head(), Position::tiebreaker_from(seq.into())));
        }
        let more = matching.next().is_some();
        let next = last.filter(|_| more).map(|last| page.cursor_after(&last));
        Page { rows, next, unreadable: Vec::new() }
    }

    fn count(&self, tickets: &Tickets, list: &PageQuery, up_to: u32) -> Counted {
        let seqs = self.index.walk(list, None);
        let matching = seqs.filter(|seq| list.matches(self.ticket(tickets, *seq).head()));
        Counted::new(matching.take((up_to as usize).saturating_add(1)).count() as u64, up_to)
    }

    fn counts(&self, query: &CountsQuery) -> Counts {
        let mut counts = Counts::default();
        if let Some(now) = query.as_of() {
            counts.overdue = self.index.due_times().overdue(now);
            counts.at_risk = self.index.due_times().at_risk(now);
        }
        counts.waiting = self.index.waiting(query.now());
        counts.handed_over = self.index.handed_over();
        let of = |group: &index::Group, status, priority| self.index.count(group, status, priority);
        let (all, nobody) = (index::Group::All, index::Group::Assignee(None));
        let mine = index::Group::Assignee(Some(query.mine().clone()));
        for (status, priority) in Status::ALL.into_iter().flat_map(|s| Priority::ALL.map(|p| (s, p))) {
            counts.add(status, of(&all, status, priority));
            if status.is_live() {
                counts.unassigned += of(&nobody, status, priority);
                counts.mine += of(&mine, status, priority);
            }
            if status.is_live() && priority == Priority::Urgent {
                counts.urgent += of(&all, status, priority);
            }
        }
        counts
    }
}
