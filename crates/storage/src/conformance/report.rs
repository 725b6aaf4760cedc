//! Reports.

use std::{collections::BTreeMap, time::Duration};

use itertools::Itertools;
use ventanilla_domain::{
    Actor, Change, Outcome, Priority, SlaMetric, SlaState, SlaTimer, Status, Ticket, TicketHead,
    TicketRecord, Timestamp, UserId,
};

use super::{
    cases,
    support::{
        MILLISECOND, Mirror, admin, answer, command_under, customer, fill, hour, hours, luis, marta,
        message, parsed, sla_policy, timed_ticket,
    },
};
use crate::{Histogram, MetricStats, Period, Report, ReportQuery, StatsByMetric, TicketStore, testing};

cases![
    an_empty_store_reports_nothing,
    a_report_covers_all_tickets,
    the_parts_of_a_period_add_up,
    the_bounds_of_a_period_are_exact_to_the_millisecond,
    a_running_timer_is_breached_from_the_millisecond_after_its_due_time,
    a_breach_counts_when_due_and_its_response_when_made,
    cancelled_timers_count_only_if_breached,
    every_response_counts,
    responses_by_another_application_leave_no_breach,
    only_reopening_changes_a_past_report,
];

async fn an_empty_store_reports_nothing(store: &dyn TicketStore) {
    assert_eq!(report(store, hour(0), hour(100), hour(100)).await, Report::default());
    fill(store, &[testing::ticket("TKT-ABC123").reply(luis(), "Lo miramos.").build()]).await;
    assert_eq!(report(store, hour(0), hour(100), hour(100)).await, Report::default());
}

async fn a_report_covers_all_tickets(store: &dyn TicketStore) {
    let tickets = lives(store).await;
    let ends = [0, 2, 24, 31, 24 * 30].map(hour);
    for [from, before] in ends.into_iter().array_combinations() {
        for now in [hour(30), hour(24 * 60)] {
            let found = report(store, from, before, now).await;
            Exact::of(&tickets, [from, before, now]).compare(&found);
        }
    }
}

async fn the_parts_of_a_period_add_up(store: &dyn TicketStore) {
    lives(store).await;
    for now in [hour(30), hour(24 * 60)] {
        let whole = report(store, Timestamp::MIN, Timestamp::MAX, now).await;
        let inner = (0..18).map(|nth| hour(nth * 7).plus(MILLISECOND * (nth as u32)));
        let ends = [Timestamp::MIN].into_iter().chain(inner).chain([Timestamp::MAX]);
        let mut sums = BTreeMap::new();
        for (from, before) in ends.tuple_windows() {
            let part = report(store, from, before, now).await;
            for (by, stats) in rows(&part) {
                for metric in SlaMetric::ALL {
                    let sum: &mut [u64; 3] = sums.entry((by.clone(), metric)).or_default();
                    let counted = counts(&stats.of(metric));
                    *sum = std::array::from_fn(|at| sum[at] + counted[at]);
                }
            }
        }
        for (by, stats) in rows(&whole) {
            for metric in SlaMetric::ALL {
                assert_eq!(counts(&stats.of(metric)), sums[&(by.clone(), metric)], "{by:?} {metric}");
            }
        }
        let all: Vec<_> = sums.into_values().collect();
        assert!(
            all.iter().any(|[_, met, breached]| met * breached > 0),
            "some parts have met and breached targets"
        );
    }
}

async fn the_bounds_of_a_period_are_exact_to_the_millisecond(store: &dyn TicketStore) {
    // It is answered at 10:00, just in time, and resolved at 18:00 although it was due at 13:00.
    let ticket = timed_ticket("TKT-ABC123").priority(Priority::Urgent).at(hour(1)).reply(luis(), "Ya.");
    let ticket = ticket.at(hour(9)).status(Status::Resolved);
    fill(store, &[ticket.build()]).await;
    let (answered, due) = (hour(1), hour(4));
    for (from, before, within) in [
        (answered, answered.plus(MILLISECOND), [1, 1, 0]),
        (answered.plus(MILLISECOND), hour(2), [0, 0, 0]),
        (hour(0), answered, [0, 0, 0]),
    ] {
        let found = report(store, from, before, hour(100)).await;
        let first = found.overall.of(SlaMetric::FirstResponse);
        assert_eq!(counts(&first), within, "from {from} to {before}");
    }
    for (from, before, breached) in
        [(due, due.plus(MILLISECOND), 1), (due.plus(MILLISECOND), hour(8), 0), (hour(0), due, 0)]
    {
        let found = report(store, from, before, hour(100)).await;
        let resolution = found.overall.of(SlaMetric::Resolution);
        assert_eq!(counts(&resolution), [0, 0, breached], "from {from} to {before}");
    }
}

