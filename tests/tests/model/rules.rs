//! Rules of change of the reference, written a second time in a plain form.

use ventanilla_service::{
    Event, EventKind, IdempotencyKey, MessageText, Policy, Priority, Status, Timestamp, UserId,
    error::Refusal,
    settings::Reopen,
    ticket::{Actor, ActorKind, Attachment, Author, Draft, Message, Note, Role, Wait, Waiting},
};

use super::{
    answer::{Answer, Head},
    files::are_alike,
    reference::{Ticket, Turn, World, too_long},
    step::{Files, Guard, Label, Request, Then, What, Words},
};

/// Reason for which nothing was done.
pub(crate) enum No {
    Unchanged,
    Repeated(Vec<Event>),
    Refused(Refusal),
}

/// Actor, time, policy, guard and files of a change.
struct Asker<'a> {
    by: &'a Actor,
    now: Timestamp,
    policy: &'a Policy,
    guard: Guard,
    files: Vec<Attachment>,
}

impl World {
    pub(crate) fn change(&mut self, request: &Request) -> Answer {
        let place = request.ticket.min(self.tickets.len());
        let refused = |refusal| Answer::Refused { ticket: place, refusal };
        let no_files = Files::default();
        let files = request.what.files().unwrap_or(&no_files);
        if let Some(missing) = self.look_up(&request.by, files) {
            return missing;
        }
        let text = request.what.text().map(|text| (text, text.clean));
        if let Some((_, Err(code))) = text {
            return Answer::Invalid(code);
        }
        if !is_permitted(&request.by, &request.what) {
            return refused(Refusal::NotPermitted { by: request.by.kind() });
        }
        match text {
            Some((text, Ok(clean))) if clean.len() > self.policy.limits.text_bytes() as usize => {
                return refused(too_long(&text.text(), &self.policy));
            }
            _ => {}
        }
        if let Some(refusal) = self.refuses_files_of(&request.what) {
            return refused(refusal);
        }
        if let Some(missing) = self.finds_files(&request.by, self.tickets.get(place), files) {
            return missing;
        }
        let files = self.handed(files);
        let missing = self.not_found(place);
        let Some(ticket) = self.tickets.get_mut(place).filter(|t| t.is_visible_to(&request.by)) else {
            return missing;
        };
        let (by, guard) = (&request.by, request.guard);
        let asker = Asker { by, now: self.now, policy: &self.policy, guard, files };
        let outcome = ticket.change(&request.what, &asker);
        let (mut events, repeated) = match outcome {
            Ok(events) => {
                ticket.date(&events, self.now);
                ticket.log.extend(events.iter().cloned());
                while ticket.history.len() > self.policy.limits.history() as usize {
                    ticket.history.remove(0);
                }
                (events, false)
            }
            Err(No::Unchanged) => (Vec::new(), false),
            Err(No::Repeated(events)) => (events, true),
            Err(No::Refused(refusal)) => return refused(refusal),
        };
        if !sees_inside(&request.by) {
            events.iter_mut().for_each(|event| event.version = 0);
        }
        Answer::Done { head: Box::new(ticket.head(&request.by, self.now)), events, repeated }
    }
}

impl Ticket {
    fn change(&mut self, what: &What, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        match what {
            What::Write(words, then) => self.write(words, *then, asker),
            What::Note(text, _) => self.note(text.text(), None, asker).map(|event| vec![event]),
            What::HandOver(words) => self.hand_over(words, asker),
            What::Draft(typed) => self.leave_draft(typed.text(), asker),
            What::DiscardDraft => self.discard_draft(asker),
            What::Status(to) => self.set_status(*to, asker),
            What::Priority(to) => self.set_priority(*to, asker),
            What::Assign(to) => self.assign(to.as_ref(), false, asker),
            What::Claim => self.assign(asker.by.user(), true, asker),
            What::Wait(wait) => self.wait(*wait, asker),
            What::EndWait => self.end_wait(asker),
            What::Add(label) => self.add_label(*label, asker),
            What::Remove(label) => self.remove_label(*label, asker),
        }
    }

