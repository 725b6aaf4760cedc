//! What a reader may see of a ticket.

use serde::{Deserialize, Serialize};

use crate::{Event, Message, MessageText, Note, Ticket, TicketHead, UserId, util::count};

/// Whose eyes a ticket is read with.
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
    /// A requester's: their own tickets, without notes and history.
    Requester(UserId),
    /// The bot's: every ticket, as its requester sees it.
    Bot,
    /// The desk's: every ticket, whole.
    Desk,
}

impl Audience {
    /// Whether tickets of this requester are within it.
    #[must_use]
    pub fn may_see(&self, requester: &UserId) -> bool {
        match self {
            Audience::Requester(owner) => owner == requester,
            Audience::Bot | Audience::Desk => true,
        }
    }
}

/// Which part of a conversation to read, counted in order of arrival from 0.
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
    /// All of it.
    #[default]
    All,
    /// The last so many messages.
    Last(u32),
    /// So many messages from this one on.
    From {
        /// The first message to read.
        first: u32,
        /// How many at most.
        count: u32,
    },
}

impl MessageRange {
    /// The messages that it covers of a conversation of so many.
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

/// A ticket as one reader may see it.
///
/// Messages stand in order of time, ties in order of arrival. Only the desk's own view has timers,
/// versions, notes and history, and only a whole one the timers of earlier responses.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = TicketNumber::from_entropy(b"example");
/// # let by = Actor::Customer(ana.clone());
/// # let ticket = draft.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
/// let view = ticket.details(&Audience::Requester(ana), MessageRange::Last(50)).expect("it is Ana's");
/// assert_eq!(view.messages.len(), 1);
/// assert!(ticket.details(&Audience::Requester(UserId::parse("eva")?), MessageRange::All).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TicketDetails {
    /// Everything but the texts.
    #[serde(flatten)]
    pub head: TicketHead,
    /// The first description of the problem.
    #[serde(deserialize_with = "crate::text::from_stored")]
    pub description: MessageText,
    /// The messages within the window.
    pub messages: Vec<Message>,
    /// How many messages arrived before those of the window.
    pub earlier_messages: u32,
    /// How many bytes of text the whole conversation has.
    pub conversation_bytes: u32,
    /// The internal notes; empty but in the desk's own view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The history; empty but in the desk's own view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Event>,
}

/// A list row: a ticket's head, with the latest SLA timers only, and the beginning of its description.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron\ndos veces")?);
/// # let number = TicketNumber::from_entropy(b"example");
/// # let by = Actor::Customer(ana.clone());
/// # let ticket = draft.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
/// assert_eq!(ticket.summary().excerpt, "Me cobraron dos veces");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TicketSummary {
    /// Everything but the texts.
    #[serde(flatten)]
    pub head: TicketHead,
    /// The first [`TicketSummary::EXCERPT_CHARS`] characters of the description, on one line.
    pub excerpt: String,
}

impl TicketSummary {
    /// How many characters of the description a list row shows.
    pub const EXCERPT_CHARS: usize = 120;

    /// Returns the row without what only the desk may see: SLA timers and version.
    #[must_use]
    pub fn for_requester(self) -> Self {
        Self { head: self.head.for_requester(), ..self }
    }

    /// The row of a ticket with this description.
    #[must_use]
    pub fn new(head: TicketHead, description: &MessageText) -> Self {
        let head = TicketHead { message_count: None, ..head };
        Self { head, excerpt: description.excerpt(Self::EXCERPT_CHARS) }
    }
}

impl Ticket {
    /// What a reader of this scope sees; `None` if the ticket is beyond it.
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
        Some(TicketDetails {
            head,
            description: self.description.clone(),
            messages,
            earlier_messages: shown.start,
            conversation_bytes: self.conversation_bytes,
            notes,
            history,
        })
    }

    /// The list row of this ticket.
    #[must_use]
    pub fn summary(&self) -> TicketSummary {
        TicketSummary::new(self.head.with_latest_timers(), &self.description)
    }
}
