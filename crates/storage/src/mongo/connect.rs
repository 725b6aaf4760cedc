//! Connection to a database, with checks of all that the store needs.

use std::{sync::Arc, time::Duration};

use bson::{Document, RawDocumentBuf, doc};
use futures::future::join_all;
use mongodb::{
    Client, Collection, Database,
    error::{Error, ErrorKind as Cause},
    options::{
        Acknowledgment, ClientOptions, CollectionOptions, ReadConcern, ServerAddress, WriteConcern,
    },
};
use tokio::sync::Semaphore;
use ventanilla_domain::{ErrorKind, Explain, Locale};

use super::{
    Inner, MongoStore, UserIdEncoding, cache::TicketCache, command::write_concern, index,
    locks::TicketLocks,
};
use crate::BoxError;

/// Settings of a [`MongoStore`].
///
/// ```no_run
/// use std::time::Duration;
/// use ventanilla_storage::{MongoOptions, UserIdEncoding};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MongoOptions::new()
///     .with_collection("SupportTicket")
///     .with_user_ids(UserIdEncoding::ObjectId)
///     .with_time_limit(Duration::from_secs(10))
///     .create_indexes()
///     .connect("mongodb://localhost/app?replicaSet=rs0")
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct MongoOptions {
    collection: String,
    ids: UserIdEncoding,
    write_concern: WriteConcern,
    time_limit: Duration,
    known_tickets: u64,
    create_indexes: bool,
}

impl Default for MongoOptions {
    /// Returns the default settings: the collection `SupportTicket`; ids as `ObjectId`; writes
    /// acknowledged by a majority and its journals within 10 seconds; a time limit of 30 seconds for each
    /// call; a cache of 16 MiB; indexes checked and not created.
    fn default() -> Self {
        Self {
            collection: "SupportTicket".into(),
            ids: UserIdEncoding::default(),
            write_concern: WriteConcern::builder()
                .w(mongodb::options::Acknowledgment::Majority)
                .journal(true)
                .w_timeout(Duration::from_secs(10))
                .build(),
            time_limit: Duration::from_secs(30),
            known_tickets: 16 * 1024 * 1024,
            create_indexes: false,
        }
    }
}

impl MongoOptions {
    /// Returns the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the collection.
    pub fn with_collection(mut self, name: impl Into<String>) -> Self {
        self.collection = name.into();
        self
    }

    /// Sets the encoding of user ids.
    pub const fn with_user_ids(mut self, form: UserIdEncoding) -> Self {
        self.ids = form;
        self
    }

    /// Sets the write concern. With less than a majority, acknowledged changes can be lost.
    pub fn with_write_concern(mut self, concern: WriteConcern) -> Self {
        self.write_concern = concern;
        self
    }

    /// Sets the time limit of each call.
    pub const fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sets the size in bytes of the cache of recently changed tickets; 0 turns it off.
    ///
    /// A change to a cached ticket needs one command instead of two. It is made on condition that the
    /// stored ticket is still the cached one; otherwise the ticket is read. The cache is used for nothing
    /// else: reads, and changes that write nothing, always read the stored ticket.
    pub const fn with_known_tickets(mut self, bytes: u64) -> Self {
        self.known_tickets = bytes;
        self
    }

    /// Creates missing indexes when the store is opened.
    pub const fn create_indexes(mut self) -> Self {
        self.create_indexes = true;
        self
    }

    /// Connects to the database that a URI names.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if the URI is invalid or the database cannot be used.
    pub async fn connect(self, uri: &str) -> Result<MongoStore, ConnectError> {
        let invalid = |error: Error| ConnectError::InvalidUri { source: error.into() };
        let mut options = ClientOptions::parse(uri).await.map_err(invalid)?;
        options.app_name.get_or_insert_with(|| "ventanilla".into());
        options.max_pool_size.get_or_insert(MOST_COMMANDS);
        options.server_selection_timeout.get_or_insert(Duration::from_secs(10));
        let client = Client::with_options(options.clone()).map_err(invalid)?;
        let database = client.default_database().ok_or(ConnectError::NoDatabase)?;
        match self.open(&database).await {
            Err(unreachable @ ConnectError::Unreachable { .. }) => {
                Err(other_set(&options).await.unwrap_or(unreachable))
            }
            opened => opened,
        }
    }

