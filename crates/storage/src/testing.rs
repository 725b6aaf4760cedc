//! Ready tickets for tests: one as it is described, or a crowd of all kinds.
//!
//! All of them are opened and changed by the domain's own rules, so a test never meets a ticket
//! that could not exist. Times are fixed and begin at [`start`].
//!
//! ```
//! use ventanilla_domain::Status;
//! use ventanilla_storage::testing;
//!
//! let ticket = testing::ticket("TKT-ABC123")
//!     .requester("ana")
//!     .description("Me cobraron dos veces")
//!     .reply("luis", "Ya está devuelto.")
//!     .status(Status::Resolved)
//!     .build();
//! assert_eq!(ticket.head().status, Status::Resolved);
//! assert_eq!(ticket.messages().len(), 2);
//! ```

use std::{fmt::Debug, time::Duration};

use ventanilla_domain::{
    Actor, Category, Change, IdempotencyKey, MessageText, NewMessage, NewTicket, Outcome, Policy,
    Priority, Status, Ticket, TicketNumber, Timestamp, UserId,
};

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
#[must_use]
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

/// Makes so many tickets of all kinds, always the same ones.
///
/// - Categories, statuses, priorities and assignees mix; conversations have one to four messages.
/// - Time goes on from ticket to ticket, but every fourth has the same millisecond as the one
///   before.
/// - New [customers](customer) come all the time, and old ones come back; the
///   [administrators](admin) are the first five.
/// - Every eighth has a number of 16 digits, as other applications give them.
///
/// ```
/// use ventanilla_domain::Status;
/// use ventanilla_storage::testing;
///
/// let closed = testing::tickets(100).filter(|ticket| ticket.head().status == Status::Closed);
/// assert!(closed.count() > 10);
/// assert!(testing::tickets(100).eq(testing::tickets(100)));
/// ```
pub fn tickets(count: usize) -> impl Iterator<Item = Ticket> {
    (0..count as u64).map(nth)
}

/// The customer of this number.
///
/// Their ids are 24 hexadecimal digits, which every store takes.
///
/// ```
/// use ventanilla_storage::testing;
///
/// assert_ne!(testing::customer(0), testing::customer(1));
/// assert_eq!(testing::customer(0).as_str().len(), 24);
/// ```
#[must_use]
pub fn customer(number: u32) -> UserId {
    parsed(format!("65a1f0c2c11e47e0{number:08x}"))
}

/// The administrator of this number, with an id like a [`customer`]'s.
///
/// ```
/// use ventanilla_storage::testing;
///
/// assert_ne!(testing::admin(0), testing::customer(0));
/// ```
#[must_use]
pub fn admin(number: u32) -> UserId {
    parsed(format!("65a1f0c2ad314000{number:08x}"))
}

