//! Query of one page of a list.

use ventanilla_domain::{BusinessTime, TicketHead, Timestamp};

use crate::{
    cursor::{Cursor, InvalidCursor, Position},
    page_size::PageSize,
    query::{ListQuery, Sort, due},
};

/// Query of one page of a list, as a store receives it.
///
/// Its cursor has been checked, so a store never receives one that belongs to another query.
///
/// ```
/// use ventanilla_storage::{ListQuery, PageQuery};
///
/// let first: PageQuery = ListQuery::new().into();
/// assert!(first.position().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    query: ListQuery,
    after: Option<Position>,
    as_of: BusinessTime,
    now: Timestamp,
    for_requester: bool,
}

impl PageQuery {
    const fn new(query: ListQuery, after: Option<Position>) -> Self {
        Self { query, after, as_of: BEGINNING, now: Timestamp::MIN, for_requester: false }
    }

    /// Returns the query of the list.
    #[must_use]
    pub const fn query(&self) -> &ListQuery {
        &self.query
    }

    /// Sets the current business time; a help desk does so by its calendar. Without it nothing is
    /// overdue.
    #[must_use]
    pub const fn with_as_of(mut self, now: BusinessTime) -> Self {
        self.as_of = now;
        self
    }

    /// Returns the current business time, for lists that [use due times](ListQuery::uses_due_time).
    #[must_use]
    pub const fn as_of(&self) -> BusinessTime {
        self.as_of
    }

    /// Sets the current time. Without it no wait has ended.
    #[must_use]
    pub const fn with_now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Returns the current time, for lists with a [filter of waits](ListQuery::with_waiting).
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Allows the store to leave out of the rows what only the desk may see: SLA timers, tags, wait and
    /// hand-over.
    #[must_use]
    pub const fn for_requester(mut self) -> Self {
        self.for_requester = true;
        self
    }

    /// Returns whether a requester reads the list. A store may leave out then what only the desk may see.
    #[must_use]
    pub const fn is_for_requester(&self) -> bool {
        self.for_requester
    }

    /// Returns whether a ticket belongs to the list: it passes every filter, and has a due time if the
    /// list is sorted by it.
    #[must_use]
    pub fn matches(&self, head: &TicketHead) -> bool {
        let passes_due = self.query.due().is_none_or(|filter| filter.matches(head, self.as_of));
        let passes_waiting = self.query.waiting().is_none_or(|filter| filter.matches(head, self.now));
        let has_place = self.query.sort() != Sort::Due || due(head).is_some();
        passes_due && passes_waiting && has_place && self.query.matches(head)
    }

    /// Returns the position of the last row before this page; `None` on the first page.
    #[must_use]
    pub const fn position(&self) -> Option<&Position> {
        self.after.as_ref()
    }

    /// Returns the query of the first page of the same list, at the same time.
    #[must_use]
    pub fn at_start(self) -> Self {
        Self { after: None, ..self }
    }

    /// Sets the size of the page.
    pub(crate) fn with_page_size(self, size: PageSize) -> Self {
        Self { query: self.query.with_page_size(size), ..self }
    }

    /// Returns the query of the page after a cursor of this list, at the same time.
    pub(crate) fn continued(&self, cursor: &Cursor) -> Result<Self, InvalidCursor> {
        Ok(Self { after: Some(cursor.decode(&self.query)?), ..self.clone() })
    }

    /// Returns the cursor of the rows after a position.
    #[must_use]
    pub fn cursor_after(&self, last: &Position) -> Cursor {
        Cursor::encode(&self.query, last)
    }
}

/// Queries of pages.
impl ListQuery {
    /// Returns the query of the first page.
    #[must_use]
    pub const fn first_page(self) -> PageQuery {
        PageQuery::new(self, None)
    }

    /// Returns the query of the page after a cursor.
    ///
    /// # Errors
    ///
    /// [`InvalidCursor`] if the cursor does not belong to this query, because its filters or its order
    /// differ.
    ///
    /// ```
    /// use ventanilla_domain::Explain;
    /// use ventanilla_storage::{Cursor, ListQuery};
    ///
    /// let other: Cursor = "A".repeat(51).parse()?;
    /// assert_eq!(ListQuery::new().page_after(&other).unwrap_err().code(), "cursor_foreign");
    /// # Ok::<(), ventanilla_storage::InvalidCursor>(())
    /// ```
    pub fn page_after(self, cursor: &Cursor) -> Result<PageQuery, InvalidCursor> {
        let after = Some(cursor.decode(&self)?);
        Ok(PageQuery::new(self, after))
    }
}

/// Business time at which nothing is overdue.
const BEGINNING: BusinessTime = BusinessTime::from_millis(i64::MIN);

impl From<ListQuery> for PageQuery {
    /// Returns the query of the first page.
    fn from(query: ListQuery) -> Self {
        query.first_page()
    }
}
