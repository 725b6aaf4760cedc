//! Tests of SLA timers.

#[path = "sla/boundaries.rs"]
mod boundaries;
mod common;
#[path = "sla/elsewhere.rs"]
mod elsewhere;
#[path = "sla/figures.rs"]
mod figures;
#[path = "sla/holidays.rs"]
mod holidays;
#[path = "sla/model.rs"]
mod model;
#[path = "sla/pauses.rs"]
mod pauses;
#[path = "sla/peers.rs"]
mod peers;
#[path = "sla/policies.rs"]
mod policies;
#[path = "sla/table.rs"]
mod table;
#[path = "sla/walks.rs"]
mod walks;

use std::time::Duration;

use common::*;
use ventanilla_domain::*;

const HOUR: i64 = 3_600_000;

/// The office of these tests: Good Friday is a holiday, and so is the Monday after daylight saving
/// time begins on 29 March 2026.
fn office() -> BusinessCalendar {
    let week = Week::weekdays("09:00-14:00 16:00-19:00".parse().expect("hours"));
    let holidays = ["2026-03-30", "2026-04-03"].map(|date| date.parse().expect("a date"));
    BusinessCalendar::with_holidays(TimeZone::named("Europe/Madrid").expect("a zone"), week, holidays)
        .expect("a calendar")
}

/// First response, next response and resolution in hours, for every category.
fn targets() -> [(Priority, SlaTargets); 4] {
    let hours = |first, next, resolution| SlaTargets::hours(first, next, resolution).expect("targets");
    [
        (Priority::Low, hours(8, 16, 80)),
        (Priority::Medium, hours(4, 8, 40)),
        (Priority::High, hours(2, 4, 16)),
        (Priority::Urgent, hours(1, 1, 4)),
    ]
}

/// A policy with these targets and this calendar, which lets the system close at once.
fn desk(calendar: BusinessCalendar) -> Policy {
    let sla = Sla::new(SlaPolicy::new(targets()).expect("a policy"), calendar);
    Policy { sla: Some(sla), close_after: Days(0), ..Policy::default() }
}

fn sla_of(case: &Case) -> &Sla {
    case.policy.sla.as_ref().expect("the desk has targets")
}

fn timers(case: &Case) -> &SlaTimers {
    case.head().sla.as_deref().expect("it was opened with targets")
}

fn timer(case: &Case, metric: SlaMetric) -> &SlaTimer {
    timers(case).of(metric).expect("it has run")
}

fn state(case: &Case, metric: SlaMetric, at: Timestamp) -> SlaState {
    timer(case, metric).state(sla_of(case).business_time_at(at))
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The time as an argument of [`Case::does`].
fn ms(text: &str) -> i64 {
    time(text).as_millis() - at(0).as_millis()
}

/// Returns the time this many milliseconds later or earlier.
fn off(at: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_millis(at.as_millis() + ms).expect("a time")
}

fn hours(count: f64) -> Duration {
    Duration::from_secs_f64(count * 3600.0)
}
