//! One page of a list, and how long it may be.

use ventanilla_domain::{BusinessTime, Explain, Locale, TicketHead};

use crate::{
    cursor::{Cursor, InvalidCursor, Position},
    query::{ListQuery, Sort, due},
};

/// One page of a [`ListQuery`]: what a store is asked for.
///
/// A cursor has been checked against its query here, so a store never sees a foreign one.
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
    timers: bool,
}

impl PageQuery {
    /// The query of which this is a page.
    #[must_use]
    pub const fn query(&self) -> &ListQuery {
        &self.query
    }

    /// The same page as of this working time, by the desk's calendar: a help desk fills it in. Without
    /// it nothing is overdue yet.
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

    /// The same page for a reader who is shown no SLA timers.
    #[must_use]
    pub const fn without_timers(mut self) -> Self {
        self.timers = false;
        self
    }

    /// Whether the rows must have their SLA timers. Where not, a store may leave them out.
    #[must_use]
    pub const fn has_timers(&self) -> bool {
        self.timers
    }

    /// Returns true if a ticket belongs to the list: it passes every filter, and has a due time where
    /// the list is sorted by it.
    #[must_use]
    pub fn holds(&self, head: &TicketHead) -> bool {
        let passes_due = self.query.due().is_none_or(|filter| filter.matches(head, self.as_of));
        let has_place = self.query.sort() != Sort::Due || due(head).is_some();
        passes_due && has_place && self.query.matches(head)
    }

    /// The last row before this page; `None` on the first page.
    #[must_use]
    pub const fn position(&self) -> Option<&Position> {
        self.after.as_ref()
    }

    /// The cursor for what comes after a row.
    #[must_use]
    pub fn cursor_after(&self, last: &Position) -> Cursor {
        Cursor::seal(&self.query, last)
    }
}

/// Asking for pages.
impl ListQuery {
    /// The first page.
    #[must_use]
    pub const fn first_page(self) -> PageQuery {
        PageQuery { query: self, after: None, as_of: BEGINNING, timers: true }
    }

    /// The page after a cursor that an earlier page of the same query gave.
    ///
    /// # Errors
    ///
    /// [`InvalidCursor`] if the cursor is forged or of another query: other filters, another order.
    ///
    /// ```
    /// use ventanilla_domain::Explain;
    /// use ventanilla_storage::{Cursor, ListQuery};
    ///
    /// let forged: Cursor = "A".repeat(51).parse()?;
    /// assert_eq!(ListQuery::new().page_after(&forged).unwrap_err().code(), "cursor_foreign");
    /// # Ok::<(), ventanilla_storage::InvalidCursor>(())
    /// ```
    pub fn page_after(self, cursor: &Cursor) -> Result<PageQuery, InvalidCursor> {
        let after = Some(cursor.open(&self)?);
        Ok(PageQuery { query: self, after, as_of: BEGINNING, timers: true })
    }
}

/// A working time at which nothing is overdue.
const BEGINNING: BusinessTime = BusinessTime::from_millis(i64::MIN);

impl From<ListQuery> for PageQuery {
    /// The first page.
    fn from(query: ListQuery) -> Self {
        query.first_page()
    }
}

/// How many rows a page has at most: 1 to 100, by default 20.
///
/// ```
/// use ventanilla_storage::PageSize;
///
/// assert_eq!(PageSize::default().get(), 20);
/// assert_eq!(PageSize::new(0).unwrap_err().value(), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    /// The largest page.
    pub const MAX: u32 = 100;

    pub(crate) const LARGEST: Self = Self(Self::MAX as u8);

    /// Checks a size.
    ///
    /// # Errors
    ///
    /// [`InvalidPageSize`] unless it is between 1 and 100.
    pub fn new(rows: u32) -> Result<Self, InvalidPageSize> {
        match u8::try_from(rows) {
            Ok(size) if (1..=Self::MAX).contains(&rows) => Ok(Self(size)),
            _ => Err(InvalidPageSize { value: rows }),
        }
    }

    /// The number of rows.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

/// A number of rows that no page may have; its code is `invalid_page_size`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidPageSize {
    value: u32,
}

impl InvalidPageSize {
    /// The offending value.
    #[must_use]
    pub const fn value(&self) -> u32 {
        self.value
    }
}

impl Explain for InvalidPageSize {
    fn code(&self) -> &'static str {
        "invalid_page_size"
    }

    fn explain(&self, locale: Locale) -> String {
        let value = self.value;
        match locale {
            Locale::Es => format!("Una página tiene entre 1 y 100 filas, no {value}."),
            Locale::En => format!("A page has between 1 and 100 rows, not {value}."),
        }
    }
}
