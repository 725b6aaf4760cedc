//! Properties of every calendar.

use chrono_tz::TZ_VARIANTS;
use proptest::prelude::*;
use ventanilla_domain::*;

use super::{reference::*, *};

/// Instants to the millisecond within some weeks after the start of a case.
fn spans() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0..30 * DAY, 1 => 0..3_000 * DAY, 1 => (0..30 * 24 * 60_i64).prop_map(|m| m * MINUTE)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn working_time_equals_the_definition_minute_by_minute(case in cases(), days in 1..22_i64) {
        let calendar = case.calendar();
        let (start, mut worked) = (at(case.start), 0);
        for minute in (case.start..case.start + days * DAY).step_by(MINUTE as usize) {
            let works = case.works(minute);
            if works != calendar.is_working(at(minute)) || minute % (60 * MINUTE) == 0 {
                prop_assert_eq!(calendar.elapsed(start, at(minute)), minutes(worked), "{}", at(minute));
                prop_assert_eq!(calendar.is_working(at(minute)), works, "{}", at(minute));
            }
            worked += i64::from(works);
        }
        let end = at(case.start + days * DAY);
        prop_assert_eq!(calendar.elapsed(start, end), minutes(worked));
        prop_assert_eq!(calendar.elapsed(end, start), Duration::ZERO);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn working_time_adds_up_and_never_exceeds_elapsed_time(case in cases(), one in spans(), two in spans()) {
        let calendar = case.calendar();
        let (a, b, c) = (at(case.start), at(case.start + one), at(case.start + one + two));
        prop_assert_eq!(calendar.elapsed(a, b) + calendar.elapsed(b, c), calendar.elapsed(a, c));
        prop_assert!(calendar.business_time_at(a) <= calendar.business_time_at(b));
        prop_assert!(calendar.elapsed(a, b) <= Duration::from_millis(one as u64));
        let next = at(b.as_millis() + 1);
        let millisecond = Duration::from_millis(u64::from(calendar.is_working(b)));
        prop_assert_eq!(calendar.elapsed(b, next), millisecond);
    }

    #[test]
    fn add_returns_the_earliest_instant_by_which_the_time_has_passed(case in cases(), real in spans(), ms in 0..200 * 3_600_000_u64) {
        let calendar = case.calendar();
        let (start, end) = (at(case.start), at(case.start + real));

        let duration = Duration::from_millis(ms);
        let due = calendar.add(start, duration);
        prop_assert!(due >= start);
        prop_assert_eq!(calendar.elapsed(start, due), duration);
        if due > start {
            let earlier = at(due.as_millis() - 1);
            prop_assert!(calendar.is_working(earlier), "the first instant, not a later one");
            prop_assert!(calendar.elapsed(start, earlier) < duration);
        }

        let back = calendar.add(start, calendar.elapsed(start, end));
        prop_assert!(back <= end);
        if real > 0 && calendar.is_working(at(end.as_millis() - 1)) {
            prop_assert_eq!(back, end);
        }
        let reading = calendar.business_time_at(end);
        prop_assert!(calendar.timestamp_at(reading) <= end);
        prop_assert_eq!(calendar.business_time_at(calendar.timestamp_at(reading.plus(duration))), reading.plus(duration));
    }

    #[test]
    fn without_closing_hours_working_time_is_elapsed_time_in_any_zone(
        zone in prop::sample::select(&TZ_VARIANTS[..]),
        ms in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
    ) {
        let calendar = BusinessCalendar::new(TimeZone::named(zone.name()).unwrap(), Week::ALWAYS).unwrap();
        prop_assert_eq!(calendar.business_time_at(at(ms)).as_millis(), ms);
        prop_assert_eq!(calendar.timestamp_at(BusinessTime::from_millis(ms)), at(ms));
        prop_assert!(calendar.is_working(at(ms)));
    }

    #[test]
    fn nothing_panics_at_any_time(
        case in cases(),
        ms in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
        reading in any::<i64>(),
        days in any::<i32>(),
    ) {
        let calendar = case.calendar();
        let (before, after) = (calendar.business_time_at(Timestamp::MIN), calendar.business_time_at(Timestamp::MAX));
        prop_assert!((before..=after).contains(&calendar.business_time_at(at(ms))));
        let _ = calendar.timestamp_at(BusinessTime::from_millis(reading));
        let _ = calendar.add(at(ms), Duration::from_millis(reading.unsigned_abs()));
        let date = NaiveDate::from_num_days_from_ce_opt(days % 100_000_000).unwrap_or_default();
        let _ = calendar.add_holiday(date, at(ms));
        let _ = calendar.change_week(date, Week::ALWAYS, at(ms));
    }
}

#[test]
fn the_first_and_last_timestamps_are_handled() {
    let one_minute = only(Weekday::Sun, "23:59-24:00");
    for zone in TZ_VARIANTS.map(|zone| TimeZone::named(zone.name()).unwrap()) {
        let ends = [NaiveDate::MIN, NaiveDate::MAX];
        let calendar = BusinessCalendar::with_holidays(zone, one_minute.clone(), ends).unwrap();
        for (reading, end) in [(i64::MIN, Timestamp::MIN), (i64::MAX, Timestamp::MAX)] {
            assert_eq!(calendar.timestamp_at(BusinessTime::from_millis(reading)), end);
            let _ = calendar.is_working(end);
            assert!(calendar.add_holiday(NaiveDate::MAX, end).is_ok());
            assert!(calendar.remove_holiday(NaiveDate::MAX, end).is_ok());
            assert!(calendar.remove_holiday(NaiveDate::MIN, end).is_err());
            assert!(calendar.change_week(NaiveDate::MIN, Week::ALWAYS, end).is_err());
        }
        assert_eq!(calendar.add(Timestamp::MIN, Duration::MAX), Timestamp::MAX);
        assert_eq!(calendar.add(Timestamp::MAX, Duration::ZERO), Timestamp::MAX);
        assert!(calendar.elapsed(Timestamp::MIN, Timestamp::MAX) > Duration::ZERO);
    }
}
