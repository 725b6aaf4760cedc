//! Alerts of SLA timers: looks for them, and streams of events that have them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use common::{NUMBER, code, desk_over, desk_without_sla, id, number, policy, storing};
use futures::FutureExt;
use tokio::time::{advance, timeout};
use ventanilla_service::{
    EventKind, Explain, HelpDesk, MemoryStore, Policy, Priority, Status, TicketNumber, TicketSummary,
    Timestamp,
    error::StoreError,
    event::{EventStream, EventToken, TicketEvents},
    list::{Counts, Page, PageQuery},
    settings::ManualClock,
    sla::{BusinessCalendar, Sla, SlaMetric, SlaPolicy, SlaState, SlaTargets},
    store::{Command, CountsQuery, InsertOutcome, Outcome, Ticket, TicketStore},
    testing,
    ticket::{Actor, Audience, Wait, WaitingFor},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Returns a desk whose clock is at the epoch of the sample tickets, over one that was opened then.
async fn desk() -> (HelpDesk, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(testing::epoch()));
    let ticket = testing::ticket(NUMBER).requester("ana").policy(policy()).build();
    let desk = HelpDesk::builder(storing([ticket]).await).clock(Arc::clone(&clock)).policy(policy());
    (desk.build(), clock)
}

/// Looks every so many hours, for so many times.
async fn looks(desk: &HelpDesk, clock: &ManualClock, every: u32, times: u32) -> Vec<TicketEvents> {
    let (mut since, mut told) = (now(desk).await, Vec::new());
    for _ in 0..times {
        clock.advance(HOUR * every);
        let found = desk.system().sla_alerts(since).await.unwrap();
        since = found.until;
        told.extend(found.alerts);
    }
    told
}

async fn now(desk: &HelpDesk) -> Timestamp {
    desk.system().sla_alerts(Timestamp::MIN).await.unwrap().until
}

fn states(alerts: &[TicketEvents]) -> Vec<(SlaMetric, SlaState)> {
    alerts.iter().map(state).collect()
}

fn state(alert: &TicketEvents) -> (SlaMetric, SlaState) {
    match &common::only(alert.events.clone()).kind {
        EventKind::SlaAtRisk { metric } => (*metric, SlaState::AtRisk),
        EventKind::SlaBreached { metric } => (*metric, SlaState::Breached),
        other => panic!("it is an alert: {other:?}"),
    }
}

const ALL: [(SlaMetric, SlaState); 4] = [
    (SlaMetric::FirstResponse, SlaState::AtRisk),
    (SlaMetric::FirstResponse, SlaState::Breached),
    (SlaMetric::Resolution, SlaState::AtRisk),
    (SlaMetric::Resolution, SlaState::Breached),
];

#[tokio::test]
async fn each_risk_and_each_breach_is_told_once() {
    let (desk, clock) = desk().await;
    // Its targets are 4 and 40 hours, and the calendar never closes.
    let told = looks(&desk, &clock, 1, 60).await;
    assert_eq!(states(&told), ALL);
    let ids: BTreeSet<&str> = told.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(ids.len(), 4);
    assert!(told.iter().all(|alert| alert.head.ticket_number == number(NUMBER)));
}

#[tokio::test]
async fn a_late_look_tells_the_last_state_of_each_timer() {
    let (desk, clock) = desk().await;
    assert_eq!(states(&looks(&desk, &clock, 60, 1).await), [ALL[1], ALL[3]]);
}

#[tokio::test]
async fn timers_that_have_stopped_or_are_paused_are_not_told() {
    let (desk, clock) = desk().await;
    let luis = desk.admin(id("luis"));
    luis.reply(&number(NUMBER), "¿Cuál?").wait(Wait::new(WaitingFor::Customer)).await.unwrap();
    assert_eq!(states(&looks(&desk, &clock, 1, 60).await), []);
    luis.end_wait(&number(NUMBER)).await.unwrap();
    assert_eq!(states(&looks(&desk, &clock, 1, 60).await), ALL[2..]);
}

