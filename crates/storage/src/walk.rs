//! Default methods of a store, by walking its lists.

use ventanilla_domain::{EnumSet, Scope, Status, TicketNumber, TicketSummary, Timestamp, Window};

use crate::{
    Cursor, Direction, ListQuery, PageSize, Report, ReportQuery, Sort, StoreError, Tally, TicketStore,
};

/// The default of [`TicketStore::resolved_until`].
pub(crate) async fn resolved_until<S: TicketStore + ?Sized>(
    store: &S,
    latest: Timestamp,
    limit: u32,
) -> Result<Vec<TicketNumber>, StoreError> {
    let mut found = Vec::new();
    let mut walk = Walk::new(Status::Resolved.into());
    while found.len() < limit as usize
        && let Some(rows) = walk.next(store).await?
    {
        let long = rows.into_iter().filter(|row| row.head.resolved_or_updated_at() <= latest);
        found.extend(long.map(|row| row.head.ticket_number));
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// The default of [`TicketStore::report`].
pub(crate) async fn report<S: TicketStore + ?Sized>(
    store: &S,
    query: &ReportQuery,
) -> Result<Report, StoreError> {
    let mut tally = Tally::default();
    let mut walk = Walk::new(EnumSet::all());
    while let Some(rows) = walk.next(store).await? {
        for row in rows {
            // A row has only the latest timers.
            let has_earlier = row.head.sla.as_ref().is_some_and(|timers| timers.next_response.is_some());
            if !has_earlier {
                tally.add_ticket(query, &row.head);
                continue;
            }
            let number = (&row.head.ticket_number).into();
            if let Some(ticket) = store.get(&number, &Scope::All, Window::All).await? {
                tally.add_ticket(query, &ticket.head);
            }
        }
    }
    Ok(tally.report())
}

/// A walk over the pages of a list, oldest ticket first.
struct Walk {
    query: ListQuery,
    next: Next,
}

enum Next {
    First,
    After(Cursor),
    End,
}

impl Walk {
    fn new(statuses: EnumSet<Status>) -> Self {
        let query = ListQuery::new()
            .statuses(statuses)
            .sort(Sort::Created(Direction::OldestFirst))
            .page_size(PageSize::LARGEST);
        Self { query, next: Next::First }
    }

    /// The rows of the next page; `None` after the last.
    async fn next<S: TicketStore + ?Sized>(
        &mut self,
        store: &S,
    ) -> Result<Option<Vec<TicketSummary>>, StoreError> {
        let query = self.query.clone();
        let page = match &self.next {
            Next::First => query.first_page(),
            Next::After(cursor) => query
                .page_after(cursor)
                .map_err(|error| StoreError::Failed { source: Box::new(error) })?,
            Next::End => return Ok(None),
        };
        let page = store.list(&page).await?;
        self.next = page.next.map_or(Next::End, Next::After);
        Ok(Some(page.rows))
    }
}