/// The time at which the first ticket is created: nine o'clock on the first Monday of 2026.
///
/// ```
/// assert_eq!(ventanilla_storage::testing::start().to_string(), "2026-01-05T09:00:00.000Z");
/// ```
#[must_use]
pub fn start() -> Timestamp {
    Timestamp::from_millis(1_767_603_600_000).expect("2026 is between the years 1 and 9999")
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
        self.change(Actor::Admin(parsed(admin)), Change::note(parsed(text)))
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
        self.change(Actor::Admin(self::admin(0)), Change::assign(Some(parsed(admin))))
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
        let opened =
            draft.open(self.number, &self.requester, &opened_by, self.created_at, &self.policy);
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

fn parsed<T>(value: impl TryInto<T, Error: Debug>) -> T {
    value.try_into().expect("a fixture is made of what can be parsed")
}

fn carry_out(change: Change, by: &Actor, at: Timestamp, policy: &Policy, ticket: &mut Ticket) {
    let number = ticket.head().ticket_number.clone();
    let outcome = change.plan(by, at, policy).map_or_else(Outcome::Refused, |plan| plan.apply(ticket));
    match outcome {
        Outcome::Applied { .. } | Outcome::Unchanged { .. } | Outcome::Repeated { .. } => {}
        Outcome::Refused(refusal) => panic!("ticket {number} refuses it: {refusal}"),
        Outcome::NotFound => panic!("ticket {number} is not {by:?}'s"),
    }
}

/// The ticket at this place of [`tickets`].
fn nth(place: u64) -> Ticket {
    let mut dice = Dice(place);
    let created_at = start().plus(Duration::from_secs(7 * 60) * (place - place % 4 / 3) as u32);
    let (category, description) = dice.pick(&OPENINGS);
    let requester = customer(dice.below(place / 8 + 4) as u32);
    let luis = admin(dice.below(5) as u32);
    let mut fixture = ticket(number(place, created_at))
        .requester(requester)
        .category(category)
        .description(description)
        .created_at(created_at)
        .priority(dice.pick(&Priority::ALL));
    if dice.below(3) > 0 {
        fixture = fixture.assignee(luis.clone());
    }
    if dice.below(2) > 0 {
        fixture = fixture.message(dice.pick(&QUESTIONS));
    }
    if dice.below(2) > 0 {
        fixture = fixture.reply(luis.clone(), dice.pick(&REPLIES));
    }
    if dice.below(4) > 0 {
        fixture = fixture.change(Actor::Bot, Change::message(parsed::<MessageText>(dice.pick(&GREETINGS))));
    }
    fixture.status(dice.pick(&Status::ALL)).build()
}

/// Ours are scattered over all numbers of six characters without meeting.
fn number(place: u64, created_at: Timestamp) -> TicketNumber {
    if place % 8 == 5 {
        return parsed(format!("{:013}{:03}", created_at.as_millis(), place % 1_000));
    }
    let scattered = place.wrapping_mul(387_420_489);
    TicketNumber::from_entropy(&[25, 20, 15, 10, 5, 0].map(|shift| (scattered >> shift) as u8))
}

/// Throws that depend on nothing but the place: SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

const OPENINGS: [(&str, &str); 8] = [
    ("PAGOS", "Me cobraron dos veces la cuota de enero."),
    ("PAGOS", "La factura no lleva el NIF de mi empresa. ¿Me la podéis corregir?"),
    ("CUENTA", "No puedo entrar en mi cuenta desde que cambié la contraseña."),
    ("CUENTA", "Quiero cambiar la dirección de correo con la que me registré."),
    ("BUG", "La página se queda en blanco al guardar.\nPasa en el móvil y en el ordenador."),
    ("BUG", "El buscador no encuentra palabras con «ñ»."),
    ("GENERAL", "¿Hasta qué hora atendéis por teléfono?"),
    ("ENVÍOS", "El paquete llegó abierto y falta una pieza."),
];

const QUESTIONS: [&str; 3] =
    ["¿Hay novedades?", "Adjunto la captura que me pedisteis.", "Sigue igual esta mañana."];

const REPLIES: [&str; 3] = [
    "Gracias por escribirnos. Lo estamos mirando.",
    "Ya está corregido. ¿Puedes comprobarlo?",
    "¿Nos dices desde qué dispositivo entras?",
];

const GREETINGS: [&str; 2] =
    ["¡Hola! Hemos recibido tu consulta.", "Te respondemos de lunes a viernes, de 9 a 18 h."];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_crowd_has_all_kinds() {
        let crowd: Vec<Ticket> = tickets(400).collect();
        let distinct = |of: fn(&Ticket) -> String| crowd.iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|ticket| ticket.head().ticket_number.to_string()), 400);
        assert_eq!(distinct(|ticket| ticket.head().created_at.to_string()), 300);
        assert_eq!(distinct(|ticket| ticket.head().category.to_string()), 5);
        assert_eq!(distinct(|ticket| format!("{:?}", ticket.head().assignee)), 6);
        assert_eq!(distinct(|ticket| ticket.head().message_count.to_string()), 4);
        let statuses_and_priorities =
            distinct(|ticket| format!("{} {}", ticket.head().status, ticket.head().priority));
        assert_eq!(statuses_and_priorities, 16);
        assert!((20..55).contains(&distinct(|ticket| ticket.head().requester.to_string())));
    }

    #[test]
    fn steps_come_a_minute_apart_unless_said_otherwise() {
        let earlier = start().minus(STEP);
        let ticket = ticket("TKT-ABC123").message("Uno").message("Dos").at(earlier).message("Tres");
        let times = ticket.build().messages().iter().map(|message| message.created_at).collect::<Vec<_>>();
        assert_eq!(times, [start(), start().plus(STEP), start().plus(STEP * 2), earlier]);
    }

    #[test]
    #[should_panic(expected = "refuses it: A ticket cannot go from Closed to Open.")]
    fn what_the_rules_refuse_panics() {
        let _ = ticket("TKT-ABC123").status(Status::Closed).status(Status::Open).build();
    }
}
