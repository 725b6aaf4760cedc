//! Changes of a calendar, all of them in the future.

use chrono::NaiveDate;

use super::{BusinessCalendar, InvalidCalendar, Week, wall};
use crate::Timestamp;

type Weeks = Vec<(Option<NaiveDate>, Week)>;

impl BusinessCalendar {
    /// The calendar with one more holiday.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_past` if that date, on the desk's wall clock, has begun.
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

    /// The calendar without this holiday, if it is one.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_past` if that date, on the desk's wall clock, has begun.
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

    /// The calendar with another week from a date on, until the next change already planned.
    ///
    /// # Errors
    ///
    /// [`InvalidCalendar`] `calendar_past` if that date, on the desk's wall clock, has begun, and
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

    fn with(&self, weeks: Weeks, holidays: Vec<NaiveDate>) -> Result<Self, InvalidCalendar> {
        Self::from_parts(self.zone(), weeks, holidays)
    }

    fn weeks_owned(&self) -> Weeks {
        self.weeks().map(|(from, week)| (from, week.clone())).collect()
    }

    /// Refuses a date if the wall clock has shown it, or a later one, by now.
    ///
    /// It may have shown a later date than it does now: some zones turned back past midnight.
    fn check_future(&self, date: NaiveDate, now: Timestamp) -> Result<(), InvalidCalendar> {
        let now = now.as_millis();
        let stretches = &self.0.stretches;
        let ends = stretches.iter().skip(1).map(|next| next.from - 1).chain([i64::MAX]);
        let begun = stretches.iter().zip(ends).take_while(|(stretch, _)| stretch.from <= now);
        let latest = begun.map(|(stretch, end)| end.min(now) + stretch.offset).max();
        match latest {
            Some(latest) if wall::day_of(date) <= latest.div_euclid(wall::DAY) => {
                Err(InvalidCalendar::past(date))
            }
            _ => Ok(()),
        }
    }
}
