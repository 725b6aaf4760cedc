//! Requests to change a ticket, and their outcomes.

use crate::{
    Actor, Change, Draft, Event, EventKind, Message, Note, Policy, Refusal, Ticket, TicketDetails,
    TicketHead, Timestamp, change::ChangeKind, util::count,
};

/// Request to change a ticket: actor, time, policy and change.
///
/// It holds everything that a decision needs except the ticket. [`Command::apply`] alone decides
/// and makes changes: a store reads a ticket, applies the command and stores the result, in one
/// atomic step.
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
/// let command = Command::new(&luis, now, &policy, Change::priority(Priority::High))?;
/// let Outcome::Applied { head, events } = command.apply(&mut ticket) else { panic!("it is open") };
/// assert_eq!((head.priority, head.version), (Priority::High, 1));
/// assert_eq!(events.len(), 1);
///
/// // Setting what is already so succeeds and changes nothing.
/// assert!(matches!(command.apply(&mut ticket), Outcome::Unchanged { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
    pub(crate) policy: Policy,
    pub(crate) change: Change,
}

impl Command {
    /// Creates a command, and checks what can be decided without the ticket.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPermitted`] if this kind of actor may never make such a change;
    /// [`Refusal::TextTooLong`], [`Refusal::TooManyAttachments`], [`Refusal::FileTooLarge`] and
    /// [`Refusal::MediaTypeNotAllowed`] if its text or files exceed the policy's limits.
    ///
    /// ```
    /// use ventanilla_domain::{Actor, Change, Command, Explain, Policy, Priority, Timestamp};
    ///
    /// let raise = Change::priority(Priority::Urgent);
    /// let refusal = Command::new(&Actor::Bot, Timestamp::MIN, &Policy::default(), raise).unwrap_err();
    /// assert_eq!(refusal.code(), "not_permitted");
    /// ```
    pub fn new(actor: &Actor, at: Timestamp, policy: &Policy, change: Change) -> Result<Self, Refusal> {
        let command = Self { actor: actor.clone(), at, policy: policy.clone(), change };
        command.check_permission()?;
        command.check_content()?;
        Ok(command)
    }

    /// Returns the actor.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Returns the change.
    #[must_use]
    pub const fn change(&self) -> &Change {
        &self.change
    }

    /// Returns the time of the change, which its timestamps and events have.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Decides the change by the rules and makes it. Unless the outcome is [`Outcome::Applied`],
    /// the ticket is left as it was.
    ///
    /// A change that is made raises the ticket's version by one; the message, the note and the
    /// events that it adds have the new version.
    pub fn apply(&self, ticket: &mut Ticket) -> Outcome {
        match self.check(&ticket.state()) {
            Ok(()) => {
                let events = self.make(ticket);
                Outcome::Applied { head: ticket.head.clone(), events }
            }
            Err(Stop::NotFound) => Outcome::NotFound,
            Err(Stop::Unchanged) => Outcome::Unchanged { head: ticket.head.clone() },
            Err(Stop::Repeated(first)) => {
                Outcome::Repeated { head: ticket.head.clone(), events: self.events_of(first, ticket) }
            }
            Err(Stop::Refused(refusal)) => Outcome::Refused(refusal),
        }
    }

