//! The events of one change of a ticket, with what it added.

use crate::{
    Audience, Event, Message, Note, Ticket, TicketHead,
    changes_since::{noted, written},
};

/// The events of one change of a ticket, with what it added: an item of a stream of events.
///
/// ```
/// # use ventanilla_domain::*;
/// # let (policy, now) = (Policy::default(), Timestamp::MIN);
/// # let ana = UserId::parse("ana")?;
/// # let luis = Actor::Admin(UserId::parse("luis")?);
/// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
/// # let number = TicketNumber::parse("TKT-ABC123")?;
/// # let mut ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// let reply = Change::reply(MessageText::parse("Ya carga")?, Status::Resolved);
/// Command::new(&luis, now, &policy, reply)?.apply(&mut ticket);
///
/// let change = ticket.events_of(1);
/// assert_eq!(change.id, "TKT-ABC123/1");
/// assert_eq!(change.messages[0].text.as_str(), "Ya carga");
/// assert_eq!(change.events.len(), 2, "a message and a status");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketEvents {
    /// Id of the change, which is the same each time that a stream has it. Only the desk's is unique.
    pub id: String,
    /// The ticket without its texts, as it was read after the change: later changes may be in it.
    pub head: TicketHead,
    /// The messages that were added.
    pub messages: Vec<Message>,
    /// The notes that were added; empty for audiences other than the desk.
    pub notes: Vec<Note>,
    /// The events, as the receipt of the change has them, as far as the ticket still has them. A message of
    /// an administrator whom another application didn't name has none.
    pub events: Vec<Event>,
    /// The version that the change led to, one more than that of the change before: a reader that misses
    /// one knows it. `None` if another application made the change, and for other audiences.
    pub version: Option<u64>,
}

impl TicketEvents {
    /// Creates the events of a change that another application made, given an id of it.
    #[must_use]
    pub fn of_other_application(id: &str, head: TicketHead, messages: Vec<Message>) -> Self {
        let requester = &head.requester;
        let events = messages.iter().filter_map(|message| written(message, requester)).collect();
        let id = format!("{}/{id}", head.ticket_number);
        Self { id, head, messages, notes: Vec::new(), events, version: None }
    }

    /// Returns whether an audience may see anything of the change.
    #[must_use]
    pub fn is_visible_to(&self, audience: &Audience) -> bool {
        let is_public = || self.events.iter().any(|event| !event.kind.is_internal());
        let shows = self.version.is_none() || !self.messages.is_empty() || is_public();
        audience.may_see(&self.head.requester) && (shows || matches!(audience, Audience::Desk))
    }

    /// Returns what an audience may see of the change; `None` if that is nothing.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let (policy, now) = (Policy::default(), Timestamp::MIN);
    /// # let ana = UserId::parse("ana")?;
    /// # let luis = Actor::Admin(UserId::parse("luis")?);
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = TicketNumber::parse("TKT-ABC123")?;
    /// # let mut ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
    /// Command::new(&luis, now, &policy, Change::note(MessageText::parse("Ojo")?))?.apply(&mut ticket);
    ///
    /// let note = ticket.events_of(1);
    /// assert!(note.clone().for_audience(&Audience::Desk).is_some());
    /// assert_eq!(note.for_audience(&Audience::Requester(ana)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_audience(mut self, audience: &Audience) -> Option<Self> {
        if !self.is_visible_to(audience) {
            return None;
        }
        if matches!(audience, Audience::Desk) {
            return Some(self);
        }
        self.events.retain(|event| !event.kind.is_internal());
        // The id has the version, by which notes could be counted.
        let times = self.events.iter().map(|event| event.at);
        let times = times.chain(self.messages.iter().map(|message| message.created_at));
        let at = times.max().unwrap_or(self.head.updated_at);
        self.id = format!("{}/{at}", self.head.ticket_number);
        self.events.iter_mut().for_each(|event| event.version = 0);
        self.messages.iter_mut().for_each(|message| message.version = 0);
        Some(Self { head: self.head.for_requester(), notes: Vec::new(), version: None, ..self })
    }
}

impl Ticket {
    /// Returns the events of the change that led to a version; 0 is the creation.
    #[must_use]
    pub fn events_of(&self, version: u64) -> TicketEvents {
        // Messages of another application have version 0 too.
        let added = if version == 0 { self.messages.get(..1) } else { Some(self.messages.as_slice()) };
        let messages: Vec<Message> = added
            .unwrap_or_default()
            .iter()
            .filter(|message| message.version == version)
            .cloned()
            .collect();
        let notes: Vec<Note> =
            self.notes.iter().filter(|note| note.version == version && version > 0).cloned().collect();
        let recorded = self.history.iter().filter(|event| event.version == version).cloned();
        let requester = &self.head.requester;
        let written = messages.iter().filter(|_| version > 0).filter_map(|it| written(it, requester));
        let events = written.chain(notes.iter().map(noted)).chain(recorded).collect();
        TicketEvents {
            id: format!("{}/{version}", self.head.ticket_number),
            head: self.head.clone(),
            messages,
            notes,
            events,
            version: Some(version),
        }
    }
}
