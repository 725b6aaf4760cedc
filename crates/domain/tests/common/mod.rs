//! Common parts of the tests of the rules: people, times, and a ticket that only commands change.

#![allow(dead_code, reason = "each test file uses its own part")]

use ventanilla_domain::*;

pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Returns the time this many milliseconds after the ticket was opened.
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_772_452_800_000 + ms).expect("a time of our days")
}

pub(crate) fn id(name: &str) -> UserId {
    UserId::parse(name).expect("a user id")
}

pub(crate) fn text(value: &str) -> MessageText {
    MessageText::parse(value).expect("a text")
}

pub(crate) fn key(value: &str) -> IdempotencyKey {
    IdempotencyKey::parse(value).expect("a key")
}

pub(crate) fn tag(name: &str) -> Tag {
    Tag::parse(name).expect("a tag")
}

/// Returns the reference to this order.
pub(crate) fn order(id: &str) -> Reference {
    Reference::new("order", id).expect("a reference")
}

pub(crate) fn tags(names: impl IntoIterator<Item = usize>) -> Vec<Tag> {
    names.into_iter().map(|name| tag(&format!("t{name}"))).collect()
}

pub(crate) fn orders(ids: impl IntoIterator<Item = usize>) -> Vec<Reference> {
    ids.into_iter().map(|id| order(&id.to_string())).collect()
}

pub(crate) fn customer(name: &str) -> Actor {
    Actor::Customer(id(name))
}

pub(crate) fn admin(name: &str) -> Actor {
    Actor::Admin(id(name))
}

/// Returns an actor of each kind; the customer is Ana, the requester.
pub(crate) fn actor(kind: ActorKind) -> Actor {
    match kind {
        ActorKind::Customer => customer("ana"),
        ActorKind::Admin => admin("luis"),
        ActorKind::Bot => Actor::Bot,
        ActorKind::System => Actor::System,
    }
}

pub(crate) fn message(value: &str) -> Change {
    Change::message(text(value))
}

pub(crate) fn keyed(value: &str, name: &str) -> NewMessage {
    NewMessage::from(text(value)).with_key(key(name))
}

/// Returns a picture of this content and size.
pub(crate) fn png(content: u8, bytes: u64) -> Attachment {
    let (id, name) = (AttachmentId::from_bytes([content; 16]), FileName::clean("a", &MediaType::PNG));
    Attachment::new(id, name, MediaType::PNG, bytes, Sha256::from_bytes([content; 32]))
}

/// Returns an archive, which isn't allowed by default.
pub(crate) fn zip() -> Attachment {
    let (id, name) = (AttachmentId::from_bytes([0; 16]), FileName::clean("a", &MediaType::ZIP));
    Attachment::new(id, name, MediaType::ZIP, 1, Sha256::from_bytes([0; 32]))
}

pub(crate) fn added(role: Role) -> EventKind {
    EventKind::MessageAdded { role }
}

pub(crate) fn moved(from: Status, to: Status) -> EventKind {
    EventKind::StatusChanged { from, to }
}

pub(crate) fn handed(from: Option<&str>, to: Option<&str>) -> EventKind {
    EventKind::AssigneeChanged { from: from.map(id), to: to.map(id) }
}

/// A policy with targets of 4, 8 and 40 hours for every priority, and a calendar without closing
/// hours.
pub(crate) fn promising() -> Policy {
    let targets = SlaTargets::hours(4, 8, 40).expect("targets");
    let policy = SlaPolicy::new(Priority::ALL.map(|priority| (priority, targets))).expect("a policy");
    Policy { sla: Some(Sla::new(policy, BusinessCalendar::always())), ..Policy::default() }
}

/// An [`Outcome`] without its head, which [`Case::does`] has compared already.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Applied(Vec<EventKind>),
    Unchanged,
    Repeated(Vec<Event>),
    Refused(Refusal),
    NotFound,
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) ticket: Ticket,
    pub(crate) policy: Policy,
    /// The events that the changes returned.
    pub(crate) events: Vec<Event>,
}

impl Case {
    /// Ana's ticket "No carga" (8 bytes), open since `at(0)`.
    pub(crate) fn new(policy: Policy) -> Self {
        Self::opened(Category::BUG, 0, policy)
    }

    /// Returns such a ticket of another category, open since `at(ms)`.
    pub(crate) fn opened(category: Category, ms: i64, policy: Policy) -> Self {
        Self::of(&NewTicket::new(category, text("No carga")), ms, policy)
    }

    /// Returns such a ticket about some orders and with some tags, open since `at(0)`.
    pub(crate) fn labelled(about: Vec<Reference>, tags: Vec<Tag>, policy: Policy) -> Self {
        let draft = NewTicket::new(Category::BUG, text("No carga"));
        Self::of(&draft.with_references(about).with_tags(tags), 0, policy)
    }

