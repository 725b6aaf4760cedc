//! Reference definition of a ticket's timers, from all changes so far: the periods in which each runs,
//! and the working time within them. Nothing is kept up to date; everything is computed anew.

use super::*;

/// A change, and the ticket's state after it. The first is the opening.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) at: Timestamp,
    pub(super) by: Actor,
    pub(super) said: Said,
    pub(super) wait: WaitChange,
    pub(super) live: bool,
    pub(super) priority: Priority,
}

#[derive(Debug, PartialEq)]
pub(super) enum Said {
    /// The requester wrote, or opened the ticket.
    Question,
    /// An administrator who isn't the requester wrote.
    Answer,
    /// Any other change.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WaitChange {
    /// The ticket waits until this time, or until a change ends the wait.
    Until(Option<Timestamp>),
    /// It no longer waits.
    Ended,
    Unchanged,
}

#[derive(Debug)]
pub(super) struct Story {
    pub(super) sla: Sla,
    pub(super) category: Category,
    pub(super) facts: Vec<Fact>,
}

/// A wait: its beginning, and its end if it is known.
type Pause = (Timestamp, Option<Timestamp>);

/// A period in which the resolution timer runs, without an end for the last one of a timer that runs.
#[derive(Debug, Clone, Copy)]
struct Period {
    begin: Timestamp,
    end: Option<Timestamp>,
}

/// A time at which a target may take effect: the time used of it, and its start without
/// interruptions.
struct Decision {
    start: i64,
    spent: i64,
    target: i64,
}

impl Story {
    pub(super) fn timers(&self) -> SlaTimers {
        let mut waits = self.waits();
        let first_response = waits.remove(0);
        let next_response = waits.pop();
        SlaTimers {
            targets: *self.sla.policy().targets(&self.category),
            first_response,
            next_response,
            resolution: self.resolution(),
            earlier_responses: waits,
        }
    }

    /// A response ends all waiting, and so does a ticket that isn't live; each wait starts with the
    /// first message of the requester after the last such end.
    fn waits(&self) -> Vec<SlaTimer> {
        let ends = |fact: &Fact| fact.said == Said::Answer || !fact.live;
        let ends = (0..self.facts.len()).filter(|fact| ends(&self.facts[*fact]));
        let ends: Vec<usize> = ends.chain([self.facts.len()]).collect();
        let begins = [0].into_iter().chain(ends.iter().copied());
        let stretches = begins.zip(&ends);
        let wait = |(begin, end): (usize, &usize)| {
            let asked = (begin..*end).find(|fact| self.facts[*fact].said == Said::Question)?;
            Some(self.wait(asked, *end))
        };
        stretches.filter_map(wait).collect()
    }

    fn wait(&self, asked: usize, end: usize) -> SlaTimer {
        let metric = if asked == 0 { SlaMetric::FirstResponse } else { SlaMetric::NextResponse };
        let start = self.business_time_at(asked);
        let decisions = (asked..end).filter(|fact| *fact == asked || self.is_repriced(*fact));
        let decisions = decisions.map(|fact| Decision {
            start,
            spent: self.business_time_at(fact) - start,
            target: self.target(fact, metric),
        });
        let stop = self.facts.get(end).map(|fact| self.stop(end, fact.said != Said::Answer));
        SlaTimer {
            since: self.facts[asked].at,
            start: BusinessTime::from_millis(start),
            due: due(decisions),
            pause: None,
            stop,
        }
    }

    /// It runs while the ticket is live and doesn't wait.
    ///
    /// Its start is the beginning of the last period less the time that it ran before. It is due when it
    /// has run for its target, after a pause rather than before it.
    fn resolution(&self) -> SlaTimer {
        let last = self.facts.len() - 1;
        let (periods, pause) = self.run(last);
        let target = self.resolution_target();
        let stopped = self.facts.iter().rposition(|fact| fact.live).map_or(0, |live| live + 1);
        let begin = periods.last().expect("that of the opening").begin;
        let ran = |measure: &dyn Fn(Timestamp) -> i64| spent(&periods, begin, measure);
        let instant = |at| SlaInstant { at, business_time: self.sla.business_time_at(at) };
        let business_time = |at| self.sla.business_time_at(at).as_millis();
        SlaTimer {
            since: Timestamp::from_millis(begin.as_millis() - ran(&Timestamp::as_millis))
                .expect("a time"),
            start: BusinessTime::from_millis(business_time(begin) - ran(&business_time)),
            due: BusinessTime::from_millis(match target {
                Target::Missed(due) => due,
                Target::Length(target) => self.due_after(&periods, target),
            }),
            pause: pause.map(|(start, end)| SlaPause { start: instant(start), end: end.map(instant) }),
            stop: (stopped <= last).then(|| self.stop(stopped, false)),
        }
    }

