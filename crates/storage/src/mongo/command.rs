//! Write commands, each sent exactly once.
//!
//! The driver repeats a write whose answer was lost, and then reports only the second attempt. Sent with
//! `run_command` a write is not repeated, so that its error is about the only attempt.

use bson::{Document, doc};
use mongodb::{
    Database,
    error::{Error, ErrorKind, WriteFailure},
    options::WriteConcern,
};

use super::error::{ServerError, is_lost, is_not_primary, is_transient};
use crate::BoxError;

/// Result of a write command.
#[derive(Debug)]
pub(super) enum Written {
    /// It was made durably, on this number of documents: 0 if its condition matched none.
    Made(u64),
    /// It was made, but may not be durable.
    NotDurable(ServerError),
    /// Another document has the same value in the unique index with these keys.
    Duplicate(Document),
    /// It was not made, and may be sent again.
    NotNow(BoxError),
    /// The answer was lost: it may have been made or not.
    Lost(BoxError),
    /// It was not made on this document, and would not be if it were sent again.
    Refused(BoxError),
    /// The whole command was refused, and would be if it were sent again.
    Failed(BoxError),
}

/// Sends a write command with its write concern.
pub(super) async fn send(database: Database, mut command: Document, concern: Document) -> Written {
    command.insert("writeConcern", concern);
    match database.run_command(command).await {
        Ok(reply) => of_reply(&reply),
        Err(error) => of_error(error),
    }
}

/// Returns a write concern in the form of a command's field.
pub(super) fn write_concern(concern: &WriteConcern) -> Document {
    use mongodb::options::Acknowledgment;
    let mut document = match &concern.w {
        Some(Acknowledgment::Nodes(nodes)) => doc! { "w": i64::from(*nodes) },
        Some(Acknowledgment::Custom(tag)) => doc! { "w": tag },
        Some(_) | None => doc! { "w": "majority" },
    };
    if let Some(journal) = concern.journal {
        document.insert("j", journal);
    }
    if let Some(limit) = concern.w_timeout {
        document.insert("wtimeout", i64::try_from(limit.as_millis()).unwrap_or(i64::MAX));
    }
    document
}

fn of_reply(reply: &Document) -> Written {
    let made = count(reply, "n");
    let errors = reply.get_array("writeErrors").ok();
    // A refused statement leaves the other statements of the command made.
    if let Some(error) = errors.and_then(|errors| errors.first()?.as_document())
        && made == 0
    {
        return of_write_error(error);
    }
    match reply.get_document("writeConcernError") {
        // A write that changed nothing needs no durability.
        Ok(error) if made > 0 => of_write_concern(ServerError::of(error)),
        _ => Written::Made(made),
    }
}

/// Classifies an error of the write concern: a server that steps down may still lose the write.
fn of_write_concern(error: ServerError) -> Written {
    if is_transient(error.code) { Written::Lost(Box::new(error)) } else { Written::NotDurable(error) }
}

fn of_write_error(error: &Document) -> Written {
    const DUPLICATE_KEY: i32 = 11000;
    let found = ServerError::of(error);
    match error.get_document("keyPattern") {
        Ok(keys) if found.code == DUPLICATE_KEY => Written::Duplicate(keys.clone()),
        _ if is_transient(found.code) => Written::NotNow(Box::new(found)),
        _ => Written::Refused(Box::new(found)),
    }
}

fn of_error(error: Error) -> Written {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteConcernError(failed)) => {
            of_write_concern(ServerError { code: failed.code, name: failed.code_name.clone() })
        }
        ErrorKind::Command(failed) if is_not_primary(failed.code) => {
            Written::NotNow(ServerError::source_of(error))
        }
        ErrorKind::ServerSelection { .. } | ErrorKind::ConnectionPoolCleared { .. } => {
            Written::NotNow(ServerError::source_of(error))
        }
        _ if is_lost(&error) => Written::Lost(ServerError::source_of(error)),
        _ => Written::Failed(ServerError::source_of(error)),
    }
}

fn count(reply: &Document, field: &str) -> u64 {
    let count = reply.get_i32(field).map(i64::from).or_else(|_| reply.get_i64(field));
    count.map_or(0, i64::unsigned_abs)
}
