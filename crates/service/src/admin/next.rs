//! The next ticket of a queue.

use tracing::instrument;
use ventanilla_domain::{Audience, Change, Event, EventKind, MessageRange, Refusal, Status, TicketHead};
use ventanilla_storage::{ListQuery, PageQuery, WaitingFilter};

use super::Admin;
use crate::{
    Receipt, ServiceError,
    observe::{observed, record},
};

impl Admin {
    /// Assigns the first ticket of a queue that nobody has to this administrator; `None` if the queue
    /// is empty. Of many who take from one queue at once, each gets another ticket, and none is passed
    /// over.
    ///
    /// The queue is a list in its order, of which only tickets count that are open or in progress and
    /// unassigned, and that don't wait for somebody, unless the query asks for those that do.
    ///
    /// ```
    /// use ventanilla_service::{
    ///     Category, HelpDesk, ListQuery, MemoryStore, MessageText, NewTicket, Priority, UserId,
    ///     list::{Direction, Sort},
    /// };
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let desk = HelpDesk::new(MemoryStore::new());
    /// # let luis = desk.admin(UserId::parse("luis")?);
    /// # for (text, priority) in [("No carga", Priority::Low), ("No puedo pagar", Priority::Urgent)] {
    /// #     let new_ticket = NewTicket::new(Category::BUG, MessageText::parse(text)?);
    /// #     let opened = luis.create_for(&UserId::parse("ana")?, new_ticket).await?;
    /// #     luis.set_priority(&opened.head.ticket_number, priority).await?;
    /// # }
    /// let queue = ListQuery::new().with_sort(Sort::UrgentFirst(Direction::OldestFirst));
    /// let next = luis.claim_next(&queue).await?.expect("there are two");
    /// assert_eq!(next.head.priority, Priority::Urgent);
    /// assert!(luis.claim_next(&queue).await?.is_some());
    /// assert!(luis.claim_next(&queue).await?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoSla`] for a queue by due time on a desk without an SLA policy;
    /// [`ServiceError::Store`]. If the outcome of a claim is unknown, the administrator's own list tells
    /// whether it was made.
    #[instrument(name = "ventanilla.claim_next", skip_all, fields(actor = "ADMIN", number, outcome))]
    pub async fn claim_next(&self, queue: &ListQuery) -> Result<Option<Receipt>, ServiceError> {
        observed(self.try_claim_next(queue).await)
    }

    async fn try_claim_next(&self, queue: &ListQuery) -> Result<Option<Receipt>, ServiceError> {
        let live = queue.statuses() & (Status::Open | Status::InProgress);
        let waiting = queue.waiting().unwrap_or(WaitingFilter::NotWaiting);
        let queue = queue.clone().with_statuses(live).unassigned().with_waiting(waiting);
        let mut page = queue.clone().first_page();
        loop {
            page = self.core.as_of_now(page)?;
            let found = self.core.store.list(&page).await?;
            for row in found.rows {
                if let Some(receipt) = self.claim_listed(&page, row.head).await? {
                    record("number", &receipt.head.ticket_number);
                    return Ok(Some(receipt));
                }
            }
            let Some(cursor) = found.next else { return Ok(None) };
            page = queue.clone().page_after(&cursor)?;
        }
    }

    /// Claims a ticket of the queue; `None` if it no longer belongs to the queue.
    async fn claim_listed(
        &self,
        page: &PageQuery,
        mut head: TicketHead,
    ) -> Result<Option<Receipt>, ServiceError> {
        let number = head.ticket_number.clone();
        while page.matches(&head) {
            let claim = Change::claim().expecting(head.version);
            match self.core.try_change(&self.actor, &number, claim).await {
                Ok(receipt) if receipt.events.is_empty() => return Ok(None),
                Ok(receipt) => return Ok(Some(receipt)),
                Err(ServiceError::Refused {
                    refusal: Refusal::VersionConflict { changes, .. }, ..
                }) if !changes.iter().any(is_assignment) => {}
                Err(ServiceError::Refused {
                    refusal:
                        Refusal::VersionConflict { .. }
                        | Refusal::AlreadyAssigned { .. }
                        | Refusal::Closed { .. },
                    ..
                })
                | Err(ServiceError::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
            let range = MessageRange::Last(0);
            let again = self.core.store.get(&(&number).into(), &Audience::Desk, range).await?;
            let Some(again) = again else { return Ok(None) };
            head = again.head;
        }
        Ok(None)
    }
}

/// Returns whether an event gave the ticket to somebody. One that has been returned to the queue since is
/// found by the next call.
const fn is_assignment(event: &Event) -> bool {
    matches!(event.kind, EventKind::AssigneeChanged { to: Some(_), .. })
}
