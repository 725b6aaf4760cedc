//! A mock store that does upkeep too: the mock of a store alone does none.

use async_trait::async_trait;
use ventanilla_service::*;

/// Two mocks that are one store.
#[derive(Default)]
pub(crate) struct WithUpkeep {
    pub(crate) store: MockTicketStore,
    pub(crate) upkeep: MockUpkeep,
}

#[async_trait]
impl TicketStore for WithUpkeep {
    async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        self.store.insert(ticket).await
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, StoreError> {
        self.store.get(lookup, scope, window).await
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        self.store.update(number, command).await
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        self.store.list(page).await
    }

    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError> {
        self.store.counts(mine, as_of).await
    }

    fn upkeep(&self) -> Option<&dyn Upkeep> {
        Some(&self.upkeep)
    }
}
