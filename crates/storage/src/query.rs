//! Which tickets to list, and in what order.

use serde::Serialize;
use ventanilla_domain::{
    BusinessTime, Category, EnumSet, Priority, SlaTimers, Status, TicketHead, Timestamp, UserId,
};

use crate::paging::PageSize;

/// Which tickets to list, in what order and in pages of what size.
///
/// Each kind of filter narrows the list, and given twice the last one counts. Without any it holds
/// all tickets, newest first.
///
/// ```
/// use ventanilla_domain::{Category, Priority, Status};
/// use ventanilla_storage::{Direction, ListQuery, Sort};
///
/// let queue = ListQuery::new()
///     .with_statuses(Status::Open | Status::InProgress)
///     .with_category(Category::PAGOS)
///     .unassigned()
///     .with_sort(Sort::UrgentFirst(Direction::OldestFirst));
/// assert!(!queue.first_page().query().statuses().contains(Status::Closed));
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
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<DueFilter>,
    /// `None` stands for the order that the due filter suggests.
    sort: Option<Sort>,
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
    /// By the business time at which the first of a ticket's timers is due, earliest first. The list has
    /// only tickets that are open or in progress and have a running timer.
    Due,
}

/// Filter by the state of a ticket's timers. Only tickets that are open or in progress pass it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DueFilter {
    /// Tickets of which a timer has used three quarters of its target and none is overdue.
    AtRisk,
    /// Tickets of which a timer is overdue.
    Overdue,
}

impl DueFilter {
    /// Returns true if a ticket passes the filter at this business time.
    #[must_use]
    pub fn matches(self, head: &TicketHead, as_of: BusinessTime) -> bool {
        let risk = head.sla.as_deref().and_then(SlaTimers::at_risk_from);
        due(head).is_some_and(|due| match self {
            DueFilter::Overdue => due < as_of,
            DueFilter::AtRisk => as_of <= due && risk.is_some_and(|risk| risk <= as_of),
        })
    }
}

