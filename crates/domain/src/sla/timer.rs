//! SLA timers of a ticket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::{SlaMetric, SlaTable};
use crate::{BusinessTime, Priority, Timestamp, UserId, util::push_tight};

/// SLA timer of one metric of one ticket.
///
/// It has timestamps, and business time of the desk's
/// [`BusinessCalendar`](crate::BusinessCalendar). It is due at a business time, so a new holiday
/// moves the due time of every timer.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::{BusinessTime, SlaTimer, SlaState, Timestamp};
///
/// let hour = Duration::from_secs(3600);
/// let start = BusinessTime::from_millis(0);
/// let timer = SlaTimer::new(Timestamp::MIN, start, 4 * hour);
/// assert_eq!(timer.state(start.plus(hour)), SlaState::Running);
/// assert_eq!(timer.state(start.plus(3 * hour)), SlaState::AtRisk);
/// assert_eq!(timer.state(start.plus(5 * hour)), SlaState::Breached);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTimer {
    /// Time of its start, moved on by the time for which it was paused.
    pub since: Timestamp,
    /// Business time of its start, moved on likewise.
    pub start: BusinessTime,
    /// Due point in business time. Fixed once breached.
    pub due: BusinessTime,
    /// The pause, also after its end, until the next change; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<SlaPause>,
    /// The stop; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<SlaStop>,
}

/// Pause of a timer while its ticket waits.
///
/// If the end is known, the timer is moved on by the length of the pause already, so that its due
/// point is right before and after the end without another change. The length is that of the
/// calendar at the time when the pause was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPause {
    /// The beginning.
    pub start: SlaInstant,
    /// The end; `None` if only a change ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SlaInstant>,
}

/// Instant, with the business time then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlaInstant {
    /// The instant.
    pub at: Timestamp,
    /// The business time.
    pub business_time: BusinessTime,
}

/// Stop of a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaStop {
    /// Time of the stop.
    pub at: Timestamp,
    /// Business time of the stop.
    #[serde(rename = "businessTime", alias = "reading")]
    pub business_time: BusinessTime,
    /// The administrator who stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// True if the metric was no longer needed: a response, on a ticket that was resolved without
    /// one.
    #[serde(
        default,
        deserialize_with = "crate::util::null_is_absent",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub cancelled: bool,
}

crate::vocabulary::vocabulary! {
    /// State of a timer, from the best to the worst.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, SlaState};
    ///
    /// assert_eq!(SlaState::AtRisk.label(Locale::Es), "En riesgo");
    /// ```
    #[non_exhaustive]
    SlaState, UnknownSlaState, "unknown_sla_state", "No existe el estado del plazo", "There is no state of a target";
    /// Stopped in time, because the metric was no longer needed.
    Cancelled = "CANCELLED", "Cancelado", "Cancelled";
    /// Stopped in time.
    Met = "MET", "Cumplido", "Met";
    /// Paused, because the ticket waits.
    Paused = "PAUSED", "En pausa", "Paused";
    /// Running, with more than a quarter of its target left.
    Running = "RUNNING", "En plazo", "On time";
    /// Running, with at least three quarters of its target used.
    AtRisk = "AT_RISK", "En riesgo", "At risk";
    /// Not stopped when it was due. A breach is permanent.
    Breached = "BREACHED", "Vencido", "Breached";
}

impl SlaTimer {
    /// Returns the state at a business time.
    #[must_use]
    pub fn state(&self, now: BusinessTime) -> SlaState {
        match &self.stop {
            _ if self.is_breached(now) => SlaState::Breached,
            Some(stop) if stop.cancelled => SlaState::Cancelled,
            Some(_) => SlaState::Met,
            None if self.is_paused(now) && self.pause_in_time().is_some() => SlaState::Paused,
            None if now >= self.at_risk_from() => SlaState::AtRisk,
            None => SlaState::Running,
        }
    }

