//! Handle of the host's bot.

use std::sync::Arc;

use tracing::instrument;
use ventanilla_domain::{Actor, Audience, MessageRange, NewMessage, TicketDetails, TicketNumber};

use crate::{
    BotTurn, ServiceError,
    core::Core,
    observe::use_case_span,
    requests::{Keyed, Request, Target},
};

/// Handle of the host's bot, which reads tickets and writes messages in its own role.
///
/// Its messages never count as a response of the desk.
///
/// ```
/// # use ventanilla_service::{Category, HelpDesk, MemoryStore, MessageText, NewTicket, UserId};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = desk.customer(UserId::parse("ana")?).create(new_ticket).await?.head.ticket_number;
/// let receipt = desk.bot().reply(&number, "Hemos recibido tu consulta.").await?;
/// assert_eq!(receipt.head.first_response_at, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bot {
    pub(crate) core: Arc<Core>,
}

impl Bot {
    pub(crate) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Reads a ticket as its requester sees it, without notes and history.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.get", skip_all, fields(actor = "BOT", %number, outcome))]
    pub async fn get(&self, number: &TicketNumber) -> Result<TicketDetails, ServiceError> {
        self.core.get(&number.into(), &Audience::Bot, MessageRange::All).await
    }

    /// Reads a ticket to answer it, hand it over to a human, or leave a draft, each only if nobody has
    /// written meanwhile.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NotFound`]; [`ServiceError::Store`].
    #[instrument(name = "ventanilla.get", skip_all, fields(actor = "BOT", %number, outcome))]
    pub async fn turn(&self, number: &TicketNumber) -> Result<BotTurn, ServiceError> {
        BotTurn::begin(&self.core, number).await
    }

    /// Adds a message, whatever has been written meanwhile: for an acknowledgement or an announcement.
    /// To answer what somebody wrote, use a [`turn`](Self::turn).
    ///
    /// The text is a `&str`, `&String`, `String`, `&[u8]`, `MessageText` or `NewMessage`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`] if the ticket is closed, its
    /// conversation full, or the [`BotPolicy`](crate::settings::BotPolicy) doesn't allow it; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub fn reply<'a>(
        &'a self,
        number: &'a TicketNumber,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'a, Keyed> {
        let target = Target { core: &self.core, actor: &Actor::Bot, number, seen: None };
        target.message(use_case_span!("reply", "BOT", number), text)
    }
}