    /// Returns the refusal that the change would meet, given a ticket as it was read; `None` if
    /// there is none.
    ///
    /// The answer rests on the details given. Only the desk's details of the whole ticket predict
    /// [`apply`](Self::apply) for every change: a part of the conversation lacks the keys and the
    /// changes of its other messages, and the details for other audiences lack notes and versions.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let customer = Actor::Customer(ana.clone());
    /// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
    /// # let policy = Policy::default();
    /// # let ticket = new_ticket.open(number, &ana, &customer, now, &policy)?;
    /// # let ticket = ticket.details(&Audience::Desk, MessageRange::All).expect("everybody's");
    /// let confirm = Command::new(&customer, now, &policy, Change::status(Status::Closed))?;
    /// assert_eq!(confirm.refusal(&ticket).map(|refusal| refusal.code()), Some("transition_refused"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn refusal(&self, ticket: &TicketDetails) -> Option<Refusal> {
        match self.check(&ticket.state()) {
            Err(Stop::Refused(refusal)) => Some(refusal),
            Ok(()) | Err(Stop::NotFound | Stop::Unchanged | Stop::Repeated(_)) => None,
        }
    }

    /// Returns whether the change would be made to a ticket as it was read, that is neither refused
    /// nor unnecessary. It rests on the details given, as [`refusal`](Self::refusal) does.
    #[must_use]
    pub fn would_apply(&self, ticket: &TicketDetails) -> bool {
        self.check(&ticket.state()).is_ok()
    }

    /// Returns the events of the first time that a request was carried out, as far as the ticket
    /// still has them.
    fn events_of(&self, first: First, ticket: &Ticket) -> Vec<Event> {
        let role = self.actor.author().map(|author| author.role());
        let kind = if matches!(self.change.kind, ChangeKind::Note(_) | ChangeKind::HandOver(_)) {
            Some(EventKind::NoteAdded)
        } else {
            role.map(|role| EventKind::MessageAdded { role })
        };
        let (at, by, version) = (first.at, &self.actor, first.version);
        let written = kind.map(|kind| Event { at, by: by.clone(), version, kind });
        // Version 0 is that of creation, and of messages that another application wrote.
        let same = |event: &&Event| first.version > 0 && event.version == first.version;
        written.into_iter().chain(ticket.history.iter().filter(same).cloned()).collect()
    }
}

/// Result of a command, which was carried out as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The change was made.
    Applied {
        /// The ticket afterwards.
        head: TicketHead,
        /// Events that the change caused, in order.
        events: Vec<Event>,
    },
    /// The ticket was already in the state asked for.
    Unchanged {
        /// The ticket as it is.
        head: TicketHead,
    },
    /// The same request, known by its key, was carried out before.
    Repeated {
        /// The ticket as it is now.
        head: TicketHead,
        /// Events of the first time, as far as the ticket still has them.
        events: Vec<Event>,
    },
    /// The rules refuse the change.
    Refused(Refusal),
    /// There is no such ticket for this actor.
    NotFound,
}

/// Reason for which a command changes nothing.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The ticket is another requester's.
    NotFound,
    /// The ticket is already in the state asked for.
    Unchanged,
    /// The request was carried out before.
    Repeated(First),
    /// The rules refuse it.
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

/// Time at which a repeated request was first carried out, and the version that it led to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct First {
    pub(crate) at: Timestamp,
    pub(crate) version: u64,
}

impl From<&Message> for First {
    fn from(message: &Message) -> Self {
        Self { at: message.created_at, version: message.version }
    }
}

impl From<&Note> for First {
    fn from(note: &Note) -> Self {
        Self { at: note.created_at, version: note.version }
    }
}

/// The parts of a ticket on which decisions rest, common to [`Ticket`] and [`TicketDetails`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct State<'a> {
    pub(crate) head: &'a TicketHead,
    pub(crate) message_count: u32,
    pub(crate) conversation_bytes: u32,
    pub(crate) messages: &'a [Message],
    pub(crate) notes: &'a [Note],
    pub(crate) history: &'a [Event],
    pub(crate) draft: Option<&'a Draft>,
}

impl Ticket {
    pub(crate) fn state(&self) -> State<'_> {
        State {
            head: &self.head,
            message_count: count(self.messages.len()),
            conversation_bytes: self.conversation_bytes,
            messages: &self.messages,
            notes: &self.notes,
            history: &self.history,
            draft: self.draft.as_deref(),
        }
    }
}

impl TicketDetails {
    pub(crate) fn state(&self) -> State<'_> {
        let shown = count(self.messages.len());
        State {
            head: &self.head,
            message_count: self.head.message_count.unwrap_or(self.earlier_messages + shown),
            conversation_bytes: self.conversation_bytes,
            messages: &self.messages,
            notes: &self.notes,
            history: &self.history,
            draft: self.draft.as_ref(),
        }
    }
}
