//! Tickets by number, under many locks.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    ops::Deref,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use ventanilla_domain::{Ticket, TicketNumber};

use super::place::Seq;

/// Tickets by number, spread over many locks, so that reading one rarely waits for a change to another.
///
/// The caller makes changes one at a time. No ticket is ever removed.
#[derive(Debug)]
pub(super) struct Tickets {
    hasher: RandomState,
    shards: Box<[RwLock<Shard>]>,
}

#[derive(Debug, Default)]
struct Shard {
    slots: HashMap<TicketNumber, (Seq, u32)>,
    #[expect(clippy::vec_box, reason = "growing a vector of many tickets would move them all")]
    tickets: Vec<Box<Ticket>>,
}

/// Place at which a ticket is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot(usize);

/// Number of locks: a busy writer blocks less than one read in a hundred.
const SHARDS: usize = 64;

impl Default for Tickets {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { hasher: RandomState::new(), shards }
    }
}

impl Tickets {
    /// Returns the ticket of this number, locked until the guard is dropped.
    pub(super) fn by_number(&self, number: &TicketNumber) -> Option<TicketGuard<'_>> {
        let shard = read(&self.shards[self.shard(number)]);
        let (_, slot) = *shard.slots.get(number)?;
        Some(TicketGuard { shard, slot })
    }

    /// Returns the ticket at a place, locked until the guard is dropped.
    pub(super) fn get(&self, spot: Spot) -> TicketGuard<'_> {
        TicketGuard { shard: read(&self.shards[spot.shard()]), slot: spot.slot() }
    }

    /// Changes the ticket of this number, if there is one.
    pub(super) fn change<T>(
        &self,
        number: &TicketNumber,
        change: impl FnOnce(Seq, &mut Ticket) -> T,
    ) -> Option<T> {
        let mut shard = write(&self.shards[self.shard(number)]);
        let (seq, slot) = *shard.slots.get(number)?;
        Some(change(seq, &mut shard.tickets[slot as usize]))
    }

    /// Adds a ticket, whose number must be new, and returns its place.
    pub(super) fn push(&self, seq: Seq, ticket: &Ticket) -> Spot {
        let number = ticket.head().ticket_number.clone();
        let ticket = Box::new(ticket.clone());
        let nth = self.shard(&number);
        let mut shard = write(&self.shards[nth]);
        let slot = shard.tickets.len() as u32;
        shard.slots.insert(number, (seq, slot));
        shard.tickets.push(ticket);
        Spot(slot as usize * SHARDS + nth)
    }

    fn shard(&self, number: &TicketNumber) -> usize {
        self.hasher.hash_one(number) as usize % SHARDS
    }
}

impl Spot {
    const fn shard(self) -> usize {
        self.0 % SHARDS
    }

    const fn slot(self) -> u32 {
        (self.0 / SHARDS) as u32
    }
}

/// Ticket that is locked against changes.
pub(super) struct TicketGuard<'a> {
    shard: RwLockReadGuard<'a, Shard>,
    slot: u32,
}

impl Deref for TicketGuard<'_> {
    type Target = Ticket;

    fn deref(&self) -> &Ticket {
        &self.shard.tickets[self.slot as usize]
    }
}

// A poisoned lock is used on: only a bug in the business rules panics under a lock, and the other
// tickets stay usable.

/// Locks for reading.
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for writing.
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
