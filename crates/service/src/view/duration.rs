//! Texts of durations.

use std::time::Duration;

use ventanilla_domain::{BusinessCalendar, Locale, Week};

/// Formats a duration in hours and whole minutes, rounded down: `3 h 20 min`.
///
/// There are no days, since a day of business time has as many hours as the desk is open.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_service::{Locale, view::format_duration};
///
/// assert_eq!(format_duration(Duration::from_secs(12_059), Locale::Es), "3 h 20 min");
/// assert_eq!(format_duration(Duration::from_secs(59), Locale::Es), "menos de 1 min");
/// ```
#[must_use]
pub fn format_duration(duration: Duration, locale: Locale) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => locale.pick("menos de 1 min", "less than 1 min").into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Returns whole milliseconds, rounded down.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Formats a duration of time that never stands still, in days and hours from 48 hours on: `4 d 2 h`.
pub(super) fn format_days(duration: Duration, locale: Locale) -> String {
    let hours = duration.as_secs() / 3_600;
    match (hours / 24, hours % 24) {
        (0 | 1, _) => format_duration(duration, locale),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

/// Formats a duration of business time: in days where the calendar never closes, since only then a day of it
/// has 24 hours.
pub(super) fn format_business(
    duration: Duration,
    calendar: &BusinessCalendar,
    locale: Locale,
) -> String {
    let never_closes = calendar.weeks().all(|(_, week)| *week == Week::ALWAYS);
    if never_closes && calendar.holidays().next().is_none() {
        format_days(duration, locale)
    } else {
        format_duration(duration, locale)
    }
}

#[cfg(test)]
mod tests {
    use ventanilla_domain::TimeZone;

    use super::*;

    #[test]
    fn a_duration_is_rounded_down_to_the_minute() {
        for (seconds, text) in
            [(60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (360_060, "100 h 1 min")]
        {
            assert_eq!(format_duration(Duration::from_secs(seconds), Locale::En), text);
        }
        assert!(!format_duration(Duration::MAX, Locale::Es).is_empty());
    }

    #[test]
    fn long_times_are_in_days_where_a_day_has_24_hours() {
        let week = Week::weekdays("09:00-18:00".parse().unwrap());
        let office = BusinessCalendar::new(TimeZone::UTC, week).unwrap();
        for (hours, always, office_hours) in
            [(47, "47 h", "47 h"), (48, "2 d", "48 h"), (98, "4 d 2 h", "98 h")]
        {
            let duration = Duration::from_secs(hours * 3_600 + 59);
            assert_eq!(format_business(duration, &BusinessCalendar::always(), Locale::Es), always);
            assert_eq!(format_business(duration, &office, Locale::Es), office_hours);
        }
    }
}
