//! How soon a desk answered and resolved.

mod histogram;
mod period;
mod tally;

use std::collections::BTreeMap;

pub use histogram::{Histogram, Quantiles};
pub use period::{InvalidPeriod, Period, ReportQuery};
use serde::{Deserialize, Serialize};
pub use tally::{ReportBuilder, Sample};
use ventanilla_domain::{SlaMetric, UserId};

/// How soon a desk answered and resolved within a period, overall and by administrator.
///
/// - What was **measured** counts in the period in which its timer stopped, for the administrator who
///   stopped it.
/// - A target that was **met** counts in that period too. One that was **breached** counts in the
///   period in which it was due, whether the timer has stopped since or still runs; while it runs, for
///   the administrator who has the ticket. So every target counts once.
/// - A timer that was cancelled in time counts nowhere.
///
/// The report of a past period stays as it is, but for three things. A ticket that is opened again was
/// not resolved then; that it was late stays. A target that is shortened, by another priority, counts
/// from the same start, so it may have been due long ago. And a breach goes over from the administrator
/// who had the ticket to the one who stops its timer.
///
/// Quantiles are within [`Histogram::ERROR`] of the true ones.
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
    /// All that happened.
    pub overall: StatsByMetric,
    /// What each administrator did.
    pub by_admin: BTreeMap<UserId, StatsByMetric>,
}

/// The figures of the desk, or of one administrator.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatsByMetric(BTreeMap<SlaMetric, MetricStats>);

impl StatsByMetric {
    /// The figures of one metric.
    #[must_use]
    pub fn of(&self, metric: SlaMetric) -> MetricStats {
        self.0.get(&metric).copied().unwrap_or_default()
    }
}

/// The figures of one metric.
///
/// ```
/// use ventanilla_storage::MetricStats;
///
/// let measures = MetricStats { met: 9, breached: 1, ..MetricStats::default() };
/// assert_eq!(measures.compliance(), Some(0.9));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MetricStats {
    /// How many timers stopped because what they waited for came.
    pub count: u64,
    /// How long that took in working time; absent where nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<Quantiles>,
    /// How long that took as the calendar runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Quantiles>,
    /// How many targets were met.
    pub met: u64,
    /// How many were breached.
    pub breached: u64,
}

impl MetricStats {
    /// The part of the targets that were met, from 0 to 1; `None` where none was met or breached. A
    /// timer that runs and isn't due yet is neither.
    #[must_use]
    pub fn compliance(&self) -> Option<f64> {
        let decided = self.met + self.breached;
        (decided > 0).then(|| self.met as f64 / decided as f64)
    }
}
