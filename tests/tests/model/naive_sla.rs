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
    /// Business time at which it is due, without the pause that is on.
    aim: i64,
    /// Administrator who ended it, if one did, and whether it ended without a response.
    pub(crate) end: Option<(Option<UserId>, bool)>,
    /// The pause that no change has ended, during which no period of waiting is open.
    pause: Option<Pause>,
}

/// Time during which the ticket waits for somebody else.
#[derive(Debug, Clone, Copy)]
struct Pause {
    from: Timestamp,
    /// Time at which it ends by itself.
    until: Option<Timestamp>,
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
            wait.stop(&self.setup.calendar, by, at, false);
        }
    }

    /// Records that the ticket was resolved or closed.
    pub(crate) fn settled(&mut self, by: &Actor, at: Timestamp) {
        for wait in self.answers.iter_mut().chain([&mut self.first]) {
            wait.stop(&self.setup.calendar, by, at, true);
        }
        self.resolution.stop(&self.setup.calendar, by, at, false);
    }

    /// Records that the ticket waits, or that its wait has another end.
    pub(crate) fn paused(&mut self, at: Timestamp, until: Option<Timestamp>) {
        self.resolution.pause(at, until);
    }

    /// Records that the ticket no longer waits.
    pub(crate) fn unpaused(&mut self, at: Timestamp) {
        self.resolution.unpause(&self.setup.calendar, at);
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
        let calendar = &self.setup.calendar;
        let running = || waits.iter().map(|(_, wait)| *wait).filter(|wait| wait.end.is_none());
        let presses = |wait: &Wait| wait.is_nearly_over(calendar, now);
        Some((running().filter_map(|wait| wait.due(calendar)).min()?, running().any(presses)))
    }

    /// Returns the times at which timers stopped and were due.
    pub(crate) fn past_turns(&self, now: Timestamp) -> Vec<Timestamp> {
        let stopped = self.waits().into_iter().filter(|(_, wait)| wait.end.is_some());
        stopped.flat_map(|(_, wait)| [Some(wait.until(now)), self.shown_due(wait)]).flatten().collect()
    }

    /// Returns the times at which timers that run are at risk and due.
    pub(crate) fn coming_turns(&self) -> Vec<Timestamp> {
        let calendar = &self.setup.calendar;
        let running = self.waits().into_iter().filter(|(_, wait)| wait.end.is_none());
        let turns = |(_, wait): (_, &Wait)| {
            let quarter = wait.target(calendar) / 4;
            let due = wait.due(calendar)?;
            Some([due - quarter, due - quarter / 2, due].map(|due| calendar.instant(due)))
        };
        running.filter_map(turns).flatten().collect()
    }

    /// Returns the time at which a timer is due, if it comes.
    pub(crate) fn shown_due(&self, wait: &Wait) -> Option<Timestamp> {
        let calendar = &self.setup.calendar;
        wait.due(calendar).map(|due| calendar.instant(due))
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
        Self { spans: vec![(at, None)], aim: calendar.until(at) + target, end: None, pause: None }
    }

    /// Returns the time until which it was last waited for.
    pub(crate) fn until(&self, now: Timestamp) -> Timestamp {
        self.spans.last().and_then(|(_, to)| *to).unwrap_or(now)
    }

    /// Returns the business time at which it is due: never while it is paused without an end.
    pub(crate) fn due(&self, calendar: &NaiveCalendar) -> Option<i64> {
        match self.pause_in_time(calendar) {
            Some(Pause { from, until }) => {
                Some(self.aim + calendar.until(until?) - calendar.until(from))
            }
            None => Some(self.aim),
        }
    }

    /// Returns the business time left until it is due; negative if it was late.
    pub(crate) fn left(&self, calendar: &NaiveCalendar, now: Timestamp) -> i64 {
        match self.pause_in_time(calendar) {
            Some(pause) if pause.is_on(now) => self.aim - calendar.until(pause.from),
            Some(_) => self.due(calendar).expect("it has an end") - calendar.until(now),
            None if self.end.is_some() => self.aim - calendar.until(self.until(now)),
            None => self.aim - calendar.until(now),
        }
    }

    /// Returns the elapsed business time and calendar time.
    pub(crate) fn spent(&self, calendar: &NaiveCalendar, now: Timestamp) -> (i64, i64) {
        let over = self.pause.filter(|pause| !pause.is_on(now)).and_then(|pause| pause.until);
        let spans = self.spans.iter().copied().chain(over.map(|until| (until, None)));
        let spans = spans.map(|(from, to)| (from, to.unwrap_or(now)));
        let working = spans.clone().map(|(from, to)| calendar.until(to) - calendar.until(from));
        (working.sum(), spans.map(|(from, to)| to.as_millis() - from.as_millis()).sum())
    }

    /// Returns the whole business time that it may take; nothing if it was late before that.
    fn target(&self, calendar: &NaiveCalendar) -> i64 {
        let begun = match self.pause {
            Some(pause) => pause.until.unwrap_or(pause.from),
            None => self.spans.last().expect("that of its beginning").0,
        };
        let start = calendar.until(begun) - self.spent(calendar, begun).0;
        self.due(calendar).map_or(0, |due| (due - start).max(0))
    }

    /// Sets another target. In a pause it isn't due before the end of the pause.
    fn aim(&mut self, calendar: &NaiveCalendar, at: Timestamp, target: i64) {
        self.aim = match self.pause {
            Some(pause) => {
                let from = calendar.until(pause.from);
                (from + target - self.spent(calendar, pause.from).0).max(from)
            }
            None => calendar.until(at) + target - self.spent(calendar, at).0,
        };
    }

    fn stop(&mut self, calendar: &NaiveCalendar, by: &Actor, at: Timestamp, in_vain: bool) {
        if self.end.is_none() {
            self.unpause(calendar, at);
            let admin = matches!(by, Actor::Admin(_)).then(|| by.user().cloned().unwrap());
            self.end = Some((admin, in_vain));
            self.spans.last_mut().unwrap().1 = Some(at);
        }
    }

    fn pause(&mut self, at: Timestamp, until: Option<Timestamp>) {
        let from = self.pause.map_or(at, |pause| pause.from);
        if self.pause.replace(Pause { from, until }).is_none() {
            self.spans.last_mut().unwrap().1 = Some(at);
        }
    }

    /// Ends the pause: not before its beginning, and not after its end.
    fn unpause(&mut self, calendar: &NaiveCalendar, at: Timestamp) {
        let Some(Pause { from, until }) = self.pause else { return };
        let at = at.max(from);
        let resumed = until.map_or(at, |until| until.min(at));
        self.pause = Some(Pause { from, until: Some(resumed) });
        self.aim = self.due(calendar).expect("it has an end");
        self.pause = None;
        self.spans.push((resumed, None));
    }

    /// Returns the pause, unless it was late before.
    fn pause_in_time(&self, calendar: &NaiveCalendar) -> Option<Pause> {
        self.pause.filter(|pause| calendar.until(pause.from) <= self.aim)
    }

    /// Returns true while business time passes before the end of the pause, if it has an end.
    fn is_paused(&self, calendar: &NaiveCalendar, now: Timestamp) -> bool {
        let lasts = |until| calendar.until(now) < calendar.until(until);
        self.pause_in_time(calendar).is_some_and(|pause| pause.until.is_none_or(lasts))
    }

    fn is_nearly_over(&self, calendar: &NaiveCalendar, now: Timestamp) -> bool {
        let last_quarter = 4 * self.left(calendar, now) <= self.target(calendar);
        last_quarter && !self.is_paused(calendar, now)
    }

    fn timer(&self, metric: SlaMetric, calendar: &NaiveCalendar, now: Timestamp) -> Timer {
        let left = self.left(calendar, now);
        let state = match &self.end {
            _ if left < 0 => SlaState::Breached,
            Some((_, true)) => SlaState::Cancelled,
            Some((_, false)) => SlaState::Met,
            None if self.is_paused(calendar, now) => SlaState::Paused,
            None if self.is_nearly_over(calendar, now) => SlaState::AtRisk,
            None => SlaState::Running,
        };
        let stop = self.end.clone().map(|(by, in_vain)| Stop { at: self.until(now), by, in_vain });
        Timer { metric, state, left, spent: self.spent(calendar, now), stop }
    }
}

impl Pause {
    fn is_on(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
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
