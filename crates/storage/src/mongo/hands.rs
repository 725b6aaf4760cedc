//! The clocks of a ticket, moved by the server.

use bson::{Bson, bson, doc};
use ventanilla_domain::{BusinessTime, ClockStep, Priority, SlaMetric, Timestamp};

use super::{
    clocks::{EARLIER, name, reading},
    expr,
    write::date,
};

/// The hands of a ticket's clocks as a plan moves them, one step after another: for each clock an
/// expression on the document as the plan found it.
pub(super) struct Hands {
    at: Bson,
    now: Bson,
    by: Option<Bson>,
    clocks: [Bson; SlaMetric::ALL.len()],
    earlier: Bson,
}

impl Hands {
    pub(super) fn new(at: Bson, now: BusinessTime, by: Option<Bson>) -> Self {
        let clocks = SlaMetric::ALL.map(|metric| format!("$sla.{}", name(metric)).into());
        let earlier = expr::array(&format!("$sla.{EARLIER}"));
        Self { at, now: reading(now), by, clocks, earlier }
    }

    pub(super) fn step(&mut self, step: ClockStep, metric: SlaMetric, when: Option<Bson>) {
        let now = self.now.clone();
        match step {
            ClockStep::Start { unless } => {
                let runs = |metric: SlaMetric| running(self.clocks[metric as usize].clone());
                let held: Vec<Bson> = (unless | metric).iter().map(runs).collect();
                let starts = both(bson!({ "$not": [{ "$or": held }] }), when);
                let new = bson!({
                    "since": self.at.clone(),
                    "start": now.clone(),
                    "due": { "$add": [now, target(metric)] },
                });
                let old = self.clocks[metric as usize].clone();
                if metric == SlaMetric::NextResponse {
                    let kept = bson!({ "$concatArrays": [self.earlier.clone(), [old.clone()]] });
                    let is_there = bson!({ "$eq": [{ "$type": old.clone() }, "object"] });
                    let keeps = both(starts.clone(), Some(is_there));
                    self.earlier = choose(keeps, kept, self.earlier.clone());
                }
                self.clocks[metric as usize] = choose(starts, new, old);
            }
            ClockStep::Stop | ClockStep::Cancel => {
                let mut stop = doc! { "at": self.at.clone(), "reading": now };
                if let Some(by) = &self.by {
                    stop.insert("by", by.clone());
                }
                if step == ClockStep::Cancel {
                    stop.insert("cancelled", true);
                }
                let stopped = bson!({ "$mergeObjects": ["$$clock", { "stop": stop }] });
                self.turn(metric, both(running("$$clock".into()), when), stopped);
            }
            ClockStep::Resume => {
                let stopped = bson!({ "$eq": [{ "$type": "$$clock.stop" }, "object"] });
                let start = bson!({ "$add": [
                    "$$clock.start",
                    { "$subtract": [now, "$$clock.stop.reading"] },
                ] });
                let shifted = bson!({ "$add": [
                    "$$clock.since",
                    { "$subtract": [self.at.clone(), "$$clock.stop.at"] },
                ] });
                let since = within_years(shifted, "$$clock.since");
                let in_time = bson!({ "$lte": ["$$clock.stop.reading", "$$clock.due"] });
                let due = bson!({ "$add": ["$$start", target(metric)] });
                let resumed = bson!({ "$let": {
                    "vars": { "start": start },
                    "in": {
                        "since": since,
                        "start": "$$start",
                        "due": choose(in_time, due, "$$clock.due".into()),
                    },
                } });
                self.turn(metric, both(stopped, when), resumed);
            }
            ClockStep::Retarget(to) => {
                let in_time = bson!({ "$lte": [now, "$$clock.due"] });
                let due = bson!({ "$add": ["$$clock.start", target_of(metric, to)] });
                let retargeted = bson!({ "$mergeObjects": ["$$clock", { "due": due }] });
                let turns = both(both(running("$$clock".into()), Some(in_time)), when);
                self.turn(metric, turns, retargeted);
            }
        }
    }