    /// Returns whether it hasn't stopped. It may be [paused](Self::is_paused).
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.stop.is_none()
    }

    /// Returns whether it is paused at a business time.
    #[must_use]
    pub fn is_paused(&self, now: BusinessTime) -> bool {
        self.is_running()
            && self.pause.is_some_and(|pause| pause.end.is_none_or(|end| now < end.business_time))
    }

    /// Returns whether its due point comes if nothing changes: it runs, and isn't paused without an
    /// end. That of a breached one has come.
    #[must_use]
    pub fn comes_due(&self) -> bool {
        self.is_running() && self.pause_in_time().is_none_or(|pause| pause.end.is_some())
    }

    /// Returns whether it was due before it stopped, or before `now` if it runs. A paused timer never
    /// breaches.
    #[must_use]
    pub fn is_breached(&self, now: BusinessTime) -> bool {
        match &self.stop {
            Some(stop) => self.due < stop.business_time,
            None => self.comes_due() && self.due < now,
        }
    }

    /// Returns the business time from which it is at risk: three quarters of its target, but not
    /// before the end of a pause, unless it had breached before the pause.
    #[must_use]
    pub fn at_risk_from(&self) -> BusinessTime {
        // The start of a breached timer may have moved on past its due point.
        let target = self.due.as_millis().saturating_sub(self.start.as_millis()).max(0);
        let risk = BusinessTime::from_millis(self.due.as_millis().saturating_sub(target.div_euclid(4)));
        let end = self.pause_in_time().and_then(|pause| pause.end);
        end.map_or(risk, |end| risk.max(end.business_time))
    }

    /// Returns its pause, unless it had breached before.
    fn pause_in_time(&self) -> Option<SlaPause> {
        self.pause.filter(|pause| pause.start.business_time <= self.due)
    }

    /// Returns the time that it measured; `None` while it runs and if it was cancelled.
    #[must_use]
    pub fn measured(&self) -> Option<Elapsed> {
        let stop = self.stop.as_ref().filter(|stop| !stop.cancelled)?;
        let calendar = stop.at.as_millis().saturating_sub(self.since.as_millis());
        Some(Elapsed {
            business: stop.business_time.since(self.start),
            calendar: Duration::from_millis(u64::try_from(calendar).unwrap_or(0)),
        })
    }

    /// Creates a timer that starts at this time.
    #[must_use]
    pub fn new(since: Timestamp, start: BusinessTime, target: Duration) -> Self {
        Self { since, start, due: start.plus(target), pause: None, stop: None }
    }

    /// Resumes a stopped timer without the time in between. The due point of a breached one is
    /// kept.
    pub(super) fn resume(&mut self, at: Timestamp, now: BusinessTime, target: Duration) {
        let Some(stop) = self.stop.take() else { return };
        let from = SlaInstant { at: stop.at, business_time: stop.business_time };
        self.move_on(from, SlaInstant { at, business_time: now });
        if stop.business_time <= self.due {
            self.due = self.start.plus(target);
        }
    }

    /// Sets another target, counted from the start. The due point of a breached timer is kept.
    pub(super) fn retarget(&mut self, now: BusinessTime, target: Duration) {
        if self.is_running() && !self.is_breached(now) {
            let due = self.start.plus(target);
            // A shorter target is never due during a pause, which may begin or end in closing hours.
            let resumes = self.pause.map(|pause| pause.end.unwrap_or(pause.start).business_time);
            self.due = resumes.map_or(due, |resumes| due.max(resumes));
        }
    }

    /// Pauses a timer that runs, from now until this end, or sets the end of the pause that is on.
    pub(super) fn pause(&mut self, now: SlaInstant, end: Option<SlaInstant>) {
        if !self.is_running() {
            return;
        }
        // By the timestamps: business time stands still in closing hours.
        let is_over = |pause: SlaPause| pause.end.is_some_and(|end| end.at <= now.at);
        if self.pause.is_none_or(is_over) {
            self.pause = Some(SlaPause { start: now, end: None });
        }
        self.set_end(end);
    }

    /// Ends the pause at this time, if it would last longer.
    pub(super) fn end_pause_by(&mut self, at: SlaInstant) {
        let Some(pause) = self.pause else { return };
        if pause.end.is_none_or(|end| at.at < end.at) {
            self.set_end(Some(at));
        }
    }

    /// Ends the pause now, and removes it.
    pub(super) fn unpause(&mut self, now: SlaInstant) {
        self.end_pause_by(now);
        self.pause = None;
    }

    /// Moves the timer from the end of its pause that was known before to another end, not before its
    /// beginning: a clock may have gone back.
    fn set_end(&mut self, end: Option<SlaInstant>) {
        let Some(pause) = &mut self.pause else { return };
        let start = pause.start;
        let end = end.map(|end| if end.at < start.at { start } else { end });
        let before = std::mem::replace(&mut pause.end, end).unwrap_or(start);
        let is_breached = self.due < start.business_time;
        self.move_on(before, end.unwrap_or(start));
        if !is_breached {
            let moved = millis_between(before, end.unwrap_or(start));
            self.due = BusinessTime::from_millis(self.due.as_millis().saturating_add(moved));
        }
    }

    /// Moves the start on by the time between two instants.
    fn move_on(&mut self, from: SlaInstant, to: SlaInstant) {
        let calendar = to.at.as_millis().saturating_sub(from.at.as_millis());
        let since = self.since.as_millis().saturating_add(calendar);
        self.since = Timestamp::from_millis(since).unwrap_or(self.since);
        let start = self.start.as_millis().saturating_add(millis_between(from, to));
        self.start = BusinessTime::from_millis(start);
    }
}

