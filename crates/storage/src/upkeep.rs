//! What a store does beyond single tickets.

use async_trait::async_trait;
use ventanilla_domain::{TicketNumber, Timestamp};

use crate::{Report, ReportQuery, StoreError};

/// What a store does beyond single tickets: reports, and finding what is to be closed. One command
/// each. A [`TicketStore`](crate::TicketStore) says by [`upkeep`](crate::TicketStore::upkeep) that it
/// has it.
///
/// ```
/// use ventanilla_domain::Timestamp;
/// use ventanilla_storage::{MemoryStore, TicketStore};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = MemoryStore::new();
/// let upkeep = store.upkeep().expect("this store has it");
/// assert!(upkeep.resolved_until(Timestamp::MAX, 100).await?.is_empty());
/// # Ok::<(), ventanilla_storage::StoreError>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// The tickets that have been resolved since this instant or longer, by
    /// [`resolved_or_updated_at`](ventanilla_domain::TicketHead::resolved_or_updated_at); at most
    /// `limit`, and none that can't be read. Their order is the store's own.
    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError>;

    /// What the clocks of all tickets measured within a period. No ticket is loaded for it where the
    /// store can do the sums itself.
    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError>;
}
