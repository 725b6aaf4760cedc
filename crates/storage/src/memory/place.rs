//! Positions of tickets in lists.

use ventanilla_domain::Priority;

use crate::Position;

/// Index of a ticket in order of arrival.
pub(super) type Seq = u32;

/// Position of the last ticket before a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) priority: Priority,
    pub(super) key: i64,
    pub(super) seq: Seq,
}

impl Place {
    /// Returns the place that a cursor names.
    pub(super) fn of(position: &Position) -> Self {
        let Position { key, priority, .. } = *position;
        Self { key, priority, seq: position.id() as Seq }
    }
}
