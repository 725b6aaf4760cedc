//! Business calendars, and the business time that they count.

mod error;
mod hours;
mod timetable;
mod week;

use std::{fmt, sync::Arc, time::Duration};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use self::timetable::Timetable;
pub use self::{
    error::InvalidCalendar,
    hours::{Hours, InvalidHours},
    week::Week,
};
use crate::{TimeZone, Timestamp, time_zone::OffsetChange};

/// Business calendar of a desk: a time zone, weekly hours and holidays.
///
/// An instant is working time if the local time is within the [`Hours`] of its date, and the date
/// is no holiday. Daylight saving time needs no rule of its own: an hour that is skipped is no
/// working time, and one that is repeated counts twice.
///
/// - Exact to the millisecond, from the year 1 to 9999; for the offsets see [`TimeZone`].
/// - **The past of a calendar never changes.** [`business_time_at`](Self::business_time_at) returns
///   the business time at an instant. A later [holiday](Self::add_holiday) or [change of
///   week](Self::change_week) leaves the values up to now as they were, and moves later due times
///   by the working time lost or gained.
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
/// applies) and the holidays; a day that is left out is closed. Reading it makes the same checks.
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
    timetable: Timetable,
    /// In order of time; the first starts at [`i64::MIN`].
    segments: Box<[OffsetSegment]>,
}

/// Period of time with a constant offset from UTC, in milliseconds.
///
/// Within it, working time is a difference of local times; `correction` makes up for the jumps of
/// local time before it.
#[derive(PartialEq, Eq)]
struct OffsetSegment {
    from: i64,
    offset: i64,
    correction: i64,
}

impl BusinessCalendar {
    /// Creates a calendar with the same week for all time and no holidays.
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

    /// Creates a calendar with the same week for all time and these holidays, which may lie in the
    /// past.
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

    /// Creates the calendar in which all time is working time.
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

