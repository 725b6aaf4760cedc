//! Guards as conditions of a command.

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{Author, Field, Guard, Message, Status, Timestamp};

use super::{
    expr::{conversation_bytes, priorities, statuses},
    ids::UserIdForm,
    write::{date, version},
};
use crate::StoreError;

/// The condition under which a guard passes.
pub(super) fn condition(guard: &Guard, ids: UserIdForm) -> Result<Document, StoreError> {
    Ok(match guard {
        Guard::Owner(id) => doc! { "userId": ids.write(id)? },
        Guard::KeyUnused(message) => {
            doc! { "messages": { "$not": { "$elemMatch": same_key(message, ids)? } } }
        }
        Guard::StatusIsNot(status) => doc! { "status": { "$nin": statuses((*status).into()) } },
        Guard::Differs(Field::Priority(priority)) => {
            doc! { "priority": { "$nin": priorities((*priority).into()) } }
        }
        Guard::Differs(Field::Assignee(id)) => {
            doc! { "assigneeId": { "$ne": ids.optional(id.as_ref())? } }
        }
        Guard::Accepts(allowed) | Guard::MayGo { from: allowed, .. } => {
            doc! { "status": { "$in": statuses(*allowed) } }
        }
        Guard::ResolvedSince { earliest, .. } => {
            let mut choices = resolved("$gte", date(*earliest));
            choices.push(doc! { "status": { "$ne": Status::Resolved.as_str() } });
            doc! { "$or": choices }
        }
        Guard::ResolvedUntil { latest, .. } => doc! { "$or": resolved_until(*latest) },
        Guard::Version(0) => doc! { "version": { "$in": [0, null] } },
        Guard::Version(expected) => doc! { "version": version(*expected) },
        Guard::Unassigned => doc! { "assigneeId": null },
        Guard::Room { messages, bytes, adding } => room(*messages, *bytes, *adding),
        Guard::NoteRoom { notes } => no_more_than("notes", *notes),
    })
}

/// A message of the same author with the same key.
fn same_key(message: &Message, ids: UserIdForm) -> Result<Document, StoreError> {
    let key = message.key.as_ref().map_or(Bson::Null, |key| key.as_str().into());
    let mut same = doc! { "key": key, "role": message.author.role().as_str() };
    if let Author::Admin(id) = &message.author {
        same.insert("authorId", ids.optional(id.as_ref())?);
    }
    Ok(same)
}

/// Where it was resolved at this instant or earlier.
pub(super) fn resolved_until(latest: Timestamp) -> Vec<Document> {
    resolved("$lte", date(latest))
}

/// Where it was resolved by this comparison; without a time of that, where it was updated.
fn resolved(comparison: &str, time: Bson) -> Vec<Document> {
    vec![
        doc! { "resolvedAt": { comparison: time.clone() } },
        doc! { "resolvedAt": null, "updatedAt": { comparison: time } },
    ]
}

fn room(messages: u32, bytes: u32, adding: u32) -> Document {
    if messages <= 1 {
        // The first message, or the description that stands for it, has taken the only place.
        return doc! { "_id": { "$exists": false } };
    }
    let left = i64::from(bytes) - i64::from(adding);
    // The document's size is known at once and bounds that of its texts; only where it doesn't
    // settle the question are they summed up.
    let quick = bson!({ "$expr": { "$lte": [{ "$bsonSize": "$$ROOT" }, left] } });
    let exact = bson!({ "$expr": { "$lte": [conversation_bytes(), left] } });
    doc! { "$and": [no_more_than("messages", messages), { "$or": [quick, exact] }] }
}

/// A list of fewer than so many.
fn no_more_than(list: &str, limit: u32) -> Document {
    doc! { format!("{list}.{}", limit.saturating_sub(1)): { "$exists": false } }
}
