//! Repairs of what another application's writes left stale or missing.

use bson::{Document, bson, doc, oid::ObjectId};
use futures::TryStreamExt;
use ventanilla_domain::{EnumSet, Role, Status};

use super::{Inner, MongoStore, expr, fault, unread};
use crate::{StoreError, Unreadable};

/// What one batch of [`MongoStore::reconcile`] did, and where the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciled {
    /// How many documents were looked at.
    pub examined: u64,
    /// How many were repaired.
    pub repaired: u64,
    /// Those that hold no ticket. They are left as they are.
    pub unreadable: Vec<Unreadable>,
    /// Where to go on; `None` at the end of the collection.
    pub next: Option<Checkpoint>,
}

/// A place in the collection, to go on from, in another process too: its text is read back.
///
/// ```
/// use ventanilla_storage::Checkpoint;
///
/// let place: Checkpoint = "65a1f0c2e4b0a1b2c3d4e5f6".parse()?;
/// assert_eq!(place.to_string(), "65a1f0c2e4b0a1b2c3d4e5f6");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint(ObjectId);

impl std::fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0.to_hex())
    }
}

impl std::str::FromStr for Checkpoint {
    type Err = bson::error::Error;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        ObjectId::parse_str(value).map(Self)
    }
}

impl MongoStore {
    /// Repairs the next so many documents in order of their `_id`, so that what is derived is stored
    /// as it is read: the first response, and the times at which a ticket was resolved and closed
    /// (where they are missing, the time of the last update).
    ///
    /// Reading doesn't need it, for every read recomputes what is derived; but a window for reopening
    /// that counts from the last update would move with each. It may run at any time, on many
    /// machines at once, and again. Two commands a batch.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. What was repaired before stays repaired; go on from the last checkpoint.
    ///
    /// ```no_run
    /// # async fn example(store: ventanilla_storage::MongoStore) -> Result<(), ventanilla_storage::StoreError> {
    /// let mut place = None;
    /// loop {
    ///     let batch = store.reconcile(place, 1_000).await?;
    ///     println!("{} of {} repaired", batch.repaired, batch.examined);
    ///     place = batch.next;
    ///     if place.is_none() {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reconcile(
        &self,
        after: Option<Checkpoint>,
        batch: u32,
    ) -> Result<Reconciled, StoreError> {
        let inner = std::sync::Arc::clone(&self.inner);
        self.apart(async move { inner.reconcile(after, batch.max(1)).await }, unread).await
    }
}

impl Inner {
    async fn reconcile(&self, after: Option<Checkpoint>, batch: u32) -> Result<Reconciled, StoreError> {
        let beyond =
            after.map_or_else(Document::new, |Checkpoint(last)| doc! { "_id": { "$gt": last } });
        let mut fields = expr::head();
        fields.insert("firstResponseAt", 1);
        let found =
            self.tickets.find(beyond).sort(doc! { "_id": 1 }).limit(batch.into()).projection(fields);
        let found: Vec<Document> =
            found.await.map_err(fault::read)?.try_collect().await.map_err(fault::read)?;
        let ids: Vec<ObjectId> =
            found.iter().filter_map(|document| document.get_object_id("_id").ok()).collect();
        let repaired = match ids.as_slice() {
            [] => 0,
            ids => self.repair(ids).await?,
        };
        let unreadable = found
            .iter()
            .filter_map(|document| self.ids.head(document).err().map(|problem| problem.of(document)));
        Ok(Reconciled {
            examined: found.len() as u64,
            repaired,
            unreadable: unreadable.collect(),
            next: ids.last().filter(|_| found.len() == batch as usize).copied().map(Checkpoint),
        })
    }

    async fn repair(&self, ids: &[ObjectId]) -> Result<u64, StoreError> {
        let mut conditions = expr::readable(self.ids);
        conditions.push(doc! { "$or": stale() });
        let filter = doc! { "_id": { "$in": ids }, "$and": conditions };
        let command = self
            .tickets
            .update_many(filter, vec![doc! { "$set": settled() }])
            .write_concern(self.write_concern.clone());
        command.await.map(|done| done.modified_count).map_err(fault::read)
    }
}

/// The documents that store something else than what is read.
fn stale() -> Vec<Document> {
    let live = expr::statuses(Status::Open | Status::InProgress);
    let not_closed = expr::statuses(!EnumSet::only(Status::Closed));
    let solved = [Status::Resolved.as_str(), Status::Closed.as_str()];
    vec![
        doc! { "firstResponseAt": null, "messages": { "$elemMatch": { "role": Role::Admin.as_str() } } },
        doc! { "status": { "$in": live }, "resolvedAt": { "$ne": null } },
        doc! { "status": { "$in": not_closed }, "closedAt": { "$ne": null } },
        doc! { "status": { "$in": solved.to_vec() }, "resolvedAt": null },
        doc! { "status": Status::Closed.as_str(), "closedAt": null },
    ]
}

/// What is stored of what is derived.
fn settled() -> Document {
    let within = |set: EnumSet<Status>, field: &str| {
        let words: Vec<&str> = set.iter().map(Status::as_str).collect();
        let known = bson!({ "$ifNull": [field, "$updatedAt"] });
        bson!({ "$cond": [{ "$in": [expr::status(), words] }, known, "$$REMOVE"] })
    };
    doc! {
        "firstResponseAt": { "$ifNull": [expr::first_response(), "$$REMOVE"] },
        "resolvedAt": within(Status::Resolved | Status::Closed, "$resolvedAt"),
        "closedAt": within(Status::Closed.into(), "$closedAt"),
    }
}
