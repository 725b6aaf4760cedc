//! What a desk promises, and how its tickets stand against it.

mod error;
mod policy;
mod timer;
mod timers;

use std::sync::Arc;

pub use error::InvalidSla;
pub use policy::{SlaPolicy, SlaTable, SlaTargets};
pub use timer::{Elapsed, SlaMetric, SlaState, SlaStop, SlaTimer, UnknownSlaMetric, UnknownSlaState};
pub(crate) use timers::Moment;
pub use timers::SlaTimers;

use crate::{BusinessCalendar, BusinessTime, Category, TicketHead, Timestamp};

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
pub struct Sla(Arc<Promise>);

#[derive(Debug, PartialEq, Eq)]
struct Promise {
    policy: SlaPolicy,
    calendar: BusinessCalendar,
}

impl Sla {
    /// A promise to keep these targets in the hours of this calendar.
    #[must_use]
    pub fn new(policy: SlaPolicy, calendar: BusinessCalendar) -> Self {
        Self(Arc::new(Promise { policy, calendar }))
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

    /// The timers of a ticket as they truly stand: another application that answered or resolved it
    /// left ours running, and they stopped when it did.
    ///
    /// `None` for a ticket that was opened without a promise.
    #[must_use]
    pub fn timers(&self, head: &TicketHead) -> Option<SlaTimers> {
        let mut timers = head.sla.as_deref()?.clone();
        let moment =
            |at| Moment { by: None, at, reading: self.business_time_at(at), priority: head.priority };
        let resolved = (!head.status.is_live()).then(|| head.resolved_or_updated_at());
        // An answer on a resolved ticket is no longer what was waited for.
        let answered = head.first_response_at.filter(|at| resolved.is_none_or(|end| *at <= end));
        if let Some(at) = answered {
            timers.stop(SlaMetric::FirstResponse, &moment(at));
        }
        if let Some(at) = resolved {
            let moment = moment(at);
            timers.cancel(SlaMetric::FirstResponse, &moment);
            timers.cancel(SlaMetric::NextResponse, &moment);
            timers.stop(SlaMetric::Resolution, &moment);
        }
        Some(timers)
    }

    /// What the calendar reads at an instant.
    #[must_use]
    pub fn business_time_at(&self, at: Timestamp) -> BusinessTime {
        self.calendar().business_time_at(at)
    }

    pub(crate) fn open(&self, category: &Category, at: Timestamp) -> Box<SlaTimers> {
        let targets = *self.policy().targets(category);
        Box::new(SlaTimers::open(targets, crate::Priority::default(), at, self.business_time_at(at)))
    }
}
