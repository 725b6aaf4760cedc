//! Changes that can be asked for.

use std::str::FromStr;

use crate::{
    Attachment, IdempotencyKey, InvalidText, MessageText, Priority, Reference, Status, Tag,
    TicketDetails, TicketHead, Timestamp, UserId, Wait,
};

/// A change that an actor asks for, as a value.
///
/// A [`Command`](crate::Command) joins it with an actor, a time and a policy.
///
/// It may carry the two things that make it safe to send again: [`expecting`](Self::expecting) sets the
/// version of the ticket that it was made for, and a message or a note may have an idempotency key
/// ([`NewMessage::with_key`]). Neither is required.
///
/// ```
/// use ventanilla_domain::*;
///
/// let policy = Policy::default();
/// let now: Timestamp = "2026-03-02T12:00:00Z".parse()?;
/// let (ana, luis) = (UserId::parse("ana")?, Actor::Admin(UserId::parse("luis")?));
/// let mut ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?)
///     .open(TicketNumber::parse("TKT-ABC123")?, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
///
/// let reply = MessageText::parse("Ya está devuelto.")?;
/// let command = Command::new(&luis, now, &policy, Change::reply(reply, Status::Resolved))?;
/// assert!(matches!(command.apply(&mut ticket), Outcome::Applied { .. }));
/// assert_eq!(ticket.head().status, Status::Resolved);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) expected: Expected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Message { message: NewMessage, then: Then },
    Note(NewMessage),
    HandOver(NewMessage),
    Draft(MessageText),
    DiscardDraft,
    Status(Status),
    Priority(Priority),
    Assign(Option<UserId>),
    Claim,
    AddTag(Tag),
    RemoveTag(Tag),
    AddReference(Reference),
    RemoveReference(Reference),
    Wait(Wait),
    EndWait,
}

/// Change that is made together with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Nothing,
    Status(Status),
    Wait(Wait),
}

/// State of the ticket without which a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    Version(u64),
    Conversation(SeenConversation),
}

/// State of a conversation as somebody read it, to tell later whether anything was added.
///
/// It is made from details of the ticket:
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let (policy, now) = (Policy::default(), Timestamp::MIN);
/// # let customer = Actor::Customer(ana.clone());
/// # let mut ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?)
/// #     .open(TicketNumber::parse("TKT-ABC123")?, &ana, &customer, now, &policy)?;
/// let read = ticket.details(&Audience::Desk, MessageRange::All).expect("the desk sees all");
/// let seen = SeenConversation::of(&read);
///
/// let more = Change::message(MessageText::parse("Y tampoco en el móvil")?);
/// assert!(matches!(Command::new(&customer, now, &policy, more)?.apply(&mut ticket), Outcome::Applied { .. }));
///
/// let answer = Change::message(MessageText::parse("Prueba a reiniciar")?).unless_overtaken(seen);
/// let Outcome::Refused(refusal) = Command::new(&Actor::Bot, now, &policy, answer)?.apply(&mut ticket)
/// else { panic!("the customer has written since") };
/// assert_eq!(refusal.code(), "conversation_changed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenConversation {
    /// `None` if it was read by another audience than the desk.
    pub(crate) version: Option<u64>,
    pub(crate) messages: u32,
    pub(crate) status: Status,
    pub(crate) updated_at: Timestamp,
}

impl SeenConversation {
    /// Returns the state of a conversation that was read as a whole or in part.
    ///
    /// It is best made from the desk's details: those for other audiences lack the version, so that a
    /// status which changed and changed back isn't noticed.
    #[must_use]
    pub fn of(ticket: &TicketDetails) -> Self {
        let state = ticket.state();
        let version = ticket.has_versions.then_some(state.head.version);
        let TicketHead { status, updated_at, .. } = *state.head;
        Self { version, messages: state.message_count, status, updated_at }
    }
}

impl Change {
    /// Adds a message in the actor's role, once if the message has a key.
    #[must_use]
    pub fn message(message: impl Into<NewMessage>) -> Self {
        Self::of(ChangeKind::Message { message: message.into(), then: Then::Nothing })
    }

    /// Adds a message and sets the status, both or neither.
    ///
    /// A key stands for the message: sent again with the same text, it is the same request,
    /// whatever the status.
    #[must_use]
    pub fn reply(message: impl Into<NewMessage>, status: Status) -> Self {
        Self::of(ChangeKind::Message { message: message.into(), then: Then::Status(status) })
    }

