//! A whole ticket, and its stored form.

use serde::{Deserialize, Serialize};

use crate::{
    Author, Category, CreationKey, Event, Message, MessageText, Note, Priority, SlaTimers, Status,
    TicketHead, TicketNumber, Timestamp, UserId,
    util::{count, null_is_absent, push_tight},
};

/// A whole ticket, as a store keeps it. Readers get a [`TicketDetails`](crate::TicketDetails) of it.
///
/// - it has at least one message: the description, from the requester, where nothing else is;
/// - while it is live it is neither resolved nor closed at any time;
/// - `message_count` and the conversation's size are those of its messages.
///
/// It is opened by [`NewTicket::open`](crate::NewTicket::open), changed by
/// [`Command::apply`](crate::Command::apply) and nothing else, and read back from a [`TicketRecord`],
/// which is its JSON form too.
///
/// ```
/// use ventanilla_domain::Ticket;
///
/// let stored = r#"{
///     "ticketNumber": "1733333333333042", "userId": "ana", "category": "PAGOS",
///     "description": "Me cobraron dos veces", "status": "OPEN", "priority": "HIGH",
///     "createdAt": "2024-12-04T17:28:53.333Z", "updatedAt": "2024-12-04T17:28:53.333Z",
///     "messages": null
/// }"#;
/// let ticket: Ticket = serde_json::from_str(stored)?;
/// assert_eq!(ticket.messages()[0].text.as_str(), "Me cobraron dos veces");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TicketRecord", into = "TicketRecord")]
pub struct Ticket {
    pub(crate) head: TicketHead,
    pub(crate) description: MessageText,
    pub(crate) messages: Vec<Message>,
    pub(crate) conversation_bytes: u32,
    pub(crate) notes: Vec<Note>,
    pub(crate) history: Vec<Event>,
    creation_key: Option<Box<CreationKey>>,
}

impl Ticket {
    pub(crate) fn from_parts(
        head: TicketHead,
        description: MessageText,
        messages: Vec<Message>,
        history: Vec<Event>,
        creation_key: Option<CreationKey>,
    ) -> Self {
        let mut ticket = Self {
            head,
            description,
            messages,
            conversation_bytes: 0,
            notes: Vec::new(),
            history,
            creation_key: creation_key.map(Box::new),
        };
        ticket.recount();
        ticket
    }

    /// Everything but the texts.
    #[must_use]
    pub const fn head(&self) -> &TicketHead {
        &self.head
    }

    /// The first description of the problem.
    #[must_use]
    pub const fn description(&self) -> &MessageText {
        &self.description
    }

    /// The conversation, in order of arrival.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How many bytes of text the conversation has.
    #[must_use]
    pub const fn conversation_bytes(&self) -> u32 {
        self.conversation_bytes
    }

    /// The internal notes, in order of arrival.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Who opened it and changed its fields, in order, the oldest dropped at the limit.
    #[must_use]
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// The key under which it was opened.
    #[must_use]
    pub fn creation_key(&self) -> Option<&CreationKey> {
        self.creation_key.as_deref()
    }

    /// Whether another ticket was asked for in the same words, so that one key may stand for both.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let by = Actor::Customer(ana.clone());
    /// # let (policy, now) = (Policy::default(), Timestamp::MIN);
    /// let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// let first = draft.open(TicketNumber::from_entropy(b"first."), &ana, &by, now, &policy)?;
    /// let again = draft.open(TicketNumber::from_entropy(b"again."), &ana, &by, now, &policy)?;
    /// assert!(first.asks_the_same_as(&again));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn asks_the_same_as(&self, other: &Ticket) -> bool {
        self.head.requester == other.head.requester
            && self.head.category == other.head.category
            && self.head.follow_up_of == other.head.follow_up_of
            && self.description == other.description
    }

    pub(crate) fn push(&mut self, message: Message) {
        self.conversation_bytes = self.conversation_bytes.saturating_add(bytes(&message));
        push_tight(&mut self.messages, message);
        self.head.message_count = Some(count(self.messages.len()));
    }

    fn recount(&mut self) {
        self.head.message_count = Some(count(self.messages.len()));
        self.conversation_bytes = self.messages.iter().map(bytes).fold(0, u32::saturating_add);
    }
}

