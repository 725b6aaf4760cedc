//! Counts for a dashboard, in one command.

use std::sync::Arc;

use bson::{Document, doc};
use ventanilla_domain::{BusinessTime, EnumSet, Priority, Status, UserId};

use super::{Inner, expr, list::due_conditions};
use crate::{Counts, Due, StoreError};

impl Inner {
    /// A count of index keys for each cell, all in one aggregate.
    pub(super) async fn counts(
        self: &Arc<Self>,
        mine: &UserId,
        as_of: Option<BusinessTime>,
    ) -> Result<Counts, StoreError> {
        let mine = self.ids.write(mine)?;
        let live: EnumSet<Status> = Status::Open | Status::InProgress;
        let of = |assignee| {
            doc! {
                "assigneeId": assignee,
                "status": { "$in": expr::statuses(live) },
                "priority": { "$in": expr::priorities(EnumSet::all()) },
            }
        };
        let cells =
            Status::ALL.into_iter().flat_map(|status| Priority::ALL.map(|priority| (status, priority)));
        let mut branches: Vec<Vec<Document>> = cells
            .clone()
            .map(|(status, priority)| {
                doc! {
                    "status": { "$in": expr::statuses(status.into()) },
                    "priority": { "$in": expr::priorities(priority.into()) },
                }
            })
            .chain([of(bson::Bson::Null), of(mine)])
            .chain(as_of.into_iter().flat_map(|now| {
                [Due::Overdue, Due::AtRisk].map(|due| {
                    doc! {
                        "status": { "$in": expr::statuses(live) },
                        "$and": due_conditions(due, now),
                    }
                })
            }))
            .enumerate()
            .map(|(at, matching)| {
                vec![
                    doc! { "$match": matching },
                    doc! { "$count": "tickets" },
                    doc! { "$set": { "at": at as i32 } },
                ]
            })
            .collect();
        let mut stages = branches.remove(0);
        for pipeline in branches {
            stages.push(doc! { "$unionWith": { "coll": self.tickets.name(), "pipeline": pipeline } });
        }
        let found = self.aggregate(stages, None).await?;
        let counted = |at: usize| {
            let row = found.iter().find(|row| row.get_i32("at").is_ok_and(|found| found as usize == at));
            row.and_then(|row| {
                row.get_i32("tickets").map(i64::from).or_else(|_| row.get_i64("tickets")).ok()
            })
            .map_or(0, i64::unsigned_abs)
        };
        let mut counts = Counts::default();
        (counts.unassigned, counts.mine) = (counted(16), counted(17));
        (counts.overdue, counts.at_risk) = (counted(18), counted(19));
        for (at, (status, priority)) in cells.enumerate() {
            counts.add(status, priority, counted(at));
        }
        Ok(counts)
    }
}
