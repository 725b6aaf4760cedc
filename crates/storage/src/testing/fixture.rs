//! Builder of single tickets.

use std::{fmt::Debug, time::Duration};

use ventanilla_domain::{
    Actor, Attachment, Category, Change, Command, IdempotencyKey, MessageText, NewMessage, NewTicket,
    Outcome, Policy, Priority, Reference, Sla, Status, Tag, Ticket, TicketNumber, Timestamp, UserId,
    Wait,
};

use super::{admin, customer, epoch, valid};

/// Creates the builder of a ticket: open, of [`customer(0)`](customer), created at [`epoch`].
///
/// # Panics
///
/// If the number is not valid.
///
/// ```
/// use ventanilla_storage::testing;
///
/// let ticket = testing::ticket("TKT-ABC123").build();
/// assert_eq!(ticket.head().created_at, testing::epoch());
/// ```
pub fn ticket(number: impl TryInto<TicketNumber, Error: Debug>) -> TicketFixture {
    TicketFixture {
        number: valid(number),
        requester: customer(0),
        opened_by: None,
        category: Category::GENERAL,
        description: valid("No encuentro mis facturas. ¿Dónde puedo descargarlas?"),
        key: None,
        about: Vec::new(),
        tags: Vec::new(),
        attachments: Vec::new(),
        created_at: epoch(),
        policy: Policy::default(),
        steps: Vec::new(),
    }
}

/// Builder of a ticket: its opening, and changes in order.
///
/// The changes follow in steps of one minute, unless [`at`](Self::at) sets the time.
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
#[must_use = "`build` makes the ticket"]
pub struct TicketFixture {
    number: TicketNumber,
    requester: UserId,
    opened_by: Option<UserId>,
    category: Category,
    description: MessageText,
    key: Option<IdempotencyKey>,
    about: Vec<Reference>,
    tags: Vec<Tag>,
    attachments: Vec<Attachment>,
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

/// Opening of the ticket.
///
/// # Panics
///
/// If a value is not valid.
impl TicketFixture {
    /// Sets the requester.
    pub fn requester(mut self, id: impl TryInto<UserId, Error: Debug>) -> Self {
        self.requester = valid(id);
        self
    }

    /// Lets an administrator open the ticket for the requester.
    pub fn opened_by(mut self, admin: impl TryInto<UserId, Error: Debug>) -> Self {
        self.opened_by = Some(valid(admin));
        self
    }

    /// Sets the category.
    pub fn category(mut self, category: impl TryInto<Category, Error: Debug>) -> Self {
        self.category = valid(category);
        self
    }

    /// Sets the description, which is also the first message.
    pub fn description(mut self, text: impl TryInto<MessageText, Error: Debug>) -> Self {
        self.description = valid(text);
        self
    }

    /// Sets the idempotency key of the creation.
    pub fn key(mut self, key: impl TryInto<IdempotencyKey, Error: Debug>) -> Self {
        self.key = Some(valid(key));
        self
    }

    /// Adds something that the ticket is about, such as `order:1001`.
    ///
    /// ```
    /// use ventanilla_storage::testing;
    ///
    /// let ticket = testing::ticket("TKT-ABC123").about("order:1001").tag("vip").build();
    /// assert_eq!(ticket.head().about[0].id(), "1001");
    /// assert_eq!(ticket.head().tags[0].as_str(), "vip");
    /// ```
    pub fn about(mut self, reference: &str) -> Self {
        self.about.push(Reference::parse(reference).expect("the values of a fixture are valid"));
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, tag: impl TryInto<Tag, Error: Debug>) -> Self {
        self.tags.push(valid(tag));
        self
    }

    /// Attaches a file to the first message. Later messages take theirs by
    /// [`NewMessage::with_attachments`].
    pub fn attach(mut self, file: Attachment) -> Self {
        self.attachments.push(file);
        self
    }

    /// Sets the time of creation.
    pub fn created_at(mut self, time: Timestamp) -> Self {
        self.created_at = time;
        self
    }

    /// Sets the policy under which the ticket is opened and changed.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the SLA under which the ticket is opened and changed, so that it has timers.
    ///
    /// ```
    /// use ventanilla_storage::testing;
    ///
    /// let ticket = testing::ticket("TKT-ABC123").sla(&testing::sla()).reply("luis", "Ya está.").build();
    /// let timers = ticket.head().sla.as_deref().expect("it was opened under an SLA");
    /// assert!(!timers.first_response.is_running() && timers.resolution.is_running());
    /// ```
    pub fn sla(mut self, sla: &Sla) -> Self {
        self.policy.sla = Some(sla.clone());
        self
    }
}

/// Changes of the ticket.
///
/// # Panics
///
/// If a value is not valid.
impl TicketFixture {
    /// Adds a message of the requester.
    pub fn message(self, message: impl TryInto<NewMessage, Error: Debug>) -> Self {
        self.step(By::Requester, Change::message(valid::<NewMessage>(message)))
    }

