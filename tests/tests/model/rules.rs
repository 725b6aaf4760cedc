//! Rules of change of the reference, written a second time in a plain form.

use ventanilla_service::{
    Event, EventKind, MessageText, Policy, Priority, Status, Timestamp, UserId,
    error::Refusal,
    settings::Reopen,
    ticket::{Actor, ActorKind, Author, Message, Note, Role},
};

use super::{
    answer::Answer,
    reference::{Ticket, World, too_long},
    step::{Request, What, Words},
};

/// Reason for which nothing was done.
pub(crate) enum No {
    Unchanged,
    Repeated(Vec<Event>),
    Refused(Refusal),
}

/// Actor, time, policy and expected version of a change.
struct Asker<'a> {
    by: &'a Actor,
    now: Timestamp,
    policy: &'a Policy,
    expecting: Option<u64>,
}

impl World {
    pub(crate) fn change(&mut self, request: &Request) -> Answer {
        let place = request.ticket;
        let refused = |refusal| Answer::Refused { ticket: place, refusal };
        match request.what.text().map(|text| (text, text.clean)) {
            Some((_, Err(code))) => return Answer::Invalid(code),
            Some((text, Ok(clean))) if clean.len() > self.policy.limits.text_bytes() as usize => {
                return refused(too_long(&text.text(), &self.policy));
            }
            _ => {}
        }
        let Some(ticket) = self.tickets.get_mut(place).filter(|t| t.is_visible_to(&request.by)) else {
            return Answer::NotFound(place);
        };
        let asker =
            Asker { by: &request.by, now: self.now, policy: &self.policy, expecting: request.expecting };
        let outcome = ticket.change(&request.what, &asker);
        let (mut events, repeated) = match outcome {
            Ok(events) => {
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
        Answer::Done { head: ticket.head(&request.by, self.now), events, repeated }
    }
}

impl Ticket {
    fn change(&mut self, what: &What, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        match what {
            What::Write(words, status) => self.write(words, *status, asker),
            What::Note(typed) => self.note(typed.text(), asker),
            What::Status(to) => self.set_status(*to, asker),
            What::Priority(to) => self.set_priority(*to, asker),
            What::Assign(to) => self.assign(to.as_ref(), false, asker),
            What::Claim => self.assign(asker.by.user(), true, asker),
        }
    }

    fn write(
        &mut self,
        words: &Words,
        status: Option<Status>,
        asker: &Asker<'_>,
    ) -> Result<Vec<Event>, No> {
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
                if first.text != text {
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
        if let Some(to) = status.filter(|to| *to != self.head.status) {
            self.may_go(to, asker)?;
        }
        asker.expects(self)?;
        let limits = &asker.policy.limits;
        let bytes = self.bytes();
        if self.messages.len() == limits.messages() as usize
            || bytes + text.bytes() > limits.conversation_bytes() as usize
        {
            return refuse(Refusal::ConversationFull {
                messages: self.messages.len() as u32,
                bytes: bytes as u32,
                adding: text.bytes() as u32,
            });
        }

        self.touch(asker.now);
        let message = Message::new(author, text, asker.now).with_key(words.key.clone());
        self.messages.push(message.with_version(self.head.version));
        let answers = matches!(asker.by, Actor::Admin(id) if *id != self.head.requester);
        if answers && self.head.first_response_at.is_none() {
            self.head.first_response_at = Some(asker.now);
        }
        if let Some(sla) = &mut self.sla {
            if answers {
                sla.answered(asker.by, asker.now);
            } else if matches!(asker.by, Actor::Customer(_)) {
                sla.asked(asker.now, self.head.priority);
            }
        }
        let reopens = matches!(asker.by, Actor::Customer(_)) && self.head.status == Status::Resolved;
        let to = if reopens { Some(Status::Open) } else { status };
        let moved = to.filter(|to| *to != self.head.status).map(|to| self.go(to, asker));
        Ok([written(asker.now, self.head.version)].into_iter().chain(moved).collect())
    }

    fn note(&mut self, text: MessageText, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        asker.expects(self)?;
        if self.notes.len() == asker.policy.limits.notes() as usize {
            return refuse(Refusal::NotesFull { notes: self.notes.len() as u32 });
        }
        let by = asker.by.user().cloned().unwrap();
        // The requester must not notice it.
        self.head.version += 1;
        let version = self.head.version;
        self.notes.push(Note::new(by, text, asker.now).with_version(version));
        Ok(vec![asker.event_at(asker.now, self.head.version, EventKind::NoteAdded)])
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
        self.touch(asker.now);
        Ok(vec![self.go(to, asker)])
    }

    fn set_priority(&mut self, to: Priority, asker: &Asker<'_>) -> Result<Vec<Event>, No> {
        let from = self.head.priority;
        if from == to {
            return Err(No::Unchanged);
        }
        self.must_not_be_closed(asker)?;
        asker.expects(self)?;
        self.head.priority = to;
        self.sla.iter_mut().for_each(|sla| sla.has_priority(to, asker.now));
        self.touch(asker.now);
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
        self.head.assignee.clone_from(&to);
        self.touch(asker.now);
        Ok(vec![self.record(EventKind::AssigneeChanged { from, to }, asker)])
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

    fn go(&mut self, to: Status, asker: &Asker<'_>) -> Event {
        let from = std::mem::replace(&mut self.head.status, to);
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
        self.record(EventKind::StatusChanged { from, to }, asker)
    }

    /// Drops the oldest events of the history; messages and notes stay.
    fn still_holds(&self, event: &Event) -> bool {
        matches!(event.kind, EventKind::MessageAdded { .. } | EventKind::NoteAdded)
            || self.history.contains(event)
    }

    fn touch(&mut self, now: Timestamp) {
        self.head.version += 1;
        self.head.updated_at = self.head.updated_at.max(now);
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
        match self.expecting.filter(|expected| *expected != found) {
            Some(expected) => {
                let since = |event: &&Event| event.version > expected && ticket.still_holds(event);
                let changes = ticket.log.iter().filter(since).cloned().collect();
                refuse(Refusal::VersionConflict { expected, found, changes })
            }
            None => Ok(()),
        }
    }

    fn event_at(&self, at: Timestamp, version: u64, kind: EventKind) -> Event {
        Event { at, by: self.by.clone(), version, kind }
    }
}

/// Returns true for an actor who may see notes, timers and versions.
pub(crate) fn sees_inside(actor: &Actor) -> bool {
    matches!(actor, Actor::Admin(_) | Actor::System)
}

fn refuse<T>(refusal: Refusal) -> Result<T, No> {
    Err(No::Refused(refusal))
}
