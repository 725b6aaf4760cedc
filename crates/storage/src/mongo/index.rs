//! Indexes of the collection.

use bson::{Document, doc};
use futures::TryStreamExt;
use mongodb::{
    Collection, IndexModel,
    error::Error,
    options::{IndexOptions, WriteConcern},
};
use ventanilla_domain::Status;

/// Name that Prisma gives the unique index of the number; another name would conflict.
const NUMBER: &str = "SupportTicket_ticketNumber_key";
/// Index of the tickets of a requester in order of creation, whatever their status.
pub(super) const REQUESTER: &str = "SupportTicket_userId_createdAt_idx";
/// Index of tickets with a due time, by status and due time.
pub(super) const DUE: &str = "SupportTicket_due_idx";
/// Index of tickets with a wait, by the end of the wait.
const WAITING: &str = "SupportTicket_waiting_idx";
/// Index of tickets that the bot handed over to a human.
const HANDOFF: &str = "SupportTicket_handoff_idx";
/// Index of resolved tickets, by time of resolution.
pub(super) const RESOLVED: &str = "SupportTicket_resolvedAt_idx";

/// Returns every index.
pub(super) fn all() -> Vec<IndexModel> {
    vec![
        index(NUMBER, number_keys(), true, None),
        run("SupportTicket_status_idx", doc! {}, None),
        run("SupportTicket_category_idx", doc! { "category": 1 }, None),
        run("SupportTicket_assigneeId_idx", doc! { "assigneeId": 1 }, None),
        run("SupportTicket_userId_idx", doc! { "userId": 1 }, None),
        index(
            REQUESTER,
            doc! { "userId": 1, "createdAt": -1, "_id": -1 },
            false,
            // Every ticket has an `_id`. The planner considers a partial index only for queries that
            // repeat its condition, and would choose this one for filtered lists too.
            Some(doc! { "_id": { "$exists": true } }),
        ),
        run("SupportTicket_tags_idx", doc! { "tags": 1 }, Some(doc! { "tags": { "$exists": true } })),
        run(
            "SupportTicket_about_idx",
            doc! { "about.id": 1, "about.kind": 1 },
            Some(doc! { "about": { "$exists": true } }),
        ),
        index(
            DUE,
            doc! { "status": 1, "sla.due": 1, "_id": 1, "sla.risk": 1 },
            false,
            Some(doc! { "sla.due": { "$exists": true } }),
        ),
        index(
            "SupportTicket_slaLastStop_idx",
            doc! { "sla.lastStop": 1 },
            false,
            Some(doc! { "sla.lastStop": { "$exists": true } }),
        ),
        index(
            WAITING,
            // With every field of a wait, so that waits are counted by keys alone.
            doc! { "status": 1, "waiting.until": 1, "waiting.since": 1, "waiting.for": 1 },
            false,
            Some(doc! { "waiting.since": { "$exists": true } }),
        ),
        index(
            HANDOFF,
            doc! { "status": 1, "handoffAt": 1 },
            false,
            Some(doc! { "handoffAt": { "$exists": true } }),
        ),
        index(
            RESOLVED,
            doc! { "resolvedAt": 1 },
            false,
            Some(doc! { "status": Status::Resolved.as_str() }),
        ),
    ]
}

/// Returns the keys of the index of numbers, by which changes find their tickets.
pub(super) fn number_keys() -> Document {
    doc! { "ticketNumber": 1 }
}

/// Creates missing indexes.
pub(super) async fn ensure<T: Send + Sync>(
    tickets: &Collection<T>,
    concern: WriteConcern,
) -> Result<(), Error> {
    tickets.create_indexes(all()).write_concern(concern).await.map(drop)
}

/// Returns the names of the indexes that are missing or unusable.
pub(super) async fn missing<T: Send + Sync>(tickets: &Collection<T>) -> Result<Vec<String>, Error> {
    let found: Vec<IndexModel> = match tickets.list_indexes().await {
        Ok(indexes) => indexes.try_collect().await?,
        // The collection does not exist yet.
        Err(error) if is_namespace_missing(&error) => Vec::new(),
        Err(error) => return Err(error),
    };
    let there = |wanted: &IndexModel| found.iter().any(|index| serves(index, wanted));
    Ok(all().into_iter().filter(|wanted| !there(wanted)).map(|wanted| name(&wanted)).collect())
}

fn serves(index: &IndexModel, wanted: &IndexModel) -> bool {
    let options = |index: &IndexModel| {
        let options = index.options.clone().unwrap_or_default();
        // With one of these an index serves not every query, or removes tickets.
        let is_plain = options.hidden != Some(true)
            && options.sparse != Some(true)
            && options.collation.is_none()
            && options.expire_after.is_none();
        (is_plain, options.unique == Some(true), options.partial_filter_expression)
    };
    // The server returns the directions of keys in the numeric type in which they were given.
    let keys = |index: &IndexModel| -> Vec<(String, String)> {
        index
            .keys
            .iter()
            .map(|(key, order)| (key.clone(), order.to_string().replace(".0", "")))
            .collect()
    };
    keys(index) == keys(wanted) && options(index) == options(wanted)
}

/// Returns the index of a group in order of creation, for each status and priority.
fn run(name: &str, mut keys: Document, only: Option<Document>) -> IndexModel {
    keys.extend(doc! { "status": 1, "priority": 1, "createdAt": -1, "_id": -1 });
    index(name, keys, false, only)
}

fn index(name: &str, keys: Document, unique: bool, only: Option<Document>) -> IndexModel {
    let options = IndexOptions::builder().name(name.to_owned()).partial_filter_expression(only);
    let options = if unique { options.unique(true).build() } else { options.build() };
    IndexModel::builder().keys(keys).options(options).build()
}

fn name(index: &IndexModel) -> String {
    index.options.as_ref().and_then(|options| options.name.clone()).unwrap_or_default()
}

fn is_namespace_missing(error: &Error) -> bool {
    const NAMESPACE_NOT_FOUND: i32 = 26;
    matches!(&*error.kind, mongodb::error::ErrorKind::Command(command) if command.code == NAMESPACE_NOT_FOUND)
}
