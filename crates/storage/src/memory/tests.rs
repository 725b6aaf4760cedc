//! The suite, and the indexes against what they stand for.

use futures::FutureExt;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};
use ventanilla_domain::{
    Actor, BusinessTime, Change, Command, MessageText, Policy, Priority, SlaClock, SlaClocks, SlaStop,
    Status, Ticket, TicketRecord, Timestamp,
};

use crate::{
    Counts, Due, ListQuery, MemoryStore, Period, ReportQuery, StoreError, Tally, TicketStore,
    conformance, testing,
};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn conforms() {
    conformance::check(async || MemoryStore::new()).await;
}

proptest! {
    #[test]
    fn counts_and_reports_are_those_of_all_tickets(
        records in vec(record(), 1..12),
        changes in vec((any::<Index>(), change(), instant()), 0..40),
        times in vec(instant(), 3..6),
    ) {
        let store = MemoryStore::new();
        for (nth, record) in records.into_iter().enumerate() {
            let number = format!("TKT-ABC{:03}", 100 + nth).try_into().unwrap();
            ready(store.insert(&TicketRecord { ticket_number: number, ..record }.into()));
        }
        let policy = Policy { sla: Some(testing::sla()), ..Policy::default() };
        for (nth, (by, change), at) in changes {
            let number = nth.get(&store.tickets()).head().ticket_number.clone();
            // What the rules refuse changes nothing.
            ready(store.update(&number, &Command::new(&by, at, &policy, change).unwrap()));
        }
        let tickets = store.tickets();
        for now in &times {
            check_dues(&store, &tickets, testing::sla().reading(*now));
            for (from, before) in times.iter().flat_map(|from| times.iter().map(move |to| (*from, *to))) {
                let Ok(period) = Period::new(from, before) else { continue };
                let query = ReportQuery::new(period, &testing::sla(), *now);
                let mut tally = Tally::default();
                tickets.iter().for_each(|ticket| tally.add_ticket(&query, ticket.head()));
                prop_assert_eq!(ready(store.report(&query)), tally.report());
            }
        }
    }
}

fn check_dues(store: &MemoryStore, tickets: &[Ticket], now: BusinessTime) {
    let mut counts = Counts::default();
    tickets.iter().for_each(|ticket| counts.add_ticket(ticket.head(), &testing::admin(0), Some(now)));
    assert_eq!(ready(store.counts(&testing::admin(0), Some(now))), counts);
    for (due, query, count) in [
        (Due::Overdue, ListQuery::new().overdue(), counts.overdue),
        (Due::AtRisk, ListQuery::new().at_risk(), counts.at_risk),
    ] {
        let rows = ready(store.list(&query.first_page().as_of(now))).rows;
        assert_eq!(rows.len() as u64, count);
        assert!(rows.iter().all(|row| due.holds(&row.head, now)));
    }
}

/// The answer of a store that never waits.
fn ready<T>(answer: impl Future<Output = Result<T, StoreError>>) -> T {
    answer.now_or_never().expect("it never waits").expect("it never fails")
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let start = testing::start().as_millis();
    (-100..400_i64).prop_map(move |hours| Timestamp::from_millis(start + hours * HOUR).unwrap())
}

fn reading() -> impl Strategy<Value = BusinessTime> {
    let start = testing::sla().reading(testing::start()).as_millis();
    let near = (-40..120_i64).prop_map(move |hours| start + hours * HOUR);
    let all = prop_oneof![9 => near, 1 => select(vec![i64::MIN, i64::MAX])];
    all.prop_map(BusinessTime::from_millis)
}

/// Timers that no change leaves are among them: due before they start, or stopped at odd times.
fn timer() -> impl Strategy<Value = SlaClock> {
    let by = option::of((0..3_u32).prop_map(testing::admin));
    let stop = (instant(), reading(), by, any::<bool>())
        .prop_map(|(at, reading, by, cancelled)| SlaStop { at, reading, by, cancelled });
    (instant(), reading(), reading(), option::of(stop)).prop_map(|(since, start, due, stop)| SlaClock {
        since,
        start,
        due,
        stop,
    })
}

fn record() -> impl Strategy<Value = TicketRecord> {
    let opened = testing::ticket("TKT-ABC100").sla(&testing::sla()).build();
    let targets = opened.head().sla.as_ref().unwrap().targets;
    let timers = (timer(), option::of(timer()), timer(), vec(timer(), 0..3)).prop_map(
        move |(first_response, next_response, resolution, earlier_responses)| SlaClocks {
            targets,
            first_response,
            next_response,
            resolution,
            earlier_responses,
        },
    );
    let timers = option::weighted(0.9, timers.prop_map(Box::new));
    let assignee = option::of((0..3_u32).prop_map(testing::admin));
    (timers, select(&Status::ALL[..]), select(&Priority::ALL[..]), assignee, option::of(instant()))
        .prop_map(move |(sla, status, priority, assignee_id, first_response_at)| {
            let record = TicketRecord::from(opened.clone());
            TicketRecord { sla, status, priority, assignee_id, first_response_at, ..record }
        })
}

fn change() -> impl Strategy<Value = (Actor, Change)> {
    let requester = testing::ticket("TKT-ABC100").build().head().requester.clone();
    let message = || Change::message(MessageText::parse("¿Hay novedades?").unwrap());
    let admin = || (0..3_u32).prop_map(|nth| Actor::Admin(testing::admin(nth)));
    let by_admin = prop_oneof![
        Just(message()),
        select(&Status::ALL[..]).prop_map(Change::status),
        select(&Priority::ALL[..]).prop_map(Change::priority),
        option::of((0..3_u32).prop_map(testing::admin)).prop_map(Change::assign),
    ];
    prop_oneof![
        1 => Just((Actor::Customer(requester), message())),
        3 => (admin(), by_admin),
    ]
}
