//! Business rules: for each change, who may make it, its preconditions and its effects.

use crate::{
    Actor, ActorKind, Command, Event, EventKind, IdempotencyKey, Message, MessageText, NewMessage, Note,
    Policy, Priority, Refusal, Reopen, SlaMetric, SlaTimers, Status, Ticket, TicketDetails, TicketHead,
    Timestamp, UserId,
    change::ChangeKind,
    changes_since::changes_since,
    command::{First, State, Stop},
    sla::Moment,
    util::{count, push_tight},
};

/// Checks that need no ticket: permission and length of the text.
impl Command {
    pub(crate) fn check_permission(&self) -> Result<(), Refusal> {
        let by = self.actor.kind();
        let permitted = match &self.change.kind {
            ChangeKind::Message { status: None, .. } => by != ActorKind::System,
            ChangeKind::Message { status: Some(_), .. }
            | ChangeKind::Note(_)
            | ChangeKind::Priority(_)
            | ChangeKind::Assign(_)
            | ChangeKind::Claim => by == ActorKind::Admin,
            ChangeKind::Status(to) => !to.reachable_from(by).is_empty(),
        };
        if permitted { Ok(()) } else { Err(Refusal::NotPermitted { by }) }
    }

    pub(crate) fn check_text(&self) -> Result<(), Refusal> {
        match &self.change.kind {
            ChangeKind::Message { message, .. } => check_length(&message.text, &self.policy),
            ChangeKind::Note(note) => check_length(&note.text, &self.policy),
            ChangeKind::Status(_)
            | ChangeKind::Priority(_)
            | ChangeKind::Assign(_)
            | ChangeKind::Claim => Ok(()),
        }
    }
}

/// Preconditions, in the order in which they are checked: requester, key, no change needed, status,
/// reopening, version, room.
impl Command {
    pub(crate) fn check(&self, ticket: &State<'_>) -> Result<(), Stop> {
        let head = ticket.head;
        self.check_owner(head)?;
        match &self.change.kind {
            ChangeKind::Message { message, status } => {
                self.check_message_key(message, ticket)?;
                check_conversation(head, self.actor.kind(), self.at, &self.policy)?;
                // A status that needs no change doesn't prevent the message.
                if let Some(to) = status.filter(|to| *to != head.status) {
                    self.check_transition(head, to)?;
                }
                self.check_version(ticket)?;
                check_room(ticket, count(message.text.bytes()), &self.policy)?;
            }
            ChangeKind::Note(note) => {
                self.check_note_key(note, ticket)?;
                self.check_version(ticket)?;
                self.check_note_room(ticket)?;
            }
            ChangeKind::Status(to) => {
                check_differs(*to != head.status)?;
                self.check_transition(head, *to)?;
                self.check_closing_time(head)?;
                self.check_version(ticket)?;
            }
            ChangeKind::Priority(to) => {
                check_differs(*to != head.priority)?;
                self.check_not_closed(head)?;
                self.check_version(ticket)?;
            }
            ChangeKind::Assign(to) => {
                check_differs(*to != head.assignee)?;
                self.check_not_closed(head)?;
                self.check_version(ticket)?;
            }
            ChangeKind::Claim => {
                check_differs(self.actor.user() != head.assignee.as_ref())?;
                self.check_not_closed(head)?;
                self.check_version(ticket)?;
                check_unassigned(head)?;
            }
        }
        Ok(())
    }

    /// Another customer's ticket is indistinguishable from a missing one.
    fn check_owner(&self, head: &TicketHead) -> Result<(), Stop> {
        match &self.actor {
            Actor::Customer(id) if *id != head.requester => Err(Stop::NotFound),
            Actor::Customer(_) | Actor::Admin(_) | Actor::Bot | Actor::System => Ok(()),
        }
    }

    fn check_message_key(&self, message: &NewMessage, ticket: &State<'_>) -> Result<(), Stop> {
        let author = self.actor.author();
        let theirs = ticket.messages.iter().filter(|earlier| Some(&earlier.author) == author.as_ref());
        check_key(message, theirs.map(|first| (&first.key, &first.text, First::from(first))))
    }

