//! Handle of the system.

use std::sync::Arc;

use tracing::instrument;
use ventanilla_domain::{Actor, Change, Explain, Status, TicketNumber};

use crate::{
    Receipt, ServiceError,
    core::Core,
    observe::{checked, record, use_case_span},
    requests::{Request, Target, Update},
};

/// Handle of the system, for work that the host schedules.
///
/// ```
/// # use ventanilla_service::{Category, Explain, HelpDesk, MemoryStore, MessageText, NewTicket, Status, UserId};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let luis = desk.admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = luis.create_for(&UserId::parse("ana")?, new_ticket).await?.head.ticket_number;
/// luis.set_status(&number, Status::Resolved).await?;
/// let error = desk.system().close(&number).await.unwrap_err();
/// assert_eq!(error.code(), "too_early_to_close");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct System {
    pub(crate) core: Arc<Core>,
}

impl System {
    pub(crate) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Closes tickets that have been resolved for as long as
    /// [`Policy::close_after`](crate::Policy::close_after) says, at most `batch` of them.
    ///
    /// It can run on several machines at once: each ticket is closed by one of them. A ticket that
    /// can't be closed is reported and prevents no other: if a whole batch fails for good, the next
    /// tickets are tried. A batch of 0 closes nothing, and is the last.
    ///
    /// ```
    /// # use ventanilla_service::{HelpDesk, MemoryStore};
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
    /// [`ServiceError::Store`] if the tickets can't be found. Tickets closed before stay closed.
    #[instrument(
        name = "ventanilla.close_resolved",
        skip_all,
        fields(actor = "SYSTEM", done, failed, outcome)
    )]
    pub async fn close_resolved(&self, batch: u32) -> Result<ClosedBatch, ServiceError> {
        let mut answer = ClosedBatch::default();
        loop {
            // Tickets that failed are found again, so as many more are asked for.
            let wanted = batch.saturating_add(u32::try_from(answer.failed.len()).unwrap_or(u32::MAX));
            let found = checked(self.core.closable(wanted).await)?;
            answer.full = batch > 0 && found.len() >= wanted as usize;
            let failed = |number: &TicketNumber| answer.failed.iter().any(|(seen, _)| seen == number);
            let untried: Vec<TicketNumber> =
                found.into_iter().filter(|number| !failed(number)).collect();
            let (before, all) = (answer.failed.len(), untried.len());
            for number in untried {
                self.close_into(&mut answer, number).await;
            }
            let may_pass = answer.failed[before..].iter().any(|(_, error)| error.is_retryable());
            let none_closed = all > 0 && answer.failed.len() - before == all;
            if !answer.full || may_pass || !none_closed {
                break;
            }
        }
        answer.record();
        Ok(answer)
    }

    async fn close_into(&self, answer: &mut ClosedBatch, number: TicketNumber) {
        match self.core.try_change(&Actor::System, &number, closing()).await {
            // Another machine closed it, and reported it to its host.
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
    pub fn close<'a>(&'a self, number: &'a TicketNumber) -> Request<'a, Update> {
        let target = Target { core: &self.core, actor: &Actor::System, number, seen: None };
        target.update(use_case_span!("close", "SYSTEM", number), closing())
    }
}

fn closing() -> Change {
    Change::status(Status::Closed)
}

/// Result of one batch of [`System::close_resolved`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ClosedBatch {
    /// Receipts of the tickets that were closed.
    pub closed: Vec<Receipt>,
    /// Tickets that could not be closed, with their errors.
    pub failed: Vec<(TicketNumber, ServiceError)>,
    full: bool,
}

impl ClosedBatch {
    /// Returns whether nothing more can be closed now: fewer tickets were found than asked for, or
    /// none of them could be closed.
    #[must_use]
    pub fn is_last(&self) -> bool {
        !self.full || self.closed.is_empty()
    }

    /// Records the numbers of tickets in the span, and the first error as its outcome.
    fn record(&self) {
        record("done", self.closed.len());
        record("failed", self.failed.len());
        record("outcome", self.failed.first().map_or("ok", |(_, error)| error.code()));
    }
}
