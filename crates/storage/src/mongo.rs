//! Tickets in MongoDB, beside whatever else uses the collection.

mod change;
mod clocks;
mod connect;
mod counts;
mod effect;
mod expr;
mod fault;
mod guard;
mod hands;
mod ids;
mod index;
mod insert;
mod list;
mod read;
mod reconcile;
mod report;
mod upkeep;
mod view;
mod write;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use bson::Document;
use mongodb::{
    Collection,
    options::{ReadPreference, SelectionCriteria, WriteConcern},
};
use ventanilla_domain::{
    BusinessTime, Outcome, Plan, Scope, Ticket, TicketLookup, TicketNumber, TicketSummary, TicketView,
    Timestamp, UserId, Window,
};

pub use connect::{ConnectError, MongoOptions};
pub use ids::UserIdForm;
pub use reconcile::{Checkpoint, Reconciled};

use crate::{
    Counts, Inserted, Page, PageQuery, Report, ReportQuery, Source, StoreError, TicketStore, Upkeep,
};

/// Tickets in a MongoDB collection, which another application may use too.
///
/// Every method is one command on its plain success path; each write is acknowledged by a majority
/// of the servers and their journals. Made by [`MongoOptions`]; cloning it is cheap.
///
/// ```no_run
/// use ventanilla_storage::MongoStore;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MongoStore::connect("mongodb://localhost/app?replicaSet=rs0").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MongoStore {
    inner: Arc<Inner>,
    time_limit: Duration,
}

struct Inner {
    tickets: Collection<Document>,
    ids: UserIdForm,
    write_concern: WriteConcern,
}

impl MongoStore {
    /// Connects to the database that a URI names, with the default [`MongoOptions`].
    ///
    /// # Errors
    ///
    /// [`ConnectError`], among others where an index is missing.
    pub async fn connect(uri: &str) -> Result<Self, ConnectError> {
        MongoOptions::new().connect(uri).await
    }

    /// Runs a command apart from whoever waits for it: a request that is given up must not leave a
    /// connection in the middle of a command.
    async fn apart<T: Send + 'static>(
        &self,
        command: impl Future<Output = Result<T, StoreError>> + Send + 'static,
        lost: impl FnOnce(Source) -> StoreError,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.time_limit, tokio::spawn(command)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(broken)) => Err(lost(Box::new(broken))),
            Err(_) => Err(lost(Box::new(Late(self.time_limit)))),
        }
    }
}

/// A command that took longer than the store's time limit.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct Late(Duration);

/// A read without an answer.
fn unread(source: Source) -> StoreError {
    StoreError::Unavailable { source }
}

/// A write without an answer.
fn unknown(number: &TicketNumber, source: Source) -> StoreError {
    StoreError::OutcomeUnknown { number: number.clone(), source }
}

#[async_trait]
impl TicketStore for MongoStore {
    async fn insert(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let (inner, ticket) = (Arc::clone(&self.inner), ticket.clone());
        let number = ticket.head().ticket_number.clone();
        self.apart(async move { inner.store(&ticket).await }, |lost| unknown(&number, lost)).await
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        scope: &Scope,
        window: Window,
    ) -> Result<Option<TicketView>, StoreError> {
        let (inner, lookup, scope) = (Arc::clone(&self.inner), lookup.clone(), scope.clone());
        self.apart(async move { inner.view(&lookup, &scope, window).await }, unread).await
    }

    async fn update(&self, number: &TicketNumber, plan: &Plan) -> Result<Outcome, StoreError> {
        let (inner, plan, changed) = (Arc::clone(&self.inner), plan.clone(), number.clone());
        self.apart(async move { inner.change(&changed, &plan).await }, |lost| unknown(number, lost))
            .await
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        let (inner, page) = (Arc::clone(&self.inner), page.clone());
        self.apart(async move { inner.page(&page).await }, unread).await
    }

    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError> {
        let (inner, mine) = (Arc::clone(&self.inner), mine.clone());
        self.apart(async move { inner.count(&mine, as_of).await }, unread).await
    }

    fn upkeep(&self) -> Option<&dyn Upkeep> {
        Some(self)
    }
}

#[async_trait]
impl Upkeep for MongoStore {
    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.apart(async move { inner.resolved_until(latest, limit).await }, unread).await
    }

    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        let (inner, query) = (Arc::clone(&self.inner), *query);
        self.apart(async move { inner.report(&query).await }, unread).await
    }
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("collection", &self.inner.tickets.namespace())
            .finish_non_exhaustive()
    }
}

/// Where to read why a write missed: a server that lags behind would give an old reason.
fn primary() -> SelectionCriteria {
    SelectionCriteria::ReadPreference(ReadPreference::Primary)
}
