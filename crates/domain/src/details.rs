//! Data of a ticket for an audience.

use crate::{Draft, Event, Message, MessageText, Note, Ticket, TicketHead, UserId, util::count};

/// Audience of a read; decides which tickets and which fields are visible.
///
/// ```
/// use ventanilla_domain::{Audience, UserId};
///
/// let ana = UserId::parse("ana")?;
/// assert!(Audience::Requester(ana.clone()).may_see(&ana));
/// assert!(!Audience::Requester(UserId::parse("eva")?).may_see(&ana));
/// assert!(Audience::Desk.may_see(&ana));
/// # Ok::<(), ventanilla_domain::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// A requester: their own tickets, without notes and history.
    Requester(UserId),
    /// The bot: every ticket, with the fields that its requester sees.
    Bot,
    /// The desk: every ticket, with every field.
    Desk,
}

impl Audience {
    /// Returns whether it may see the tickets of this requester.
    #[must_use]
    pub fn may_see(&self, requester: &UserId) -> bool {
        match self {
            Audience::Requester(owner) => owner == requester,
            Audience::Bot | Audience::Desk => true,
        }
    }
}

/// Part of a conversation, counted in order of arrival from 0.
///
/// ```
/// use ventanilla_domain::MessageRange;
///
/// assert_eq!(MessageRange::Last(2).of(5), 3..5);
/// assert_eq!(MessageRange::From { first: 4, count: 10 }.of(5), 4..5);
/// assert_eq!(MessageRange::All.of(5), 0..5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MessageRange {
    /// The whole conversation.
    #[default]
    All,
    /// The last messages, at most this many.
    Last(u32),
    /// Messages from a place on.
    From {
        /// The place of the first message.
        first: u32,
        /// The maximum number of messages.
        count: u32,
    },
}

impl MessageRange {
    /// Returns the places that it covers in a conversation of this many messages.
    #[must_use]
    pub fn of(self, messages: u32) -> std::ops::Range<u32> {
        match self {
            MessageRange::All => 0..messages,
            MessageRange::Last(count) => messages.saturating_sub(count)..messages,
            MessageRange::From { first, count } => {
                let first = first.min(messages);
                first..first.saturating_add(count).min(messages)
            }
        }
    }
}

/// A ticket with the fields that one audience may see.
///
/// Messages are in order of time, ties in order of arrival. Only the desk's details have timers,
/// versions, tags, waits, hand-overs, notes, history and drafts, and only those of the whole conversation
/// the timers of earlier responses.
///
/// It isn't serialisable on purpose: ids of administrators, idempotency keys and business times are
/// not for a client. The view models of the service crate are.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = TicketNumber::from_entropy(b"example");
/// # let by = Actor::Customer(ana.clone());
/// # let ticket = new_ticket.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
/// let view = ticket.details(&Audience::Requester(ana), MessageRange::Last(50)).expect("it is Ana's");
/// assert_eq!(view.messages.len(), 1);
/// assert!(ticket.details(&Audience::Requester(UserId::parse("eva")?), MessageRange::All).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketDetails {
    /// The ticket without its texts.
    pub head: TicketHead,
    /// The description of the problem.
    pub description: MessageText,
    /// The messages within the range.
    pub messages: Vec<Message>,
    /// Number of messages that arrived before those of the range.
    pub earlier_messages: u32,
    /// Number of bytes of text in the whole conversation.
    pub conversation_bytes: u32,
    /// The internal notes; empty for audiences other than the desk.
    pub notes: Vec<Note>,
    /// The history; empty for audiences other than the desk.
    pub history: Vec<Event>,
    /// The reply that the bot proposes; absent for audiences other than the desk.
    pub draft: Option<Draft>,
    /// True if the versions are those of the ticket: for the desk only.
    pub(crate) has_versions: bool,
}

impl TicketDetails {
    /// Returns the details without what only the desk may see.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let number = TicketNumber::from_entropy(b"example");
    /// # let by = Actor::Customer(ana.clone());
    /// # let ticket = new_ticket.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
    /// let [desk, theirs] = [Audience::Desk, Audience::Requester(ana)]
    ///     .map(|audience| ticket.details(&audience, MessageRange::All).expect("they may see it"));
    /// assert_eq!(desk.for_requester(), theirs);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_requester(mut self) -> Self {
        self.head = self.head.for_requester();
        self.messages.iter_mut().for_each(|message| message.version = 0);
        Self { notes: Vec::new(), history: Vec::new(), draft: None, has_versions: false, ..self }
    }
}

/// A list row: a ticket's head, with the latest SLA timers only, and the beginning of its
/// description.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron\ndos veces")?);
/// # let number = TicketNumber::from_entropy(b"example");
/// # let by = Actor::Customer(ana.clone());
/// # let ticket = new_ticket.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
/// assert_eq!(ticket.summary().excerpt, "Me cobraron dos veces");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketSummary {
    /// The ticket without its texts.
    pub head: TicketHead,
    /// The first [`TicketSummary::EXCERPT_CHARS`] characters of the description, on one line.
    pub excerpt: String,
}

impl TicketSummary {
    /// Number of characters of the description in a list row.
    pub const EXCERPT_CHARS: usize = 120;

    /// Returns the row without the fields that only the desk may see: SLA timers, version, tags, wait and
    /// hand-over.
    #[must_use]
    pub fn for_requester(self) -> Self {
        Self { head: self.head.for_requester(), ..self }
    }

    /// Creates the row of a ticket with this description.
    #[must_use]
    pub fn new(head: TicketHead, description: &MessageText) -> Self {
        let head = TicketHead { message_count: None, ..head };
        Self { head, excerpt: description.excerpt(Self::EXCERPT_CHARS) }
    }
}

impl Ticket {
    /// Returns the fields that an audience may see; `None` if it may not see the ticket.
    #[must_use]
    pub fn details(&self, audience: &Audience, range: MessageRange) -> Option<TicketDetails> {
        if !audience.may_see(&self.head.requester) {
            return None;
        }
        let shown = range.of(count(self.messages.len()));
        let mut messages = self.messages[shown.start as usize..shown.end as usize].to_vec();
        messages.sort_by_key(|message| message.created_at);
        let (head, notes, history) = match (audience, range) {
            (Audience::Requester(_) | Audience::Bot, _) => {
                messages.iter_mut().for_each(|message| message.version = 0);
                (self.head.without_timers().for_requester(), Vec::new(), Vec::new())
            }
            (Audience::Desk, MessageRange::All) => {
                (self.head.clone(), self.notes.clone(), self.history.clone())
            }
            (Audience::Desk, MessageRange::Last(_) | MessageRange::From { .. }) => {
                (self.head.with_latest_timers(), self.notes.clone(), self.history.clone())
            }
        };
        let is_desk = matches!(audience, Audience::Desk);
        Some(TicketDetails {
            head,
            description: self.description.clone(),
            messages,
            earlier_messages: shown.start,
            conversation_bytes: self.conversation_bytes,
            notes,
            history,
            draft: self.draft.as_deref().filter(|_| is_desk).cloned(),
            has_versions: is_desk,
        })
    }

    /// Returns the list row of this ticket.
    #[must_use]
    pub fn summary(&self) -> TicketSummary {
        TicketSummary::new(self.head.with_latest_timers(), &self.description)
    }
}