    /// The clock as another where a condition holds on it.
    fn turn(&mut self, metric: SlaMetric, condition: Bson, turned: Bson) {
        let clock = &mut self.clocks[metric as usize];
        *clock = bson!({ "$let": {
            "vars": { "clock": clock.clone() },
            "in": choose(condition, turned, "$$clock".into()),
        } });
    }

    /// All clocks afterwards, and what is derived of them; nothing on a ticket without.
    pub(super) fn set(self) -> Bson {
        let [first, next, resolution] = self.clocks;
        let all = ["$$firstResponse", "$$nextResponse", "$$resolution"];
        let run = |clock: &str, value: Bson| choose(running(clock.into()), value, Bson::Null);
        let due = all.map(|clock| run(clock, format!("{clock}.due").into())).to_vec();
        let risk = all.map(|clock| run(clock, at_risk(clock))).to_vec();
        let stops = all.map(|clock| bson!(format!("{clock}.stop.at"))).to_vec();
        let last = bson!({ "$max": { "$concatArrays": [stops, "$$earlier.stop.at"] } });
        let or_none = |value: Bson| bson!({ "$ifNull": [value, "$$REMOVE"] });
        let moved = bson!({ "$let": {
            "vars": {
                "firstResponse": first,
                "nextResponse": next,
                "resolution": resolution,
                "earlier": self.earlier,
            },
            "in": {
                "targets": "$sla.targets",
                "firstResponse": "$$firstResponse",
                "nextResponse": or_none("$$nextResponse".into()),
                "resolution": "$$resolution",
                EARLIER: "$$earlier",
                "due": or_none(bson!({ "$min": due })),
                "risk": or_none(bson!({ "$min": risk })),
                "lastStop": or_none(last),
            },
        } });
        let has_clocks = bson!({ "$eq": [{ "$type": "$sla" }, "object"] });
        choose(has_clocks, moved, or_none("$sla".into()))
    }
}

/// A time, if it lies within the years that there are; else another.
fn within_years(time: Bson, other: &str) -> Bson {
    let lies_within = bson!({ "$and": [
        { "$gte": [time.clone(), date(Timestamp::MIN)] },
        { "$lte": [time.clone(), date(Timestamp::MAX)] },
    ] });
    choose(lies_within, time, other.into())
}

/// The target of a metric for the priority that the ticket has.
fn target(metric: SlaMetric) -> Bson {
    let branches = Priority::ALL.map(|priority| {
        let is_it = bson!({ "$eq": [expr::priority(), priority.as_str()] });
        bson!({ "case": is_it, "then": target_of(metric, priority) })
    });
    bson!({ "$switch": { "branches": branches.to_vec() } })
}

fn target_of(metric: SlaMetric, priority: Priority) -> Bson {
    format!("$sla.targets.{priority}.{}", name(metric)).into()
}

/// Three quarters of a target, as the domain rounds it.
fn at_risk(clock: &str) -> Bson {
    let (start, due) = (format!("{clock}.start"), format!("{clock}.due"));
    let quarter = bson!({ "$floor": { "$divide": [{ "$subtract": [due.clone(), start] }, 4] } });
    bson!({ "$subtract": [due, { "$toLong": quarter }] })
}

pub(super) fn running(clock: Bson) -> Bson {
    bson!({ "$let": { "vars": { "one": clock }, "in": { "$and": [
        { "$eq": [{ "$type": "$$one" }, "object"] },
        { "$lte": ["$$one.stop", null] },
    ] } } })
}

fn both(condition: Bson, other: Option<Bson>) -> Bson {
    match other {
        Some(other) => bson!({ "$and": [condition, other] }),
        None => condition,
    }
}

fn choose(condition: Bson, yes: Bson, no: Bson) -> Bson {
    bson!({ "$cond": [condition, yes, no] })
}
