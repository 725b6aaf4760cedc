//! Locks by ticket: changes that this process makes to one ticket follow one another, in the order in
//! which they came, instead of meeting in write conflicts.
//!
//! No promise rests on them: other processes write too.

use std::hash::{BuildHasher, RandomState};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout_at,
};
use ventanilla_domain::TicketNumber;

use super::run::Deadline;

/// Number of locks: two tickets at once hardly ever share one.
const LOCKS: usize = 1_024;

pub(super) struct TicketLocks {
    hasher: RandomState,
    locks: Box<[Mutex<()>]>,
}

impl Default for TicketLocks {
    fn default() -> Self {
        let locks = (0..LOCKS).map(|_| Mutex::default()).collect();
        Self { hasher: RandomState::new(), locks }
    }
}

impl TicketLocks {
    /// Waits until no other change to the ticket is under way; `None` where that is after the deadline.
    pub(super) async fn lock(
        &self,
        number: &TicketNumber,
        deadline: Deadline,
    ) -> Option<MutexGuard<'_, ()>> {
        let nth = self.hasher.hash_one(number) as usize % LOCKS;
        timeout_at(deadline, self.locks[nth].lock()).await.ok()
    }
}
