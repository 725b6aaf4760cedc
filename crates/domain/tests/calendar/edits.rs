//! Edits of a calendar leave the past unchanged.

use proptest::prelude::*;
use ventanilla_domain::*;

use super::{reference::*, *};

/// A date some days after that of the start of a case.
fn ahead(case: &Case, days: u64) -> NaiveDate {
    case.date() + chrono::Days::new(days)
}

/// Times every few hours up to now, and some years before.
fn past(now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let fine = (0..200).map(move |step| now.as_millis() - step * 7 * 3_599_999);
    let coarse = (0..200).map(move |step| now.as_millis() - step * 91 * DAY);
    fine.chain(coarse).map(at)
}

proptest! {
    #[test]
    fn a_new_holiday_moves_due_times_by_the_working_time_lost(
        case in cases(), days in 1..30_u64, work in 0..400 * 60_i64,
    ) {
        let (before, now, date) = (case.calendar(), at(case.start), ahead(&case, days));
        let Ok(after) = before.add_holiday(date, now) else {
            return Err(TestCaseError::fail("a date to come is refused"));
        };
        for at in past(now) {
            prop_assert_eq!(before.business_time_at(at), after.business_time_at(at));
        }
        let lost = minutes(case.worked_on(date));
        let (old, new) = (before.add(now, minutes(work)), after.add(now, minutes(work)));
        let eve = at((now.as_millis() + (days as i64 - 3) * DAY).max(now.as_millis()));
        if old < eve {
            prop_assert_eq!(old, new);
        }
        let passed = at(now.as_millis() + (days as i64 + 3) * DAY);
        prop_assert_eq!(before.elapsed(now, passed), after.elapsed(now, passed) + lost);
        if old > passed {
            prop_assert_eq!(new, before.add(now, minutes(work) + lost));
        }
        if before.holidays().all(|holiday| holiday != date) {
            prop_assert_eq!(after.remove_holiday(date, now).unwrap(), before);
        }
    }

    #[test]
    fn a_new_week_applies_from_its_date_on(case in cases(), other in cases(), days in 1..30_u64) {
        let (before, now, date) = (case.calendar(), at(case.start), ahead(&case, days));
        let other = other.calendar();
        let (_, week) = other.weeks().next().unwrap();
        let after = before.change_week(date, week.clone(), now).unwrap();
        for at in past(now) {
            prop_assert_eq!(before.business_time_at(at), after.business_time_at(at));
        }
        let (_, holds) = after.weeks().filter(|(from, _)| *from <= Some(date)).last().unwrap();
        prop_assert_eq!(holds, week);
        // Changing back to the old week from the same date restores the calendar.
        let (_, old) = before.weeks().filter(|(from, _)| *from <= Some(date)).last().unwrap();
        prop_assert_eq!(after.change_week(date, old.clone(), now).unwrap(), before);
    }

    #[test]
    fn a_date_that_has_begun_cannot_be_edited(case in cases(), days in 0..4_000_u64) {
        let (calendar, now) = (case.calendar(), at(case.start));
        let date = case.date() - chrono::Days::new(days);
        for refused in [
            calendar.add_holiday(date, now),
            calendar.remove_holiday(date, now),
            calendar.change_week(date, Week::ALWAYS, now),
        ] {
            let error = refused.unwrap_err();
            prop_assert_eq!((error.code(), error.value()), ("calendar_past", &*date.to_string()));
        }
    }
}

#[test]
fn a_change_of_week_counts_from_midnight() {
    let calendar = calendar("Europe/Madrid", Week::weekdays(hours("09:00-18:00")), &[]);
    let now = time("2026-06-30T12:00:00+02:00");
    let summer = Week::weekdays(hours("08:00-15:00"));
    let changed = calendar.change_week(date("2026-07-01"), summer, now).unwrap();
    // Six hours of Tuesday; Wednesday from eight on.
    assert_eq!(changed.add(now, minutes(6 * 60 + 1)), time("2026-07-01T08:01:00+02:00"));
    assert_eq!(changed.elapsed(now, time("2026-07-04T00:00:00+02:00")), minutes((6 + 3 * 7) * 60));
    let error = calendar.change_week(date("2026-07-01"), Week::CLOSED, now).unwrap_err();
    assert_eq!((error.code(), error.value()), ("calendar_empty", ""));
}

#[test]
fn a_date_can_be_edited_until_the_last_millisecond_before_it() {
    let calendar = calendar("America/Santiago", Week::ALWAYS, &[]);
    // The clock goes from 24:00 to 1:00: Sunday begins an hour late, and no earlier.
    let (sunday, begins) = (date("2026-09-06"), time("2026-09-06T01:00:00-03:00"));
    assert!(calendar.add_holiday(sunday, at(begins.as_millis() - 1)).is_ok());
    assert_eq!(calendar.add_holiday(sunday, begins).unwrap_err().code(), "calendar_past");
    // From 24:00 back to 23:00: Saturday has another hour.
    let sunday = date("2026-04-05");
    assert!(calendar.add_holiday(sunday, time("2026-04-04T23:59:59.999-03:00")).is_ok());
    assert!(calendar.add_holiday(sunday, time("2026-04-04T23:59:59.999-04:00")).is_ok());
    assert!(calendar.add_holiday(sunday, time("2026-04-05T00:00:00-04:00")).is_err());
}

#[test]
fn a_date_that_began_before_the_clock_was_turned_back_has_begun() {
    let calendar = calendar("America/St_Johns", Week::ALWAYS, &[]);
    // At 0:01 on Sunday local time goes back to 23:01 on Saturday.
    let sunday = date("2010-11-07");
    assert!(calendar.add_holiday(sunday, time("2010-11-06T23:59:00-02:30")).is_ok());
    let error = calendar.add_holiday(sunday, time("2010-11-06T23:30:00-03:30")).unwrap_err();
    assert_eq!(error.code(), "calendar_past");
    assert!(calendar.add_holiday(date("2010-11-08"), time("2010-11-07T23:59:00-03:30")).is_ok());
}

#[test]
fn dates_before_1970_can_be_edited_before_1970() {
    let calendar = calendar("Europe/Madrid", Week::weekdays(hours("09:00-18:00")), &["1960-01-06"]);
    let now = time("1959-12-31T12:00:00+01:00");
    let changed = calendar.add_holiday(date("1960-01-07"), now).unwrap();
    let changed = changed.change_week(date("1960-02-01"), Week::ALWAYS, now).unwrap();
    for at in past(now) {
        assert_eq!(changed.business_time_at(at), calendar.business_time_at(at));
    }
    assert_eq!(
        changed.elapsed(now, time("1960-01-09T00:00:00+01:00")) + minutes(9 * 60),
        calendar.elapsed(now, time("1960-01-09T00:00:00+01:00"))
    );
}
