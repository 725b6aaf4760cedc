//! Errors of SQLite, classified.

use rusqlite::ErrorCode;
use ventanilla_domain::TicketNumber;

use crate::{BoxError, StoreError};

/// Error of a method before it becomes a [`StoreError`].
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

impl From<Fault> for StoreError {
    /// The error of a method that changed nothing.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sqlite(error) => not_made(&error),
            Fault::Store(error) => error,
        }
    }
}

/// An error of SQLite without its message, which may quote what is stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error("another connection kept the file busy")]
    Busy,
    #[error("the disk is full, or the file has reached its largest size")]
    Full,
    #[error("SQLite reports an error")]
    Other(#[source] rusqlite::ffi::Error),
    #[error("a value is of another type than its column")]
    Type,
}

impl Cause {
    pub(super) fn of(error: &rusqlite::Error) -> BoxError {
        Box::new(match error.sqlite_error() {
            Some(error) if error.code == ErrorCode::DatabaseBusy => Cause::Busy,
            Some(error) if error.code == ErrorCode::DiskFull => Cause::Full,
            Some(error) => Cause::Other(*error),
            None => Cause::Type,
        })
    }
}

/// The error for a read that failed, or a change that surely wasn't made.
pub(super) fn not_made(error: &rusqlite::Error) -> StoreError {
    let source = Cause::of(error);
    let is_passing = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
        )
    );
    if is_passing { StoreError::Unavailable { source } } else { StoreError::Failed { source } }
}

/// The error for a change whose transaction wasn't committed.
pub(super) fn not_committed(number: &TicketNumber, error: &rusqlite::Error) -> StoreError {
    if is_rolled_back(error) {
        return not_made(error);
    }
    StoreError::OutcomeUnknown { number: number.clone(), source: Cause::of(error) }
}

/// Returns whether an error of `COMMIT` says that nothing was committed.
///
/// A transaction counts from its last frame in the log on. One that couldn't be written whole is none;
/// whether one that couldn't be synchronised outlives a crash is not known.
pub(super) fn is_rolled_back(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(error.code, ErrorCode::DatabaseBusy | ErrorCode::DiskFull)
            || error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
    })
}