    /// Opens the store in a database that the host is connected to.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if the database cannot be used.
    pub async fn open(self, database: &Database) -> Result<MongoStore, ConnectError> {
        let tickets = database.collection::<Document>(&self.collection);
        self.open_collection(&tickets).await
    }

    /// Opens the store in a collection of the host, with its read preference. The read concern is always
    /// majority.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if the database cannot be used.
    pub async fn open_collection<T: Send + Sync>(
        self,
        collection: &Collection<T>,
    ) -> Result<MongoStore, ConnectError> {
        let database = collection.client().database(&collection.namespace().db);
        let options = CollectionOptions::builder()
            .selection_criteria(collection.selection_criteria().cloned())
            .read_concern(ReadConcern::majority())
            .build();
        let tickets = database.collection_with_options::<RawDocumentBuf>(collection.name(), options);
        let hello = database.run_command(doc! { "hello": 1 }).await.map_err(unreachable)?;
        let is_router = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
        if !is_router && !hello.contains_key("setName") {
            return Err(ConnectError::Standalone);
        }
        if !is_router && !hello.get_bool("isWritablePrimary").unwrap_or_default() {
            let address = hello.get_str("me").unwrap_or_default().into();
            return Err(ConnectError::NotPrimary { address });
        }
        let count = |role| hello.get_array(role).map_or(0, Vec::len);
        // Servers that are never primary acknowledge writes too.
        let servers = if is_router { usize::MAX } else { count("hosts") + count("passives") };
        for concern in [Some(&self.write_concern), collection.write_concern()].into_iter().flatten() {
            check_write_concern(concern, servers)?;
        }
        if self.create_indexes {
            index::ensure(&tickets, self.write_concern.clone()).await.map_err(conflict)?;
        }
        let names = index::missing(&tickets).await.map_err(unreachable)?;
        if !names.is_empty() {
            return Err(ConnectError::MissingIndexes { names });
        }
        Ok(MongoStore(Arc::new(Inner {
            database,
            tickets,
            ids: self.ids,
            write_concern: write_concern(&self.write_concern),
            time_limit: self.time_limit,
            locks: TicketLocks::default(),
            cache: TicketCache::new(self.known_tickets),
            running: Arc::new(Semaphore::new(MOST_COMMANDS as usize)),
        })))
    }
}

/// Largest number of concurrent commands, and of connections unless the URI sets another number.
const MOST_COMMANDS: u32 = 64;

fn check_write_concern(concern: &WriteConcern, servers: usize) -> Result<(), ConnectError> {
    match concern.w {
        Some(Acknowledgment::Nodes(0)) => Err(ConnectError::WriteConcern { nodes: 0, servers }),
        Some(Acknowledgment::Nodes(nodes)) if nodes as usize > servers => {
            Err(ConnectError::WriteConcern { nodes, servers })
        }
        _ => Ok(()),
    }
}

/// Returns the error for reachable servers that all belong to another replica set than the URI names.
async fn other_set(options: &ClientOptions) -> Option<ConnectError> {
    let wanted = options.repl_set_name.clone()?;
    let sets = join_all(options.hosts.iter().map(|host| set_of(options, host))).await;
    let sets: Vec<String> = sets.into_iter().flatten().collect();
    if sets.contains(&wanted) {
        return None;
    }
    sets.into_iter().next().map(|found| ConnectError::ReplicaSet { wanted, found })
}

/// Returns the name of the replica set to which a server says that it belongs, without logging in.
async fn set_of(options: &ClientOptions, host: &ServerAddress) -> Option<String> {
    let mut direct = ClientOptions::builder().hosts(vec![host.clone()]).build();
    direct.tls = options.tls.clone();
    direct.direct_connection = Some(true);
    direct.server_selection_timeout = Some(Duration::from_secs(2));
    let server = Client::with_options(direct).ok()?.database("admin");
    let hello = server.run_command(doc! { "hello": 1 }).await.ok()?;
    hello.get_str("setName").ok().map(str::to_owned)
}

