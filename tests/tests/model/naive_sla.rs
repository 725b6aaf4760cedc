//! SLA timers of the reference: the periods in which somebody waited, and the times at which they
//! were due.

use ventanilla_service::{
    Category, Priority, Timestamp, UserId,
    sla::{SlaMetric, SlaState},
    ticket::Actor,
};

use super::{
    answer::{Stop, Timer},
    naive_calendar::{MINUTE, NaiveCalendar},
    sla_setups::{SlaSetup, Targets, targets},
};

#[derive(Debug, Clone)]
pub(crate) struct NaiveSla {
    setup: &'static SlaSetup,
    targets: &'static Targets,
    first: Wait,
    /// Next responses: one for each time that the requester had to wait after the first response.
    answers: Vec<Wait>,
    resolution: Wait,
}

/// Waiting time for one metric, with pauses.
#[derive(Debug, Clone)]
pub(crate) struct Wait {
    /// Periods of waiting; the last has no end while it lasts.
    pub(crate) spans: Vec<(Timestamp, Option<Timestamp>)>,
    /// Business time at which it is due.
    pub(crate) due: i64,
    /// Administrator who ended it, if one did, and whether it ended without a response.
    pub(crate) end: Option<(Option<UserId>, bool)>,
}

impl NaiveSla {
    pub(crate) fn open(setup: &'static SlaSetup, category: &Category, at: Timestamp) -> Self {
        let targets = targets(category);
        let wait = |metric| Wait::new(&setup.calendar, at, target(targets, Priority::Medium, metric));
        let [first, resolution] = [SlaMetric::FirstResponse, SlaMetric::Resolution].map(wait);
        Self { setup, targets, first, answers: Vec::new(), resolution }
    }

    /// Records a message of the requester.
    pub(crate) fn asked(&mut self, at: Timestamp, priority: Priority) {
        if self.waits_for_answer() {
            return;
        }
        let target = target(self.targets, priority, SlaMetric::NextResponse);
        self.answers.push(Wait::new(&self.setup.calendar, at, target));
    }

    /// Records an administrator's message to the requester.
    pub(crate) fn answered(&mut self, by: &Actor, at: Timestamp) {
        for wait in self.answers.iter_mut().chain([&mut self.first]) {
            wait.stop(by, at, false);
        }
    }

    /// Records that the ticket was resolved or closed.
    pub(crate) fn settled(&mut self, by: &Actor, at: Timestamp) {
        for wait in self.answers.iter_mut().chain([&mut self.first]) {
            wait.stop(by, at, true);
        }
        self.resolution.stop(by, at, false);
    }

    /// Records that the ticket is open or in progress, perhaps again.
    pub(crate) fn live(&mut self, at: Timestamp, priority: Priority) {
        let calendar = &self.setup.calendar;
        let wait = &mut self.resolution;
        if wait.end.is_some() {
            let was_late = wait.left(calendar, at) < 0;
            wait.end = None;
            wait.spans.push((at, None));
            if !was_late {
                wait.aim(calendar, at, target(self.targets, priority, SlaMetric::Resolution));
            }
        }
    }

    pub(crate) fn has_priority(&mut self, to: Priority, at: Timestamp) {
        let calendar = &self.setup.calendar;
        let all = [(SlaMetric::FirstResponse, &mut self.first)]
            .into_iter()
            .chain(self.answers.iter_mut().map(|wait| (SlaMetric::NextResponse, wait)))
            .chain([(SlaMetric::Resolution, &mut self.resolution)]);
        for (metric, wait) in all {
            if wait.end.is_none() && wait.left(calendar, at) >= 0 {
                wait.aim(calendar, at, target(self.targets, to, metric));
            }
        }
    }

    /// Returns the timers as the desk shows them: the latest of each metric, then the earlier ones.
    pub(crate) fn timers(&self, now: Timestamp) -> Vec<Timer> {
        let timer = |(metric, wait): (SlaMetric, &Wait)| wait.timer(metric, &self.setup.calendar, now);
        self.waits().into_iter().map(timer).collect()
    }

    /// Number of timers that the desk shows on a ticket's page.
    pub(crate) fn latest(&self) -> usize {
        if self.answers.is_empty() { 2 } else { 3 }
    }

    pub(crate) fn waits(&self) -> Vec<(SlaMetric, &Wait)> {
        let (latest, earlier) = match self.answers.split_last() {
            Some((latest, earlier)) => (Some(latest), earlier),
            None => (None, &[][..]),
        };
        let answer = |wait| (SlaMetric::NextResponse, wait);
        let mut waits = vec![(SlaMetric::FirstResponse, &self.first)];
        waits.extend(latest.map(answer));
        waits.push((SlaMetric::Resolution, &self.resolution));
        waits.extend(earlier.iter().map(answer));
        waits
    }

