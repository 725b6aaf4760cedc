//! Counts of tickets for a dashboard.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{BusinessTime, Priority, Status, TicketHead, Timestamp, UserId};

use crate::query::{DueFilter, WaitingFilter, is_handed_over};

/// Query of the counts, as a store receives it.
///
/// ```
/// use ventanilla_domain::{Timestamp, UserId};
/// use ventanilla_storage::CountsQuery;
///
/// let luis = UserId::parse("luis")?;
/// let query = CountsQuery::new(luis.clone(), Timestamp::MIN);
/// assert_eq!((query.mine(), query.as_of()), (&luis, None));
/// # Ok::<(), ventanilla_domain::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountsQuery {
    mine: UserId,
    now: Timestamp,
    as_of: Option<BusinessTime>,
}

impl CountsQuery {
    /// Creates the query of an administrator at a time.
    #[must_use]
    pub const fn new(mine: UserId, now: Timestamp) -> Self {
        Self { mine, now, as_of: None }
    }

    /// Sets the current business time; a help desk does so by its calendar. Without it no ticket counts
    /// as overdue or at risk.
    #[must_use]
    pub fn with_as_of(mut self, as_of: impl Into<Option<BusinessTime>>) -> Self {
        self.as_of = as_of.into();
        self
    }

    /// Returns the administrator whose tickets count as [`mine`](Counts::mine).
    #[must_use]
    pub const fn mine(&self) -> &UserId {
        &self.mine
    }

    /// Returns the current time, by which waits have ended or not.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the current business time, if there is one.
    #[must_use]
    pub const fn as_of(&self) -> Option<BusinessTime> {
        self.as_of
    }
}

/// Number of tickets of a list, counted up to a limit.
///
/// ```
/// use ventanilla_storage::Counted;
///
/// assert_eq!(Counted::new(1_000, 1_000), Counted::Exactly(1_000));
/// assert_eq!(Counted::new(1_001, 1_000), Counted::MoreThan(1_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Counted {
    /// The list has so many tickets.
    Exactly(u64),
    /// The list has more tickets than this limit.
    MoreThan(u64),
}

impl Counted {
    /// Creates the result of a count that ends as soon as it has found more than `up_to` tickets.
    #[must_use]
    pub const fn new(found: u64, up_to: u32) -> Self {
        let up_to = up_to as u64;
        if found > up_to { Counted::MoreThan(up_to) } else { Counted::Exactly(found) }
    }
}

/// Numbers of tickets, for a dashboard.
///
/// Numbers of tickets that wait for the desk are exact. A store may derive the number of closed tickets
/// from its size, which includes unreadable tickets.
///
/// ```
/// use ventanilla_domain::Status;
/// use ventanilla_storage::Counts;
///
/// let mut counts = Counts::default();
/// counts.add(Status::Open, 3);
/// counts.add(Status::Closed, 1);
/// assert_eq!(counts.with_status(Status::Open), 3);
/// assert_eq!(counts.total(), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Counts {
    /// Open tickets.
    pub open: u64,
    /// Tickets in progress.
    pub in_progress: u64,
    /// Resolved tickets.
    pub resolved: u64,
    /// Closed tickets.
    pub closed: u64,
    /// Urgent tickets that are open or in progress.
    pub urgent: u64,
    /// Unassigned tickets that are open or in progress.
    pub unassigned: u64,
    /// Tickets that are open or in progress and assigned to the administrator who asks.
    pub mine: u64,
    /// Tickets that are open or in progress and have an overdue timer.
    pub overdue: u64,
    /// Tickets that are open or in progress and have a timer at risk but none overdue.
    pub at_risk: u64,
    /// Tickets in progress that wait for somebody outside the desk.
    #[serde(default)]
    pub waiting: u64,
    /// Tickets that are open or in progress and that the bot handed over to a human.
    #[serde(default)]
    pub handed_over: u64,
}

impl Counts {
    /// Adds a number of tickets of one status.
    pub const fn add(&mut self, status: Status, tickets: u64) {
        let counted = match status {
            Status::Open => &mut self.open,
            Status::InProgress => &mut self.in_progress,
            Status::Resolved => &mut self.resolved,
            Status::Closed => &mut self.closed,
        };
        *counted += tickets;
    }

    /// Adds a ticket to every number that counts it.
    pub fn add_ticket(&mut self, head: &TicketHead, query: &CountsQuery) {
        self.add(head.status, 1);
        if head.status.is_live() {
            let is_due =
                |filter: DueFilter| query.as_of.is_some_and(|as_of| filter.matches(head, as_of));
            self.urgent += u64::from(head.priority == Priority::Urgent);
            self.unassigned += u64::from(head.assignee.is_none());
            self.mine += u64::from(head.assignee.as_ref() == Some(&query.mine));
            self.overdue += u64::from(is_due(DueFilter::Overdue));
            self.at_risk += u64::from(is_due(DueFilter::AtRisk));
            self.waiting += u64::from(WaitingFilter::Waiting.matches(head, query.now));
            self.handed_over += u64::from(is_handed_over(head));
        }
    }

    /// Returns the number of tickets of a status.
    #[must_use]
    pub const fn with_status(&self, status: Status) -> u64 {
        match status {
            Status::Open => self.open,
            Status::InProgress => self.in_progress,
            Status::Resolved => self.resolved,
            Status::Closed => self.closed,
        }
    }

    /// Returns the number of tickets that wait for the desk: open or in progress.
    #[must_use]
    pub const fn live(&self) -> u64 {
        self.open + self.in_progress
    }

    /// Returns the number of all tickets.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.live() + self.resolved + self.closed
    }
}
