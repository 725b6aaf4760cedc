//! One change to many tickets.

use std::collections::HashSet;

use tracing::instrument;
use ventanilla_domain::{Change, TicketLookup, TicketNumber};

use super::Admin;
use crate::{
    Receipt, ServiceError,
    bulk::{BulkItem, BulkOutcome},
};

impl Admin {
    /// Makes one change to many tickets, one after the other; an error of one stops no other.
    ///
    /// The numbers can be as a form posts them or as people type them, and are read as by
    /// [`Admin::find`]. Duplicates are removed: the result stands where a ticket was first named.
    ///
    /// Sent again, it goes through all tickets again, so that those that failed are tried once more. A
    /// change of status, priority or assignee finds the others as they were asked to be, and changes
    /// nothing. A message or a note is added again, unless it has a
    /// [key](crate::ticket::NewMessage::with_key): with one it is added once to each ticket.
    /// [`expecting`](Change::expecting) names one version, which other tickets don't have: leave it out
    /// here.
    ///
    /// ```
    /// use ventanilla_service::{
    ///     Category, Change, HelpDesk, MemoryStore, MessageText, NewTicket, Status, TimeZone,
    ///     UserId,
    ///     view::Viewer,
    /// };
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
    /// let chosen = [number.as_str(), "TKT-N0T0NE", ""];
    /// let outcome = luis.change_each(chosen, &Change::status(Status::Resolved)).await;
    ///
    /// assert_eq!(outcome.items[0].result.as_ref().unwrap().head.status, Status::Resolved);
    /// let view = luis.pages(Viewer::new(TimeZone::UTC), &()).bulk(&outcome);
    /// assert_eq!(view.text, "Hecho en 1 de 3 tickets.");
    /// assert_eq!((view.rows[0].outcome.code.as_str(), view.rows[0].outcome.text.as_str()), ("changed", "Cambiado"));
    /// assert_eq!(view.rows[1].outcome.text, "No encontramos el ticket TKT-N0T0NE.");
    /// assert_eq!(view.rows[2].outcome.code, "number_empty");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    // Collected eagerly, so that the future doesn't hold the host's iterator and stays `Send`.
    pub fn change_each(
        &self,
        numbers: impl IntoIterator<Item: AsRef<str>>,
        change: &Change,
    ) -> impl Future<Output = BulkOutcome> + Send {
        let numbers = numbers.into_iter().map(|number| number.as_ref().to_owned()).collect();
        self.change_all(numbers, change)
    }

    #[instrument(
        name = "ventanilla.change_each",
        skip_all,
        fields(actor = "ADMIN", done, failed, outcome)
    )]
    async fn change_all(&self, numbers: Vec<String>, change: &Change) -> BulkOutcome {
        let (mut items, mut seen) = (Vec::new(), HashSet::new());
        for input in numbers {
            if let Some(result) = self.change_typed(&input, change, &mut seen).await {
                items.push(BulkItem { input, result });
            }
        }
        let outcome = BulkOutcome { items };
        outcome.record();
        outcome
    }

    /// Changes the ticket whose number was typed; `None` if it was changed before.
    ///
    /// A number that is a ticket as it was typed, or without the `#` and white space around it, is
    /// that ticket. Otherwise the candidates are looked up first: if two of them are tickets,
    /// neither is changed.
    async fn change_typed(
        &self,
        typed: &str,
        change: &Change,
        seen: &mut HashSet<TicketNumber>,
    ) -> Option<Result<Receipt, ServiceError>> {
        let lookup = match TicketLookup::parse(typed) {
            Ok(lookup) => lookup,
            Err(error) => return Some(Err(error.into())),
        };
        let entered = lookup.entered();
        let literal = lookup.candidates().first().filter(|literal| *literal != entered);
        for number in literal.into_iter().chain([entered]) {
            if seen.contains(number) {
                return None;
            }
            let result = self.core.try_change(&self.actor, number, change.clone()).await;
            let is_ticket = match &result {
                Err(ServiceError::NotFound { .. }) => Ok(false),
                // Files are looked for before the ticket.
                Err(ServiceError::AttachmentNotFound { .. }) => self.core.is_ticket(number).await,
                _ => Ok(true),
            };
            match is_ticket {
                Ok(false) => {}
                Ok(true) => {
                    seen.insert(number.clone());
                    return Some(result);
                }
                Err(error) => return Some(Err(error)),
            }
        }
        let candidate = match self.core.existing(&lookup).await {
            Ok(numbers) if numbers.len() > 1 => {
                return Some(Err(ServiceError::AmbiguousNumber { numbers }));
            }
            Ok(numbers) => numbers.into_iter().next(),
            Err(error) => return Some(Err(error)),
        };
        let Some(number) = candidate else { return Some(Err(ServiceError::not_found(&lookup))) };
        if !seen.insert(number.clone()) {
            return None;
        }
        Some(self.core.try_change(&self.actor, &number, change.clone()).await)
    }
}
