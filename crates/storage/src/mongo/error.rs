//! Errors of the driver, classified.

use bson::Document;
use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::{BoxError, StoreError};

/// An error of the server, without its message: that may quote the command, and so what people wrote.
#[derive(Debug, thiserror::Error)]
#[error("the server answered with error {code} ({name})")]
pub(super) struct ServerError {
    pub(super) code: i32,
    pub(super) name: String,
}

impl ServerError {
    /// The error within a reply.
    pub(super) fn of(error: &Document) -> Self {
        let name = error.get_str("codeName").unwrap_or("no name");
        Self { code: error.get_i32("code").unwrap_or_default(), name: name.into() }
    }

    /// A driver's error as the source of one of ours.
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

/// A read that failed.
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

/// Returns whether the server may have carried a command out, although there is no answer.
pub(super) fn is_lost(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Io(_) | ErrorKind::InvalidResponse { .. } => true,
        ErrorKind::Command(failed) => is_transient(failed.code),
        _ => error.contains_label("NetworkError"),
    }
}

/// Returns whether a server has refused a command because it is no primary: it has done nothing.
pub(super) const fn is_not_primary(code: i32) -> bool {
    matches!(code, 10058 | 10107 | 13435 | 13436)
}

/// The server's codes for "not now": shutting down, stepping down, no primary, locks, time limits.
pub(super) const fn is_transient(code: i32) -> bool {
    matches!(
        code,
        6 | 7 | 24 | 46 | 50 | 89 | 91 | 112 | 134 | 189 | 262 | 317 | 358 | 9001 | 11600 | 11602
    ) || is_not_primary(code)
}