    /// Returns the business time at an instant.
    ///
    /// It is counted from the beginning of 1970 in UTC, less the holidays before it. The call takes
    /// two binary searches and allocates nothing.
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
        BusinessTime::from_millis(self.working_millis_before(at.as_millis()))
    }

    /// Returns the earliest instant that has this business time, at most [`Timestamp::MAX`].
    ///
    /// If that is the end of working hours, it is the end rather than the start of the next ones.
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
            if self.working_millis_before(middle) < time.as_millis() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Timestamp::from_millis(low).unwrap_or(Timestamp::MAX)
    }

    /// Returns the working time between two instants; zero if `to` is the earlier one.
    #[must_use]
    pub fn elapsed(&self, from: Timestamp, to: Timestamp) -> Duration {
        self.business_time_at(to).since(self.business_time_at(from))
    }

    /// Returns the earliest instant, not before `start`, by which this much working time has passed
    /// since `start`, in whole milliseconds and at most [`Timestamp::MAX`].
    #[must_use]
    pub fn add(&self, start: Timestamp, duration: Duration) -> Timestamp {
        self.timestamp_at(self.business_time_at(start).plus(duration)).max(start)
    }

    /// Returns whether an instant is working time: the start of a span of hours is, its end isn't.
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
        self.working_millis_before(at) < self.working_millis_before(at + 1)
    }

    /// Returns the time zone.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.0.zone
    }

    /// Returns the weeks and the dates from which they apply, in order; the first has no date.
    pub fn weeks(&self) -> impl Iterator<Item = (Option<NaiveDate>, &Week)> {
        self.0.timetable.weeks()
    }

    /// Returns the holidays, in order.
    pub fn holidays(&self) -> impl Iterator<Item = NaiveDate> {
        self.0.timetable.holidays()
    }

    /// Returns the calendar with one more holiday.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_past` if that date has begun in the desk's time zone.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, Explain, TimeZone, Timestamp, Week};
    ///
    /// let calendar = BusinessCalendar::new(TimeZone::named("+01:00")?, Week::ALWAYS)?;
    /// let now: Timestamp = "2026-12-24T23:30:00Z".parse()?;
    ///
    /// let error = calendar.add_holiday("2026-12-25".parse()?, now).unwrap_err();
    /// assert_eq!((error.code(), error.value()), ("calendar_past", "2026-12-25"));
    ///
    /// let calendar = calendar.add_holiday("2026-12-26".parse()?, now)?;
    /// assert!(!calendar.is_working("2026-12-26T12:00:00+01:00".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_holiday(&self, date: NaiveDate, now: Timestamp) -> Result<Self, InvalidCalendar> {
        self.check_future(date, now)?;
        self.with(self.weeks_owned(), self.holidays().chain([date]).collect())
    }

    /// Returns the calendar without this holiday, if it is one.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_past` if that date has begun in the desk's time zone.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, NaiveDate, Timestamp};
    ///
    /// let (now, day): (Timestamp, NaiveDate) = ("2026-03-02T12:00:00Z".parse()?, "2026-03-03".parse()?);
    /// let calendar = BusinessCalendar::always().add_holiday(day, now)?;
    /// assert_eq!(calendar.remove_holiday(day, now)?, BusinessCalendar::always());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_holiday(&self, date: NaiveDate, now: Timestamp) -> Result<Self, InvalidCalendar> {
        self.check_future(date, now)?;
        self.with(self.weeks_owned(), self.holidays().filter(|holiday| *holiday != date).collect())
    }

    /// Returns the calendar with another week from a date on, until the next change already
    /// planned.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_past` if that date has begun in the desk's time zone, and
    /// `calendar_empty` if the week has no working time.
    ///
    /// ```
    /// use ventanilla_domain::{BusinessCalendar, NaiveDate, TimeZone, Timestamp, Week};
    ///
    /// let usual = Week::weekdays("09:00-18:00".parse()?);
    /// let summer = Week::weekdays("08:00-15:00".parse()?);
    /// let now: Timestamp = "2026-03-02T12:00:00Z".parse()?;
    /// let (july, september): (NaiveDate, NaiveDate) = ("2026-07-01".parse()?, "2026-09-01".parse()?);
    ///
    /// let calendar = BusinessCalendar::new(TimeZone::named("+01:00")?, usual.clone())?
    ///     .change_week(july, summer.clone(), now)?
    ///     .change_week(september, usual.clone(), now)?;
    /// assert!(calendar.weeks().eq([
    ///     (None, &usual),
    ///     (Some(july), &summer),
    ///     (Some(september), &usual),
    /// ]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn change_week(
        &self,
        from: NaiveDate,
        week: Week,
        now: Timestamp,
    ) -> Result<Self, InvalidCalendar> {
        self.check_future(from, now)?;
        let from = Some(from);
        let mut weeks = self.weeks_owned();
        match weeks.binary_search_by_key(&from, |(date, _)| *date) {
            Ok(at) => weeks[at].1 = week,
            Err(at) => weeks.insert(at, (from, week)),
        }
        self.with(weeks, self.holidays().collect())
    }

    /// Builds a calendar from weeks in order, of which the first, and only it, has no date.
    fn from_parts(
        zone: TimeZone,
        weeks: Vec<(Option<NaiveDate>, Week)>,
        holidays: Vec<NaiveDate>,
    ) -> Result<Self, InvalidCalendar> {
        let timetable = Timetable::new(weeks, holidays)?;
        let changes = zone.offset_changes();
        let offset = changes[0].offset;
        // Not `working_millis_before`: later holidays and changes of week must not move the origin.
        let mut correction = -timetable.origin(offset);
        let mut segments = vec![OffsetSegment { from: i64::MIN, offset, correction }];
        for pair in changes.windows(2) {
            let (before, OffsetChange { at, offset }) = (pair[0].offset, pair[1]);
            correction += timetable.working_millis_before(at + before)
                - timetable.working_millis_before(at + offset);
            segments.push(OffsetSegment { from: at, offset, correction });
        }
        Ok(Self(Arc::new(Inner { zone, timetable, segments: segments.into() })))
    }

    /// Returns the business time in milliseconds.
    fn working_millis_before(&self, at: i64) -> i64 {
        let Inner { timetable, segments, .. } = &*self.0;
        let later = segments.partition_point(|segment| segment.from <= at);
        let OffsetSegment { offset, correction, .. } = segments[later.saturating_sub(1)];
        timetable.working_millis_before(at + offset) + correction
    }

    fn with(&self, weeks: Weeks, holidays: Vec<NaiveDate>) -> Result<Self, InvalidCalendar> {
        Self::from_parts(self.zone(), weeks, holidays)
    }

    fn weeks_owned(&self) -> Weeks {
        self.weeks().map(|(from, week)| (from, week.clone())).collect()
    }

    /// Refuses a date if local time has reached it, or a later one, by now.
    ///
    /// Local time may have been a later date than it is now: some zones were set back past
    /// midnight.
    fn check_future(&self, date: NaiveDate, now: Timestamp) -> Result<(), InvalidCalendar> {
        let now = now.as_millis();
        let segments = &self.0.segments;
        let ends = segments.iter().skip(1).map(|next| next.from - 1).chain([i64::MAX]);
        let begun = segments.iter().zip(ends).take_while(|(segment, _)| segment.from <= now);
        let latest = begun.map(|(segment, end)| end.min(now) + segment.offset).max();
        match latest {
            Some(latest) if timetable::day_of(date) <= latest.div_euclid(timetable::DAY) => {
                Err(InvalidCalendar::past(date))
            }
            _ => Ok(()),
        }
    }
}

