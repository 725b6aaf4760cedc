//! What the cases share: people, texts, times, and a store with its twin.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use ventanilla_domain::{
    Actor, Audience, BusinessTime, Change, Command, MessageRange, MessageText, NewMessage, Outcome,
    Policy, SlaTimers, Ticket, TicketDetails, TicketHead, TicketNumber, Timestamp, UserId,
};

use crate::{
    InsertOutcome, StoreError, TicketStore,
    testing::{self, TicketFixture},
};

pub(super) fn ana() -> UserId {
    testing::customer(0)
}

pub(super) fn eva() -> UserId {
    testing::customer(1)
}

pub(super) fn luis() -> UserId {
    testing::admin(0)
}

pub(super) fn marta() -> UserId {
    testing::admin(1)
}

pub(super) fn customer() -> Actor {
    Actor::Customer(ana())
}

pub(super) fn admin() -> Actor {
    Actor::Admin(luis())
}

/// The number of most tickets here.
pub(super) fn number() -> TicketNumber {
    parsed("TKT-ABC123")
}

/// So many hours after the first ticket of the day: later than any step of a fixture.
pub(super) fn hour(hours: u64) -> Timestamp {
    testing::start().plus(Duration::from_secs(3600) * hours as u32)
}

pub(super) fn hours(hours: u32) -> Duration {
    Duration::from_secs(3600) * hours
}

pub(super) fn note(text: &str) -> Change {
    Change::note(parsed::<MessageText>(text))
}

pub(super) fn message(text: &str) -> Change {
    Change::message(parsed::<NewMessage>(text))
}

pub(super) const MILLISECOND: Duration = Duration::from_millis(1);

pub(super) fn parsed<T>(value: impl TryInto<T, Error: Debug>) -> T {
    value.try_into().expect("the suite's own values can be parsed")
}

/// Makes the command of a change that such an actor may ask for.
pub(super) fn command(change: Change, by: &Actor, at: Timestamp) -> Command {
    command_under(&Policy::default(), change, by, at)
}

pub(super) fn command_under(policy: &Policy, change: Change, by: &Actor, at: Timestamp) -> Command {
    Command::new(by, at, policy, change).expect("such an actor makes such changes")
}

/// What the desk promises where a case has timers: [`testing::sla`], in working days of eight hours.
pub(super) fn promising() -> Policy {
    Policy { sla: Some(testing::sla()), ..Policy::default() }
}

/// A ticket that was opened under that promise.
pub(super) fn promised(number: &str) -> TicketFixture {
    testing::ticket(number).sla(&testing::sla())
}

/// What the desk's calendar reads then.
pub(super) fn reading(at: Timestamp) -> BusinessTime {
    testing::sla().business_time_at(at)
}

/// What a store answered, which is never an error here.
pub(super) fn answer<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| panic!("the store failed: {error:?}"))
}

/// A whole ticket, as an administrator sees it.
pub(super) async fn view(store: &dyn TicketStore, number: &TicketNumber) -> Option<TicketDetails> {
    answer(store.get(&number.into(), &Audience::Desk, MessageRange::All).await)
}

pub(super) async fn head(store: &dyn TicketStore, number: &TicketNumber) -> TicketHead {
    view(store, number).await.expect("the ticket is stored").head
}

/// The timers of the ticket that most cases have.
pub(super) async fn timers(store: &dyn TicketStore) -> SlaTimers {
    *head(store, &number()).await.sla.expect("it was opened under a promise")
}

/// Stores tickets that nothing speaks against.
pub(super) async fn fill(store: &dyn TicketStore, tickets: &[Ticket]) {
    for ticket in tickets {
        assert_eq!(answer(store.insert(ticket).await), InsertOutcome::Stored);
    }
}

/// A store beside the same tickets in memory: whatever is done to it is done to them by the
/// domain itself, and both must agree, in the answer and in every field afterwards.
pub(super) struct Twin<'a> {
    store: &'a dyn TicketStore,
    tickets: BTreeMap<TicketNumber, Ticket>,
}

impl<'a> Twin<'a> {
    pub(super) async fn of(store: &'a dyn TicketStore, ticket: Ticket) -> Self {
        let mut twin = Self { store, tickets: BTreeMap::new() };
        twin.insert(ticket).await;
        twin
    }

    pub(super) async fn insert(&mut self, ticket: Ticket) {
        let number = ticket.head().ticket_number.clone();
        fill(self.store, std::slice::from_ref(&ticket)).await;
        self.tickets.insert(number.clone(), ticket);
        self.agrees_on(&number).await;
    }

    pub(super) async fn update(&mut self, number: &TicketNumber, command: &Command) -> Outcome {
        let meant =
            self.tickets.get_mut(number).map_or(Outcome::NotFound, |ticket| command.apply(ticket));
        let outcome = answer(self.store.update(number, command).await);
        assert_eq!(outcome, meant, "the answer to {command:?}");
        self.agrees_on(number).await;
        outcome
    }

    /// [`update`](Self::update) of the ticket that most cases have.
    pub(super) async fn change(&mut self, change: Change, by: &Actor, at: Timestamp) -> Outcome {
        self.update(&number(), &command(change, by, at)).await
    }

    /// The same under the promise, which moves the timers.
    pub(super) async fn timed(&mut self, change: Change, by: &Actor, at: Timestamp) -> Outcome {
        self.update(&number(), &command_under(&promising(), change, by, at)).await
    }

    async fn agrees_on(&self, number: &TicketNumber) {
        let meant = self
            .tickets
            .get(number)
            .and_then(|ticket| ticket.details(&Audience::Desk, MessageRange::All));
        assert_eq!(view(self.store, number).await, meant, "ticket {number}");
    }
}
