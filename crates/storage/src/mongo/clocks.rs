//! The clocks of a ticket: read, written, and moved by the server.

use std::time::Duration;

use bson::{Bson, Document, bson, doc};
use ventanilla_domain::{
    BusinessTime, ClockStep, Priority, SlaClock, SlaClocks, SlaMetric, SlaStop, SlaTable, SlaTargets,
};

use super::{
    expr,
    ids::UserIdForm,
    read::{Malformed, list, malformed, nested, optional, read_bool, read_date, read_whole, required},
    write::date,
};
use crate::StoreError;

const EARLIER: &str = "earlierResponses";

/// Clocks as they are written.
impl UserIdForm {
    pub(super) fn clocks(self, clocks: &SlaClocks) -> Result<Bson, StoreError> {
        let mut document = doc! { "targets": targets(&clocks.targets) };
        for metric in SlaMetric::ALL {
            if let Some(clock) = clocks.of(metric) {
                document.insert(name(metric), self.clock(clock)?);
            }
        }
        let earlier: Result<Vec<Bson>, StoreError> =
            clocks.earlier_responses.iter().map(|clock| self.clock(clock)).collect();
        document.insert(EARLIER, earlier?);
        let mut derived = |name: &str, value: Option<Bson>| {
            if let Some(value) = value {
                document.insert(name, value);
            }
        };
        derived("due", clocks.due().map(reading));
        derived("risk", clocks.risk().map(reading));
        derived("lastStop", clocks.last_stop().map(date));
        Ok(document.into())
    }

    fn clock(self, clock: &SlaClock) -> Result<Bson, StoreError> {
        let mut document = doc! {
            "since": date(clock.since),
            "start": reading(clock.start),
            "due": reading(clock.due),
        };
        if let Some(stop) = &clock.stop {
            let mut stopped = doc! { "at": date(stop.at), "reading": reading(stop.reading) };
            if let Some(by) = &stop.by {
                stopped.insert("by", self.write(by)?);
            }
            if stop.cancelled {
                stopped.insert("cancelled", true);
            }
            document.insert("stop", stopped);
        }
        Ok(document.into())
    }
}

/// Clocks as they are read.
impl UserIdForm {
    pub(super) fn read_clocks(self, value: &Bson) -> Result<Box<SlaClocks>, Malformed> {
        let clocks = nested(value, "sla")?;
        let clock = |value: &Bson| self.read_clock(value).map_err(|problem| problem.to_string());
        Ok(Box::new(SlaClocks {
            targets: required(clocks, "targets", |value| {
                read_targets(value).map_err(|problem| problem.to_string())
            })?,
            first_response: required(clocks, name(SlaMetric::FirstResponse), clock)?,
            next_response: optional(clocks, name(SlaMetric::NextResponse), clock)?,
            resolution: required(clocks, name(SlaMetric::Resolution), clock)?,
            earlier_responses: list(clocks, EARLIER, |value| self.read_clock(value))?,
        }))
    }

    fn read_clock(self, value: &Bson) -> Result<SlaClock, Malformed> {
        let clock = nested(value, "sla")?;
        let stop = |value: &Bson| self.read_stop(value).map_err(|problem| problem.to_string());
        Ok(SlaClock {
            since: required(clock, "since", read_date)?,
            start: required(clock, "start", read_reading)?,
            due: required(clock, "due", read_reading)?,
            stop: optional(clock, "stop", stop)?,
        })
    }

    fn read_stop(self, value: &Bson) -> Result<SlaStop, Malformed> {
        let stop = nested(value, "stop")?;
        Ok(SlaStop {
            at: required(stop, "at", read_date)?,
            reading: required(stop, "reading", read_reading)?,
            by: optional(stop, "by", |id| self.read(id))?,
            cancelled: optional(stop, "cancelled", read_bool)?.unwrap_or_default(),
        })
    }
}

fn targets(table: &SlaTable) -> Document {
    let of = |targets: SlaTargets, metric| (name(metric).to_owned(), millis(targets.of(metric)));
    let row = |priority| SlaMetric::ALL.map(|metric| of(table.of(priority), metric));
    let rows = Priority::ALL.map(|priority| (priority.as_str().to_owned(), row(priority)));
    rows.into_iter().map(|(priority, row)| (priority, Document::from_iter(row).into())).collect()
}

