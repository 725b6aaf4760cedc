//! Changes by the *update if current* pattern: read, decide, write if the ticket has not changed.

use std::sync::Arc;

use bson::{Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::ReadConcern;
use ventanilla_domain::{Actor, Command, Explain, Outcome, Ticket, TicketNumber};

use super::{
    Inner,
    command::Written,
    diff::{Found, Trace, trace},
    index, primary, refused_by_index,
    run::{Deadline, Waits},
    unknown, unreadable,
};
use crate::{BoxError, StoreError};

impl Inner {
    /// Reads the ticket, applies the command and writes the result on condition that the stored ticket is
    /// still the same; after a write conflict it starts again. A cached ticket is not read first.
    pub(super) async fn update(
        self: &Arc<Self>,
        number: &TicketNumber,
        command: &Command,
    ) -> Result<Outcome, StoreError> {
        command.actor().user().map(|id| self.ids.write(id)).transpose()?;
        let deadline = self.deadline();
        let mut change = Attempts::of(number);
        let Some(_lock) = self.locks.lock(number, self.last_write(deadline)).await else {
            return Err(change.out_of_time());
        };
        if let Some(outcome) = self.attempt_on_cached(command, &mut change, deadline).await? {
            return Ok(outcome);
        }
        loop {
            if let Some(outcome) = self.attempt(command, &mut change, deadline).await? {
                return Ok(outcome);
            }
            let until = if change.lost.is_some() { deadline } else { self.last_write(deadline) };
            if !change.waits.wait(until).await {
                return Err(change.out_of_time());
            }
        }
    }

    /// Tries the change on the cached ticket. Only a successful write gives an outcome.
    async fn attempt_on_cached(
        self: &Arc<Self>,
        command: &Command,
        change: &mut Attempts<'_>,
        deadline: Deadline,
    ) -> Result<Option<Outcome>, StoreError> {
        let Some(mut found) = self.cache.take(change.number) else { return Ok(None) };
        let outcome = command.apply(&mut found.ticket);
        if !matches!(outcome, Outcome::Applied { .. }) {
            return Ok(None);
        }
        let outcome = self.write(found, outcome, change, deadline).await?;
        // A stale cache entry is no write conflict.
        change.contended = false;
        Ok(outcome)
    }

    /// Tries the change once; `None` if it must be tried again.
    async fn attempt(
        self: &Arc<Self>,
        command: &Command,
        change: &mut Attempts<'_>,
        deadline: Deadline,
    ) -> Result<Option<Outcome>, StoreError> {
        let number = change.number;
        // An outcome must be based on data that a majority has; the condition of a write need not.
        let is_final = change.lost.is_some() || !change.contended;
        let concern = if is_final { ReadConcern::majority() } else { ReadConcern::local() };
        let was_contended = std::mem::take(&mut change.contended);
        let unconfirmed = std::mem::take(&mut change.unconfirmed);
        let document = match self.find_one(number, concern, deadline).await {
            Ok(document) => document,
            // The outcome of a write whose answer was lost must still be found out.
            Err(error) if change.lost.is_some() && error.is_retryable() => return Ok(None),
            Err(error) => return Err(change.failed(error)),
        };
        let found = document.map(|document| self.readable(&document, command, number)).transpose();
        let found = found.map_err(|error| change.failed(error))?.flatten();
        let Some(mut found) = found else {
            // Also for somebody else's ticket, whose answer may cost no less than that for a missing one.
            if is_final && self.is_pending(command, change, deadline).await? {
                return Ok(None);
            }
            return change.answer(Outcome::NotFound, is_final);
        };
        if let Some(lost) = change.lost.take() {
            match trace(&found.ticket, &lost.ticket) {
                Trace::This => return Ok(Some(lost.outcome)),
                Trace::Another => {}
                Trace::Gone => return Err(unknown(number, lost.source)),
                Trace::NotYet => change.lost = Some(lost),
                Trace::TooOld => {
                    change.lost = Some(lost);
                    return Ok(None);
                }
            }
        }
        let outcome = command.apply(&mut found.ticket);
        if !matches!(outcome, Outcome::Applied { .. }) {
            return change.answer(outcome, is_final);
        }
        if unconfirmed && !was_contended && change.lost.is_none() {
            // No majority has the ticket of the primary yet, so it cannot be written on.
            change.contended = true;
            return Ok(None);
        }
        self.write(found, outcome, change, deadline).await
    }

    /// Returns whether the primary has a ticket for this command that was not found among the data of a
    /// majority. A new primary learns only after its election that a majority has the ticket.
    async fn is_pending(
        self: &Arc<Self>,
        command: &Command,
        change: &mut Attempts<'_>,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let found = match self.find_one(change.number, ReadConcern::local(), deadline).await {
            Ok(document) => {
                let read = |document: RawDocumentBuf| self.readable(&document, command, change.number);
                document.map(read).transpose()
            }
            Err(error) if change.lost.is_some() && error.is_retryable() => return Ok(true),
            Err(error) => Err(error),
        };
        let is_pending = found.map_err(|error| change.failed(error))?.flatten().is_some();
        if is_pending {
            change.waits.cause = Some("no majority of the servers has the ticket yet".into());
        }
        Ok(is_pending)
    }

    async fn write(
        self: &Arc<Self>,
        found: Found,
        outcome: Outcome,
        change: &mut Attempts<'_>,
        deadline: Deadline,
    ) -> Result<Option<Outcome>, StoreError> {
        let Some(update) = found.update(recorded(&outcome), self.ids)? else {
            return Ok(Some(outcome));
        };
        let condition = found.condition();
        let found = found.updated(&update);
        let statement = statement(condition, update);
        match self.send(self.update_command(vec![statement]), deadline).await {
            Written::Made(0) => change.contended = true,
            Written::Made(_) => {
                self.cache.put(found);
                return Ok(Some(outcome));
            }
            Written::NotDurable(error) => {
                let number = change.number.clone();
                return Err(StoreError::NotDurable { number, source: Box::new(error) });
            }
            Written::NotNow(source) => change.waits.cause = Some(source),
            Written::Lost(source) => {
                change.lost = Some(Lost { ticket: found.ticket, outcome, source });
            }
            Written::Duplicate(keys) => return Err(change.failed(refused_by_index(&keys))),
            Written::Refused(source) | Written::Failed(source) => {
                return Err(change.failed(StoreError::Failed { source }));
            }
        }
        Ok(None)
    }

    /// Decodes the ticket of a change. The ticket of another requester counts as missing, even if it is
    /// unreadable.
    fn readable(
        &self,
        document: &RawDocument,
        command: &Command,
        number: &TicketNumber,
    ) -> Result<Option<Found>, StoreError> {
        if let Actor::Customer(id) = command.actor() {
            let owner = document.get("userId").ok().flatten();
            if owner.and_then(|owner| self.ids.read(owner).ok()).as_ref() != Some(id) {
                return Ok(None);
            }
        }
        Found::decode(document, self.ids).map(Some).map_err(|problem| unreadable(number, problem))
    }

    /// Reads the whole document of a ticket from the primary.
    pub(super) async fn find_one(
        self: &Arc<Self>,
        number: &TicketNumber,
        concern: ReadConcern,
        deadline: Deadline,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        let tickets = self.tickets.clone();
        let filter = doc! { "ticketNumber": number.as_str() };
        self.read(deadline, async move {
            let found = tickets.find_one(filter).read_concern(concern).selection_criteria(primary());
            found.await
        })
        .await
    }

    pub(super) fn update_command(&self, updates: Vec<Document>) -> Document {
        doc! { "update": self.tickets.name(), "updates": updates, "ordered": false }
    }
}

