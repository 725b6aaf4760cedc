//! Period of a report.

use ventanilla_domain::{
    BusinessTime, Explain, Locale, NaiveDate, Sla, TimeZone, Timestamp, Weekday, excerpt,
};

/// Period of time, including its first instant and excluding its end.
///
/// [`month`](Self::month) (also from a text: [`parse_month`](Self::parse_month)), [`week`](Self::week), [`day`](Self::day) and [`days`](Self::days) are those of
/// a calendar in a time zone, so that a report of March has the tickets of March where its reader is.
///
/// ```
/// use ventanilla_domain::{Explain, TimeZone};
/// use ventanilla_storage::Period;
///
/// let (first, last) = ("2026-03-01T00:00:00Z".parse()?, "2026-04-01T00:00:00Z".parse()?);
/// let march = Period::new(first, last)?;
/// assert_eq!(march, Period::month(2026, 3, TimeZone::UTC)?);
/// assert_eq!(Period::new(last, first).unwrap_err().code(), "period_backwards");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: Timestamp,
    before: Timestamp,
}

impl Period {
    /// Creates the period from one instant, inclusive, to another, exclusive.
    ///
    /// # Errors
    ///
    /// [`InvalidPeriod`] if it doesn't end after it starts.
    pub fn new(from: Timestamp, before: Timestamp) -> Result<Self, InvalidPeriod> {
        if from < before {
            Ok(Self { from, before })
        } else {
            Err(InvalidPeriod(PeriodProblem::Backwards { from, before }))
        }
    }