    fn check_note_key(&self, note: &NewMessage, ticket: &State<'_>) -> Result<(), Stop> {
        let theirs = ticket.notes.iter().filter(|earlier| Some(&earlier.by) == self.actor.user());
        check_key(note, theirs.map(|first| (&first.key, &first.text, First::from(first))))
    }

    fn check_transition(&self, head: &TicketHead, to: Status) -> Result<(), Refusal> {
        let (from, by) = (head.status, self.actor.kind());
        if to.reachable_from(by).contains(from) {
            Ok(())
        } else {
            Err(Refusal::Transition { from, to, by })
        }
    }

    /// The system closes only what has been resolved for some days.
    fn check_closing_time(&self, head: &TicketHead) -> Result<(), Refusal> {
        let resolved_at = head.resolved_or_updated_at();
        let wait = self.policy.close_after.duration();
        if self.actor.kind() == ActorKind::System && resolved_at > self.at.minus(wait) {
            return Err(Refusal::TooEarlyToClose { resolved_at, closes_at: resolved_at.plus(wait) });
        }
        Ok(())
    }

    fn check_not_closed(&self, head: &TicketHead) -> Result<(), Refusal> {
        if head.status == Status::Closed {
            return Err(Refusal::Closed { by: self.actor.kind() });
        }
        Ok(())
    }

    fn check_version(&self, ticket: &State<'_>) -> Result<(), Refusal> {
        let found = ticket.head.version;
        match self.change.expected {
            Some(expected) if expected != found => {
                let changes = changes_since(expected, ticket, self.actor.kind());
                Err(Refusal::VersionConflict { expected, found, changes })
            }
            _ => Ok(()),
        }
    }

    fn check_note_room(&self, ticket: &State<'_>) -> Result<(), Refusal> {
        let notes = count(ticket.notes.len());
        if notes >= self.policy.limits.notes() {
            return Err(Refusal::NotesFull { notes });
        }
        Ok(())
    }
}

/// Checks that the key of a text, if any, is new among the earlier texts of the same author.
fn check_key<'a>(
    new: &NewMessage,
    mut earlier: impl Iterator<Item = (&'a Option<IdempotencyKey>, &'a MessageText, First)>,
) -> Result<(), Stop> {
    let Some(key) = &new.key else { return Ok(()) };
    match earlier.find(|(used, ..)| used.as_ref() == Some(key)) {
        None => Ok(()),
        Some((_, text, first)) if *text == new.text => Err(Stop::Repeated(first)),
        Some(_) => Err(Refusal::KeyConflict { key: key.clone() }.into()),
    }
}

fn check_differs(differs: bool) -> Result<(), Stop> {
    if differs { Ok(()) } else { Err(Stop::Unchanged) }
}

/// Checks that such an actor may write in the ticket at that time.
pub(crate) fn check_conversation(
    head: &TicketHead,
    by: ActorKind,
    at: Timestamp,
    policy: &Policy,
) -> Result<(), Refusal> {
    match (head.status, by) {
        (Status::Closed, _) => Err(Refusal::Closed { by }),
        (Status::Resolved, ActorKind::Customer) => {
            let resolved_at = head.resolved_or_updated_at();
            let may_reopen = match policy.reopen {
                Reopen::Always => true,
                Reopen::Never => false,
                Reopen::Within(days) => resolved_at >= at.minus(days.duration()),
            };
            let refusal = Refusal::ReopenOver { resolved_at, policy: policy.reopen };
            if may_reopen { Ok(()) } else { Err(refusal) }
        }
        (Status::Open | Status::InProgress | Status::Resolved, _) => Ok(()),
    }
}

fn check_room(ticket: &State<'_>, adding: u32, policy: &Policy) -> Result<(), Refusal> {
    let (messages, bytes) = (ticket.message_count, ticket.conversation_bytes);
    let limits = &policy.limits;
    if messages >= limits.messages() || bytes.saturating_add(adding) > limits.conversation_bytes() {
        return Err(Refusal::ConversationFull { messages, bytes, adding });
    }
    Ok(())
}

