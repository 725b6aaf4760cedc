//! Classification of the errors of the driver.

use bson::Document;
use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::{BoxError, StoreError};

/// Error of the server without its message, which may quote the command and so texts of users.
#[derive(Debug, thiserror::Error)]
#[error("the server answered with error {code} ({name})")]
pub(super) struct ServerError {
    pub(super) code: i32,
    pub(super) name: String,
}

impl ServerError {
    /// Returns the error within a reply.
    pub(super) fn of(error: &Document) -> Self {
        let name = error.get_str("codeName").unwrap_or("no name");
        Self { code: error.get_i32("code").unwrap_or_default(), name: name.into() }
    }

    /// Converts an error of the driver into the source of a [`StoreError`].
    pub(super) fn source_of(error: Error) -> BoxError {
        let (code, name) = match &*error.kind {
            ErrorKind::Command(failed) => (failed.code, &failed.code_name),
            ErrorKind::Write(WriteFailure::WriteError(failed)) => {
                let name = failed.code_name.clone().unwrap_or_else(|| "no name".into());
                return Box::new(Self { code: failed.code, name });
            }
            ErrorKind::Write(WriteFailure::WriteConcernError(failed)) => {
                (failed.code, &failed.code_name)
            }
            _ => return Box::new(error),
        };
        Box::new(Self { code, name: name.clone() })
    }
}

/// Converts the error of a read.
pub(super) fn from_read(error: Error) -> StoreError {
    let is_retryable = match &*error.kind {
        ErrorKind::ServerSelection { .. } | ErrorKind::ConnectionPoolCleared { .. } => true,
        ErrorKind::Command(failed) => is_transient(failed.code),
        ErrorKind::Io(_) => true,
        _ => error.contains_label("RetryableReadError") || error.contains_label("NetworkError"),
    };
    let source = ServerError::source_of(error);
    if is_retryable { StoreError::Unavailable { source } } else { StoreError::Failed { source } }
}

/// Returns whether the server may have executed a command, although no answer came.
pub(super) fn is_lost(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Io(_) | ErrorKind::InvalidResponse { .. } => true,
        ErrorKind::Command(failed) => is_transient(failed.code),
        _ => error.contains_label("NetworkError"),
    }
}

/// Returns whether a server refused a command because it is not the primary, and so changed nothing.
pub(super) const fn is_not_primary(code: i32) -> bool {
    matches!(code, 10058 | 10107 | 13435 | 13436)
}

/// Returns whether a code stands for a transient fault: shutdown, election, lock or time limit.
pub(super) const fn is_transient(code: i32) -> bool {
    matches!(
        code,
        6 | 7 | 24 | 46 | 50 | 89 | 91 | 112 | 134 | 189 | 262 | 317 | 358 | 9001 | 11600 | 11602
    ) || is_not_primary(code)
}