    fn write(&mut self, words: &Words, then: Then, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let (author, role) = match asker.by {
            Actor::Customer(_) => (Author::Requester, Role::User),
            Actor::Admin(id) => (Author::Admin(Some(id.clone())), Role::Admin),
            Actor::Bot | Actor::System => (Author::Bot, Role::SupportBot),
        };
        let text = words.text.text();
        let written = |at, version| asker.event_at(at, version, EventKind::MessageAdded { role });
        if let Some(key) = &words.key {
            let sent = |m: &Message| m.key.as_ref() == Some(key) && m.author == author;
            if let Some(first) = self.messages.iter().find(|m| sent(m)) {
                if first.text != text || !are_alike(&first.attachments, &asker.files) {
                    return refuse(Refusal::KeyConflict { key: key.clone() });
                }
                let (at, version) = (first.created_at, first.version);
                let then = self.history.iter().filter(|event| event.version == version).cloned();
                return Err(No::Repeated([written(at, version)].into_iter().chain(then).collect()));
            }
        }
        if matches!(asker.by, Actor::Customer(_)) {
            self.accepts_requester(asker.now, asker.policy).map_err(No::Refused)?;
        } else if self.head.status == Status::Closed {
            return refuse(Refusal::Closed { by: asker.by.kind() });
        }
        match then {
            Then::Status(to) if to != self.head.status => self.may_go(to, asker)?,
            Then::Wait(wait) => asker.outlasts(wait)?,
            Then::Status(_) | Then::Nothing => {}
        }
        asker.expects(self)?;
        if *asker.by == Actor::Bot && (self.head.handoff_at.is_some() || !self.is_the_bots(asker.policy))
        {
            return refuse(self.not_the_bots(self.head.handoff_at));
        }
        let limits = &asker.policy.limits;
        if self.messages.len() == limits.messages() as usize
            || self.bytes() + text.bytes() > limits.conversation_bytes() as usize
        {
            return refuse(self.full(text.bytes()));
        }
        let limit = asker.policy.attachments.ticket_bytes;
        if let Some(refusal) = self.is_full_of_files(&asker.files, limit) {
            return refuse(refusal);
        }

        self.begin(asker);
        let message = Message::new(author, text, asker.now).with_key(words.key.clone());
        let message = message.with_attachments(asker.files.clone());
        self.messages.push(message.with_version(self.head.version));
        self.draft = None;
        let answers = matches!(asker.by, Actor::Admin(id) if *id != self.head.requester);
        if answers {
            self.head.handoff_at = None;
            self.head.first_response_at = self.head.first_response_at.or(Some(asker.now));
        }
        if let Some(sla) = &mut self.sla {
            if answers {
                sla.answered(asker.by, asker.now);
            } else if matches!(asker.by, Actor::Customer(_)) {
                sla.asked(asker.now, self.head.priority);
            }
        }
        let mut events = vec![written(asker.now, self.head.version)];
        let asks = matches!(asker.by, Actor::Customer(_));
        if asks {
            events.extend(self.stop_waiting(asker));
        }
        match then {
            Then::Status(to) => events.extend(self.go(to, asker)),
            Then::Wait(wait) => events.extend(self.start_waiting(wait, asker)),
            Then::Nothing if asks && self.head.status == Status::Resolved => {
                events.extend(self.go(Status::Open, asker));
            }
            Then::Nothing => {}
        }
        Ok(events)
    }

    fn note(
        &mut self,
        text: MessageText,
        key: Option<IdempotencyKey>,
        asker: &Asker<'_>,
    ) -> Result<Event, No> {
        let by = asker.by.user().cloned();
        asker.expects(self)?;
        if let Actor::Bot = asker.by
            && !self.is_live()
        {
            return refuse(self.not_the_bots(self.head.handoff_at));
        }
        if self.notes.len() == asker.policy.limits.notes() as usize {
            return refuse(Refusal::NotesFull { notes: self.notes.len() as u32 });
        }
        self.begin(asker);
        let note = Note::new(by, text, asker.now).with_key(key);
        self.notes.push(note.with_version(self.head.version));
        Ok(asker.event_at(asker.now, self.head.version, EventKind::NoteAdded))
    }

