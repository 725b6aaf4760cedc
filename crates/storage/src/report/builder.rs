//! Builder of reports.

use std::collections::BTreeMap;

use ventanilla_domain::{SlaMetric, TicketHead, UserId};

use super::{Histogram, MetricStats, Report, ReportQuery, StatsByMetric};

/// Builder of a [`Report`] from samples, added one by one or as counted by a database.
///
/// ```
/// use ventanilla_domain::SlaMetric;
/// use ventanilla_storage::{Sample, ReportBuilder};
///
/// let mut builder = ReportBuilder::default();
/// builder.add(SlaMetric::FirstResponse, None, Sample::Met, 3);
/// builder.add(SlaMetric::FirstResponse, None, Sample::Breached, 1);
/// let report = builder.report();
/// assert_eq!(report.overall.of(SlaMetric::FirstResponse).compliance(), Some(0.75));
/// ```
#[derive(Debug, Default)]
pub struct ReportBuilder {
    overall: Samples,
    by_admin: BTreeMap<UserId, Samples>,
}

/// Contribution of a timer to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// The timer stopped, after a business time of this [bucket](Histogram::bucket).
    Business(u32),
    /// The timer stopped, after a calendar time of this bucket.
    Calendar(u32),
    /// The target was met.
    Met,
    /// The target was breached.
    Breached,
}

type Samples = BTreeMap<SlaMetric, Sums>;

#[derive(Debug, Default)]
struct Sums {
    business: Histogram,
    calendar: Histogram,
    met: u64,
    breached: u64,
}

impl ReportBuilder {
    /// Adds a number of equal samples, of an administrator if one is given.
    pub fn add(&mut self, metric: SlaMetric, by: Option<&UserId>, sample: Sample, count: u64) {
        let of_admin = by.map(|by| self.by_admin.entry(by.clone()).or_default());
        for samples in [Some(&mut self.overall), of_admin].into_iter().flatten() {
            let sums = samples.entry(metric).or_default();
            match sample {
                Sample::Business(bucket) => sums.business.add(bucket, count),
                Sample::Calendar(bucket) => sums.calendar.add(bucket, count),
                Sample::Met => sums.met += count,
                Sample::Breached => sums.breached += count,
            }
        }
    }

    /// Adds the samples of all timers of a ticket within a period.
    pub fn add_ticket(&mut self, query: &ReportQuery, head: &TicketHead) {
        for (metric, timer) in head.sla.iter().flat_map(|timers| timers.all()) {
            let by = match &timer.stop {
                Some(stop) => stop.by.as_ref(),
                // Another application has answered or resolved the ticket without stopping its timer.
                None if !head.status.is_live() => continue,
                None if metric == SlaMetric::FirstResponse && head.first_response_at.is_some() => {
                    continue;
                }
                None => head.assignee.as_ref(),
            };
            let breached = timer.is_breached(query.due_before());
            if breached && (query.due_from()..query.due_before()).contains(&timer.due) {
                self.add(metric, by, Sample::Breached, 1);
            }
            let stopped = timer.stop.as_ref().filter(|stop| query.period().contains(stop.at));
            if let Some(measured) = stopped.and(timer.measured()) {
                let bucket = |length: std::time::Duration| {
                    Histogram::bucket(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
                };
                self.add(metric, by, Sample::Business(bucket(measured.business)), 1);
                self.add(metric, by, Sample::Calendar(bucket(measured.calendar)), 1);
                if !breached {
                    self.add(metric, by, Sample::Met, 1);
                }
            }
        }
    }

    /// Returns the report of the samples added so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let by_admin = self.by_admin.iter().map(|(by, samples)| (by.clone(), stats(samples)));
        Report { overall: stats(&self.overall), by_admin: by_admin.collect() }
    }
}

fn stats(samples: &Samples) -> StatsByMetric {
    let metric_stats = |sums: &Sums| MetricStats {
        count: sums.business.count(),
        business: sums.business.quantiles(),
        calendar: sums.calendar.quantiles(),
        met: sums.met,
        breached: sums.breached,
    };
    StatsByMetric(samples.iter().map(|(metric, sums)| (*metric, metric_stats(sums))).collect())
}

#[cfg(test)]
mod tests {
    use ventanilla_domain::*;

    use super::*;
    use crate::Period;

