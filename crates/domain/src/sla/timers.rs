//! The timers of one ticket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SlaMetric, SlaStop, SlaTable, SlaTimer};
use crate::{BusinessTime, Priority, Timestamp, UserId, util::push_tight};

/// The timers of one ticket, and the targets that were promised when it was opened.
///
/// ```
/// # use ventanilla_domain::*;
/// # let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// # let sla = Sla::new(SlaPolicy::new(same)?, BusinessCalendar::always());
/// # let policy = Policy { sla: Some(sla), ..Policy::default() };
/// # let ana = UserId::parse("ana")?;
/// # let draft = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let now = "2026-03-02T12:00:00Z".parse()?;
/// # let number = TicketNumber::from_entropy(b"example");
/// let ticket = draft.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// let timers = ticket.head().sla.as_deref().expect("the desk has targets");
/// assert!(timers.first_response.is_running() && timers.resolution.is_running());
/// assert_eq!(timers.next_response, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlaTimers {
    /// What was promised.
    pub targets: SlaTable,
    /// The first response.
    pub first_response: SlaTimer,
    /// The last time that the requester waited for a further response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_response: Option<SlaTimer>,
    /// The resolution. It stands still while the ticket is resolved.
    pub resolution: SlaTimer,
    /// The times before that.
    #[serde(
        default,
        deserialize_with = "crate::util::null_is_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub earlier_responses: Vec<SlaTimer>,
}

impl SlaTimers {
    /// The timer of a metric, the latest.
    #[must_use]
    pub const fn of(&self, metric: SlaMetric) -> Option<&SlaTimer> {
        match metric {
            SlaMetric::FirstResponse => Some(&self.first_response),
            SlaMetric::NextResponse => self.next_response.as_ref(),
            SlaMetric::Resolution => Some(&self.resolution),
        }
    }

    /// Returns a copy without [`earlier_responses`](Self::earlier_responses).
    #[must_use]
    pub fn latest(&self) -> Self {
        Self {
            targets: self.targets,
            first_response: self.first_response.clone(),
            next_response: self.next_response.clone(),
            resolution: self.resolution.clone(),
            earlier_responses: Vec::new(),
        }
    }

    /// Every timer that ever ran, with what it measures.
    pub fn all(&self) -> impl Iterator<Item = (SlaMetric, &SlaTimer)> {
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| Some((metric, self.of(metric)?)));
        latest.chain(self.earlier_responses.iter().map(|timer| (SlaMetric::NextResponse, timer)))
    }

    /// The reading at which the first of the running timers is due: what overdue lists are sorted by.
    #[must_use]
    pub fn due(&self) -> Option<BusinessTime> {
        self.running().map(|timer| timer.due).min()
    }

    /// The reading from which the first of the running timers is at risk.
    #[must_use]
    pub fn risk(&self) -> Option<BusinessTime> {
        self.running().map(SlaTimer::risk).min()
    }

    /// When the last of the timers that stand stopped: a report of an earlier time need not look here.
    #[must_use]
    pub fn last_stop(&self) -> Option<Timestamp> {
        self.all().filter_map(|(_, timer)| Some(timer.stop.as_ref()?.at)).max()
    }

    /// The latest that run: those before have stopped, whoever wrote them.
    fn running(&self) -> impl Iterator<Item = &SlaTimer> {
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| self.of(metric));
        latest.filter(|timer| timer.is_running())
    }
}

/// The circumstances of a change to SLA timers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// The administrator who makes it.
    pub(crate) by: Option<&'a UserId>,
    pub(crate) at: Timestamp,
    /// The business time then.
    pub(crate) reading: BusinessTime,
    /// The ticket's priority, of which the targets hold.
    pub(crate) priority: Priority,
}

/// The changes to timers. Each acts only on a timer in a state for it.
impl SlaTimers {
    pub(crate) fn open(
        targets: SlaTable,
        priority: Priority,
        at: Timestamp,
        reading: BusinessTime,
    ) -> Self {
        let timer = |metric| SlaTimer::new(at, reading, targets.of(priority).of(metric));
        Self {
            targets,
            first_response: timer(SlaMetric::FirstResponse),
            next_response: None,
            resolution: timer(SlaMetric::Resolution),
            earlier_responses: Vec::new(),
        }
    }

    /// Starts to wait for the next response, unless a response is waited for: until the first one,
    /// that timer is the one of the oldest message.
    pub(crate) fn start_next_response(&mut self, at: &Moment<'_>) {
        let waits = |metric| self.of(metric).is_some_and(SlaTimer::is_running);
        if waits(SlaMetric::FirstResponse) || waits(SlaMetric::NextResponse) {
            return;
        }
        let timer = SlaTimer::new(at.at, at.reading, self.target(SlaMetric::NextResponse, at));
        let earlier = self.next_response.replace(timer);
        earlier.into_iter().for_each(|timer| push_tight(&mut self.earlier_responses, timer));
    }