fn bytes(message: &Message) -> u32 {
    count(message.text.bytes())
}

/// The stored form of a ticket, field by field: what a database document or JSON object holds.
///
/// Every field has been parsed by itself, texts by [`MessageText::restore`]. Turning it into a
/// [`Ticket`] can't fail and recomputes
/// what is derived, because another application may have left it stale or missing: an empty
/// conversation begins with the description, the first response is found among the messages, and
/// a live ticket isn't resolved.
///
/// ```
/// use ventanilla_domain::{Ticket, TicketRecord};
///
/// let mut record: TicketRecord = serde_json::from_str(r#"{
///     "ticketNumber": "TKT-ABC123", "userId": "ana", "category": "BUG", "description": "No carga",
///     "createdAt": "2026-03-02T12:00:00Z", "updatedAt": "2026-03-02T12:00:00Z",
///     "resolvedAt": "2026-03-03T12:00:00Z"
/// }"#)?;
/// assert_eq!(Ticket::from(record).head().resolved_at, None, "it is open");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields are those of Ticket and TicketHead")]
pub struct TicketRecord {
    pub ticket_number: TicketNumber,
    pub user_id: UserId,
    #[serde(deserialize_with = "crate::text::restored")]
    pub description: MessageText,
    pub category: Category,
    #[serde(default, deserialize_with = "null_is_absent")]
    pub status: Status,
    #[serde(default, deserialize_with = "null_is_absent")]
    pub priority: Priority,
    #[serde(default, deserialize_with = "null_is_absent")]
    pub messages: Vec<Message>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_key: Option<CreationKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<TicketNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Box<SlaTimers>>,
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Event>,
    #[serde(default, deserialize_with = "null_is_absent")]
    pub version: u64,
}

impl From<TicketRecord> for Ticket {
    fn from(mut record: TicketRecord) -> Self {
        if record.messages.is_empty() {
            let opening = Message::new(Author::Requester, record.description.clone(), record.created_at);
            record.messages.push(opening);
        }
        let requester = &record.user_id;
        let responses =
            record.messages.iter().filter(|message| message.author.is_response_to(requester));
        let first_response = responses.map(|message| message.created_at).min();
        let closed = record.status == Status::Closed;
        let head = TicketHead {
            ticket_number: record.ticket_number,
            category: record.category,
            status: record.status,
            priority: record.priority,
            assignee: record.assignee_id,
            created_at: record.created_at,
            updated_at: record.updated_at,
            first_response_at: record.first_response_at.or(first_response),
            resolved_at: record.resolved_at.filter(|_| !record.status.is_live()),
            closed_at: record.closed_at.filter(|_| closed),
            follow_up_of: record.follow_up_of,
            version: record.version,
            message_count: None,
            requester: record.user_id,
            sla: record.sla,
        };
        let mut ticket = Self::from_parts(
            head,
            record.description,
            record.messages,
            record.history,
            record.creation_key,
        );
        ticket.notes = record.notes;
        ticket
    }
}

impl From<Ticket> for TicketRecord {
    fn from(ticket: Ticket) -> Self {
        let head = ticket.head;
        Self {
            ticket_number: head.ticket_number,
            user_id: head.requester,
            description: ticket.description,
            category: head.category,
            status: head.status,
            priority: head.priority,
            messages: ticket.messages,
            created_at: head.created_at,
            updated_at: head.updated_at,
            assignee_id: head.assignee,
            first_response_at: head.first_response_at,
            resolved_at: head.resolved_at,
            closed_at: head.closed_at,
            creation_key: ticket.creation_key.map(|key| *key),
            follow_up_of: head.follow_up_of,
            sla: head.sla,
            notes: ticket.notes,
            history: ticket.history,
            version: head.version,
        }
    }
}
