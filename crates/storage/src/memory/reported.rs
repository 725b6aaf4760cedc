//! Index of the tickets that contribute to the report of a period.

use std::{collections::BTreeSet, ops::RangeInclusive};

use ventanilla_domain::{BusinessTime, SlaTimer, TicketHead, Timestamp};

use super::place::Seq;
use crate::ReportQuery;

/// Tickets by the days to whose reports they contribute: days on which a timer stopped, and days on
/// which a target was breached or will be unless its timer stops.
#[derive(Debug, Default)]
pub(super) struct Reported(BTreeSet<(Day, Seq)>);

/// Day of the calendar on which a timer stops, or 24 hours of business time in which a target is due.
///
/// Both in one type and in few bytes, since each ticket has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(u32);

impl Day {
    const MILLIS: i64 = 24 * 3_600_000;
    /// Number of days of either kind, millions of years; times beyond count for the first or last day.
    const COUNT: u32 = 1 << 31;

    fn of_stop(at: Timestamp) -> Self {
        Self(Self::number(at.as_millis()))
    }

    fn of_due(due: BusinessTime) -> Self {
        Self(Self::number(due.as_millis()) + Self::COUNT)
    }

    fn number(millis: i64) -> u32 {
        let day = millis.div_euclid(Self::MILLIS) + i64::from(Self::COUNT / 2);
        day.clamp(0, i64::from(Self::COUNT - 1)) as u32
    }

    /// Returns the days of a ticket, each once.
    pub(super) fn all_of(head: &TicketHead) -> Vec<Self> {
        let timers = head.sla.iter().flat_map(|timers| timers.all()).map(|(_, timer)| timer);
        let is_live = head.status.is_live();
        let mut days: Vec<Self> = timers.flat_map(|timer| Self::of(timer, is_live)).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn of(timer: &SlaTimer, is_live: bool) -> impl Iterator<Item = Self> + use<> {
        let measured = timer.stop.as_ref().filter(|stop| !stop.cancelled);
        let may_be_breached = timer.stop.as_ref().map_or(is_live, |stop| timer.due < stop.business_time);
        let due = may_be_breached.then(|| Self::of_due(timer.due));
        measured.map(|stop| Self::of_stop(stop.at)).into_iter().chain(due)
    }

    /// Returns the days that a report covers, at least in part.
    pub(super) fn covered_by(query: &ReportQuery) -> [RangeInclusive<Self>; 2] {
        let period = query.period();
        [
            Self::of_stop(period.from())..=Self::of_stop(period.before()),
            Self::of_due(query.due_from())..=Self::of_due(query.due_before()),
        ]
    }
}

impl Reported {
    pub(super) fn add(&mut self, days: &[Day], seq: Seq) {
        self.0.extend(days.iter().map(|day| (*day, seq)));
    }

    pub(super) fn remove(&mut self, days: &[Day], seq: Seq) {
        for day in days {
            self.0.remove(&(*day, seq));
        }
    }

    /// Returns the tickets from a day and ticket on, up to the day `last`, in order of days.
    pub(super) fn walk(
        &self,
        from: (Day, Seq),
        last: Day,
    ) -> impl Iterator<Item = (Day, Seq)> + use<'_> {
        self.0.range(from..).take_while(move |(day, _)| *day <= last).copied()
    }
}
