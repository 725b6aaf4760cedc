//! Query of a list: filters, order and size of pages.

use serde::Serialize;
use ventanilla_domain::{
    BusinessTime, Category, EnumSet, Priority, Reference, SlaTimers, Status, Tag, TicketHead, Timestamp,
    UserId,
};

use crate::{page_size::PageSize, words::words};

/// Query of a list of tickets: filters, order and size of pages.
///
/// Filters of different kinds narrow the list together; of two filters of one kind the last one counts.
/// Without filters the list has all tickets, newest first.
///
/// [`PageQuery::from_params`](crate::PageQuery::from_params) reads a query and the cursor of a page from the
/// parameters of a URL, and [`to_params`](Self::to_params) writes them.
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
    // Later fields are left out unless they are set, so that cursors of older queries stay valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<DueFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<WaitingFilter>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    handed_over: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<Tag>,
    /// `None` stands for the default order, which depends on the due filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<Sort>,
    #[serde(skip)]
    page_size: PageSize,
}

/// Filter by assignee. *Unassigned* is an explicit value; a query without this filter lists all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AssigneeFilter {
    /// Tickets without an assignee.
    Unassigned,
    /// Tickets assigned to this administrator.
    To(UserId),
}

/// Order of a list.
///
/// Its words in a URL: `newest_first`, `oldest_first`, `urgent_newest_first`, `urgent_oldest_first`,
/// `low_newest_first`, `low_oldest_first`, `due`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// By creation.
    Created(Direction),
    /// By priority from urgent to low, then by creation.
    UrgentFirst(Direction),
    /// By priority from low to urgent, then by creation.
    LowFirst(Direction),
    /// By the business time at which the first of a ticket's timers is due, earliest first. The list has
    /// only tickets that are open or in progress and have a running timer.
    Due,
}

/// Filter by the state of a ticket's timers. Only tickets that are open or in progress pass it.
///
/// Its words in a URL: `at_risk`, `overdue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DueFilter {
    /// Tickets of which a timer has used three quarters of its target and none is overdue.
    AtRisk,
    /// Tickets of which a timer is overdue.
    Overdue,
}

words!(
    DueFilter,
    UnknownDueFilter,
    "unknown_due_filter",
    "No existe el filtro de plazos",
    "There is no due filter"
);

impl DueFilter {
    /// Every filter.
    pub const ALL: &'static [DueFilter] = &[DueFilter::AtRisk, DueFilter::Overdue];

    /// Returns the word of the filter in a URL.
    ///
    /// ```
    /// use ventanilla_storage::DueFilter;
    ///
    /// assert_eq!("overdue".parse(), Ok(DueFilter::Overdue));
    /// assert_eq!(DueFilter::AtRisk.as_str(), "at_risk");
    /// ```
    #[doc(alias = "code")]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DueFilter::AtRisk => "at_risk",
            DueFilter::Overdue => "overdue",
        }
    }

    /// Returns whether a ticket passes the filter at this business time.
    #[must_use]
    pub fn matches(self, head: &TicketHead, as_of: BusinessTime) -> bool {
        let risk = head.sla.as_deref().and_then(SlaTimers::at_risk_from);
        due(head).is_some_and(|due| match self {
            DueFilter::Overdue => due < as_of,
            DueFilter::AtRisk => as_of <= due && risk.is_some_and(|risk| risk <= as_of),
        })
    }
}

/// Returns the business time at which the first running timer of a live ticket is due.
pub(crate) fn due(head: &TicketHead) -> Option<BusinessTime> {
    head.sla.as_deref().filter(|_| head.status.is_live()).and_then(SlaTimers::due)
}

/// Filter by the wait of a ticket for somebody outside the desk.
///
/// Its words in a URL: `waiting`, `not_waiting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WaitingFilter {
    /// Tickets in progress that [wait](TicketHead::wait_at) at the time of the list.
    Waiting,
    /// All other tickets: with the statuses open and in progress, the queue without what is put off.
    NotWaiting,
}

words!(
    WaitingFilter,
    UnknownWaitingFilter,
    "unknown_waiting_filter",
    "No existe el filtro de espera",
    "There is no waiting filter"
);

impl WaitingFilter {
    /// Every filter.
    pub const ALL: &'static [WaitingFilter] = &[WaitingFilter::Waiting, WaitingFilter::NotWaiting];

