//! Reports of response and resolution times.

mod builder;
mod histogram;
mod period;

use std::collections::BTreeMap;

pub use builder::{ReportBuilder, Sample};
pub use histogram::{Histogram, Quantiles};
pub use period::{InvalidPeriod, Period, ReportQuery};
use serde::{Deserialize, Serialize};
use ventanilla_domain::{SlaMetric, UserId};

/// Report of response and resolution times within a period, overall and by administrator.
///
/// - A **measured** time counts in the period in which its timer stopped, for the administrator who
///   stopped it.
/// - A target that was **met** counts in the same period. A target that was **breached** counts in the
///   period in which it was due, whether the timer has stopped since or still runs; while it runs, it
///   counts for the assignee. So every target counts once.
/// - A timer that was cancelled before it was due is not counted.
///
/// Later changes alter the report of a past period in three cases only. Reopening a ticket removes its
/// resolution, but not the breach of its target. Another priority can shorten a target, which then may
/// have been due in the past. A breach moves from the assignee to the administrator who stops the timer.
///
/// Quantiles are within [`Histogram::ERROR`] of the exact ones.
///
/// ```
/// use ventanilla_domain::SlaMetric;
/// use ventanilla_storage::Report;
///
/// let report = Report::default();
/// assert_eq!(report.overall.of(SlaMetric::FirstResponse).compliance(), None, "nothing was due");
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Statistics of all administrators together.
    pub overall: StatsByMetric,
    /// Statistics of each administrator.
    pub by_admin: BTreeMap<UserId, StatsByMetric>,
}

/// Statistics by metric, of the desk or of one administrator.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatsByMetric(BTreeMap<SlaMetric, MetricStats>);

impl StatsByMetric {
    /// Returns the statistics of one metric.
    #[must_use]
    pub fn of(&self, metric: SlaMetric) -> MetricStats {
        self.0.get(&metric).copied().unwrap_or_default()
    }
}

/// Statistics of one metric.
///
/// ```
/// use ventanilla_storage::MetricStats;
///
/// let stats = MetricStats { met: 9, breached: 1, ..MetricStats::default() };
/// assert_eq!(stats.compliance(), Some(0.9));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MetricStats {
    /// Number of timers that stopped at a response or resolution, rather than by being cancelled.
    pub count: u64,
    /// Quantiles of their lengths in business time; `None` without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<Quantiles>,
    /// Quantiles of their lengths in calendar time; `None` without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Quantiles>,
    /// Number of targets that were met.
    pub met: u64,
    /// Number of targets that were breached.
    pub breached: u64,
}

impl MetricStats {
    /// Returns the share of targets that were met, from 0 to 1; `None` if none was met or breached. A
    /// running timer that is not due yet is neither.
    #[must_use]
    pub fn compliance(&self) -> Option<f64> {
        let decided = self.met + self.breached;
        (decided > 0).then(|| self.met as f64 / decided as f64)
    }
}
