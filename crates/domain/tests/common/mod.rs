//! What the tests of the rules share: people, times, and a ticket that plans alone change.

#![allow(dead_code, reason = "each test file uses its own part")]

use ventanilla_domain::*;

pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// So many milliseconds after the ticket was opened.
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

pub(crate) fn customer(name: &str) -> Actor {
    Actor::Customer(id(name))
}

pub(crate) fn admin(name: &str) -> Actor {
    Actor::Admin(id(name))
}

/// One of each kind; the customer is Ana, whose ticket it is.
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

pub(crate) fn added(role: Role) -> EventKind {
    EventKind::MessageAdded { role }
}

pub(crate) fn moved(from: Status, to: Status) -> EventKind {
    EventKind::StatusChanged { from, to }
}

pub(crate) fn handed(from: Option<&str>, to: Option<&str>) -> EventKind {
    EventKind::AssigneeChanged { from: from.map(id), to: to.map(id) }
}

/// A desk that promises 4, 8 and 40 hours, whatever the priority, and never rests.
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
    /// What the changes told, notes left aside.
    pub(crate) told: Vec<Event>,
}

impl Case {
    /// Ana's ticket "No carga" (8 bytes), open since `at(0)`.
    pub(crate) fn new(policy: Policy) -> Self {
        Self::opened(Category::BUG, 0, policy)
    }

    /// The same of another category, open since `at(ms)`.
    pub(crate) fn opened(category: Category, ms: i64, policy: Policy) -> Self {
        let draft = NewTicket::new(category, text("No carga"));
        let number = TicketNumber::from_entropy(b"a case");
        let ticket = draft.open(number, &id("ana"), &customer("ana"), at(ms), &policy);
        Self { ticket: ticket.expect("she may open it"), policy, told: Vec::new() }
    }

    /// The same, brought to a status by Luis at `at(0)`.
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

    /// Plans a change and carries it out. What is true of every change is looked at here: a check
    /// foretells the answer, only an applied change leaves a trace, and that is one version, or,
    /// for a note, nothing that the requester could see.
    pub(crate) fn does(&mut self, by: &Actor, ms: i64, change: Change) -> Answer {
        let plan = match change.plan(by, at(ms), &self.policy) {
            Ok(plan) => plan,
            Err(refusal) => return Answer::Refused(refusal),
        };
        let before = self.ticket.clone();
        let foretold = plan.check(&before.facts());
        let outcome = plan.apply(&mut self.ticket);
        match foretold {
            Ok(()) => {
                assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
                if self.ticket.notes() == before.notes() {
                    assert_eq!(self.head().version, before.head().version + 1);
                } else {
                    let seen = |ticket: &Ticket| ticket.view(&Scope::Public, Window::All);
                    assert_eq!(seen(&self.ticket), seen(&before));
                }
            }
            Err(miss) => {
                assert_eq!(outcome, plan.missed(miss, &before));
                assert_eq!(self.ticket, before);
            }
        }
        match outcome {
            Outcome::Applied { head, events } => {
                assert_eq!(head, *self.head());
                for event in &events {
                    assert_eq!((&event.by, event.at, event.version), (by, at(ms), head.version));
                }
                self.told
                    .extend(events.iter().filter(|event| event.kind != EventKind::NoteAdded).cloned());
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

    /// A step on the way, which has to succeed.
    pub(crate) fn must(&mut self, by: &Actor, ms: i64, change: Change) {
        let answer = self.does(by, ms, change);
        assert!(matches!(answer, Answer::Applied(_)), "{answer:?}");
    }
}
