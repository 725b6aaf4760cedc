//! Connecting, with everything that must hold looked at first.

use std::{sync::Arc, time::Duration};

use bson::{Document, doc};
use mongodb::{
    Client, Collection, Database,
    error::{Error, ErrorKind as Cause},
    options::{ClientOptions, WriteConcern},
};
use ventanilla_domain::{ErrorKind, Explain, Locale};

use super::{Inner, MongoStore, UserIdForm, index};

/// How a [`MongoStore`] uses its database.
///
/// ```no_run
/// use std::time::Duration;
/// use ventanilla_storage::{MongoOptions, UserIdForm};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MongoOptions::new()
///     .collection("SupportTicket")
///     .user_ids(UserIdForm::ObjectId)
///     .time_limit(Duration::from_secs(10))
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
    ids: UserIdForm,
    write_concern: WriteConcern,
    time_limit: Duration,
    create_indexes: bool,
}

impl Default for MongoOptions {
    /// The collection `SupportTicket`; ids as `ObjectId`; writes acknowledged by a majority and its
    /// journals within 10 seconds; 30 seconds for a use case; indexes verified, not created.
    fn default() -> Self {
        Self {
            collection: "SupportTicket".into(),
            ids: UserIdForm::default(),
            write_concern: WriteConcern::builder()
                .w(mongodb::options::Acknowledgment::Majority)
                .journal(true)
                .w_timeout(Duration::from_secs(10))
                .build(),
            time_limit: Duration::from_secs(30),
            create_indexes: false,
        }
    }
}

impl MongoOptions {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps tickets in this collection.
    pub fn collection(mut self, name: impl Into<String>) -> Self {
        self.collection = name.into();
        self
    }

    /// Stores user ids in this form.
    pub const fn user_ids(mut self, form: UserIdForm) -> Self {
        self.ids = form;
        self
    }

    /// Asks for this acknowledgement of writes. Less than a majority can lose acknowledged changes.
    pub fn write_concern(mut self, concern: WriteConcern) -> Self {
        self.write_concern = concern;
        self
    }

    /// Waits so long for a use case before it is given up.
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Creates missing indexes on connecting.
    pub const fn create_indexes(mut self) -> Self {
        self.create_indexes = true;
        self
    }

    /// Connects to the database that a URI names.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    pub async fn connect(self, uri: &str) -> Result<MongoStore, ConnectError> {
        let invalid = |source| ConnectError::InvalidUri { source };
        let mut options = ClientOptions::parse(uri).await.map_err(invalid)?;
        options.app_name.get_or_insert_with(|| "ventanilla".into());
        options.max_pool_size.get_or_insert(64);
        options.server_selection_timeout.get_or_insert(Duration::from_secs(10));
        let client = Client::with_options(options).map_err(invalid)?;
        let database = client.default_database().ok_or(ConnectError::NoDatabase)?;
        self.open(&database).await
    }

    /// Uses a database that the host is connected to.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    pub async fn open(self, database: &Database) -> Result<MongoStore, ConnectError> {
        let tickets = database.collection::<Document>(&self.collection);
        self.open_collection(&tickets).await
    }

    /// Uses a collection that the host has, by its own settings for reading.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    pub async fn open_collection<T: Send + Sync>(
        self,
        collection: &Collection<T>,
    ) -> Result<MongoStore, ConnectError> {
        let tickets = collection.clone_with_type::<Document>();
        let database = tickets.client().database(&tickets.namespace().db);
        let hello = database.run_command(doc! { "hello": 1 }).await.map_err(unreachable)?;
        let is_router = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
        if !is_router && !hello.contains_key("setName") {
            return Err(ConnectError::Standalone);
        }
        if self.create_indexes {
            index::ensure(&tickets).await.map_err(conflict)?;
        }
        let names = index::missing(&tickets).await.map_err(unreachable)?;
        if !names.is_empty() {
            return Err(ConnectError::MissingIndexes { names });
        }
        let inner = Inner { tickets, ids: self.ids, write_concern: self.write_concern };
        Ok(MongoStore { inner: Arc::new(inner), time_limit: self.time_limit })
    }
}

/// Why a store could not be opened. It is for the operator of the host, not for its users.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URI can't be read.
    #[error("the MongoDB URI is not valid")]
    InvalidUri {
        /// What the driver said.
        source: Error,
    },
    /// The URI names no database.
    #[error("the MongoDB URI names no database: mongodb://host/DATABASE")]
    NoDatabase,
    /// No server answers.
    #[error("no MongoDB server can be reached")]
    Unreachable {
        /// What the driver said.
        source: Error,
    },
    /// The server refuses: a wrong user or password, or missing rights.
    #[error("the MongoDB server refuses access")]
    AccessRefused {
        /// What the server said.
        source: Error,
    },
    /// The server stands alone, and so can neither repeat a write safely nor survive a loss.
    #[error("the MongoDB server is no replica set: start it with --replSet and initiate it")]
    Standalone,
    /// Indexes are missing, or aren't as they must be.
    #[error("these indexes are missing: {}; create them with MongoOptions::create_indexes", names.join(", "))]
    MissingIndexes {
        /// Their names.
        names: Vec<String>,
    },
    /// An index can't be created, because another stands in its way or the data contradict it.
    #[error("an index cannot be created")]
    IndexConflict {
        /// What the server said.
        source: Error,
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

fn unreachable(source: Error) -> ConnectError {
    /// No rights, a wrong password.
    const REFUSALS: [i32; 2] = [13, 18];
    match &*source.kind {
        Cause::Authentication { .. } => ConnectError::AccessRefused { source },
        Cause::Command(command) if REFUSALS.contains(&command.code) => {
            ConnectError::AccessRefused { source }
        }
        _ => ConnectError::Unreachable { source },
    }
}

fn conflict(source: Error) -> ConnectError {
    /// Other options, other keys under the name, data that contradict it.
    const CONFLICTS: [i32; 3] = [85, 86, 11000];
    match &*source.kind {
        Cause::Command(command) if CONFLICTS.contains(&command.code) => {
            ConnectError::IndexConflict { source }
        }
        _ => unreachable(source),
    }
}
