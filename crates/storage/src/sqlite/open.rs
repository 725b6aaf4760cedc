//! Opening and migrating a file.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::task::spawn_blocking;

use super::{SqliteStore, error::SqliteError};
use crate::BoxError;

/// Application id of the file: "VENT" in ASCII.
const APPLICATION_ID: i32 = 0x5645_4E54;

/// Migrations from an empty file to the current schema. The version of a file is the number of those
/// applied to it.
pub(super) const SCHEMA: [&str; 6] = [
    include_str!("tables.sql"),
    include_str!("indexes.sql"),
    include_str!("waits.sql"),
    include_str!("labels.sql"),
    include_str!("events.sql"),
    include_str!("identity.sql"),
];

/// Settings of a [`SqliteStore`].
///
/// ```no_run
/// use std::time::Duration;
/// use ventanilla_storage::SqliteOptions;
///
/// # async fn example() -> Result<(), ventanilla_storage::OpenError> {
/// let options = SqliteOptions::new().with_busy_timeout(Duration::from_secs(1));
/// let store = options.open("tickets.db").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteOptions {
    pub(super) busy_timeout: Duration,
    pub(super) readers: usize,
    /// Largest number of pages of the file, for tests of a full disk.
    #[cfg(test)]
    pub(super) max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    /// Returns settings that wait 5 seconds for a busy file and read through 4 connections.
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            #[cfg(test)]
            max_pages: None,
        }
    }
}

impl SqliteOptions {
    /// Returns the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest wait for another connection that writes, up to a day.
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.min(Duration::from_secs(24 * 3_600));
        self
    }

    /// Sets the number of connections for concurrent reads, from 1 to 256.
    pub fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers.clamp(1, 256);
        self
    }

    /// Opens a file, or creates it. Its folder must exist.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the file cannot be opened or belongs to another application or version.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let path = path.as_ref().to_owned();
        let opened = spawn_blocking(move || {
            let writer = self.open_writer(&path)?;
            let id = writer.query_row("SELECT id FROM file_identity", [], |row| row.get(0))?;
            Ok(SqliteStore::new(path, id, writer, self))
        });
        opened.await.unwrap_or_else(|broken| Err(OpenError::Unavailable { source: broken.into() }))
    }

    /// Opens a read-only connection.
    pub(super) fn open_reader(&self, path: &Path) -> rusqlite::Result<Connection> {
        let db = self.connect(path, OpenFlags::empty())?;
        db.execute_batch("PRAGMA query_only = ON")?;
        Ok(db)
    }

    fn open_writer(&self, path: &Path) -> Result<Connection, OpenError> {
        let deadline = Instant::now() + self.busy_timeout;
        let mut db = self.connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        // A file of another application must not be changed.
        version(&db)?;
        if db.is_readonly("main")? {
            return Err(OpenError::Unavailable { source: "the file is read-only".into() });
        }
        use_wal(&db, deadline)?;
        migrate(&mut db, &SCHEMA)?;
        #[cfg(test)]
        if let Some(pages) = self.max_pages {
            db.pragma_update(None, "max_page_count", pages)?;
        }
        // The writer has its own wait for a busy file.
        db.busy_timeout(Duration::ZERO)?;
        Ok(db)
    }

    fn connect(&self, path: &Path, create: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags | create)?;
        db.busy_timeout(self.busy_timeout)?;
        db.set_prepared_statement_cache_capacity(128);
        // Every commit reaches the disk before it is acknowledged; macOS needs `fullfsync` for that.
        db.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON",
        )?;
        Ok(db)
    }
}

/// Applies the missing migrations of a schema, all or none. Other processes may do the same at the same
/// time.
pub(super) fn migrate(db: &mut Connection, schema: &[&str]) -> Result<(), OpenError> {
    if version(db)? == schema.len() {
        return Ok(());
    }
    let migration = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for step in schema.iter().skip(version(&migration)?) {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "application_id", APPLICATION_ID)?;
    migration.pragma_update(None, "user_version", schema.len() as i64)?;
    migration.commit()?;
    Ok(())
}

/// Reads the schema version of a file, 0 for an empty one.
fn version(db: &Connection) -> Result<usize, OpenError> {
    // One statement, because another process may be migrating the file.
    let header = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
        FROM pragma_application_id, pragma_user_version";
    let (application_id, version, objects): (i32, i32, i64) =
        db.query_row(header, [], |row| row.try_into())?;
    let is_new = (application_id, version, objects) == (0, 0, 0);
    if application_id != APPLICATION_ID && !is_new {
        return Err(OpenError::ForeignFile { application_id });
    }
    match usize::try_from(version) {
        Ok(version) if version <= SCHEMA.len() => Ok(version),
        _ => Err(OpenError::NewerSchema { found: version, supported: SCHEMA.len() as i32 }),
    }
}

/// Switches to the write-ahead log, so that readers don't wait for a writer. SQLite itself doesn't wait
/// for a busy file here.
fn use_wal(db: &Connection, deadline: Instant) -> Result<(), OpenError> {
    loop {
        let mode = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                let source =
                    format!("the file does not support a write-ahead log: its journal mode is {mode}");
                return Err(OpenError::Unavailable { source: source.into() });
            }
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Error of opening a file, which was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is not an SQLite database, or is encrypted.
    #[error("the file is not an SQLite database")]
    NotADatabase,
    /// The database belongs to another application.
    #[error("the database belongs to another application, with id {application_id}")]
    ForeignFile {
        /// Application id in the file; 0 if none is set.
        application_id: i32,
    },
    /// A newer version of these crates wrote the file.
    #[error("the file has schema version {found}, but this program supports versions up to {supported}")]
    NewerSchema {
        /// Schema version of the file.
        found: i32,
        /// Newest schema version that is supported.
        supported: i32,
    },
    /// The file cannot be reached, created or written, or stayed busy.
    #[error("the file cannot be opened")]
    Unavailable {
        /// Error of SQLite, without its message.
        source: BoxError,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotADatabase,
            _ => OpenError::Unavailable { source: SqliteError::of(&error) },
        }
    }
}
