//! The working hours of one day.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Explain, Locale,
    locale::{excerpt, say},
};

/// Business hours of one day: spans from one minute of local time up to another.
///
/// - Written `HH:MM-HH:MM`, spans separated by spaces; `24:00` may end one, and [`Hours::CLOSED`]
///   is `closed`;
/// - sorted; one span may end where the next starts, none may overlap another;
/// - a night shift is two spans of two days: `22:00-24:00` and `00:00-06:00`.
///
/// [`Display`](fmt::Display) and JSON give the text back.
///
/// ```
/// use ventanilla_domain::Hours;
///
/// let hours: Hours = "15:00-19:00 09:00-13:00".parse()?;
/// assert_eq!(hours.to_string(), "09:00-13:00 15:00-19:00");
/// assert_eq!("00:00-24:00".parse::<Hours>()?, Hours::ALL_DAY);
/// assert_eq!("closed".parse::<Hours>()?, Hours::CLOSED);
/// # Ok::<(), ventanilla_domain::InvalidHours>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hours(Cow<'static, [TimeSpan]>);

/// Error of a text that is no [`Hours`]; names the text and the span.
///
/// Its codes are `hours_empty`, `hours_malformed` (no `HH:MM-HH:MM`), `hours_backwards` (a span
/// that ends where or before it starts) and `hours_overlap`.
///
/// ```
/// use ventanilla_domain::{Explain, Hours, Locale};
///
/// let error = "22:00-06:00".parse::<Hours>().unwrap_err();
/// assert_eq!((error.code(), error.value()), ("hours_backwards", "22:00-06:00"));
/// assert!(error.explain(Locale::En).starts_with("The hours 22:00-06:00 end before they start"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidHours {
    value: Box<str>,
    window: Box<str>,
    problem: HoursProblem,
}

impl Hours {
    /// A day without business hours.
    pub const CLOSED: Hours = Hours(Cow::Borrowed(&[]));
    /// From midnight to midnight.
    pub const ALL_DAY: Hours = Hours(Cow::Borrowed(&[TimeSpan { start: 0, end: LAST_MINUTE }]));

    /// Returns the working milliseconds from midnight to a time of day in milliseconds.
    pub(super) fn working_millis_before(&self, time: i64) -> i64 {
        let worked = |window: &TimeSpan| (time.min(window.end()) - window.start()).max(0);
        self.0.iter().map(worked).sum()
    }
}

impl FromStr for Hours {
    type Err = InvalidHours;

