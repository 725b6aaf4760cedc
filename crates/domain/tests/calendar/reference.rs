//! Reference definition of working time, minute by minute, and random cases.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, Offset, TimeZone as _, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;
use ventanilla_domain::*;

use super::*;

const ZONES: [Tz; 10] = [
    Tz::America__Argentina__Buenos_Aires,
    Tz::Europe__Madrid,
    Tz::America__Santiago,
    Tz::America__Mexico_City,
    Tz::America__Sao_Paulo,
    Tz::Africa__Cairo,
    Tz::America__St_Johns,
    Tz::Asia__Kathmandu,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
];

/// The spans of each day in minutes, Monday first.
type Sheet = [Vec<(u32, u32)>; 7];

/// A calendar as plain data, and a start time.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) zone: Tz,
    sheet: Sheet,
    later: Option<(NaiveDate, Sheet)>,
    holidays: BTreeSet<NaiveDate>,
    /// A whole minute, often near a change of offset or week, or a holiday.
    pub(crate) start: i64,
}

impl Case {
    pub(crate) fn calendar(&self) -> BusinessCalendar {
        let holidays = self.holidays.iter().copied();
        let zone = TimeZone::named(self.zone.name()).unwrap();
        let calendar = BusinessCalendar::with_holidays(zone, week(&self.sheet), holidays).unwrap();
        match &self.later {
            Some((from, sheet)) => calendar.change_week(*from, week(sheet), Timestamp::MIN).unwrap(),
            None => calendar,
        }
    }

    /// Returns whether the minute that starts then is working time, by the definition.
    pub(crate) fn works(&self, at: i64) -> bool {
        let wall = self.wall(at);
        if self.holidays.contains(&wall.date()) {
            return false;
        }
        let sheet = match &self.later {
            Some((from, sheet)) if wall.date() >= *from => sheet,
            _ => &self.sheet,
        };
        let minute = wall.hour() * 60 + wall.minute();
        let windows = &sheet[wall.weekday().num_days_from_monday() as usize];
        windows.iter().any(|(start, end)| (*start..*end).contains(&minute))
    }

    /// Returns the minutes worked on a date.
    pub(crate) fn worked_on(&self, date: NaiveDate) -> i64 {
        let midnight = millis(date);
        let minutes = (midnight - DAY..midnight + 2 * DAY).step_by(MINUTE as usize);
        minutes.filter(|at| self.wall(*at).date() == date && self.works(*at)).count() as i64
    }

    /// Returns the local date at the start.
    pub(crate) fn date(&self) -> NaiveDate {
        self.wall(self.start).date()
    }

    fn wall(&self, at: i64) -> NaiveDateTime {
        utc(at).with_timezone(&self.zone).naive_local()
    }
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (prop::sample::select(&ZONES[..]), sheets(), prop::option::weighted(0.3, (-3..20_i64, sheets())))
        .prop_flat_map(|(zone, sheet, later)| (Just((zone, sheet, later)), starts(zone), free_days()))
        .prop_map(|((zone, sheet, later), start, free)| {
            let mut case = Case { zone, sheet, later: None, holidays: BTreeSet::new(), start };
            let date = case.date();
            case.holidays = free.into_iter().map(|days| plus(date, days)).collect();
            case.later = later.map(|(days, sheet)| (plus(date, days), sheet));
            case
        })
}

/// Returns whole minutes between 1971 and 2105, mostly before a change.
fn starts(zone: Tz) -> impl Strategy<Value = i64> {
    let before = (0..4 * 24 * 60_i64).prop_map(|minutes| minutes * MINUTE);
    let any = (366 * DAY..49_308 * DAY).prop_map(|at| at - at.rem_euclid(MINUTE));
    (any, 0..8_u8, before).prop_map(move |(at, kind, before)| match kind {
        0 => at,
        1 => turn_of(at, |date| (date.month(), date.day()) == (2, 29)) - before,
        2 => turn_of(at, |date| (date.month(), date.day()) == (1, 1)) - before,
        3 if zone == Tz::Pacific__Apia => millis(date("2011-12-30")) - before,
        _ => change_of_timers(zone, at) - before,
    })
}

/// Returns the next such date, in UTC, within nine years.
fn turn_of(at: i64, is_it: impl Fn(NaiveDate) -> bool) -> i64 {
    let days = (0..9 * 366).map(|day| at - at.rem_euclid(DAY) + day * DAY);
    days.clone().find(|at| is_it(utc(*at).date_naive())).unwrap_or(at)
}

/// Returns the day of the next change, or else of the one before, or else the time itself.
fn change_of_timers(zone: Tz, at: i64) -> i64 {
    let offset = |at: i64| zone.offset_from_utc_datetime(&utc(at).naive_utc()).fix();
    let changes = |step: i64| {
        let mut days = (0..1_000).map(move |day| at + day * step).take_while(|day| *day > 366 * DAY);
        days.find(|day| offset(*day) != offset(day + step))
    };
    let found = changes(DAY).or_else(|| changes(-DAY));
    found.map_or(at, |day| day - day.rem_euclid(DAY) + DAY)
}

fn sheets() -> impl Strategy<Value = Sheet> {
    let minute = prop_oneof![Just(0), Just(1440), (0..=48_u32).prop_map(|half| half * 30), 0..=1440_u32];
    let windows = prop::collection::vec(minute, 0..=6).prop_map(|mut ends| {
        ends.sort_unstable();
        let pairs = ends.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        pairs.filter(|(start, end)| start < end).collect::<Vec<_>>()
    });
    prop::array::uniform7(windows).prop_map(|mut sheet| {
        if sheet.iter().all(Vec::is_empty) {
            sheet[0].push((9 * 60, 18 * 60));
        }
        sheet
    })
}

/// In days after the start.
fn free_days() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-2..22_i64, 0..5)
}

/// Writes the sheet as text and parses it.
fn week(sheet: &Sheet) -> Week {
    let mut week = Week::CLOSED;
    for (day, windows) in sheet.iter().enumerate() {
        let text: Vec<_> =
            windows.iter().map(|(start, end)| format!("{}-{}", timer(*start), timer(*end))).collect();
        if !text.is_empty() {
            week = week.on(Weekday::try_from(day as u8).unwrap(), hours(&text.join(" ")));
        }
    }
    week
}

fn timer(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn plus(date: NaiveDate, days: i64) -> NaiveDate {
    let step = Days::new(days.unsigned_abs());
    if days < 0 { date - step } else { date + step }
}

fn millis(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}

fn utc(at: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(at).unwrap()
}
