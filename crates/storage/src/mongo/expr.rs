//! Aggregation expressions for derived ticket fields.

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{EnumSet, Priority, Role, Status, Timestamp};

use super::encode::date;

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

/// How many messages the conversation has; null where there is something that is none.
pub(super) fn message_count() -> Bson {
    let count = bson!({ "$max": [1, { "$size": array("$messages") }] });
    let is_there = bson!({ "$or": [{ "$isArray": "$messages" }, { "$lte": ["$messages", null] }] });
    bson!({ "$cond": [is_there, count, null] })
}

/// How many bytes of text the conversation has.
pub(super) fn conversation_bytes() -> Bson {
    bson!({ "$sum": { "$map": { "input": conversation(), "in": text_bytes("$$this.content") } } })
}

/// An array, empty where there is none.
fn array(field: &str) -> Bson {
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

/// The words of statuses, and null where they include what a missing one stands for.
pub(super) fn statuses(set: EnumSet<Status>) -> Vec<Bson> {
    words(set.iter().map(Status::as_str), set.contains(Status::default()))
}

/// The words of priorities, likewise.
pub(super) fn priorities(set: EnumSet<Priority>) -> Vec<Bson> {
    words(set.iter().map(Priority::as_str), set.contains(Priority::default()))
}

/// The stored fields of a head.
pub(super) fn stored_head() -> Document {
    doc! {
        "ticketNumber": 1,
        "userId": 1,
        "category": 1,
        "status": 1,
        "priority": 1,
        "assigneeId": 1,
        "createdAt": 1,
        "updatedAt": 1,
        "firstResponseAt": 1,
        "resolvedAt": 1,
        "closedAt": 1,
        "followUpOf": 1,
        "sla": 1,
        "version": 1,
    }
}

/// The fields of a head, the first response found in the conversation where it isn't stored.
pub(super) fn head() -> Document {
    let mut fields = stored_head();
    fields.insert("firstResponseAt", first_response());
    fields
}

/// Any time between the years 1 and 9999.
pub(super) fn any_time() -> Document {
    doc! { "$gte": date(Timestamp::MIN), "$lte": date(Timestamp::MAX) }
}

fn words(words: impl Iterator<Item = &'static str>, or_missing: bool) -> Vec<Bson> {
    words.map(Bson::from).chain(or_missing.then_some(Bson::Null)).collect()
}

fn text_bytes(field: &str) -> Bson {
    bson!({ "$cond": [{ "$eq": [{ "$type": field }, "string"] }, { "$strLenBytes": field }, 0] })
}
