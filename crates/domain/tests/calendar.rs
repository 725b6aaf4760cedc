//! Tests of the business calendar.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

#[path = "calendar/edits.rs"]
mod edits;
#[path = "calendar/json.rs"]
mod json;
#[path = "calendar/laws.rs"]
mod laws;
#[path = "calendar/reference.rs"]
mod reference;
#[path = "calendar/tables.rs"]
mod tables;

use std::time::Duration;

use ventanilla_domain::{BusinessCalendar, Hours, NaiveDate, TimeZone, Timestamp, Week, Weekday};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).expect("a time")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn hours(text: &str) -> Hours {
    text.parse().expect("hours")
}

fn minutes(count: i64) -> Duration {
    Duration::from_millis((count * MINUTE).try_into().expect("not negative"))
}

fn only(day: Weekday, text: &str) -> Week {
    Week::CLOSED.on(day, hours(text))
}

fn calendar(zone: &str, week: Week, holidays: &[&str]) -> BusinessCalendar {
    let zone = TimeZone::named(zone).expect("a zone");
    let holidays = holidays.iter().map(|text| date(text));
    BusinessCalendar::with_holidays(zone, week, holidays).expect("a calendar")
}
