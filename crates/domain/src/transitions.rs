//! Table of the status transitions that each kind of actor may make.

use crate::{ActorKind, EnumSet, Status};

impl Status {
    /// Returns the statuses from which such an actor may set this one.
    ///
    /// | from \ to | `OPEN` | `IN_PROGRESS` | `RESOLVED` | `CLOSED` |
    /// |---|---|---|---|---|
    /// | `OPEN` | | administrator | administrator | administrator |
    /// | `IN_PROGRESS` | administrator | | administrator | administrator |
    /// | `RESOLVED` | the customer, by a message | administrator | | administrator, customer, system |
    /// | `CLOSED` | nobody | nobody | nobody | |
    ///
    /// Reopening by a customer's message is handled separately and is not part of this table.
    /// No status follows closed.
    ///
    /// ```
    /// use ventanilla_domain::{ActorKind, Status};
    ///
    /// assert!(Status::Closed.reachable_from(ActorKind::Customer).contains(Status::Resolved));
    /// assert!(Status::Open.reachable_from(ActorKind::Customer).is_empty());
    /// ```
    #[must_use]
    pub fn reachable_from(self, by: ActorKind) -> EnumSet<Status> {
        match (by, self) {
            (ActorKind::Admin, Status::Open) => Status::InProgress.into(),
            (ActorKind::Admin, Status::InProgress) => Status::Open | Status::Resolved,
            (ActorKind::Admin, Status::Resolved) => Status::Open | Status::InProgress,
            (ActorKind::Admin, Status::Closed) => !EnumSet::only(Status::Closed),
            (ActorKind::Customer | ActorKind::System, Status::Closed) => Status::Resolved.into(),
            (
                ActorKind::Customer | ActorKind::System,
                Status::Open | Status::InProgress | Status::Resolved,
            )
            | (ActorKind::Bot, _) => EnumSet::empty(),
        }
    }

    /// Returns the statuses that such an actor may set a ticket of this status to.
    ///
    /// ```
    /// use ventanilla_domain::{ActorKind, Status};
    ///
    /// let offered: Vec<Status> = Status::Resolved.next_for(ActorKind::Admin).iter().collect();
    /// assert_eq!(offered, [Status::InProgress, Status::Closed]);
    /// ```
    #[must_use]
    pub fn next_for(self, by: ActorKind) -> EnumSet<Status> {
        Status::ALL.into_iter().filter(|to| to.reachable_from(by).contains(self)).collect()
    }
}
