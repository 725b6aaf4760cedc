//! Repair of derived fields that another application left stale or missing.

use std::sync::Arc;

use bson::{Document, RawDocumentBuf, doc, oid::ObjectId};
use futures::TryStreamExt;
use ventanilla_domain::{Status, TicketNumber, TicketRecord, excerpt};

use super::{
    Inner, MongoStore,
    command::Written,
    decode::{DecodeError, decode_error},
    diff::Found,
    run::Deadline,
    unknown,
    update::statement,
};
use crate::{StoreError, Unreadable};

/// Result of one batch of [`MongoStore::reconcile`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciled {
    /// Number of documents that were examined.
    pub examined: u64,
    /// Number of documents that were repaired.
    pub repaired: u64,
    /// Documents that hold no ticket, which are not changed.
    pub unreadable: Vec<Unreadable>,
    /// Checkpoint for the next batch; `None` at the end of the collection.
    pub next: Option<Checkpoint>,
}

/// Position in the collection after a batch. Its text can be parsed in another process.
///
/// ```
/// use ventanilla_storage::Checkpoint;
///
/// let place: Checkpoint = "65a1f0c2e4b0a1b2c3d4e5f6".parse()?;
/// assert_eq!(place.to_string(), "65a1f0c2e4b0a1b2c3d4e5f6");
/// assert_eq!("página 2".parse::<Checkpoint>().unwrap_err().value(), "página 2");
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
    type Err = InvalidCheckpoint;

    fn from_str(value: &str) -> Result<Self, InvalidCheckpoint> {
        let invalid = |_| InvalidCheckpoint { value: excerpt(value) };
        ObjectId::parse_str(value).map(Self).map_err(invalid)
    }
}

/// Text that is no [`Checkpoint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no checkpoint")]
pub struct InvalidCheckpoint {
    value: Box<str>,
}

impl InvalidCheckpoint {
    /// Returns the offending text, of which `…` stands for all after 64 characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl MongoStore {
    /// Stores the derived fields of the next documents in order of their `_id`: the first response, the
    /// times at which a ticket was resolved and closed (if missing, the time of the last update), and the
    /// end of a wait, a hand-over or a draft by a message of another application.
    ///
    /// Reads of a ticket don't need this, because they derive these fields themselves. But lists and
    /// counts read no conversations, so they show a wait or a hand-over as it is stored; and while the
    /// time of resolution is missing, the period for reopening counts from the last update and moves with
    /// each.
    /// It may run at any time, repeatedly and on several machines at once: a ticket that changes during a
    /// batch is left for the next run. A batch takes two commands.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails. Earlier batches stay repaired, and the last checkpoint continues
    /// after them. An error about a single ticket names the first one of the batch that needed a repair.
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
        self.0.reconcile(after, batch.max(1)).await
    }
}

impl Inner {
    async fn reconcile(
        self: &Arc<Self>,
        after: Option<Checkpoint>,
        batch: u32,
    ) -> Result<Reconciled, StoreError> {
        let deadline = self.deadline();
        let documents = self.documents_after(after, batch, deadline).await?;
        let mut answer = Reconciled {
            examined: documents.len() as u64,
            repaired: 0,
            unreadable: Vec::new(),
            next: documents.last().filter(|_| documents.len() == batch as usize).and_then(place),
        };
        if answer.next.is_none() {
            let others = self.documents_of_no_ticket(deadline).await?;
            answer.examined += others.len() as u64;
            answer.unreadable.extend(others.iter().map(|document| foreign_id().to_unreadable(document)));
        }
        let mut repairs = Vec::new();
        for document in documents {
            match Found::decode(&document, self.ids) {
                Ok(found) => repairs.extend(self.repair(found)?),
                Err(problem) => answer.unreadable.push(problem.to_unreadable(&document)),
            }
        }
        answer.repaired = self.send_repairs(repairs, deadline).await?;
        Ok(answer)
    }

    /// Sends the repairs of a batch in one command. A repair that the server refuses is skipped.
    async fn send_repairs(
        self: &Arc<Self>,
        repairs: Vec<Repair>,
        deadline: Deadline,
    ) -> Result<u64, StoreError> {
        let Some(number) = repairs.first().map(|repair| repair.number.clone()) else { return Ok(0) };
        let statements = repairs.into_iter().map(|repair| repair.statement).collect();
        match self.send(self.update_command(statements), deadline).await {
            Written::Made(repaired) => Ok(repaired),
            Written::NotDurable(error) => {
                Err(StoreError::NotDurable { number, source: Box::new(error) })
            }
            Written::NotNow(source) => Err(StoreError::Unavailable { source }),
            Written::Lost(source) => Err(unknown(&number, source)),
            Written::Failed(source) => Err(StoreError::Failed { source }),
            Written::Refused(_) | Written::Duplicate(_) => Ok(0),
        }
    }

    /// Returns the next documents whose `_id` is an `ObjectId`.
    async fn documents_after(
        self: &Arc<Self>,
        after: Option<Checkpoint>,
        batch: u32,
        deadline: Deadline,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let tickets = self.tickets.clone();
        let mut ids = doc! { "$type": "objectId" };
        ids.extend(after.map(|Checkpoint(last)| ("$gt".to_owned(), last.into())));
        self.read(deadline, async move {
            let found = tickets.find(doc! { "_id": ids }).sort(doc! { "_id": 1 }).limit(batch.into());
            found.await?.try_collect().await
        })
        .await
    }

    /// Returns documents with another type of `_id`, after which no walk could continue: they hold no
    /// ticket.
    async fn documents_of_no_ticket(
        self: &Arc<Self>,
        deadline: Deadline,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let tickets = self.tickets.clone();
        self.read(deadline, async move {
            let others = doc! { "_id": { "$not": { "$type": "objectId" } } };
            let found = tickets.find(others).limit(MAX_OTHERS).projection(doc! { "ticketNumber": 1 });
            found.await?.try_collect().await
        })
        .await
    }

    /// Returns the statement that stores the derived fields of a ticket, if any of them is stale.
    fn repair(&self, mut found: Found) -> Result<Option<Repair>, StoreError> {
        let mut record = TicketRecord::from(found.ticket);
        if !record.status.is_live() {
            record.resolved_at.get_or_insert(record.updated_at);
        }
        if record.status == Status::Closed {
            record.closed_at.get_or_insert(record.updated_at);
        }
        let number = record.ticket_number.clone();
        found.ticket = record.into();
        let update = found.update(0, self.ids)?;
        Ok(update.map(|update| Repair { number, statement: statement(found.condition(), update) }))
    }
}

/// Repair of one ticket.
struct Repair {
    number: TicketNumber,
    statement: Document,
}

/// Largest number of documents without a ticket that the last batch reports.
const MAX_OTHERS: i64 = 1_000;

fn place(document: &RawDocumentBuf) -> Option<Checkpoint> {
    document.get_object_id("_id").ok().map(Checkpoint)
}

fn foreign_id() -> DecodeError {
    decode_error("_id", "not an ObjectId".into())
}
