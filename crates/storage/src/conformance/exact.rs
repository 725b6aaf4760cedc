//! Exact reports, with which the reports of a store are compared.

use std::{collections::BTreeMap, time::Duration};

use ventanilla_domain::{SlaMetric, SlaState, SlaTimer, Ticket, TicketHead, Timestamp, UserId};

use crate::{Histogram, MetricStats, Report, StatsByMetric, testing};

/// Report with every single length of time, of the desk and of each administrator.
#[derive(Default)]
pub(super) struct Exact(BTreeMap<(Option<UserId>, SlaMetric), Lengths>);

#[derive(Default)]
struct Lengths {
    business: Vec<Duration>,
    calendar: Vec<Duration>,
    met: u64,
    breached: u64,
}

impl Exact {
    /// Returns the report of a period, given by its ends, as of a third time.
    pub(super) fn of(tickets: &[Ticket], times: [Timestamp; 3]) -> Self {
        let mut exact = Self::default();
        for head in tickets.iter().map(Ticket::head) {
            for (metric, timer) in head.sla.iter().flat_map(|timers| timers.all()) {
                exact.add(head, metric, timer, times);
            }
        }
        exact
    }

    /// Compares a report with this one; quantiles may deviate within their error.
    pub(super) fn compare(&self, found: &Report) {
        let seen: BTreeMap<_, _> = rows(found).collect();
        for ((by, metric), meant) in &self.0 {
            let metric_stats = seen.get(by).map(|stats| stats.of(*metric)).unwrap_or_default();
            let numbers = [meant.business.len() as u64, meant.met, meant.breached];
            assert_eq!(counts(&metric_stats), numbers, "{metric} of {by:?}");
            for (found, lengths) in
                [(metric_stats.business, &meant.business), (metric_stats.calendar, &meant.calendar)]
            {
                let exact = [50, 90].map(|percent| nearest_rank(lengths, percent));
                match (found, exact) {
                    (None, [None, None]) => {}
                    (Some(found), [Some(median), Some(p90)]) => assert!(
                        near(found.median, median) && near(found.p90, p90),
                        "{metric} of {by:?}: {found:?} for {median:?} and {p90:?}",
                    ),
                    (found, exact) => panic!("{metric} of {by:?}: {found:?} for {exact:?}"),
                }
            }
        }
        for (by, stats) in seen {
            for metric in SlaMetric::ALL {
                let known = self.0.contains_key(&(by.clone(), metric));
                assert!(known || stats.of(metric) == MetricStats::default(), "{metric} of {by:?}");
            }
        }
    }

    fn add(&mut self, head: &TicketHead, metric: SlaMetric, timer: &SlaTimer, times: [Timestamp; 3]) {
        let [from, before, now] = times;
        let sla = testing::sla();
        let by = match &timer.stop {
            Some(stop) => stop.by.clone(),
            None => head.assignee.clone(),
        };
        let until = sla.business_time_at(now.min(before));
        let breached = timer.state(until) == SlaState::Breached;
        let due_then = sla.business_time_at(from) <= timer.due && timer.due < until;
        let measured = timer.stop.as_ref().filter(|stop| !stop.cancelled);
        let measured = measured.filter(|stop| from <= stop.at && stop.at < before);
        for by in [Some(None), by.map(Some)].into_iter().flatten() {
            let lengths = self.0.entry((by, metric)).or_default();
            lengths.breached += u64::from(breached && due_then);
            lengths.met += u64::from(measured.is_some() && !breached);
            if let Some(stop) = measured {
                let between = |from: i64, to: i64| Duration::from_millis((to - from).max(0) as u64);
                let calendar = between(timer.since.as_millis(), stop.at.as_millis());
                let business = between(timer.start.as_millis(), stop.business_time.as_millis());
                lengths.calendar.push(calendar);
                lengths.business.push(business);
            }
        }
    }
}

/// Returns the statistics of the desk, under `None`, and of each administrator.
pub(super) fn rows(report: &Report) -> impl Iterator<Item = (Option<UserId>, &StatsByMetric)> {
    let by_admin = report.by_admin.iter().map(|(by, stats)| (Some(by.clone()), stats));
    [(None, &report.overall)].into_iter().chain(by_admin)
}

/// Returns the numbers of measured timers, met targets and breached targets.
pub(super) fn counts(metric_stats: &MetricStats) -> [u64; 3] {
    [metric_stats.count, metric_stats.met, metric_stats.breached]
}

pub(super) fn near(found: Duration, exact: Duration) -> bool {
    (found.as_secs_f64() - exact.as_secs_f64()).abs() <= Histogram::ERROR * exact.as_secs_f64()
}

fn nearest_rank(lengths: &[Duration], percent: usize) -> Option<Duration> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}
