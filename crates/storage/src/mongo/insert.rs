//! A new ticket.

use bson::{Document, doc};
use ventanilla_domain::{CreationKey, Ticket};

use super::{Inner, change::unreadable, fault, index};
use crate::{Inserted, StoreError};

impl Inner {
    pub(super) async fn store(&self, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let document = self.ids.ticket(ticket)?;
        let command = self.tickets.insert_one(document).write_concern(self.write_concern.clone());
        let Err(error) = command.await else {
            return Ok(Inserted::Stored);
        };
        match (fault::duplicate_key(&error), ticket.creation_key()) {
            (Some(message), Some(key)) if message.contains(index::CREATION_KEY) => {
                self.opened_with(key, ticket).await
            }
            (Some(_), _) => Ok(Inserted::NumberTaken),
            (None, _) => Err(fault::write(error, &ticket.head().ticket_number)),
        }
    }

    /// What was opened with a key that is in use.
    async fn opened_with(&self, key: &CreationKey, ticket: &Ticket) -> Result<Inserted, StoreError> {
        let stored = self.ids.creation_key(key)?;
        let found: Option<Document> =
            self.tickets.find_one(doc! { "creationKey": stored }).await.map_err(fault::read)?;
        let Some(found) = found else {
            // It was deleted in between: the number is as good as another.
            return Ok(Inserted::NumberTaken);
        };
        let number = found.get_str("ticketNumber").unwrap_or_default();
        let first = self.ids.whole(&found).map_err(|problem| unreadable(number, problem))?;
        Ok(if first.asks_the_same_as(ticket) {
            Inserted::Repeated(first.head().clone())
        } else {
            let number = first.head().ticket_number.clone();
            Inserted::KeyConflict { number, key: key.key.clone() }
        })
    }
}
