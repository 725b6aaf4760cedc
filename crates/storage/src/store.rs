//! Contract of stores.

use async_trait::async_trait;
use ventanilla_domain::{
    Audience, Command, EnumSet, IdempotencyKey, MessageRange, Outcome, Status, Ticket, TicketDetails,
    TicketHead, TicketLookup, TicketNumber, TicketSummary, Timestamp,
};

use crate::{
    Counted, Counts, CountsQuery, Cursor, Direction, EventStream, EventToken, ListQuery, Page,
    PageQuery, PageSize, Report, ReportBuilder, ReportQuery, Sort, StoreError,
};

/// Store of tickets.
///
/// A store keeps tickets and applies commands to them; the business rules are in the domain crate.
/// `Arc`, `Box` and references of a store are stores.
///
/// # Contract
///
/// Changes:
///
/// - Each method is atomic on its own.
/// - A change is stored completely or not at all.
/// - An acknowledged change is stored exactly once and never lost; a persistent store keeps it after the
///   end of the process.
/// - [`StoreError::write_outcome`] never claims more than the store knows; where it can't tell whether a
///   change was made, the error is [`StoreError::OutcomeUnknown`].
/// - Changes to one ticket are serialised, whether they come through this handle, another handle on the
///   same data or another process: the ticket that [`Command::apply`] was given is still the stored one
///   when the result is stored. Comparing versions is one way to ensure this, because every change,
///   notes included, raises the version.
/// - An update writes only if its outcome is [`Outcome::Applied`].
/// - Ticket numbers are unique. This alone makes the creation of tickets idempotent, because a help desk
///   derives the number of a ticket with a creation key from that key.
///
/// Confidentiality:
///
/// - For an [`Audience`] that may not see a ticket, and for the command of a customer who is not its
///   requester, the answer is the same as for a missing ticket, with the same number of database
///   commands, even if the ticket is unreadable.
///
/// Lists:
///
/// - A list never loads conversations.
/// - A list filtered by status, priority and at most one of category, assignee and requester examines a
///   small constant number of entries beside those it returns, whatever the size of the store; other
///   combinations may cost more.
/// - A list by due time examines only tickets with a running timer.
/// - A list of waiting tickets, or of those that were handed over, examines no closed ticket.
/// - Every filter applies in every order.
/// - A ticket is overdue after its due time, not at it, and waits until its wait ends, not at its end:
///   neither needs a write at that time.
/// - A walk over all pages returns each ticket whose filtered and sorted fields stay unchanged exactly
///   once, whatever else changes during the walk.
///
/// Unreadable and older tickets:
///
/// - An unreadable ticket hides no other: a list reports it, and only [`ticket`](Self::ticket),
///   [`get`](Self::get) and [`update`](Self::update) of that ticket fail.
/// - Tickets stored by an older version of the store stay readable. The JSON form of a [`Ticket`] is
///   stable across versions of these crates, so a store may keep that.
///
/// `conformance::check` (feature `conformance`) tests every obligation that is visible from outside.
///
/// ```
/// # use ventanilla_domain::*;
/// use ventanilla_storage::{InsertOutcome, MemoryStore, TicketStore};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let ana = UserId::parse("ana")?;
/// # let by = Actor::Customer(ana.clone());
/// # let new_ticket = NewTicket::new(Category::PAGOS, MessageText::parse("Me cobraron dos veces")?);
/// # let (now, policy) = (Timestamp::MIN, Policy::default());
/// let number = TicketNumber::parse("TKT-ABC123")?;
/// let ticket = new_ticket.open(number.clone(), &ana, &by, now, &policy)?;
///
/// let store = MemoryStore::new();
/// assert_eq!(store.insert(&ticket).await?, InsertOutcome::Stored);
///
/// let message = Change::message(MessageText::parse("¿Hay novedades?")?);
/// let command = Command::new(&by, now, &policy, message)?;
/// assert!(matches!(store.update(&number, &command).await?, Outcome::Applied { .. }));
///
/// let view = store.get(&(&number).into(), &Audience::Requester(ana), MessageRange::All).await?;
/// assert_eq!(view.map(|view| view.messages.len()), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Stores a new ticket unless its number is taken; [`InsertOutcome::taken_by`] then gives the result.
    async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError>;

    /// Returns the whole ticket of this number; `None` if there is none.
    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError>;

    /// Returns the first of the lookup's candidates that the audience may see, as it may see it; `None`
    /// if there is none.
    ///
    /// The range counts messages in order of arrival.
    ///
    /// The default method reads whole tickets. It doesn't know the requester of an unreadable one, so no
    /// requester finds it.
    async fn get(
        &self,
        lookup: &TicketLookup,
        audience: &Audience,
        range: MessageRange,
    ) -> Result<Option<TicketDetails>, StoreError> {
        default_get(self, lookup, audience, range).await
    }

    /// Applies a command to a ticket and stores the result, in one atomic step.
    ///
    /// Returns the outcome of [`Command::apply`], or [`Outcome::NotFound`] if there is no such ticket.
    async fn update(&self, number: &TicketNumber, command: &Command) -> Result<Outcome, StoreError>;

    /// Returns one page of a list of tickets.
    async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError>;

    /// Counts the tickets of a list up to a limit, whatever page of it is given. Unreadable tickets that the
    /// list reports count too.
    ///
    /// It examines no more than a list of so many tickets would. The default method reads that many rows of
    /// the list.
    async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError> {
        default_count(self, list, up_to).await
    }

    /// Counts tickets by status, and among the live ones those that are urgent, unassigned, assigned to the
    /// administrator who asks, waiting or handed over; given a business time, also those that are overdue
    /// or at risk.
    ///
    /// Live tickets are counted exactly, at a cost that doesn't depend on the number of closed ones. The
    /// number of closed tickets may be derived from the size of the store.
    async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError>;

    /// Returns at most `limit` tickets that were resolved at `latest` or before, by
    /// [`resolved_or_updated_at`](TicketHead::resolved_or_updated_at), without unreadable ones.
    ///
    /// Their order is the store's own and stays the same. The default method walks the list of resolved
    /// tickets.
    async fn resolved_until(
        &self,
        latest: Timestamp,
        limit: u32,
    ) -> Result<Vec<TicketNumber>, StoreError> {
        default_resolved_until(self, latest, limit).await
    }

    /// Returns the report of the SLA timers of all tickets within a period.
    ///
    /// Unreadable tickets are left out, and changes made during the call may be. The default method walks
    /// the list of all tickets.
    async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError> {
        default_report(self, query).await
    }

    /// Returns the events of all tickets after a position, or from now on.
    ///
    /// They include the changes of other handles and processes, and of other applications on the same data.
    /// The default method has none ([`StoreError::NoEvents`]), which declares that the store has no streams:
    /// `conformance::check` then skips their cases and says so.
    ///
    /// # Errors
    ///
    /// [`StoreError::EventsLost`] if the events after the position are no longer there.
    async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError> {
        let _ = after;
        Err(StoreError::NoEvents)
    }
}

