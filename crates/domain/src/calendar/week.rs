//! The working hours of a week.

use chrono::Weekday;
use serde::{Deserialize, Serialize};

use crate::Hours;

/// Business hours of each day of the week.
///
/// As JSON it is an object of `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`; a day that is
/// left out is closed.
///
/// ```
/// use ventanilla_domain::{Hours, Week, Weekday};
///
/// let week = Week::weekdays("09:00-18:00".parse()?).on(Weekday::Sat, "10:00-14:00".parse()?);
/// assert_eq!(week.hours(Weekday::Fri).to_string(), "09:00-18:00");
/// assert_eq!(week.hours(Weekday::Sun), &Hours::CLOSED);
///
/// let read: Week = serde_json::from_str(r#"{ "mon": "09:00-13:00 15:00-19:00" }"#)?;
/// assert_eq!(read, Week::CLOSED.on(Weekday::Mon, "09:00-13:00 15:00-19:00".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "WeekRecord", into = "WeekRecord")]
pub struct Week([Hours; 7]);

impl Week {
    /// Seven days of 24 hours.
    pub const ALWAYS: Week = Week([const { Hours::ALL_DAY }; 7]);
    /// Seven days without hours, to which days are added.
    pub const CLOSED: Week = Week([const { Hours::CLOSED }; 7]);

    /// Creates a week with the same hours from Monday to Friday.
    ///
    /// ```
    /// use ventanilla_domain::{Hours, Week, Weekday};
    ///
    /// assert_eq!(Week::weekdays(Hours::ALL_DAY).hours(Weekday::Sat), &Hours::CLOSED);
    /// ```
    #[must_use]
    pub fn weekdays(hours: Hours) -> Self {
        let closed = Hours::CLOSED;
        Self([hours.clone(), hours.clone(), hours.clone(), hours.clone(), hours, closed.clone(), closed])
    }

    /// Returns the week with other hours on one day.
    ///
    /// ```
    /// use ventanilla_domain::{Hours, Week, Weekday};
    ///
    /// let week = Week::ALWAYS.on(Weekday::Sun, Hours::CLOSED);
    /// assert_eq!(week.hours(Weekday::Sun), &Hours::CLOSED);
    /// ```
    #[must_use]
    pub fn on(mut self, day: Weekday, hours: Hours) -> Self {
        self.0[day as usize] = hours;
        self
    }

    /// Returns the hours of a day.
    ///
    /// ```
    /// use ventanilla_domain::{Hours, Week, Weekday};
    ///
    /// assert_eq!(Week::ALWAYS.hours(Weekday::Mon), &Hours::ALL_DAY);
    /// ```
    #[must_use]
    pub fn hours(&self, day: Weekday) -> &Hours {
        &self.0[day as usize]
    }

    /// Returns the hours of each day, Monday first.
    pub(super) fn days(&self) -> &[Hours; 7] {
        &self.0
    }
}

/// The JSON form of a week.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeekRecord {
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    mon: Hours,
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    tue: Hours,
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    wed: Hours,
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    thu: Hours,
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    fri: Hours,
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    sat: Hours,
    #[serde(default = "closed", skip_serializing_if = "is_closed")]
    sun: Hours,
}

fn closed() -> Hours {
    Hours::CLOSED
}

fn is_closed(hours: &Hours) -> bool {
    *hours == Hours::CLOSED
}

impl From<WeekRecord> for Week {
    fn from(WeekRecord { mon, tue, wed, thu, fri, sat, sun }: WeekRecord) -> Self {
        Self([mon, tue, wed, thu, fri, sat, sun])
    }
}

impl From<Week> for WeekRecord {
    fn from(Week([mon, tue, wed, thu, fri, sat, sun]): Week) -> Self {
        Self { mon, tue, wed, thu, fri, sat, sun }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_open_days_and_no_others() {
        let week = Week::CLOSED.on(Weekday::Sun, Hours::ALL_DAY).on(Weekday::Tue, Hours::ALL_DAY);
        let json = serde_json::to_string(&week).unwrap();
        assert_eq!(json, r#"{"tue":"00:00-24:00","sun":"00:00-24:00"}"#);
        assert_eq!(serde_json::from_str::<Week>(&json).unwrap(), week);
        assert_eq!(serde_json::from_str::<Week>(r#"{"mon":"closed"}"#).unwrap(), Week::CLOSED);
    }

    #[test]
    fn a_mistyped_day_is_not_a_closed_one() {
        let error = serde_json::from_str::<Week>(r#"{"lun":"00:00-24:00"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `lun`"), "{error}");
    }
}