    /// Returns the word of the filter in a URL.
    ///
    /// ```
    /// use ventanilla_storage::WaitingFilter;
    ///
    /// assert_eq!("waiting".parse(), Ok(WaitingFilter::Waiting));
    /// assert_eq!(WaitingFilter::NotWaiting.as_str(), "not_waiting");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            WaitingFilter::Waiting => "waiting",
            WaitingFilter::NotWaiting => "not_waiting",
        }
    }

    /// Returns whether a ticket passes the filter at this time.
    #[must_use]
    pub fn matches(self, head: &TicketHead, now: Timestamp) -> bool {
        head.wait_at(now).is_some() == (self == WaitingFilter::Waiting)
    }
}

/// Returns the milliseconds until which a ticket in progress waits: the largest number without an end.
pub(crate) fn waiting_until(head: &TicketHead) -> Option<i64> {
    let waiting = head.waiting.filter(|_| head.status == Status::InProgress)?;
    Some(waiting.until.map_or(i64::MAX, Timestamp::as_millis))
}

/// Returns whether the bot handed a live ticket over to a human.
pub(crate) fn is_handed_over(head: &TicketHead) -> bool {
    head.status.is_live() && head.handoff_at.is_some()
}

/// Direction of an order by creation. Tickets of the same millisecond have an order that depends on the
/// store and never changes.
///
/// Its words: `newest_first`, `oldest_first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// The newest ticket first.
    NewestFirst,
    /// The oldest ticket first.
    OldestFirst,
}

words!(
    Direction,
    UnknownDirection,
    "unknown_direction",
    "No existe el sentido",
    "There is no direction"
);

impl Direction {
    /// Both directions.
    pub const ALL: &'static [Direction] = &[Direction::NewestFirst, Direction::OldestFirst];

    /// Returns the word of the direction in a URL.
    ///
    /// ```
    /// use ventanilla_storage::Direction;
    ///
    /// assert_eq!("oldest_first".parse(), Ok(Direction::OldestFirst));
    /// ```
    #[doc(alias = "code")]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::NewestFirst => "newest_first",
            Direction::OldestFirst => "oldest_first",
        }
    }
}

words!(Sort, UnknownSort, "unknown_sort", "No existe el orden", "There is no order");

impl Sort {
    /// Every order.
    pub const ALL: &'static [Sort] = &[
        Sort::Created(Direction::NewestFirst),
        Sort::Created(Direction::OldestFirst),
        Sort::UrgentFirst(Direction::NewestFirst),
        Sort::UrgentFirst(Direction::OldestFirst),
        Sort::LowFirst(Direction::NewestFirst),
        Sort::LowFirst(Direction::OldestFirst),
        Sort::Due,
    ];

    /// Returns the word of the order in a URL.
    ///
    /// ```
    /// use ventanilla_domain::Explain;
    /// use ventanilla_storage::{Direction, Sort};
    ///
    /// assert_eq!("oldest_first".parse(), Ok(Sort::Created(Direction::OldestFirst)));
    /// assert_eq!(Sort::UrgentFirst(Direction::OldestFirst).to_string(), "urgent_oldest_first");
    ///
    /// let error = "latest".parse::<Sort>().unwrap_err();
    /// assert_eq!((error.code(), error.value()), ("unknown_sort", "latest"));
    /// let long = "x".repeat(100).parse::<Sort>().unwrap_err();
    /// assert_eq!(long.value(), format!("{}…", "x".repeat(64)));
    /// ```
    #[doc(alias = "code")]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Sort::Created(direction) => direction.as_str(),
            Sort::UrgentFirst(Direction::NewestFirst) => "urgent_newest_first",
            Sort::UrgentFirst(Direction::OldestFirst) => "urgent_oldest_first",
            Sort::LowFirst(Direction::NewestFirst) => "low_newest_first",
            Sort::LowFirst(Direction::OldestFirst) => "low_oldest_first",
            Sort::Due => "due",
        }
    }
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
            waiting: None,
            handed_over: false,
            about: None,
            tag: None,
            sort: None,
            page_size: PageSize::default(),
        }
    }
}

