//! One ticket from its opening to its end, with times worked out by hand.

use super::*;
use SlaMetric::{FirstResponse, NextResponse, Resolution};
use SlaState::{AtRisk, Breached, Cancelled, Met, Running};

/// Friday at 18:00 to Tuesday week, over the change to summer time (29 March), a holiday on Monday
/// 30 and one on Friday 3 April. The office is open for eight hours a day.
fn easter(calendar: BusinessCalendar) -> Case {
    let (ana, luis, eva) = (customer("ana"), admin("luis"), admin("eva"));
    let mut case = Case::opened(Category::BUG, ms("2026-03-27T18:00:00+01:00"), desk(calendar));
    for (by, at, change) in [
        (&luis, "2026-03-31T10:00:00+02:00", message("Lo miro")),
        (&ana, "2026-03-31T13:00:00+02:00", message("¿Y bien?")),
        (&ana, "2026-04-01T09:00:00+02:00", message("¿Hola?")),
        (&eva, "2026-04-01T17:30:00+02:00", message("Seguimos con ello")),
        (&luis, "2026-04-02T12:00:00+02:00", Change::status(Status::Resolved)),
        (&ana, "2026-04-06T10:00:00+02:00", message("No está resuelto")),
        (&eva, "2026-04-07T09:30:00+02:00", Change::status(Status::Closed)),
    ] {
        case.must(by, ms(at), change);
    }
    case
}

/// Business and elapsed hours, the state, and the administrator who stopped it.
fn figures(case: &Case, timer: &SlaTimer) -> (Option<(f64, f64)>, SlaState, Option<UserId>) {
    let hours = |length: Duration| length.as_millis() as f64 / HOUR as f64;
    let measured = timer.measured().map(|measured| (hours(measured.business), hours(measured.calendar)));
    let state = timer.state(sla_of(case).business_time_at(Timestamp::MAX));
    (measured, state, timer.stop.as_ref().and_then(|stop| stop.by.clone()))
}

#[test]
fn an_office_counts_business_hours_only() {
    let case = easter(office());
    let of = |metric| figures(&case, timer(&case, metric));
    let (luis, eva) = (Some(id("luis")), Some(id("eva")));
    // An hour on Friday and one on Tuesday; three days and fifteen hours, one of them skipped.
    assert_eq!(of(FirstResponse), (Some((2.0, 87.0)), Met, luis));
    // Four hours on Tuesday, six and a half on Wednesday.
    let [wait] = &timers(&case).earlier_responses[..] else { panic!("one wait before the last") };
    assert_eq!(figures(&case, wait), (Some((10.5, 28.5)), Breached, eva.clone()));
    assert_eq!(of(NextResponse), (None, Cancelled, eva.clone()));
    // 1 + 8 + 8 + 3 hours up to Thursday noon, then 7 and a half: it was paused over Easter.
    assert_eq!(of(Resolution), (Some((27.5, 137.0 + 23.5)), Met, eva));
}

#[test]
fn without_closing_hours_business_and_elapsed_time_are_equal() {
    let case = easter(BusinessCalendar::always());
    let of = |metric| figures(&case, timer(&case, metric));
    let (luis, eva) = (Some(id("luis")), Some(id("eva")));
    assert_eq!(of(FirstResponse), (Some((87.0, 87.0)), Breached, luis));
    let [wait] = &timers(&case).earlier_responses[..] else { panic!("one wait before the last") };
    assert_eq!(figures(&case, wait), (Some((28.5, 28.5)), Breached, eva.clone()));
    // Nearly a day after the last message; it was due after eight hours.
    assert_eq!(of(NextResponse), (None, Breached, eva.clone()));
    assert_eq!(of(Resolution), (Some((160.5, 160.5)), Breached, eva));
}

