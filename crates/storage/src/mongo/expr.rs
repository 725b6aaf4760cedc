//! What of a ticket is derived, as expressions for the server: the counterpart of how the domain
//! reads a record.

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{EnumSet, Priority, Role, Status};

use super::ids::UserIdForm;

/// The conversation; where there is none, the description stands for it.
pub(super) fn conversation() -> Bson {
    let opening =
        doc! { "content": "$description", "role": Role::User.as_str(), "createdAt": "$createdAt" };
    bson!({ "$cond": [
        { "$gt": [{ "$size": array("$messages") }, 0] },
        "$messages",
        [opening],
    ] })
}

/// How many messages the conversation has.
pub(super) fn message_count() -> Bson {
    bson!({ "$max": [1, { "$size": array("$messages") }] })
}

/// How many bytes of text the conversation has.
pub(super) fn conversation_bytes() -> Bson {
    bson!({ "$sum": { "$map": { "input": conversation(), "in": text_bytes("$$this.content") } } })
}

/// An array, empty where there is none.
pub(super) fn array(field: &str) -> Bson {
    bson!({ "$cond": [{ "$isArray": field }, field, []] })
}

/// When an administrator who isn't the requester first answered, if the stored time is missing.
pub(super) fn first_response() -> Bson {
    let answers = bson!({ "$filter": { "input": array("$messages"), "cond": { "$and": [
        { "$eq": ["$$this.role", Role::Admin.as_str()] },
        { "$ne": ["$$this.authorId", "$userId"] },
    ] } } });
    bson!({ "$ifNull": [
        "$firstResponseAt",
        { "$min": { "$map": { "input": answers, "in": "$$this.createdAt" } } },
    ] })
}

/// The status, open where there is none.
pub(super) fn status() -> Bson {
    bson!({ "$ifNull": ["$status", Status::default().as_str()] })
}

/// The words of statuses, and null where they include what a missing one stands for.
pub(super) fn statuses(set: EnumSet<Status>) -> Vec<Bson> {
    words(set.iter().map(Status::as_str), set.contains(Status::default()))
}

/// The words of priorities, likewise.
pub(super) fn priorities(set: EnumSet<Priority>) -> Vec<Bson> {
    words(set.iter().map(Priority::as_str), set.contains(Priority::default()))
}

/// The fields of a head, the derived ones computed.
pub(super) fn head() -> Document {
    let mut fields = doc! {};
    for name in [
        "ticketNumber",
        "userId",
        "category",
        "status",
        "priority",
        "assigneeId",
        "createdAt",
        "updatedAt",
        "resolvedAt",
        "closedAt",
        "followUpOf",
        "version",
    ] {
        fields.insert(name, 1);
    }
    fields.insert("firstResponseAt", first_response());
    fields.insert("messageCount", message_count());
    fields
}

/// What must be true of a document for its head to be readable: a change is only made where its
/// answer can be read.
pub(super) fn readable(ids: UserIdForm) -> Vec<Document> {
    let absent_or =
        |name: &str, kind: &str| doc! { "$or": [{ name: null }, { name: { "$type": kind } }] };
    let dates = ["createdAt", "updatedAt"].map(|name| doc! { name: { "$type": "date" } });
    let times = ["firstResponseAt", "resolvedAt", "closedAt"].map(|name| absent_or(name, "date"));
    let mut conditions = vec![
        doc! { "userId": { "$type": ids.type_name() } },
        doc! { "category": { "$type": "string" } },
        doc! { "description": { "$type": "string" } },
        doc! { "status": { "$in": statuses(EnumSet::all()) } },
        doc! { "priority": { "$in": priorities(EnumSet::all()) } },
        absent_or("assigneeId", ids.type_name()),
        absent_or("messages", "array"),
        absent_or("version", "number"),
    ];
    conditions.extend(dates);
    conditions.extend(times);
    conditions
}

fn words(words: impl Iterator<Item = &'static str>, or_missing: bool) -> Vec<Bson> {
    words.map(Bson::from).chain(or_missing.then_some(Bson::Null)).collect()
}

fn text_bytes(field: &str) -> Bson {
    bson!({ "$cond": [{ "$eq": [{ "$type": field }, "string"] }, { "$strLenBytes": field }, 0] })
}
