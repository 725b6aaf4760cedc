//! What a change comes down to: the vocabulary between the rules and a store.

use arrayvec::ArrayVec;
use enumset::EnumSet;

use crate::{
    Actor, BusinessTime, Event, Message, Note, Priority, Refusal, SlaMetric, Status, TicketHead,
    Timestamp, UserId,
};

/// A change, worked out: the conditions under which it is made, and what it then does.
///
/// A plan is made without reading a ticket, by [`Change::plan`](crate::Change::plan), and is the
/// only statement of the rules. [`Plan::apply`] interprets it on a ticket in memory; a database
/// backend translates it, term by term, to one guarded command. Either way:
///
/// 1. the [guards](Guard) are looked at in order, and the first that fails is the answer;
/// 2. the [effects](Effect) are applied in order, each on what the one before left;
/// 3. [`Go`] then moves the status, so every condition before it saw the old one;
/// 4. whatever writes to the history keeps only its newest events.
///
/// It lives in inline arrays: nothing is on the heap but texts and ids of over 24 bytes.
///
/// ```
/// use ventanilla_domain::{Actor, Change, Effect, Go, Guard, Policy, Status, Timestamp, UserId};
///
/// let luis = Actor::Admin(UserId::parse("luis")?);
/// let plan = Change::status(Status::Closed).plan(&luis, Timestamp::MIN, &Policy::default())?;
/// assert_eq!(plan.guards()[0], Guard::StatusIsNot(Status::Closed));
/// assert_eq!(plan.go().map(|go| go.to), Some(Status::Closed));
/// assert!(plan.effects().contains(&Effect::Touch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) by: Actor,
    pub(crate) at: Timestamp,
    pub(crate) reading: Option<BusinessTime>,
    pub(crate) history_limit: u32,
    pub(crate) guards: ArrayVec<Guard, 8>,
    pub(crate) effects: ArrayVec<Effect, 8>,
    pub(crate) go: Option<Go>,
}

impl Plan {
    /// Who makes the change; every event that it causes says so.
    #[must_use]
    pub const fn by(&self) -> &Actor {
        &self.by
    }

    /// The time of the change, for every stamp and event.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What the desk's calendar reads at that time, for every clock; `None` where the desk promises
    /// nothing, and then the plan has no clock effects.
    #[must_use]
    pub const fn reading(&self) -> Option<BusinessTime> {
        self.reading
    }

    /// How many events the history keeps afterwards, the newest.
    #[must_use]
    pub const fn history_limit(&self) -> u32 {
        self.history_limit
    }

    /// The conditions, in the order in which they answer.
    #[must_use]
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// What is done, in order.
    #[must_use]
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// The move of the status, after every effect.
    #[must_use]
    pub const fn go(&self) -> Option<Go> {
        self.go
    }
}

/// A condition of a plan. Each says what the answer is where it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The requester is this one; else the ticket is [not there](Miss::NotFound).
    Owner(UserId),
    /// No message of this one's author has its key; else the change was
    /// [made before](Miss::Repeated), or, with another text, is a [`Refusal::KeyConflict`].
    KeyUnused(Message),
    /// The status isn't this one; else [nothing changes](Miss::Unchanged).
    StatusIsNot(Status),
    /// The field differs from this; else [nothing changes](Miss::Unchanged).
    Differs(Field),
    /// The status is one of these; else it is a [`Refusal::Closed`] where that is the status, and
    /// otherwise a [`Refusal::ReopenOver`] under [`Reopen::Never`](crate::Reopen::Never).
    Accepts(EnumSet<Status>),
    /// The status is one of `from`; else it is a [`Refusal::Transition`] to `to`.
    MayGo {
        /// The statuses from which the change may be made.
        from: EnumSet<Status>,
        /// The status asked for.
        to: Status,
    },
    /// A resolved ticket was resolved at this instant or later, by
    /// [`TicketHead::resolved_or_updated_at`]; else it is a [`Refusal::ReopenOver`].
    ResolvedSince {
        /// The first instant that passes.
        earliest: Timestamp,
        /// The window, for the refusal.
        policy: crate::Reopen,
    },
    /// It was resolved at this instant or earlier, by the same rule; else it is a
    /// [`Refusal::TooEarlyToClose`].
    ResolvedUntil {
        /// The last instant that passes.
        latest: Timestamp,
        /// How long it stays resolved, for the refusal.
        wait: crate::Days,
    },
    /// The version is this one; else it is a [`Refusal::VersionConflict`], which tells what
    /// happened since.
    Version(u64),
    /// Nobody has the ticket; else it is a [`Refusal::AlreadyAssigned`].
    Unassigned,
    /// One more message of `adding` bytes fits; else it is a [`Refusal::ConversationFull`].
    Room {
        /// How many messages may stand in the conversation.
        messages: u32,
        /// How many bytes of text may stand in it.
        bytes: u32,
        /// How many bytes the change adds.
        adding: u32,
    },
    /// One more note fits; else it is a [`Refusal::NotesFull`].
    NoteRoom {
        /// How many notes may stand beside the conversation.
        notes: u32,
    },
}

