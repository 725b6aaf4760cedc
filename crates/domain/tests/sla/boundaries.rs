//! Times at which a timer is due, and a millisecond before and after.

use super::*;
use SlaMetric::{FirstResponse, NextResponse, Resolution};
use SlaState::{AtRisk, Breached, Met, Running};

/// Opened on Friday at 18:00; Monday is a holiday, and on Sunday daylight saving time begins.
const FRIDAY: &str = "2026-03-27T18:00:00+01:00";

fn friday(calendar: BusinessCalendar) -> Case {
    Case::opened(Category::BUG, ms(FRIDAY), desk(calendar))
}

/// A timer's states around the time at which it is at risk, and that at which it is due.
#[test]
fn a_timer_is_at_risk_and_then_breached_to_the_millisecond() {
    // Four hours: one on Friday, three on Tuesday.
    let office = (office(), "2026-03-31T11:00:00+02:00", "2026-03-31T12:00:00+02:00");
    let always = (BusinessCalendar::always(), "2026-03-27T21:00:00+01:00", "2026-03-27T22:00:00+01:00");
    for (calendar, risk, due) in [office, always] {
        let case = friday(calendar);
        let timer = timer(&case, FirstResponse);
        let calendar = sla_of(&case).calendar();
        assert_eq!(calendar.timestamp_at(timer.due), time(due));
        assert_eq!(calendar.timestamp_at(timer.at_risk_from()), time(risk));
        for (at, ms, expected) in [
            (FRIDAY, 0, Running),
            (risk, -1, Running),
            (risk, 0, AtRisk),
            (due, -1, AtRisk),
            (due, 0, AtRisk),
            (due, 1, Breached),
        ] {
            assert_eq!(state(&case, FirstResponse, off(time(at), ms)), expected, "{at} {ms}");
        }
    }
}

#[test]
fn a_response_at_the_due_time_meets_the_target_and_one_millisecond_later_does_not() {
    for (calendar, due) in [
        (office(), "2026-03-31T12:00:00+02:00"),
        (BusinessCalendar::always(), "2026-03-27T22:00:00+01:00"),
    ] {
        for (late, expected) in [(-1, Met), (0, Met), (1, Breached)] {
            let mut case = friday(calendar.clone());
            case.must(&admin("luis"), ms(due) + late, message("Lo miro"));
            for at in [off(time(due), late), Timestamp::MAX] {
                assert_eq!(state(&case, FirstResponse, at), expected, "{late}");
            }
            let measured = timer(&case, FirstResponse).measured().expect("an answer");
            let exactly = hours(4.0).as_millis() as i64 + late;
            assert_eq!(measured.business.as_millis() as i64, exactly);
        }
    }
}

#[test]
fn resolution_and_next_response_are_exact_to_the_millisecond() {
    // Forty hours from Tuesday morning are five days, and Friday is a holiday: all of next Tuesday.
    // Eight hours from Wednesday at 10:00: Thursday at 10:00.
    for (late, expected) in [(0, Met), (1, Breached)] {
        let opened = ms("2026-03-31T09:00:00+02:00");
        let mut case = Case::opened(Category::BUG, opened, desk(office()));
        case.must(&admin("luis"), opened, message("Lo miro"));
        case.must(&customer("ana"), ms("2026-04-01T10:00:00+02:00"), message("¿Y bien?"));
        case.must(&admin("luis"), ms("2026-04-02T10:00:00+02:00") + late, message("Sigo con ello"));
        // Wednesday's first millisecond is the first that is late.
        case.must(
            &admin("luis"),
            ms("2026-04-08T09:00:00+02:00") + late,
            Change::status(Status::Resolved),
        );
        assert_eq!(state(&case, NextResponse, Timestamp::MAX), expected);
        assert_eq!(state(&case, Resolution, Timestamp::MAX), expected);
    }
}

#[test]
fn a_timer_due_at_the_end_of_a_day_is_breached_only_after_the_next_opening() {
    // Four hours before the weekend, the holiday and summer time.
    let opened = ms("2026-03-27T13:00:00+01:00");
    let case = Case::opened(Category::BUG, opened, desk(office()));
    let due = timer(&case, FirstResponse).due;
    assert_eq!(sla_of(&case).calendar().timestamp_at(due), time("2026-03-27T19:00:00+01:00"));
    for (at, ms, expected) in [
        ("2026-03-27T18:00:00+01:00", -1, Running),
        ("2026-03-27T18:00:00+01:00", 0, AtRisk),
        ("2026-03-28T12:00:00+01:00", 0, AtRisk),
        ("2026-03-29T12:00:00+02:00", 0, AtRisk),
        ("2026-03-30T12:00:00+02:00", 0, AtRisk),
        ("2026-03-31T09:00:00+02:00", 0, AtRisk),
        ("2026-03-31T09:00:00+02:00", 1, Breached),
    ] {
        assert_eq!(state(&case, FirstResponse, off(time(at), ms)), expected, "{at} {ms}");
    }
    let mut answered = case;
    answered.must(&admin("luis"), ms("2026-03-29T12:00:00+02:00"), message("Desde casa"));
    assert_eq!(state(&answered, FirstResponse, Timestamp::MAX), Met);
}

#[test]
fn another_priority_counts_from_the_start_and_keeps_a_breach() {
    use Priority::{High, Low, Medium, Urgent};
    // At 22:00 four hours have passed: the target of Medium, twice that of High, half that of Low.
    for (late, to, due, expected) in [
        (0, High, "2026-03-27T20:00:00+01:00", Breached),
        (0, Low, "2026-03-28T02:00:00+01:00", Running),
        (1, Low, "2026-03-27T22:00:00+01:00", Breached),
        (1, Urgent, "2026-03-27T22:00:00+01:00", Breached),
    ] {
        let mut case = friday(BusinessCalendar::always());
        let now = off(time("2026-03-27T22:00:00+01:00"), late);
        let ms = ms("2026-03-27T22:00:00+01:00") + late;
        case.must(&admin("luis"), ms, Change::priority(to));
        assert_eq!(
            sla_of(&case).calendar().timestamp_at(timer(&case, FirstResponse).due),
            time(due),
            "{to}"
        );
        assert_eq!(state(&case, FirstResponse, now), expected, "{to}");
        assert_eq!(timer(&case, FirstResponse).start, sla_of(&case).business_time_at(time(FRIDAY)));
        // Back again: what was breached stays so.
        case.must(&admin("luis"), ms, Change::priority(Medium));
        let back = if expected == Breached { Breached } else { AtRisk };
        assert_eq!(state(&case, FirstResponse, now), back, "{to}");
    }
}
