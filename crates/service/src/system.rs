//! What the desk does by itself.

use tracing::instrument;
use ventanilla_domain::{Actor, Change, Explain, Status, TicketNumber};

use crate::{
    HelpDesk, Receipt, ServiceError,
    desk::{checked, tell},
};

/// What the desk does by itself, when the host's scheduler says so.
///
/// ```
/// # use ventanilla_service::*;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, draft).await?.head.ticket_number;
/// luis.set_status(&number, Status::Resolved).await?;
/// let error = desk.system().close(&number).await.unwrap_err();
/// assert_eq!(error.code(), "too_early_to_close");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct System {
    desk: HelpDesk,
}

impl System {
    pub(crate) const fn new(desk: HelpDesk) -> Self {
        Self { desk }
    }

    /// Closes tickets that have been resolved for as long as
    /// [`Policy::close_after`](crate::Policy::close_after) says, at most `batch` of them.
    ///
    /// Each is closed by itself, if it still is as it was: safe on many machines at once, and each ticket
    /// is closed by one of them. A ticket that can't be closed stands in the answer and keeps no other
    /// from it: where a whole batch fails for good, the next tickets are tried. A batch of 0 closes
    /// nothing, and is the last.
    ///
    /// ```
    /// # use ventanilla_service::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// let system = desk.system();
    /// loop {
    ///     let batch = system.close_resolved(100).await?;
    ///     for receipt in &batch.closed {
    ///         println!("{} is closed", receipt.head.ticket_number);
    ///     }
    ///     if batch.is_last() {
    ///         break;
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`] where finding them failed. What was closed before stays closed.
    #[instrument(
        name = "ventanilla.close_resolved",
        skip_all,
        fields(actor = "SYSTEM", done, failed, outcome)
    )]
    pub async fn close_resolved(&self, batch: u32) -> Result<ClosedBatch, ServiceError> {
        let mut answer = ClosedBatch::default();
        loop {
            // What failed is found again and again: as many more are asked for.
            let wanted = batch.saturating_add(u32::try_from(answer.failed.len()).unwrap_or(u32::MAX));
            let found = checked(self.desk.closable(wanted).await)?;
            answer.full = batch > 0 && found.len() >= wanted as usize;
            let failed = |number: &TicketNumber| answer.failed.iter().any(|(seen, _)| seen == number);
            let untried: Vec<TicketNumber> =
                found.into_iter().filter(|number| !failed(number)).collect();
            let (before, all) = (answer.failed.len(), untried.len());
            for number in untried {
                self.close_into(&mut answer, number).await;
            }
            let passing = answer.failed[before..].iter().any(|(_, error)| error.is_retryable());
            let none_closed = all > 0 && answer.failed.len() - before == all;
            if !answer.full || passing || !none_closed {
                break;
            }
        }
        answer.tell();
        Ok(answer)
    }

    async fn close_into(&self, answer: &mut ClosedBatch, number: TicketNumber) {
        match self.desk.try_change(&Actor::System, &number, closing()).await {
            // Another machine was quicker, and told its host.
            Ok(receipt) if receipt.events.is_empty() => {}
            Ok(receipt) => answer.closed.push(receipt),
            Err(error) => answer.failed.push((number, error)),
        }
    }

    /// Closes a ticket that has been resolved for as long as
    /// [`Policy::close_after`](crate::Policy::close_after) says.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if it is too early or the ticket isn't resolved;
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.close", skip_all, fields(actor = "SYSTEM", %number, outcome))]
    pub async fn close(&self, number: &TicketNumber) -> Result<Receipt, ServiceError> {
        self.desk.change(&Actor::System, number, closing()).await
    }
}

fn closing() -> Change {
    Change::status(Status::Closed)
}

/// What one batch of [`System::close_resolved`] did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ClosedBatch {
    /// The tickets that were closed, each with what happened to it.
    pub closed: Vec<Receipt>,
    /// Those that were not: reopened in between, or the store failed.
    pub failed: Vec<(TicketNumber, ServiceError)>,
    full: bool,
}

impl ClosedBatch {
    /// Whether there is nothing more to close now: fewer were found than were asked for, or none of
    /// them could be closed.
    #[must_use]
    pub fn is_last(&self) -> bool {
        !self.full || self.closed.is_empty()
    }

    /// Tells the span how many there were, and the first failure as the outcome.
    fn tell(&self) {
        tell("done", self.closed.len());
        tell("failed", self.failed.len());
        tell("outcome", self.failed.first().map_or("ok", |(_, error)| error.code()));
    }
}
