//! A store of one's own: what a backend has to write, and the suite that tries it.
//!
//! `cargo run --example custom_store`
//!
//! The rules stay in the domain: a store only finds tickets, keeps them and carries out commands. This
//! one keeps all of them in one list behind one lock and looks through it from end to end, which a
//! few thousand tickets allow. A large store has an index for every list.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ventanilla_service::{
    TicketNumber, TicketSummary,
    error::StoreError,
    list::{Counts, Direction, Page, PageQuery, Sort},
    store::{Command, CountsQuery, InsertOutcome, Outcome, Position, Ticket, TicketStore, conformance},
};

#[tokio::main]
async fn main() {
    // This line is all that a backend's own test needs.
    let summary = conformance::check(async || Journal::default()).await;
    println!("El almacén ha superado los {} casos.", summary.passed());
    // A store without streams of events says so, and the suite names what it has not tried. One that has them
    // calls `summary.assert_complete()`.
    let skipped = summary.skipped();
    println!("No tiene flujo de eventos, así que no se probó: {}.", skipped.join(", "));
}

/// Tickets in order of arrival.
#[derive(Default)]
struct Journal {
    tickets: Mutex<Vec<Ticket>>,
}

#[async_trait]
impl TicketStore for Journal {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        let mut tickets = self.tickets();
        let number = &ticket.head().ticket_number;
        if let Some(first) = tickets.iter().find(|first| has_number(first, number)) {
            return Ok(InsertOutcome::taken_by(first, ticket));
        }
        tickets.push(ticket.clone());
        Ok(InsertOutcome::Stored)
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        Ok(self.tickets().iter().find(|ticket| has_number(ticket, number)).cloned())
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        let mut tickets = self.tickets();
        let ticket = tickets.iter_mut().find(|ticket| has_number(ticket, number));
        Ok(ticket.map_or(Outcome::NotFound, |ticket| command.apply(ticket)))
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        let (tickets, query) = (self.tickets(), page.query());
        let place = |position: &Position| place(query.sort(), position);
        let seen = page.position().map(place);
        let matching = tickets.iter().enumerate().filter(|(_, ticket)| page.matches(ticket.head()));
        // A ticket's place in the list never changes, so it can break ties.
        let tiebreaker = |at: usize| Position::tiebreaker_from(at as u64);
        let mut rows: Vec<(Position, &Ticket)> = matching
            .map(|(at, ticket)| (Position::of(query.sort(), ticket.head(), tiebreaker(at)), ticket))
            .filter(|(position, _)| seen.is_none_or(|seen| place(position) > seen))
            .collect();
        rows.sort_by_key(|(position, _)| place(position));

        let more = rows.len() > query.page_size();
        rows.truncate(query.page_size());
        let last = rows.last().filter(|_| more);
        Ok(Page {
            next: last.map(|(position, _)| page.cursor_after(position)),
            rows: rows.into_iter().map(|(_, ticket)| ticket.summary()).collect(),
            unreadable: Vec::new(),
        })
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        self.tickets().iter().for_each(|ticket| counts.add_ticket(ticket.head(), query));
        Ok(counts)
    }
}

impl Journal {
    fn tickets(&self) -> MutexGuard<'_, Vec<Ticket>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_number(ticket: &Ticket, number: &TicketNumber) -> bool {
    ticket.head().ticket_number == *number
}

/// The sort key of a row in an order; the smallest comes first.
fn place(sort: Sort, row: &Position) -> (i64, i64, [u8; 12]) {
    let urgency = row.priority as i64;
    let (rank, direction) = match sort {
        Sort::Created(direction) => (0, direction),
        Sort::UrgentFirst(direction) => (-urgency, direction),
        Sort::LowFirst(direction) => (urgency, direction),
        Sort::Due => (0, Direction::OldestFirst),
    };
    let key = match direction {
        Direction::NewestFirst => -row.key,
        Direction::OldestFirst => row.key,
    };
    (rank, key, row.tiebreaker)
}