fn check_unassigned(head: &TicketHead) -> Result<(), Refusal> {
    match &head.assignee {
        Some(to) => Err(Refusal::AlreadyAssigned { to: to.clone() }),
        None => Ok(()),
    }
}

/// Effects of changes.
impl Command {
    /// Makes the change, whose preconditions all hold.
    pub(crate) fn make(&self, ticket: &mut Ticket) -> Vec<Event> {
        ticket.head.version = ticket.head.version.saturating_add(1);
        let mut edit = TicketEdit { command: self, ticket, events: Vec::new() };
        match &self.change.kind {
            ChangeKind::Message { message, status } => edit.add_message(message, *status),
            ChangeKind::Note(note) => edit.add_note(note),
            ChangeKind::Status(to) => edit.set_status(*to),
            ChangeKind::Priority(to) => edit.set_priority(*to),
            ChangeKind::Assign(to) => edit.set_assignee(to.as_ref()),
            ChangeKind::Claim => edit.set_assignee(self.actor.user()),
        }
        // A note doesn't change the time of the last update, or the requester would learn of it.
        if !matches!(self.change.kind, ChangeKind::Note(_)) {
            edit.ticket.head.updated_at = edit.ticket.head.updated_at.max(self.at);
        }
        edit.events
    }
}

/// A change that is being made to a ticket.
struct TicketEdit<'a> {
    command: &'a Command,
    ticket: &'a mut Ticket,
    events: Vec<Event>,
}

impl TicketEdit<'_> {
    fn add_message(&mut self, message: &NewMessage, status: Option<Status>) {
        let (command, version) = (self.command, self.ticket.head.version);
        let Some(author) = command.actor.author() else { return };
        let responds = author.is_response_to(&self.ticket.head.requester);
        self.happened(EventKind::MessageAdded { role: author.role() });
        let added = Message::new(author, message.text.clone(), command.at)
            .with_key(message.key.clone())
            .with_version(version);
        self.ticket.push(added);
        if responds {
            self.ticket.head.first_response_at.get_or_insert(command.at);
            self.timers(|timers, at| {
                timers.stop(SlaMetric::FirstResponse, at);
                timers.stop(SlaMetric::NextResponse, at);
            });
        }
        let is_requester = command.actor.kind() == ActorKind::Customer;
        if is_requester {
            self.timers(SlaTimers::start_next_response);
        }
        let reopens = is_requester && self.ticket.head.status == Status::Resolved;
        if let Some(to) = status.or(reopens.then_some(Status::Open)) {
            self.set_status(to);
        }
    }

    fn add_note(&mut self, note: &NewMessage) {
        let Actor::Admin(by) = &self.command.actor else { return };
        let added = Note::new(by.clone(), note.text.clone(), self.command.at)
            .with_key(note.key.clone())
            .with_version(self.ticket.head.version);
        push_tight(&mut self.ticket.notes, added);
        self.happened(EventKind::NoteAdded);
    }

    /// Sets the status, and the timestamps and timers that depend on it: a closed ticket has a time
    /// at which it was resolved, a live one hasn't; on a ticket that isn't live, response timers
    /// are cancelled and the resolution timer is paused.
    fn set_status(&mut self, to: Status) {
        let (head, at) = (&mut self.ticket.head, self.command.at);
        if head.status == to {
            return;
        }
        let from = std::mem::replace(&mut head.status, to);
        match to {
            Status::Open | Status::InProgress => head.resolved_at = None,
            Status::Resolved => head.resolved_at = Some(at),
            Status::Closed => {
                head.resolved_at.get_or_insert(at);
                head.closed_at = Some(at);
            }
        }
        self.timers(|timers, at| {
            if to.is_live() {
                timers.resume(SlaMetric::Resolution, at);
            } else {
                timers.cancel(SlaMetric::FirstResponse, at);
                timers.cancel(SlaMetric::NextResponse, at);
                timers.stop(SlaMetric::Resolution, at);
            }
        });
        self.happened(EventKind::StatusChanged { from, to });
    }

    fn set_priority(&mut self, to: Priority) {
        let from = std::mem::replace(&mut self.ticket.head.priority, to);
        self.timers(SlaTimers::retarget);
        self.happened(EventKind::PriorityChanged { from, to });
    }

    fn set_assignee(&mut self, to: Option<&UserId>) {
        let from = std::mem::replace(&mut self.ticket.head.assignee, to.cloned());
        self.happened(EventKind::AssigneeChanged { from, to: to.cloned() });
    }

    /// Changes the SLA timers, if the ticket has some and the policy has a calendar.
    fn timers(&mut self, change: impl FnOnce(&mut SlaTimers, &Moment<'_>)) {
        let (command, head) = (self.command, &mut self.ticket.head);
        if let (Some(timers), Some(sla)) = (&mut head.sla, &command.policy.sla) {
            let business_time = sla.business_time_at(command.at);
            let (by, at, priority) = (command.actor.admin(), command.at, head.priority);
            change(timers, &Moment { by, at, business_time, priority });
        }
    }

    /// Adds an event, and keeps it in the history if that keeps its kind.
    fn happened(&mut self, kind: EventKind) {
        let (command, version) = (self.command, self.ticket.head.version);
        let event = Event { at: command.at, by: command.actor.clone(), version, kind };
        if event.kind.is_recorded() {
            let history = &mut self.ticket.history;
            push_tight(history, event.clone());
            let over = history.len().saturating_sub(command.policy.limits.history() as usize);
            history.drain(..over);
        }
        self.events.push(event);
    }
}

