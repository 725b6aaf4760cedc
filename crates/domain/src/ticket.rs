//! A whole ticket, and its stored form.

use serde::{Deserialize, Serialize};

use crate::{
    Attachment, Author, Category, CreationKey, Draft, Event, EventKind, Message, MessageText, Note,
    Priority, Reference, Sla, SlaMetric, SlaTimers, Status, Tag, TicketNumber, Timestamp, UserId,
    Waiting,
    attachment::are_same_files,
    sla::Moment,
    util::{count, distinct, null_is_absent, push_tight},
};

/// A whole ticket, as a store keeps it. Readers get its [`TicketDetails`](crate::TicketDetails).
///
/// - it has at least one message: the description, from the requester, if there is no other;
/// - while it is live it has no time at which it was resolved or closed;
/// - `message_count` and the conversation's size are those of its messages.
///
/// It is opened by [`NewTicket::open`](crate::NewTicket::open), changed only by
/// [`Command::apply`](crate::Command::apply), and read back from a [`TicketRecord`], which is also
/// its JSON form.
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
    pub(crate) draft: Option<Box<Draft>>,
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
            draft: None,
            creation_key: creation_key.map(Box::new),
        };
        ticket.recount();
        ticket
    }

    /// Returns the ticket without its texts.
    #[must_use]
    pub const fn head(&self) -> &TicketHead {
        &self.head
    }

    /// Returns the description of the problem.
    #[must_use]
    pub const fn description(&self) -> &MessageText {
        &self.description
    }

    /// Returns the conversation, in order of arrival.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the number of bytes of text in the conversation.
    #[must_use]
    pub const fn conversation_bytes(&self) -> u32 {
        self.conversation_bytes
    }

    /// Returns the internal notes, in order of arrival.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns the history: creation and changes of fields, in order, the oldest dropped at the
    /// limit.
    #[must_use]
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// Returns the reply that the bot proposes.
    #[must_use]
    pub fn draft(&self) -> Option<&Draft> {
        self.draft.as_deref()
    }

    /// Returns the key under which it was opened.
    #[must_use]
    pub fn creation_key(&self) -> Option<&CreationKey> {
        self.creation_key.as_deref()
    }

    /// Returns whether another ticket is the same request, so that one idempotency key may stand
    /// for both. What they are about and their tags don't count: both may have changed since. Nor does a
    /// different author, if the history of either no longer has its opening.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let by = Actor::Customer(ana.clone());
    /// # let (policy, now) = (Policy::default(), Timestamp::MIN);
    /// let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// let first = new_ticket.open(TicketNumber::from_entropy(b"first."), &ana, &by, now, &policy)?;
    /// let again = new_ticket.open(TicketNumber::from_entropy(b"again."), &ana, &by, now, &policy)?;
    /// assert!(first.is_same_request(&again));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_same_request(&self, other: &Ticket) -> bool {
        self.head.requester == other.head.requester
            && self.head.category == other.head.category
            && self.head.follow_up_of == other.head.follow_up_of
            && self.description == other.description
            && are_same_files(self.first_files(), other.first_files())
            && self.opener().zip(other.opener()).is_none_or(|(one, other)| one == other)
    }

    /// Returns the person who opened it; `None` if the history doesn't have that, or not any more.
    #[must_use]
    pub fn opener(&self) -> Option<&UserId> {
        self.history.iter().find(|event| event.kind == EventKind::Created)?.by.user()
    }

    fn first_files(&self) -> &[Attachment] {
        self.messages.first().map_or(&[], |message| &message.attachments)
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

/// A ticket without its texts, which changes return and list rows contain.
///
/// Its JSON names are those of the stored collection: `ticketNumber`, `userId`, `assigneeId` ...;
/// what is absent is left out.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let number = TicketNumber::from_entropy(b"example");
/// # let now = "2026-03-02T12:00:00Z".parse()?;
/// # let ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &Policy::default())?;
/// let head: &TicketHead = ticket.head();
/// assert_eq!((head.status, head.priority), (Status::Open, Priority::Medium));
/// assert_eq!((head.message_count, head.version), (Some(1), 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TicketHead {
    /// The public number.
    pub ticket_number: TicketNumber,
    /// The customer whose problem it describes.
    #[serde(rename = "userId")]
    pub requester: UserId,
    /// The category.
    pub category: Category,
    /// The status.
    pub status: Status,
    /// The priority.
    pub priority: Priority,
    /// The administrator who is responsible for it.
    #[serde(rename = "assigneeId", default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<UserId>,
    /// Time of its opening.
    pub created_at: Timestamp,
    /// Time of its last change that isn't internal to the desk, such as a note or a wait.
    pub updated_at: Timestamp,
    /// Time of the first public message of an administrator who isn't the requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_at: Option<Timestamp>,
    /// Time at which it was last resolved, or closed without that; absent while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Time at which it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The ticket that this one follows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<TicketNumber>,
    /// References to what it is about, in order of addition, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<Reference>,
    /// Its tags, in order of addition, each once: for the desk only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The last wait, for the desk only. It may have ended ([`wait_at`](Self::wait_at)): the next
    /// change removes it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Time at which the bot asked for a human: for the desk only, and absent once an administrator has
    /// answered or has the ticket, and unless it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff_at: Option<Timestamp>,
    /// Number of changes that these crates made, notes included; 0 for audiences other than the
    /// desk, which would learn of notes by it.
    #[serde(default)]
    pub version: u64,
    /// Number of messages in the conversation; `None` in list rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_count: Option<u32>,
    /// SLA timers: for the desk only, and absent if the ticket was opened without an SLA policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Box<SlaTimers>>,
}

