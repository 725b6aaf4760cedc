//! Reference implementation: tickets in a vector, scanned from end to end, with none of the crates'
//! rules.

use ventanilla_service::{
    Event, EventKind, IdempotencyKey, MessageText, Policy, Priority, Status, Timestamp, UserId,
    error::Refusal,
    list::DueFilter,
    sla::{SlaMetric, SlaState},
    ticket::{Actor, ActorKind, Author, Draft, Message, MessageRange, Note},
};

use super::{
    answer::{Answer, Head, Seen},
    files::{Upload, are_alike},
    list::Traversal,
    naive_sla::NaiveSla,
    rules::sees_inside,
    sla_setups::SlaSetup,
    step::{Action, Opening, Read, Step, Words},
};

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) setup: Option<&'static SlaSetup>,
    pub(crate) now: Timestamp,
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) uploads: Vec<Upload>,
    pub(crate) traversal: Option<Traversal>,
    /// Expected answer to the last step.
    pub(crate) answer: Option<Answer>,
}

#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    /// Holds all of the head but the count of messages.
    pub(crate) head: Head,
    pub(crate) description: MessageText,
    pub(crate) messages: Vec<Message>,
    pub(crate) notes: Vec<Note>,
    pub(crate) history: Vec<Event>,
    /// Events of all versions, with messages, and none dropped.
    pub(crate) log: Vec<Event>,
    pub(crate) draft: Option<Draft>,
    /// The last turn of the bot.
    pub(crate) turn: Option<Turn>,
    pub(crate) sla: Option<NaiveSla>,
    pub(crate) key: Option<(UserId, Key)>,
}

/// Key by which a second request is the same as the first, or a conflict with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    Sent(IdempotencyKey),
    /// The place of the ticket that is followed up.
    Follows(usize),
}

/// State of a ticket when a turn of the bot began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) version: u64,
    pub(crate) messages: usize,
    pub(crate) status: Status,
}

impl World {
    pub(crate) fn new(policy: Policy, setup: Option<&'static SlaSetup>, now: Timestamp) -> Self {
        let (tickets, uploads) = (Vec::new(), Vec::new());
        Self { policy, setup, now, tickets, uploads, traversal: None, answer: None }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        self.now = step.at;
        let answer = match &step.action {
            Action::Open(opening) => self.open(opening, None),
            Action::FollowUp { ticket, by, words } => self.follow_up(*ticket, by, words),
            Action::Change(request) => self.change(request),
            Action::Turn { ticket } => self.turn(*ticket),
            Action::ChangeEach(bulk) => self.change_each(bulk),
            Action::CloseResolved { batch } => self.close_resolved(*batch),
            Action::Upload { by, sample } => self.upload(by, sample),
            Action::Sweep => self.sweep(),
            Action::Read(read) => self.read(read),
            Action::List { query, rows } => self.list(query, *rows),
            Action::NextPage { rows } => self.next_page(*rows),
        };
        self.answer = Some(answer);
        self.watch();
    }

    fn open(&mut self, opening: &Opening, follows: Option<usize>) -> Answer {
        let Opening { by, requester, category, words, about, tags } = opening;
        if let Some(missing) = self.look_up(by, &words.files) {
            return missing;
        }
        let text = words.text.text();
        if text.bytes() > self.policy.limits.text_bytes() as usize {
            return Answer::NotOpened(too_long(&text, &self.policy));
        }
        let (about, tags) = (without_repetitions(about), without_repetitions(tags));
        if about.len() > 8 {
            return Answer::NotOpened(Refusal::TooManyReferences { limit: 8 });
        }
        if tags.len() > 8 {
            return Answer::NotOpened(Refusal::TooManyTags { limit: 8 });
        }
        let (files, limit) = (self.handed(&words.files), self.policy.attachments.ticket_bytes);
        let adding = files.iter().map(|file| file.bytes).sum();
        let full = Refusal::AttachmentsFull { bytes: 0, adding, limit };
        let full = (adding > limit).then_some(full);
        if let Some(refusal) = self.refuses_files(&words.files).or(full) {
            return Answer::NotOpened(refusal);
        }
        let event = |at| Event { at, by: by.clone(), version: 0, kind: EventKind::Created };
        let key = match follows {
            Some(old) => Some((requester.clone(), Key::Follows(old))),
            None => by.user().cloned().zip(words.key.clone().map(Key::Sent)),
        };
        let first = self.tickets.iter().find(|ticket| key.is_some() && ticket.key == key);
        if let Some(missing) = self.finds_files(by, first, &words.files) {
            return missing;
        }
        if let Some(first) = first {
            let same = first.head.requester == *requester
                && first.head.category == *category
                && first.head.follows == follows
                && first.description == text
                && are_alike(&first.messages[0].attachments, &files);
            if same {
                return Answer::Done {
                    head: Box::new(first.head(by, self.now)),
                    events: vec![event(first.head.created_at)],
                    repeated: true,
                };
            }
            let refusal = match key {
                Some((_, Key::Sent(key))) => Refusal::KeyConflict { key },
                _ => Refusal::FollowUpExists,
            };
            return Answer::Refused { ticket: first.head.ticket, refusal };
        }
        let head = Head {
            ticket: self.tickets.len(),
            requester: requester.clone(),
            category: category.clone(),
            status: Status::Open,
            priority: Priority::Medium,
            assignee: None,
            created_at: self.now,
            updated_at: self.now,
            first_response_at: None,
            resolved_at: None,
            closed_at: None,
            follows,
            about,
            tags,
            waiting: None,
            handoff_at: None,
            version: 0,
            messages: None,
            timers: None,
        };
        let ticket = Ticket {
            head,
            messages: vec![
                Message::new(Author::Requester, text.clone(), self.now).with_attachments(files),
            ],
            description: text,
            notes: Vec::new(),
            history: vec![event(self.now)],
            log: Vec::new(),
            draft: None,
            turn: None,
            sla: self.setup.map(|setup| NaiveSla::open(setup, category, self.now)),
            key,
        };
        let head = ticket.head(by, self.now);
        self.tickets.push(ticket);
        Answer::Done { head: Box::new(head), events: vec![event(self.now)], repeated: false }
    }

