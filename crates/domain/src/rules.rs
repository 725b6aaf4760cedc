//! Business rules: for each change, who may make it, its preconditions and its effects.

use crate::{
    Actor, ActorKind, Attachment, AttachmentPolicy, BotPolicy, Command, Draft, Event, EventKind,
    IdempotencyKey, MediaType, Message, MessageText, NewMessage, Note, Policy, Priority, Reference,
    Refusal, Reopen, SeenConversation, SlaInstant, SlaMetric, SlaTimers, Status, Tag, Ticket,
    TicketDetails, TicketHead, Timestamp, UserId, Wait, Waiting,
    attachment::{are_same_files, bytes_of},
    change::{ChangeKind, Expected, Then},
    changes_since::{changes_since, conversation_changes},
    command::{First, State, Stop},
    sla::Moment,
    util::{count, push_tight},
};

/// Checks that need no ticket: permission, length of the text, and files.
impl Command {
    pub(crate) fn check_permission(&self) -> Result<(), Refusal> {
        let by = self.actor.kind();
        let permitted = match &self.change.kind {
            ChangeKind::Message { then: Then::Nothing, .. } => by != ActorKind::System,
            ChangeKind::Message { then: Then::Status(_) | Then::Wait(_), .. }
            | ChangeKind::Note(_)
            | ChangeKind::DiscardDraft
            | ChangeKind::Priority(_)
            | ChangeKind::Assign(_)
            | ChangeKind::Claim
            | ChangeKind::AddTag(_)
            | ChangeKind::RemoveTag(_)
            | ChangeKind::AddReference(_)
            | ChangeKind::RemoveReference(_)
            | ChangeKind::Wait(_)
            | ChangeKind::EndWait => by == ActorKind::Admin,
            ChangeKind::HandOver(_) | ChangeKind::Draft(_) => by == ActorKind::Bot,
            ChangeKind::Status(to) => !to.reachable_from(by).is_empty(),
        };
        if permitted { Ok(()) } else { Err(Refusal::NotPermitted { by }) }
    }

    pub(crate) fn check_content(&self) -> Result<(), Refusal> {
        match &self.change.kind {
            ChangeKind::Message { message, .. } => check_content(message, &self.policy),
            ChangeKind::Note(note) | ChangeKind::HandOver(note) => {
                check_length(&note.text, &self.policy)?;
                check_without_files(note)
            }
            ChangeKind::Draft(text) => check_length(text, &self.policy),
            ChangeKind::DiscardDraft
            | ChangeKind::Status(_)
            | ChangeKind::Priority(_)
            | ChangeKind::Assign(_)
            | ChangeKind::Claim
            | ChangeKind::AddTag(_)
            | ChangeKind::RemoveTag(_)
            | ChangeKind::AddReference(_)
            | ChangeKind::RemoveReference(_)
            | ChangeKind::Wait(_)
            | ChangeKind::EndWait => Ok(()),
        }
    }
}

