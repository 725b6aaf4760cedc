//! Alerts of SLA timers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use common::{NUMBER, code, desk_without_sla, id, number, policy, storing};
use ventanilla_service::{
    HelpDesk, MemoryStore, Priority, Timestamp,
    settings::ManualClock,
    sla::{SlaAlert, SlaMetric, SlaState},
    testing,
    ticket::{Wait, WaitingFor},
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
async fn looks(desk: &HelpDesk, clock: &ManualClock, every: u32, times: u32) -> Vec<SlaAlert> {
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

fn states(alerts: &[SlaAlert]) -> Vec<(SlaMetric, SlaState)> {
    alerts.iter().map(|alert| (alert.metric, alert.state)).collect()
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

#[tokio::test]
async fn a_shorter_target_may_breach_a_timer_at_once() {
    let (desk, clock) = desk().await;
    clock.advance(HOUR * 3);
    let luis = desk.admin(id("luis"));
    luis.set_priority(&number(NUMBER), Priority::Urgent).await.unwrap();
    assert_eq!(states(&looks(&desk, &clock, 1, 60).await)[..1], [ALL[1]]);
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
