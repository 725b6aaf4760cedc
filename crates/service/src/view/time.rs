//! Dates and times for a viewer.

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Timelike};
use serde::{Deserialize, Serialize};
use ventanilla_domain::{Locale, Timestamp};

use super::Viewer;

/// Date and time for a viewer, in their language and time zone.
///
/// ```
/// use ventanilla_service::{TimeZone, view::{LocalTime, Viewer}};
///
/// let viewer = Viewer::new(TimeZone::named("America/Argentina/Buenos_Aires")?);
/// let time = LocalTime::new("2026-03-02T12:05:00Z".parse()?, viewer);
/// assert_eq!(time.text, "2 de marzo de 2026, 9:05");
/// assert_eq!(time.iso, "2026-03-02T09:05:00.000-03:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LocalTime {
    /// Date: `2 de marzo de 2026`.
    pub date: String,
    /// Time of day, in 24 hours: `9:05`.
    pub time: String,
    /// Date and time: `2 de marzo de 2026, 9:05`.
    pub text: String,
    /// Date and time for programs, as in HTML's `<time datetime>`: RFC 3339 with milliseconds and
    /// offset.
    pub iso: String,
}

impl LocalTime {
    /// Formats an instant for a viewer.
    #[must_use]
    pub fn new(instant: Timestamp, viewer: Viewer) -> Self {
        let local = viewer.time_zone.local_time(instant);
        let date = date(&local, viewer.locale);
        let time = format!("{}:{:02}", local.hour(), local.minute());
        let text = format!("{date}, {time}");
        Self { date, time, text, iso: local.to_rfc3339_opts(SecondsFormat::Millis, true) }
    }
}

fn date(local: &DateTime<FixedOffset>, locale: Locale) -> String {
    let (day, year) = (local.day(), local.year());
    let month = month(local.month(), locale);
    match locale {
        Locale::Es => format!("{day} de {month} de {year}"),
        Locale::En => format!("{day} {month} {year}"),
    }
}

fn month(month: u32, locale: Locale) -> &'static str {
    const MONTHS: [(&str, &str); 12] = [
        ("enero", "January"),
        ("febrero", "February"),
        ("marzo", "March"),
        ("abril", "April"),
        ("mayo", "May"),
        ("junio", "June"),
        ("julio", "July"),
        ("agosto", "August"),
        ("septiembre", "September"),
        ("octubre", "October"),
        ("noviembre", "November"),
        ("diciembre", "December"),
    ];
    let (es, en) = MONTHS[(month as usize - 1) % MONTHS.len()];
    locale.pick(es, en)
}

#[cfg(test)]
mod tests {
    use ventanilla_domain::TimeZone;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::named(name).unwrap()
    }

    #[test]
    fn the_day_is_that_of_the_viewers_time_zone() {
        let midnight: Timestamp = "2026-01-01T02:30:00Z".parse().unwrap();
        for (zone, text) in [
            (TimeZone::UTC, "1 de enero de 2026, 2:30"),
            (zone("America/Mexico_City"), "31 de diciembre de 2025, 20:30"),
            (zone("Europe/Madrid"), "1 de enero de 2026, 3:30"),
        ] {
            assert_eq!(LocalTime::new(midnight, Viewer::new(zone)).text, text);
        }
    }

    #[test]
    fn daylight_saving_is_that_of_the_time_zone() {
        let summer: Timestamp = "2026-07-15T10:00:00Z".parse().unwrap();
        let winter: Timestamp = "2026-12-15T10:00:00Z".parse().unwrap();
        let viewer = Viewer { locale: Locale::En, time_zone: zone("Europe/Madrid") };
        assert_eq!(LocalTime::new(summer, viewer).text, "15 July 2026, 12:00");
        assert_eq!(LocalTime::new(winter, viewer).text, "15 December 2026, 11:00");
    }

    #[test]
    fn extreme_times_can_be_formatted() {
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            for zone in ["Pacific/Kiritimati", "Pacific/Niue"].map(zone) {
                assert!(!LocalTime::new(instant, Viewer::new(zone)).text.is_empty());
            }
        }
    }
}
