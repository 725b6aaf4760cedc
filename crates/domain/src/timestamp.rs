//! Instants in whole milliseconds.

use std::{fmt, num::NonZeroU64, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Explain, Locale, locale::say};

/// An instant in whole milliseconds of UTC, between the years 1 and 9999.
///
/// It has the precision of a BSON date, so storing it loses nothing. As JSON it is a string of RFC
/// 3339 with three decimals; further decimals are cut off when read.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::Timestamp;
///
/// let noon: Timestamp = "2026-03-02T12:00:00.000Z".parse()?;
/// assert_eq!(noon.plus(Duration::from_secs(90)).to_string(), "2026-03-02T12:01:30.000Z");
/// assert_eq!(noon.as_millis(), 1_772_452_800_000);
/// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(
    /// Milliseconds since [`BEFORE`]: never 0, so that an absent time takes no more room than one.
    NonZeroU64,
);

/// The last millisecond before the year 1, in milliseconds since 1970 began.
const BEFORE: i64 = -62_135_596_800_001;

/// Error of a value that is no [`Timestamp`]; its code is `invalid_timestamp`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidTimestamp {
    value: Box<str>,
}

impl Timestamp {
    /// The beginning of the year 1.
    pub const MIN: Timestamp = Timestamp(NonZeroU64::MIN);
    /// The last millisecond of the year 9999.
    pub const MAX: Timestamp = Timestamp(NonZeroU64::MIN.saturating_add(315_537_897_599_999));

    /// Creates the instant this many milliseconds after the beginning of 1970.
    ///
    /// # Errors
    ///
    /// [`InvalidTimestamp`] if it lies outside the years 1 to 9999.
    ///
    /// ```
    /// use ventanilla_domain::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_millis(0)?.to_string(), "1970-01-01T00:00:00.000Z");
    /// assert!(Timestamp::from_millis(i64::MAX).is_err());
    /// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
    /// ```
    pub fn from_millis(millis: i64) -> Result<Self, InvalidTimestamp> {
        let since = u64::try_from(millis.saturating_sub(BEFORE)).ok().and_then(NonZeroU64::new);
        since
            .map(Self)
            .filter(|time| *time <= Self::MAX)
            .ok_or_else(|| InvalidTimestamp { value: millis.to_string().into() })
    }

    /// Returns the milliseconds since the beginning of 1970, negative before.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Timestamp::from_millis(7)?.as_millis(), 7);
    /// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        BEFORE.saturating_add_unsigned(self.0.get())
    }

    /// Returns the instant `duration` later, at most [`Timestamp::MAX`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::Timestamp;
    ///
    /// assert_eq!(Timestamp::MAX.plus(Duration::from_secs(1)), Timestamp::MAX);
    /// ```
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration))).min(Self::MAX)
    }

    /// Returns the instant `duration` earlier, at least [`Timestamp::MIN`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::Timestamp;
    ///
    /// let later = Timestamp::from_millis(1_500)?;
    /// assert_eq!(later.minus(Duration::from_secs(1)).as_millis(), 500);
    /// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        NonZeroU64::new(self.0.get().saturating_sub(millis(duration))).map_or(Self::MIN, Self)
    }

    /// Returns the same instant as a `chrono` date and time.
    ///
    /// ```
    /// use chrono::Datelike;
    ///
    /// let time: ventanilla_domain::Timestamp = "2026-03-02T12:00:00Z".parse()?;
    /// assert_eq!(time.to_datetime().year(), 2026);
    /// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.as_millis()).unwrap_or_default()
    }
}

/// A number of days of 24 hours; 14 by default.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::Days;
///
/// assert_eq!(Days(2).duration(), Duration::from_secs(48 * 3600));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Days(pub u16);

impl Days {
    /// Returns the same length of time as a duration.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::Days(1).duration().as_secs(), 86_400);
    /// ```
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 24 * 60 * 60)
    }
}

impl Default for Days {
    fn default() -> Self {
        Self(14)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = InvalidTimestamp;

    /// Cuts off fractions of a millisecond.
    fn try_from(time: DateTime<Utc>) -> Result<Self, InvalidTimestamp> {
        Self::from_millis(time.timestamp_millis())
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(value: &str) -> Result<Self, InvalidTimestamp> {
        DateTime::parse_from_rfc3339(value)
            .ok()
            .and_then(|time| Self::from_millis(time.timestamp_millis()).ok())
            .ok_or_else(|| InvalidTimestamp { value: crate::locale::excerpt(value) })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl InvalidTimestamp {
    /// Returns the offending value as text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidTimestamp {
    fn code(&self) -> &'static str {
        "invalid_timestamp"
    }

    fn explain(&self, locale: Locale) -> String {
        let value = &self.value;
        say!(locale, "Fecha y hora no válidas: {value:?}.", "Not a valid date and time: {value:?}.")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_and_milliseconds_are_the_same_instant(
            millis in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
        ) {
            let time = Timestamp::from_millis(millis).unwrap();
            prop_assert_eq!(time.as_millis(), millis);
            prop_assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
            prop_assert_eq!(Timestamp::try_from(time.to_datetime()).unwrap(), time);
        }

        #[test]
        fn times_are_in_the_order_of_their_milliseconds(
            one in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
            other in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
        ) {
            let [time, then] = [one, other].map(|millis| Timestamp::from_millis(millis).unwrap());
            prop_assert_eq!(time.cmp(&then), one.cmp(&other));
        }

        #[test]
        fn plus_and_minus_are_inverse_within_range(millis in 0..=4_000_000_000_000_i64, ms in 0..u64::from(u32::MAX)) {
            let time = Timestamp::from_millis(millis).unwrap();
            let step = Duration::from_millis(ms);
            prop_assert_eq!(time.plus(step).minus(step), time);
        }

        #[test]
        fn no_text_panics(value in any::<String>()) {
            let _ = value.parse::<Timestamp>();
        }
    }

    #[test]
    fn an_optional_timestamp_has_the_size_of_a_timestamp() {
        assert_eq!((size_of::<Timestamp>(), size_of::<Option<Timestamp>>()), (8, 8));
    }

    #[test]
    fn the_ends_hold() {
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::MIN.as_millis(), -62_135_596_800_000);
        assert_eq!(Timestamp::MAX.as_millis(), 253_402_300_799_999);
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Timestamp::from_millis(end.as_millis()), Ok(end));
        }
        let beyond =
            [Timestamp::MIN.as_millis() - 1, Timestamp::MAX.as_millis() + 1, i64::MIN, i64::MAX];
        for millis in beyond {
            let error = Timestamp::from_millis(millis).unwrap_err();
            assert_eq!(error.value(), millis.to_string());
        }
        assert_eq!(Timestamp::MIN.minus(Duration::MAX), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.plus(Duration::MAX), Timestamp::MAX);
        let error = "ayer".parse::<Timestamp>().unwrap_err();
        assert_eq!((error.code(), error.value()), ("invalid_timestamp", "ayer"));
    }
}