    fn hand_over(&mut self, words: &Words, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let sent = |note: &&Note| note.by.is_none() && note.key.is_some() && note.key == words.key;
        if let Some(first) = self.notes.iter().find(sent) {
            if first.text != words.text.text() {
                return refuse(Refusal::KeyConflict { key: words.key.clone().unwrap() });
            }
            let noted = asker.event_at(first.created_at, first.version, EventKind::NoteAdded);
            let then = self.history.iter().filter(|event| event.version == first.version).cloned();
            return Err(No::Repeated([noted].into_iter().chain(then).collect()));
        }
        self.must_not_be_closed(asker)?;
        let noted = self.note(words.text.text(), words.key.clone(), asker)?;
        self.head.handoff_at = self.head.handoff_at.or(Some(asker.now));
        Ok(vec![noted, self.record(EventKind::HandedOver, asker)])
    }

    fn leave_draft(&mut self, text: MessageText, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        if self.draft.as_ref().is_some_and(|draft| draft.text == text) {
            return Err(No::Unchanged);
        }
        self.must_not_be_closed(asker)?;
        asker.expects(self)?;
        self.begin(asker);
        self.draft = Some(Draft::new(text, asker.now, self.head.version));
        Ok(vec![self.record(EventKind::DraftAdded, asker)])
    }

    fn discard_draft(&mut self, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        if self.draft.is_none() {
            return Err(No::Unchanged);
        }
        asker.expects(self)?;
        self.begin(asker);
        self.draft = None;
        Ok(vec![self.record(EventKind::DraftDiscarded, asker)])
    }

    fn wait(&mut self, wait: Wait, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let same = |on: Waiting| (on.party, on.until) == (wait.party(), end_of(wait, on.since));
        if self.head.waiting.is_some_and(same) && self.head.waits_at(asker.now) {
            return Err(No::Unchanged);
        }
        self.must_not_be_closed(asker)?;
        asker.outlasts(wait)?;
        asker.expects(self)?;
        self.begin(asker);
        Ok(self.start_waiting(wait, asker))
    }

    fn end_wait(&mut self, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        if !self.head.waits_at(asker.now) {
            return Err(No::Unchanged);
        }
        asker.expects(self)?;
        self.begin(asker);
        Ok(self.stop_waiting(asker).into_iter().collect())
    }

    /// Begins a wait, or lets the one that is on last until another time or for another party.
    fn start_waiting(&mut self, wait: Wait, asker: &Asker<'_>) -> Vec<Event> {
        let mut events = self.go(Status::InProgress, asker);
        let since = self.head.waiting.map_or(asker.now, |on| on.since);
        let (party, until) = (wait.party(), end_of(wait, since));
        let before = self.head.waiting.replace(Waiting { since, until, party });
        if before != self.head.waiting {
            self.sla.iter_mut().for_each(|sla| sla.paused(asker.now, until));
            events.push(self.record(EventKind::WaitingStarted { party, until }, asker));
        }
        events
    }

    fn stop_waiting(&mut self, asker: &Asker<'_>) -> Option<Event> {
        self.head.waiting.take()?;
        self.sla.iter_mut().for_each(|sla| sla.unpaused(asker.now));
        Some(self.record(EventKind::WaitingEnded, asker))
    }

    fn set_status(&mut self, to: Status, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        if self.head.status == to {
            return Err(No::Unchanged);
        }
        self.may_go(to, asker)?;
        let closes_at = self.resolved().plus(asker.policy.close_after.duration());
        if *asker.by == Actor::System && asker.now < closes_at {
            return refuse(Refusal::TooEarlyToClose { resolved_at: self.resolved(), closes_at });
        }
        asker.expects(self)?;
        self.begin(asker);
        Ok(self.go(to, asker))
    }

