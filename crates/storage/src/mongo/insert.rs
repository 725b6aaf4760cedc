//! A new ticket.

use std::sync::Arc;

use bson::{Document, RawDocumentBuf, doc, oid::ObjectId};
use mongodb::options::ReadConcern;
use ventanilla_domain::{CreationKey, Explain, Ticket, TicketNumber};

use super::{
    Inner,
    command::Written,
    decode::shown_number,
    primary, refused_by_index,
    run::{Deadline, Waits},
    unknown, unreadable,
};
use crate::{BoxError, Inserted, StoreError};

impl Inner {
    /// Stores a ticket under its number. After an attempt whose answer was lost it sends the same
    /// document again: the `_id` tells which one is stored.
    pub(super) async fn insert(self: &Arc<Self>, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let id = ObjectId::new();
        let document = self.ids.ticket(ticket, id)?;
        let insert = doc! { "insert": self.tickets.name(), "documents": [document] };
        let number = &ticket.head().ticket_number;
        let (deadline, mut waits, mut lost) = (self.deadline(), Waits::default(), None);
        // The keys of a duplicate that no majority has yet.
        let mut pending = None;
        loop {
            let written = match pending.take() {
                Some(keys) => Written::Duplicate(keys),
                None => self.send(insert.clone(), deadline).await,
            };
            match written {
                Written::Made(_) => return Ok(Inserted::Stored),
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
                        // Once it is gone, by a roll back or by deletion, the ticket is sent again.
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
                let source = waits.cause.unwrap_or_else(|| "no majority has it yet".into());
                return Err(after(lost, number, StoreError::Unavailable { source }));
            }
        }
    }

    /// Resolves a duplicate; `None` where no majority has yet what it is a duplicate of.
    async fn duplicate(
        self: &Arc<Self>,
        keys: &Document,
        ticket: &Ticket,
        id: ObjectId,
        sent_before: bool,
        deadline: Deadline,
    ) -> Result<Option<Inserted>, StoreError> {
        let number = &ticket.head().ticket_number;
        let first_key = keys.keys().next().map(String::as_str);
        // The server names one index only, and a key that was used comes before whatever another index
        // refuses.
        if let Some(key) = ticket.creation_key() {
            let opened = self.opened_with(key, ticket, id, deadline).await?;
            if opened.is_some() || first_key == Some("creationKey") {
                return Ok(opened);
            }
        }
        if first_key != Some("ticketNumber") && first_key != Some("_id") {
            return Err(refused_by_index(keys));
        }
        if !sent_before {
            return Ok(Some(Inserted::NumberTaken));
        }
        let found = self.find_one(number, ReadConcern::majority(), deadline).await?;
        Ok(found.map(|found| if has_id(&found, id) { Inserted::Stored } else { Inserted::NumberTaken }))
    }

    /// What was opened with a key that is in use.
    async fn opened_with(
        self: &Arc<Self>,
        key: &CreationKey,
        ticket: &Ticket,
        id: ObjectId,
        deadline: Deadline,
    ) -> Result<Option<Inserted>, StoreError> {
        let found = self.find_opened(key, ReadConcern::majority(), deadline).await?;
        let Some(found) = found else { return Ok(None) };
        if has_id(&found, id) {
            return Ok(Some(Inserted::Stored));
        }
        let first = self.ids.whole(&found);
        let first = first.map_err(|problem| unreadable(&shown_number(&found), problem))?;
        Ok(Some(if first.asks_the_same_as(ticket) {
            Inserted::Repeated(first.head().clone())
        } else {
            let number = first.head().ticket_number.clone();
            Inserted::KeyConflict { number, key: key.key.clone() }
        }))
    }

    /// Returns whether the primary has a ticket of this number or this creation key, which perhaps no
    /// majority has.
    async fn is_there(
        self: &Arc<Self>,
        ticket: &Ticket,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let number = &ticket.head().ticket_number;
        if self.find_one(number, ReadConcern::local(), deadline).await?.is_some() {
            return Ok(true);
        }
        let Some(key) = ticket.creation_key() else { return Ok(false) };
        Ok(self.find_opened(key, ReadConcern::local(), deadline).await?.is_some())
    }

    async fn find_opened(
        self: &Arc<Self>,
        key: &CreationKey,
        concern: ReadConcern,
        deadline: Deadline,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        // The second condition lets the server use the index, which has no others.
        let opened = doc! {
            "creationKey": self.ids.creation_key(key)?,
            "creationKey.key": key.key.as_str(),
        };
        let tickets = self.tickets.clone();
        self.read(deadline, async move {
            tickets.find_one(opened).read_concern(concern).selection_criteria(primary()).await
        })
        .await
    }
}

fn has_id(document: &RawDocumentBuf, id: ObjectId) -> bool {
    document.get_object_id("_id").is_ok_and(|found| found == id)
}

/// The error for what went wrong last: it says nothing of an attempt whose answer was lost.
fn after(lost: Option<BoxError>, number: &TicketNumber, error: StoreError) -> StoreError {
    match lost {
        Some(source) => unknown(number, source),
        None => error,
    }
}
