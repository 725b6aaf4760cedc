//! Reports: the server finds the tickets that may contribute, and [`ReportBuilder`] adds them up.

use std::sync::Arc;

use bson::{Document, doc};
use futures::TryStreamExt;
use ventanilla_domain::Status;

use super::{
    Inner,
    encode::{EARLIER, date},
    expr,
    timers::business_time,
};
use crate::{Report, ReportBuilder, ReportQuery, StoreError};

impl Inner {
    pub(super) async fn report(self: &Arc<Self>, query: &ReportQuery) -> Result<Report, StoreError> {
        let (tickets, ids, query) = (self.tickets.clone(), self.ids, *query);
        self.read(self.deadline(), async move {
            let found = tickets.find(contributing(&query)).projection(fields());
            let mut found = found.batch_size(10_000).await?;
            let mut builder = ReportBuilder::default();
            while let Some(document) = found.try_next().await? {
                // Unreadable tickets are left out.
                if let Ok(head) = ids.decode_head(&document) {
                    builder.add_ticket(&query, &head);
                }
            }
            Ok(builder.report())
        })
        .await
    }
}

/// Returns the condition that leaves out tickets whose timers stopped before the period and that aren't
/// overdue.
fn contributing(query: &ReportQuery) -> Document {
    let live = expr::statuses(Status::Open | Status::InProgress);
    doc! { "$or": [
        { "sla.lastStop": { "$gte": date(query.period().from()) } },
        { "status": { "$in": live }, "sla.due": { "$lt": business_time(query.due_before()) } },
    ] }
}

/// Returns the projection of a head with all of its timers.
fn fields() -> Document {
    let mut fields = expr::head();
    fields.insert(EARLIER, 1);
    fields
}
