//! One timer of a ticket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{BusinessTime, Timestamp, UserId};

crate::vocabulary::vocabulary! {
    /// What is measured against a target.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, SlaMetric};
    ///
    /// assert_eq!(SlaMetric::NextResponse.label(Locale::Es), "Siguiente respuesta");
    /// ```
    SlaMetric, UnknownSlaMetric, "unknown_sla_metric", "No existe la medida", "There is no metric";
    /// From the opening to the first public message of an administrator who isn't the requester.
    FirstResponse = "FIRST_RESPONSE", "Primera respuesta", "First response";
    /// From the requester's oldest unanswered message to the next such answer.
    NextResponse = "NEXT_RESPONSE", "Siguiente respuesta", "Next response";
    /// From the opening until it is resolved, without the time in which it was resolved before.
    Resolution = "RESOLUTION", "Resolución", "Resolution";
}

/// A timer that runs, or has stopped.
///
/// It keeps two times: the calendar's, and the working time that the desk's
/// [`BusinessCalendar`](crate::BusinessCalendar) reads. It is due in working time, so a holiday that is
/// announced moves the due time of every timer.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::{BusinessTime, SlaTimer, SlaState, Timestamp};
///
/// let hour = Duration::from_secs(3600);
/// let start = BusinessTime::from_millis(0);
/// let timer = SlaTimer { since: Timestamp::MIN, start, due: start.plus(4 * hour), stop: None };
/// assert_eq!(timer.state(start.plus(hour)), SlaState::Running);
/// assert_eq!(timer.state(start.plus(3 * hour)), SlaState::AtRisk);
/// assert_eq!(timer.state(start.plus(5 * hour)), SlaState::Breached);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTimer {
    /// When it began, moved on by the time in which it stood still.
    pub since: Timestamp,
    /// The working time at which it began, moved on likewise.
    pub start: BusinessTime,
    /// The working time up to which its target is met. Once that has passed, it never moves again.
    pub due: BusinessTime,
    /// How it stopped; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<SlaStop>,
}

/// How a timer stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaStop {
    /// When.
    pub at: Timestamp,
    /// The working time then.
    pub reading: BusinessTime,
    /// The administrator who stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Whether what it waited for never came: an answer, on a ticket that was resolved without one.
    #[serde(
        default,
        deserialize_with = "crate::util::null_is_absent",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub cancelled: bool,
}

crate::vocabulary::vocabulary! {
    /// How a timer stands, from the best to the worst.
    ///
    /// ```
    /// use ventanilla_domain::{Locale, SlaState};
    ///
    /// assert_eq!(SlaState::AtRisk.label(Locale::Es), "En riesgo");
    /// ```
    #[non_exhaustive]
    SlaState, UnknownSlaState, "unknown_sla_state", "No existe el estado del plazo", "There is no state of a target";
    /// What it waited for was no longer needed, in time.
    Cancelled = "CANCELLED", "Cancelado", "Cancelled";
    /// It stopped in time.
    Met = "MET", "Cumplido", "Met";
    /// It runs.
    Running = "RUNNING", "En plazo", "On time";
    /// It runs, and three quarters of its target have passed.
    AtRisk = "AT_RISK", "En riesgo", "At risk";
    /// It was due, and had not stopped. That stays so, whatever comes.
    Breached = "BREACHED", "Vencido", "Breached";
}

impl SlaTimer {
    /// How it stands when the calendar reads `now`.
    #[must_use]
    pub fn state(&self, now: BusinessTime) -> SlaState {
        match &self.stop {
            _ if self.is_breached(now) => SlaState::Breached,
            Some(stop) if stop.cancelled => SlaState::Cancelled,
            Some(_) => SlaState::Met,
            None if now >= self.risk() => SlaState::AtRisk,
            None => SlaState::Running,
        }
    }

    /// Whether it runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.stop.is_none()
    }

    /// Whether it was due before it stopped, or by now.
    #[must_use]
    pub fn is_breached(&self, now: BusinessTime) -> bool {
        self.due < self.stop.as_ref().map_or(now, |stop| stop.reading)
    }

    /// The reading from which it is at risk: three quarters of its target.
    #[must_use]
    pub const fn risk(&self) -> BusinessTime {
        let target = self.due.as_millis().saturating_sub(self.start.as_millis());
        BusinessTime::from_millis(self.due.as_millis().saturating_sub(target.div_euclid(4)))
    }

    /// The working time and the calendar's time that it measured; `None` while it runs and where what
    /// it waited for never came.
    #[must_use]
    pub fn measured(&self) -> Option<Elapsed> {
        let stop = self.stop.as_ref().filter(|stop| !stop.cancelled)?;
        let calendar = stop.at.as_millis().saturating_sub(self.since.as_millis());
        Some(Elapsed {
            business: stop.reading.since(self.start),
            calendar: Duration::from_millis(u64::try_from(calendar).unwrap_or(0)),
        })
    }

    pub(super) fn new(since: Timestamp, start: BusinessTime, target: Duration) -> Self {
        Self { since, start, due: start.plus(target), stop: None }
    }

    /// Goes on: what it stood still doesn't count. A breach stays where it was.
    pub(super) fn resume(&mut self, at: Timestamp, reading: BusinessTime, target: Duration) {
        let Some(stop) = self.stop.take() else { return };
        let stood = at.as_millis().saturating_sub(stop.at.as_millis());
        let since = self.since.as_millis().saturating_add(stood);
        self.since = Timestamp::from_millis(since).unwrap_or(self.since);
        let stood = reading.as_millis().saturating_sub(stop.reading.as_millis());
        self.start = BusinessTime::from_millis(self.start.as_millis().saturating_add(stood));
        if stop.reading <= self.due {
            self.due = self.start.plus(target);
        }
    }

    /// Takes another target, counted from its start. A breach stays where it was.
    pub(super) fn retarget(&mut self, reading: BusinessTime, target: Duration) {
        if self.is_running() && reading <= self.due {
            self.due = self.start.plus(target);
        }
    }
}

/// What a timer measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    /// In working time.
    pub business: Duration,
    /// As the calendar runs.
    pub calendar: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(ms: i64) -> BusinessTime {
        BusinessTime::from_millis(ms)
    }

    fn timer(start: i64, target: u64) -> SlaTimer {
        SlaTimer::new(Timestamp::MIN, reading(start), Duration::from_millis(target))
    }

    fn stopped(timer: &SlaTimer, at: i64, cancelled: bool) -> SlaTimer {
        let stop = SlaStop { at: Timestamp::MIN, reading: reading(at), by: None, cancelled };
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
    fn a_timer_that_stands_stays_in_its_state() {
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
    fn a_breach_keeps_its_due_time_whatever_comes() {
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
    fn nothing_overflows() {
        for (start, now) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX)] {
            let mut timer = timer(start, u64::MAX);
            let _ = (timer.state(reading(now)), timer.risk());
            timer.retarget(reading(now), Duration::MAX);
            timer = stopped(&timer, now, false);
            let _ = (timer.state(reading(now)), timer.measured());
            timer.resume(Timestamp::MAX, reading(start), Duration::MAX);
            assert!(timer.is_running());
        }
    }
}
