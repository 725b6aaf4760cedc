//! Cache of recently changed tickets, so that the next change needs no read.
//!
//! An entry may be stale: a change based on it is made on condition that the stored ticket is still the
//! same, and an outcome without a write is never based on it.

use quick_cache::{Weighter, sync::Cache};
use ventanilla_domain::{Ticket, TicketNumber};

use super::diff::Found;

/// Cache of tickets by number, bounded by their size in bytes.
pub(super) struct TicketCache(Option<Cache<TicketNumber, Found, Bytes>>);

impl TicketCache {
    /// Creates a cache of this size; 0 turns it off.
    pub(super) fn new(bytes: u64) -> Self {
        const USUAL: u64 = 4 * 1024;
        let cache = |bytes| Cache::with_weighter((bytes / USUAL + 1) as usize, bytes, Bytes);
        Self((bytes > 0).then(|| cache(bytes)))
    }

    /// Removes and returns a ticket. Of concurrent changes one gets it, and the others read.
    pub(super) fn take(&self, number: &TicketNumber) -> Option<Found> {
        self.0.as_ref()?.remove(number).map(|(_, found)| found)
    }

    /// Caches a ticket as it is stored, unless it is too large.
    pub(super) fn put(&self, found: Found) {
        if let Some(cache) = &self.0 {
            cache.insert(found.ticket.head().ticket_number.clone(), found);
        }
    }
}

/// Weight of a ticket: its approximate size in bytes.
#[derive(Clone)]
struct Bytes;

impl Weighter<TicketNumber, Found> for Bytes {
    fn weight(&self, _: &TicketNumber, found: &Found) -> u64 {
        /// Size of a ticket without its lists.
        const TICKET: u64 = 4_096;
        /// Size of an item of a list without its text.
        const ITEM: u64 = 128;
        let ticket: &Ticket = &found.ticket;
        let notes: usize = ticket.notes().iter().map(|note| note.text.bytes()).sum();
        let items = ticket.messages().len() + ticket.notes().len() + ticket.history().len();
        TICKET + items as u64 * ITEM + u64::from(ticket.conversation_bytes()) + notes as u64
    }
}
