//! Store in one SQLite file.

mod change;
mod error;
mod events;
mod list;
mod open;
mod read;
mod row;
#[cfg(test)]
mod tests;
mod write;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use error::TransactionError;
use rusqlite::Connection;
use tokio::{
    sync::{Semaphore, watch},
    task::spawn_blocking,
};
use ventanilla_domain::{
    Audience, Command, MessageRange, Outcome, Ticket, TicketDetails, TicketLookup, TicketNumber,
    TicketSummary, Timestamp,
};
use write::Writer;

pub use open::{OpenError, SqliteOptions};

use crate::{
    Counted, Counts, CountsQuery, EventStream, EventToken, InsertOutcome, Page, PageQuery, Report,
    ReportQuery, StoreError, TicketStore,
};

/// Store in one SQLite file, which several processes of one machine may use at the same time.
///
/// A change is committed in a transaction, and acknowledged once it is on the disk; changes that arrive
/// together share one transaction. Reads see every change acknowledged before, and wait for no writer.
/// Cloning is cheap. The work runs on the blocking threads of a Tokio runtime.
///
/// ```no_run
/// use ventanilla_storage::SqliteStore;
///
/// # async fn example() -> Result<(), ventanilla_storage::OpenError> {
/// let store = SqliteStore::open("tickets.db").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// Id of the file, in the tokens of its events.
    id: Box<str>,
    options: SqliteOptions,
    writer: Writer,
    /// Idle connections for reading.
    readers: Mutex<Vec<Connection>>,
    /// One permit for each read that may run at once.
    reading: Arc<Semaphore>,
    /// Wakes the streams of events after a change.
    changed: watch::Sender<()>,
}

impl SqliteStore {
    /// Opens a file, or creates it, with the default [`SqliteOptions`].
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the file cannot be opened or belongs to another application or version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        SqliteOptions::new().open(path).await
    }

    fn new(path: PathBuf, id: Box<str>, writer: Connection, options: SqliteOptions) -> Self {
        Self(Arc::new(Inner {
            writer: Writer::new(writer, options.busy_timeout),
            readers: Mutex::default(),
            reading: Arc::new(Semaphore::new(options.readers)),
            changed: watch::Sender::new(()),
            path,
            id,
            options,
        }))
    }

    /// Makes a change of a ticket, and wakes the streams of events.
    async fn write<T: Send + 'static>(
        &self,
        number: &TicketNumber,
        make: impl Fn(&Connection) -> Result<T, TransactionError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let made = self.0.writer.write(number, make).await;
        self.0.changed.send_replace(());
        made
    }

    /// Reads from one snapshot of the file, on a blocking thread. A cancelled caller loses no connection.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, TransactionError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.0);
        let permit = Arc::clone(&store.reading).acquire_owned().await;
        let answer = spawn_blocking(move || {
            let _permit = permit;
            store.read(read).map_err(StoreError::from)
        });
        answer.await.unwrap_or_else(|broken| Err(StoreError::Failed { source: broken.into() }))
    }
}

impl Inner {
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, TransactionError>,
    ) -> Result<T, TransactionError> {
        let readers = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = readers().pop();
        let mut db = idle.map_or_else(|| self.options.open_reader(&self.path), Ok)?;
        let answer =
            db.transaction().map_err(TransactionError::from).and_then(|snapshot| read(&snapshot));
        readers().push(db);
        answer
    }
}

#[async_trait]
impl TicketStore for SqliteStore {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        let (number, ticket) = (&ticket.head().ticket_number, ticket.clone());
        self.write(number, move |db| change::insert(db, &ticket)).await
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        let number = number.clone();
        self.read(move |db| read::ticket(db, &number)).await
    }

    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        let (lookup, audience) = (lookup.clone(), audience.clone());
        self.read(move |db| read::get(db, &lookup, &audience, range)).await
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        let (named, command) = (number.clone(), command.clone());
        self.write(number, move |db| change::update(db, &named, &command)).await
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        let page = page.clone();
        self.read(move |db| list::list(db, &page)).await
    }

    async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError> {
        let list = list.clone().at_start();
        self.read(move |db| list::count(db, &list, up_to)).await
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        let query = query.clone();
        self.read(move |db| read::counts(db, &query)).await
    }

    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        self.read(move |db| read::resolved_until(db, latest, limit)).await
    }

    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        let query = *query;
        self.read(move |db| read::report(db, &query)).await
    }

    async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError> {
        events::stream(self, after).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.0.path).finish_non_exhaustive()
    }
}
