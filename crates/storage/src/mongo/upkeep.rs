//! Which tickets are to be closed.

use bson::{Document, doc};
use futures::TryStreamExt;
use ventanilla_domain::{Status, TicketNumber, Timestamp};

use super::{Inner, expr, fault, guard, index};
use crate::StoreError;

impl Inner {
    /// Only those that can be changed: what can't be read would stand in the way of the others.
    pub(super) async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        if limit == 0 {
            // To the server that would be no limit.
            return Ok(Vec::new());
        }
        let mut conditions = expr::readable(self.ids);
        conditions.push(doc! { "$or": guard::resolved_until(latest) });
        conditions.push(doc! { "ticketNumber": { "$regex": expr::NUMBER } });
        let long = doc! { "status": Status::Resolved.as_str(), "$and": conditions };
        let found = self
            .tickets
            .find(long)
            .hint(mongodb::options::Hint::Name(index::RESOLVED.into()))
            .projection(doc! { "_id": 0, "ticketNumber": 1 })
            .batch_size(limit.saturating_add(1).min(i32::MAX as u32))
            .limit(limit.into());
        let found: Vec<Document> =
            found.await.map_err(fault::read)?.try_collect().await.map_err(fault::read)?;
        let numbers = found.iter().filter_map(|document| document.get_str("ticketNumber").ok());
        Ok(numbers.filter_map(|number| TicketNumber::parse(number).ok()).collect())
    }
}
