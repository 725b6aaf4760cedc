//! One turn of the bot in a conversation.

use std::sync::Arc;

use ventanilla_domain::{
    Actor, ActorKind, Audience, Change, MessageRange, MessageText, NewMessage, Refusal,
    SeenConversation, TicketDetails, TicketNumber,
};

use crate::{
    ServiceError,
    core::Core,
    observe::use_case_span,
    requests::{Keyed, Plain, Request, Target},
};

/// One turn of the bot in a conversation: it was read, and is answered, handed over or left a draft.
///
/// Made by [`Bot::turn`](crate::Bot::turn). Each of the three is done only if nobody has written and
/// the status hasn't changed since the conversation was read; otherwise it is refused as
/// [`ConversationChanged`](Refusal::ConversationChanged), which has what came. Then the bot reads
/// again with another turn, or leaves the ticket to the human who answered. Notes, assignments and
/// other changes that the requester doesn't see are no obstacle.
///
/// ```
/// # use ventanilla_service::{
/// #     Category, Explain, HelpDesk, MemoryStore, MessageText, NewTicket, TicketDetails, UserId,
/// # };
/// enum Answer {
///     Sure(String),
///     Unsure(String),
///     NeedsHuman(String),
/// }
/// # fn model(ticket: &TicketDetails) -> Answer {
/// #     Answer::Sure(format!("Mensajes: {}", ticket.messages.len()))
/// # }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let desk = HelpDesk::new(MemoryStore::new());
/// # let ana = desk.customer(UserId::parse("ana")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = ana.create(new_ticket).await?.head.ticket_number;
/// let bot = desk.bot();
/// let turn = bot.turn(&number).await?;
/// match model(turn.ticket()) {
///     Answer::Sure(text) => turn.reply(text).await?,
///     Answer::Unsure(text) => turn.draft(text).await?,
///     Answer::NeedsHuman(reason) => turn.hand_over(reason).await?,
/// };
///
/// // While the model thinks, a human answers.
/// let turn = bot.turn(&number).await?;
/// desk.admin(UserId::parse("luis")?).reply(&number, "Lo miro yo.").await?;
/// let error = turn.reply("Prueba a reiniciar.").await.unwrap_err();
/// assert_eq!(error.code(), "conversation_changed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BotTurn {
    core: Arc<Core>,
    ticket: TicketDetails,
    seen: SeenConversation,
}

impl BotTurn {
    pub(crate) async fn begin(core: &Arc<Core>, number: &TicketNumber) -> Result<Self, ServiceError> {
        let ticket = core.get(&number.into(), &Audience::Desk, MessageRange::All).await?;
        let seen = SeenConversation::of(&ticket);
        Ok(Self { core: Arc::clone(core), ticket: ticket.for_requester(), seen })
    }

    /// Returns the ticket as it was read and as its requester sees it: messages, category and status,
    /// never notes.
    #[must_use]
    pub const fn ticket(&self) -> &TicketDetails {
        &self.ticket
    }

    /// Returns the maximum bytes of a reply.
    ///
    /// # Errors
    ///
    /// The refusal that any reply would meet, such as [`BotNotAllowed`](Refusal::BotNotAllowed) by the
    /// policy, for a ticket that is as it was read. It saves asking a model in vain.
    pub fn writable(&self) -> Result<u32, Refusal> {
        self.core.policy.writable(&self.ticket, ActorKind::Bot, self.core.now())
    }

    /// Adds a message of the bot.
    ///
    /// The text is a `&str`, `&String`, `String`, `&[u8]`, `MessageText` or `NewMessage`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`] if the conversation has changed, the
    /// policy doesn't allow it, or the ticket is closed or full; [`ServiceError::NotFound`];
    /// [`ServiceError::Store`].
    pub fn reply(
        &self,
        text: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'_, Keyed> {
        self.target().message(use_case_span!("reply", "BOT", self.number()), text)
    }

    /// Asks for a human: leaves an internal note with the reason, and marks the ticket until an
    /// administrator answers or has it. Until then the bot may not write in the conversation.
    ///
    /// The text is a `&str`, `&String`, `String`, `&[u8]`, `MessageText` or `NewMessage`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`] if the conversation has changed, or the
    /// ticket isn't open or in progress; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub fn hand_over(
        &self,
        reason: impl TryInto<NewMessage, Error: Into<ServiceError>>,
    ) -> Request<'_, Keyed> {
        self.target().hand_over(use_case_span!("hand_over", "BOT", self.number()), reason)
    }

    /// Leaves a reply for an administrator to send, edit or discard. It takes the place of an earlier
    /// one.
    ///
    /// # Errors
    ///
    /// [`ServiceError::InvalidText`]; [`ServiceError::Refused`] if the conversation has changed or the
    /// ticket is closed; [`ServiceError::NotFound`]; [`ServiceError::Store`].
    pub fn draft(
        &self,
        text: impl TryInto<MessageText, Error: Into<ServiceError>>,
    ) -> Request<'_, Plain> {
        let draft = text.try_into().map(Change::draft);
        self.target().change(use_case_span!("draft", "BOT", self.number()), draft)
    }

    fn target(&self) -> Target<'_> {
        let (core, number) = (&self.core, self.number());
        Target { core, actor: &Actor::Bot, number, seen: Some(self.seen) }
    }

    const fn number(&self) -> &TicketNumber {
        &self.ticket.head.ticket_number
    }
}
