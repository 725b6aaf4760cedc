//! Context of a page.

use std::fmt;

use ventanilla_domain::{Policy, Timestamp, UserId};

use super::{LocalTime, PersonDirectory, PersonView, SlaContext, Viewer};

/// Everything that a page depends on besides the ticket.
#[derive(Clone, Copy)]
pub(crate) struct PageContext<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    pub(crate) viewer: Viewer,
    pub(crate) people: &'a dyn PersonDirectory,
}

impl PageContext<'_> {
    pub(crate) fn time(&self, instant: Timestamp) -> LocalTime {
        LocalTime::new(instant, self.viewer)
    }

    /// Returns a person, named `unknown` if the directory doesn't know them.
    pub(crate) fn person(&self, id: Option<&UserId>, unknown: &str) -> PersonView {
        PersonView::of(id, self.people, unknown)
    }

    /// Returns the SLA policy at this time, if the desk has one.
    pub(crate) fn sla(&self) -> Option<SlaContext<'_>> {
        self.policy.sla.as_ref().map(|sla| SlaContext { sla, now: self.now, viewer: self.viewer })
    }
}

impl fmt::Debug for PageContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageContext")
            .field("now", &self.now)
            .field("viewer", &self.viewer)
            .finish_non_exhaustive()
    }
}