/// Error of opening a store, for the operator of the host rather than for its users.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URI is not valid.
    #[error("the MongoDB URI is not valid")]
    InvalidUri {
        /// Error of the driver.
        source: BoxError,
    },
    /// The URI names no database.
    #[error("the MongoDB URI names no database: mongodb://host/DATABASE")]
    NoDatabase,
    /// No server can be reached.
    #[error("no MongoDB server can be reached")]
    Unreachable {
        /// Error of the driver.
        source: BoxError,
    },
    /// The server refuses access: wrong user or password, or missing privileges.
    #[error("the MongoDB server refuses access")]
    AccessRefused {
        /// Error of the server.
        source: BoxError,
    },
    /// The server belongs to no replica set, so that a write can neither be repeated safely nor survive
    /// the loss of the server.
    #[error("the MongoDB server is no replica set: start it with --replSet and initiate it")]
    Standalone,
    /// The servers belong to another replica set than the URI names.
    #[error("the MongoDB URI names the replica set {wanted:?}, but the servers belong to {found:?}")]
    ReplicaSet {
        /// Name in the URI.
        wanted: String,
        /// Name of the servers' replica set.
        found: String,
    },
    /// The server of a direct connection accepts no writes.
    #[error("the MongoDB server {address} is a secondary: connect to the whole replica set")]
    NotPrimary {
        /// Address of the server.
        address: String,
    },
    /// The write concern cannot be met: it asks for no acknowledgement, or for more servers than exist.
    #[error("the write concern asks for {nodes} of {servers} servers")]
    WriteConcern {
        /// Number of servers that must acknowledge.
        nodes: u32,
        /// Number of servers in the replica set.
        servers: usize,
    },
    /// Indexes are missing, or unusable because they are hidden, sparse or have a collation.
    #[error("these indexes are missing: {}; create them with MongoOptions::create_indexes", names.join(", "))]
    MissingIndexes {
        /// Names of the indexes.
        names: Vec<String>,
    },
    /// An index cannot be created: it conflicts with another index or with the data.
    #[error("an index cannot be created")]
    IndexConflict {
        /// Error of the server.
        source: BoxError,
    },
}

impl Explain for ConnectError {
    fn code(&self) -> &'static str {
        match self {
            ConnectError::InvalidUri { .. } => "mongodb_invalid_uri",
            ConnectError::NoDatabase => "mongodb_no_database",
            ConnectError::Unreachable { .. } => "mongodb_unreachable",
            ConnectError::AccessRefused { .. } => "mongodb_access_refused",
            ConnectError::Standalone => "mongodb_standalone",
            ConnectError::ReplicaSet { .. } => "mongodb_other_replica_set",
            ConnectError::NotPrimary { .. } => "mongodb_not_primary",
            ConnectError::WriteConcern { .. } => "mongodb_write_concern",
            ConnectError::MissingIndexes { .. } => "mongodb_missing_indexes",
            ConnectError::IndexConflict { .. } => "mongodb_index_conflict",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        let text = match self {
            ConnectError::Unreachable { .. } => locale.pick(
                "El servicio no está disponible. Inténtalo de nuevo en un momento.",
                "The service is not available. Please try again in a moment.",
            ),
            ConnectError::InvalidUri { .. }
            | ConnectError::NoDatabase
            | ConnectError::AccessRefused { .. }
            | ConnectError::Standalone
            | ConnectError::ReplicaSet { .. }
            | ConnectError::NotPrimary { .. }
            | ConnectError::WriteConcern { .. }
            | ConnectError::MissingIndexes { .. }
            | ConnectError::IndexConflict { .. } => locale
                .pick("El servicio no está bien configurado.", "The service is not set up properly."),
        };
        text.into()
    }

    fn kind(&self) -> ErrorKind {
        if self.is_retryable() { ErrorKind::Unavailable } else { ErrorKind::Internal }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, ConnectError::Unreachable { .. })
    }
}

fn unreachable(error: Error) -> ConnectError {
    /// `Unauthorized` and `AuthenticationFailed`.
    const REFUSALS: [i32; 2] = [13, 18];
    match &*error.kind {
        Cause::Authentication { .. } => ConnectError::AccessRefused { source: error.into() },
        Cause::Command(command) if REFUSALS.contains(&command.code) => {
            ConnectError::AccessRefused { source: error.into() }
        }
        _ => ConnectError::Unreachable { source: error.into() },
    }
}

fn conflict(error: Error) -> ConnectError {
    /// `IndexOptionsConflict`, `IndexKeySpecsConflict` and `DuplicateKey`.
    const CONFLICTS: [i32; 3] = [85, 86, 11000];
    match &*error.kind {
        Cause::Command(command) if CONFLICTS.contains(&command.code) => {
            ConnectError::IndexConflict { source: error.into() }
        }
        _ => unreachable(error),
    }
}