/// Checks that this actor may open a ticket of that requester: the requester, or an administrator;
/// and that it follows up, if any, a ticket of the same requester.
pub(crate) fn may_open(
    by: &Actor,
    requester: &UserId,
    followed: Option<&UserId>,
) -> Result<(), Refusal> {
    let theirs = followed.is_none_or(|owner| owner == requester);
    let permitted = match by {
        Actor::Customer(id) => id == requester,
        Actor::Admin(_) => true,
        Actor::Bot | Actor::System => false,
    };
    if theirs && permitted { Ok(()) } else { Err(Refusal::NotPermitted { by: by.kind() }) }
}

/// Checks that a text is within the policy's limit.
pub(crate) fn check_length(text: &MessageText, policy: &Policy) -> Result<(), Refusal> {
    let (bytes, limit) = (count(text.bytes()), longest_text(policy));
    if bytes > limit { Err(Refusal::TextTooLong { bytes, limit }) } else { Ok(()) }
}

fn longest_text(policy: &Policy) -> u32 {
    policy.limits.text_bytes().min(policy.limits.conversation_bytes())
}

impl Policy {
    /// Returns the maximum bytes of a message that such an actor may write at that time.
    ///
    /// # Errors
    ///
    /// The refusal that even the shortest message would meet.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// # let ana = UserId::parse("ana")?;
    /// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
    /// # let policy = Policy::default();
    /// # let ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
    /// let ticket = ticket.details(&Audience::Requester(ana), MessageRange::All).expect("it is Ana's");
    /// assert_eq!(policy.writable(&ticket, ActorKind::Customer, now), Ok(16 * 1024));
    /// assert!(policy.writable(&ticket, ActorKind::System, now).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn writable(
        &self,
        ticket: &TicketDetails,
        by: ActorKind,
        at: Timestamp,
    ) -> Result<u32, Refusal> {
        if by == ActorKind::System {
            return Err(Refusal::NotPermitted { by });
        }
        let state = ticket.state();
        check_conversation(state.head, by, at, self)?;
        check_room(&state, 1, self)?;
        let left = self.limits.conversation_bytes().saturating_sub(state.conversation_bytes);
        Ok(longest_text(self).min(left))
    }
}