/// Preconditions, in the order in which they are checked: requester, key, no change needed, status,
/// reopening, end of the wait, version or conversation, the bot's permission, room.
impl Command {
    pub(crate) fn check(&self, ticket: &State<'_>) -> Result<(), Stop> {
        let head = ticket.head;
        self.check_owner(head)?;
        match &self.change.kind {
            ChangeKind::Message { message, then } => {
                self.check_message_key(message, ticket)?;
                check_conversation(head, self.actor.kind(), self.at, &self.policy)?;
                match then {
                    // A status that needs no change doesn't prevent the message.
                    Then::Status(to) if *to != head.status => self.check_transition(head, *to)?,
                    Then::Wait(wait) => self.check_wait_end(*wait)?,
                    Then::Status(_) | Then::Nothing => {}
                }
                self.check_expected(ticket)?;
                check_bot(head, self.actor.kind(), &self.policy)?;
                check_room(ticket, count(message.text.bytes()), &self.policy)?;
                let stored = bytes_of(ticket.messages.iter().flat_map(|message| &message.attachments));
                self.policy.attachments.check_room(&message.attachments, stored)?;
            }
            ChangeKind::Note(note) => {
                self.check_note_key(note, ticket)?;
                self.check_expected(ticket)?;
                self.check_note_room(ticket)?;
            }
            ChangeKind::HandOver(reason) => {
                self.check_note_key(reason, ticket)?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
                check_bot_status(head, head.status.is_live())?;
                self.check_note_room(ticket)?;
            }
            ChangeKind::Draft(text) => {
                check_differs(ticket.draft.is_none_or(|draft| draft.text != *text))?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::DiscardDraft => {
                check_differs(ticket.draft.is_some())?;
                self.check_expected(ticket)?;
            }
            ChangeKind::Status(to) => {
                check_differs(*to != head.status)?;
                self.check_transition(head, *to)?;
                self.check_closing_time(head)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::Priority(to) => {
                check_differs(*to != head.priority)?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::Assign(to) => {
                check_differs(*to != head.assignee)?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::Claim => {
                check_differs(self.actor.user() != head.assignee.as_ref())?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
                check_unassigned(head)?;
            }
            ChangeKind::AddTag(tag) => {
                check_differs(!head.tags.contains(tag))?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
                check_tags(head.tags.len() + 1)?;
            }
            ChangeKind::AddReference(reference) => {
                check_differs(!head.about.contains(reference))?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
                check_references(head.about.len() + 1)?;
            }
            ChangeKind::RemoveTag(tag) => {
                check_differs(head.tags.contains(tag))?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::RemoveReference(reference) => {
                check_differs(head.about.contains(reference))?;
                self.check_not_closed(head)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::Wait(wait) => {
                check_differs(!head.wait_at(self.at).is_some_and(|waiting| waiting.is(*wait)))?;
                self.check_not_closed(head)?;
                self.check_wait_end(*wait)?;
                self.check_expected(ticket)?;
            }
            ChangeKind::EndWait => {
                check_differs(head.wait_at(self.at).is_some())?;
                self.check_expected(ticket)?;
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
        let same = |first: &Message| {
            first.text == message.text && are_same_files(&first.attachments, &message.attachments)
        };
        check_key(message, theirs.map(|first| (&first.key, same(first), First::from(first))))
    }

    fn check_note_key(&self, note: &NewMessage, ticket: &State<'_>) -> Result<(), Stop> {
        let theirs = ticket.notes.iter().filter(|earlier| earlier.by.as_ref() == self.actor.user());
        check_key(note, theirs.map(|first| (&first.key, first.text == note.text, First::from(first))))
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

    fn check_expected(&self, ticket: &State<'_>) -> Result<(), Refusal> {
        match self.change.expected {
            Expected::Any => Ok(()),
            Expected::Version(expected) => {
                let found = ticket.head.version;
                if expected == found {
                    return Ok(());
                }
                let changes = changes_since(expected, ticket, self.actor.kind());
                Err(Refusal::VersionConflict { expected, found, changes })
            }
            Expected::Conversation(seen) => self.check_not_overtaken(seen, ticket),
        }
    }

    /// Checks that nobody has written in the conversation and the status hasn't changed since it was
    /// read.
    fn check_not_overtaken(&self, seen: SeenConversation, ticket: &State<'_>) -> Result<(), Refusal> {
        let (status, changes) = (ticket.head.status, conversation_changes(seen, ticket));
        // A full history without an event as old as the reading may have dropped a status since.
        let is_dropped = ticket.history.len() >= self.policy.limits.history() as usize
            && seen.version.is_some_and(|seen| ticket.history.iter().all(|event| event.version > seen));
        let is_same = ticket.message_count == seen.messages && status == seen.status;
        if is_same && changes.is_empty() && !is_dropped && !is_updated_by_others(seen, ticket) {
            return Ok(());
        }
        let added = ticket.message_count.saturating_sub(seen.messages);
        Err(Refusal::ConversationChanged { status, added, changes })
    }

    fn check_wait_end(&self, wait: Wait) -> Result<(), Refusal> {
        match wait.until {
            Some(until) if until <= self.at => Err(Refusal::WaitOver { until }),
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

/// Returns whether the time of the last update is none that a change of ours since the reading has set:
/// another application sets it with each write and raises no version.
fn is_updated_by_others(seen: SeenConversation, ticket: &State<'_>) -> bool {
    seen.version.is_some_and(|version| {
        let public = ticket.history.iter().filter(|event| !event.kind.is_internal());
        let times = public.filter(|event| event.version > version).map(|event| event.at);
        ticket.head.updated_at != times.fold(seen.updated_at, Timestamp::max)
    })
}

/// Checks that the key of a text, if any, is new among the earlier texts of the same author, of which
/// each is the same as the new one or not.
fn check_key<'a>(
    new: &NewMessage,
    mut earlier: impl Iterator<Item = (&'a Option<IdempotencyKey>, bool, First)>,
) -> Result<(), Stop> {
    let Some(key) = &new.key else { return Ok(()) };
    match earlier.find(|(used, ..)| used.as_ref() == Some(key)) {
        None => Ok(()),
        Some((_, true, first)) => Err(Stop::Repeated(first)),
        Some((_, false, _)) => Err(Refusal::KeyConflict { key: key.clone() }.into()),
    }
}

fn check_differs(differs: bool) -> Result<(), Stop> {
    if differs { Ok(()) } else { Err(Stop::Unchanged) }
}

/// Checks that such an actor may write in the ticket at that time.
fn check_conversation(
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

/// Checks that the bot, if it is the author, may write in the conversation.
fn check_bot(head: &TicketHead, by: ActorKind, policy: &Policy) -> Result<(), Refusal> {
    let BotPolicy { statuses, until_first_response } = policy.bot;
    let is_answered = until_first_response && head.first_response_at.is_some();
    let may_write = statuses.contains(head.status) && !is_answered && head.handoff_at.is_none();
    check_bot_status(head, may_write || by != ActorKind::Bot)
}

fn check_bot_status(head: &TicketHead, is_allowed: bool) -> Result<(), Refusal> {
    if is_allowed {
        return Ok(());
    }
    let TicketHead { status, first_response_at, handoff_at, .. } = *head;
    Err(Refusal::BotNotAllowed { status, first_response_at, handoff_at })
}

fn check_room(ticket: &State<'_>, adding: u32, policy: &Policy) -> Result<(), Refusal> {
    let (messages, bytes) = (ticket.message_count, ticket.conversation_bytes);
    let limits = &policy.limits;
    if messages >= limits.messages() || bytes.saturating_add(adding) > limits.conversation_bytes() {
        return Err(Refusal::ConversationFull { messages, bytes, adding });
    }
    Ok(())
}

/// Checks that a ticket may have this many references.
pub(crate) fn check_references(references: usize) -> Result<(), Refusal> {
    if references > TicketHead::MAX_REFERENCES {
        return Err(Refusal::TooManyReferences { limit: count(TicketHead::MAX_REFERENCES) });
    }
    Ok(())
}

/// Checks that a ticket may have this many tags.
pub(crate) fn check_tags(tags: usize) -> Result<(), Refusal> {
    if tags > TicketHead::MAX_TAGS {
        return Err(Refusal::TooManyTags { limit: count(TicketHead::MAX_TAGS) });
    }
    Ok(())
}

/// Checks that the requester may write a message of any allowed length at that time.
pub(crate) fn check_any_message(
    ticket: &TicketDetails,
    at: Timestamp,
    policy: &Policy,
) -> Result<(), Refusal> {
    let state = ticket.state();
    check_conversation(state.head, ActorKind::Customer, at, policy)?;
    check_room(&state, longest_text(policy), policy)
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
        edit.remove_ended_wait();
        match &self.change.kind {
            ChangeKind::Message { message, then } => edit.add_message(message, *then),
            ChangeKind::Note(note) => edit.add_note(note),
            ChangeKind::HandOver(reason) => edit.hand_over(reason),
            ChangeKind::Draft(text) => edit.set_draft(text),
            ChangeKind::DiscardDraft => edit.discard_draft(),
            ChangeKind::Status(to) => edit.set_status(*to),
            ChangeKind::Priority(to) => edit.set_priority(*to),
            ChangeKind::Assign(to) => edit.set_assignee(to.as_ref()),
            ChangeKind::Claim => edit.set_assignee(self.actor.user()),
            ChangeKind::AddTag(tag) => edit.add_tag(tag),
            ChangeKind::RemoveTag(tag) => edit.remove_tag(tag),
            ChangeKind::AddReference(reference) => edit.add_reference(reference),
            ChangeKind::RemoveReference(reference) => edit.remove_reference(reference),
            ChangeKind::Wait(wait) => edit.wait(*wait),
            ChangeKind::EndWait => edit.end_wait(),
        }
        // Internal changes leave the time of the last update, or the requester would learn of them.
        if edit.events.iter().any(|event| !event.kind.is_internal()) {
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
    fn add_message(&mut self, message: &NewMessage, then: Then) {
        let (command, version) = (self.command, self.ticket.head.version);
        let Some(author) = command.actor.author() else { return };
        let responds = author.is_response_to(&self.ticket.head.requester);
        self.happened(EventKind::MessageAdded { role: author.role() });
        let added = Message::new(author, message.text.clone(), command.at)
            .with_key(message.key.clone())
            .with_version(version)
            .with_attachments(message.attachments.clone());
        self.ticket.push(added);
        self.ticket.draft = None;
        if responds {
            self.ticket.head.handoff_at = None;
            self.ticket.head.first_response_at.get_or_insert(command.at);
            self.timers(|timers, at| {
                timers.stop(SlaMetric::FirstResponse, at);
                timers.stop(SlaMetric::NextResponse, at);
            });
        }
        let is_requester = command.actor.kind() == ActorKind::Customer;
        if is_requester {
            self.timers(SlaTimers::start_next_response);
            self.end_wait();
        }
        match then {
            Then::Status(to) => self.set_status(to),
            Then::Wait(wait) => self.wait(wait),
            Then::Nothing if is_requester && self.ticket.head.status == Status::Resolved => {
                self.set_status(Status::Open);
            }
            Then::Nothing => {}
        }
    }

    fn add_note(&mut self, note: &NewMessage) {
        let by = self.command.actor.admin().cloned();
        let added = Note::new(by, note.text.clone(), self.command.at)
            .with_key(note.key.clone())
            .with_version(self.ticket.head.version);
        push_tight(&mut self.ticket.notes, added);
        self.happened(EventKind::NoteAdded);
    }

    fn hand_over(&mut self, reason: &NewMessage) {
        self.add_note(reason);
        self.ticket.head.handoff_at.get_or_insert(self.command.at);
        self.happened(EventKind::HandedOver);
    }

    fn set_draft(&mut self, text: &MessageText) {
        let draft = Draft::new(text.clone(), self.command.at, self.ticket.head.version);
        self.ticket.draft = Some(Box::new(draft));
        self.happened(EventKind::DraftAdded);
    }

    fn discard_draft(&mut self) {
        self.ticket.draft = None;
        self.happened(EventKind::DraftDiscarded);
    }

    /// Begins a wait, or changes the one that is on.
    fn wait(&mut self, wait: Wait) {
        self.set_status(Status::InProgress);
        let since = self.ticket.head.waiting.map_or(self.command.at, |waiting| waiting.since);
        let waiting = wait.since(since);
        let Waiting { until, party, .. } = waiting;
        if self.ticket.head.waiting.replace(waiting) == Some(waiting) {
            return;
        }
        let sla = self.command.policy.sla.clone();
        self.timers(|timers, now| {
            let instant = |at| Some(SlaInstant { at, business_time: sla?.business_time_at(at) });
            timers.pause(now, until.and_then(instant));
        });
        self.happened(EventKind::WaitingStarted { party, until });
    }

    /// Ends the wait, if one is on.
    fn end_wait(&mut self) {
        if self.ticket.head.waiting.take().is_some() {
            self.timers(SlaTimers::unpause);
            self.happened(EventKind::WaitingEnded);
        }
    }

    /// Removes a wait that ended by itself, or by another application.
    fn remove_ended_wait(&mut self) {
        let (head, at) = (&mut self.ticket.head, self.command.at);
        match head.waiting.filter(|_| head.wait_at(at).is_none()) {
            Some(ended) => {
                head.waiting = None;
                self.timers_at(ended.until.unwrap_or(at), SlaTimers::unpause);
            }
            // A wait that ended while the desk had no calendar has left its pause.
            None if head.waiting.is_none() => self.timers(|timers, _| timers.remove_pause()),
            None => {}
        }
    }

    /// Sets the status, and what depends on it: a closed ticket has a time at which it was resolved, a
    /// live one hasn't; on a ticket that isn't live, response timers are cancelled and the resolution
    /// timer is stopped. A wait and the bot's draft end with any change of the status.
    fn set_status(&mut self, to: Status) {
        if self.ticket.head.status == to {
            return;
        }
        self.end_wait();
        self.ticket.draft = None;
        let (head, at) = (&mut self.ticket.head, self.command.at);
        head.handoff_at = head.handoff_at.filter(|_| to.is_live());
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
        self.ticket.head.handoff_at = self.ticket.head.handoff_at.filter(|_| to.is_none());
        self.happened(EventKind::AssigneeChanged { from, to: to.cloned() });
    }

    fn add_tag(&mut self, tag: &Tag) {
        push_tight(&mut self.ticket.head.tags, tag.clone());
        self.happened(EventKind::TagAdded { tag: tag.clone() });
    }

    fn remove_tag(&mut self, tag: &Tag) {
        self.ticket.head.tags.retain(|other| other != tag);
        self.happened(EventKind::TagRemoved { tag: tag.clone() });
    }

    fn add_reference(&mut self, reference: &Reference) {
        push_tight(&mut self.ticket.head.about, reference.clone());
        self.happened(EventKind::ReferenceAdded { about: reference.clone() });
    }

    fn remove_reference(&mut self, reference: &Reference) {
        self.ticket.head.about.retain(|other| other != reference);
        self.happened(EventKind::ReferenceRemoved { about: reference.clone() });
    }

    /// Changes the SLA timers, if the ticket has some and the policy has a calendar.
    fn timers(&mut self, change: impl FnOnce(&mut SlaTimers, &Moment<'_>)) {
        self.timers_at(self.command.at, change);
    }

    /// Changes the SLA timers as of a time.
    fn timers_at(&mut self, at: Timestamp, change: impl FnOnce(&mut SlaTimers, &Moment<'_>)) {
        let (command, head) = (self.command, &mut self.ticket.head);
        if let (Some(timers), Some(sla)) = (&mut head.sla, &command.policy.sla) {
            let business_time = sla.business_time_at(at);
            let (by, priority) = (command.actor.admin(), head.priority);
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

/// Checks that the text and the files of a message are within the policy's limits.
fn check_content(message: &NewMessage, policy: &Policy) -> Result<(), Refusal> {
    check_length(&message.text, policy)?;
    policy.attachments.check_files(&message.attachments)
}

/// Checks that a note has no files.
fn check_without_files(note: &NewMessage) -> Result<(), Refusal> {
    match count(note.attachments.len()) {
        0 => Ok(()),
        files => Err(Refusal::TooManyAttachments { files, limit: 0 }),
    }
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
    /// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
    /// # let (number, now) = (TicketNumber::from_entropy(b"example"), Timestamp::MIN);
    /// # let policy = Policy::default();
    /// # let ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
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
        check_bot(state.head, by, self)?;
        check_room(&state, 1, self)?;
        let left = self.limits.conversation_bytes().saturating_sub(state.conversation_bytes);
        Ok(longest_text(self).min(left))
    }
}

/// Limits of attachments.
impl AttachmentPolicy {
    /// Checks the size of a file, or of the part of it that has arrived.
    ///
    /// # Errors
    ///
    /// [`Refusal::FileTooLarge`].
    pub fn check_bytes(&self, bytes: u64) -> Result<(), Refusal> {
        let limit = self.file_bytes;
        if bytes > limit { Err(Refusal::FileTooLarge { bytes, limit }) } else { Ok(()) }
    }

    /// Checks the media type that was found in a file's bytes; `None` if it is unknown.
    ///
    /// # Errors
    ///
    /// [`Refusal::MediaTypeNotAllowed`].
    pub fn check_media_type(&self, found: Option<&MediaType>) -> Result<(), Refusal> {
        if found.is_some_and(|found| self.allows(found)) {
            return Ok(());
        }
        Err(Refusal::MediaTypeNotAllowed { found: found.cloned(), allowed: self.media_types.to_vec() })
    }

    /// Checks the attachments of a new message.
    pub(crate) fn check_files(&self, added: &[Attachment]) -> Result<(), Refusal> {
        if added.len() > Attachment::MAX_OF_MESSAGE {
            let (files, limit) = (count(added.len()), count(Attachment::MAX_OF_MESSAGE));
            return Err(Refusal::TooManyAttachments { files, limit });
        }
        for file in added {
            self.check_bytes(file.bytes)?;
            self.check_media_type(Some(&file.media_type))?;
        }
        Ok(())
    }

    /// Checks that a ticket with files of so many bytes has room for those of a new message.
    pub(crate) fn check_room(&self, added: &[Attachment], stored: u64) -> Result<(), Refusal> {
        let (adding, limit) = (bytes_of(added), self.ticket_bytes);
        if adding > 0 && stored.saturating_add(adding) > limit {
            return Err(Refusal::AttachmentsFull { bytes: stored, adding, limit });
        }
        Ok(())
    }
}
