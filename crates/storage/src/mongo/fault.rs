//! What the driver says went wrong, as what it means for a ticket.

use bson::RawBsonRef;
use mongodb::error::{Error, ErrorKind, RETRYABLE_WRITE_ERROR, WriteFailure};
use ventanilla_domain::TicketNumber;

use crate::StoreError;

/// The label of a write that the server is sure not to have made.
const NO_WRITES_PERFORMED: &str = "NoWritesPerformed";

/// A duplicate key.
const DUPLICATE_KEY: i32 = 11000;

/// A read that failed.
pub(super) fn read(error: Error) -> StoreError {
    if is_passing(&error) {
        StoreError::Unavailable { source: Box::new(error) }
    } else {
        StoreError::Failed { source: Box::new(error) }
    }
}

/// A write that failed. Where it can't be excluded that the server made it, it says so.
pub(super) fn write(error: Error, number: &TicketNumber) -> StoreError {
    let number = || number.clone();
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteConcernError(_)) => {
            StoreError::NotDurable { number: number(), source: Box::new(error) }
        }
        ErrorKind::ServerSelection { .. } => StoreError::Unavailable { source: Box::new(error) },
        _ if error.contains_label(NO_WRITES_PERFORMED) => {
            StoreError::Unavailable { source: Box::new(error) }
        }
        _ if is_refusal(&error) => StoreError::Failed { source: Box::new(error) },
        _ => StoreError::OutcomeUnknown { number: number(), source: Box::new(error) },
    }
}

/// Whether a change that ended in a write concern's error found nothing to change.
pub(super) fn is_miss(error: &Error) -> bool {
    let changed = error.server_response().and_then(|reply| reply.get("value").ok().flatten());
    matches!(changed, Some(RawBsonRef::Null))
}

/// The message of a duplicate key, which alone names the index.
pub(super) fn duplicate_key(error: &Error) -> Option<&str> {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(error)) if error.code == DUPLICATE_KEY => {
            Some(&error.message)
        }
        ErrorKind::Command(error) if error.code == DUPLICATE_KEY => Some(&error.message),
        _ => None,
    }
}

/// Whether the server, or the driver before it asked one, has said no to a write for good.
fn is_refusal(error: &Error) -> bool {
    /// The write was made before, and its answer is no longer known.
    const FORGOTTEN: i32 = 217;
    let is_open = is_passing(error) || error.contains_label(RETRYABLE_WRITE_ERROR);
    match &*error.kind {
        _ if is_open => false,
        ErrorKind::Command(command) => command.code != FORGOTTEN,
        ErrorKind::Write(WriteFailure::WriteError(_)) => true,
        ErrorKind::InvalidArgument { .. } | ErrorKind::Authentication { .. } => true,
        _ => false,
    }
}

/// A fault of the network or of a server on its way out, or a time limit.
fn is_passing(error: &Error) -> bool {
    /// The server's codes for "not now": shutting down, stepping down, no primary, time limits.
    const PASSING: [i32; 18] =
        [6, 7, 50, 89, 91, 112, 134, 189, 262, 317, 358, 9001, 10058, 10107, 11600, 11602, 13435, 13436];
    match &*error.kind {
        ErrorKind::Io(_)
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::ConnectionPoolCleared { .. } => true,
        ErrorKind::Command(command) => PASSING.contains(&command.code),
        _ => error.contains_label("RetryableReadError") || error.contains_label("NetworkError"),
    }
}
