//! Plans carried out on a ticket in memory.

use enumset::EnumSet;

use crate::{
    ActorKind, ClockStep, Days, Effect, Event, EventKind, Facts, Field, Guard, Message, Miss, Outcome,
    Plan, Refusal, Reopen, SlaMetric, Stamp, Status, Ticket, TicketHead, Timestamp, When, past,
    ticket::push_tight,
};

impl<'a> Facts<'a> {
    /// What a head alone tells: the size of the conversation in bytes, keys, notes and what happened
    /// aside.
    #[must_use]
    pub const fn of_head(head: &'a TicketHead) -> Self {
        Self { head, conversation_bytes: 0, notes: 0, messages: &[], history: &[] }
    }
}

impl Plan {
    /// Looks at the guards, in order.
    ///
    /// # Errors
    ///
    /// The answer of the first guard that fails.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
    /// # let policy = Policy::default();
    /// # let ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
    /// let eva = Actor::Customer(UserId::parse("eva")?);
    /// let plan = Change::message(MessageText::parse("Hola")?).plan(&eva, now, &policy)?;
    /// assert_eq!(plan.check(&ticket.facts()), Err(Miss::NotFound), "it is Ana's");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, facts: &Facts<'_>) -> Result<(), Miss> {
        self.guards.iter().try_for_each(|guard| guard.check(facts, self.by.kind()))
    }

    /// Carries the plan out, if its guards pass: all of it, or nothing.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let by = Actor::Customer(ana.clone());
    /// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
    /// # let policy = Policy::default();
    /// # let mut ticket = draft.open(number, &ana, &by, now, &policy)?;
    /// let plan = Change::message(MessageText::parse("¿Hay novedades?")?).plan(&by, now, &policy)?;
    /// let Outcome::Applied { head, events } = plan.apply(&mut ticket) else { panic!("it is open") };
    /// assert_eq!(head.message_count, 2);
    /// assert_eq!(events[0].kind, EventKind::MessageAdded { role: Role::User });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply(&self, ticket: &mut Ticket) -> Outcome {
        match self.check(&ticket.facts()) {
            Ok(()) => {
                let events = self.carry_out(ticket);
                Outcome::Applied { head: ticket.head.clone(), events }
            }
            Err(miss) => self.missed(miss, ticket),
        }
    }

    /// The answer for a plan that missed, given the ticket as it is.
    #[must_use]
    pub fn missed(&self, miss: Miss, ticket: &Ticket) -> Outcome {
        match miss {
            Miss::NotFound => Outcome::NotFound,
            Miss::Refused(refusal) => Outcome::Refused(refusal),
            Miss::Unchanged => Outcome::Unchanged { head: ticket.head.clone() },
            Miss::Repeated { at } => {
                let head = ticket.head.clone();
                Outcome::Repeated { head, events: self.events_of(at, ticket) }
            }
        }
    }

    /// What the same request caused when it was carried out: its message, and what the actor
    /// changed in the same instant.
    fn events_of(&self, at: Timestamp, ticket: &Ticket) -> Vec<Event> {
        let sent = self.effects.iter().find_map(|effect| match effect {
            Effect::Append(message) => Some(past::version_of(message, &ticket.facts())),
            _ => None,
        });
        let message = sent.and_then(|version| self.message_event(version));
        let message = message.map(|event| Event { at, ..event });
        let changes = ticket.history.iter().filter(|event| event.at == at && event.by == self.by);
        let changes = changes.filter(|event| event.kind != EventKind::Created);
        message.into_iter().chain(changes.cloned()).collect()
    }

    fn message_event(&self, version: u64) -> Option<Event> {
        let role = self.by.author()?.role();
        Some(self.event(EventKind::MessageAdded { role }, version))
    }

    /// What carrying the plan out tells, given the version that the ticket then has and the events
    /// that were written to its history: those, and before them the messages and notes that were
    /// added.
    ///
    /// ```
    /// use ventanilla_domain::*;
    ///
    /// let plan = Change::message(MessageText::parse("Hola")?).plan(&Actor::Bot, Timestamp::MIN, &Policy::default())?;
    /// let events = plan.events(1, Vec::new());
    /// assert_eq!(events[0].kind, EventKind::MessageAdded { role: Role::SupportBot });
    /// assert_eq!(events[0].version, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn events(&self, version: u64, recorded: Vec<Event>) -> Vec<Event> {
        let added = self.effects.iter().filter_map(|effect| match effect {
            Effect::Append(_) => self.message_event(version),
            Effect::AddNote(_) => Some(self.event(EventKind::NoteAdded, version)),
            _ => None,
        });
        added.chain(recorded).collect()
    }

    fn carry_out(&self, ticket: &mut Ticket) -> Vec<Event> {
        let go = self.go.filter(|go| go.from.contains(ticket.head.status));
        let mut kinds = Vec::new();
        for effect in &self.effects {
            match effect {
                Effect::Append(message) => ticket.push(message.clone()),
                Effect::AddNote(note) => push_tight(&mut ticket.notes, note.clone()),
                Effect::Set(field) => kinds.push(set(&mut ticket.head, field)),
                Effect::Stamp(stamp, when) if self.holds(*when, ticket) => {
                    *slot(&mut ticket.head, *stamp) = Some(self.at);
                }
                Effect::StampOnce(stamp, when) if self.holds(*when, ticket) => {
                    slot(&mut ticket.head, *stamp).get_or_insert(self.at);
                }
                Effect::Clear(stamp, when) if self.holds(*when, ticket) => {
                    *slot(&mut ticket.head, *stamp) = None;
                }
                Effect::Clock(step, clocks, when) if self.holds(*when, ticket) => {
                    self.clock(*step, *clocks, &mut ticket.head);
                }
                Effect::Stamp(..) | Effect::StampOnce(..) | Effect::Clear(..) | Effect::Clock(..) => {}
                Effect::Touch => {
                    ticket.head.updated_at = ticket.head.updated_at.max(self.at);
                    ticket.head.version = ticket.head.version.saturating_add(1);
                }
            }
        }
        if let Some(go) = go {
            let from = std::mem::replace(&mut ticket.head.status, go.to);
            kinds.push(EventKind::StatusChanged { from, to: go.to });
        }
        let version = ticket.head.version;
        let recorded: Vec<Event> = kinds.into_iter().map(|kind| self.event(kind, version)).collect();
        self.record(&recorded, &mut ticket.history);
        self.events(version, recorded)
    }

    fn clock(&self, step: ClockStep, metrics: EnumSet<SlaMetric>, head: &mut TicketHead) {
        let (Some(clocks), Some(reading)) = (&mut head.sla, self.reading) else { return };
        let (by, at, priority) = (&self.by, self.at, head.priority);
        for metric in metrics {
            match step {
                ClockStep::Start { unless } => clocks.start(metric, unless, priority, at, reading),
                ClockStep::Stop => clocks.stop(metric, by, at, reading, false),
                ClockStep::Cancel => clocks.stop(metric, by, at, reading, true),
                ClockStep::Resume => clocks.resume(metric, priority, at, reading),
                ClockStep::Retarget(to) => clocks.retarget(metric, to, reading),
            }
        }
    }

    /// Writes events to the history, and drops the oldest at its limit.
    fn record(&self, events: &[Event], history: &mut Vec<Event>) {
        for event in events {
            push_tight(history, event.clone());
            let over = history.len().saturating_sub(self.history_limit as usize);
            history.drain(..over);
        }
    }

    fn holds(&self, when: When, ticket: &Ticket) -> bool {
        match when {
            When::Always => true,
            When::Moves => self.go.is_some_and(|go| go.from.contains(ticket.head.status)),
            When::NotRequester => self.by.user() != Some(&ticket.head.requester),
        }
    }

    fn event(&self, kind: EventKind, version: u64) -> Event {
        Event { at: self.at, by: self.by.clone(), version, kind }
    }
}

