//! One change to many tickets.

use std::collections::HashSet;

use tracing::instrument;
use ventanilla_domain::{Change, Explain, Locale, TicketLookup, TicketNumber};

use super::Admin;
use crate::{BulkView, Receipt, ServiceError, desk::tell};

impl Admin {
    /// Makes one change to many tickets, one after the other, each by itself: what is wrong with one
    /// number stops no other.
    ///
    /// The numbers come as a form posts them or as people type them, and are read as by
    /// [`Admin::find`]. Each ticket has one result, where it was first named: named twice, it is
    /// changed once. A message with a key is added once to each ticket, also if all is sent again.
    ///
    /// ```
    /// use ventanilla_service::*;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = luis.create_for(&UserId::parse("ana")?, draft).await?.head.ticket_number;
    /// let chosen = [number.as_str(), "TKT-N0T0NE", ""];
    /// let changes = luis.change_each(chosen, &Change::status(Status::Resolved)).await;
    ///
    /// assert_eq!(changes.each[0].result.as_ref().unwrap().head.status, Status::Resolved);
    /// let view = changes.view(Locale::Es);
    /// assert_eq!(view.text, "Hecho en 1 de 3 tickets.");
    /// assert_eq!(view.rows[0].outcome, Label::new("changed", "Cambiado"));
    /// assert_eq!(view.rows[1].outcome.text, "No encontramos el ticket TKT-N0T0NE.");
    /// assert_eq!(view.rows[2].outcome, Label::new("number_empty", "Falta el número de ticket."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    // The numbers are copied at once, lest the future hold the host's iterator and be no longer `Send`.
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
        let (mut each, mut seen) = (Vec::new(), HashSet::new());
        for asked in numbers {
            if let Some(result) = self.change_typed(&asked, change, &mut seen).await {
                each.push(BulkItem { asked, result });
            }
        }
        let changes = BulkOutcome { each };
        changes.tell();
        changes
    }

    /// Changes the ticket that was meant; `None` where it was changed before.
    ///
    /// A number that is a ticket as it was typed, or without the `#` and white space around it, is
    /// that ticket. Otherwise the candidates are looked up first: where two of them are tickets,
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
        let asked = lookup.entered();
        let literal = lookup.candidates().first().filter(|literal| *literal != asked);
        for number in literal.into_iter().chain([asked]) {
            if seen.contains(number) {
                return None;
            }
            let result = self.desk.try_change(&self.actor, number, change.clone()).await;
            if !matches!(result, Err(ServiceError::NotFound { .. })) {
                seen.insert(number.clone());
                return Some(result);
            }
        }
        let meant = match self.desk.existing(&lookup).await {
            Ok(numbers) if numbers.len() > 1 => {
                return Some(Err(ServiceError::AmbiguousNumber { numbers }));
            }
            Ok(numbers) => numbers.into_iter().next(),
            Err(error) => return Some(Err(error)),
        };
        let Some(meant) = meant else { return Some(Err(ServiceError::not_found(&lookup))) };
        if !seen.insert(meant.clone()) {
            return None;
        }
        Some(self.desk.try_change(&self.actor, &meant, change.clone()).await)
    }
}

/// What became of [one change to many tickets](Admin::change_each).
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkOutcome {
    /// The result of each ticket, in the order in which they were named.
    pub each: Vec<BulkItem>,
}

/// What became of one of many tickets.
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkItem {
    /// What was given for a number, as it came.
    pub asked: String,
    /// What [`Admin::change`] would have given: a receipt, also where it was so already, or why
    /// nothing was done.
    pub result: Result<Receipt, ServiceError>,
}

impl BulkOutcome {
    /// How many of the tickets are as was asked, be it that they were so already.
    #[must_use]
    pub fn done(&self) -> usize {
        self.each.iter().filter(|changed| changed.result.is_ok()).count()
    }

    /// How many are not.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.each.len() - self.done()
    }

    /// What a page shows of it.
    #[must_use]
    pub fn view(&self, locale: Locale) -> BulkView {
        BulkView::new(self, locale)
    }

    /// Tells the span how many there were, and the first failure as the outcome.
    fn tell(&self) {
        tell("done", self.done());
        tell("failed", self.failed());
        let error = self.each.iter().find_map(|changed| changed.result.as_ref().err());
        tell("outcome", error.map_or("ok", Explain::code));
    }
}
