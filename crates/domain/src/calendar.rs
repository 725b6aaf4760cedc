//! Working hours, and the time that passes within them.

mod edit;
mod error;
mod hours;
mod record;
mod time;
mod wall;
mod week;

use std::{fmt, sync::Arc, time::Duration};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::{
    error::InvalidCalendar,
    hours::{Hours, InvalidHours},
    time::BusinessTime,
    week::Week,
};
use self::{record::CalendarRecord, wall::Wall};
use crate::{TimeZone, Timestamp, time_zone::OffsetChange};

/// The working hours of a desk in its time zone, week by week, and its holidays.
///
/// An instant is working time if the desk's wall clock then shows a time within the [`Hours`] of
/// its date, and that date is no holiday. So summer time needs no rule of its own: an hour that is
/// skipped is no working time, and one that happens twice counts twice.
///
/// - Exact to the millisecond, from the year 1 to 9999. The offsets of a zone are those of
///   `chrono-tz`, with that of the beginning of 1970 for all time before.
/// - **What has passed never changes.** [`reading`](Self::reading) gives the working time up to an
///   instant; a later [holiday](Self::add_holiday) or [change of week](Self::change_week) leaves
///   every reading up to now as it was, and moves what is due later by as much as was lost or won.
/// - Cloning is cheap: the calendar is shared.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::{BusinessCalendar, TimeZone, Timestamp, Week, Weekday};
///
/// # #[cfg(feature = "time-zones")] {
/// let week = Week::weekdays("09:00-13:00 15:00-19:00".parse()?).on(Weekday::Sat, "10:00-14:00".parse()?);
/// let calendar = BusinessCalendar::new(TimeZone::named("America/Argentina/Buenos_Aires")?, week)?;
///
/// // Friday at 18:30, four working hours: half of one today, three and a half tomorrow.
/// let opened: Timestamp = "2026-03-06T18:30:00-03:00".parse()?;
/// let due = calendar.add(opened, Duration::from_secs(4 * 3600));
/// assert_eq!(due, "2026-03-07T13:30:00-03:00".parse()?);
/// assert_eq!(calendar.elapsed(opened, due), Duration::from_secs(4 * 3600));
///
/// // A holiday on Saturday moves it to Monday.
/// let calendar = calendar.add_holiday("2026-03-07".parse()?, opened)?;
/// let due = calendar.add(opened, Duration::from_secs(4 * 3600));
/// assert_eq!(due, "2026-03-09T12:30:00-03:00".parse()?);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As JSON it has the zone's name, the weeks (each but the first with the date from which it
/// holds) and the holidays; a day that is left out is closed. It is read through the same checks.
///
/// ```
/// use ventanilla_domain::BusinessCalendar;
///
/// # #[cfg(feature = "time-zones")] {
/// let json = r#"{
///     "timeZone": "Europe/Madrid",
///     "weeks": [
///         { "hours": { "mon": "09:00-18:00", "tue": "09:00-18:00", "fri": "09:00-15:00" } },
///         { "from": "2026-07-01", "hours": { "mon": "08:00-15:00" } }
///     ],
///     "holidays": ["2026-12-25", "2027-01-01"]
/// }"#;
/// let calendar: BusinessCalendar = serde_json::from_str(json)?;
/// assert_eq!(calendar.zone().name(), "Europe/Madrid");
/// assert_eq!(calendar.holidays().count(), 2);
/// # }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarRecord", into = "CalendarRecord")]
pub struct BusinessCalendar(Arc<Inner>);

#[derive(PartialEq, Eq)]
struct Inner {
    zone: TimeZone,
    wall: Wall,
    /// In order; the first is from [`i64::MIN`] on.
    stretches: Box<[Stretch]>,
}

/// A stretch of time without change of offset, in milliseconds.
///
/// Within it, working time passes as on the wall clock; only from one to the next the wall clock
/// jumps, and `correction` makes up for all jumps so far.
#[derive(PartialEq, Eq)]
struct Stretch {
    from: i64,
    offset: i64,
    correction: i64,
}

impl BusinessCalendar {
    /// The same week for all time, without holidays.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_empty` if the week has no working time.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, Explain, TimeZone, Week};
    ///
    /// let error = BusinessCalendar::new(TimeZone::UTC, Week::CLOSED).unwrap_err();
    /// assert_eq!(error.code(), "calendar_empty");
    /// ```
    pub fn new(zone: TimeZone, week: Week) -> Result<Self, InvalidCalendar> {
        Self::with_holidays(zone, week, [])
    }

