//! Time zones: the offset from UTC at each instant.

use std::{borrow::Cow, fmt, str::FromStr};

use arrayvec::ArrayString;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Explain, Locale, Timestamp,
    locale::{excerpt, say},
};

/// A time zone: UTC, a fixed offset, or a zone of the IANA database.
///
/// - Written as its name: `UTC`, `Europe/Madrid`, or an offset such as `+02:00`, in text and in
///   JSON.
/// - The IANA zones need the feature `time-zones`, which is on by default.
/// - Offsets are exact from 1970 on. Before, the offset with which 1970 began applies.
///
/// ```
/// use ventanilla_domain::TimeZone;
///
/// let zone = TimeZone::named("-03:00")?;
/// assert_eq!(zone.to_string(), "-03:00");
/// let local = zone.local_time("2026-03-02T12:00:00Z".parse()?);
/// assert_eq!(local.to_rfc3339(), "2026-03-02T09:00:00-03:00");
///
/// # #[cfg(feature = "time-zones")] {
/// let madrid = TimeZone::named("Europe/Madrid")?;
/// let local = madrid.local_time("2026-07-01T12:00:00Z".parse()?);
/// assert_eq!(local.to_rfc3339(), "2026-07-01T14:00:00+02:00");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeZone(Kind);

/// Error of a time zone name that is not known; its code is `unknown_time_zone`.
///
/// ```
/// use ventanilla_domain::{Explain, Locale, TimeZone};
///
/// let error = TimeZone::named("Europe/Madird").unwrap_err();
/// assert_eq!((error.code(), error.value()), ("unknown_time_zone", "Europe/Madird"));
/// assert_eq!(error.explain(Locale::Es), r#"No se conoce la zona horaria "Europe/Madird"."#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{MISSING_ZONES}", self.explain(Locale::En))]
pub struct InvalidTimeZone {
    value: Box<str>,
}

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: TimeZone = TimeZone(Kind::Utc);

    /// Returns the time zone of this name: `UTC`, an offset `±HH:MM`, or a name of the IANA
    /// database. The same as [`str::parse`].
    ///
    /// # Errors
    ///
    /// [`InvalidTimeZone`] if there is no such zone, or if it is an IANA zone and the feature
    /// `time-zones` is off.
    ///
    /// ```
    /// use ventanilla_domain::TimeZone;
    ///
    /// assert_eq!(TimeZone::named("UTC")?, TimeZone::UTC);
    /// assert_eq!(TimeZone::named("+05:45")?.name(), "+05:45");
    /// assert!(TimeZone::named("Marte").is_err());
    /// # Ok::<(), ventanilla_domain::InvalidTimeZone>(())
    /// ```
    #[doc(alias = "parse")]
    #[doc(alias = "from_str")]
    pub fn named(name: &str) -> Result<Self, InvalidTimeZone> {
        let kind = match name {
            "UTC" => Some(Kind::Utc),
            _ => fixed(name).or_else(|| iana(name)),
        };
        kind.map(Self).ok_or_else(|| InvalidTimeZone { value: excerpt(name) })
    }

    /// Returns the name, which [`named`](Self::named) accepts.
    #[doc(alias = "as_str")]
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0 {
            Kind::Utc => "UTC",
            Kind::Fixed { name, .. } => name,
            #[cfg(feature = "time-zones")]
            Kind::Iana(zone) => zone.name(),
        }
    }

    /// Returns the local date and time at an instant, with the offset from UTC.
    #[must_use]
    pub fn local_time(&self, at: Timestamp) -> DateTime<FixedOffset> {
        let changes = self.offset_changes();
        let later = changes.partition_point(|change| change.at <= at.as_millis());
        let seconds = changes[later.saturating_sub(1)].offset / 1000;
        let offset = i32::try_from(seconds).ok().and_then(FixedOffset::east_opt);
        at.to_datetime().with_timezone(&offset.expect("offsets are shorter than a day"))
    }

    /// Returns the first instant of a date in this zone, or `None` if it isn't a [`Timestamp`].
    ///
    /// Where the local time skips midnight, or the whole date, this is the first instant after it.
    ///
    /// ```
    /// use ventanilla_domain::TimeZone;
    ///
    /// # #[cfg(feature = "time-zones")] {
    /// // Daylight saving time begins at midnight.
    /// let santiago = TimeZone::named("America/Santiago")?;
    /// let start = santiago.start_of_day("2026-09-06".parse()?);
    /// assert_eq!(start, Some("2026-09-06T01:00:00-03:00".parse()?));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn start_of_day(&self, date: NaiveDate) -> Option<Timestamp> {
        let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        let changes = self.offset_changes();
        let ends = changes.iter().skip(1).map(|next| next.at).chain([i64::MAX]);
        let mut starts = changes.iter().zip(ends).map(|(change, end)| {
            let start = change.at.max(midnight - change.offset);
            (start < end).then_some(start)
        });
        Timestamp::from_millis(starts.find_map(|start| start)?).ok()
    }

    /// Returns the offsets in order of time; the first applies from [`i64::MIN`] on.
    pub(crate) fn offset_changes(&self) -> Cow<'static, [OffsetChange]> {
        match self.0 {
            Kind::Utc => Cow::Borrowed(&[OffsetChange { at: i64::MIN, offset: 0 }]),
            Kind::Fixed { minutes, .. } => {
                let offset = i64::from(minutes) * 60_000;
                Cow::Owned(vec![OffsetChange { at: i64::MIN, offset }])
            }
            #[cfg(feature = "time-zones")]
            Kind::Iana(zone) => Cow::Borrowed(iana::offset_changes(zone)),
        }
    }
}

