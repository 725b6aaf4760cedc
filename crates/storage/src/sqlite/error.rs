//! Classification of the errors of SQLite.

use rusqlite::ErrorCode;
use ventanilla_domain::TicketNumber;

use crate::{BoxError, StoreError};

/// Error within a transaction, before it is known what becomes of it.
#[derive(Debug)]
pub(super) enum TransactionError {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for TransactionError {
    fn from(error: rusqlite::Error) -> Self {
        TransactionError::Sqlite(error)
    }
}

impl From<StoreError> for TransactionError {
    fn from(error: StoreError) -> Self {
        TransactionError::Store(error)
    }
}

impl From<TransactionError> for StoreError {
    /// Returns the error of a method that changed nothing.
    fn from(fault: TransactionError) -> Self {
        match fault {
            TransactionError::Sqlite(error) => not_made(&error),
            TransactionError::Store(error) => error,
        }
    }
}

/// Error of SQLite without its message, which may quote stored data.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqliteError {
    #[error("the file is busy: another connection writes")]
    Busy,
    #[error("the disk is full, or the file has reached its largest size")]
    Full,
    #[error("SQLite reports an error")]
    Other(#[source] rusqlite::ffi::Error),
    #[error("a value does not have the type of its column")]
    Type,
}

impl SqliteError {
    pub(super) fn of(error: &rusqlite::Error) -> BoxError {
        Box::new(match error.sqlite_error() {
            Some(error) if error.code == ErrorCode::DatabaseBusy => SqliteError::Busy,
            Some(error) if error.code == ErrorCode::DiskFull => SqliteError::Full,
            Some(error) => SqliteError::Other(*error),
            None => SqliteError::Type,
        })
    }
}

/// Returns the error for a read, or for a change that was certainly not made.
pub(super) fn not_made(error: &rusqlite::Error) -> StoreError {
    let source = SqliteError::of(error);
    let is_transient = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
        )
    );
    if is_transient { StoreError::Unavailable { source } } else { StoreError::Failed { source } }
}

/// Returns the error for a change whose `COMMIT` failed.
pub(super) fn not_committed(number: &TicketNumber, error: &rusqlite::Error) -> StoreError {
    if is_rolled_back(error) {
        return not_made(error);
    }
    StoreError::OutcomeUnknown { number: number.clone(), source: SqliteError::of(error) }
}

/// Returns whether an error of `COMMIT` proves that nothing was committed.
///
/// A transaction is committed by the last of its frames in the write-ahead log. If the frames could not
/// be written, it is rolled back; if they could not be synchronised, it may or may not survive a crash.
pub(super) fn is_rolled_back(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(error.code, ErrorCode::DatabaseBusy | ErrorCode::DiskFull)
            || error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
    })
}