    /// Adds a message and sets the ticket to wait, both or neither.
    ///
    /// A key stands for the message, as in [`reply`](Self::reply).
    #[must_use]
    pub fn reply_and_wait(message: impl Into<NewMessage>, wait: Wait) -> Self {
        Self::of(ChangeKind::Message { message: message.into(), then: Then::Wait(wait) })
    }

    /// Adds an internal note, once if it has a key.
    #[doc(alias = "add_note")]
    #[must_use]
    pub fn note(note: impl Into<NewMessage>) -> Self {
        Self::of(ChangeKind::Note(note.into()))
    }

    /// Hands the ticket over from the bot to a human: adds an internal note with the reason, and
    /// marks the ticket until an administrator answers or has it.
    #[must_use]
    pub fn hand_over(reason: impl Into<NewMessage>) -> Self {
        Self::of(ChangeKind::HandOver(reason.into()))
    }

    /// Leaves a reply that the bot proposes, in place of an earlier one.
    #[must_use]
    pub const fn draft(text: MessageText) -> Self {
        Self::of(ChangeKind::Draft(text))
    }

    /// Discards the reply that the bot proposed.
    #[must_use]
    pub const fn discard_draft() -> Self {
        Self::of(ChangeKind::DiscardDraft)
    }

    /// Sets the ticket to wait, and in progress unless it is. The resolution timer is paused.
    ///
    /// If it waits already, the wait goes on, for another party or until another time.
    #[must_use]
    pub const fn wait(wait: Wait) -> Self {
        Self::of(ChangeKind::Wait(wait))
    }

    /// Ends the wait. The resolution timer runs again.
    #[must_use]
    pub const fn end_wait() -> Self {
        Self::of(ChangeKind::EndWait)
    }

    /// Sets the status.
    #[doc(alias = "set_status")]
    #[must_use]
    pub const fn status(to: Status) -> Self {
        Self::of(ChangeKind::Status(to))
    }

    /// Sets the priority.
    #[doc(alias = "set_priority")]
    #[must_use]
    pub const fn priority(to: Priority) -> Self {
        Self::of(ChangeKind::Priority(to))
    }

    /// Assigns the ticket to an administrator, whoever has it; `None` unassigns it.
    #[doc(alias = "unassign")]
    #[must_use]
    pub const fn assign(to: Option<UserId>) -> Self {
        Self::of(ChangeKind::Assign(to))
    }

    /// Assigns the ticket to the actor, unless somebody else has it.
    #[must_use]
    pub const fn claim() -> Self {
        Self::of(ChangeKind::Claim)
    }

    /// Adds a tag.
    #[must_use]
    pub const fn add_tag(tag: Tag) -> Self {
        Self::of(ChangeKind::AddTag(tag))
    }

    /// Removes a tag.
    #[must_use]
    pub const fn remove_tag(tag: Tag) -> Self {
        Self::of(ChangeKind::RemoveTag(tag))
    }

    /// Adds a reference to what the ticket is about.
    #[must_use]
    pub const fn add_reference(reference: Reference) -> Self {
        Self::of(ChangeKind::AddReference(reference))
    }

    /// Removes a reference to what the ticket is about.
    #[must_use]
    pub const fn remove_reference(reference: Reference) -> Self {
        Self::of(ChangeKind::RemoveReference(reference))
    }

    /// Makes the change only to this version of the ticket; with `None`, to any.
    ///
    /// Refused for another version as [`Refusal::VersionConflict`](crate::Refusal::VersionConflict),
    /// which has the changes since, unless nothing would change or the key shows that the request was
    /// carried out before: those are answered without an error.
    ///
    /// ```
    /// use ventanilla_domain::Change;
    ///
    /// let form_field: Option<u64> = None;
    /// assert_eq!(Change::claim().expecting(form_field), Change::claim());
    /// assert_ne!(Change::claim().expecting(7), Change::claim());
    /// ```
    #[doc(alias = "if_match")]
    #[doc(alias = "version")]
    #[must_use]
    pub fn expecting(mut self, version: impl Into<Option<u64>>) -> Self {
        self.expected = version.into().map_or(Expected::Any, Expected::Version);
        self
    }

