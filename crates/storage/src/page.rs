//! What lists and counts answer.

use serde::{Deserialize, Serialize};
use ventanilla_domain::{BusinessTime, Priority, Status, TicketHead, UserId};

use crate::{cursor::Cursor, query::DueFilter};

/// One page of a list.
///
/// ```
/// use ventanilla_storage::Page;
///
/// let page = Page { rows: vec![1, 2], next: None, unreadable: Vec::new() };
/// assert_eq!(page.map(|row| row * 10).rows, [10, 20]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` where this is the last.
    pub next: Option<Cursor>,
    /// The tickets of this page that could not be read. They hide no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

impl<T> Page<T> {
    /// The same page with other rows.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(row).collect(),
            next: self.next,
            unreadable: self.unreadable,
        }
    }
}

/// A stored ticket that could not be read, because another application wrote what no ticket holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// Its number, as it is stored.
    pub ticket_number: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Numbers of tickets, for a dashboard.
///
/// Those that wait for the desk are exact. The number of closed tickets may come from what a store
/// knows of its size, and then counts what holds no readable ticket too.
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
    /// Open tickets and tickets in progress that nobody has.
    pub unassigned: u64,
    /// Open tickets and tickets in progress of the administrator who asks.
    pub mine: u64,
    /// Open tickets and tickets in progress of which a timer was due.
    pub overdue: u64,
    /// Open tickets and tickets in progress of which a timer is at risk and none was due.
    pub at_risk: u64,
}

impl Counts {
    /// Adds tickets of a status.
    pub const fn add(&mut self, status: Status, tickets: u64) {
        let counted = match status {
            Status::Open => &mut self.open,
            Status::InProgress => &mut self.in_progress,
            Status::Resolved => &mut self.resolved,
            Status::Closed => &mut self.closed,
        };
        *counted += tickets;
    }

    /// Adds a ticket: what the counts mean, in one place.
    pub fn add_ticket(&mut self, head: &TicketHead, mine: &UserId, as_of: Option<BusinessTime>) {
        self.add(head.status, 1);
        if head.status.is_live() {
            self.urgent += u64::from(head.priority == Priority::Urgent);
            self.unassigned += u64::from(head.assignee.is_none());
            self.mine += u64::from(head.assignee.as_ref() == Some(mine));
            self.overdue += u64::from(as_of.is_some_and(|now| DueFilter::Overdue.matches(head, now)));
            self.at_risk += u64::from(as_of.is_some_and(|now| DueFilter::AtRisk.matches(head, now)));
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