/// Returns the business time between two instants in milliseconds.
const fn millis_between(from: SlaInstant, to: SlaInstant) -> i64 {
    to.business_time.as_millis().saturating_sub(from.business_time.as_millis())
}

/// Time that a timer measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    /// In business time.
    pub business: Duration,
    /// In elapsed time.
    pub calendar: Duration,
}

/// SLA timers of one ticket, and the targets that applied when it was opened.
///
/// ```
/// # use ventanilla_domain::*;
/// # let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// # let sla = Sla::new(SlaPolicy::new(same)?, BusinessCalendar::always());
/// # let policy = Policy { sla: Some(sla), ..Policy::default() };
/// # let ana = UserId::parse("ana")?;
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let now = "2026-03-02T12:00:00Z".parse()?;
/// # let number = TicketNumber::from_entropy(b"example");
/// let ticket = new_ticket.open(number, &ana, &Actor::Customer(ana.clone()), now, &policy)?;
/// let timers = ticket.head().sla.as_deref().expect("the desk has targets");
/// assert!(timers.first_response.is_running() && timers.resolution.is_running());
/// assert_eq!(timers.next_response, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlaTimers {
    /// The targets.
    pub targets: SlaTable,
    /// The first response.
    pub first_response: SlaTimer,
    /// The latest timer of a next response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_response: Option<SlaTimer>,
    /// The resolution; paused while the ticket is resolved.
    pub resolution: SlaTimer,
    /// The earlier timers of next responses.
    #[serde(
        default,
        deserialize_with = "crate::util::null_is_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub earlier_responses: Vec<SlaTimer>,
}

impl SlaTimers {
    /// Returns the latest timer of a metric.
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

    /// Returns every timer, with its metric.
    pub fn all(&self) -> impl Iterator<Item = (SlaMetric, &SlaTimer)> {
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| Some((metric, self.of(metric)?)));
        latest.chain(self.earlier_responses.iter().map(|timer| (SlaMetric::NextResponse, timer)))
    }

    /// Returns the business time at which the first of the timers that [come
    /// due](SlaTimer::comes_due) is due; overdue lists sort by it.
    #[must_use]
    pub fn due(&self) -> Option<BusinessTime> {
        self.coming_due().map(|timer| timer.due).min()
    }

    /// Returns the business time from which the first of the timers that [come
    /// due](SlaTimer::comes_due) is at risk.
    #[must_use]
    pub fn at_risk_from(&self) -> Option<BusinessTime> {
        self.coming_due().map(SlaTimer::at_risk_from).min()
    }

    /// Returns the last stop; reports of later periods needn't look at this ticket's stopped
    /// timers.
    #[must_use]
    pub fn last_stop(&self) -> Option<Timestamp> {
        self.all().filter_map(|(_, timer)| Some(timer.stop.as_ref()?.at)).max()
    }

    /// Returns the latest timers that come due: earlier ones have stopped.
    fn coming_due(&self) -> impl Iterator<Item = &SlaTimer> {
        let latest = SlaMetric::ALL.into_iter().filter_map(|metric| self.of(metric));
        latest.filter(|timer| timer.comes_due())
    }
}

/// Circumstances of a change to SLA timers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// The administrator who makes it.
    pub(crate) by: Option<&'a UserId>,
    pub(crate) at: Timestamp,
    /// The business time then.
    pub(crate) business_time: BusinessTime,
    /// The ticket's priority, whose targets apply.
    pub(crate) priority: Priority,
}

impl Moment<'_> {
    const fn instant(&self) -> SlaInstant {
        SlaInstant { at: self.at, business_time: self.business_time }
    }
}

