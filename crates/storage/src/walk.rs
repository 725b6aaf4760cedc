//! Default methods of [`TicketStore`], by walks over the pages of lists.

use ventanilla_domain::{
    Audience, EnumSet, MessageRange, Status, TicketDetails, TicketLookup, TicketNumber, TicketSummary,
    Timestamp,
};

use crate::{
    Cursor, Direction, ListQuery, Page, PageSize, Report, ReportBuilder, ReportQuery, Sort, StoreError,
    TicketStore,
};

/// Implements [`TicketStore::get`] by reading whole tickets.
pub(crate) async fn get<S: TicketStore + ?Sized>(
    store: &S,
    lookup: &TicketLookup,
    scope: &Audience,
    window: MessageRange,
) -> Result<Option<TicketDetails>, StoreError> {
    let mut found = Ok(None);
    // From the last candidate: tickets are added and hardly ever removed, so the result is consistent.
    // All candidates are read, so that the number of reads reveals nothing.
    for number in lookup.candidates().iter().rev() {
        match store.ticket(number).await {
            Ok(ticket) => {
                let view = ticket.and_then(|ticket| ticket.details(scope, window));
                found = view.map_or(found, |view| Ok(Some(view)));
            }
            // Another customer must not learn that the ticket exists.
            Err(StoreError::Unreadable { .. }) if matches!(scope, Audience::Requester(_)) => {}
            Err(error) => found = Err(error),
        }
    }
    found
}

/// Implements [`TicketStore::resolved_until`] by a walk over the resolved tickets.
pub(crate) async fn resolved_until<S: TicketStore + ?Sized>(
    store: &S,
    latest: Timestamp,
    limit: u32,
) -> Result<Vec<TicketNumber>, StoreError> {
    let mut found = Vec::new();
    let mut walk = Walk::new(Status::Resolved.into());
    while found.len() < limit as usize
        && let Some(page) = walk.next(store).await?
    {
        let long = page.rows.into_iter().filter(|row| row.head.resolved_or_updated_at() <= latest);
        found.extend(long.map(|row| row.head.ticket_number));
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// Implements [`TicketStore::report`] by a walk over all tickets.
pub(crate) async fn report<S: TicketStore + ?Sized>(
    store: &S,
    query: &ReportQuery,
) -> Result<Report, StoreError> {
    let mut builder = ReportBuilder::default();
    let mut walk = Walk::new(EnumSet::all());
    while let Some(page) = walk.next(store).await? {
        for row in page.rows {
            // A row lacks the timers of earlier responses.
            let has_earlier = row.head.sla.as_ref().is_some_and(|timers| timers.next_response.is_some());
            if !has_earlier {
                builder.add_ticket(query, &row.head);
                continue;
            }
            match store.ticket(&row.head.ticket_number).await {
                Ok(Some(ticket)) => builder.add_ticket(query, ticket.head()),
                Ok(None) | Err(StoreError::Unreadable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(builder.report())
}

/// Walk over the pages of a list, oldest ticket first.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    query: ListQuery,
    next: Next,
}

#[derive(Debug, Clone)]
enum Next {
    First,
    After(Cursor),
    End,
}

impl Walk {
    pub(crate) fn new(statuses: EnumSet<Status>) -> Self {
        let query = ListQuery::new()
            .with_statuses(statuses)
            .with_sort(Sort::Created(Direction::OldestFirst))
            .with_page_size(PageSize::LARGEST);
        Self { query, next: Next::First }
    }

    /// Continues after a cursor.
    pub(crate) fn after(self, cursor: Cursor) -> Self {
        Self { next: Next::After(cursor), ..self }
    }

    /// Returns the next page; `None` after the last.
    pub(crate) async fn next<S: TicketStore + ?Sized>(
        &mut self,
        store: &S,
    ) -> Result<Option<Page<TicketSummary>>, StoreError> {
        let query = self.query.clone();
        let page = match &self.next {
            Next::First => query.first_page(),
            Next::After(cursor) => query
                .page_after(cursor)
                .map_err(|error| StoreError::Failed { source: Box::new(error) })?,
            Next::End => return Ok(None),
        };
        let page = store.list(&page).await?;
        self.next = page.next.clone().map_or(Next::End, Next::After);
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use ventanilla_domain::{Sla, Ticket};

    use super::*;
    use crate::{MockTicketStore, Period, testing};

    /// Returns a ticket with an earlier response, which its list row lacks.
    fn ticket(number: &str, sla: &Sla) -> Ticket {
        let admin = testing::admin(0);
        testing::ticket(number).sla(sla).reply(admin, "Lo miramos.").message("¿Hay novedades?").build()
    }

    #[tokio::test]
    async fn a_report_leaves_out_unreadable_tickets() {
        let sla = testing::sla();
        let tickets = ["TKT-ABC123", "TKT-ABC124"].map(|number| ticket(number, &sla));
        assert!(tickets[0].head().sla.as_ref().is_some_and(|timers| timers.next_response.is_some()));
        let rows = tickets.iter().map(Ticket::summary).collect();
        let page = Page { rows, next: None, unreadable: Vec::new() };
        let mut store = MockTicketStore::new();
        store.expect_list().return_once(move |_| Ok(page));
        let readable = tickets[1].clone();
        store.expect_ticket().returning(move |number| match number.as_str() {
            "TKT-ABC124" => Ok(Some(readable.clone())),
            _ => Err(StoreError::Unreadable { number: number.to_string(), source: "damaged".into() }),
        });
        let period = Period::new(Timestamp::MIN, Timestamp::MAX).unwrap();
        let query = ReportQuery::new(period, &sla, Timestamp::MAX);
        let mut expected = ReportBuilder::default();
        expected.add_ticket(&query, tickets[1].head());
        assert_eq!(report(&store, &query).await.unwrap(), expected.report());
    }

    #[tokio::test]
    async fn a_report_fails_when_the_store_does() {
        let sla = testing::sla();
        let rows = vec![ticket("TKT-ABC123", &sla).summary()];
        let mut store = MockTicketStore::new();
        store.expect_list().return_once(move |_| Ok(Page { rows, next: None, unreadable: Vec::new() }));
        store
            .expect_ticket()
            .returning(|_| Err(StoreError::Unavailable { source: "no network".into() }));
        let period = Period::new(Timestamp::MIN, Timestamp::MAX).unwrap();
        let answer = report(&store, &ReportQuery::new(period, &sla, Timestamp::MAX)).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    }
}
