//! Period of a report.

use ventanilla_domain::{BusinessTime, Explain, Locale, Sla, Timestamp};

/// Period of time, including its first instant and excluding its end.
///
/// ```
/// use ventanilla_domain::Explain;
/// use ventanilla_storage::Period;
///
/// let (first, last) = ("2026-03-01T00:00:00Z".parse()?, "2026-04-01T00:00:00Z".parse()?);
/// let march = Period::new(first, last)?;
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
        if from < before { Ok(Self { from, before }) } else { Err(InvalidPeriod { from, before }) }
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

/// Period that doesn't end after it starts; its code is `period_backwards`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidPeriod {
    from: Timestamp,
    before: Timestamp,
}

impl Explain for InvalidPeriod {
    fn code(&self) -> &'static str {
        "period_backwards"
    }

    fn explain(&self, locale: Locale) -> String {
        let Self { from, before } = self;
        match locale {
            Locale::Es => format!("El periodo debe terminar después de empezar: de {from} a {before}."),
            Locale::En => format!("The period must end after it starts: from {from} to {before}."),
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