async fn a_running_timer_is_breached_from_the_millisecond_after_its_due_time(store: &dyn TicketStore) {
    fill(
        store,
        &[timed_ticket("TKT-ABC123").assignee(marta()).build(), timed_ticket("TKT-ABC124").build()],
    )
    .await;
    for now in [hour(3), hour(4)] {
        assert_eq!(report(store, hour(0), hour(100), now).await, Report::default(), "as of {now}");
    }
    let found = report(store, hour(0), hour(100), hour(4).plus(MILLISECOND)).await;
    let first = SlaMetric::FirstResponse;
    assert_eq!(counts(&found.overall.of(first)), [0, 0, 2]);
    assert_eq!(found.overall.of(first).compliance(), Some(0.0));
    assert_eq!(found.by_admin.keys().collect::<Vec<_>>(), [&marta()], "the other ticket is unassigned");
    assert_eq!(counts(&found.by_admin[&marta()].of(first)), [0, 0, 1]);
    // A breach counts when it was due, however long the timer runs.
    let later = report(store, hour(5), hour(8), hour(8)).await;
    assert_eq!(later, Report::default());
}

async fn a_breach_counts_when_due_and_its_response_when_made(store: &dyn TicketStore) {
    let ticket = timed_ticket("TKT-ABC123").assignee(marta()).build();
    let mut mirror = Mirror::of(store, ticket).await;
    let first = SlaMetric::FirstResponse;
    let day = async |nth: u64| report(store, hour(nth * 24), hour(nth * 24 + 24), hour(24 * 9)).await;
    let running = day(0).await;
    assert_eq!(counts(&running.by_admin[&marta()].of(first)), [0, 0, 1]);
    mirror.timed(message("Lo miramos."), &admin(), hour(25)).await;
    let then = day(0).await;
    assert_eq!(counts(&then.overall.of(first)), [0, 0, 1]);
    assert!(!then.by_admin.contains_key(&marta()), "Marta did not respond");
    assert_eq!(counts(&then.by_admin[&luis()].of(first)), [0, 0, 1]);
    let now = day(1).await;
    let metric_stats = now.by_admin[&luis()].of(first);
    assert_eq!(counts(&metric_stats), [1, 0, 0]);
    let quantiles =
        [metric_stats.business, metric_stats.calendar].map(|found| found.expect("one was measured"));
    assert!(near(quantiles[0].median, hours(9)), "{quantiles:?}");
    assert!(near(quantiles[1].p90, hours(25)), "{quantiles:?}");
}

async fn cancelled_timers_count_only_if_breached(store: &dyn TicketStore) {
    let in_time = timed_ticket("TKT-ABC123").at(hour(4)).status(Status::Resolved);
    let late = timed_ticket("TKT-ABC124").at(hour(4).plus(MILLISECOND)).status(Status::Resolved);
    fill(store, &[in_time.build(), late.build()]).await;
    let found = report(store, hour(0), hour(24), hour(24)).await;
    assert_eq!(counts(&found.overall.of(SlaMetric::FirstResponse)), [0, 0, 1]);
    assert_eq!(counts(&found.overall.of(SlaMetric::Resolution)), [2, 2, 0]);
    assert_eq!(found.by_admin.keys().collect::<Vec<_>>(), [&luis()]);
}

async fn every_response_counts(store: &dyn TicketStore) {
    let mut ticket = timed_ticket("TKT-ABC123").at(hour(1)).reply(luis(), "Lo miramos.");
    for day in 1..=5 {
        ticket = ticket.at(hour(24 * day)).message("¿Y?").at(hour(24 * day + 2)).reply(marta(), "Sí.");
    }
    fill(store, &[ticket.message("¿Y ahora?").build()]).await;
    let found = report(store, hour(0), hour(24 * 7), hour(24 * 7)).await;
    let next = found.by_admin[&marta()].of(SlaMetric::NextResponse);
    assert_eq!((counts(&next), next.compliance()), ([5, 5, 0], Some(1.0)));
    assert!(next.business.is_some_and(|found| near(found.median, hours(2))), "{next:?}");
    assert_eq!(counts(&found.overall.of(SlaMetric::FirstResponse)), [1, 1, 0]);
    let (from, before) = (hour(24 * 2), hour(24 * 4));
    let some = report(store, from, before, hour(24 * 7)).await;
    assert_eq!(counts(&some.overall.of(SlaMetric::NextResponse)), [2, 2, 0]);
}

async fn responses_by_another_application_leave_no_breach(store: &dyn TicketStore) {
    let running = TicketRecord::from(timed_ticket("TKT-ABC123").build()).sla;
    for (number, change) in [
        ("TKT-ABC120", Change::status(Status::Resolved)),
        ("TKT-ABC121", Change::status(Status::Closed)),
        ("TKT-ABC122", message("Lo miramos.")),
    ] {
        let ticket = testing::ticket(number).assignee(luis()).change(admin(), change);
        let mut record = TicketRecord::from(ticket.build());
        record.sla = running.clone();
        fill(store, &[record.into()]).await;
    }
    let found = report(store, hour(0), hour(24 * 30), hour(24 * 30)).await;
    assert_eq!(counts(&found.overall.of(SlaMetric::FirstResponse)), [0, 0, 0], "{found:?}");
    assert_eq!(counts(&found.overall.of(SlaMetric::Resolution)), [0, 0, 1], "one ticket is still open");
}

