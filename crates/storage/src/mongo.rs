//! Tickets in MongoDB, beside whatever else uses the collection.

mod closing;
mod command;
mod connect;
mod counts;
mod decode;
mod diff;
mod encode;
mod error;
mod expr;
mod get;
mod ids;
mod index;
mod insert;
mod known;
mod list;
mod locks;
mod reconcile;
mod report;
mod run;
mod timers;
mod update;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bson::{Document, RawDocumentBuf};
use known::KnownTickets;
use locks::TicketLocks;
use mongodb::{
    Collection, Database,
    options::{ReadPreference, SelectionCriteria},
};
use tokio::sync::Semaphore;
use ventanilla_domain::{
    Audience, BusinessTime, Command, MessageRange, Outcome, Ticket, TicketDetails, TicketLookup,
    TicketNumber, TicketSummary, Timestamp, UserId,
};

pub use connect::{ConnectError, MongoOptions};
pub use ids::UserIdEncoding;
pub use reconcile::{Checkpoint, Reconciled};

use crate::{
    BoxError, Counts, InsertOutcome, Page, PageQuery, Report, ReportQuery, StoreError, TicketStore,
};

/// Tickets in a MongoDB collection, which another application may use too.
///
/// A change reads the ticket and writes what it became, on condition that nobody changed it in
/// between: two commands where nobody did, and one where this store changed the ticket lately and
/// [still knows it](MongoOptions::known_tickets). Counts are two commands at once, every other method
/// is one on its plain success path. Reads see only what a majority of the servers has; each write is acknowledged by a majority
/// and its journals. Made by [`MongoOptions`]; cloning it is cheap.
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
    /// As commands carry it.
    write_concern: Document,
    time_limit: Duration,
    locks: TicketLocks,
    known: KnownTickets,
    /// As many permits as commands may run at once.
    running: Arc<Semaphore>,
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
        scope: &Audience,
        window: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        self.0.get(lookup, scope, window).await
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        self.0.update(number, command).await
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        self.0.list(page).await
    }

    async fn counts(&self, mine: &UserId, as_of: Option<BusinessTime>) -> Result<Counts, StoreError> {
        self.0.counts(mine, as_of).await
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
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("collection", &self.0.tickets.namespace())
            .finish_non_exhaustive()
    }
}

/// A change is decided on what the primary has.
fn primary() -> SelectionCriteria {
    SelectionCriteria::ReadPreference(ReadPreference::Primary)
}

/// The error for a write whose answer was lost.
fn unknown(number: &TicketNumber, source: BoxError) -> StoreError {
    StoreError::OutcomeUnknown { number: number.clone(), source }
}

/// The error for a write that a unique index with these keys refuses.
fn refused_by_index(keys: &Document) -> StoreError {
    StoreError::Failed { source: format!("the unique index of {keys} refuses it").into() }
}

fn unreadable(
    number: &(impl ToString + ?Sized),
    problem: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unreadable { number: number.to_string(), source: Box::new(problem) }
}