    /// Makes the change only if nobody has written in the conversation and the status hasn't changed
    /// since it was read. Otherwise the command is refused as a
    /// [`Refusal::ConversationChanged`](crate::Refusal::ConversationChanged). Takes the place of
    /// [`expecting`](Self::expecting).
    ///
    /// Notes, priorities, assignees, drafts and waits of a ticket in progress are no obstacle. Messages
    /// of another application, which raise no version, are.
    ///
    /// The command is refused too where a change of the status can't be ruled out: if so much happened
    /// that the history may have dropped one, or if another application has set the time of the last
    /// update, since it may have changed the status and changed it back.
    #[must_use]
    pub const fn unless_overtaken(mut self, seen: SeenConversation) -> Self {
        self.expected = Expected::Conversation(seen);
        self
    }

    /// Returns the person whom the ticket would be assigned to, if it is an assignment; `None` for a
    /// claim, whose actor isn't known yet.
    #[must_use]
    pub const fn assignee(&self) -> Option<&UserId> {
        match &self.kind {
            ChangeKind::Assign(to) => to.as_ref(),
            ChangeKind::Message { .. }
            | ChangeKind::Note(_)
            | ChangeKind::HandOver(_)
            | ChangeKind::Draft(_)
            | ChangeKind::DiscardDraft
            | ChangeKind::Status(_)
            | ChangeKind::Priority(_)
            | ChangeKind::Claim
            | ChangeKind::AddTag(_)
            | ChangeKind::RemoveTag(_)
            | ChangeKind::AddReference(_)
            | ChangeKind::RemoveReference(_)
            | ChangeKind::Wait(_)
            | ChangeKind::EndWait => None,
        }
    }

    /// Returns the files that it attaches.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        match &self.kind {
            ChangeKind::Message { message, .. } => &message.attachments,
            ChangeKind::Note(_)
            | ChangeKind::HandOver(_)
            | ChangeKind::Draft(_)
            | ChangeKind::DiscardDraft
            | ChangeKind::Status(_)
            | ChangeKind::Priority(_)
            | ChangeKind::Assign(_)
            | ChangeKind::Claim
            | ChangeKind::AddTag(_)
            | ChangeKind::RemoveTag(_)
            | ChangeKind::AddReference(_)
            | ChangeKind::RemoveReference(_)
            | ChangeKind::Wait(_)
            | ChangeKind::EndWait => &[],
        }
    }

    const fn of(kind: ChangeKind) -> Self {
        Self { kind, expected: Expected::Any }
    }
}

/// A message or an internal note to be added, with or without an idempotency key and files.
///
/// ```
/// use ventanilla_domain::{IdempotencyKey, NewMessage};
///
/// let once = NewMessage::parse("Gracias, ya funciona.")?.with_key(IdempotencyKey::parse("envio-7")?);
/// assert!(NewMessage::parse("").is_err());
/// assert_eq!("Gracias".parse::<NewMessage>()?, NewMessage::parse("Gracias")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub(crate) text: MessageText,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) attachments: Vec<Attachment>,
}

impl NewMessage {
    /// Cleans and checks the text of a message without a key.
    ///
    /// # Errors
    ///
    /// The errors of [`MessageText::parse`].
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        MessageText::parse(text).map(Self::from)
    }

    /// Returns the message with a key: sent twice, it is added once.
    #[doc(alias = "idempotency")]
    #[doc(alias = "key")]
    #[must_use]
    pub fn with_key(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Returns the message with files attached, at most [`Attachment::MAX_OF_MESSAGE`]. An internal note
    /// is refused with them.
    ///
    /// Sent again with a key, it is the same request if the files have the same names and contents.
    #[must_use]
    pub fn with_attachments(mut self, attachments: Vec<Attachment>) -> Self {
        self.attachments = attachments;
        self
    }
}

impl From<MessageText> for NewMessage {
    /// Creates a message without a key.
    fn from(text: MessageText) -> Self {
        Self { text, key: None, attachments: Vec::new() }
    }
}

impl FromStr for NewMessage {
    type Err = InvalidText;

    /// Parses the text of a message without a key.
    fn from_str(text: &str) -> Result<Self, InvalidText> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for NewMessage {
    type Error = InvalidText;

    fn try_from(text: &str) -> Result<Self, InvalidText> {
        Self::parse(text)
    }
}

impl TryFrom<&String> for NewMessage {
    type Error = InvalidText;

    fn try_from(text: &String) -> Result<Self, InvalidText> {
        Self::parse(text)
    }
}

impl TryFrom<&[u8]> for NewMessage {
    type Error = InvalidText;

    fn try_from(text: &[u8]) -> Result<Self, InvalidText> {
        MessageText::try_from(text).map(Self::from)
    }
}

impl TryFrom<String> for NewMessage {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::parse(&text)
    }
}