    const HOUR: i64 = 3_600_000;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms).unwrap()
    }

    fn id(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    /// Returns a policy with targets of 4, 8 and 40 hours, on a calendar that is always open.
    fn policy() -> Policy {
        let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
        let sla = Sla::new(SlaPolicy::new(same).unwrap(), BusinessCalendar::always());
        Policy { sla: Some(sla), ..Policy::default() }
    }

    /// Returns a ticket that Ana opened at time 0.
    fn ticket() -> Ticket {
        let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga").unwrap());
        let number = TicketNumber::from_entropy(b"builder");
        new_ticket.open(number, &id("ana"), &Actor::Customer(id("ana")), at(0), &policy()).unwrap()
    }

    fn with(ticket: &Ticket, steps: &[(&str, i64, Change)]) -> Ticket {
        let mut ticket = ticket.clone();
        for (name, ms, change) in steps {
            let by = match *name {
                "ana" => Actor::Customer(id(name)),
                name => Actor::Admin(id(name)),
            };
            let outcome =
                Command::new(&by, at(*ms), &policy(), change.clone()).unwrap().apply(&mut ticket);
            assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        }
        ticket
    }

    fn message() -> Change {
        Change::message(MessageText::parse("Hola").unwrap())
    }

    /// Returns the report of the hours `from..before`, as of `now`.
    fn report(tickets: &[&Ticket], [from, before, now]: [i64; 3]) -> Report {
        let period = Period::new(at(from * HOUR), at(before * HOUR)).unwrap();
        let query = ReportQuery::new(period, policy().sla.as_ref().unwrap(), at(now * HOUR));
        let mut builder = ReportBuilder::default();
        tickets.iter().for_each(|ticket| builder.add_ticket(&query, ticket.head()));
        builder.report()
    }

    /// Returns the numbers of timers that stopped, met their target and breached it.
    fn counts(stats: &StatsByMetric, metric: SlaMetric) -> [u64; 3] {
        let metric_stats = stats.of(metric);
        [metric_stats.count, metric_stats.met, metric_stats.breached]
    }

    #[test]
    fn a_running_timer_counts_as_neither_met_nor_breached_until_it_is_overdue() {
        let (running, answered) = (ticket(), with(&ticket(), &[("luis", HOUR, message())]));
        let first = SlaMetric::FirstResponse;
        let stats = |now| report(&[&running, &running, &running, &answered], [0, 100, now]).overall;
        assert_eq!(counts(&stats(4), first), [1, 1, 0]);
        assert_eq!(stats(4).of(first).compliance(), Some(1.0));
        assert_eq!(counts(&stats(5), first), [1, 1, 3]);
        assert_eq!(stats(5).of(first).compliance(), Some(0.25));
        assert_eq!(report(&[&running], [0, 100, 4]).overall.of(first).compliance(), None);
    }

    #[test]
    fn a_target_counts_once_in_the_period_in_which_it_was_met_or_due() {
        let first = SlaMetric::FirstResponse;
        let late = with(&ticket(), &[("luis", 12 * HOUR, message())]);
        let met = with(&ticket(), &[("luis", HOUR, message())]);
        for (period, late_counts, met_counts) in [
            ([0, 3, 100], [0, 0, 0], [1, 1, 0]),
            ([3, 9, 100], [0, 0, 1], [0, 0, 0]),
            ([9, 20, 100], [1, 0, 0], [0, 0, 0]),
            ([0, 20, 100], [1, 0, 1], [1, 1, 0]),
        ] {
            assert_eq!(counts(&report(&[&late], period).overall, first), late_counts, "{period:?}");
            assert_eq!(counts(&report(&[&met], period).overall, first), met_counts, "{period:?}");
        }
    }

    #[test]
    fn a_breach_counts_for_the_assignee_until_somebody_answers() {
        let first = SlaMetric::FirstResponse;
        let assigned = with(&ticket(), &[("luis", 1, Change::assign(Some(id("eva"))))]);
        let answered = with(&assigned, &[("luis", 9 * HOUR, message())]);
        for (ticket, name) in [(&assigned, Some("eva")), (&answered, Some("luis")), (&ticket(), None)] {
            let report = report(&[ticket], [0, 20, 20]);
            assert_eq!(counts(&report.overall, first)[2], 1);
            let theirs: Vec<&UserId> = report.by_admin.keys().collect();
            assert_eq!(theirs, name.map(id).iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_next_response_counts_and_a_cancelled_one_only_if_breached() {
        let next = SlaMetric::NextResponse;
        let resolved = || Change::status(Status::Resolved);
        let steps = [
            ("luis", HOUR, message()),
            ("ana", 2 * HOUR, message()),
            ("luis", 3 * HOUR, message()),
            ("ana", 4 * HOUR, message()),
            ("luis", 14 * HOUR, message()),
            ("ana", 15 * HOUR, message()),
            ("luis", 16 * HOUR, resolved()),
            ("ana", 17 * HOUR, message()),
            ("luis", 27 * HOUR, resolved()),
        ];
        let ticket = with(&ticket(), &steps);
        let stats = report(&[&ticket], [0, 100, 100]).overall;
        // Answered after 1 and 10 hours, cancelled after 1 and 10.
        assert_eq!(counts(&stats, next), [2, 1, 2]);
        // Resolved in hour 27, without the hour in which it was resolved before.
        assert_eq!(counts(&stats, SlaMetric::Resolution), [1, 1, 0]);
        assert_eq!(stats.of(next).compliance(), Some(1.0 / 3.0));
    }

    #[test]
    fn tickets_that_another_application_answered_or_resolved_are_not_counted() {
        let answered = TicketRecord { first_response_at: Some(at(1)), ..ticket().into() };
        let resolved = TicketRecord { status: Status::Resolved, ..ticket().into() };
        for record in [answered, resolved] {
            let ticket = Ticket::from(record);
            let stats = report(&[&ticket], [0, 20, 20]).overall;
            assert_eq!(stats, StatsByMetric::default());
        }
    }
}