/// Result of storing a new ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it is matched at once and not kept")]
pub enum InsertOutcome {
    /// The ticket was stored.
    Stored,
    /// Another ticket has the number. Nothing was stored.
    NumberTaken,
    /// The author used the creation key before for [the same request](Ticket::is_same_request), which
    /// opened this ticket. Nothing was stored.
    Repeated(TicketHead),
    /// The author used the creation key before for another request. Nothing was stored.
    KeyConflict {
        /// Number of the ticket that was opened with the key.
        number: TicketNumber,
        /// Creation key.
        key: IdempotencyKey,
    },
}

impl InsertOutcome {
    /// Returns the result of inserting a ticket whose number a stored one has.
    ///
    /// Equal creation keys tell a repeated request ([`Repeated`](Self::Repeated)) or a reused key
    /// ([`KeyConflict`](Self::KeyConflict)) from an unrelated ticket ([`NumberTaken`](Self::NumberTaken)).
    ///
    /// ```
    /// use ventanilla_storage::{InsertOutcome, testing};
    ///
    /// let first = testing::ticket("TKT-ABC123").key("form-1").build();
    /// let again = testing::ticket("TKT-ABC123").key("form-1").build();
    /// let other = testing::ticket("TKT-ABC123").build();
    /// assert_eq!(InsertOutcome::taken_by(&first, &again), InsertOutcome::Repeated(first.head().clone()));
    /// assert_eq!(InsertOutcome::taken_by(&first, &other), InsertOutcome::NumberTaken);
    /// ```
    #[must_use]
    pub fn taken_by(first: &Ticket, new: &Ticket) -> Self {
        match new.creation_key() {
            Some(key) if first.creation_key() == Some(key) => {
                if first.is_same_request(new) {
                    InsertOutcome::Repeated(first.head().clone())
                } else {
                    let number = first.head().ticket_number.clone();
                    InsertOutcome::KeyConflict { number, key: key.key.clone() }
                }
            }
            _ => InsertOutcome::NumberTaken,
        }
    }
}