    /// Returns the earliest due time of all running timers, and whether one of them has less than a
    /// quarter left.
    pub(crate) fn pressing(&self, now: Timestamp) -> Option<(i64, bool)> {
        let waits = self.waits();
        let running = || waits.iter().map(|(_, wait)| *wait).filter(|wait| wait.end.is_none());
        let calendar = &self.setup.calendar;
        let presses = |wait: &Wait| wait.is_nearly_over(calendar, now);
        Some((running().map(|wait| wait.due).min()?, running().any(presses)))
    }

    /// Returns the times at which timers stopped, or are at risk and due.
    pub(crate) fn turns(&self, now: Timestamp) -> Vec<Timestamp> {
        let calendar = &self.setup.calendar;
        let turns = |(_, wait): (_, &Wait)| match wait.end {
            Some(_) => vec![wait.until(now), calendar.instant(wait.due)],
            None => {
                let quarter = (wait.left(calendar, now) + wait.spent(calendar, now).0) / 4;
                [wait.due - quarter, wait.due].map(|due| calendar.instant(due)).into()
            }
        };
        self.waits().into_iter().flat_map(turns).collect()
    }

    pub(crate) const fn calendar(&self) -> &'static NaiveCalendar {
        &self.setup.calendar
    }

    fn waits_for_answer(&self) -> bool {
        self.answers.iter().chain([&self.first]).any(|wait| wait.end.is_none())
    }
}

impl Wait {
    fn new(calendar: &NaiveCalendar, at: Timestamp, target: i64) -> Self {
        Self { spans: vec![(at, None)], due: calendar.until(at) + target, end: None }
    }

    /// Returns the time until which it was last waited for.
    pub(crate) fn until(&self, now: Timestamp) -> Timestamp {
        self.spans.last().and_then(|(_, to)| *to).unwrap_or(now)
    }

    /// Returns the business time left until it is due; negative if it was late.
    pub(crate) fn left(&self, calendar: &NaiveCalendar, now: Timestamp) -> i64 {
        self.due - calendar.until(self.until(now))
    }

    /// Returns the elapsed business time and calendar time.
    pub(crate) fn spent(&self, calendar: &NaiveCalendar, now: Timestamp) -> (i64, i64) {
        let spans = self.spans.iter().map(|(from, to)| (*from, to.unwrap_or(now)));
        let working = spans.clone().map(|(from, to)| calendar.until(to) - calendar.until(from));
        (working.sum(), spans.map(|(from, to)| to.as_millis() - from.as_millis()).sum())
    }

    fn aim(&mut self, calendar: &NaiveCalendar, at: Timestamp, target: i64) {
        self.due = calendar.until(at) + target - self.spent(calendar, at).0;
    }

    fn stop(&mut self, by: &Actor, at: Timestamp, in_vain: bool) {
        if self.end.is_none() {
            let admin = matches!(by, Actor::Admin(_)).then(|| by.user().cloned().unwrap());
            self.end = Some((admin, in_vain));
            self.spans.last_mut().unwrap().1 = Some(at);
        }
    }

    fn is_nearly_over(&self, calendar: &NaiveCalendar, now: Timestamp) -> bool {
        3 * self.left(calendar, now) <= self.spent(calendar, now).0
    }

    fn timer(&self, metric: SlaMetric, calendar: &NaiveCalendar, now: Timestamp) -> Timer {
        let left = self.left(calendar, now);
        let state = match &self.end {
            _ if left < 0 => SlaState::Breached,
            Some((_, true)) => SlaState::Cancelled,
            Some((_, false)) => SlaState::Met,
            None if self.is_nearly_over(calendar, now) => SlaState::AtRisk,
            None => SlaState::Running,
        };
        let stop = self.end.clone().map(|(by, in_vain)| Stop { at: self.until(now), by, in_vain });
        Timer { metric, state, left, spent: self.spent(calendar, now), stop }
    }
}

fn target(targets: &Targets, priority: Priority, metric: SlaMetric) -> i64 {
    let row = match priority {
        Priority::Low => 0,
        Priority::Medium => 1,
        Priority::High => 2,
        Priority::Urgent => 3,
    };
    let column = match metric {
        SlaMetric::FirstResponse => 0,
        SlaMetric::NextResponse => 1,
        SlaMetric::Resolution => 2,
    };
    targets[row][column] * MINUTE
}