/// Targets of 40 hours, and of one for urgent tickets.
fn urgent_policy() -> Policy {
    let hours = |priority| if priority == Priority::Urgent { 1 } else { 40 };
    let targets = |hours| SlaTargets::hours(hours, hours, hours).unwrap();
    let targets = SlaPolicy::new(Priority::ALL.map(|priority| (priority, targets(hours(priority)))));
    Policy { sla: Some(Sla::new(targets.unwrap(), BusinessCalendar::always())), ..policy() }
}

#[tokio::test]
async fn a_shorter_target_may_breach_timers_at_once() {
    let clock = Arc::new(ManualClock::new(testing::epoch()));
    let ticket = testing::ticket(NUMBER).requester("ana").policy(urgent_policy()).build();
    let desk = HelpDesk::builder(storing([ticket]).await).clock(Arc::clone(&clock));
    let desk = desk.policy(urgent_policy()).build();
    assert_eq!(states(&looks(&desk, &clock, 1, 3).await), []);
    // They are due two hours before the last look.
    desk.admin(id("luis")).set_priority(&number(NUMBER), Priority::Urgent).await.unwrap();
    assert_eq!(states(&looks(&desk, &clock, 1, 60).await), [ALL[1], ALL[3]], "once each");
}

#[tokio::test]
async fn a_late_ticket_is_told_when_it_is_reopened() {
    let (desk, clock) = desk().await;
    let since = now(&desk).await;
    clock.advance(HOUR * 41);
    let luis = desk.admin(id("luis"));
    luis.reply(&number(NUMBER), "Ya está.").status(Status::Resolved).await.unwrap();
    let found = desk.system().sla_alerts(since).await.unwrap();
    assert_eq!(states(&found.alerts), [], "it has stopped before the look");
    clock.advance(HOUR);
    desk.customer(id("ana")).reply(&number(NUMBER), "Sigue igual.").await.unwrap();
    let found = desk.system().sla_alerts(found.until).await.unwrap();
    assert_eq!(states(&found.alerts), [ALL[3]]);
}

#[tokio::test]
async fn all_pages_of_many_tickets_are_told() {
    let clock = Arc::new(ManualClock::new(testing::epoch()));
    let tickets = (0..250)
        .map(|nth| testing::ticket(format!("TKT-ABC{nth:03}").as_str()).policy(policy()).build());
    let desk =
        HelpDesk::builder(storing(tickets).await).clock(Arc::clone(&clock)).policy(policy()).build();
    let told = looks(&desk, &clock, 5, 1).await;
    let numbers: BTreeSet<_> = told.iter().map(|alert| &alert.head.ticket_number).collect();
    assert_eq!((told.len(), numbers.len()), (250, 250));
}

#[tokio::test]
async fn a_desk_without_targets_says_so() {
    let desk = desk_without_sla(MemoryStore::new());
    assert_eq!(code(&desk.system().sla_alerts(Timestamp::MIN).await), "no_sla");
}

/// Returns the next items.
async fn read(stream: &mut EventStream, count: usize) -> Vec<TicketEvents> {
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(next(stream).await.unwrap());
    }
    items
}

/// Waits for the next item or error, at most for an hour of the paused time.
async fn next(stream: &mut EventStream) -> Result<TicketEvents, StoreError> {
    timeout(HOUR, stream.next()).await.expect("there is one").unwrap()
}