    fn of(draft: &NewTicket, ms: i64, policy: Policy) -> Self {
        let number = TicketNumber::from_entropy(b"a case");
        let ticket = draft.open(number, &id("ana"), &customer("ana"), at(ms), &policy);
        Self { ticket: ticket.expect("she may open it"), policy, events: Vec::new() }
    }

    /// Returns such a ticket in a status that Luis set at `at(0)`.
    pub(crate) fn in_status(status: Status, policy: Policy) -> Self {
        let mut case = Self::new(policy);
        if status != Status::Open {
            case.must(&admin("luis"), 0, Change::status(status));
        }
        case
    }

    pub(crate) fn head(&self) -> &TicketHead {
        self.ticket.head()
    }

    /// Returns the ticket's details for the desk.
    pub(crate) fn page(&self) -> TicketDetails {
        self.ticket.details(&Audience::Desk, MessageRange::All).expect("the desk sees every ticket")
    }

    /// Makes a change, and checks what applies to every change: the details predict the answer;
    /// only a change that is made alters the ticket, by one version; and an internal change alters
    /// nothing that the requester can see.
    pub(crate) fn does(&mut self, by: &Actor, ms: i64, change: Change) -> Answer {
        let command = match Command::new(by, at(ms), &self.policy, change) {
            Ok(command) => command,
            Err(refusal) => return Answer::Refused(refusal),
        };
        let before = self.ticket.clone();
        let page = self.page();
        let outcome = command.apply(&mut self.ticket);
        assert_eq!(command.would_apply(&page), matches!(outcome, Outcome::Applied { .. }));
        let refusal = match &outcome {
            Outcome::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        };
        assert_eq!(command.refusal(&page), refusal);
        if let Outcome::Applied { events, .. } = &outcome {
            self.left_one_version(&before, events);
        } else {
            assert_eq!(self.ticket, before);
        }
        match outcome {
            Outcome::Applied { head, events } => {
                assert_eq!(head, *self.head());
                for event in &events {
                    assert_eq!((&event.by, event.at, event.version), (by, at(ms), head.version));
                }
                self.events.extend(events.iter().cloned());
                Answer::Applied(events.into_iter().map(|event| event.kind).collect())
            }
            Outcome::Unchanged { head } => {
                assert_eq!(head, *self.head());
                Answer::Unchanged
            }
            Outcome::Repeated { head, events } => {
                assert_eq!(head, *self.head());
                Answer::Repeated(events)
            }
            Outcome::Refused(refusal) => Answer::Refused(refusal),
            Outcome::NotFound => Answer::NotFound,
        }
    }

    /// Checks that the change raised the version by one, marked its additions with it, and left the
    /// rest: each event has its message, note or entry in the history, and there are no others.
    fn left_one_version(&self, before: &Ticket, events: &[Event]) {
        let version = before.head().version + 1;
        assert_eq!(self.head().version, version);
        assert!(!events.is_empty() && events.iter().all(|event| event.version == version));
        let messages = self.ticket.messages().strip_prefix(before.messages()).expect("the earlier ones");
        let notes = self.ticket.notes().strip_prefix(before.notes()).expect("the earlier ones");
        assert!(messages.iter().all(|message| message.version == version));
        assert!(notes.iter().all(|note| note.version == version));

        let is_message = |event: &&Event| matches!(event.kind, EventKind::MessageAdded { .. });
        let is_note = |event: &&Event| event.kind == EventKind::NoteAdded;
        assert_eq!(messages.len(), events.iter().filter(is_message).count());
        assert_eq!(notes.len(), events.iter().filter(is_note).count());
        let recorded = events.iter().filter(|event| !is_message(event) && !is_note(event));
        let recorded: Vec<Event> = recorded.cloned().collect();
        let all = [before.history(), &recorded].concat();
        let limit = if recorded.is_empty() { all.len() } else { self.policy.limits.history() as usize };
        assert_eq!(self.ticket.history(), &all[all.len().saturating_sub(limit)..]);

        if events.iter().all(|event| event.kind.is_internal()) {
            assert_eq!(self.head().updated_at, before.head().updated_at);
            let seen = |ticket: &Ticket| ticket.details(&Audience::Bot, MessageRange::All);
            assert_eq!(seen(&self.ticket), seen(before));
        }
    }

    /// Makes a change that has to succeed.
    pub(crate) fn must(&mut self, by: &Actor, ms: i64, change: Change) {
        let answer = self.does(by, ms, change);
        assert!(matches!(answer, Answer::Applied(_)), "{answer:?}");
    }
}
