//! A report in the making.

use std::collections::BTreeMap;

use ventanilla_domain::{SlaMetric, TicketHead, UserId};

use super::{Figures, Histogram, Measures, Report, ReportQuery};

/// A report in the making: marks go in, one by one or counted by a database, and come out as figures.
///
/// ```
/// use ventanilla_domain::SlaMetric;
/// use ventanilla_storage::{Mark, Tally};
///
/// let mut tally = Tally::default();
/// tally.add(SlaMetric::FirstResponse, None, Mark::Met, 3);
/// tally.add(SlaMetric::FirstResponse, None, Mark::Breached, 1);
/// let report = tally.report();
/// assert_eq!(report.overall.of(SlaMetric::FirstResponse).compliance(), Some(0.75));
/// ```
#[derive(Debug, Default)]
pub struct Tally {
    overall: Marks,
    by_admin: BTreeMap<UserId, Marks>,
}

/// What a clock adds to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It stopped, after a working time of this [bucket](Histogram::bucket).
    Business(u32),
    /// It stopped, after a calendar time of this bucket.
    Calendar(u32),
    /// Its target was met.
    Met,
    /// Its target was breached.
    Breached,
}

type Marks = BTreeMap<SlaMetric, Sums>;

#[derive(Debug, Default)]
struct Sums {
    business: Histogram,
    calendar: Histogram,
    met: u64,
    breached: u64,
}

impl Tally {
    /// Adds so many marks of an administrator, or of nobody.
    pub fn add(&mut self, metric: SlaMetric, by: Option<&UserId>, mark: Mark, count: u64) {
        let theirs = by.map(|by| self.by_admin.entry(by.clone()).or_default());
        for marks in [Some(&mut self.overall), theirs].into_iter().flatten() {
            let sums = marks.entry(metric).or_default();
            match mark {
                Mark::Business(bucket) => sums.business.add(bucket, count),
                Mark::Calendar(bucket) => sums.calendar.add(bucket, count),
                Mark::Met => sums.met += count,
                Mark::Breached => sums.breached += count,
            }
        }
    }

    /// Adds what the clocks of a ticket measured within a period: the meaning of a report, in one
    /// place.
    pub fn add_ticket(&mut self, query: &ReportQuery, head: &TicketHead) {
        for (metric, clock) in head.sla.iter().flat_map(|clocks| clocks.all()) {
            let by = match &clock.stop {
                Some(stop) => stop.by.as_ref(),
                // Another application has answered or resolved it: its clock runs in vain.
                None if !head.status.is_live() => continue,
                None if metric == SlaMetric::FirstResponse && head.first_response_at.is_some() => {
                    continue;
                }
                None => head.assignee.as_ref(),
            };
            let breached = clock.is_breached(query.due_before());
            if breached && (query.due_from()..query.due_before()).contains(&clock.due) {
                self.add(metric, by, Mark::Breached, 1);
            }
            let stopped = clock.stop.as_ref().filter(|stop| query.period().contains(stop.at));
            if let Some(measured) = stopped.and(clock.measured()) {
                let bucket = |length: std::time::Duration| {
                    Histogram::bucket(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
                };
                self.add(metric, by, Mark::Business(bucket(measured.business)), 1);
                self.add(metric, by, Mark::Calendar(bucket(measured.calendar)), 1);
                if !breached {
                    self.add(metric, by, Mark::Met, 1);
                }
            }
        }
    }

    /// The figures.
    #[must_use]
    pub fn report(&self) -> Report {
        let by_admin = self.by_admin.iter().map(|(by, marks)| (by.clone(), figures(marks)));
        Report { overall: figures(&self.overall), by_admin: by_admin.collect() }
    }
}

fn figures(marks: &Marks) -> Figures {
    let measures = |sums: &Sums| Measures {
        count: sums.business.count(),
        business: sums.business.quantiles(),
        calendar: sums.calendar.quantiles(),
        met: sums.met,
        breached: sums.breached,
    };
    Figures(marks.iter().map(|(metric, sums)| (*metric, measures(sums))).collect())
}
