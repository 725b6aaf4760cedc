//! One ticket, step by step.

use std::{fmt::Debug, time::Duration};

use ventanilla_domain::{
    Actor, Category, Change, Command, IdempotencyKey, MessageText, NewMessage, NewTicket, Outcome,
    Policy, Priority, Sla, Status, Ticket, TicketNumber, Timestamp, UserId,
};

use super::{admin, customer, parsed, start};

/// Begins a ticket of this number: open, of [`customer(0)`](customer), created at [`start`].
///
/// # Panics
///
/// If it is no number.
///
/// ```
/// use ventanilla_storage::testing;
///
/// let ticket = testing::ticket("TKT-ABC123").build();
/// assert_eq!(ticket.head().created_at, testing::start());
/// ```
pub fn ticket(number: impl TryInto<TicketNumber, Error: Debug>) -> TicketFixture {
    TicketFixture {
        number: parsed(number),
        requester: customer(0),
        opened_by: None,
        category: Category::GENERAL,
        description: parsed("No encuentro mis facturas. ¿Dónde puedo descargarlas?"),
        key: None,
        created_at: start(),
        policy: Policy::default(),
        steps: Vec::new(),
    }
}

/// A ticket in the making: how it is opened, and what then happens to it, in order.
///
/// What happens comes one minute after the other, unless [`at`](Self::at) sets the time.
///
/// ```
/// use ventanilla_domain::{Category, Priority, Status};
/// use ventanilla_storage::testing;
///
/// let ticket = testing::ticket("TKT-ABC123")
///     .requester("ana")
///     .category(Category::CUENTA)
///     .priority(Priority::High)
///     .assignee("luis")
///     .note("luis", "Es la tercera vez este mes.")
///     .reply("luis", "Te hemos enviado un enlace nuevo.")
///     .status(Status::Resolved)
///     .message("Gracias, pero sigo sin poder entrar.")
///     .build();
/// assert_eq!(ticket.head().status, Status::Open, "her message opened it again");
/// ```
#[derive(Debug, Clone)]
#[must_use = "it becomes a ticket by `build`"]
pub struct TicketFixture {
    number: TicketNumber,
    requester: UserId,
    opened_by: Option<UserId>,
    category: Category,
    description: MessageText,
    key: Option<IdempotencyKey>,
    created_at: Timestamp,
    policy: Policy,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    At(Timestamp),
    Do(By, Change),
}

#[derive(Debug, Clone)]
enum By {
    Requester,
    Actor(Actor),
}

/// How it is opened.
///
/// # Panics
///
/// Where a text can't be parsed.
impl TicketFixture {
    /// Opened for this customer.
    pub fn requester(mut self, id: impl TryInto<UserId, Error: Debug>) -> Self {
        self.requester = parsed(id);
        self
    }

    /// Opened by this administrator on the requester's behalf.
    pub fn opened_by(mut self, admin: impl TryInto<UserId, Error: Debug>) -> Self {
        self.opened_by = Some(parsed(admin));
        self
    }

    /// About this.
    pub fn category(mut self, category: impl TryInto<Category, Error: Debug>) -> Self {
        self.category = parsed(category);
        self
    }

    /// Described like this, which is also the first message.
    pub fn description(mut self, text: impl TryInto<MessageText, Error: Debug>) -> Self {
        self.description = parsed(text);
        self
    }

    /// Opened under this idempotency key.
    pub fn key(mut self, key: impl TryInto<IdempotencyKey, Error: Debug>) -> Self {
        self.key = Some(parsed(key));
        self
    }

    /// Opened at this time.
    pub fn created_at(mut self, time: Timestamp) -> Self {
        self.created_at = time;
        self
    }

    /// Opened and changed under this policy.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Opened and changed under this promise, so that it has timers.
    ///
    /// ```
    /// use ventanilla_storage::testing;
    ///
    /// let ticket = testing::ticket("TKT-ABC123").sla(&testing::sla()).reply("luis", "Ya está.").build();
    /// let timers = ticket.head().sla.as_deref().expect("it was opened under a promise");
    /// assert!(!timers.first_response.is_running() && timers.resolution.is_running());
    /// ```
    pub fn sla(mut self, sla: &Sla) -> Self {
        self.policy.sla = Some(sla.clone());
        self
    }
}

/// What happens to it.
///
/// # Panics
///
/// Where a text can't be parsed.
impl TicketFixture {
    /// The requester writes.
    pub fn message(self, message: impl TryInto<NewMessage, Error: Debug>) -> Self {
        self.step(By::Requester, Change::message(parsed::<NewMessage>(message)))
    }

