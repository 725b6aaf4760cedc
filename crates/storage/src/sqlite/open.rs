//! Opening a file, with everything that must hold looked at first.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::task::spawn_blocking;

use super::{SqliteStore, error::Cause};
use crate::BoxError;

/// Marks the file as one of these crates': "VENT".
const APPLICATION_ID: i32 = 0x5645_4E54;

/// Steps from an empty file to today's schema; a file's version is the number of those it has had.
pub(super) const SCHEMA: [&str; 2] = [include_str!("tables.sql"), include_str!("indexes.sql")];

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
    /// The most pages that the file may have, for tests of a full one.
    #[cfg(test)]
    pub(super) max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    /// Waits 5 seconds for a busy file; 4 connections that read.
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

    /// Waits at most so long while another connection writes; a day at most.
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.min(Duration::from_secs(24 * 3_600));
        self
    }

    /// Opens so many connections for reads that run at once; one at least.
    pub fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers.clamp(1, 256);
        self
    }

    /// Opens the file, which is created where there is none. Its folder must exist.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let path = path.as_ref().to_owned();
        let opened = spawn_blocking(move || {
            let writer = self.open_writer(&path)?;
            Ok(SqliteStore::new(path, writer, self))
        });
        opened.await.unwrap_or_else(|broken| Err(OpenError::Unavailable { source: broken.into() }))
    }

    /// Opens a connection that only reads.
    pub(super) fn open_reader(&self, path: &Path) -> rusqlite::Result<Connection> {
        let db = self.connect(path, OpenFlags::empty())?;
        db.execute_batch("PRAGMA query_only = ON")?;
        Ok(db)
    }

    fn open_writer(&self, path: &Path) -> Result<Connection, OpenError> {
        let deadline = Instant::now() + self.busy_timeout;
        let mut db = self.connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        // A file that isn't ours is left as it is.
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
        // The writer waits by itself.
        db.busy_timeout(Duration::ZERO)?;
        Ok(db)
    }

    fn connect(&self, path: &Path, create: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags | create)?;
        db.busy_timeout(self.busy_timeout)?;
        db.set_prepared_statement_cache_capacity(128);
        // Every commit reaches the disk before it is acknowledged; macOS needs to be told twice.
        db.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON",
        )?;
        Ok(db)
    }
}

/// Applies the steps of a schema that the file hasn't had, all or none. Other processes may do the same
/// at once.
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
    // In one statement, since another process may be migrating the file.
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

/// Switches to the write-ahead log, which lets others read while one writes. SQLite doesn't wait for a
/// busy file here.
fn use_wal(db: &Connection, deadline: Instant) -> Result<(), OpenError> {
    loop {
        let mode = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                let source = format!("the file takes no write-ahead log, but the journal {mode}");
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

/// Reason why a file can't be opened. It was left as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is no database of SQLite, or an encrypted one.
    #[error("the file is not an SQLite database")]
    NotADatabase,
    /// The database belongs to another application.
    #[error("the database belongs to another application, of id {application_id}")]
    ForeignFile {
        /// The id that the application left in the file, or 0.
        application_id: i32,
    },
    /// A newer version of these crates wrote the file.
    #[error("the file has schema version {found}, and this program reads {supported} at most")]
    NewerSchema {
        /// The version of the file.
        found: i32,
        /// The newest version that can be read.
        supported: i32,
    },
    /// The file can't be reached, created or written, or stayed busy.
    #[error("the file cannot be opened")]
    Unavailable {
        /// The error of SQLite, without its message.
        source: BoxError,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotADatabase,
            _ => OpenError::Unavailable { source: Cause::of(&error) },
        }
    }
}