/// Changes to timers. Timers that a change doesn't apply to are left unchanged.
impl SlaTimers {
    pub(crate) fn open(targets: SlaTable, priority: Priority, at: Timestamp, now: BusinessTime) -> Self {
        let timer = |metric| SlaTimer::new(at, now, targets.of(priority).of(metric));
        Self {
            targets,
            first_response: timer(SlaMetric::FirstResponse),
            next_response: None,
            resolution: timer(SlaMetric::Resolution),
            earlier_responses: Vec::new(),
        }
    }

    /// Starts the next response, unless a response is waited for: until the first one, its timer
    /// covers the oldest message.
    pub(crate) fn start_next_response(&mut self, at: &Moment<'_>) {
        let waits = |metric| self.of(metric).is_some_and(SlaTimer::is_running);
        if waits(SlaMetric::FirstResponse) || waits(SlaMetric::NextResponse) {
            return;
        }
        let timer = SlaTimer::new(at.at, at.business_time, self.target(SlaMetric::NextResponse, at));
        let earlier = self.next_response.replace(timer);
        earlier.into_iter().for_each(|timer| push_tight(&mut self.earlier_responses, timer));
    }

    /// Stops a timer that runs: its metric was reached.
    pub(crate) fn stop(&mut self, metric: SlaMetric, at: &Moment<'_>) {
        self.end(metric, at, false);
    }

    /// Cancels a timer that runs: its metric is no longer needed.
    pub(crate) fn cancel(&mut self, metric: SlaMetric, at: &Moment<'_>) {
        self.end(metric, at, true);
    }

    fn end(&mut self, metric: SlaMetric, at: &Moment<'_>, cancelled: bool) {
        if let Some(timer) = self.slot(metric).filter(|timer| timer.is_running()) {
            timer.unpause(at.instant());
            timer.stop = Some(SlaStop {
                at: at.at,
                business_time: at.business_time,
                by: at.by.cloned(),
                cancelled,
            });
        }
    }

    /// Resumes a stopped timer, without the time in between.
    pub(crate) fn resume(&mut self, metric: SlaMetric, at: &Moment<'_>) {
        let target = self.target(metric, at);
        if let Some(timer) = self.slot(metric) {
            timer.resume(at.at, at.business_time, target);
        }
    }

    /// Pauses the resolution timer, or sets the end of its pause.
    pub(crate) fn pause(&mut self, at: &Moment<'_>, end: Option<SlaInstant>) {
        self.resolution.pause(at.instant(), end);
    }

    /// Ends the pause of the resolution timer at this time, if it would last longer.
    pub(crate) fn end_pause_by(&mut self, at: &Moment<'_>) {
        self.resolution.end_pause_by(at.instant());
    }

    /// Ends the pause of the resolution timer, and removes it.
    pub(crate) fn unpause(&mut self, at: &Moment<'_>) {
        self.resolution.unpause(at.instant());
    }

    /// Removes the pause of the resolution timer, whose wait is gone.
    pub(crate) fn remove_pause(&mut self) {
        self.resolution.pause = None;
    }

