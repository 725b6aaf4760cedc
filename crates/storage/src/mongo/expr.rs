//! Aggregation expressions for derived ticket fields.

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{EnumSet, Priority, Role, Status, Timestamp, WaitingFor};

use super::encode::date;

/// Returns the expression of the conversation, which without messages consists of the description.
pub(super) fn conversation() -> Bson {
    let opening =
        doc! { "content": "$description", "role": Role::User.as_str(), "createdAt": "$createdAt" };
    bson!({ "$cond": [
        { "$gt": [{ "$size": array("$messages") }, 0] },
        "$messages",
        [opening],
    ] })
}

/// Returns the expression of the number of messages; null if the field is neither a list nor missing.
pub(super) fn message_count() -> Bson {
    let count = bson!({ "$max": [1, { "$size": array("$messages") }] });
    let is_there = bson!({ "$or": [{ "$isArray": "$messages" }, { "$lte": ["$messages", null] }] });
    bson!({ "$cond": [is_there, count, null] })
}

/// Returns the expression of the size of the conversation's texts in bytes.
pub(super) fn conversation_bytes() -> Bson {
    bson!({ "$sum": { "$map": { "input": conversation(), "in": text_bytes("$$this.content") } } })
}

/// Returns the expression of a list, empty if the field is none.
fn array(field: &str) -> Bson {
    bson!({ "$cond": [{ "$isArray": field }, field, []] })
}

/// Returns the expression of the stored first response, or else of the first message of an administrator
/// who isn't the requester.
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

/// Returns the stored words of statuses, with null for a missing one if they include the default.
pub(super) fn statuses(set: EnumSet<Status>) -> Vec<Bson> {
    words(set.iter().map(Status::as_str), set.contains(Status::default()))
}

/// Returns the stored words of priorities, with null for a missing one if they include the default.
pub(super) fn priorities(set: EnumSet<Priority>) -> Vec<Bson> {
    words(set.iter().map(Priority::as_str), set.contains(Priority::default()))
}

/// Returns the projection of a head's stored fields.
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
        "about": 1,
        "tags": 1,
        "waiting": 1,
        "handoffAt": 1,
        "sla": 1,
        "version": 1,
    }
}

/// Returns the projection of a head, with a first response that isn't stored derived from the
/// conversation.
pub(super) fn head() -> Document {
    let mut fields = stored_head();
    fields.insert("firstResponseAt", first_response());
    fields
}

/// Removes from the projection of a head what only the desk may see. The version stays: a ticket with an
/// unreadable one is unreadable for everybody.
pub(super) fn remove_desk_fields(head: &mut Document) {
    for field in ["sla", "waiting", "handoffAt", "tags"] {
        head.remove(field);
    }
}

/// Returns the condition of a valid time, between the years 1 and 9999.
pub(super) fn any_time() -> Document {
    doc! { "$gte": date(Timestamp::MIN), "$lte": date(Timestamp::MAX) }
}

/// Returns the condition that a wait is on at this time. Waits that this version can't read aren't.
pub(super) fn is_waiting(now: Timestamp) -> Document {
    let parties: Vec<&str> = WaitingFor::ALL.into_iter().map(WaitingFor::as_str).collect();
    doc! {
        "waiting.since": any_time(),
        "waiting.until": { "$not": { "$lte": date(now) } },
        "waiting.for": { "$in": parties },
    }
}

fn words(words: impl Iterator<Item = &'static str>, or_missing: bool) -> Vec<Bson> {
    words.map(Bson::from).chain(or_missing.then_some(Bson::Null)).collect()
}

fn text_bytes(field: &str) -> Bson {
    bson!({ "$cond": [{ "$eq": [{ "$type": field }, "string"] }, { "$strLenBytes": field }, 0] })
}
