//! A report, of which the server does the sums.

use bson::{Bson, Document, bson, doc};
use futures::TryStreamExt;
use ventanilla_domain::{SlaMetric, Status, UserId};

use super::{
    Inner,
    clocks::{EARLIER, name, reading},
    expr, fault,
    hands::running,
    ids::UserIdForm,
    read::{Malformed, malformed, optional, read_count, required},
    write::date,
};
use crate::{Histogram, Mark, Report, ReportQuery, StoreError, Tally};

impl Inner {
    pub(super) async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        // All in one part, and no more than a row for each administrator, metric and bucket.
        let sums = self.tickets.aggregate(stages(query, self.ids)).batch_size(1_000_000);
        let rows = sums.await.map_err(fault::read)?;
        let rows: Vec<Document> = rows.try_collect().await.map_err(fault::read)?;
        let mut tally = Tally::default();
        for row in &rows {
            let (metric, by, mark, count) = self
                .read_mark(row)
                .map_err(|problem| StoreError::Failed { source: Box::new(problem) })?;
            tally.add(metric, by.as_ref(), mark, count.into());
        }
        Ok(tally.report())
    }

    fn read_mark(&self, row: &Document) -> Result<(SlaMetric, Option<UserId>, Mark, u32), Malformed> {
        let id = required(row, "_id", |id| id.as_document().ok_or_else(|| id.to_string()))?;
        let text = |field: &str| id.get_str(field).unwrap_or_default().to_owned();
        let metric = SlaMetric::ALL.into_iter().find(|metric| name(*metric) == text("metric"));
        let metric = metric.ok_or_else(|| malformed("metric", text("metric")))?;
        let bucket = || required(id, "bucket", read_count);
        let mark = match text("mark").as_str() {
            "met" => Mark::Met,
            "breached" => Mark::Breached,
            "business" => Mark::Business(bucket()?),
            "calendar" => Mark::Calendar(bucket()?),
            other => return Err(malformed("mark", other.into())),
        };
        let by = optional(id, "by", |by| self.ids.read(by))?;
        Ok((metric, by, mark, required(row, "count", read_count)?))
    }
}

/// For each clock of each ticket the marks that it adds, and how often each came: the counterpart of
/// [`Tally::add_ticket`].
fn stages(query: &ReportQuery, ids: UserIdForm) -> Vec<Document> {
    let period = query.period();
    let of = |metric: SlaMetric, clock: Bson| {
        let clock = bson!({ "$cond": [{ "$eq": [{ "$type": clock.clone() }, "object"] }, [clock], []] });
        clocks_of(metric, clock)
    };
    let latest = SlaMetric::ALL.map(|metric| of(metric, format!("$sla.{}", name(metric)).into()));
    let earlier = clocks_of(SlaMetric::NextResponse, expr::array(&format!("$sla.{EARLIER}")));
    let all: Vec<Bson> = latest.into_iter().chain([earlier]).collect();
    vec![
        // What stopped before the period began and isn't overdue has nothing to add.
        doc! { "$match": { "$or": [
            { "sla.lastStop": { "$gte": date(period.from()) } },
            { "sla.due": { "$lt": reading(query.due_before()) } },
        ] } },
        // No report stops here, but the planner does, which would go by another condition else.
        doc! { "$limit": i64::MAX },
        // The sums of what can't be read would fail, and with them the report.
        doc! { "$match": { "$and": expr::readable(ids) } },
        doc! { "$project": {
            "status": expr::status(),
            "assignee": "$assigneeId",
            "answered": { "$ne": [{ "$ifNull": [expr::first_response(), null] }, null] },
            "clock": { "$concatArrays": all },
        } },
        doc! { "$unwind": "$clock" },
        doc! { "$project": { "by": by(), "metric": "$clock.metric", "mark": marks(query) } },
        doc! { "$unwind": "$mark" },
        doc! { "$group": {
            "_id": { "metric": "$metric", "by": "$by", "mark": "$mark.mark", "bucket": "$mark.bucket" },
            "count": { "$sum": 1 },
        } },
    ]
}

fn clocks_of(metric: SlaMetric, clocks: Bson) -> Bson {
    bson!({ "$map": {
        "input": clocks,
        "in": { "$mergeObjects": ["$$this", { "metric": name(metric) }] },
    } })
}

/// Who stopped it; while it runs, who has the ticket.
fn by() -> Bson {
    bson!({ "$cond": [running("$clock".into()), "$assignee", "$clock.stop.by"] })
}

fn marks(query: &ReportQuery) -> Bson {
    let live = [Status::Open.as_str(), Status::InProgress.as_str()].to_vec();
    let (due_from, due_before) = (reading(query.due_from()), reading(query.due_before()));
    // Another application has answered or resolved it: its clock runs in vain.
    let in_vain = bson!({ "$or": [
        { "$not": [{ "$in": ["$status", live] }] },
        { "$and": [{ "$eq": ["$clock.metric", name(SlaMetric::FirstResponse)] }, "$answered"] },
    ] });
    let breached = bson!({ "$cond": [
        running("$clock".into()),
        { "$and": [{ "$lt": ["$clock.due", due_before.clone()] }, { "$not": [in_vain] }] },
        { "$lt": ["$clock.due", "$clock.stop.reading"] },
    ] });
    let breached_now = bson!({ "$and": [
        breached.clone(),
        { "$gte": ["$clock.due", due_from] },
        { "$lt": ["$clock.due", due_before] },
    ] });
    let period = query.period();
    let measured = bson!({ "$and": [
        { "$not": [running("$clock".into())] },
        { "$ne": ["$clock.stop.cancelled", true] },
        { "$gte": ["$clock.stop.at", date(period.from())] },
        { "$lt": ["$clock.stop.at", date(period.before())] },
    ] });
    let met = bson!({ "$and": [measured.clone(), { "$not": [breached] }] });
    let business = bucket(bson!({ "$subtract": ["$clock.stop.reading", "$clock.start"] }));
    let calendar = bucket(bson!({ "$subtract": ["$clock.stop.at", "$clock.since"] }));
    let mark = |condition: Bson, mark: &str, bucket: Option<Bson>| {
        let mut value = doc! { "mark": mark };
        value.extend(bucket.map(|bucket| ("bucket".to_owned(), bucket)));
        bson!({ "$cond": [condition, [value], []] })
    };
    bson!({ "$concatArrays": [
        mark(measured.clone(), "business", Some(business)),
        mark(measured, "calendar", Some(calendar)),
        mark(met, "met", None),
        mark(breached_now, "breached", None),
    ] })
}

/// The bucket of a length, as [`Histogram::bucket`] has it.
fn bucket(millis: Bson) -> Bson {
    let power = bson!({ "$floor": { "$divide": [{ "$ln": "$$millis" }, Histogram::GROWTH.ln()] } });
    bson!({ "$let": {
        "vars": { "millis": millis },
        "in": { "$cond": [{ "$lte": ["$$millis", 0] }, 0, { "$toInt": { "$add": [1, power] } }] },
    } })
}