#[test]
fn a_resumed_resolution_keeps_the_time_left() {
    let mut case = Case::opened(Category::BUG, ms("2026-03-27T18:00:00+01:00"), desk(office()));
    let due = |case: &Case| sla_of(case).calendar().timestamp_at(timer(case, Resolution).due);
    // Forty hours: 1, and four days of 8, and 7 on Tuesday week.
    assert_eq!(due(&case), time("2026-04-07T18:00:00+02:00"));
    case.must(&admin("luis"), ms("2026-04-02T12:00:00+02:00"), Change::status(Status::Resolved));
    assert_eq!(due(&case), time("2026-04-07T18:00:00+02:00"), "it stands still");
    // Twenty are left: 7 on Monday, 8 on Tuesday, 5 on Wednesday.
    case.must(&customer("ana"), ms("2026-04-06T10:00:00+02:00"), message("No está resuelto"));
    assert_eq!(due(&case), time("2026-04-08T14:00:00+02:00"));
    let spent = sla_of(&case).business_time_at(time("2026-04-06T10:00:00+02:00"));
    assert_eq!(spent.since(timer(&case, Resolution).start), hours(20.0));
    // High has a target of 16 hours, and 20 have passed.
    case.must(&admin("luis"), ms("2026-04-06T10:00:00+02:00"), Change::priority(Priority::High));
    assert_eq!(state(&case, Resolution, time("2026-04-06T10:00:00+02:00")), Breached);
}

#[test]
fn a_priority_set_while_resolved_applies_when_the_timer_resumes() {
    let mut case = Case::new(desk(BusinessCalendar::always()));
    case.must(&admin("luis"), HOUR, Change::status(Status::Resolved));
    let before = timers(&case).clone();
    case.must(&admin("luis"), 2 * HOUR, Change::priority(Priority::Urgent));
    assert_eq!(*timers(&case), before);
    case.must(&customer("ana"), 9 * HOUR, message("No está resuelto"));
    let calendar = sla_of(&case).calendar();
    assert_eq!(
        calendar.timestamp_at(timer(&case, Resolution).due),
        at(12 * HOUR),
        "three of four hours"
    );
    assert_eq!(calendar.timestamp_at(timer(&case, NextResponse).due), at(10 * HOUR), "one hour");
    assert_eq!(state(&case, Resolution, at(9 * HOUR)), Running);
}

#[test]
fn a_breach_before_the_resolution_survives_reopening() {
    let mut case = Case::new(desk(BusinessCalendar::always()));
    case.must(&admin("luis"), 41 * HOUR, Change::status(Status::Resolved));
    let due = timer(&case, Resolution).due;
    case.must(&admin("luis"), 42 * HOUR, Change::priority(Priority::Low));
    case.must(&customer("ana"), 100 * HOUR, message("No está resuelto"));
    assert_eq!(timer(&case, Resolution).due, due);
    assert_eq!(state(&case, Resolution, at(100 * HOUR)), Breached);
    case.must(&admin("luis"), 101 * HOUR, Change::priority(Priority::Medium));
    case.must(&admin("luis"), 102 * HOUR, Change::status(Status::Resolved));
    let measured = timer(&case, Resolution).measured().expect("it is resolved");
    assert_eq!((measured.business, measured.calendar), (hours(43.0), hours(43.0)));
    assert_eq!(state(&case, Resolution, at(102 * HOUR)), Breached);
}

#[test]
fn resolving_at_the_due_time_is_in_time_and_due_at_once_when_resumed() {
    for (late, due, then) in [(0, 100 * HOUR, AtRisk), (1, 40 * HOUR, Breached)] {
        let mut case = Case::new(desk(BusinessCalendar::always()));
        case.must(&admin("luis"), 40 * HOUR + late, Change::status(Status::Resolved));
        case.must(&customer("ana"), 100 * HOUR + late, message("No está resuelto"));
        let timer = timer(&case, Resolution);
        assert_eq!(sla_of(&case).calendar().timestamp_at(timer.due), at(due), "{late}");
        assert_eq!(state(&case, Resolution, at(100 * HOUR)), then, "{late}");
        assert_eq!(state(&case, Resolution, at(100 * HOUR + 1)), Breached, "{late}");
    }
}