/// Filters, order and size of pages.
impl ListQuery {
    /// Creates the query of all tickets, newest first, in pages of 20.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only tickets of these statuses.
    #[must_use]
    pub fn with_statuses(mut self, statuses: impl Into<EnumSet<Status>>) -> Self {
        self.statuses = statuses.into();
        self
    }

    /// Lists only tickets of these priorities.
    #[must_use]
    pub fn with_priorities(mut self, priorities: impl Into<EnumSet<Priority>>) -> Self {
        self.priorities = priorities.into();
        self
    }

    /// Lists only tickets of this category.
    #[must_use]
    pub fn with_category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// Lists only tickets that are assigned to this administrator.
    #[must_use]
    pub fn with_assignee(mut self, assignee: UserId) -> Self {
        self.assignee = Some(AssigneeFilter::To(assignee));
        self
    }

    /// Lists only tickets without an assignee.
    #[must_use]
    pub fn unassigned(mut self) -> Self {
        self.assignee = Some(AssigneeFilter::Unassigned);
        self
    }

    /// Lists only tickets of this requester.
    #[must_use]
    pub fn with_requester(mut self, requester: UserId) -> Self {
        self.requester = Some(requester);
        self
    }

    /// Lists only tickets created at this instant or later.
    #[must_use]
    pub fn with_created_from(mut self, from: Timestamp) -> Self {
        self.created_from = Some(from);
        self
    }

    /// Lists only tickets created before this instant.
    #[must_use]
    pub fn with_created_before(mut self, before: Timestamp) -> Self {
        self.created_before = Some(before);
        self
    }

    /// Sets the order, which never changes the filters.
    #[must_use]
    pub fn with_sort(mut self, sort: Sort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// Lists only tickets whose timers pass this filter, by due time unless an order is set.
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

    /// Lists only tickets with an overdue timer.
    #[must_use]
    pub fn overdue(self) -> Self {
        self.with_due(DueFilter::Overdue)
    }

    /// Lists only tickets with a timer at risk and none overdue.
    #[must_use]
    pub fn at_risk(self) -> Self {
        self.with_due(DueFilter::AtRisk)
    }

    /// Lists only tickets whose wait passes this filter.
    ///
    /// ```
    /// use ventanilla_domain::Status;
    /// use ventanilla_storage::{ListQuery, WaitingFilter};
    ///
    /// // What an administrator can work on now.
    /// let queue = ListQuery::new()
    ///     .with_statuses(Status::Open | Status::InProgress)
    ///     .with_waiting(WaitingFilter::NotWaiting);
    /// assert_eq!(queue.waiting(), Some(WaitingFilter::NotWaiting));
    /// ```
    #[must_use]
    pub fn with_waiting(mut self, waiting: WaitingFilter) -> Self {
        self.waiting = Some(waiting);
        self
    }

    /// Lists only tickets that the bot handed over to a human: open or in progress, not assigned and not
    /// answered since.
    #[must_use]
    pub fn handed_over(mut self) -> Self {
        self.handed_over = true;
        self
    }

    /// Lists only tickets that are about this.
    #[must_use]
    pub fn with_reference(mut self, about: Reference) -> Self {
        self.about = Some(about);
        self
    }

    /// Lists only tickets with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: Tag) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Sets the size of pages, which may differ from page to page of one walk.
    #[must_use]
    pub fn with_page_size(mut self, size: PageSize) -> Self {
        self.page_size = size;
        self
    }
}

/// Access to the query, for stores.
impl ListQuery {
    /// Returns the statuses that pass.
    #[must_use]
    pub const fn statuses(&self) -> EnumSet<Status> {
        self.statuses
    }

    /// Returns the priorities that pass.
    #[must_use]
    pub const fn priorities(&self) -> EnumSet<Priority> {
        self.priorities
    }

    /// Returns the priorities that pass, in the order of a list by priority.
    pub(crate) fn priorities_in_order(&self) -> Vec<Priority> {
        let ascending = self.priorities.iter();
        match self.sort() {
            Sort::UrgentFirst(_) => ascending.rev().collect(),
            Sort::LowFirst(_) | Sort::Created(_) | Sort::Due => ascending.collect(),
        }
    }

    /// Returns the category that passes; `None` if all do.
    #[must_use]
    pub const fn category(&self) -> Option<&Category> {
        self.category.as_ref()
    }