    /// Creates the period of a month, 1 to 12, in a time zone.
    ///
    /// It begins and ends at local midnight, whatever the offset from UTC is by then, as
    /// [`TimeZone::start_of_day`] says.
    ///
    /// # Errors
    ///
    /// [`InvalidPeriod`] if there is no such month, or if it isn't within the range of [`Timestamp`].
    ///
    /// ```
    /// use ventanilla_domain::TimeZone;
    /// use ventanilla_storage::Period;
    ///
    /// // Summer time begins on 29 March.
    /// let march = Period::month(2026, 3, TimeZone::named("Europe/Madrid")?)?;
    /// assert_eq!(march.from(), "2026-03-01T00:00:00+01:00".parse()?);
    /// assert_eq!(march.before(), "2026-04-01T00:00:00+02:00".parse()?);
    /// assert!(Period::month(2026, 13, TimeZone::UTC).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn month(year: i32, month: u32, zone: TimeZone) -> Result<Self, InvalidPeriod> {
        let (next_year, next) = match month {
            12 => (year.checked_add(1), Some(1)),
            _ => (Some(year), month.checked_add(1)),
        };
        let first = NaiveDate::from_ymd_opt(year, month, 1);
        let after =
            next_year.zip(next).and_then(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1));
        Self::between(first, after, zone)
            .ok_or_else(|| InvalidPeriod::unknown(format!("{year:04}-{month:02}")))
    }

    /// Creates the period of a month from its text form, such as `2026-03`, in a time zone: the value of a
    /// month field of a form, or a parameter of a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidPeriod`] if the text isn't a year of four digits, `-` and a month of two, or if there is no
    /// such month.
    ///
    /// ```
    /// use ventanilla_domain::{Explain, Locale, TimeZone};
    /// use ventanilla_storage::Period;
    ///
    /// let zone = TimeZone::named("Europe/Madrid")?;
    /// assert_eq!(Period::parse_month("2026-03", zone)?, Period::month(2026, 3, zone)?);
    /// let error = Period::parse_month("marzo", zone).unwrap_err();
    /// assert_eq!(error.explain(Locale::Es), "El calendario no tiene el periodo marzo.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse_month(text: &str, zone: TimeZone) -> Result<Self, InvalidPeriod> {
        let is_digit = |(place, byte): (usize, u8)| {
            (place == 4) == (byte == b'-') && (place == 4 || byte.is_ascii_digit())
        };
        let well_formed = text.len() == 7 && text.bytes().enumerate().all(is_digit);
        let parts = text.split_once('-').filter(|_| well_formed);
        let month = parts.and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
        let period = month.and_then(|(year, month)| Self::month(year, month, zone).ok());
        period.ok_or_else(|| InvalidPeriod::unknown(excerpt(text).into()))
    }

    /// Creates the period of the week of a date, from Monday to Sunday, in a time zone.
    ///
    /// # Errors
    ///
    /// [`InvalidPeriod`] if the week isn't within the range of [`Timestamp`].
    ///
    /// ```
    /// use ventanilla_domain::TimeZone;
    /// use ventanilla_storage::Period;
    ///
    /// let week = Period::week("2026-03-04".parse()?, TimeZone::UTC)?;
    /// assert_eq!(week, Period::days("2026-03-02".parse()?, "2026-03-08".parse()?, TimeZone::UTC)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn week(date: NaiveDate, zone: TimeZone) -> Result<Self, InvalidPeriod> {
        let week = date.week(Weekday::Mon);
        let after = week.checked_last_day().and_then(|sunday| sunday.succ_opt());
        Self::between(week.checked_first_day(), after, zone)
            .ok_or_else(|| InvalidPeriod::unknown(date.to_string()))
    }

    /// Creates the period of one day in a time zone: 24 hours, or more or less if the offset from UTC
    /// changes.
    ///
    /// # Errors
    ///
    /// [`InvalidPeriod`] if it isn't within the range of [`Timestamp`], or if the time zone skipped the
    /// day.
    ///
    /// ```
    /// use ventanilla_domain::TimeZone;
    /// use ventanilla_storage::Period;
    ///
    /// let day = Period::day("2026-03-29".parse()?, TimeZone::named("Europe/Madrid")?)?;
    /// assert_eq!(day.before().as_millis() - day.from().as_millis(), 23 * 3_600_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn day(date: NaiveDate, zone: TimeZone) -> Result<Self, InvalidPeriod> {
        Self::days(date, date, zone)
    }

    /// Creates the period from the start of one day to the end of another in a time zone, as a person
    /// chooses them in two date fields.
    ///
    /// # Errors
    ///
    /// [`InvalidPeriod`] if the last day is before the first one, if they aren't within the range of
    /// [`Timestamp`], or if the time zone skipped all of them.
    pub fn days(first: NaiveDate, last: NaiveDate, zone: TimeZone) -> Result<Self, InvalidPeriod> {
        let unknown = || InvalidPeriod::unknown(format!("{first}/{last}"));
        if last < first {
            let (from, before) =
                zone.start_of_day(first).zip(zone.start_of_day(last)).ok_or_else(unknown)?;
            return Err(InvalidPeriod(PeriodProblem::Backwards { from, before }));
        }
        Self::between(Some(first), last.succ_opt(), zone).ok_or_else(unknown)
    }

    /// Returns the period from the start of one date to the start of another.
    fn between(first: Option<NaiveDate>, after: Option<NaiveDate>, zone: TimeZone) -> Option<Self> {
        Self::new(zone.start_of_day(first?)?, zone.start_of_day(after?)?).ok()
    }

    /// Returns the first instant of the period.
    #[must_use]
    pub const fn from(&self) -> Timestamp {
        self.from
    }

    /// Returns the first instant after the period.
    #[must_use]
    pub const fn before(&self) -> Timestamp {
        self.before
    }

    /// Returns whether the period contains an instant.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.before
    }
}

/// Period that is none.
///
/// Its code is `period_backwards` if it doesn't end after it starts, and `unknown_period` if the calendar
/// has no such month or day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidPeriod(PeriodProblem);

#[derive(Debug, Clone, PartialEq, Eq)]
enum PeriodProblem {
    Backwards { from: Timestamp, before: Timestamp },
    Unknown { value: Box<str> },
}

impl InvalidPeriod {
    fn unknown(value: String) -> Self {
        Self(PeriodProblem::Unknown { value: value.into() })
    }
}

impl Explain for InvalidPeriod {
    fn code(&self) -> &'static str {
        match self.0 {
            PeriodProblem::Backwards { .. } => "period_backwards",
            PeriodProblem::Unknown { .. } => "unknown_period",
        }
    }

    fn explain(&self, locale: Locale) -> String {
        match (&self.0, locale) {
            (PeriodProblem::Backwards { from, before }, Locale::Es) => {
                format!("El periodo debe terminar después de empezar: de {from} a {before}.")
            }
            (PeriodProblem::Backwards { from, before }, Locale::En) => {
                format!("The period must end after it starts: from {from} to {before}.")
            }
            (PeriodProblem::Unknown { value }, Locale::Es) => {
                format!("El calendario no tiene el periodo {value}.")
            }
            (PeriodProblem::Unknown { value }, Locale::En) => {
                format!("The calendar has no period {value}.")
            }
        }
    }
}