    /// Sets the targets of the ticket's priority on every timer that runs.
    pub(crate) fn retarget(&mut self, at: &Moment<'_>) {
        for metric in SlaMetric::ALL {
            let target = self.target(metric, at);
            if let Some(timer) = self.slot(metric) {
                timer.retarget(at.business_time, target);
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

    fn reading(ms: i64) -> BusinessTime {
        BusinessTime::from_millis(ms)
    }

    fn timer(start: i64, target: u64) -> SlaTimer {
        SlaTimer::new(Timestamp::MIN, reading(start), Duration::from_millis(target))
    }

    fn stopped(timer: &SlaTimer, at: i64, cancelled: bool) -> SlaTimer {
        let stop = SlaStop { at: Timestamp::MIN, business_time: reading(at), by: None, cancelled };
        SlaTimer { stop: Some(stop), ..timer.clone() }
    }

    #[test]
    fn three_quarters_are_three_quarters_of_the_smallest_target_too() {
        for (start, target) in [-7, 0, 7].into_iter().flat_map(|start| (1..=9).map(move |n| (start, n)))
        {
            let timer = timer(start, target);
            for passed in -1..=10 {
                let expected = match passed {
                    _ if passed > target as i64 => SlaState::Breached,
                    _ if 4 * passed >= 3 * target as i64 => SlaState::AtRisk,
                    _ => SlaState::Running,
                };
                assert_eq!(timer.state(reading(start + passed)), expected, "{passed} of {target}");
            }
        }
    }

    #[test]
    fn a_stopped_timer_keeps_its_state() {
        for (at, cancelled, expected) in [
            (9, false, SlaState::Met),
            (10, false, SlaState::Met),
            (11, false, SlaState::Breached),
            (10, true, SlaState::Cancelled),
            (11, true, SlaState::Breached),
        ] {
            let timer = stopped(&timer(0, 10), at, cancelled);
            for now in [i64::MIN, 0, 11, i64::MAX] {
                assert_eq!(timer.state(reading(now)), expected, "{at}");
            }
            let measured = timer.measured().map(|measured| measured.business.as_millis() as i64);
            assert_eq!(measured, (!cancelled).then_some(at));
        }
        assert_eq!(timer(0, 10).measured(), None);
    }

    #[test]
    fn a_breached_timer_keeps_its_due_time() {
        let hour = Duration::from_millis(100);
        let mut late = stopped(&timer(0, 10), 11, false);
        late.resume(Timestamp::MIN, reading(31), hour);
        assert_eq!((late.start, late.due), (reading(20), reading(10)));
        late.retarget(reading(31), hour);
        assert_eq!(late.due, reading(10));

        let mut in_time = stopped(&timer(0, 10), 10, false);
        in_time.retarget(reading(10), hour);
        assert_eq!(in_time.due, reading(10), "it stands");
        in_time.resume(Timestamp::MIN, reading(30), hour);
        assert_eq!((in_time.start, in_time.due), (reading(20), reading(120)));
        in_time.retarget(reading(30), Duration::from_millis(5));
        assert_eq!(in_time.due, reading(25));
        in_time.retarget(reading(30), hour);
        assert_eq!(in_time.due, reading(25), "it was due before");
    }

    #[test]
    fn an_end_before_the_beginning_of_a_pause_is_its_beginning() {
        let instant = |ms| instant(at(ms), ms);
        let mut paused = timer(0, 60);
        paused.pause(instant(30), None);
        let open = paused.clone();
        paused.pause(instant(10), Some(instant(11)));
        assert_eq!(paused.pause, Some(SlaPause { start: instant(30), end: Some(instant(30)) }));
        assert_eq!((paused.start, paused.due), (reading(0), reading(60)));
        paused.pause(instant(10), None);
        assert_eq!(paused, open, "the due point is as it was");
    }

    #[test]
    fn nothing_overflows() {
        for (start, now) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX)] {
            let mut timer = timer(start, u64::MAX);
            let _ = (timer.state(reading(now)), timer.at_risk_from());
            timer.retarget(reading(now), Duration::MAX);
            timer = stopped(&timer, now, false);
            let _ = (timer.state(reading(now)), timer.measured());
            timer.resume(Timestamp::MAX, reading(start), Duration::MAX);
            assert!(timer.is_running());
        }
    }

    fn instant(at: Timestamp, ms: i64) -> SlaInstant {
        SlaInstant { at, business_time: reading(ms) }
    }

    #[test]
    fn no_pause_overflows() {
        let ends = [(Timestamp::MIN, i64::MIN), (Timestamp::MAX, i64::MAX), (at(0), 0)];
        let ends = ends.map(|(at, ms)| instant(at, ms));
        for (start, begin, end) in [i64::MIN, 0, i64::MAX].into_iter().flat_map(|start| {
            ends.into_iter().flat_map(move |begin| ends.map(|end| (start, begin, end)))
        }) {
            let mut timer = timer(start, u64::MAX);
            timer.pause(begin, Some(end));
            timer.retarget(reading(start), Duration::MAX);
            timer.pause(end, None);
            timer.end_pause_by(begin);
            let _ = (timer.state(reading(start)), timer.at_risk_from(), timer.comes_due());
            timer.unpause(end);
            assert_eq!(timer.pause, None);
        }
    }

    #[test]
    fn a_pause_moves_the_timer_on_and_never_back() {
        let hours = |count: i64| instant(at(count), count);
        let mut timer = SlaTimer::new(at(0), reading(0), Duration::from_millis(8));
        timer.pause(hours(6), Some(hours(10)));
        assert_eq!((timer.since, timer.start, timer.due), (at(4), reading(4), reading(12)));
        assert_eq!(timer.at_risk_from(), reading(10));
        let states = [5, 9, 10, 12, 13].map(|now| timer.state(reading(now)));
        let (paused, at_risk) = (SlaState::Paused, SlaState::AtRisk);
        assert_eq!(states, [paused, paused, at_risk, at_risk, SlaState::Breached]);
        // Without an end nothing comes due.
        timer.pause(hours(7), None);
        assert_eq!((timer.since, timer.start, timer.due), (at(0), reading(0), reading(8)));
        assert!(!timer.comes_due() && timer.state(reading(99)) == paused);
        // It doesn't end before it began, whatever the clock of the server says.
        timer.unpause(hours(5));
        assert_eq!(timer, SlaTimer::new(at(0), reading(0), Duration::from_millis(8)));
        timer.stop = Some(SlaStop { at: at(7), business_time: reading(7), by: None, cancelled: false });
        let stopped = timer.clone();
        timer.pause(hours(8), None);
        assert_eq!(timer, stopped, "a stopped timer isn't paused");
    }

    #[test]
    fn a_timer_that_breached_before_its_pause_stays_breached() {
        for end in [None, Some(instant(at(20), 20))] {
            let mut timer = SlaTimer::new(at(0), reading(0), Duration::from_millis(8));
            timer.pause(instant(at(9), 9), end);
            assert_eq!((timer.due, timer.comes_due()), (reading(8), true));
            assert!([9, 15, 30].iter().all(|now| timer.state(reading(*now)) == SlaState::Breached));
            timer.retarget(reading(10), Duration::from_millis(99));
            timer.unpause(instant(at(20), 20));
            assert_eq!((timer.start, timer.due), (reading(11), reading(8)));
            assert!(timer.at_risk_from() <= timer.due, "its start has moved on past its due point");
        }
    }

    #[test]
    fn a_pause_has_its_stored_names() {
        let mut timer = timer(0, 10);
        timer.pause(instant(Timestamp::MIN, 3), None);
        let time = r#""0001-01-01T00:00:00.000Z""#;
        let start = format!(r#"{{"start":{{"at":{time},"businessTime":3}}"#);
        assert_eq!(serde_json::to_string(&timer.pause).unwrap(), format!("{start}}}"));
        for end in ["", r#","end":null"#] {
            let json = format!(r#"{{"since":{time},"start":0,"due":10,"pause":{start}{end}}}}}"#);
            assert_eq!(serde_json::from_str::<SlaTimer>(&json).unwrap(), timer);
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    /// Opened at 0, with 4, 8 and 40 hours.
    fn timers() -> SlaTimers {
        let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
        SlaTimers::open(SlaTable::new(same).unwrap(), Priority::Low, at(0), reading(0))
    }

    fn moment(ms: i64) -> Moment<'static> {
        Moment { by: None, at: at(ms), business_time: reading(ms), priority: Priority::Low }
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
        let stop = SlaStop { at: at(5), business_time: reading(5), by: None, cancelled: true };
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
        assert_eq!((timers.due(), timers.at_risk_from()), (hours(4), hours(3)));
        timers.cancel(SlaMetric::FirstResponse, &moment(0));
        assert_eq!((timers.due(), timers.at_risk_from()), (hours(40), hours(30)));
        timers.start_next_response(&moment(0));
        assert_eq!((timers.due(), timers.at_risk_from()), (hours(8), hours(6)));
        // As no change leaves it.
        timers.earlier_responses.push(timers.next_response.take().unwrap());
        assert_eq!((timers.due(), timers.at_risk_from()), (hours(40), hours(30)));
        timers.stop(SlaMetric::Resolution, &moment(0));
        assert_eq!((timers.due(), timers.at_risk_from()), (None, None));
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

    #[test]
    fn a_stop_is_written_with_its_business_time_and_read_by_the_old_name_too() {
        let stop = stopped(&timer(0, 10), 7, false).stop.unwrap();
        let json = r#"{"at":"0001-01-01T00:00:00.000Z","businessTime":7}"#;
        assert_eq!(serde_json::to_string(&stop).unwrap(), json);
        for name in ["businessTime", "reading"] {
            let json = json.replace("businessTime", name);
            assert_eq!(serde_json::from_str::<SlaStop>(&json).unwrap(), stop);
        }
    }
}
