//! Helpers of the cases: people, texts, times, and a mirror of a store.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use ventanilla_domain::{
    Actor, Audience, BusinessTime, Change, Command, MessageRange, MessageText, NewMessage, Outcome,
    Policy, Reference, SlaTimers, Ticket, TicketDetails, TicketHead, TicketNumber, Timestamp, UserId,
};

use crate::{
    CountsQuery, InsertOutcome, StoreError, TicketStore,
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

/// Returns the number of the ticket in most cases.
pub(super) fn number() -> TicketNumber {
    parsed("TKT-ABC123")
}

/// Returns the time a number of hours after [`testing::epoch`], later than any default step of a fixture.
pub(super) fn hour(hours: u64) -> Timestamp {
    testing::epoch().plus(Duration::from_secs(3600) * hours as u32)
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
    value.try_into().expect("the values of the suite are valid")
}

pub(super) fn reference(text: &str) -> Reference {
    text.parse().expect("the values of the suite are valid")
}

/// Returns the command of a change under the default policy.
pub(super) fn command(change: Change, by: &Actor, at: Timestamp) -> Command {
    command_under(&Policy::default(), change, by, at)
}

pub(super) fn command_under(policy: &Policy, change: Change, by: &Actor, at: Timestamp) -> Command {
    Command::new(by, at, policy, change).expect("the actor may make such a change")
}

/// Returns a policy with [`testing::sla`], whose business days have eight hours.
pub(super) fn sla_policy() -> Policy {
    Policy { sla: Some(testing::sla()), ..Policy::default() }
}

/// Returns the fixture of a ticket that was opened under [`testing::sla`].
pub(super) fn timed_ticket(number: &str) -> TicketFixture {
    testing::ticket(number).sla(&testing::sla())
}

/// Returns the business time by the calendar of [`testing::sla`].
pub(super) fn business_time(at: Timestamp) -> BusinessTime {
    testing::sla().business_time_at(at)
}

/// Returns the query of counts at a business time, after every wait that has an end.
pub(super) fn counts_query(mine: &UserId, as_of: impl Into<Option<BusinessTime>>) -> CountsQuery {
    CountsQuery::new(mine.clone(), Timestamp::MAX).with_as_of(as_of)
}

/// Returns the result of a call that must not fail.
pub(super) fn answer<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| panic!("the store failed: {error:?}"))
}

/// Returns a whole ticket, as the desk sees it.
pub(super) async fn view(store: &dyn TicketStore, number: &TicketNumber) -> Option<TicketDetails> {
    answer(store.get(&number.into(), &Audience::Desk, MessageRange::All).await)
}

pub(super) async fn head(store: &dyn TicketStore, number: &TicketNumber) -> TicketHead {
    view(store, number).await.expect("the ticket is stored").head
}

/// Returns the timers of the ticket of most cases.
pub(super) async fn timers(store: &dyn TicketStore) -> SlaTimers {
    *head(store, &number()).await.sla.expect("it was opened under an SLA")
}

/// Stores tickets with new numbers.
pub(super) async fn fill(store: &dyn TicketStore, tickets: &[Ticket]) {
    for ticket in tickets {
        assert_eq!(answer(store.insert(ticket).await), InsertOutcome::Stored);
    }
}

/// Store with a mirror of its tickets, to which every command is applied by the domain. Both must agree in
/// the outcome and afterwards in every field.
pub(super) struct Mirror<'a> {
    store: &'a dyn TicketStore,
    tickets: BTreeMap<TicketNumber, Ticket>,
}

impl<'a> Mirror<'a> {
    pub(super) async fn of(store: &'a dyn TicketStore, ticket: Ticket) -> Self {
        let mut mirror = Self { store, tickets: BTreeMap::new() };
        mirror.insert(ticket).await;
        mirror
    }

    pub(super) async fn insert(&mut self, ticket: Ticket) {
        let number = ticket.head().ticket_number.clone();
        fill(self.store, std::slice::from_ref(&ticket)).await;
        self.tickets.insert(number.clone(), ticket);
        self.compare(&number).await;
    }

    pub(super) async fn update(&mut self, number: &TicketNumber, command: &Command) -> Outcome {
        let expected =
            self.tickets.get_mut(number).map_or(Outcome::NotFound, |ticket| command.apply(ticket));
        let outcome = answer(self.store.update(number, command).await);
        assert_eq!(outcome, expected, "outcome of {command:?}");
        self.compare(number).await;
        outcome
    }

    /// Makes a change of the ticket of most cases, under the default policy.
    pub(super) async fn change(&mut self, change: Change, by: &Actor, at: Timestamp) -> Outcome {
        self.update(&number(), &command(change, by, at)).await
    }

    /// Makes a change of the ticket of most cases, under the SLA.
    pub(super) async fn timed(&mut self, change: Change, by: &Actor, at: Timestamp) -> Outcome {
        self.update(&number(), &command_under(&sla_policy(), change, by, at)).await
    }

    async fn compare(&self, number: &TicketNumber) {
        let expected = self
            .tickets
            .get(number)
            .and_then(|ticket| ticket.details(&Audience::Desk, MessageRange::All));
        assert_eq!(view(self.store, number).await, expected, "ticket {number}");
    }
}
