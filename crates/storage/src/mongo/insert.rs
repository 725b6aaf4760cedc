//! Insertion of tickets.

use std::sync::Arc;

use bson::{Document, doc, oid::ObjectId};
use mongodb::options::ReadConcern;
use ventanilla_domain::{Explain, Ticket, TicketNumber};

use super::{
    Inner,
    command::Written,
    refused_by_index,
    run::{Deadline, Waits},
    unknown, unreadable,
};
use crate::{BoxError, InsertOutcome, StoreError};

impl Inner {
    /// Stores a ticket under its number. After an attempt whose answer was lost the same document is sent
    /// again: its `_id` tells whether the first attempt stored it.
    pub(super) async fn insert(self: &Arc<Self>, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        let id = ObjectId::new();
        let document = self.ids.encode_ticket(ticket, id)?;
        let insert = doc! { "insert": self.tickets.name(), "documents": [document] };
        let number = &ticket.head().ticket_number;
        let (deadline, mut waits, mut lost) = (self.deadline(), Waits::default(), None);
        // Keys of a duplicate that no majority has yet.
        let mut pending = None;
        loop {
            let written = match pending.take() {
                Some(keys) => Written::Duplicate(keys),
                None => self.send(insert.clone(), deadline).await,
            };
            match written {
                Written::Made(_) => return Ok(InsertOutcome::Stored),
                Written::NotDurable(error) => {
                    return Err(StoreError::NotDurable {
                        number: number.clone(),
                        source: Box::new(error),
                    });
                }
                Written::Duplicate(keys) => {
                    let sent_before = lost.is_some();
                    match self.duplicate(&keys, ticket, id, sent_before, deadline).await {
                        Ok(Some(answer)) => return Ok(answer),
                        // Once the duplicate is rolled back or deleted, the ticket is sent again.
                        Ok(None) => {
                            let is_there = self.is_there(ticket, deadline).await.unwrap_or(true);
                            pending = is_there.then_some(keys);
                        }
                        Err(error) if error.is_retryable() => waits.cause = Some(Box::new(error)),
                        Err(error) => return Err(after(lost, number, error)),
                    }
                }
                Written::NotNow(source) => waits.cause = Some(source),
                Written::Lost(source) => lost = Some(source),
                Written::Refused(source) | Written::Failed(source) => {
                    return Err(after(lost, number, StoreError::Failed { source }));
                }
            }
            let until = if lost.is_some() { deadline } else { self.last_write(deadline) };
            if !waits.wait(until).await {
                let source = waits
                    .cause
                    .unwrap_or_else(|| "no majority of the servers has the ticket yet".into());
                return Err(after(lost, number, StoreError::Unavailable { source }));
            }
        }
    }

    /// Returns the result for a duplicate; `None` while no majority has the stored document.
    ///
    /// The server names only one of the violated indexes: that of the number, or one of the host. The
    /// ticket of a repeated request is found by its number in both cases.
    async fn duplicate(
        self: &Arc<Self>,
        keys: &Document,
        ticket: &Ticket,
        id: ObjectId,
        sent_before: bool,
        deadline: Deadline,
    ) -> Result<Option<InsertOutcome>, StoreError> {
        let is_number = matches!(keys.keys().next().map(String::as_str), Some("ticketNumber" | "_id"));
        let taken =
            || if is_number { Ok(InsertOutcome::NumberTaken) } else { Err(refused_by_index(keys)) };
        if ticket.creation_key().is_none() && !sent_before {
            return taken().map(Some);
        }
        let number = &ticket.head().ticket_number;
        let Some(found) = self.find_one(number, ReadConcern::majority(), deadline).await? else {
            let is_pending = is_number || self.is_there(ticket, deadline).await?;
            return if is_pending { Ok(None) } else { taken().map(Some) };
        };
        if found.get_object_id("_id").is_ok_and(|found| found == id) {
            return Ok(Some(InsertOutcome::Stored));
        }
        // A ticket with another key may be unreadable.
        let key = self.ids.creation_key_of(&*found);
        if key.is_none() || key.as_ref() != ticket.creation_key() {
            return taken().map(Some);
        }
        let first = self.ids.decode_ticket(&found).map_err(|problem| unreadable(number, problem))?;
        Ok(Some(InsertOutcome::taken_by(&first, ticket)))
    }

    /// Returns whether the primary has a ticket of this number, even if no majority has it yet.
    async fn is_there(
        self: &Arc<Self>,
        ticket: &Ticket,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let number = &ticket.head().ticket_number;
        Ok(self.find_one(number, ReadConcern::local(), deadline).await?.is_some())
    }
}

/// Returns the error of an insertion. An earlier attempt whose answer was lost makes its outcome unknown.
fn after(lost: Option<BoxError>, number: &TicketNumber, error: StoreError) -> StoreError {
    match lost {
        Some(source) => unknown(number, source),
        None => error,
    }
}