fn set(head: &mut TicketHead, field: &Field) -> EventKind {
    match field {
        Field::Priority(to) => {
            let from = std::mem::replace(&mut head.priority, *to);
            EventKind::PriorityChanged { from, to: *to }
        }
        Field::Assignee(to) => {
            let from = std::mem::replace(&mut head.assignee, to.clone());
            EventKind::AssigneeChanged { from, to: to.clone() }
        }
    }
}

fn slot(head: &mut TicketHead, stamp: Stamp) -> &mut Option<Timestamp> {
    match stamp {
        Stamp::FirstResponse => &mut head.first_response_at,
        Stamp::Resolved => &mut head.resolved_at,
        Stamp::Closed => &mut head.closed_at,
    }
}

impl Guard {
    pub(crate) fn check(&self, facts: &Facts<'_>, by: ActorKind) -> Result<(), Miss> {
        let head = facts.head;
        let refuse = |refusal| Err(Miss::Refused(refusal));
        match self {
            Guard::Owner(id) if *id != head.requester => Err(Miss::NotFound),
            Guard::KeyUnused(message) => key_unused(message, facts.messages),
            Guard::StatusIsNot(status) if *status == head.status => Err(Miss::Unchanged),
            Guard::Differs(field) if is_so(field, head) => Err(Miss::Unchanged),
            Guard::Accepts(statuses) if !statuses.contains(head.status) => refuse(match head.status {
                Status::Closed => Refusal::Closed { by },
                Status::Open | Status::InProgress | Status::Resolved => Refusal::ReopenOver {
                    resolved_at: head.resolved_or_updated_at(),
                    policy: Reopen::Never,
                },
            }),
            Guard::MayGo { from, to } if !from.contains(head.status) => {
                refuse(Refusal::Transition { from: head.status, to: *to, by })
            }
            Guard::ResolvedSince { earliest, policy }
                if head.status == Status::Resolved && head.resolved_or_updated_at() < *earliest =>
            {
                refuse(Refusal::ReopenOver {
                    resolved_at: head.resolved_or_updated_at(),
                    policy: *policy,
                })
            }
            Guard::ResolvedUntil { latest, wait } if head.resolved_or_updated_at() > *latest => {
                refuse(too_early(head.resolved_or_updated_at(), *wait))
            }
            Guard::Version(expected) if *expected != head.version => refuse(Refusal::VersionConflict {
                expected: *expected,
                found: head.version,
                changes: past::seen_since(*expected, facts, by),
            }),
            Guard::Unassigned => match &head.assignee {
                Some(to) => refuse(Refusal::AlreadyAssigned { to: to.clone() }),
                None => Ok(()),
            },
            Guard::Room { messages, bytes, adding }
                if head.message_count >= *messages
                    || facts.conversation_bytes.saturating_add(*adding) > *bytes =>
            {
                refuse(Refusal::ConversationFull {
                    messages: head.message_count,
                    bytes: facts.conversation_bytes,
                    adding: *adding,
                })
            }
            Guard::NoteRoom { notes } if facts.notes >= *notes => {
                refuse(Refusal::NotesFull { notes: facts.notes })
            }
            Guard::Owner(_)
            | Guard::StatusIsNot(_)
            | Guard::Differs(_)
            | Guard::Accepts(_)
            | Guard::MayGo { .. }
            | Guard::ResolvedSince { .. }
            | Guard::ResolvedUntil { .. }
            | Guard::Version(_)
            | Guard::Room { .. }
            | Guard::NoteRoom { .. } => Ok(()),
        }
    }
}

fn too_early(resolved_at: Timestamp, wait: Days) -> Refusal {
    Refusal::TooEarlyToClose { resolved_at, closes_at: resolved_at.plus(wait.duration()) }
}

fn is_so(field: &Field, head: &TicketHead) -> bool {
    match field {
        Field::Priority(priority) => *priority == head.priority,
        Field::Assignee(assignee) => *assignee == head.assignee,
    }
}

fn key_unused(message: &Message, messages: &[Message]) -> Result<(), Miss> {
    let used = |earlier: &&Message| earlier.key == message.key && earlier.author == message.author;
    match (&message.key, messages.iter().find(used)) {
        (Some(_), Some(earlier)) if earlier.text == message.text => {
            Err(Miss::Repeated { at: earlier.created_at })
        }
        (Some(key), Some(_)) => Err(Miss::Refused(Refusal::KeyConflict { key: key.clone() })),
        _ => Ok(()),
    }
}
