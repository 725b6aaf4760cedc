//! Results of lists and counts.

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
    /// Rows, in the order of the list.
    pub rows: Vec<T>,
    /// Cursor of the next page; `None` on the last page.
    pub next: Option<Cursor>,
    /// Tickets of this page that could not be read, which hide no other ticket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

impl<T> Page<T> {
    /// Converts the rows of the page.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(row).collect(),
            next: self.next,
            unreadable: self.unreadable,
        }
    }
}

/// Stored ticket that could not be read; another application may have written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// Number of the ticket, as it is stored.
    pub ticket_number: String,
    /// Reason for which the data hold no ticket, in English, for operators.
    pub problem: String,
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
