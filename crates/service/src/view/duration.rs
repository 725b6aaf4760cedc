//! Texts of durations.

use std::time::Duration;

use ventanilla_domain::Locale;

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

#[cfg(test)]
mod tests {
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
}