    /// Returns the filter by assignee, if there is one.
    #[must_use]
    pub const fn assignee(&self) -> Option<&AssigneeFilter> {
        self.assignee.as_ref()
    }

    /// Returns the requester that passes; `None` if all do.
    #[must_use]
    pub const fn requester(&self) -> Option<&UserId> {
        self.requester.as_ref()
    }

    /// Returns the bounds of the time of creation: the first inclusive, the second exclusive.
    #[must_use]
    pub const fn created(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.created_from, self.created_before)
    }

    /// Returns the due filter, if there is one.
    #[must_use]
    pub const fn due(&self) -> Option<DueFilter> {
        self.due
    }

    /// Returns the filter of waits, if there is one.
    #[must_use]
    pub const fn waiting(&self) -> Option<WaitingFilter> {
        self.waiting
    }

    /// Returns whether only tickets that the bot handed over pass.
    #[must_use]
    pub const fn is_handed_over(&self) -> bool {
        self.handed_over
    }

    /// Returns what listed tickets are about; `None` if all pass.
    #[must_use]
    pub const fn about(&self) -> Option<&Reference> {
        self.about.as_ref()
    }

    /// Returns the tag that listed tickets have; `None` if all pass.
    #[must_use]
    pub const fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// Returns the order that was set; by default by due time with a due filter, newest first without.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        match (self.sort, self.due) {
            (Some(sort), _) => sort,
            (None, Some(_)) => Sort::Due,
            (None, None) => Sort::Created(Direction::NewestFirst),
        }
    }

    /// Returns the order that was set, if one was.
    pub(crate) const fn explicit_sort(&self) -> Option<Sort> {
        self.sort
    }

    /// Returns whether the list is filtered or sorted by due time, so that its pages need the current
    /// business time ([`PageQuery::with_as_of`](crate::PageQuery::with_as_of)).
    #[must_use]
    pub const fn uses_due_time(&self) -> bool {
        self.due.is_some() || matches!(self.sort(), Sort::Due)
    }

    /// Returns the statuses that a listed ticket may have: a list that uses due times, or of tickets that
    /// were handed over, has only live ones, and only those in progress wait.
    pub(crate) fn listed_statuses(&self) -> EnumSet<Status> {
        let mut listed = self.statuses;
        if self.uses_due_time() || self.handed_over {
            listed = listed & (Status::Open | Status::InProgress);
        }
        if self.waiting == Some(WaitingFilter::Waiting) {
            listed = listed & Status::InProgress;
        }
        listed
    }

    /// Returns the query with its order set explicitly, so that equal lists have equal cursors.
    pub(crate) fn with_explicit_sort(&self) -> Self {
        Self { sort: Some(self.sort()), ..self.clone() }
    }

    /// Returns the query without its due filter, for the faulty stores of tests.
    #[cfg(test)]
    pub(crate) fn without_due(&self) -> Self {
        Self { due: None, ..self.with_explicit_sort() }
    }

    /// Returns the query without its filter of waits, for the faulty stores of tests.
    #[cfg(test)]
    pub(crate) fn without_waiting(&self) -> Self {
        Self { waiting: None, ..self.clone() }
    }

    /// Returns the query without its filters of references and tags, for the faulty stores of tests.
    #[cfg(test)]
    pub(crate) fn without_labels(&self) -> Self {
        Self { about: None, tag: None, ..self.clone() }
    }

    /// Returns the largest number of rows of a page.
    #[must_use]
    pub const fn page_size(&self) -> usize {
        self.page_size.get()
    }

    /// Returns whether a ticket passes every filter that does not depend on the current time.
    /// [`PageQuery::matches`](crate::PageQuery::matches) checks due times and waits too.
    ///
    /// ```
    /// # use ventanilla_domain::*;
    /// use ventanilla_storage::ListQuery;
    ///
    /// # let ana = UserId::parse("ana")?;
    /// # let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga")?);
    /// # let number = TicketNumber::from_entropy(b"example");
    /// # let by = Actor::Customer(ana.clone());
    /// # let ticket = new_ticket.open(number, &ana, &by, Timestamp::MIN, &Policy::default())?;
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
            && (!self.handed_over || is_handed_over(head))
            && self.about.as_ref().is_none_or(|about| head.about.contains(about))
            && self.tag.as_ref().is_none_or(|tag| head.tags.contains(tag))
    }
}
