//! A calendar as JSON.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{BusinessCalendar, InvalidCalendar, TimeZone, Week};

/// What JSON holds of a calendar.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CalendarRecord {
    time_zone: TimeZone,
    weeks: Vec<EraRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EraRecord {
    /// Absent from the first and from no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    hours: Week,
}

impl TryFrom<CalendarRecord> for BusinessCalendar {
    type Error = InvalidCalendar;

    fn try_from(record: CalendarRecord) -> Result<Self, InvalidCalendar> {
        let mut weeks: Vec<(Option<NaiveDate>, Week)> = Vec::with_capacity(record.weeks.len());
        for EraRecord { from, hours } in record.weeks {
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
        let era = |(from, week): (Option<NaiveDate>, &Week)| EraRecord {
            from: from.map(|date| date.to_string()),
            hours: week.clone(),
        };
        Self {
            time_zone: calendar.zone(),
            weeks: calendar.weeks().map(era).collect(),
            holidays: calendar.holidays().map(|date| date.to_string()).collect(),
        }
    }
}

fn date(text: &str) -> Result<NaiveDate, InvalidCalendar> {
    text.parse().map_err(|_| InvalidCalendar::date(text))
}