impl TicketHead {
    /// The maximum number of references to what a ticket is about.
    pub const MAX_REFERENCES: usize = 8;
    /// The maximum number of tags.
    pub const MAX_TAGS: usize = 8;

    /// Returns the SLA timers of the ticket; `None` if it was opened without an SLA policy.
    ///
    /// They are corrected for another application, which stops no timer and ends no pause: a timer
    /// that runs on a ticket that was answered or resolved stopped at that time, and a pause ended with
    /// its wait.
    #[must_use]
    pub fn timers(&self, sla: &Sla) -> Option<SlaTimers> {
        let mut timers = self.sla.as_deref()?.clone();
        let moment = |at| Moment {
            by: None,
            at,
            business_time: sla.business_time_at(at),
            priority: self.priority,
        };
        match self.waiting.map(|waiting| waiting.until) {
            Some(Some(until)) => timers.end_pause_by(&moment(until)),
            Some(None) => {}
            None => timers.remove_pause(),
        }
        let resolved = (!self.status.is_live()).then(|| self.resolved_or_updated_at());
        // A response on a resolved ticket was not waited for.
        let answered = self.first_response_at.filter(|at| resolved.is_none_or(|end| *at <= end));
        if let Some(at) = answered {
            timers.stop(SlaMetric::FirstResponse, &moment(at));
        }
        if let Some(at) = resolved {
            let moment = moment(at);
            timers.cancel(SlaMetric::FirstResponse, &moment);
            timers.cancel(SlaMetric::NextResponse, &moment);
            timers.stop(SlaMetric::Resolution, &moment);
        }
        Some(timers)
    }

    /// Returns the wait that is on at this time, if there is one.
    #[must_use]
    pub fn wait_at(&self, at: Timestamp) -> Option<&Waiting> {
        let is_on = |waiting: &&Waiting| self.status == Status::InProgress && waiting.is_on(at);
        self.waiting.as_ref().filter(is_on)
    }

    /// Returns the head without the fields that only the desk may see: SLA timers, version, tags, wait
    /// and hand-over.
    #[must_use]
    pub fn for_requester(mut self) -> Self {
        self.sla = None;
        self.version = 0;
        self.tags = Vec::new();
        self.waiting = None;
        self.handoff_at = None;
        self
    }