/// When the first of a ticket's timers is due, as long as somebody waits.
pub(crate) fn due(head: &TicketHead) -> Option<BusinessTime> {
    head.sla.as_deref().filter(|_| head.status.is_live()).and_then(SlaTimers::due)
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
            due: None,
            sort: None,
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
    pub fn with_statuses(mut self, statuses: impl Into<EnumSet<Status>>) -> Self {
        self.statuses = statuses.into();
        self
    }

    /// Only tickets of these priorities.
    #[must_use]
    pub fn with_priorities(mut self, priorities: impl Into<EnumSet<Priority>>) -> Self {
        self.priorities = priorities.into();
        self
    }

    /// Only tickets of this category.
    #[must_use]
    pub fn with_category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// Only tickets of this administrator.
    #[must_use]
    pub fn with_assignee(mut self, assignee: UserId) -> Self {
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
    pub fn with_requester(mut self, requester: UserId) -> Self {
        self.requester = Some(requester);
        self
    }

    /// Only tickets created at this instant or later.
    #[must_use]
    pub fn with_created_from(mut self, from: Timestamp) -> Self {
        self.created_from = Some(from);
        self
    }

    /// Only tickets created earlier than this instant.
    #[must_use]
    pub fn with_created_before(mut self, before: Timestamp) -> Self {
        self.created_before = Some(before);
        self
    }

    /// Sets the order. It never changes which filters apply.
    #[must_use]
    pub fn with_sort(mut self, sort: Sort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// Narrows the list by the state of the timers. Sorts by due time unless an order is set.
    ///
    /// ```
    /// use ventanilla_storage::{Direction, DueFilter, ListQuery, Sort};
    ///
    /// let overdue = ListQuery::new().with_due(DueFilter::Overdue);
    /// assert_eq!(overdue.sort(), Sort::Due);
    /// let newest = overdue.with_sort(Sort::Created(Direction::NewestFirst));
    /// assert_eq!(newest.due(), Some(DueFilter::Overdue));
    /// ```
    #[must_use]
    pub fn with_due(mut self, due: DueFilter) -> Self {
        self.due = Some(due);
        self
    }

    /// Narrows the list to tickets of which a timer is overdue.
    #[must_use]
    pub fn overdue(self) -> Self {
        self.with_due(DueFilter::Overdue)
    }

    /// Narrows the list to tickets of which a timer has used three quarters of its target and none is
    /// overdue.
    #[must_use]
    pub fn at_risk(self) -> Self {
        self.with_due(DueFilter::AtRisk)
    }

    /// In pages of this size. A walk may change it from page to page.
    #[must_use]
    pub fn with_page_size(mut self, size: PageSize) -> Self {
        self.page_size = size;
        self
    }
}

/// What a store asks of a query.
impl ListQuery {
    /// The statuses that are listed.
    #[must_use]
    pub const fn statuses(&self) -> EnumSet<Status> {
        self.statuses
    }

    /// The priorities that are listed.
    #[must_use]
    pub const fn priorities(&self) -> EnumSet<Priority> {
        self.priorities
    }

    /// Returns the priorities that are listed, in the order in which a list by priority has them.
    pub(crate) fn priorities_in_order(&self) -> Vec<Priority> {
        let ascending = self.priorities.iter();
        match self.sort() {
            Sort::UrgentFirst(_) => ascending.rev().collect(),
            Sort::LowFirst(_) | Sort::Created(_) | Sort::Due => ascending.collect(),
        }
    }

    /// The only category, if there is one.
    #[must_use]
    pub const fn category(&self) -> Option<&Category> {
        self.category.as_ref()
    }

    /// Whose tickets are listed; `None` is everybody's and nobody's.
    #[must_use]
    pub const fn assignee(&self) -> Option<&AssigneeFilter> {
        self.assignee.as_ref()
    }

    /// The only requester, if there is one.
    #[must_use]
    pub const fn requester(&self) -> Option<&UserId> {
        self.requester.as_ref()
    }

    /// The first instant of creation, inclusive, and the last, exclusive.
    #[must_use]
    pub const fn created(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.created_from, self.created_before)
    }

    /// Returns the filter by the state of the timers, if there is one.
    #[must_use]
    pub const fn due(&self) -> Option<DueFilter> {
        self.due
    }

    /// Returns the order: the one that was set, or else by due time with a due filter and newest first
    /// without one.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        match (self.sort, self.due) {
            (Some(sort), _) => sort,
            (None, Some(_)) => Sort::Due,
            (None, None) => Sort::Created(Direction::NewestFirst),
        }
    }

    /// Returns true if the list is filtered or sorted by due time, so that a page of it needs the
    /// current business time ([`PageQuery::with_as_of`](crate::PageQuery::with_as_of)).
    #[must_use]
    pub const fn uses_due_time(&self) -> bool {
        self.due.is_some() || matches!(self.sort(), Sort::Due)
    }

    /// Returns the statuses that a listed ticket may have: with due times only those of live tickets.
    pub(crate) fn listed_statuses(&self) -> EnumSet<Status> {
        if self.uses_due_time() {
            self.statuses & (Status::Open | Status::InProgress)
        } else {
            self.statuses
        }
    }

    /// Returns the same query with its order set, so that equal lists have equal cursors.
    pub(crate) fn with_explicit_sort(&self) -> Self {
        Self { sort: Some(self.sort()), ..self.clone() }
    }

    /// Returns the query without its due filter, for the faulty stores of tests.
    #[cfg(test)]
    pub(crate) fn without_due(&self) -> Self {
        Self { due: None, ..self.with_explicit_sort() }
    }

    /// How many rows a page has at most.
    #[must_use]
    pub const fn page_size(&self) -> usize {
        self.page_size.get()
    }

    /// Returns true if a ticket passes every filter that does not depend on the time.
    /// [`PageQuery::holds`](crate::PageQuery::holds) checks due times too.
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
    /// assert!(!ListQuery::new().with_category(Category::PAGOS).matches(ticket.head()));
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
