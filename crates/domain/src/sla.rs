//! Response times: SLA targets, and the timers that measure them.

mod policy;
mod timer;

use std::sync::Arc;

pub use policy::{InvalidSla, SlaMetric, SlaPolicy, SlaTable, SlaTargets, UnknownSlaMetric};
pub(crate) use timer::Moment;
pub use timer::{
    Elapsed, SlaInstant, SlaPause, SlaState, SlaStop, SlaTimer, SlaTimers, UnknownSlaState,
};

use crate::{BusinessCalendar, BusinessTime, Category, Priority, Timestamp};

/// SLA policy of a desk: targets, and the calendar that counts business time. Cloning it is cheap.
///
/// A ticket keeps the targets that applied when it was opened; the calendar is the desk's, for all
/// tickets.
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
    /// Creates an SLA policy with these targets, measured by this calendar.
    #[must_use]
    pub fn new(policy: SlaPolicy, calendar: BusinessCalendar) -> Self {
        Self(Arc::new(SlaInner { policy, calendar }))
    }

    /// Returns the targets for new tickets.
    #[must_use]
    pub fn policy(&self) -> &SlaPolicy {
        &self.0.policy
    }

    /// Returns the calendar.
    #[must_use]
    pub fn calendar(&self) -> &BusinessCalendar {
        &self.0.calendar
    }

    /// Returns the business time at an instant.
    #[must_use]
    pub fn business_time_at(&self, at: Timestamp) -> BusinessTime {
        self.calendar().business_time_at(at)
    }

    pub(crate) fn open(&self, category: &Category, at: Timestamp) -> Box<SlaTimers> {
        let targets = *self.policy().targets(category);
        Box::new(SlaTimers::open(targets, Priority::default(), at, self.business_time_at(at)))
    }
}
