//! Counts for a dashboard, at a cost that doesn't depend on the number of closed tickets.

use std::sync::Arc;

use bson::{Bson, Document, RawDocumentBuf, doc};
use futures::TryStreamExt;
use tokio::try_join;
use ventanilla_domain::{Priority, Status};

use super::{Inner, expr, list::due_conditions};
use crate::{Counts, CountsQuery, DueFilter, StoreError};

/// Field of the counts to which a part belongs.
type Number = fn(&mut Counts) -> &mut u64;

impl Inner {
    /// Counts index keys of live and resolved tickets in one aggregation. The rest of the collection, by
    /// the estimated document count, is closed.
    pub(super) async fn counts(self: &Arc<Self>, query: &CountsQuery) -> Result<Counts, StoreError> {
        let (numbers, conditions): (Vec<_>, Vec<_>) = self.parts(query)?.into_iter().unzip();
        let (pipeline, tickets) = (self.union(conditions), self.tickets.clone());
        let (all, rows) = self
            .read(self.deadline(), async move {
                let rows = async {
                    let rows = tickets.aggregate(pipeline).with_type::<RawDocumentBuf>();
                    rows.await?.try_collect::<Vec<_>>().await
                };
                try_join!(tickets.estimated_document_count().into_future(), rows)
            })
            .await?;
        let mut counts = Counts::default();
        for row in rows {
            let number = row.get_i32("part").ok().and_then(|at| numbers.get(usize::try_from(at).ok()?));
            let found = row.get_i32("tickets").map(i64::from).or_else(|_| row.get_i64("tickets"));
            if let (Some(number), Ok(found)) = (number, found) {
                *number(&mut counts) += found.unsigned_abs();
            }
        }
        counts.closed = all.saturating_sub(counts.total());
        Ok(counts)
    }

    /// Returns the conditions of all parts. Each that many keys may match fixes one value of each field:
    /// the server then counts a range of keys without reading them.
    fn parts(&self, query: &CountsQuery) -> Result<Vec<(Number, Document)>, StoreError> {
        let of = |status: Status| doc! { "status": status.as_str() };
        let mut waiting = of(Status::InProgress);
        waiting.extend(expr::is_waiting(query.now()));
        let mut parts: Vec<(Number, Document)> = vec![
            (|counts| &mut counts.open, of(Status::Open)),
            // A missing status means the default, open.
            (|counts| &mut counts.open, doc! { "status": Bson::Null }),
            (|counts| &mut counts.in_progress, of(Status::InProgress)),
            (|counts| &mut counts.resolved, of(Status::Resolved)),
            (|counts| &mut counts.waiting, waiting),
        ];
        let mine = self.ids.write(query.mine())?;
        for status in expr::statuses(Status::Open | Status::InProgress) {
            let mut add = |number: Number, condition: Document| {
                let mut live = doc! { "status": &status };
                live.extend(condition);
                parts.push((number, live));
            };
            add(|counts| &mut counts.urgent, doc! { "priority": Priority::Urgent.as_str() });
            add(|counts| &mut counts.unassigned, doc! { "assigneeId": Bson::Null });
            add(|counts| &mut counts.mine, doc! { "assigneeId": &mine });
            add(|counts| &mut counts.handed_over, doc! { "handoffAt": expr::any_time() });
            if let Some(now) = query.as_of() {
                add(|counts| &mut counts.overdue, due_conditions(Some(DueFilter::Overdue), now));
                add(|counts| &mut counts.at_risk, due_conditions(Some(DueFilter::AtRisk), now));
            }
        }
        Ok(parts)
    }

    fn union(&self, conditions: Vec<Document>) -> Vec<Document> {
        let mut parts = conditions.into_iter().enumerate().map(|(at, condition)| {
            [
                doc! { "$match": condition },
                doc! { "$count": "tickets" },
                doc! { "$set": { "part": at as i32 } },
            ]
        });
        let mut stages = parts.next().map(Vec::from).unwrap_or_default();
        stages.extend(parts.map(|part| {
            doc! { "$unionWith": { "coll": self.tickets.name(), "pipeline": part.to_vec() } }
        }));
        stages
    }
}
