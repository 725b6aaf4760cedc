//! What of a ticket is derived, as expressions for the server: the counterpart of how the domain
//! reads a record.

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{EnumSet, Priority, Role, Status, Timestamp};

use super::{clocks, ids::UserIdForm, read::MOST_COUNTED, write::date};

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

/// The priority, medium where there is none.
pub(super) fn priority() -> Bson {
    bson!({ "$ifNull": ["$priority", Priority::default().as_str()] })
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
        "sla",
    ] {
        fields.insert(name, 1);
    }
    fields.insert("firstResponseAt", first_response());
    fields.insert("messageCount", message_count());
    fields
}

/// What must be true of a document for it to be readable: a change is only made where its answer
/// can be read.
pub(super) fn readable(ids: UserIdForm) -> Vec<Document> {
    // An expression sees an array where a query would see its elements.
    let kind = |name: &str, kinds: &[&str]| bson!({ "$in": [{ "$type": format!("${name}") }, kinds] });
    let fixed = [
        ("_id", "objectId"),
        ("userId", ids.type_name()),
        ("ticketNumber", "string"),
        ("category", "string"),
        ("description", "string"),
        ("createdAt", "date"),
        ("updatedAt", "date"),
    ];
    let optional = [
        ("assigneeId", ids.type_name()),
        ("followUpOf", "string"),
        ("firstResponseAt", "date"),
        ("resolvedAt", "date"),
        ("closedAt", "date"),
        ("messages", "array"),
        ("notes", "array"),
        ("history", "array"),
    ];
    let fixed = fixed.map(|(name, stored)| kind(name, &[stored]));
    let optional = optional.map(|(name, stored)| kind(name, &[stored, "null", "missing"]));
    let mut types: Vec<Bson> = fixed.into_iter().chain(optional).collect();
    let is_number = kind("version", &["int", "long", "double"]);
    types.push(
        bson!({ "$cond": [is_number, is_whole("$version"), kind("version", &["null", "missing"])] }),
    );

    let or_null =
        |name: &str, condition: Document| doc! { "$or": [{ name: null }, { name: condition }] };
    let mut conditions = vec![
        doc! { "$expr": { "$and": types } },
        doc! { "status": itself(doc! { "$in": statuses(EnumSet::all()) }) },
        doc! { "priority": itself(doc! { "$in": priorities(EnumSet::all()) }) },
        doc! { "category": { "$regex": CATEGORY } },
        or_null("followUpOf", doc! { "$regex": NUMBER }),
        doc! { "messages": { "$not": { "$elemMatch": { "$not": { "$type": "object" } } } } },
        doc! { "messages": { "$not": { "$elemMatch": { "$nor": [message()] } } } },
    ];
    conditions.push(clocks::readable(ids));
    conditions.extend(["createdAt", "updatedAt"].map(|name| doc! { name: any_time() }));
    let stamps = ["firstResponseAt", "resolvedAt", "closedAt"];
    conditions.extend(stamps.map(|name| or_null(name, any_time())));
    conditions
}

/// A category, as the domain parses it: 1 to 64 characters, and no space at an end.
const CATEGORY: &str = r"^(?!\p{Z})\P{Cc}{1,64}(?<!\p{Z})\z";
/// A ticket's number, likewise: no white space but the space, and not only that.
pub(super) const NUMBER: &str = r"^(?! *\z)(?:[^\p{Cc}\p{Z}]| ){1,64}\z";

/// A readable message.
fn message() -> Document {
    doc! {
        "content": itself(doc! { "$type": "string" }),
        "role": itself(doc! { "$in": Role::ALL.map(Role::as_str).to_vec() }),
        "createdAt": itself(any_time()),
    }
}

/// A condition on a value itself, where a query would also look into an array.
pub(super) fn itself(mut condition: Document) -> Document {
    condition.insert("$not", doc! { "$type": "array" });
    condition
}

/// Any time between the years 1 and 9999.
pub(super) fn any_time() -> Document {
    doc! { "$gte": date(Timestamp::MIN), "$lte": date(Timestamp::MAX) }
}

/// Whether a number is one that counts.
fn is_whole(field: &str) -> Bson {
    bson!({ "$and": [
        { "$gte": [field, 0] },
        { "$lt": [field, MOST_COUNTED as i64] },
        { "$eq": [field, { "$trunc": field }] },
    ] })
}

fn words(words: impl Iterator<Item = &'static str>, or_missing: bool) -> Vec<Bson> {
    words.map(Bson::from).chain(or_missing.then_some(Bson::Null)).collect()
}

fn text_bytes(field: &str) -> Bson {
    bson!({ "$cond": [{ "$eq": [{ "$type": field }, "string"] }, { "$strLenBytes": field }, 0] })
}