fn read_targets(value: &Bson) -> Result<SlaTable, Malformed> {
    let table = nested(value, "targets")?;
    let rows = Priority::ALL.map(|priority| {
        let row = nested(table.get(priority.as_str()).unwrap_or(&Bson::Null), "targets")?;
        let target = |metric| required(row, name(metric), read_target);
        let [first, next, resolution] = SlaMetric::ALL.map(target);
        let targets = SlaTargets::new(first?, next?, resolution?);
        targets
            .map(|targets| (priority, targets))
            .map_err(|problem| problem.to_string())
            .map_err(|problem| malformed("targets", problem))
    });
    let rows: Vec<_> = rows.into_iter().collect::<Result<_, Malformed>>()?;
    SlaTable::new(rows).map_err(|problem| malformed("targets", problem.to_string()))
}

fn read_target(value: &Bson) -> Result<Duration, String> {
    u64::try_from(read_whole(value)?).map(Duration::from_millis).map_err(|error| error.to_string())
}

fn read_reading(value: &Bson) -> Result<BusinessTime, String> {
    read_whole(value).map(BusinessTime::from_millis)
}

pub(super) fn reading(time: BusinessTime) -> Bson {
    Bson::Int64(time.as_millis())
}

fn millis(length: Duration) -> Bson {
    Bson::Int64(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

pub(super) const fn name(metric: SlaMetric) -> &'static str {
    match metric {
        SlaMetric::FirstResponse => "firstResponse",
        SlaMetric::NextResponse => "nextResponse",
        SlaMetric::Resolution => "resolution",
    }
}

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
                let since = bson!({ "$add": [
                    "$$clock.since",
                    { "$subtract": [self.at.clone(), "$$clock.stop.at"] },
                ] });
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

/// What must be true of the clocks of a document for them to be readable, if it has any.
pub(super) fn readable(ids: UserIdForm) -> Document {
    let metric = |metric| format!("sla.{}", name(metric));
    let (next, earlier) = (metric(SlaMetric::NextResponse), format!("sla.{EARLIER}"));
    let mut conditions = vec![
        doc! { "sla": is("object") },
        readable_clock(&metric(SlaMetric::FirstResponse), ids),
        readable_clock(&metric(SlaMetric::Resolution), ids),
        or_none(&next, readable_clock(&next, ids)),
        or_none(&earlier, doc! { &earlier: { "$type": "array" } }),
        doc! { &earlier: { "$not": { "$elemMatch": { "$not": { "$type": "object" } } } } },
        doc! { &earlier: { "$not": { "$elemMatch": { "$nor": [readable_clock("", ids)] } } } },
    ];
    let longest = millis(SlaTargets::LONGEST);
    for priority in Priority::ALL {
        let row = format!("sla.targets.{priority}");
        conditions.push(doc! { &row: is("object") });
        conditions.extend(SlaMetric::ALL.map(|metric| {
            let mut target = whole_number();
            target.extend(doc! { "$gt": 0, "$lte": longest.clone() });
            doc! { format!("{row}.{}", name(metric)): target }
        }));
    }
    conditions.push(doc! { "sla.targets": is("object") });
    or_none("sla", doc! { "$and": conditions })
}

/// A readable clock at a path, or, without one, as an element of an array.
fn readable_clock(path: &str, ids: UserIdForm) -> Document {
    let at = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    let stop = doc! {
        at("stop"): is("object"),
        at("stop.at"): expr::itself(expr::any_time()),
        at("stop.reading"): whole_number(),
        "$and": [
            or_none(&at("stop.by"), doc! { at("stop.by"): is(ids.type_name()) }),
            or_none(&at("stop.cancelled"), doc! { at("stop.cancelled"): is("bool") }),
        ],
    };
    let mut clock = doc! {
        at("since"): expr::itself(expr::any_time()),
        at("start"): whole_number(),
        at("due"): whole_number(),
        "$and": [or_none(&at("stop"), stop)],
    };
    if !path.is_empty() {
        clock.insert(path, is("object"));
    }
    clock
}

fn is(kind: &str) -> Document {
    expr::itself(doc! { "$type": kind })
}

fn whole_number() -> Document {
    expr::itself(doc! { "$type": ["int", "long"] })
}

fn or_none(field: &str, condition: Document) -> Document {
    doc! { "$or": [{ field: null }, condition] }
}