/// One thing that a plan does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Adds a message at the end of the conversation.
    Append(Message),
    /// Adds a note.
    AddNote(Note),
    /// Sets a field, and writes the event of it, old value included, to the history.
    Set(Field),
    /// Writes the plan's time to a stamp.
    Stamp(Stamp, When),
    /// Writes the plan's time to a stamp that is absent.
    StampOnce(Stamp, When),
    /// Takes a stamp away.
    Clear(Stamp, When),
    /// Moves the hands of these clocks, each where it is in a state for it. A ticket that was opened
    /// without a promise has none.
    Clock(ClockStep, EnumSet<SlaMetric>, When),
    /// Marks the ticket as changed: `version` grows by one, and `updatedAt` is the plan's time,
    /// unless it is later already.
    Touch,
}

/// A field that a plan compares and sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// The priority.
    Priority(Priority),
    /// The assignee; `None` puts the ticket back.
    Assignee(Option<UserId>),
}

/// A time that a ticket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// `firstResponseAt`.
    FirstResponse,
    /// `resolvedAt`.
    Resolved,
    /// `closedAt`.
    Closed,
}

/// What is done to a clock, by the plan's [reading](Plan::reading).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockStep {
    /// Starts it, due by the ticket's priority, unless it runs or one of these does. What it measured
    /// before is kept.
    Start {
        /// The clocks that hold it back.
        unless: EnumSet<SlaMetric>,
    },
    /// Stops it, if it runs: what it waited for came.
    Stop,
    /// Stops it, if it runs: what it waited for is no longer needed.
    Cancel,
    /// Lets it go on, if it had stopped, and leaves out the time between. It is due by the ticket's
    /// priority, unless that time had passed before it stopped.
    Resume,
    /// Makes it due by another priority, counted from its start, if it runs and isn't overdue.
    Retarget(Priority),
}

/// The condition of an effect, on the ticket as it was before the plan's [`Go`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In any case.
    Always,
    /// Where the plan's [`Go`] moves the status.
    Moves,
    /// Where the plan's actor isn't the requester.
    NotRequester,
}

/// The move of the status: from one of `from` to `to`, with its event in the history. A ticket in
/// another status stays there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Go {
    /// The statuses that are left.
    pub from: EnumSet<Status>,
    /// The status that is reached.
    pub to: Status,
}

/// What the guards of a plan look at: all of a ticket, or as much of it as a store read to learn
/// why its command missed.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Everything but the texts.
    pub head: &'a TicketHead,
    /// How many bytes of text the conversation has.
    pub conversation_bytes: u32,
    /// How many notes there are.
    pub notes: u32,
    /// The messages among which a key is looked for, and of which a conflict tells.
    pub messages: &'a [Message],
    /// The events of which a conflict tells.
    pub history: &'a [Event],
}

/// Why a plan wasn't carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// For this actor there is no such ticket.
    NotFound,
    /// It is so already.
    Unchanged,
    /// The same request was carried out before, at this time.
    Repeated {
        /// When its message arrived.
        at: Timestamp,
    },
    /// The rules refuse it.
    Refused(Refusal),
}

/// What came of a change. Whatever the answer, it is whole: all of the plan was done, or nothing.
///
/// ```
/// # use ventanilla_domain::*;
/// # let ana = UserId::parse("ana")?;
/// # let luis = Actor::Admin(UserId::parse("luis")?);
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
/// # let policy = Policy::default();
/// # let mut ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// let plan = Change::priority(Priority::High).plan(&luis, now, &policy)?;
/// assert!(matches!(plan.apply(&mut ticket), Outcome::Applied { .. }));
/// assert!(matches!(plan.apply(&mut ticket), Outcome::Unchanged { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Applied {
        /// The ticket afterwards.
        head: TicketHead,
        /// What happened, in order.
        events: Vec<Event>,
    },
    /// It was so already.
    Unchanged {
        /// The ticket as it is.
        head: TicketHead,
    },
    /// The same request, known by its key, was carried out before.
    Repeated {
        /// The ticket as it is now.
        head: TicketHead,
        /// What happened the first time, as far as the ticket still tells.
        events: Vec<Event>,
    },
    /// The rules refuse it.
    Refused(Refusal),
    /// For this actor there is no such ticket.
    NotFound,
}