    fn follow_up(&mut self, ticket: usize, by: &UserId, words: &Words) -> Answer {
        let Some(old) = self.tickets.get(ticket).filter(|old| old.head.requester == *by) else {
            return self.not_found(ticket);
        };
        if old.accepts_requester(self.now, &self.policy).is_ok() && old.takes_any_text(&self.policy) {
            return Answer::NoFollowUp;
        }
        if let Err(code) = words.text.clean {
            return Answer::Invalid(code);
        }
        let opening = Opening {
            by: Actor::Customer(by.clone()),
            requester: by.clone(),
            category: old.head.category.clone(),
            words: words.clone(),
            about: old.head.about.clone(),
            tags: Vec::new(),
        };
        self.open(&opening, Some(ticket))
    }

    pub(crate) fn read(&self, read: &Read) -> Answer {
        match read {
            Read::View { ticket, by, window } => self.view(*ticket, by, *window),
            Read::Find { hand: super::step::Hand::Blank, .. } => Answer::Invalid("number_blank"),
            Read::Find { ticket, by, .. } => self.view(*ticket, by, MessageRange::All),
            Read::Download { ticket, by, file, range } => {
                self.download(*ticket, by, *file, range.as_ref())
            }
            Read::Counts(admin) => self.counts(admin),
            Read::Report { from, before } => self.report(*from, *before),
        }
    }

    fn view(&self, place: usize, by: &Actor, window: MessageRange) -> Answer {
        let Some(ticket) = self.tickets.get(place).filter(|ticket| ticket.is_visible_to(by)) else {
            return self.not_found(place);
        };
        Answer::Seen(Box::new(self.seen(ticket, by, window)))
    }

    fn turn(&mut self, place: usize) -> Answer {
        let Some(ticket) = self.tickets.get(place) else { return self.not_found(place) };
        let seen = self.seen(ticket, &Actor::Bot, MessageRange::All);
        let writable = ticket.writable(&self.policy);
        let (version, messages, status) =
            (ticket.head.version, ticket.messages.len(), ticket.head.status);
        self.tickets[place].turn = Some(Turn { version, messages, status });
        Answer::Turn(Box::new(seen), writable)
    }

    fn seen(&self, ticket: &Ticket, by: &Actor, window: MessageRange) -> Seen {
        let length = ticket.messages.len();
        let (earlier, shown) = match window {
            MessageRange::All => (0, length),
            MessageRange::Last(count) => (length.saturating_sub(count as usize), count as usize),
            MessageRange::From { first, count } => (length.min(first as usize), count as usize),
        };
        let mut messages: Vec<Message> =
            ticket.messages.iter().skip(earlier).take(shown).cloned().collect();
        messages.sort_by_key(|message| message.created_at);
        let inside = sees_inside(by);
        if !inside {
            messages.iter_mut().for_each(|message| message.version = 0);
        }
        let head = ticket.head(by, self.now);
        Seen {
            head: if window == MessageRange::All { head } else { ticket.with_latest_timers(head) },
            description: ticket.description.clone(),
            messages,
            earlier,
            bytes: ticket.bytes(),
            notes: if inside { ticket.notes.clone() } else { Vec::new() },
            history: if inside { ticket.history.clone() } else { Vec::new() },
            draft: ticket.draft.clone().filter(|_| inside),
            page_timers: if inside { ticket.page_timers(self.now) } else { Vec::new() },
        }
    }

    fn counts(&self, admin: &UserId) -> Answer {
        let count = |wanted: &dyn Fn(&Head) -> bool| {
            self.tickets.iter().filter(|ticket| wanted(&ticket.head)).count() as u64
        };
        let live = |head: &Head| matches!(head.status, Status::Open | Status::InProgress);
        Answer::Counted {
            by_status: Status::ALL.map(|status| count(&|head| head.status == status)),
            urgent: count(&|head| live(head) && head.priority == Priority::Urgent),
            unassigned: count(&|head| live(head) && head.assignee.is_none()),
            mine: count(&|head| live(head) && head.assignee.as_ref() == Some(admin)),
            overdue: self.due(DueFilter::Overdue).count() as u64,
            at_risk: self.due(DueFilter::AtRisk).count() as u64,
            waiting: count(&|head| head.waits_at(self.now)),
            handed_over: count(&|head| head.handoff_at.is_some()),
        }
    }
}

