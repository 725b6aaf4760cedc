//! Working time in local time: weeks and holidays, without a time zone.

use chrono::{Datelike, NaiveDate};

use super::error::InvalidCalendar;
use crate::Week;

/// Milliseconds of a day in local time.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Weeks and holidays of a calendar, with the sums that make counting fast.
///
/// Times are milliseconds of local time since 1970-01-01 00:00.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Timetable {
    /// In order of their dates; the first, and only it, has none.
    periods: Box<[WeekPeriod]>,
    /// In order.
    holidays: Box<[Holiday]>,
}

/// A week and the date from which it applies; the first has none.
#[derive(Debug, PartialEq, Eq)]
struct WeekPeriod {
    from: Option<NaiveDate>,
    week: Week,
    first_day: i64,
    /// The working time of a week before each of its days, and at the end that of the whole week.
    before: [i64; 8],
    /// Added to the time by this week, so that it continues where the period before it ended.
    base: i64,
}

#[derive(Debug, PartialEq, Eq)]
struct Holiday {
    date: NaiveDate,
    day: i64,
    /// The working time lost on this and all holidays before.
    lost: i64,
}

impl Timetable {
    /// Checks weeks that are in order, the first without a date, and sums them up.
    pub(super) fn new(
        mut weeks: Vec<(Option<NaiveDate>, Week)>,
        mut dates: Vec<NaiveDate>,
    ) -> Result<Self, InvalidCalendar> {
        weeks.dedup_by(|later, earlier| later.1 == earlier.1);
        let mut periods: Vec<WeekPeriod> = Vec::with_capacity(weeks.len());
        for (from, week) in weeks {
            let mut period = WeekPeriod::new(from, week);
            if period.before[7] == 0 {
                return Err(InvalidCalendar::empty());
            }
            if let Some(last) = periods.last() {
                period.base = last.working_millis_before(period.first_day, 0)
                    - period.working_millis_before(period.first_day, 0);
            }
            periods.push(period);
        }
        let mut timetable = Self { periods: periods.into(), holidays: Box::default() };
        dates.sort_unstable();
        dates.dedup();
        let mut lost = 0;
        let holiday = |date: NaiveDate| {
            let day = day_of(date);
            lost += timetable.planned(day + 1, 0) - timetable.planned(day, 0);
            Holiday { date, day, lost }
        };
        timetable.holidays = dates.into_iter().map(holiday).collect();
        Ok(timetable)
    }

    /// Returns the working milliseconds before a local time; negative before 1970, apart from the
    /// holidays and changes of week before then.
    pub(super) fn working_millis_before(&self, local: i64) -> i64 {
        let (day, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let next = self.holidays.partition_point(|holiday| holiday.day < day);
        let lost = self.holidays[..next].last().map_or(0, |holiday| holiday.lost);
        let off = self.holidays.get(next).is_some_and(|holiday| holiday.day == day);
        self.planned(day, if off { 0 } else { time }) - lost
    }

    /// Returns what [`working_millis_before`](Self::working_millis_before) would be with the first
    /// week only.
    ///
    /// Later edits of the calendar don't change it.
    pub(super) fn origin(&self, local: i64) -> i64 {
        self.periods[0].working_millis_before(local.div_euclid(DAY), local.rem_euclid(DAY))
    }

    pub(super) fn weeks(&self) -> impl Iterator<Item = (Option<NaiveDate>, &Week)> {
        self.periods.iter().map(|period| (period.from, &period.week))
    }

    pub(super) fn holidays(&self) -> impl Iterator<Item = NaiveDate> {
        self.holidays.iter().map(|holiday| holiday.date)
    }

    /// Returns the working milliseconds without regard to holidays.
    fn planned(&self, day: i64, time: i64) -> i64 {
        let later = self.periods.partition_point(|period| period.first_day <= day);
        self.periods[later.saturating_sub(1)].working_millis_before(day, time)
    }
}

impl WeekPeriod {
    fn new(from: Option<NaiveDate>, week: Week) -> Self {
        let mut before = [0; 8];
        for (at, hours) in week.days().iter().enumerate() {
            before[at + 1] = before[at] + hours.working_millis_before(DAY);
        }
        Self { from, week, first_day: from.map_or(i64::MIN, day_of), before, base: 0 }
    }

    fn working_millis_before(&self, day: i64, time: i64) -> i64 {
        // 1970-01-01 was a Thursday.
        let (weeks, weekday) = ((day + 3).div_euclid(7), (day + 3).rem_euclid(7) as usize);
        let today = self.week.days()[weekday].working_millis_before(time);
        self.base + weeks * self.before[7] + self.before[weekday] + today
    }
}

/// Returns the days since 1970-01-01.
pub(super) fn day_of(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - 719_163
}