/// Implements [`TicketStore::get`] by reading whole tickets.
pub(crate) async fn default_get<S: TicketStore + ?Sized>(
    store: &S,
    lookup: &TicketLookup,
    audience: &Audience,
    range: MessageRange,
) -> Result<Option<TicketDetails>, StoreError> {
    let mut found = Ok(None);
    // From the last candidate: tickets are added and hardly ever removed, so the result is consistent.
    // All candidates are read, so that the number of reads reveals nothing.
    for number in lookup.candidates().iter().rev() {
        match store.ticket(number).await {
            Ok(ticket) => {
                let view = ticket.and_then(|ticket| ticket.details(audience, range));
                found = view.map_or(found, |view| Ok(Some(view)));
            }
            // Another customer must not learn that the ticket exists.
            Err(StoreError::Unreadable { .. }) if matches!(audience, Audience::Requester(_)) => {}
            Err(error) => found = Err(error),
        }
    }
    found
}

/// Implements [`TicketStore::count`] by a walk over the list, which ends with the ticket after the limit.
pub(crate) async fn default_count<S: TicketStore + ?Sized>(
    store: &S,
    list: &PageQuery,
    up_to: u32,
) -> Result<Counted, StoreError> {
    let mut found = 0;
    let mut page = list.clone().at_start();
    loop {
        let missing = u64::from(up_to) + 1 - found;
        let size = u32::try_from(missing).ok().and_then(|missing| PageSize::new(missing).ok());
        page = page.with_page_size(size.unwrap_or(PageSize::LARGEST));
        let listed = store.list(&page).await?;
        found += (listed.rows.len() + listed.unreadable.len()) as u64;
        let next = listed.next.filter(|_| found <= u64::from(up_to));
        let Some(next) = next else { return Ok(Counted::new(found, up_to)) };
        page = page.continued(&next).map_err(|error| StoreError::Failed { source: Box::new(error) })?;
    }
}