/// Period of a report, in calendar time and in business time.
///
/// ```
/// # use ventanilla_domain::*;
/// # use ventanilla_storage::{Period, ReportQuery};
/// # let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// # let sla = Sla::new(SlaPolicy::new(same)?, BusinessCalendar::always());
/// let (first, last) = ("2026-03-01T00:00:00Z".parse()?, "2026-04-01T00:00:00Z".parse()?);
/// let now = "2026-03-20T12:00:00Z".parse()?;
/// let query = ReportQuery::new(Period::new(first, last)?, &sla, now);
/// assert_eq!(query.due_before(), sla.business_time_at(now), "targets due later are not breached yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportQuery {
    period: Period,
    due_from: BusinessTime,
    due_before: BusinessTime,
}

impl ReportQuery {
    /// Creates the query of a period by the desk's business calendar, as of now.
    #[must_use]
    pub fn new(period: Period, sla: &Sla, now: Timestamp) -> Self {
        let due_before = sla.business_time_at(period.before.min(now));
        Self { period, due_from: sla.business_time_at(period.from), due_before }
    }

    /// Returns the period in which measured timers stopped.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// Returns the first business time within the period.
    #[must_use]
    pub const fn due_from(&self) -> BusinessTime {
        self.due_from
    }

    /// Returns the first business time after the period, or the current one if that is earlier.
    #[must_use]
    pub const fn due_before(&self) -> BusinessTime {
        self.due_before
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::testing;

    const HOUR: Duration = Duration::from_secs(3600);

    fn hour(hours: u32) -> Timestamp {
        testing::epoch().plus(HOUR * hours)
    }

    fn query(from: Timestamp, before: Timestamp, now: Timestamp) -> ReportQuery {
        ReportQuery::new(Period::new(from, before).unwrap(), &testing::sla(), now)
    }

    #[test]
    fn a_period_contains_its_first_instant_and_not_its_end() {
        let period = Period::new(hour(1), hour(2)).unwrap();
        let millisecond = Duration::from_millis(1);
        for (at, within) in [
            (hour(1).minus(millisecond), false),
            (hour(1), true),
            (hour(2).minus(millisecond), true),
            (hour(2), false),
        ] {
            assert_eq!(period.contains(at), within, "{at}");
        }
    }

    #[test]
    fn an_empty_period_is_refused_and_both_ends_are_named() {
        let error = Period::new(hour(0), hour(0)).unwrap_err();
        assert_eq!(error.code(), "period_backwards");
        for text in [error.to_string(), error.explain(Locale::Es)] {
            assert_eq!(text.matches("2026-01-05T09:00:00.000Z").count(), 2, "{text}");
        }
    }

    const ZONES: [&str; 10] = [
        "UTC",
        "+05:45",
        "Europe/Madrid",
        "America/Mexico_City",
        // Clocks are put forward, and back, at midnight.
        "America/Santiago",
        "America/Havana",
        "America/Sao_Paulo",
        "America/St_Johns",
        // A whole day was skipped.
        "Pacific/Apia",
        "Australia/Lord_Howe",
    ];

    const MINUTE: i64 = 60_000;

    /// Returns the first minute that belongs to this date or a later one on the clocks of the zone,
    /// by looking at each.
    fn first_minute(date: NaiveDate, zone: TimeZone) -> Timestamp {
        let midnight = format!("{date}T00:00:00Z").parse::<Timestamp>().unwrap().as_millis();
        let minutes = (-26 * 60..=50 * 60).map(|minute| midnight + minute * MINUTE);
        let mut instants = minutes.map(|millis| Timestamp::from_millis(millis).unwrap());
        instants.find(|at| zone.local_time(*at).date_naive() >= date).unwrap()
    }

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_month_is_that_of_the_clocks_of_its_zone(
            zone in select(ZONES.to_vec()), year in 1975..2040, month in 1..=12_u32,
        ) {
            let zone = TimeZone::named(zone).unwrap();
            let period = Period::month(year, month, zone).unwrap();
            let next = if month == 12 { date(year + 1, 1, 1) } else { date(year, month + 1, 1) };
            prop_assert_eq!(period.from(), first_minute(date(year, month, 1), zone));
            prop_assert_eq!(period.before(), first_minute(next, zone));
        }

        #[test]
        fn days_and_weeks_are_those_of_the_clocks_of_their_zone(
            zone in select(ZONES.to_vec()), year in 1975..2040, day in 1..=365_u32, more in 0..10_u64,
        ) {
            let zone = TimeZone::named(zone).unwrap();
            let first = NaiveDate::from_yo_opt(year, day).unwrap();
            let last = first.iter_days().nth(more as usize).unwrap();
            let after = last.succ_opt().unwrap();
            let (from, before) = (first_minute(first, zone), first_minute(after, zone));
            match Period::days(first, last, zone) {
                Ok(period) => prop_assert_eq!((period.from(), period.before()), (from, before)),
                Err(error) => prop_assert!(from == before && error.code() == "unknown_period"),
            }
            let week = Period::week(first, zone).unwrap();
            let monday = first.iter_days().rev().find(|it| it.format("%u").to_string() == "1");
            let monday = monday.unwrap_or(first);
            prop_assert_eq!(week.from(), first_minute(monday, zone));
            prop_assert_eq!(week.before(), first_minute(monday.iter_days().nth(7).unwrap(), zone));
        }
    }