    /// The same week for all time but on holidays, which may lie in the past: nothing has been
    /// read from this calendar yet.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_empty` if the week has no working time.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, NaiveDate, TimeZone, Week};
    ///
    /// let holidays = ["2026-01-01".parse()?, "2026-12-25".parse()?];
    /// let week = Week::weekdays("09:00-18:00".parse()?);
    /// let calendar = BusinessCalendar::with_holidays(TimeZone::named("-06:00")?, week, holidays)?;
    /// assert!(!calendar.is_working("2026-01-01T12:00:00-06:00".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_holidays(
        zone: TimeZone,
        week: Week,
        holidays: impl IntoIterator<Item = NaiveDate>,
    ) -> Result<Self, InvalidCalendar> {
        Self::from_parts(zone, vec![(None, week)], holidays.into_iter().collect())
    }

    /// The calendar that never rests: its time is real time.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, Timestamp};
    ///
    /// let now = Timestamp::from_millis(1_772_452_800_000)?;
    /// assert_eq!(BusinessCalendar::always().business_time_at(now).as_millis(), now.as_millis());
    /// # Ok::<(), ventanilla_domain::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub fn always() -> Self {
        Self::new(TimeZone::UTC, Week::ALWAYS).expect("a week of seven days")
    }

    /// The working time up to an instant.
    ///
    /// It is counted from when 1970 began in UTC, give or take the holidays before. It takes two
    /// binary searches and no memory.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, TimeZone, Timestamp, Week};
    ///
    /// let week = Week::weekdays("09:00-18:00".parse()?);
    /// let calendar = BusinessCalendar::new(TimeZone::named("+01:00")?, week)?;
    /// let (friday, monday): (Timestamp, Timestamp) =
    ///     ("2026-03-06T18:00:00+01:00".parse()?, "2026-03-09T09:00:00+01:00".parse()?);
    /// assert_eq!(calendar.business_time_at(friday), calendar.business_time_at(monday));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn business_time_at(&self, at: Timestamp) -> BusinessTime {
        BusinessTime::from_millis(self.until(at.as_millis()))
    }

    /// The earliest instant by which the reading is reached, at most [`Timestamp::MAX`].
    ///
    /// That is the end of working hours, not the start of the next, if it is reached just then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::{BusinessCalendar, TimeZone, Timestamp, Week};
    ///
    /// let week = Week::weekdays("09:00-18:00".parse()?);
    /// let calendar = BusinessCalendar::new(TimeZone::named("+01:00")?, week)?;
    /// let (friday, monday): (Timestamp, Timestamp) =
    ///     ("2026-03-06T18:00:00+01:00".parse()?, "2026-03-09T09:00:00+01:00".parse()?);
    /// assert_eq!(calendar.timestamp_at(calendar.business_time_at(monday)), friday);
    ///
    /// let due = calendar.business_time_at(monday).plus(Duration::from_millis(1));
    /// assert_eq!(calendar.timestamp_at(due), monday.plus(Duration::from_millis(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn timestamp_at(&self, time: BusinessTime) -> Timestamp {
        let (mut low, mut high) = (Timestamp::MIN.as_millis(), Timestamp::MAX.as_millis());
        while low < high {
            // Rounded down: `midpoint` rounds towards zero.
            let middle = low + (high - low) / 2;
            if self.until(middle) < time.as_millis() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Timestamp::from_millis(low).unwrap_or(Timestamp::MAX)
    }

    /// The working time between two instants; none if `to` is the earlier one.
    #[must_use]
    pub fn elapsed(&self, from: Timestamp, to: Timestamp) -> Duration {
        self.business_time_at(to).since(self.business_time_at(from))
    }

    /// The earliest instant, not before `start`, by which so much working time has passed since;
    /// in whole milliseconds, and at most [`Timestamp::MAX`].
    #[must_use]
    pub fn add(&self, start: Timestamp, duration: Duration) -> Timestamp {
        self.timestamp_at(self.business_time_at(start).plus(duration)).max(start)
    }

    /// Whether an instant is working time: the first of a window is, its end is not.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, TimeZone, Week};
    ///
    /// let week = Week::weekdays("09:00-18:00".parse()?);
    /// let calendar = BusinessCalendar::new(TimeZone::named("-06:00")?, week)?;
    /// assert!(calendar.is_working("2026-03-02T09:00:00-06:00".parse()?));
    /// assert!(!calendar.is_working("2026-03-02T18:00:00-06:00".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_working(&self, at: Timestamp) -> bool {
        let at = at.as_millis();
        self.until(at) < self.until(at + 1)
    }

    /// The time zone of the desk's wall clock.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.0.zone
    }

    /// The weeks and the dates from which they hold, in order; the first has held for ever.
    pub fn weeks(&self) -> impl Iterator<Item = (Option<NaiveDate>, &Week)> {
        self.0.wall.weeks()
    }

    /// The holidays, in order.
    pub fn holidays(&self) -> impl Iterator<Item = NaiveDate> {
        self.0.wall.holidays()
    }

    /// From weeks in order, of which the first, and only it, has no date.
    fn from_parts(
        zone: TimeZone,
        weeks: Vec<(Option<NaiveDate>, Week)>,
        holidays: Vec<NaiveDate>,
    ) -> Result<Self, InvalidCalendar> {
        let wall = Wall::new(weeks, holidays)?;
        let changes = zone.offset_changes();
        let offset = changes[0].offset;
        // Not `until`: holidays and changes of week still to come must not move it.
        let mut correction = -wall.origin(offset);
        let mut stretches = vec![Stretch { from: i64::MIN, offset, correction }];
        for pair in changes.windows(2) {
            let (before, OffsetChange { at, offset }) = (pair[0].offset, pair[1]);
            correction += wall.until(at + before) - wall.until(at + offset);
            stretches.push(Stretch { from: at, offset, correction });
        }
        Ok(Self(Arc::new(Inner { zone, wall, stretches: stretches.into() })))
    }

    /// [`reading`](Self::reading) in milliseconds.
    fn until(&self, at: i64) -> i64 {
        let Inner { wall, stretches, .. } = &*self.0;
        let later = stretches.partition_point(|stretch| stretch.from <= at);
        let Stretch { offset, correction, .. } = stretches[later.saturating_sub(1)];
        wall.until(at + offset) + correction
    }
}

impl Default for BusinessCalendar {
    /// [`BusinessCalendar::always`].
    fn default() -> Self {
        Self::always()
    }
}

/// What JSON holds.
impl fmt::Debug for BusinessCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CalendarRecord::from(self.clone()).fmt(f)
    }
}
