//! What the desk does by itself.

use tracing::instrument;
use ventanilla_domain::{Actor, Change, Status, TicketNumber};

use crate::{HelpDesk, Receipt, ServiceError};

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

    /// Closes a ticket that has been resolved for as long as
    /// [`Policy::close_after`](crate::Policy::close_after) says.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Refused`] if it is too early or the ticket isn't resolved;
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.close", skip_all, fields(actor = "SYSTEM", %number, outcome))]
    pub async fn close(&self, number: &TicketNumber) -> Result<Receipt, ServiceError> {
        self.desk.change(&Actor::System, number, Change::status(Status::Closed)).await
    }
}
