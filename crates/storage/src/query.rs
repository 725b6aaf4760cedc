//! Which tickets to list, and in what order.

use serde::Serialize;
use ventanilla_domain::{
    Category, EnumSet, Explain, Locale, Priority, Status, TicketHead, Timestamp, UserId,
};

use crate::cursor::{Cursor, InvalidCursor, Position};

/// Which tickets to list, in what order and in pages of what size.
///
/// Every filter narrows the list; without any it holds all tickets, newest first.
///
/// ```
/// use ventanilla_domain::{Category, Priority, Status};
/// use ventanilla_storage::{Direction, ListQuery, Sort};
///
/// let queue = ListQuery::new()
///     .statuses(Status::Open | Status::InProgress)
///     .category(Category::PAGOS)
///     .unassigned()
///     .sort(Sort::UrgentFirst(Direction::OldestFirst));
/// assert!(!queue.first_page().query().filtered_statuses().contains(Status::Closed));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListQuery {
    statuses: EnumSet<Status>,
    priorities: EnumSet<Priority>,
    category: Option<Category>,
    assignee: Option<AssigneeFilter>,
    requester: Option<UserId>,
    created_from: Option<Timestamp>,
    created_before: Option<Timestamp>,
    sort: Sort,
    #[serde(skip)]
    page_size: PageSize,
}

/// Whose tickets to list. Nobody's is a choice of its own, never the lack of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AssigneeFilter {
    /// Those that nobody has.
    Unassigned,
    /// Those of this administrator.
    To(UserId),
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// By creation.
    Created(Direction),
    /// Urgent before low, and each by creation.
    UrgentFirst(Direction),
    /// Low before urgent, and each by creation.
    LowFirst(Direction),
}

/// Which way creation runs. Tickets of the same millisecond stand in an order that is the store's
/// own and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// The newest ticket first.
    NewestFirst,
    /// The oldest ticket first.
    OldestFirst,
}

impl Default for Sort {
    fn default() -> Self {
        Sort::Created(Direction::NewestFirst)
    }
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            statuses: EnumSet::all(),
            priorities: EnumSet::all(),
            category: None,
            assignee: None,
            requester: None,
            created_from: None,
            created_before: None,
            sort: Sort::default(),
            page_size: PageSize::default(),
        }
    }
}

/// Narrowing a list.
impl ListQuery {
    /// All tickets, newest first, 20 a page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only tickets of these statuses.
    #[must_use]
    pub fn statuses(mut self, statuses: impl Into<EnumSet<Status>>) -> Self {
        self.statuses = statuses.into();
        self
    }

    /// Only tickets of these priorities.
    #[must_use]
    pub fn priorities(mut self, priorities: impl Into<EnumSet<Priority>>) -> Self {
        self.priorities = priorities.into();
        self
    }

    /// Only tickets of this category.
    #[must_use]
    pub fn category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// Only tickets of this administrator.
    #[must_use]
    pub fn assigned_to(mut self, assignee: UserId) -> Self {
        self.assignee = Some(AssigneeFilter::To(assignee));
        self
    }

    /// Only tickets that nobody has.
    #[must_use]
    pub fn unassigned(mut self) -> Self {
        self.assignee = Some(AssigneeFilter::Unassigned);
        self
    }

    /// Only tickets that this user opened.
    #[must_use]
    pub fn requester(mut self, requester: UserId) -> Self {
        self.requester = Some(requester);
        self
    }

    /// Only tickets created at this instant or later.
    #[must_use]
    pub fn created_from(mut self, from: Timestamp) -> Self {
        self.created_from = Some(from);
        self
    }

    /// Only tickets created earlier than this instant.
    #[must_use]
    pub fn created_before(mut self, before: Timestamp) -> Self {
        self.created_before = Some(before);
        self
    }

    /// In this order.
    #[must_use]
    pub fn sort(mut self, sort: Sort) -> Self {
        self.sort = sort;
        self
    }

    /// In pages of this size. A walk may change it from page to page.
    #[must_use]
    pub fn page_size(mut self, size: PageSize) -> Self {
        self.page_size = size;
        self
    }

    /// The first page.
    #[must_use]
    pub fn first_page(self) -> PageQuery {
        PageQuery { query: self, after: None }
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
    /// let forged: Cursor = "AAAA".repeat(17).parse().unwrap_or_else(|_| unreachable!());
    /// assert_eq!(ListQuery::new().page_after(&forged).unwrap_err().code(), "cursor_foreign");
    /// ```
    pub fn page_after(self, cursor: &Cursor) -> Result<PageQuery, InvalidCursor> {
        let after = Some(cursor.open(&self)?);
        Ok(PageQuery { query: self, after })
    }
}

/// What a store asks of a query.
impl ListQuery {
    /// The statuses that are listed.
    #[must_use]
    pub const fn filtered_statuses(&self) -> EnumSet<Status> {
        self.statuses
    }

    /// The priorities that are listed.
    #[must_use]
    pub const fn filtered_priorities(&self) -> EnumSet<Priority> {
        self.priorities
    }

    /// The only category, if there is one.
    #[must_use]
    pub const fn filtered_category(&self) -> Option<&Category> {
        self.category.as_ref()
    }

    /// Whose tickets are listed; `None` is everybody's and nobody's.
    #[must_use]
    pub const fn filtered_assignee(&self) -> Option<&AssigneeFilter> {
        self.assignee.as_ref()
    }

    /// The only requester, if there is one.
    #[must_use]
    pub const fn filtered_requester(&self) -> Option<&UserId> {
        self.requester.as_ref()
    }

    /// The first instant of creation, inclusive, and the last, exclusive.
    #[must_use]
    pub const fn filtered_creation(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.created_from, self.created_before)
    }

    /// The order.
    #[must_use]
    pub const fn order(&self) -> Sort {
        self.sort
    }

    /// How many rows a page has at most.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.page_size.get()
    }

    /// Whether a ticket passes every filter: the meaning of a query, in one place.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// use ventanilla_storage::ListQuery;
    ///
    /// # let ana = UserId::parse("ana")?;
    /// # let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = TicketNumber::from_entropy(b"example");
    /// # let by = Actor::Customer(ana.clone());
    /// # let ticket = draft.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
    /// assert!(ListQuery::new().unassigned().matches(ticket.head()));
    /// assert!(!ListQuery::new().category(Category::PAGOS).matches(ticket.head()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn matches(&self, head: &TicketHead) -> bool {
        let assignee = match &self.assignee {
            None => true,
            Some(AssigneeFilter::Unassigned) => head.assignee.is_none(),
            Some(AssigneeFilter::To(admin)) => head.assignee.as_ref() == Some(admin),
        };
        assignee
            && self.statuses.contains(head.status)
            && self.priorities.contains(head.priority)
            && self.category.as_ref().is_none_or(|category| *category == head.category)
            && self.requester.as_ref().is_none_or(|requester| *requester == head.requester)
            && self.created_from.is_none_or(|from| head.created_at >= from)
            && self.created_before.is_none_or(|before| head.created_at < before)
    }
}

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
}

impl PageQuery {
    /// The query of which this is a page.
    #[must_use]
    pub const fn query(&self) -> &ListQuery {
        &self.query
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