    /// Stops a timer that runs: what it waited for came.
    pub(crate) fn stop(&mut self, metric: SlaMetric, at: &Moment<'_>) {
        self.end(metric, at, false);
    }

    /// Stops a timer that runs: what it waited for is no longer needed.
    pub(crate) fn cancel(&mut self, metric: SlaMetric, at: &Moment<'_>) {
        self.end(metric, at, true);
    }

    fn end(&mut self, metric: SlaMetric, at: &Moment<'_>, cancelled: bool) {
        if let Some(timer) = self.slot(metric).filter(|timer| timer.is_running()) {
            timer.stop = Some(SlaStop { at: at.at, reading: at.reading, by: at.by.cloned(), cancelled });
        }
    }

    /// Lets a timer that stopped go on, without the time between.
    pub(crate) fn resume(&mut self, metric: SlaMetric, at: &Moment<'_>) {
        let target = self.target(metric, at);
        if let Some(timer) = self.slot(metric) {
            timer.resume(at.at, at.reading, target);
        }
    }

    /// Makes every timer that runs due by the targets of the ticket's priority.
    pub(crate) fn retarget(&mut self, at: &Moment<'_>) {
        for metric in SlaMetric::ALL {
            let target = self.target(metric, at);
            if let Some(timer) = self.slot(metric) {
                timer.retarget(at.reading, target);
            }
        }
    }

    fn target(&self, metric: SlaMetric, at: &Moment<'_>) -> Duration {
        self.targets.of(at.priority).of(metric)
    }

    fn slot(&mut self, metric: SlaMetric) -> Option<&mut SlaTimer> {
        match metric {
            SlaMetric::FirstResponse => Some(&mut self.first_response),
            SlaMetric::NextResponse => self.next_response.as_mut(),
            SlaMetric::Resolution => Some(&mut self.resolution),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SlaTargets;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    fn reading(ms: i64) -> BusinessTime {
        BusinessTime::from_millis(ms)
    }

    /// Opened at 0, with 4, 8 and 40 hours.
    fn timers() -> SlaTimers {
        let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
        SlaTimers::open(SlaTable::new(same).unwrap(), Priority::Low, at(0), reading(0))
    }

    fn moment(ms: i64) -> Moment<'static> {
        Moment { by: None, at: at(ms), reading: reading(ms), priority: Priority::Low }
    }

    #[test]
    fn a_timer_starts_where_none_runs_that_holds_it_back() {
        let mut timers = timers();
        timers.start_next_response(&moment(1));
        assert_eq!(timers.next_response, None, "the first response is waited for");
        timers.stop(SlaMetric::FirstResponse, &moment(2));
        timers.start_next_response(&moment(3));
        timers.start_next_response(&moment(4));
        assert_eq!(timers.next_response.as_ref().unwrap().since, at(3));
        timers.cancel(SlaMetric::NextResponse, &moment(5));
        timers.stop(SlaMetric::NextResponse, &moment(6));
        timers.start_next_response(&moment(7));
        let stop = SlaStop { at: at(5), reading: reading(5), by: None, cancelled: true };
        assert_eq!(timers.earlier_responses[0].stop, Some(stop), "it had stopped before");
        assert_eq!(timers.last_stop(), Some(at(5)));
        let ran: Vec<_> = timers.all().map(|(metric, timer)| (metric, timer.since)).collect();
        let [first, next, resolution] = SlaMetric::ALL;
        assert_eq!(ran, [(first, at(0)), (next, at(7)), (resolution, at(0)), (next, at(3))]);
    }

    #[test]
    fn what_is_due_first_is_of_the_latest_timers_that_run() {
        let mut timers = timers();
        let hours = |count: i64| Some(reading(count * 3_600_000));
        assert_eq!((timers.due(), timers.risk()), (hours(4), hours(3)));
        timers.cancel(SlaMetric::FirstResponse, &moment(0));
        assert_eq!((timers.due(), timers.risk()), (hours(40), hours(30)));
        timers.start_next_response(&moment(0));
        assert_eq!((timers.due(), timers.risk()), (hours(8), hours(6)));
        // As no change leaves it.
        timers.earlier_responses.push(timers.next_response.take().unwrap());
        assert_eq!((timers.due(), timers.risk()), (hours(40), hours(30)));
        timers.stop(SlaMetric::Resolution, &moment(0));
        assert_eq!((timers.due(), timers.risk()), (None, None));
    }

    #[test]
    fn the_administrator_who_stops_a_timer_is_remembered() {
        let id = UserId::parse("ana").unwrap();
        for by in [Some(&id), None] {
            let mut timers = timers();
            timers.stop(SlaMetric::Resolution, &Moment { by, ..moment(1) });
            assert_eq!(timers.resolution.stop.unwrap().by.as_ref(), by);
        }
    }
}