    fn from_str(value: &str) -> Result<Self, InvalidHours> {
        let invalid = |problem, window: &str| InvalidHours {
            value: excerpt(value),
            window: excerpt(window),
            problem,
        };
        if value.trim() == CLOSED {
            return Ok(Self::CLOSED);
        }
        let mut windows = Vec::new();
        for text in value.split_whitespace() {
            let window = TimeSpan::parse(text).ok_or_else(|| invalid(HoursProblem::Malformed, text))?;
            if window.end <= window.start {
                return Err(invalid(HoursProblem::Backwards, text));
            }
            windows.push(window);
        }
        if windows.is_empty() {
            return Err(invalid(HoursProblem::Empty, ""));
        }
        windows.sort_unstable_by_key(|window| window.start);
        match windows.windows(2).find(|pair| pair[1].start < pair[0].end) {
            Some(pair) => Err(invalid(HoursProblem::Overlap, &format!("{} {}", pair[0], pair[1]))),
            None => Ok(Self(windows.into())),
        }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.pad(CLOSED);
        }
        let windows: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.pad(&windows.join(" "))
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl InvalidHours {
    /// Returns the start of the offending text: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidHours {
    fn code(&self) -> &'static str {
        match self.problem {
            HoursProblem::Empty => "hours_empty",
            HoursProblem::Malformed => "hours_malformed",
            HoursProblem::Backwards => "hours_backwards",
            HoursProblem::Overlap => "hours_overlap",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        let window = &self.window;
        match self.problem {
            HoursProblem::Empty => say!(
                locale,
                "Falta el horario: por ejemplo, «09:00-13:00 15:00-19:00».",
                "The hours are missing: for example, \"09:00-13:00 15:00-19:00\"."
            ),
            HoursProblem::Malformed => say!(
                locale,
                "No se entiende el horario {window:?}: se escribe como «09:00-18:00».",
                "Cannot read the hours {window:?}: they are written as \"09:00-18:00\"."
            ),
            HoursProblem::Backwards => say!(
                locale,
                "El horario {window} termina antes de empezar: uno nocturno se reparte en dos días.",
                "The hours {window} end before they start: those of a night go to two days."
            ),
            HoursProblem::Overlap => {
                say!(locale, "Los horarios {window} se pisan.", "The hours {window} overlap.")
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HoursProblem {
    Empty,
    Malformed,
    Backwards,
    Overlap,
}

const CLOSED: &str = "closed";
const LAST_MINUTE: u16 = 24 * 60;
const MINUTE: i64 = 60_000;

/// From one minute of the day up to another, which is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TimeSpan {
    start: u16,
    end: u16,
}

impl TimeSpan {
    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        Some(Self { start: minute(start)?, end: minute(end)? })
    }

    /// Returns the start in milliseconds of the day.
    fn start(self) -> i64 {
        i64::from(self.start) * MINUTE
    }

    fn end(self) -> i64 {
        i64::from(self.end) * MINUTE
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, end } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60)
    }
}

/// Reads `HH:MM`, digits only: `u16` alone would take `+9`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| {
        let fits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let time = hour * 60 + minute;
    (minute < 60 && time <= LAST_MINUTE).then_some(time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_bad_text_has_its_own_code() {
        for (value, code) in [
            ("", "hours_empty"),
            (" \t", "hours_empty"),
            ("9-18", "hours_malformed"),
            ("9:00-18:00", "hours_malformed"),
            ("09:00", "hours_malformed"),
            ("09:00-18:60", "hours_malformed"),
            ("09:00-24:01", "hours_malformed"),
            ("09:00-+8:00", "hours_malformed"),
            ("09:00-18:00,19:00-20:00", "hours_malformed"),
            ("09:00 - 18:00", "hours_malformed"),
            ("closed 09:00-18:00", "hours_malformed"),
            ("09:00-09:00", "hours_backwards"),
            ("24:00-24:00", "hours_backwards"),
            ("22:00-06:00", "hours_backwards"),
            ("09:00-13:00 12:59-19:00", "hours_overlap"),
            ("10:00-11:00 09:00-13:00", "hours_overlap"),
        ] {
            let error = value.parse::<Hours>().unwrap_err();
            assert_eq!((error.code(), error.value()), (code, value));
            assert_ne!(error.explain(Locale::Es), error.explain(Locale::En));
        }
    }

    #[test]
    fn the_text_round_trips() {
        for value in ["09:00-13:00 15:00-19:00", "00:00-24:00", "09:00-13:00 13:00-19:00", "closed"] {
            let hours: Hours = value.parse().unwrap();
            assert_eq!(hours.to_string(), value);
            let json = serde_json::to_string(&hours).unwrap();
            assert_eq!(json, format!("{value:?}"));
            assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), hours);
        }
        let unsorted: Hours = " 15:00-19:00  09:00-13:00 ".parse().unwrap();
        assert_eq!(unsorted.to_string(), "09:00-13:00 15:00-19:00");
        let error = serde_json::from_str::<Hours>(r#""09:00-08:00""#).unwrap_err();
        assert!(error.to_string().contains("end before they start"), "{error}");
    }

    #[test]
    fn time_is_counted_up_to_the_end_of_each_span() {
        let hours: Hours = "09:00-13:00 15:00-19:00".parse().unwrap();
        let hour = 60 * MINUTE;
        for (time, worked) in [(0, 0), (9, 0), (10, 1), (13, 4), (14, 4), (16, 5), (19, 8), (24, 8)] {
            assert_eq!(hours.working_millis_before(time * hour), worked * hour, "at {time}");
        }
        assert_eq!(hours.working_millis_before(9 * hour + 1), 1);
        assert_eq!(Hours::CLOSED.working_millis_before(24 * hour), 0);
        assert_eq!(Hours::ALL_DAY.working_millis_before(24 * hour), 24 * hour);
    }

    proptest! {
        #[test]
        fn no_text_panics(value in any::<String>(), close in "[0-9:+ -]{0,24}") {
            let _ = value.parse::<Hours>();
            let _ = close.parse::<Hours>();
        }
    }
}