    /// An administrator writes.
    pub fn reply(
        self,
        admin: impl TryInto<UserId, Error: Debug>,
        message: impl TryInto<NewMessage, Error: Debug>,
    ) -> Self {
        self.change(Actor::Admin(parsed(admin)), Change::message(parsed::<NewMessage>(message)))
    }

    /// An administrator writes a note.
    pub fn note(
        self,
        admin: impl TryInto<UserId, Error: Debug>,
        text: impl TryInto<MessageText, Error: Debug>,
    ) -> Self {
        self.change(Actor::Admin(parsed(admin)), Change::note(parsed::<MessageText>(text)))
    }

    /// [`admin(0)`](admin) sets the status.
    pub fn status(self, to: Status) -> Self {
        self.change(Actor::Admin(admin(0)), Change::status(to))
    }

    /// [`admin(0)`](admin) sets the priority.
    pub fn priority(self, to: Priority) -> Self {
        self.change(Actor::Admin(admin(0)), Change::priority(to))
    }

    /// [`admin(0)`](admin) gives it to this administrator.
    pub fn assignee(self, admin: impl TryInto<UserId, Error: Debug>) -> Self {
        self.change(Actor::Admin(super::admin(0)), Change::assign(Some(parsed(admin))))
    }

    /// Somebody makes any other change.
    pub fn change(self, by: Actor, change: Change) -> Self {
        self.step(By::Actor(by), change)
    }

    /// What follows begins at this time, be it earlier than what came before.
    pub fn at(mut self, time: Timestamp) -> Self {
        self.steps.push(Step::At(time));
        self
    }

    fn step(mut self, by: By, change: Change) -> Self {
        self.steps.push(Step::Do(by, change));
        self
    }
}

impl TicketFixture {
    /// Opens the ticket and lets everything happen to it.
    ///
    /// # Panics
    ///
    /// If the rules refuse any of it.
    ///
    /// ```should_panic
    /// use ventanilla_domain::Status;
    ///
    /// let closed = ventanilla_storage::testing::ticket("TKT-ABC123").status(Status::Closed);
    /// closed.message("¿Hola?").build();
    /// ```
    #[must_use]
    pub fn build(self) -> Ticket {
        let customer = Actor::Customer(self.requester.clone());
        let opened_by = self.opened_by.map_or_else(|| customer.clone(), Actor::Admin);
        let mut draft = NewTicket::new(self.category, self.description);
        if let Some(key) = self.key {
            draft = draft.with_key(key);
        }
        let opened = draft.open(self.number, &self.requester, &opened_by, self.created_at, &self.policy);
        let mut ticket = opened.unwrap_or_else(|refusal| panic!("it can't be opened: {refusal}"));
        let mut now = self.created_at.plus(STEP);
        for step in self.steps {
            match step {
                Step::At(time) => now = time,
                Step::Do(by, change) => {
                    let by = match by {
                        By::Requester => &customer,
                        By::Actor(ref actor) => actor,
                    };
                    carry_out(change, by, now, &self.policy, &mut ticket);
                    now = now.plus(STEP);
                }
            }
        }
        ticket
    }
}

const STEP: Duration = Duration::from_secs(60);

fn carry_out(change: Change, by: &Actor, at: Timestamp, policy: &Policy, ticket: &mut Ticket) {
    let number = ticket.head().ticket_number.clone();
    let command = Command::new(by, at, policy, change);
    let outcome = command.map_or_else(Outcome::Refused, |command| command.apply(ticket));
    match outcome {
        Outcome::Applied { .. } | Outcome::Unchanged { .. } | Outcome::Repeated { .. } => {}
        Outcome::Refused(refusal) => panic!("ticket {number} refuses it: {refusal}"),
        Outcome::NotFound => panic!("ticket {number} is not {by:?}'s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_a_minute_apart_unless_said_otherwise() {
        let earlier = start().minus(STEP);
        let ticket = ticket("TKT-ABC123").message("Uno").message("Dos").at(earlier).message("Tres");
        let times =
            ticket.build().messages().iter().map(|message| message.created_at).collect::<Vec<_>>();
        assert_eq!(times, [start(), start().plus(STEP), start().plus(STEP * 2), earlier]);
    }

    #[test]
    #[should_panic(expected = "refuses it: A ticket cannot go from Closed to Open.")]
    fn what_the_rules_refuse_panics() {
        let _ = ticket("TKT-ABC123").status(Status::Closed).status(Status::Open).build();
    }
}