/// Implements [`TicketStore::resolved_until`] by a walk over the resolved tickets.
pub(crate) async fn default_resolved_until<S: TicketStore + ?Sized>(
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
pub(crate) async fn default_report<S: TicketStore + ?Sized>(
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

#[cfg(feature = "mock")]
mockall::mock! {
    /// Mock of a store, by `mockall`.
    pub TicketStore {}

    #[async_trait]
    impl TicketStore for TicketStore {
        async fn insert(&self, ticket: &Ticket) -> Result<InsertOutcome, StoreError>;
        async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, StoreError>;
        async fn get(
            &self,
            lookup: &TicketLookup,
            audience: &Audience,
            range: MessageRange,
        ) -> Result<Option<TicketDetails>, StoreError>;
        async fn update(
            &self,
            number: &TicketNumber,
            command: &Command,
        ) -> Result<Outcome, StoreError>;
        async fn list(&self, page: &PageQuery) -> Result<Page<TicketSummary>, StoreError>;
        async fn count(&self, list: &PageQuery, up_to: u32) -> Result<Counted, StoreError>;
        async fn counts(&self, query: &CountsQuery) -> Result<Counts, StoreError>;
        async fn resolved_until(
            &self,
            latest: Timestamp,
            limit: u32,
        ) -> Result<Vec<TicketNumber>, StoreError>;
        async fn report(&self, query: &ReportQuery) -> Result<Report, StoreError>;
        async fn events(&self, after: Option<EventToken>) -> Result<EventStream, StoreError>;
    }
}

/// Defines methods of [`TicketStore`] that forward to another store, such as
/// `forward!(|this| this.store; insert, ticket)`.
///
/// The methods have the signatures that `async_trait` generates, because its attribute doesn't see the
/// methods that a macro defines.
macro_rules! forward {
    (|$this:ident| $inner:expr; $($method:ident),+ $(,)?) => {
        $(crate::store::forward!(@$method [$this $inner]);)+
    };
    (@insert $to:tt) => {
        crate::store::forward!(@fn $to insert<'a>(ticket: &'a ventanilla_domain::Ticket) -> crate::InsertOutcome);
    };
    (@ticket $to:tt) => {
        crate::store::forward!(@fn $to ticket<'a>(number: &'a ventanilla_domain::TicketNumber)
            -> Option<ventanilla_domain::Ticket>);
    };
    (@get $to:tt) => {
        crate::store::forward!(@fn $to get<'a, 'b>(
            lookup: &'a ventanilla_domain::TicketLookup,
            audience: &'b ventanilla_domain::Audience,
            range: ventanilla_domain::MessageRange
        ) -> Option<ventanilla_domain::TicketDetails>);
    };
    (@update $to:tt) => {
        crate::store::forward!(@fn $to update<'a, 'b>(
            number: &'a ventanilla_domain::TicketNumber,
            command: &'b ventanilla_domain::Command
        ) -> ventanilla_domain::Outcome);
    };
    (@list $to:tt) => {
        crate::store::forward!(@fn $to list<'a>(page: &'a crate::PageQuery)
            -> crate::Page<ventanilla_domain::TicketSummary>);
    };
    (@count $to:tt) => {
        crate::store::forward!(@fn $to count<'a>(list: &'a crate::PageQuery, up_to: u32) -> crate::Counted);
    };
    (@counts $to:tt) => {
        crate::store::forward!(@fn $to counts<'a>(query: &'a crate::CountsQuery) -> crate::Counts);
    };
    (@resolved_until $to:tt) => {
        crate::store::forward!(@fn $to resolved_until<>(latest: ventanilla_domain::Timestamp, limit: u32)
            -> Vec<ventanilla_domain::TicketNumber>);
    };
    (@report $to:tt) => {
        crate::store::forward!(@fn $to report<'a>(query: &'a crate::ReportQuery) -> crate::Report);
    };
    (@events $to:tt) => {
        crate::store::forward!(@fn $to events<>(after: Option<crate::EventToken>) -> crate::EventStream);
    };
    (@fn [$this:ident $inner:expr]
        $name:ident<$($life:lifetime),*>($($arg:ident: $type:ty),*) -> $output:ty) => {
        fn $name<'this, $($life,)* 'future>(
            &'this self,
            $($arg: $type),*
        ) -> std::pin::Pin<
            Box<dyn Future<Output = Result<$output, crate::StoreError>> + Send + 'future>,
        >
        where
            'this: 'future,
            $($life: 'future,)*
            Self: 'future,
        {
            let $this = self;
            crate::TicketStore::$name(&$inner, $($arg),*)
        }
    };
}
pub(crate) use forward;

/// Implements the trait for pointers; the lint reports a method that is missing.
macro_rules! pointers {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<T: TicketStore + ?Sized> TicketStore for $pointer {
            forward!(|this| **this; insert, ticket, get, update, list, count, counts, resolved_until, report, events);
        }
    )+};
}
pointers!(std::sync::Arc<T>, Box<T>, &T);

#[cfg(test)]
mod tests {
    use ventanilla_domain::Sla;

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
        assert_eq!(default_report(&store, &query).await.unwrap(), expected.report());
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
        let answer = default_report(&store, &ReportQuery::new(period, &sla, Timestamp::MAX)).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    }
}
