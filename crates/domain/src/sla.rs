//! What a desk promises, and how its tickets stand against it.

mod policy;
mod timer;

use std::sync::Arc;

pub use policy::{InvalidSla, SlaMetric, SlaPolicy, SlaTable, SlaTargets, UnknownSlaMetric};
pub(crate) use timer::Moment;
pub use timer::{Elapsed, SlaState, SlaStop, SlaTimer, SlaTimers, UnknownSlaState};

use crate::{BusinessCalendar, BusinessTime, Category, Priority, Timestamp};

/// What a desk promises: its targets, and the calendar by which time counts. Cloning it is cheap.
///
/// A ticket keeps the targets that held when it was opened; the calendar is the desk's, for all of
/// its tickets.
///
/// ```
/// use ventanilla_domain::*;
///
/// let hours = "09:00-14:00 16:00-19:00".parse()?;
/// let office = BusinessCalendar::new(TimeZone::named("+01:00")?, Week::weekdays(hours))?;
/// let targets = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
/// let policy = Policy { sla: Some(Sla::new(SlaPolicy::new(targets)?, office)), ..Policy::default() };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sla(Arc<SlaInner>);

#[derive(Debug, PartialEq, Eq)]
struct SlaInner {
    policy: SlaPolicy,
    calendar: BusinessCalendar,
}

impl Sla {
    /// A promise to keep these targets in the hours of this calendar.
    #[must_use]
    pub fn new(policy: SlaPolicy, calendar: BusinessCalendar) -> Self {
        Self(Arc::new(SlaInner { policy, calendar }))
    }

    /// The targets for new tickets.
    #[must_use]
    pub fn policy(&self) -> &SlaPolicy {
        &self.0.policy
    }

    /// The hours in which time counts.
    #[must_use]
    pub fn calendar(&self) -> &BusinessCalendar {
        &self.0.calendar
    }

    /// What the calendar reads at an instant.
    #[must_use]
    pub fn business_time_at(&self, at: Timestamp) -> BusinessTime {
        self.calendar().business_time_at(at)
    }

    pub(crate) fn open(&self, category: &Category, at: Timestamp) -> Box<SlaTimers> {
        let targets = *self.policy().targets(category);
        Box::new(SlaTimers::open(targets, Priority::default(), at, self.business_time_at(at)))
    }
}
