//! Store in a MongoDB collection, which another application may use too.

mod cache;
mod command;
mod connect;
mod counts;
mod decode;
mod diff;
mod encode;
mod error;
mod events;
mod expr;
mod get;
mod ids;
mod index;
mod insert;
mod list;
mod locks;
mod reconcile;
mod report;
mod resolved_until;
mod run;
mod timers;
mod update;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bson::{Document, RawDocumentBuf};
use cache::TicketCache;
use locks::TicketLocks;
use mongodb::{
    Collection, Database,
    options::{ReadPreference, SelectionCriteria},
};
use tokio::sync::Semaphore;
use ventanilla_domain::{
    Audience, Command, MessageRange, Outcome, Ticket, TicketDetails, TicketLookup, TicketNumber,
    TicketSummary, Timestamp,
};

pub use connect::{ConnectError, MongoOptions};
pub use ids::UserIdEncoding;
pub use reconcile::{Checkpoint, InvalidCheckpoint, Reconciled};

use crate::{
    BoxError, Counted, Counts, CountsQuery, EventStream, EventToken, InsertOutcome, Page, PageQuery,
    Report, ReportQuery, StoreError, TicketStore,
};

/// Store in a MongoDB collection, which another application may use too.
///
/// A change follows the *update if current* pattern: it reads the ticket and writes the result on
/// condition that the stored ticket is still the same. Without a conflict that takes two commands, or one
/// if this store changed the ticket recently and [still caches it](MongoOptions::with_known_tickets). Counts
/// take two concurrent commands, every other method one. Reads see only data that a majority of the
/// servers has; each write is acknowledged by a majority and its journals.
///
/// [`MongoOptions`] opens it. Cloning is cheap.
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
pub struct MongoStore(Arc<Inner>);

struct Inner {
    database: Database,
    /// With read concern majority.
    tickets: Collection<RawDocumentBuf>,
    ids: UserIdEncoding,
    /// Write concern, in the form of a command's field.
    write_concern: Document,
    time_limit: Duration,
    locks: TicketLocks,
    cache: TicketCache,
    /// One permit for each command that may run at once.
    running: Arc<Semaphore>,
}

impl MongoStore {
    /// Connects to the database that a URI names, with the default [`MongoOptions`].
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if the database cannot be used, for example because an index is missing.
    pub async fn connect(uri: &str) -> Result<Self, ConnectError> {
        MongoOptions::new().connect(uri).await
    }
}

#[async_trait]
impl TicketStore for MongoStore {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        self.0.insert(ticket).await
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        self.0.ticket(number).await
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        self.0.get(lookup, audience, range).await
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        self.0.update(number, command).await
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        self.0.list(page).await
    }

    async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError> {
        self.0.count(list, up_to).await
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        self.0.counts(query).await
    }

    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        self.0.resolved_until(latest, limit).await
    }

    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        self.0.report(query).await
    }

    async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError> {
        self.0.events(after).await
    }
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("collection", &self.0.tickets.namespace())
            .finish_non_exhaustive()
    }
}

/// Returns the read preference of changes: the primary.
fn primary() -> SelectionCriteria {
    SelectionCriteria::ReadPreference(ReadPreference::Primary)
}

/// Returns the error for a write whose answer was lost.
fn unknown(number: &TicketNumber, source: BoxError) -> StoreError {
    StoreError::OutcomeUnknown { number: number.clone(), source }
}

/// Returns the error for a write that a unique index with these keys refuses.
fn refused_by_index(keys: &Document) -> StoreError {
    StoreError::Failed { source: format!("the unique index on {keys} refuses the write").into() }
}

fn unreadable(
    number: &(impl ToString + ?Sized),
    problem: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unreadable { number: number.to_string(), source: Box::new(problem) }
}
