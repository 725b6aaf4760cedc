//! A report in the making.

use std::collections::BTreeMap;

use ventanilla_domain::{SlaMetric, TicketHead, UserId};

use super::{Histogram, MetricStats, Report, ReportQuery, StatsByMetric};

/// A report in the making: marks go in, one by one or counted by a database, and come out as figures.
///
/// ```
/// use ventanilla_domain::SlaMetric;
/// use ventanilla_storage::{Sample, ReportBuilder};
///
/// let mut tally = ReportBuilder::default();
/// tally.add(SlaMetric::FirstResponse, None, Sample::Met, 3);
/// tally.add(SlaMetric::FirstResponse, None, Sample::Breached, 1);
/// let report = tally.report();
/// assert_eq!(report.overall.of(SlaMetric::FirstResponse).compliance(), Some(0.75));
/// ```
#[derive(Debug, Default)]
pub struct ReportBuilder {
    overall: Marks,
    by_admin: BTreeMap<UserId, Marks>,
}

/// What a timer adds to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
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

impl ReportBuilder {
    /// Adds so many marks of an administrator, or of nobody.
    pub fn add(&mut self, metric: SlaMetric, by: Option<&UserId>, mark: Sample, count: u64) {
        let theirs = by.map(|by| self.by_admin.entry(by.clone()).or_default());
        for marks in [Some(&mut self.overall), theirs].into_iter().flatten() {
            let sums = marks.entry(metric).or_default();
            match mark {
                Sample::Business(bucket) => sums.business.add(bucket, count),
                Sample::Calendar(bucket) => sums.calendar.add(bucket, count),
                Sample::Met => sums.met += count,
                Sample::Breached => sums.breached += count,
            }
        }
    }

    /// Adds what the timers of a ticket measured within a period: the meaning of a report, in one
    /// place.
    pub fn add_ticket(&mut self, query: &ReportQuery, head: &TicketHead) {
        for (metric, timer) in head.sla.iter().flat_map(|timers| timers.all()) {
            let by = match &timer.stop {
                Some(stop) => stop.by.as_ref(),
                // Another application has answered or resolved it: its timer runs in vain.
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

    /// The figures.
    #[must_use]
    pub fn report(&self) -> Report {
        let by_admin = self.by_admin.iter().map(|(by, marks)| (by.clone(), figures(marks)));
        Report { overall: figures(&self.overall), by_admin: by_admin.collect() }
    }
}

fn figures(marks: &Marks) -> StatsByMetric {
    let measures = |sums: &Sums| MetricStats {
        count: sums.business.count(),
        business: sums.business.quantiles(),
        calendar: sums.calendar.quantiles(),
        met: sums.met,
        breached: sums.breached,
    };
    StatsByMetric(marks.iter().map(|(metric, sums)| (*metric, measures(sums))).collect())
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

    /// Targets of 4, 8 and 40 hours, over time that never rests.
    fn policy() -> Policy {
        let same = Priority::ALL.map(|priority| (priority, SlaTargets::hours(4, 8, 40).unwrap()));
        let sla = Sla::new(SlaPolicy::new(same).unwrap(), BusinessCalendar::always());
        Policy { sla: Some(sla), ..Policy::default() }
    }

    /// Ana's ticket, opened at 0.
    fn ticket() -> Ticket {
        let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga").unwrap());
        let number = TicketNumber::from_entropy(b"tally");
        draft.open(number, &id("ana"), &Actor::Customer(id("ana")), at(0), &policy()).unwrap()
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

    /// The report of the hours `from..before`, made at `now`.
    fn report(tickets: &[&Ticket], [from, before, now]: [i64; 3]) -> Report {
        let period = Period::new(at(from * HOUR), at(before * HOUR)).unwrap();
        let query = ReportQuery::new(period, policy().sla.as_ref().unwrap(), at(now * HOUR));
        let mut tally = ReportBuilder::default();
        tickets.iter().for_each(|ticket| tally.add_ticket(&query, ticket.head()));
        tally.report()
    }

    /// How many stopped, were met and were breached.
    fn counts(figures: &StatsByMetric, metric: SlaMetric) -> [u64; 3] {
        let measures = figures.of(metric);
        [measures.count, measures.met, measures.breached]
    }

    /// Escalated: a ticket that nobody has answered yet counts among those answered in time.
    #[test]
    fn a_running_ticket_is_not_compliant() {
        let (running, answered) = (ticket(), with(&ticket(), &[("luis", HOUR, message())]));
        let first = SlaMetric::FirstResponse;
        let figures = |now| report(&[&running, &running, &running, &answered], [0, 100, now]).overall;
        assert_eq!(counts(&figures(4), first), [1, 1, 0]);
        assert_eq!(figures(4).of(first).compliance(), Some(1.0));
        assert_eq!(counts(&figures(5), first), [1, 1, 3]);
        assert_eq!(figures(5).of(first).compliance(), Some(0.25));
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
    fn a_breach_is_of_who_answered_and_until_then_of_who_has_it() {
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
    fn every_wait_for_an_answer_counts_and_a_cancelled_one_only_if_breached() {
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
        let figures = report(&[&ticket], [0, 100, 100]).overall;
        // Answered after 1 and 10 hours, dropped after 1 and 10.
        assert_eq!(counts(&figures, next), [2, 1, 2]);
        // Resolved at 27, less the hour in between.
        assert_eq!(counts(&figures, SlaMetric::Resolution), [1, 1, 0]);
        assert_eq!(figures.of(next).compliance(), Some(1.0 / 3.0));
    }

    #[test]
    fn what_another_application_answered_or_resolved_counts_nowhere() {
        let answered = TicketRecord { first_response_at: Some(at(1)), ..ticket().into() };
        let resolved = TicketRecord { status: Status::Resolved, ..ticket().into() };
        for record in [answered, resolved] {
            let ticket = Ticket::from(record);
            let figures = report(&[&ticket], [0, 20, 20]).overall;
            assert_eq!(figures, StatsByMetric::default());
        }
    }
}
