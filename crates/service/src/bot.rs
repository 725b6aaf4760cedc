//! What the host's bot can do.

use tracing::instrument;
use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, NewMessage, TicketDetails, TicketNumber,
};

use crate::{HelpDesk, Receipt, ServiceError, desk::parsed};

/// What the host's bot can do: read tickets and write messages in its own part.
///
/// Its messages never count as a response of the desk.
///
/// ```
/// # use ventanilla_service::*;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = desk.customer(UserId::parse("ana")?).create(draft).await?.head.ticket_number;
/// let receipt = desk.bot().add_message(&number, "Hemos recibido tu consulta.").await?;
/// assert_eq!(receipt.head.first_response_at, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bot {
    desk: HelpDesk,
}

impl Bot {
    pub(crate) const fn new(desk: HelpDesk) -> Self {
        Self { desk }
    }

    /// Reads a ticket as its requester sees it, without notes and history.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.view", skip_all, fields(actor = "BOT", %number, outcome))]
    pub async fn view(&self, number: &TicketNumber) -> Result<TicketDetails, ServiceError> {
        self.desk.view(&number.into(), &Audience::Bot, MessageRange::All).await
    }

    /// Writes a message: a text, or a [`NewMessage`] with a key against sending it twice.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`]; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    #[instrument(name = "ventanilla.add_message", skip_all, fields(actor = "BOT", %number, outcome))]
    pub async fn add_message(
        &self,
        number: &TicketNumber,
        message: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Result<Receipt, ServiceError> {
        let message: NewMessage = parsed(message)?;
        self.desk.change(&Actor::Bot, number, Change::message(message)).await
    }
}
