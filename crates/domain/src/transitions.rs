//! The table of transitions.

use enumset::{EnumSet, enum_set};

use crate::{ActorKind, Status};

/// The statuses that are not final.
pub(crate) const NOT_CLOSED: EnumSet<Status> =
    enum_set!(Status::Open | Status::InProgress | Status::Resolved);

impl Status {
    /// The table of transitions: the statuses from which this one may be set by such an actor.
    ///
    /// A requester's message, which reopens a resolved ticket, is no setting and not in it. Nothing
    /// leads away from closed.
    ///
    /// ```
    /// use ventanilla_domain::{ActorKind, Status};
    ///
    /// assert!(Status::Closed.reachable_from(ActorKind::Customer).contains(Status::Resolved));
    /// assert!(Status::Open.reachable_from(ActorKind::Customer).is_empty());
    /// ```
    #[must_use]
    pub const fn reachable_from(self, by: ActorKind) -> EnumSet<Status> {
        match (by, self) {
            (ActorKind::Admin, Status::Open) => enum_set!(Status::InProgress),
            (ActorKind::Admin, Status::InProgress) => enum_set!(Status::Open | Status::Resolved),
            (ActorKind::Admin, Status::Resolved) => enum_set!(Status::Open | Status::InProgress),
            (ActorKind::Admin, Status::Closed) => NOT_CLOSED,
            (ActorKind::Customer | ActorKind::System, Status::Closed) => enum_set!(Status::Resolved),
            (
                ActorKind::Customer | ActorKind::System,
                Status::Open | Status::InProgress | Status::Resolved,
            )
            | (ActorKind::Bot, _) => EnumSet::empty(),
        }
    }

    /// The statuses that such an actor may set a ticket of this status to: what a page offers.
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
