//! The last known state of tickets that were changed lately, so that the next change needs no read.
//!
//! It may be stale: a change that rests on it is made on condition that the ticket is still so, and an
//! answer that isn't a write never rests on it.

use quick_cache::{Weighter, sync::Cache};
use ventanilla_domain::{Ticket, TicketNumber};

use super::diff::Found;

/// Tickets by number, bounded by bytes.
pub(super) struct KnownTickets(Option<Cache<TicketNumber, Found, Bytes>>);

impl KnownTickets {
    /// Room for so many bytes; none for 0.
    pub(super) fn new(bytes: u64) -> Self {
        const USUAL: u64 = 4 * 1024;
        let cache = |bytes| Cache::with_weighter((bytes / USUAL + 1) as usize, bytes, Bytes);
        Self((bytes > 0).then(|| cache(bytes)))
    }

    /// Takes a ticket out: of several changes at once one has it, and the others read.
    pub(super) fn take(&self, number: &TicketNumber) -> Option<Found> {
        self.0.as_ref()?.remove(number).map(|(_, found)| found)
    }

    /// Keeps a ticket as it is stored, unless it is too large.
    pub(super) fn put(&self, found: Found) {
        if let Some(cache) = &self.0 {
            cache.insert(found.ticket.head().ticket_number.clone(), found);
        }
    }
}

/// Weighs a ticket by about as many bytes as it takes.
#[derive(Clone)]
struct Bytes;

impl Weighter<TicketNumber, Found> for Bytes {
    fn weight(&self, _: &TicketNumber, found: &Found) -> u64 {
        /// A ticket without its lists.
        const TICKET: u64 = 4_096;
        /// An item of a list without its text.
        const ITEM: u64 = 128;
        let ticket: &Ticket = &found.ticket;
        let notes: usize = ticket.notes().iter().map(|note| note.text.bytes()).sum();
        let items = ticket.messages().len() + ticket.notes().len() + ticket.history().len();
        TICKET + items as u64 * ITEM + u64::from(ticket.conversation_bytes()) + notes as u64
    }
}