    /// Returns the periods in which it runs by what was known after a change, and the wait that is on.
    fn run(&self, last: usize) -> (Vec<Period>, Option<Pause>) {
        let mut periods: Vec<Period> = Vec::new();
        let mut pause: Option<Pause> = None;
        let mut was_live = false;
        for fact in &self.facts[..=last] {
            let at = fact.at;
            let ended = pause.and_then(|(_, end)| end).filter(|end| *end <= at);
            if let Some(end) = ended {
                periods.push(Period { begin: end, end: None });
                pause = None;
            }
            if pause.is_some() && (fact.wait == WaitChange::Ended || !fact.live) {
                periods.push(Period { begin: at, end: None });
                pause = None;
            }
            match (was_live, fact.live) {
                (false, true) => periods.push(Period { begin: at, end: None }),
                (true, false) => periods.last_mut().expect("it was live").end = Some(at),
                _ => {}
            }
            if let WaitChange::Until(until) = fact.wait {
                if pause.is_none() {
                    periods.last_mut().expect("it is live").end = Some(at);
                }
                pause = Some((pause.map_or(at, |(begin, _)| begin), until));
            }
            was_live = fact.live;
        }
        let end = pause.and_then(|(_, end)| end);
        periods.extend(end.map(|begin| Period { begin, end: None }));
        (periods, pause)
    }

    /// Returns the last target that took effect before the one before it was used up. One that takes
    /// effect in a pause isn't used up before the end of the pause.
    fn resolution_target(&self) -> Target {
        let mut held = Target::Length(self.target(0, SlaMetric::Resolution));
        for fact in 1..self.facts.len() {
            let Fact { at, live, .. } = self.facts[fact];
            let resumes = live && !self.facts[fact - 1].live;
            if !(resumes || live && self.is_repriced(fact)) {
                continue;
            }
            let business_time = |at| self.sla.business_time_at(at).as_millis();
            let (periods, pause) = self.run(fact);
            let spent = spent(&periods, at, &business_time);
            let Target::Length(before) = held else { break };
            if spent > before {
                break;
            }
            let target = self.target(fact, SlaMetric::Resolution);
            held = match target {
                _ if pause.is_some() && !resumes => Target::Length(target.max(spent)),
                _ if target < spent => Target::Missed(business_time(at) - spent + target),
                _ => Target::Length(target),
            };
        }
        held
    }

    /// Returns the business time at which it has run for this time, in the last period that fits.
    fn due_after(&self, periods: &[Period], target: i64) -> i64 {
        let business_time = |at| self.sla.business_time_at(at).as_millis();
        let mut left = target;
        for (index, period) in periods.iter().enumerate() {
            let end = period.end.filter(|_| index + 1 < periods.len());
            let Some(end) = end else { return business_time(period.begin) + left };
            let length = business_time(end) - business_time(period.begin);
            if length > left {
                return business_time(period.begin) + left;
            }
            left -= length;
        }
        unreachable!("the last period has no end")
    }

    fn stop(&self, fact: usize, cancelled: bool) -> SlaStop {
        let Fact { at, by, .. } = &self.facts[fact];
        let by = match by {
            Actor::Admin(id) => Some(id.clone()),
            Actor::Customer(_) | Actor::Bot | Actor::System => None,
        };
        SlaStop { at: *at, business_time: self.sla.calendar().business_time_at(*at), by, cancelled }
    }

    fn is_repriced(&self, fact: usize) -> bool {
        fact > 0 && self.facts[fact].priority != self.facts[fact - 1].priority
    }

    fn target(&self, fact: usize, metric: SlaMetric) -> i64 {
        let table = self.sla.policy().targets(&self.category);
        table.of(self.facts[fact].priority).of(metric).as_millis() as i64
    }

    fn business_time_at(&self, fact: usize) -> i64 {
        self.sla.calendar().business_time_at(self.facts[fact].at).as_millis()
    }
}

/// Target of the resolution.
enum Target {
    /// A time for which the timer may run.
    Length(i64),
    /// A target that was used up when it took effect, and its due point.
    Missed(i64),
}

/// Returns how long the timer had run at a time, by a measure of time.
fn spent(periods: &[Period], at: Timestamp, measure: &dyn Fn(Timestamp) -> i64) -> i64 {
    let ran = periods.iter().filter(|period| period.begin < at).map(|period| {
        let end = period.end.map_or(at, |end| end.min(at));
        measure(end) - measure(period.begin)
    });
    ran.sum()
}

/// Returns the due point by the last target that took effect before the one before it was used up.
fn due(mut decisions: impl Iterator<Item = Decision>) -> BusinessTime {
    let mut held = decisions.next().expect("that of the beginning");
    for next in decisions {
        if next.spent > held.target {
            break;
        }
        held = next;
    }
    BusinessTime::from_millis(held.start + held.target)
}

/// Returns the state of a timer, by the time left of its target.
pub(super) fn stands(timer: &SlaTimer, now: BusinessTime) -> SlaState {
    // A pause changes nothing for a timer that was due before it.
    let pause = timer.pause.filter(|pause| pause.start.business_time <= timer.due);
    let open = pause.filter(|pause| pause.end.is_none()).map(|pause| pause.start.business_time);
    let paused = pause.is_some_and(|pause| pause.end.is_none_or(|end| end.business_time > now));
    let end = timer.stop.as_ref().map(|stop| stop.business_time).or(open).unwrap_or(now);
    let left = timer.due.as_millis() - end.as_millis();
    // The start of a breached timer may have moved on past its due point.
    let target = (timer.due.as_millis() - timer.start.as_millis()).max(0);
    match &timer.stop {
        _ if left < 0 => SlaState::Breached,
        Some(stop) if stop.cancelled => SlaState::Cancelled,
        Some(_) => SlaState::Met,
        None if paused => SlaState::Paused,
        None if 4 * left <= target => SlaState::AtRisk,
        None => SlaState::Running,
    }
}