    /// Copies the head with the latest SLA timers only: a ticket may have hundreds of earlier ones.
    pub(crate) fn with_latest_timers(&self) -> Self {
        let latest = self.sla.as_deref().map(SlaTimers::latest);
        Self { sla: latest.map(Box::new), ..self.without_timers() }
    }

    /// Copies the head without its SLA timers.
    pub(crate) fn without_timers(&self) -> Self {
        Self {
            ticket_number: self.ticket_number.clone(),
            requester: self.requester.clone(),
            category: self.category.clone(),
            assignee: self.assignee.clone(),
            follow_up_of: self.follow_up_of.clone(),
            about: self.about.clone(),
            tags: self.tags.clone(),
            sla: None,
            ..*self
        }
    }

    /// Returns the instant from which the time for reopening counts: `resolved_at`, or else
    /// `updated_at`.
    #[must_use]
    pub fn resolved_or_updated_at(&self) -> Timestamp {
        self.resolved_at.unwrap_or(self.updated_at)
    }
}

/// Stored form of a ticket, field by field: the content of a database document or JSON object.
///
/// Each field has been parsed by itself, texts by [`MessageText::from_stored`]. Turning it into a
/// [`Ticket`] can't fail and recomputes the derived fields, because another application may have
/// left them stale or missing: an empty conversation begins with the description, the first
/// response is found among the messages, and a live ticket isn't resolved.
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
    #[serde(deserialize_with = "crate::text::from_stored")]
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
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<Reference>,
    #[serde(default, deserialize_with = "null_is_absent", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Box<Draft>>,
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
        let (waiting, handoff_at) = (record.wait(), record.handoff());
        let draft = record.draft.take().filter(|draft| record.is_current(draft));
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
            about: distinct(record.about),
            tags: distinct(record.tags),
            waiting,
            handoff_at,
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
        ticket.draft = draft;
        ticket
    }
}

/// Fields that another application leaves stale. Its messages have no version.
impl TicketRecord {
    /// Returns the messages that another application added after a time.
    ///
    /// The first message of a ticket that was opened here has no version either, and by another
    /// server's clock it may be later than this time.
    fn foreign_messages_after(&self, at: Timestamp) -> impl Iterator<Item = &Message> {
        let at = at.max(self.created_at);
        self.messages.iter().filter(move |message| message.version == 0 && message.created_at > at)
    }

    /// Returns the wait, which a message of the requester or another status may have ended.
    fn wait(&self) -> Option<Waiting> {
        let mut waiting = self.waiting?;
        let resolved = self.resolved_at.filter(|_| !self.status.is_live());
        if self.status != Status::InProgress {
            waiting.end_by(resolved.unwrap_or(self.updated_at));
        }
        let later = self.foreign_messages_after(waiting.since);
        let replies = later.filter(|message| message.author == Author::Requester);
        if let Some(first) = replies.map(|message| message.created_at).min() {
            waiting.end_by(first);
        }
        Some(waiting)
    }

    /// Returns the time of the hand-over, if no administrator has answered since.
    fn handoff(&self) -> Option<Timestamp> {
        let handoff = self.handoff_at.filter(|_| self.status.is_live())?;
        let mut later = self.foreign_messages_after(handoff);
        let is_answered = later.any(|message| message.author.is_response_to(&self.user_id));
        (!is_answered).then_some(handoff)
    }

    /// Returns whether nobody has written or closed the ticket since the draft.
    fn is_current(&self, draft: &Draft) -> bool {
        let is_overtaken = self.foreign_messages_after(draft.created_at).next().is_some();
        self.status != Status::Closed && !is_overtaken
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
            about: head.about,
            tags: head.tags,
            waiting: head.waiting,
            handoff_at: head.handoff_at,
            draft: ticket.draft,
            sla: head.sla,
            notes: ticket.notes,
            history: ticket.history,
            version: head.version,
        }
    }
}