    /// Adds a message of an administrator.
    pub fn reply(
        self,
        admin: impl TryInto<UserId, Error: Debug>,
        message: impl TryInto<NewMessage, Error: Debug>,
    ) -> Self {
        self.change(Actor::Admin(valid(admin)), Change::message(valid::<NewMessage>(message)))
    }

    /// Adds a note of an administrator.
    pub fn note(
        self,
        admin: impl TryInto<UserId, Error: Debug>,
        text: impl TryInto<MessageText, Error: Debug>,
    ) -> Self {
        self.change(Actor::Admin(valid(admin)), Change::note(valid(text)))
    }

    /// Sets the status, by [`admin(0)`](admin).
    pub fn status(self, to: Status) -> Self {
        self.change(Actor::Admin(admin(0)), Change::status(to))
    }

    /// Sets the priority, by [`admin(0)`](admin).
    pub fn priority(self, to: Priority) -> Self {
        self.change(Actor::Admin(admin(0)), Change::priority(to))
    }

    /// Assigns the ticket to an administrator, by [`admin(0)`](admin).
    pub fn assignee(self, admin: impl TryInto<UserId, Error: Debug>) -> Self {
        self.change(Actor::Admin(super::admin(0)), Change::assign(Some(valid(admin))))
    }

    /// Sets the ticket to wait, by [`admin(0)`](admin).
    ///
    /// ```
    /// use ventanilla_domain::{Wait, WaitingFor};
    /// use ventanilla_storage::testing;
    ///
    /// let ticket = testing::ticket("TKT-ABC123").wait(Wait::new(WaitingFor::Customer)).build();
    /// assert!(ticket.head().wait_at(testing::epoch()).is_some());
    /// ```
    pub fn wait(self, wait: Wait) -> Self {
        self.change(Actor::Admin(admin(0)), Change::wait(wait))
    }

    /// Lets the bot hand the ticket over to a human.
    ///
    /// ```
    /// use ventanilla_storage::testing;
    ///
    /// let ticket = testing::ticket("TKT-ABC123").hand_over("Pide hablar con una persona.").build();
    /// assert!(ticket.head().handoff_at.is_some());
    /// ```
    pub fn hand_over(self, reason: impl TryInto<NewMessage, Error: Debug>) -> Self {
        self.change(Actor::Bot, Change::hand_over(valid::<NewMessage>(reason)))
    }

    /// Lets the bot propose a reply.
    pub fn draft(self, text: impl TryInto<MessageText, Error: Debug>) -> Self {
        self.change(Actor::Bot, Change::draft(valid(text)))
    }

    /// Makes any change by any actor.
    pub fn change(self, by: Actor, change: Change) -> Self {
        self.step(By::Actor(by), change)
    }

    /// Sets the time of the next change, which may be earlier than the last one.
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
    /// Opens the ticket and makes its changes.
    ///
    /// # Panics
    ///
    /// If the business rules refuse one of them.
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
        let mut new_ticket = NewTicket::new(self.category, self.description)
            .with_references(self.about)
            .with_tags(self.tags)
            .with_attachments(self.attachments);
        if let Some(key) = self.key {
            new_ticket = new_ticket.with_key(key);
        }
        let opened =
            new_ticket.open(self.number, &self.requester, &opened_by, self.created_at, &self.policy);
        let mut ticket =
            opened.unwrap_or_else(|refusal| panic!("the ticket cannot be opened: {refusal}"));
        let mut now = self.created_at.plus(STEP);
        for step in self.steps {
            match step {
                Step::At(time) => now = time,
                Step::Do(by, change) => {
                    let by = match by {
                        By::Requester => &customer,
                        By::Actor(ref actor) => actor,
                    };
                    apply(change, by, now, &self.policy, &mut ticket);
                    now = now.plus(STEP);
                }
            }
        }
        ticket
    }
}

const STEP: Duration = Duration::from_secs(60);

fn apply(change: Change, by: &Actor, at: Timestamp, policy: &Policy, ticket: &mut Ticket) {
    let number = ticket.head().ticket_number.clone();
    let command = Command::new(by, at, policy, change);
    let outcome = command.map_or_else(Outcome::Refused, |command| command.apply(ticket));
    match outcome {
        Outcome::Applied { .. } | Outcome::Unchanged { .. } | Outcome::Repeated { .. } => {}
        Outcome::Refused(refusal) => panic!("a change of ticket {number} is refused: {refusal}"),
        Outcome::NotFound => panic!("ticket {number} is not visible to {by:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_a_minute_apart_unless_a_time_is_set() {
        let earlier = epoch().minus(STEP);
        let ticket = ticket("TKT-ABC123").message("Uno").message("Dos").at(earlier).message("Tres");
        let times =
            ticket.build().messages().iter().map(|message| message.created_at).collect::<Vec<_>>();
        assert_eq!(times, [epoch(), epoch().plus(STEP), epoch().plus(STEP * 2), earlier]);
    }

    #[test]
    #[should_panic(expected = "is refused: A ticket cannot go from Closed to Open.")]
    fn a_refused_change_panics() {
        let _ = ticket("TKT-ABC123").status(Status::Closed).status(Status::Open).build();
    }
}