    #[test]
    fn days_over_a_change_of_the_clocks_have_their_own_length() {
        for (zone, day, hours) in [
            ("Europe/Madrid", date(2026, 3, 29), 23),
            ("Europe/Madrid", date(2026, 10, 25), 25),
            // The day begins at one o'clock.
            ("America/Santiago", date(2026, 9, 6), 23),
            ("America/Santiago", date(2026, 4, 4), 25),
        ] {
            let period = Period::day(day, TimeZone::named(zone).unwrap()).unwrap();
            assert_eq!(period.before(), period.from().plus(HOUR * hours), "{zone} {day}");
        }
    }

    #[test]
    fn periods_that_no_calendar_has_are_refused() {
        let apia = TimeZone::named("Pacific/Apia").unwrap();
        for (period, code, named) in [
            (Period::month(2026, 0, TimeZone::UTC), "unknown_period", "2026-00"),
            (Period::month(2026, 13, TimeZone::UTC), "unknown_period", "2026-13"),
            (Period::month(2026, u32::MAX, TimeZone::UTC), "unknown_period", "2026-4294967295"),
            (Period::month(i32::MAX, 12, TimeZone::UTC), "unknown_period", "2147483647-12"),
            (Period::month(-1, 1, TimeZone::UTC), "unknown_period", "-001-01"),
            (Period::day(NaiveDate::MAX, TimeZone::UTC), "unknown_period", ""),
            (Period::week(NaiveDate::MIN, TimeZone::UTC), "unknown_period", ""),
            (Period::day(date(2011, 12, 30), apia), "unknown_period", "2011-12-30"),
            (Period::days(date(2026, 3, 2), date(2026, 3, 1), apia), "period_backwards", "2026-03-01"),
        ] {
            let error = period.unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(
                error.explain(Locale::Es).contains(named) && error.to_string().contains(named),
                "{error}"
            );
        }
    }

    #[test]
    fn a_month_is_read_from_its_text_only() {
        let zone = TimeZone::named("America/Mexico_City").unwrap();
        for (text, year, month) in [("2026-03", 2026, 3), ("1999-12", 1999, 12), ("0001-02", 1, 2)] {
            assert_eq!(Period::parse_month(text, zone), Period::month(year, month, zone), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-3",
            "2026-00",
            "2026-13",
            "2026-+3",
            "+026-03",
            "-026-03",
            "2026/03",
            "2026-03-01",
            "-------",
            "202603-",
            "áá-0303",
        ] {
            let error = Period::parse_month(text, zone).unwrap_err();
            assert_eq!(error.code(), "unknown_period", "{text}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn adjacent_periods_divide_business_time_without_gap_or_overlap() {
        for middle in [hour(1), hour(8), hour(15), hour(24), hour(24 * 5)] {
            let (first, then) = (query(hour(0), middle, hour(999)), query(middle, hour(400), hour(999)));
            assert_eq!(first.due_before(), then.due_from(), "at {middle}");
        }
    }

    #[test]
    fn nothing_is_due_in_a_future_period() {
        let ahead = query(hour(24), hour(48), hour(2));
        assert!(ahead.due_before() < ahead.due_from());
        assert_eq!(ahead.due_before(), testing::sla().business_time_at(hour(2)));
        let present = query(hour(0), hour(48), hour(2));
        assert_eq!(present.due_before(), ahead.due_before());
    }
}