    fn set_priority(&mut self, to: Priority, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let from = self.head.priority;
        if from == to {
            return Err(No::Unchanged);
        }
        self.must_not_be_closed(asker)?;
        asker.expects(self)?;
        self.begin(asker);
        self.head.priority = to;
        self.sla.iter_mut().for_each(|sla| sla.has_priority(to, asker.now));
        Ok(vec![self.record(EventKind::PriorityChanged { from, to }, asker)])
    }

    fn assign(
        &mut self,
        to: Option<&UserId>,
        only_if_free: bool,
        asker: &Asker<'_>,
    ) -> Result<Vec<Event>, No> {
        let (from, to) = (self.head.assignee.clone(), to.cloned());
        if from == to {
            return Err(No::Unchanged);
        }
        self.must_not_be_closed(asker)?;
        asker.expects(self)?;
        if let Some(to) = from.clone().filter(|_| only_if_free) {
            return refuse(Refusal::AlreadyAssigned { to });
        }
        self.begin(asker);
        self.head.assignee.clone_from(&to);
        if to.is_some() {
            self.head.handoff_at = None;
        }
        Ok(vec![self.record(EventKind::AssigneeChanged { from, to }, asker)])
    }

    fn add_label(&mut self, label: Label, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let (name, list) = self.labels(label);
        if list.iter().any(|other| other == name) {
            return Err(No::Unchanged);
        }
        let is_full = list.len() == 8;
        self.must_not_be_closed(asker)?;
        asker.expects(self)?;
        if is_full {
            return refuse(match label {
                Label::Tag(_) => Refusal::TooManyTags { limit: 8 },
                Label::About(_) => Refusal::TooManyReferences { limit: 8 },
            });
        }
        self.begin(asker);
        self.labels(label).1.push(name.to_owned());
        let kind = match label {
            Label::Tag(tag) => EventKind::TagAdded { tag: tag.parse().unwrap() },
            Label::About(about) => EventKind::ReferenceAdded { about: about.parse().unwrap() },
        };
        Ok(vec![self.record(kind, asker)])
    }

    fn remove_label(&mut self, label: Label, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let (name, list) = self.labels(label);
        let Some(place) = list.iter().position(|other| other == name) else {
            return Err(No::Unchanged);
        };
        self.must_not_be_closed(asker)?;
        asker.expects(self)?;
        self.begin(asker);
        self.labels(label).1.remove(place);
        let kind = match label {
            Label::Tag(tag) => EventKind::TagRemoved { tag: tag.parse().unwrap() },
            Label::About(about) => EventKind::ReferenceRemoved { about: about.parse().unwrap() },
        };
        Ok(vec![self.record(kind, asker)])
    }

    /// Returns the text of a label and the list to which it belongs.
    fn labels(&mut self, label: Label) -> (&'static str, &mut Vec<String>) {
        match label {
            Label::Tag(tag) => (tag, &mut self.head.tags),
            Label::About(about) => (about, &mut self.head.about),
        }
    }

    /// Returns true if its requester may write in it.
    pub(crate) fn accepts_requester(&self, now: Timestamp, policy: &Policy) -> Result<(), Refusal> {
        let policy = policy.reopen;
        let over = match (self.head.status, policy) {
            (Status::Open | Status::InProgress, _) | (Status::Resolved, Reopen::Always) => false,
            (Status::Closed, _) => return Err(Refusal::Closed { by: ActorKind::Customer }),
            (Status::Resolved, Reopen::Never) => true,
            (Status::Resolved, Reopen::Within(days)) => self.resolved().plus(days.duration()) < now,
        };
        if over { Err(Refusal::ReopenOver { resolved_at: self.resolved(), policy }) } else { Ok(()) }
    }

    fn may_go(&self, to: Status, asker: &Asker<'_>) -> Result<(), No> {
        let from = self.head.status;
        let may = match asker.by {
            Actor::Admin(_) if from == Status::Resolved => to != Status::Open,
            Actor::Admin(_) => from != Status::Closed,
            Actor::Customer(_) | Actor::System => (from, to) == (Status::Resolved, Status::Closed),
            Actor::Bot => false,
        };
        if may { Ok(()) } else { refuse(Refusal::Transition { from, to, by: asker.by.kind() }) }
    }

