//! Locks by ticket, so that changes of this process to one ticket are made in order of arrival, without
//! write conflicts.
//!
//! They are an optimisation only: other processes write too.

use std::hash::{BuildHasher, RandomState};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout_at,
};
use ventanilla_domain::TicketNumber;

use super::run::Deadline;

/// Number of locks, so that two tickets rarely share one.
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
    /// Waits until this process makes no other change to the ticket; `None` after the deadline.
    pub(super) async fn lock(
        &self,
        number: &TicketNumber,
        deadline: Deadline,
    ) -> Option<MutexGuard<'_, ()>> {
        let nth = self.hasher.hash_one(number) as usize % LOCKS;
        timeout_at(deadline, self.locks[nth].lock()).await.ok()
    }
}