/// From `at` on, in milliseconds of UTC, local time is `offset` milliseconds ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OffsetChange {
    pub(crate) at: i64,
    pub(crate) offset: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Utc,
    Fixed {
        name: ArrayString<6>,
        minutes: i16,
    },
    #[cfg(feature = "time-zones")]
    Iana(chrono_tz::Tz),
}

/// Added to the error text for developers.
const MISSING_ZONES: &str = if cfg!(feature = "time-zones") {
    ""
} else {
    " Without the feature `time-zones` only UTC and offsets such as \"+02:00\" are known."
};

/// Reads an offset `±HH:MM` of less than a day; zero is UTC.
fn fixed(name: &str) -> Option<Kind> {
    let (hours, minutes) = name.strip_prefix(['+', '-'])?.split_once(':')?;
    let two_digits = |part: &str| -> Option<i16> {
        let fits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours >= 24 || minutes >= 60 {
        return None;
    }
    match hours * 60 + minutes {
        0 => Some(Kind::Utc),
        ahead => Some(Kind::Fixed {
            name: ArrayString::from(name).ok()?,
            minutes: if name.starts_with('-') { -ahead } else { ahead },
        }),
    }
}

#[cfg(feature = "time-zones")]
fn iana(name: &str) -> Option<Kind> {
    name.parse().ok().map(Kind::Iana)
}

#[cfg(not(feature = "time-zones"))]
fn iana(_: &str) -> Option<Kind> {
    None
}

impl FromStr for TimeZone {
    type Err = InvalidTimeZone;

    fn from_str(name: &str) -> Result<Self, InvalidTimeZone> {
        Self::named(name)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeZone({})", self.name())
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl InvalidTimeZone {
    /// Returns the start of the offending name: 64 characters, and `…` if it is longer.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidTimeZone {
    fn code(&self) -> &'static str {
        "unknown_time_zone"
    }

    fn explain(&self, locale: Locale) -> String {
        let value = &self.value;
        say!(locale, "No se conoce la zona horaria {value:?}.", "Unknown time zone: {value:?}.")
    }
}

/// The offset changes of `chrono-tz`, which doesn't list them.
#[cfg(feature = "time-zones")]
mod iana {
    use std::sync::OnceLock;

    use chrono::{DateTime, Offset, TimeZone};
    use chrono_tz::{TZ_VARIANTS, Tz};

    use super::OffsetChange;

    /// Returns the offsets of a zone in order of time, found once for each zone.
    ///
    /// Before 1970 the first offset applies, and after the end of the data, in 2099, the last.
    pub(super) fn offset_changes(zone: Tz) -> &'static [OffsetChange] {
        static CHANGES: [OnceLock<Box<[OffsetChange]>>; TZ_VARIANTS.len()] =
            [const { OnceLock::new() }; TZ_VARIANTS.len()];
        CHANGES[zone as usize].get_or_init(|| find(zone))
    }

    /// The end of 2100 in seconds.
    const END: i64 = 4_133_980_800;
    /// In seconds: no zone has changed its offset twice within 6 days since 1970.
    const STEP: i64 = 3 * 24 * 60 * 60;

    fn find(zone: Tz) -> Box<[OffsetChange]> {
        let mut changes = vec![OffsetChange { at: i64::MIN, offset: offset(zone, 0) * 1000 }];
        let mut from = 0;
        let mut current = offset(zone, from);
        while from < END {
            let to = from + STEP;
            let next = offset(zone, to);
            if next != current {
                let at = first_second(from, to, |second| offset(zone, second) != current);
                changes.push(OffsetChange { at: at * 1000, offset: next * 1000 });
            }
            (from, current) = (to, next);
        }
        changes.into()
    }

    /// Returns the seconds by which local time is ahead of UTC at a second of UTC.
    fn offset(zone: Tz, second: i64) -> i64 {
        let time = DateTime::from_timestamp(second, 0).unwrap_or_default().naive_utc();
        zone.offset_from_utc_datetime(&time).fix().local_minus_utc().into()
    }

    /// Returns the first second in `from + 1..=to` for which a condition holds that then stays
    /// true.
    fn first_second(mut from: i64, mut to: i64, holds: impl Fn(i64) -> bool) -> i64 {
        while to - from > 1 {
            let middle = from.midpoint(to);
            if holds(middle) {
                to = middle;
            } else {
                from = middle;
            }
        }
        to
    }

    #[cfg(test)]
    mod tests {
        use proptest::prelude::*;

        use super::*;

        fn offset_at(zone: Tz, second: i64) -> i64 {
            let changes = offset_changes(zone);
            let later = changes.partition_point(|change| change.at <= second * 1000);
            changes[later - 1].offset / 1000
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(4_096))]
            #[test]
            fn offsets_of_every_zone_are_those_of_chrono_tz(
                zone in prop::sample::select(&TZ_VARIANTS[..]),
                // From 1970 to 2200.
                second in 0..7_258_118_400_i64,
            ) {
                prop_assert_eq!(offset_at(zone, second), offset(zone, second));
                for change in &offset_changes(zone)[1..] {
                    let second = change.at / 1000;
                    prop_assert_eq!(change.offset, offset(zone, second) * 1000);
                    prop_assert_ne!(change.offset, offset(zone, second - 1) * 1000);
                }
                let local = super::super::TimeZone::named(zone.name()).unwrap();
                let at = crate::Timestamp::from_millis(second * 1000).unwrap();
                let expected = at.to_datetime().with_timezone(&zone).naive_local();
                prop_assert_eq!(local.local_time(at).naive_local(), expected);
            }
        }

        #[test]
        fn no_zone_changes_twice_within_two_steps() {
            for zone in TZ_VARIANTS {
                let changes = offset_changes(zone);
                for pair in changes.windows(2).skip(1) {
                    assert!(pair[1].at - pair[0].at > 2 * STEP * 1000, "{zone} at {}", pair[0].at);
                }
                let last = changes.last().map_or(0, |change| change.at);
                assert!(last < (END - STEP) * 1000, "{zone} changes at {last}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fixed_offsets_are_read_and_written() {
        for (name, minutes) in [("+02:00", 120), ("-03:30", -210), ("+23:59", 1439), ("-00:01", -1)] {
            let zone = TimeZone::named(name).unwrap();
            let local = zone.local_time(Timestamp::from_millis(0).unwrap());
            assert_eq!((zone.name(), local.offset().local_minus_utc()), (name, minutes * 60));
            let json = serde_json::to_string(&zone).unwrap();
            assert_eq!(json, format!("{name:?}"));
            assert_eq!(serde_json::from_str::<TimeZone>(&json).unwrap(), zone);
        }
        for name in ["UTC", "+00:00", "-00:00"] {
            assert_eq!(TimeZone::named(name), Ok(TimeZone::UTC));
        }
    }

    #[test]
    fn names_of_no_zone_are_errors() {
        let bad =
            ["", "Marte", "+2:00", "+24:00", "+02:60", "02:00", "+02", "+02:00 ", "+0a:00", "++1:00"];
        for name in bad {
            let error = TimeZone::named(name).unwrap_err();
            assert_eq!((error.code(), error.value()), ("unknown_time_zone", name));
            assert_ne!(error.explain(Locale::Es), error.explain(Locale::En));
            assert!(serde_json::from_str::<TimeZone>(&format!("{name:?}")).is_err());
        }
    }

    #[cfg(not(feature = "time-zones"))]
    #[test]
    fn an_iana_zone_without_the_feature_is_an_error_that_names_the_feature() {
        let error = TimeZone::named("Europe/Madrid").unwrap_err();
        assert_eq!(error.code(), "unknown_time_zone");
        assert!(error.to_string().contains("feature `time-zones`"), "{error}");
    }

    #[cfg(feature = "time-zones")]
    #[test]
    fn a_skipped_midnight_or_date_starts_after_the_gap() {
        for (zone, date, start) in [
            ("Europe/Madrid", "2026-03-29", "2026-03-29T00:00:00+01:00"),
            ("America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"),
            ("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"),
            // Midnight happens twice: the first one starts the date.
            ("America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"),
        ] {
            let zone = TimeZone::named(zone).unwrap();
            let found = zone.start_of_day(date.parse().unwrap());
            assert_eq!(found, Some(start.parse().unwrap()), "{zone} {date}");
        }
    }

    #[test]
    fn the_ends_of_time_have_a_local_time() {
        for zone in ["UTC", "+14:00", "-12:00"] {
            let zone = TimeZone::named(zone).unwrap();
            for end in [Timestamp::MIN, Timestamp::MAX] {
                assert_eq!(zone.local_time(end).to_utc(), end.to_datetime());
            }
            for date in [NaiveDate::MIN, NaiveDate::MAX] {
                assert_eq!(zone.start_of_day(date), None);
            }
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(name in any::<String>(), close in "[+-]?[0-9:]{0,6}") {
            let _ = TimeZone::named(&name);
            let _ = TimeZone::named(&close);
        }
    }
}
