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
    /// By the working time at which the first of a ticket's timers is due, the earliest first: only
    /// tickets that are open or in progress and have timers that run.
    Due(Due),
}

/// Which tickets a list by due time holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Due {
    /// Every one that waits for something.
    Any,
    /// Those of which a timer has passed three quarters of its target, and none was due.
    AtRisk,
    /// Those of which a clock was due.
    Overdue,
}

impl Due {
    /// Whether a ticket belongs to the list when the desk's calendar reads `as_of`.
    #[must_use]
    pub fn holds(self, head: &TicketHead, as_of: BusinessTime) -> bool {
        let risk = head.sla.as_deref().and_then(SlaTimers::at_risk_from);
        due(head).is_some_and(|due| match self {
            Due::Any => true,
            Due::Overdue => due < as_of,
            Due::AtRisk => as_of <= due && risk.is_some_and(|risk| risk <= as_of),
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

    /// In this order.
    #[must_use]
    pub fn with_sort(mut self, sort: Sort) -> Self {
        self.sort = sort;
        self
    }

    /// Only tickets of which a clock was due, the longest overdue first.
    #[must_use]
    pub fn overdue(self) -> Self {
        self.with_sort(Sort::Due(Due::Overdue))
    }

    /// Only tickets of which a timer has passed three quarters of its target and none was due, the
    /// soonest due first.
    #[must_use]
    pub fn at_risk(self) -> Self {
        self.with_sort(Sort::Due(Due::AtRisk))
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
        match self.sort {
            Sort::UrgentFirst(_) => ascending.rev().collect(),
            Sort::LowFirst(_) | Sort::Created(_) | Sort::Due(_) => ascending.collect(),
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

    /// The order.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        self.sort
    }

    /// How many rows a page has at most.
    #[must_use]
    pub const fn page_size(&self) -> usize {
        self.page_size.get()
    }

    /// Whether a ticket passes every filter: the meaning of a query, in one place. Of lists by due time
    /// [`PageQuery::holds`](crate::PageQuery::holds) says the rest.
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
