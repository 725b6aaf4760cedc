//! What lists and counts answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ventanilla_domain::{BusinessTime, Priority, Status, TicketHead, UserId};

use crate::{cursor::Cursor, query::Due};

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

/// How many tickets there are, for a dashboard.
///
/// ```
/// use ventanilla_domain::{Priority, Status};
/// use ventanilla_storage::Counts;
///
/// let mut counts = Counts::default();
/// counts.add(Status::Open, Priority::High, 3);
/// counts.add(Status::Open, Priority::Low, 1);
/// assert_eq!(counts.of(Status::Open, Priority::High), 3);
/// assert_eq!(counts.with_status(Status::Open), 4);
/// assert_eq!(counts.with_priority(Priority::High), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Tickets by status and priority; what isn't there is zero.
    by_status: BTreeMap<Status, BTreeMap<Priority, u64>>,
    /// Open tickets and tickets in progress that nobody has.
    pub unassigned: u64,
    /// Open tickets and tickets in progress of the administrator who asks.
    pub mine: u64,
    /// Open tickets and tickets in progress of which a clock was due.
    pub overdue: u64,
    /// Open tickets and tickets in progress of which a clock is at risk and none was due.
    pub at_risk: u64,
}

impl Counts {
    /// Adds tickets of a status and priority.
    pub fn add(&mut self, status: Status, priority: Priority, tickets: u64) {
        if tickets > 0 {
            *self.by_status.entry(status).or_default().entry(priority).or_default() += tickets;
        }
    }

    /// Adds a ticket: what the counts mean, in one place.
    pub fn add_ticket(&mut self, head: &TicketHead, mine: &UserId, as_of: Option<BusinessTime>) {
        self.add(head.status, head.priority, 1);
        if head.status.is_live() {
            self.unassigned += u64::from(head.assignee.is_none());
            self.mine += u64::from(head.assignee.as_ref() == Some(mine));
            self.overdue += u64::from(as_of.is_some_and(|now| Due::Overdue.holds(head, now)));
            self.at_risk += u64::from(as_of.is_some_and(|now| Due::AtRisk.holds(head, now)));
        }
    }

    /// How many tickets have this status and this priority.
    #[must_use]
    pub fn of(&self, status: Status, priority: Priority) -> u64 {
        self.by_status.get(&status).and_then(|row| row.get(&priority)).copied().unwrap_or(0)
    }

    /// How many tickets have this status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> u64 {
        Priority::ALL.into_iter().map(|priority| self.of(status, priority)).sum()
    }

    /// How many tickets have this priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> u64 {
        Status::ALL.into_iter().map(|status| self.of(status, priority)).sum()
    }

    /// How many tickets there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        Status::ALL.into_iter().map(|status| self.with_status(status)).sum()
    }
}