async fn only_reopening_changes_a_past_report(store: &dyn TicketStore) {
    let late = timed_ticket("TKT-ABC123").reply(luis(), "Lo miramos.").priority(Priority::Urgent);
    let mut mirror = Mirror::of(store, late.at(hour(7)).status(Status::Resolved).build()).await;
    mirror.insert(timed_ticket("TKT-ABC124").at(hour(7)).status(Status::Resolved).build()).await;
    mirror.insert(timed_ticket("TKT-ABC125").at(hour(7)).reply(luis(), "Lo miramos.").build()).await;
    let past = async || report(store, hour(0), hour(24), hour(24 * 60)).await;
    let before = past().await;
    assert_eq!(counts(&before.overall.of(SlaMetric::Resolution)), [2, 1, 1]);

    for (at, name, by, change) in [
        (24, "TKT-ABC125", customer(), message("Gracias.")),
        (25, "TKT-ABC125", Actor::Admin(marta()), message("De nada.")),
        (26, "TKT-ABC125", admin(), Change::assign(Some(marta()))),
        (27, "TKT-ABC125", admin(), Change::priority(Priority::Low)),
        (28, "TKT-ABC125", admin(), Change::status(Status::Resolved)),
        (29, "TKT-ABC123", admin(), Change::assign(Some(marta()))),
        (30, "TKT-ABC123", admin(), Change::priority(Priority::Low)),
        (31, "TKT-ABC124", admin(), message("¿Va bien ahora?")),
        (32, "TKT-ABC125", customer(), Change::status(Status::Closed)),
    ] {
        let command = command_under(&sla_policy(), change, &by, hour(at));
        let outcome = mirror.update(&parsed(name), &command).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "{at}: {outcome:?}");
        assert_eq!(past().await, before, "after hour {at}");
    }

    // A reopened ticket is not resolved any more; its breach stays.
    for name in ["TKT-ABC123", "TKT-ABC124"] {
        let command = command_under(&sla_policy(), message("Sigue igual."), &customer(), hour(48));
        mirror.update(&parsed(name), &command).await;
    }
    let after = past().await;
    assert_eq!(counts(&after.overall.of(SlaMetric::Resolution)), [0, 0, 1]);
    let responses = |report: &Report| report.overall.of(SlaMetric::FirstResponse);
    assert_eq!(responses(&after), responses(&before));
}

async fn report(store: &dyn TicketStore, from: Timestamp, before: Timestamp, now: Timestamp) -> Report {
    let period = Period::new(from, before).expect("it ends after it starts");
    answer(store.report(&ReportQuery::new(period, &testing::sla(), now)).await)
}

/// Stores sample tickets with many changes at all hours.
async fn lives(store: &dyn TicketStore) -> Vec<Ticket> {
    let (sla, policy) = (testing::sla(), sla_policy());
    let mut tickets: Vec<Ticket> = testing::sample_tickets_with(&sla, 120).collect();
    for (nth, ticket) in tickets.iter_mut().enumerate() {
        let customer = Actor::Customer(ticket.head().requester.clone());
        for step in 0..nth % 9 {
            let admin = Actor::Admin(testing::admin((nth + step) as u32 % 5));
            let (by, change) = match (nth * 7 + step * 5) % 8 {
                0 | 1 => (&customer, message("¿Hay novedades?")),
                2 | 3 => (&admin, message("Lo estamos mirando.")),
                4 => (&admin, Change::status(Status::InProgress)),
                5 => (&admin, Change::status(Status::Resolved)),
                6 => (&admin, Change::priority(Priority::ALL[nth % 4])),
                _ => (&admin, Change::assign((nth % 3 > 0).then(|| testing::admin(nth as u32 % 5)))),
            };
            let minutes = (nth * 31 + step * (61 + nth * 13 % 400)) as u32;
            let at = ticket.head().created_at.plus(Duration::from_secs(60) * minutes);
            // Refused changes have no effect.
            command_under(&policy, change, by, at).apply(ticket);
        }
    }
    fill(store, &tickets).await;
    tickets
}

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
        for ((by, metric), expected) in &self.0 {
            let metric_stats = seen.get(by).map(|stats| stats.of(*metric)).unwrap_or_default();
            let numbers = [expected.business.len() as u64, expected.met, expected.breached];
            assert_eq!(counts(&metric_stats), numbers, "{metric} of {by:?}");
            for (found, lengths) in [
                (metric_stats.business, &expected.business),
                (metric_stats.calendar, &expected.calendar),
            ] {
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