impl Ticket {
    /// Returns the head as an audience may see it.
    pub(crate) fn head(&self, by: &Actor, now: Timestamp) -> Head {
        let inside = sees_inside(by);
        let sla = self.sla.as_ref().filter(|_| inside);
        let timers = sla.map(|sla| sla.timers(now));
        let version = if inside { self.head.version } else { 0 };
        let waiting = self.head.waiting.filter(|_| inside);
        let handoff_at = self.head.handoff_at.filter(|_| inside);
        let tags = if inside { self.head.tags.clone() } else { Vec::new() };
        let messages = Some(self.messages.len());
        Head { messages, timers, version, tags, waiting, handoff_at, ..self.head.clone() }
    }

    /// Returns the head as in a row of a list or with a part of the conversation.
    pub(crate) fn with_latest_timers(&self, mut head: Head) -> Head {
        let latest = self.sla.as_ref().map_or(0, NaiveSla::latest);
        head.timers.iter_mut().for_each(|timers| timers.truncate(latest));
        head
    }

    fn page_timers(&self, now: Timestamp) -> Vec<(SlaMetric, SlaState, Option<Timestamp>)> {
        let shown = self.sla.iter().flat_map(|sla| {
            let due = sla.waits().into_iter().map(|(_, wait)| sla.shown_due(wait));
            let timers = sla.timers(now).into_iter().zip(due);
            timers.map(|(timer, due)| (timer.metric, timer.state, due)).take(sla.latest())
        });
        shown.collect()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.text.bytes()).sum()
    }

    pub(crate) fn is_visible_to(&self, actor: &Actor) -> bool {
        match actor {
            Actor::Customer(id) => *id == self.head.requester,
            Actor::Admin(_) | Actor::Bot | Actor::System => true,
        }
    }

    /// Returns the times at which its timers stopped, are at risk and are due, and that of the end of
    /// its wait.
    pub(crate) fn turns(&self, now: Timestamp) -> Vec<Timestamp> {
        let past = self.sla.iter().flat_map(|sla| sla.past_turns(now));
        past.chain(self.coming_turns()).collect()
    }

    /// Returns the times at which its timers that run are at risk and due, and that of the end of its
    /// wait.
    pub(crate) fn coming_turns(&self) -> Vec<Timestamp> {
        let end = self.head.waiting.and_then(|waiting| waiting.until);
        self.sla.iter().flat_map(NaiveSla::coming_turns).chain(end).collect()
    }

    /// Returns true if nobody has written since the last turn of the bot began and the status is the
    /// same.
    pub(crate) fn is_as_read(&self) -> bool {
        self.turn
            .is_some_and(|turn| (turn.messages, turn.status) == (self.messages.len(), self.head.status))
    }

    /// Returns the bytes that the bot may write, as far as the requester's view of the ticket tells: a
    /// hand-over isn't part of it.
    fn writable(&self, policy: &Policy) -> Result<u32, Refusal> {
        if self.head.status == Status::Closed {
            return Err(Refusal::Closed { by: ActorKind::Bot });
        }
        if !self.is_the_bots(policy) {
            return Err(self.not_the_bots(None));
        }
        let left = policy.limits.conversation_bytes().saturating_sub(self.bytes() as u32);
        if left == 0 || self.messages.len() == policy.limits.messages() as usize {
            return Err(self.full(1));
        }
        Ok(left.min(policy.limits.text_bytes()))
    }

    /// Returns true if its conversation has room for the longest text.
    fn takes_any_text(&self, policy: &Policy) -> bool {
        let limits = &policy.limits;
        let longest = limits.text_bytes().min(limits.conversation_bytes());
        self.messages.len() < limits.messages() as usize
            && self.bytes() as u64 + u64::from(longest) <= u64::from(limits.conversation_bytes())
    }

    /// Returns the instant from which the days of a resolved ticket count.
    pub(crate) fn resolved(&self) -> Timestamp {
        self.head.resolved_at.unwrap_or(self.head.updated_at)
    }
}

impl Head {
    pub(crate) fn waits_at(&self, now: Timestamp) -> bool {
        self.waiting.is_some_and(|waiting| waiting.until.is_none_or(|until| until > now))
    }
}

fn without_repetitions(labels: &[String]) -> Vec<String> {
    let mut once = Vec::new();
    for label in labels {
        if !once.contains(label) {
            once.push(label.clone());
        }
    }
    once
}

pub(crate) fn too_long(text: &MessageText, policy: &Policy) -> Refusal {
    Refusal::TextTooLong { bytes: text.bytes() as u32, limit: policy.limits.text_bytes() }
}