/// Returns one statement of an update command.
pub(super) fn statement(condition: Document, update: Document) -> Document {
    doc! { "q": condition, "u": update, "hint": index::number_keys() }
}

/// Counts the events of a change that are stored in the history.
fn recorded(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Applied { events, .. } => {
            events.iter().filter(|event| event.kind.is_recorded()).count()
        }
        Outcome::Unchanged { .. }
        | Outcome::Repeated { .. }
        | Outcome::Refused(_)
        | Outcome::NotFound => 0,
    }
}

/// State of a change between its attempts.
struct Attempts<'a> {
    number: &'a TicketNumber,
    /// Attempt whose answer was lost.
    lost: Option<Lost>,
    /// Set after a write conflict: the next attempt reads the newest data of the primary.
    contended: bool,
    /// Set if the ticket of the primary needs no write, but a majority may not have it yet.
    unconfirmed: bool,
    waits: Waits,
}

/// Write that may have been made or not.
struct Lost {
    ticket: Ticket,
    outcome: Outcome,
    source: BoxError,
}

impl<'a> Attempts<'a> {
    fn of(number: &'a TicketNumber) -> Self {
        Self { number, lost: None, contended: false, unconfirmed: false, waits: Waits::default() }
    }

    /// Returns an outcome without a write, once a majority has the ticket on which it is based. After a
    /// lost answer the outcome is unknown.
    fn answer(&mut self, outcome: Outcome, is_final: bool) -> Result<Option<Outcome>, StoreError> {
        if let Some(lost) = self.lost.take() {
            return Err(unknown(self.number, lost.source));
        }
        if is_final {
            return Ok(Some(outcome));
        }
        self.unconfirmed = true;
        self.waits.cause =
            Some("no majority of the servers has the newest state of the ticket yet".into());
        Ok(None)
    }

    /// Returns the error of the change. An earlier write whose answer was lost makes its outcome unknown.
    fn failed(&mut self, error: StoreError) -> StoreError {
        match self.lost.take() {
            Some(lost) => unknown(self.number, lost.source),
            None => error,
        }
    }

    fn out_of_time(self) -> StoreError {
        match (self.lost, self.waits.cause) {
            (Some(lost), _) => unknown(self.number, lost.source),
            (None, Some(source)) => StoreError::Unavailable { source },
            (None, None) => {
                let (number, attempts) = (self.number.clone(), self.waits.count);
                tracing::warn!(%number, attempts, "gave up after repeated write conflicts");
                StoreError::Contention { number, attempts }
            }
        }
    }
}