    fn must_not_be_closed(&self, asker: &Asker<'_>) -> Result<(), No> {
        match self.head.status {
            Status::Closed => refuse(Refusal::Closed { by: asker.by.kind() }),
            Status::Open | Status::InProgress | Status::Resolved => Ok(()),
        }
    }

    fn go(&mut self, to: Status, asker: &Asker<'_>) -> Vec<Event> {
        if self.head.status == to {
            return Vec::new();
        }
        let stopped = self.stop_waiting(asker);
        self.draft = None;
        let from = std::mem::replace(&mut self.head.status, to);
        if !self.is_live() {
            self.head.handoff_at = None;
        }
        self.head.resolved_at = match to {
            Status::Open | Status::InProgress => None,
            Status::Resolved => Some(asker.now),
            Status::Closed => self.head.resolved_at.or(Some(asker.now)),
        };
        self.sla.iter_mut().for_each(|sla| match to {
            Status::Open | Status::InProgress => sla.live(asker.now, self.head.priority),
            Status::Resolved | Status::Closed => sla.settled(asker.by, asker.now),
        });
        if to == Status::Closed {
            self.head.closed_at = Some(asker.now);
        }
        let went = self.record(EventKind::StatusChanged { from, to }, asker);
        stopped.into_iter().chain([went]).collect()
    }

    /// Returns the events of some kinds after a version, as far as it still has them.
    fn events_since(&self, version: u64, wanted: impl Fn(&EventKind) -> bool) -> Vec<Event> {
        let later = self.log.iter().filter(|event| event.version > version && wanted(&event.kind));
        later.filter(|event| self.still_holds(event)).cloned().collect()
    }

    /// Drops the oldest events of the history; messages and notes stay.
    fn still_holds(&self, event: &Event) -> bool {
        matches!(event.kind, EventKind::MessageAdded { .. } | EventKind::NoteAdded)
            || self.history.contains(event)
    }

    /// Begins a change. A wait that has ended by itself is forgotten only now.
    fn begin(&mut self, asker: &Asker<'_>) {
        self.head.version += 1;
        if let Some(Waiting { until: Some(until), .. }) = self.head.waiting
            && !self.head.waits_at(asker.now)
        {
            self.head.waiting = None;
            self.sla.iter_mut().for_each(|sla| sla.unpaused(until));
        }
    }

    /// Sets the time of the last change that the requester may notice.
    fn date(&mut self, events: &[Event], now: Timestamp) {
        let is_noticed = |event: &Event| {
            matches!(
                event.kind,
                EventKind::MessageAdded { .. }
                    | EventKind::StatusChanged { .. }
                    | EventKind::PriorityChanged { .. }
                    | EventKind::AssigneeChanged { .. }
                    | EventKind::ReferenceAdded { .. }
                    | EventKind::ReferenceRemoved { .. }
            )
        };
        if events.iter().any(is_noticed) {
            self.head.updated_at = self.head.updated_at.max(now);
        }
    }

    /// Returns true if the policy lets the bot write in it, handed over or not.
    pub(crate) fn is_the_bots(&self, policy: &Policy) -> bool {
        let answered = self.head.first_response_at.is_some();
        policy.bot.statuses.contains(self.head.status) && !(policy.bot.until_first_response && answered)
    }

    pub(crate) fn not_the_bots(&self, handoff_at: Option<Timestamp>) -> Refusal {
        let Head { status, first_response_at, .. } = self.head;
        Refusal::BotNotAllowed { status, first_response_at, handoff_at }
    }

    pub(crate) fn full(&self, adding: usize) -> Refusal {
        Refusal::ConversationFull {
            messages: self.messages.len() as u32,
            bytes: self.bytes() as u32,
            adding: adding as u32,
        }
    }

    fn record(&mut self, kind: EventKind, asker: &Asker<'_>) -> Event {
        let event = asker.event_at(asker.now, self.head.version, kind);
        self.history.push(event.clone());
        event
    }
}