fn ids(items: &[TicketEvents]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

// The time of the runtime is paused: it moves on to the next look once nothing else is to be done.

#[tokio::test(start_paused = true)]
async fn a_stream_tells_each_risk_and_each_breach_between_the_changes() {
    let (desk, clock) = desk().await;
    let mut stream = desk.events(None).await.unwrap();
    let mut told = Vec::new();
    for state in &ALL[..2] {
        clock.advance(HOUR * 3);
        told.extend(read(&mut stream, 1).await);
        assert_eq!(states(&told).last(), Some(state));
        desk.admin(id("luis")).add_note(&number(NUMBER), "Ojo").await.unwrap();
        let note = common::only(read(&mut stream, 1).await);
        assert_eq!(note.notes.len(), 1);
    }
    clock.advance(HOUR * 60);
    told.extend(read(&mut stream, 1).await);
    assert_eq!(states(&told), [ALL[0], ALL[1], ALL[3]]);
    let by_looks = desk.system().sla_alerts(testing::epoch()).await.unwrap().alerts;
    assert_eq!(ids(&by_looks), [told[1].id.as_str(), told[2].id.as_str()], "they are the same items");
    for alert in told {
        assert_eq!((alert.version, &alert.events[0].by), (None, &Actor::System));
        for audience in [Audience::Requester(id("ana")), Audience::Bot] {
            assert_eq!(alert.clone().for_audience(&audience), None);
        }
    }
    // All are told.
    for _ in 0..5 {
        advance(Duration::from_secs(30)).await;
        assert!(stream.next().now_or_never().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_is_told_what_came_while_it_was_stopped() {
    let (desk, clock) = desk().await;
    let token = desk.events(None).await.unwrap().token().clone();
    clock.advance(HOUR * 60);
    let first = {
        let mut stream = desk.events(token.clone()).await.unwrap();
        let first = read(&mut stream, 1).await;
        // It was not told the other one: both come again.
        assert_eq!(stream.token(), &token);
        first
    };
    let mut stream = desk.events(token).await.unwrap();
    let told = read(&mut stream, 2).await;
    assert_eq!(states(&told), [ALL[1], ALL[3]]);
    assert_eq!(told[0], first[0]);

    // Its text has all that is needed, and nothing is told again after the last one.
    let token: EventToken = stream.token().to_string().parse().unwrap();
    let mut stream = desk.events(token).await.unwrap();
    desk.admin(id("luis")).add_note(&number(NUMBER), "Ojo").await.unwrap();
    let note = common::only(read(&mut stream, 1).await);
    assert_eq!(note.notes.len(), 1, "{note:?}");
    advance(Duration::from_secs(30)).await;
    assert!(stream.next().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_store_means_alerts_from_now_on() {
    let (store, clock) = (storing([]).await, ManualClock::new(testing::epoch()));
    let desk = HelpDesk::builder(Arc::clone(&store)).clock(clock.clone()).policy(policy()).build();
    let plain = store.events(None).await.unwrap().token().clone();
    store.insert(&testing::ticket(NUMBER).policy(policy()).build()).await.unwrap();
    clock.advance(HOUR * 5);
    let mut stream = desk.events(plain.clone()).await.unwrap();
    assert_eq!(common::only(read(&mut stream, 1).await).version, Some(0));
    clock.advance(HOUR * 60);
    assert_eq!(states(&read(&mut stream, 1).await), [ALL[3]]);

    // A desk without an SLA policy reads the token of one with it, and gives the store's.
    let token = desk.events(plain.clone()).await.unwrap().token().clone();
    assert_ne!(token, plain);
    let mut stream = desk_without_sla(Arc::clone(&store)).events(token).await.unwrap();
    assert_eq!(stream.token(), &plain);
    assert_eq!(common::only(read(&mut stream, 1).await).version, Some(0));
}

#[tokio::test]
async fn a_lost_position_is_named_as_it_was_given() {
    let desk = desk_over(MemoryStore::new());
    for token in ["sla:0:s1", "sla:x:s1", "sla:9999999999999999:s1", "sla:0:", "sla:0", "s1"] {
        let error = desk.events(token.parse::<EventToken>().unwrap()).await.unwrap_err();
        assert_eq!(error.code(), "events_lost");
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), format!("the events after {token} are lost"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_misses_nothing() {
    let (desk, clock) = desk().await;
    clock.advance(HOUR * 24);
    let mut stream = desk.events(None).await.unwrap();
    clock.set(testing::epoch());
    assert!(stream.next().now_or_never().is_none());
    clock.advance(HOUR * 5);
    assert_eq!(states(&read(&mut stream, 1).await), [ALL[1]]);
}

/// Store in memory whose lists fail, or wait for ever, for so many times.
struct Ailing {
    store: Arc<MemoryStore>,
    lists: AtomicUsize,
    fails: bool,
}

#[async_trait]
impl TicketStore for Ailing {
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError> {
        self.store.insert(ticket).await
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError> {
        self.store.ticket(number).await
    }

    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError> {
        self.store.update(number, command).await
    }

    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError> {
        // A reader that is cancelled here must not lose its look.
        tokio::task::yield_now().await;
        if self.lists.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
            return self.store.list(page).await;
        }
        if self.fails {
            return Err(StoreError::Failed { source: "it is ill".into() });
        }
        std::future::pending().await
    }

    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError> {
        self.store.counts(query).await
    }

    async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError> {
        self.store.events(after).await
    }
}

/// Returns a desk over such a store, with one ticket, and its stream from the opening of the ticket on.
async fn ailing(lists: usize, fails: bool) -> (HelpDesk, EventStream, ManualClock) {
    let clock = ManualClock::new(testing::epoch());
    let store = storing([testing::ticket(NUMBER).policy(policy()).build()]).await;
    let store = Ailing { store, lists: AtomicUsize::new(lists), fails };
    let desk = HelpDesk::builder(store).clock(clock.clone()).policy(policy()).build();
    let stream = desk.events(None).await.unwrap();
    clock.advance(HOUR * 60);
    (desk, stream, clock)
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_are_error_items_and_miss_nothing() {
    let (desk, mut stream, _clock) = ailing(2, true).await;
    let (mut failures, mut items) = (0, Vec::new());
    while items.len() < 4 {
        let token = stream.token().clone();
        match next(&mut stream).await {
            Ok(item) => items.push(item),
            Err(error) => {
                assert_eq!((error.code(), stream.token()), ("store_failed", &token));
                failures += 1;
                desk.admin(id("luis")).add_note(&number(NUMBER), "Ojo").await.unwrap();
            }
        }
    }
    assert_eq!(failures, 2);
    let alerts: Vec<_> = items.into_iter().filter(|item| item.notes.is_empty()).collect();
    assert_eq!(states(&alerts), [ALL[1], ALL[3]]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_too_long_delays_no_change_and_is_an_error_item() {
    let (desk, mut stream, _clock) = ailing(1, false).await;
    for _ in 0..3 {
        desk.admin(id("luis")).add_note(&number(NUMBER), "Ojo").await.unwrap();
        assert_eq!(common::only(read(&mut stream, 1).await).notes.len(), 1);
    }
    let error = next(&mut stream).await.unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    assert_eq!(states(&read(&mut stream, 2).await), [ALL[1], ALL[3]]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_cancelled_again_and_again_loses_nothing() {
    let (desk, mut stream, clock) = ailing(0, false).await;
    let mut items = Vec::new();
    for turn in 0..200 {
        if turn % 20 == 0 {
            desk.admin(id("luis")).add_note(&number(NUMBER), "Ojo").await.unwrap();
        }
        // It is polled once, and dropped.
        if let Some(item) = stream.next().now_or_never() {
            items.push(item.unwrap().unwrap());
        }
        clock.advance(Duration::from_secs(1));
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(items.iter().filter(|item| !item.notes.is_empty()).count(), 10);
    let alerts: Vec<_> = items.into_iter().filter(|item| item.notes.is_empty()).collect();
    assert_eq!(states(&alerts), [ALL[1], ALL[3]]);
}
