//! Reference definition of a ticket's timers, from all changes so far: the periods of waiting, and
//! the working time within them. Nothing is kept up to date; everything is computed anew.

use super::*;

/// A change, and the ticket's state after it. The first is the opening.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) at: Timestamp,
    pub(super) by: Actor,
    pub(super) said: Said,
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

#[derive(Debug)]
pub(super) struct Story {
    pub(super) sla: Sla,
    pub(super) category: Category,
    pub(super) facts: Vec<Fact>,
}

/// A time at which a target may take effect: the time used of it, and its start without
/// interruptions. begun had nothing interrupted it.
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

    /// It lasts while the ticket is live.
    fn resolution(&self) -> SlaTimer {
        let last = self.facts.len() - 1;
        let stopped = self.facts.iter().rposition(|fact| fact.live).map_or(0, |live| live + 1);
        let decides = |fact: usize| {
            let live = self.facts[fact].live;
            fact == 0 || live && (self.is_repriced(fact) || !self.facts[fact - 1].live)
        };
        let decisions = (0..=last).filter(|fact| decides(*fact)).map(|fact| Decision {
            start: self.business_time_at(fact) - self.spent(fact, |fact| self.business_time_at(fact)),
            spent: self.spent(fact, |fact| self.business_time_at(fact)),
            target: self.target(fact, SlaMetric::Resolution),
        });
        let end = stopped.min(last);
        let since = |fact: usize| self.facts[fact].at.as_millis();
        let began = |time: &dyn Fn(usize) -> i64| time(end) - self.spent(end, time);
        SlaTimer {
            since: Timestamp::from_millis(began(&since)).expect("a time"),
            start: BusinessTime::from_millis(began(&|fact| self.business_time_at(fact))),
            due: due(decisions),
            pause: None,
            stop: (stopped <= last).then(|| self.stop(stopped, false)),
        }
    }

    /// Returns how long it had been live before a change, by a measure of time.
    fn spent(&self, until: usize, time: impl Fn(usize) -> i64) -> i64 {
        (0..until).filter(|fact| self.facts[*fact].live).map(|fact| time(fact + 1) - time(fact)).sum()
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
    let end = timer.stop.as_ref().map_or(now, |stop| stop.business_time);
    let left = timer.due.as_millis() - end.as_millis();
    let target = timer.due.as_millis() - timer.start.as_millis();
    match &timer.stop {
        _ if left < 0 => SlaState::Breached,
        Some(stop) if stop.cancelled => SlaState::Cancelled,
        Some(_) => SlaState::Met,
        None if 4 * left <= target => SlaState::AtRisk,
        None => SlaState::Running,
    }
}