impl Default for BusinessCalendar {
    /// Returns [`BusinessCalendar::always`].
    fn default() -> Self {
        Self::always()
    }
}

/// Formats the calendar as its JSON form.
impl fmt::Debug for BusinessCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CalendarRecord::from(self.clone()).fmt(f)
    }
}

/// Milliseconds of working time since a fixed origin of one calendar.
///
/// Negative before the origin; only values of one calendar can be compared. As JSON it is that
/// number.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::BusinessTime;
///
/// let opened = BusinessTime::from_millis(5_000);
/// let due = opened.plus(Duration::from_secs(60));
/// assert_eq!(due.as_millis(), 65_000);
/// assert_eq!(due.since(opened), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BusinessTime(i64);

impl BusinessTime {
    /// Creates the business time of this many milliseconds.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::BusinessTime::from_millis(-7).as_millis(), -7);
    /// ```
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::BusinessTime::from_millis(7).as_millis(), 7);
    /// ```
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the business time after this much more working time, in whole milliseconds and at
    /// most `i64::MAX` of them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::BusinessTime;
    ///
    /// let last = BusinessTime::from_millis(i64::MAX);
    /// assert_eq!(BusinessTime::from_millis(0).plus(Duration::MAX), last);
    /// ```
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        let millis = duration.as_millis();
        let millis = if millis > i64::MAX as u128 { i64::MAX } else { millis as i64 };
        Self(self.0.saturating_add(millis))
    }

    /// Returns the working time since an earlier business time; zero if that is the later one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::BusinessTime;
    ///
    /// let (early, late) = (BusinessTime::from_millis(1), BusinessTime::from_millis(4));
    /// assert_eq!(late.since(early), Duration::from_millis(3));
    /// assert_eq!(early.since(late), Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn since(self, earlier: BusinessTime) -> Duration {
        if self.0 <= earlier.0 {
            return Duration::ZERO;
        }
        Duration::from_millis(self.0.abs_diff(earlier.0))
    }
}

type Weeks = Vec<(Option<NaiveDate>, Week)>;

/// The JSON form of a calendar.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CalendarRecord {
    time_zone: TimeZone,
    weeks: Vec<WeekPeriodRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeekPeriodRecord {
    /// Absent from the first week and from no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    hours: Week,
}

impl TryFrom<CalendarRecord> for BusinessCalendar {
    type Error = InvalidCalendar;

    fn try_from(record: CalendarRecord) -> Result<Self, InvalidCalendar> {
        let mut weeks: Vec<(Option<NaiveDate>, Week)> = Vec::with_capacity(record.weeks.len());
        for WeekPeriodRecord { from, hours } in record.weeks {
            let date = from.as_deref().map(date).transpose()?;
            let follows = match weeks.last() {
                None => date.is_none(),
                Some((last, _)) => *last < date,
            };
            if !follows {
                return Err(InvalidCalendar::unordered(from.as_deref().unwrap_or_default()));
            }
            weeks.push((date, hours));
        }
        if weeks.is_empty() {
            return Err(InvalidCalendar::empty());
        }
        let holidays = record.holidays.iter().map(|text| date(text)).collect::<Result<_, _>>()?;
        Self::from_parts(record.time_zone, weeks, holidays)
    }
}

impl From<BusinessCalendar> for CalendarRecord {
    fn from(calendar: BusinessCalendar) -> Self {
        let period = |(from, week): (Option<NaiveDate>, &Week)| WeekPeriodRecord {
            from: from.map(|date| date.to_string()),
            hours: week.clone(),
        };
        Self {
            time_zone: calendar.zone(),
            weeks: calendar.weeks().map(period).collect(),
            holidays: calendar.holidays().map(|date| date.to_string()).collect(),
        }
    }
}

fn date(text: &str) -> Result<NaiveDate, InvalidCalendar> {
    text.parse().map_err(|_| InvalidCalendar::date(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overflows() {
        let (min, max) = (BusinessTime(i64::MIN), BusinessTime(i64::MAX));
        assert_eq!(max.since(min), Duration::from_millis(u64::MAX));
        assert_eq!(min.since(max), Duration::ZERO);
        assert_eq!(min.plus(Duration::MAX), BusinessTime(-1));
        assert_eq!(max.plus(Duration::from_millis(1)), max);
    }

    #[test]
    fn json_is_a_number() {
        assert_eq!(serde_json::to_string(&BusinessTime(-3)).unwrap(), "-3");
        assert_eq!(serde_json::from_str::<BusinessTime>("42").unwrap(), BusinessTime(42));
    }
}
