//! Search for tickets that were resolved long ago.

use std::sync::Arc;

use bson::{RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::options::Hint;
use ventanilla_domain::{Status, TicketNumber, Timestamp};

use super::{Inner, encode::date, expr, index};
use crate::StoreError;

impl Inner {
    pub(super) async fn resolved_until(
        self: &Arc<Self>,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        let long = doc! {
            "status": Status::Resolved.as_str(),
            "$or": [
                { "resolvedAt": { "$lte": date(latest) } },
                { "resolvedAt": null, "updatedAt": { "$lte": date(latest) } },
            ],
        };
        let (tickets, ids) = (self.tickets.clone(), self.ids);
        self.read(self.deadline(), async move {
            let mut found = tickets
                .find(long)
                .hint(Hint::Name(index::RESOLVED.into()))
                .projection(expr::stored_head())
                .batch_size(limit.saturating_add(1).min(i32::MAX as u32))
                .await?;
            let mut numbers = Vec::new();
            // An unreadable ticket could not be closed either.
            while numbers.len() < limit as usize
                && let Some(document) = found.try_next().await?
            {
                let document: RawDocumentBuf = document;
                numbers.extend(ids.decode_head(&document).ok().map(|head| head.ticket_number));
            }
            Ok(numbers)
        })
        .await
    }
}
