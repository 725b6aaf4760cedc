//! A new ticket.

use bson::{Document, doc};
use mongodb::{error::Error, options::ReadConcern};
use ventanilla_domain::{CreationKey, Ticket};

use super::{Inner, change::unreadable, fault, index, primary};
use crate::{Inserted, StoreError};

impl Inner {
    pub(super) async fn store(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let document = self.ids.ticket(ticket)?;
        let command = self.tickets.insert_one(document).write_concern(self.write_concern.clone());
        let Err(error) = command.await else {
            return Ok(Inserted::Stored);
        };
        match (fault::duplicate_key(&error), ticket.creation_key()) {
            (Some(message), Some(key)) if index::is_of_creation_key(message) => {
                self.opened_with(key, ticket, error.clone()).await
            }
            (Some(_), _) => Ok(Inserted::NumberTaken),
            (None, _) => Err(fault::write(error, &ticket.head().ticket_number)),
        }
    }

    /// What was opened with a key that is in use.
    async fn opened_with(
        &self,
        key: &CreationKey,
        ticket: &Ticket,
        duplicate: Error,
    ) -> Result<Inserted, StoreError> {
        let durable = self.opened(key, ReadConcern::majority()).await?;
        let is_durable = durable.is_some();
        let found = match durable {
            Some(found) => Some(found),
            None => self.opened(key, ReadConcern::local()).await?,
        };
        let Some(found) = found else {
            // It was deleted in between: the number is as good as another.
            return Ok(Inserted::NumberTaken);
        };
        let number = found.get_str("ticketNumber").unwrap_or_default();
        let first = self.ids.whole(&found).map_err(|problem| unreadable(number, problem))?;
        let number = first.head().ticket_number.clone();
        if !first.asks_the_same_as(ticket) {
            Ok(Inserted::KeyConflict { number, key: key.key.clone() })
        } else if is_durable {
            Ok(Inserted::Repeated(first.head().clone()))
        } else {
            Err(StoreError::NotDurable { number, source: Box::new(duplicate) })
        }
    }

    async fn opened(
        &self,
        key: &CreationKey,
        concern: ReadConcern,
    ) -> Result<Option<Document>, StoreError> {
        // The second condition lets the server use the index, which has no others.
        let opened = doc! {
            "creationKey": self.ids.creation_key(key)?,
            "creationKey.key": key.key.as_str(),
        };
        let found = self.tickets.find_one(opened).read_concern(concern).selection_criteria(primary());
        found.await.map_err(fault::read)
    }
}