impl Asker<'_> {
    fn expects(&self, ticket: &Ticket) -> Result<(), No> {
        let found = ticket.head.version;
        let turn = || ticket.turn.as_ref().expect("it has begun");
        match self.guard {
            Guard::Version(expected) if expected != found => {
                let changes = ticket.events_since(expected, |_| true);
                refuse(Refusal::VersionConflict { expected, found, changes })
            }
            Guard::Nothing | Guard::Version(_) => Ok(()),
            Guard::Turn => {
                let version = turn().version;
                let changes = ticket.events_since(version, |kind| {
                    matches!(kind, EventKind::MessageAdded { .. } | EventKind::StatusChanged { .. })
                });
                // The oldest event that is left is too young to tell what went before it.
                let unknown = ticket.history.len() == self.policy.limits.history() as usize
                    && ticket.history.iter().all(|event| event.version > version);
                self.is_not_overtaken(ticket, turn(), changes, unknown)
            }
            Guard::Unversioned => {
                let by = |message: &Message| match &message.author {
                    Author::Requester => Actor::Customer(ticket.head.requester.clone()),
                    Author::Admin(id) => Actor::Admin(id.clone().unwrap()),
                    Author::Bot => Actor::Bot,
                };
                let mut messages: Vec<&Message> = ticket.messages.iter().collect();
                messages.sort_by_key(|message| message.created_at);
                let added = messages.split_off(turn().messages);
                let event = |message: &Message| Event {
                    at: message.created_at,
                    by: by(message),
                    version: message.version,
                    kind: EventKind::MessageAdded { role: message.author.role() },
                };
                let mut changes: Vec<Event> = added.into_iter().map(event).collect();
                changes.sort_by_key(|event| event.version);
                self.is_not_overtaken(ticket, turn(), changes, false)
            }
        }
    }

    fn is_not_overtaken(
        &self,
        ticket: &Ticket,
        turn: &Turn,
        changes: Vec<Event>,
        unknown: bool,
    ) -> Result<(), No> {
        let (status, added) = (ticket.head.status, ticket.messages.len() - turn.messages);
        if added == 0 && status == turn.status && changes.is_empty() && !unknown {
            return Ok(());
        }
        refuse(Refusal::ConversationChanged { status, added: added as u32, changes })
    }

    /// Checks that a wait ends after its beginning.
    fn outlasts(&self, wait: Wait) -> Result<(), No> {
        match wait.end() {
            Some(until) if until <= self.now => refuse(Refusal::WaitOver { until }),
            _ => Ok(()),
        }
    }

    fn event_at(&self, at: Timestamp, version: u64, kind: EventKind) -> Event {
        Event { at, by: self.by.clone(), version, kind }
    }
}

/// Returns true for an actor who makes such changes to some tickets at some times.
pub(crate) fn is_permitted(by: &Actor, what: &What) -> bool {
    match (by, what) {
        (Actor::Admin(_), What::HandOver(_) | What::Draft(_)) => false,
        (Actor::Admin(_), _)
        | (Actor::Customer(_), What::Write(_, Then::Nothing) | What::Status(Status::Closed))
        | (Actor::System, What::Status(Status::Closed)) => true,
        (Actor::Bot, what) => {
            matches!(what, What::Write(_, Then::Nothing) | What::HandOver(_) | What::Draft(_))
        }
        (Actor::Customer(_) | Actor::System, _) => false,
    }
}

/// Returns true for an actor who may see notes, timers and versions.
pub(crate) fn sees_inside(actor: &Actor) -> bool {
    matches!(actor, Actor::Admin(_) | Actor::System)
}

/// Returns the end of a wait. A clock that went back allows an end before the beginning: it ends with its
/// beginning then.
fn end_of(wait: Wait, since: Timestamp) -> Option<Timestamp> {
    match wait.end() {
        Some(until) if until < since => Some(since),
        end => end,
    }
}

fn refuse<T>(refusal: Refusal) -> Result<T, No> {
    Err(No::Refused(refusal))
}
