//! Random tickets and changes, and comparisons of a store's sums with them.

use std::{fmt::Debug, str::FromStr};

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select, subsequence},
};
use ventanilla_domain::{
    Actor, BusinessTime, Change, Command, MessageText, Policy, Priority, Reference, SlaInstant,
    SlaPause, SlaStop, SlaTimer, SlaTimers, Status, Tag, Ticket, TicketRecord, Timestamp, Wait,
    WaitingFor,
};

use crate::{
    Counts, CountsQuery, Direction, DueFilter, ListQuery, PageSize, Period, ReportBuilder, ReportQuery,
    Sort, StoreError, TicketStore, WaitingFilter, testing,
};

const HOUR: i64 = 3_600_000;

/// Tickets as they are first stored, changes to them, and the times at which sums are compared.
#[derive(Debug)]
pub(crate) struct History {
    records: Vec<TicketRecord>,
    changes: Vec<(Index, (Actor, Change), Timestamp)>,
    times: Vec<Timestamp>,
}

pub(crate) fn history() -> impl Strategy<Value = History> {
    let changes = vec((any::<Index>(), change(), instant()), 0..40);
    (vec(record(), 1..12), changes, vec(instant(), 3..6)).prop_map(|(records, changes, times)| History {
        records,
        changes,
        times,
    })
}

/// Compares counts, lists by due time and reports of a store with sums over all of its tickets.
pub(crate) async fn check_sums(store: &dyn TicketStore, history: History) -> Result<(), StoreError> {
    let History { records, changes, times } = history;
    let mut tickets = Vec::new();
    for (nth, record) in records.into_iter().enumerate() {
        let number = format!("TKT-ABC{:03}", 100 + nth).try_into().unwrap();
        let ticket = Ticket::from(TicketRecord { ticket_number: number, ..record });
        store.insert(&ticket).await?;
        tickets.push(ticket);
    }
    let policy = Policy { sla: Some(testing::sla()), ..Policy::default() };
    for (nth, (by, change), at) in changes {
        let nth = nth.index(tickets.len());
        let command = Command::new(&by, at, &policy, change).unwrap();
        // Refused changes are compared too.
        let expected = command.apply(&mut tickets[nth]);
        assert_eq!(store.update(&tickets[nth].head().ticket_number, &command).await?, expected);
    }
    for now in &times {
        check_dues(store, &tickets, *now).await?;
        for (from, before) in times.iter().flat_map(|from| times.iter().map(move |to| (*from, *to))) {
            let Ok(period) = Period::new(from, before) else { continue };
            let query = ReportQuery::new(period, &testing::sla(), *now);
            let mut builder = ReportBuilder::default();
            tickets.iter().for_each(|ticket| builder.add_ticket(&query, ticket.head()));
            assert_eq!(store.report(&query).await?, builder.report());
        }
    }
    Ok(())
}

async fn check_dues(
    store: &dyn TicketStore,
    tickets: &[Ticket],
    at: Timestamp,
) -> Result<(), StoreError> {
    let now = testing::sla().business_time_at(at);
    let query = CountsQuery::new(testing::admin(0), at).with_as_of(now);
    let mut counts = Counts::default();
    tickets.iter().for_each(|ticket| counts.add_ticket(ticket.head(), &query));
    assert_eq!(store.counts(&query).await?, counts);
    let all = ListQuery::new().with_page_size(PageSize::LARGEST);
    for (query, count) in [
        (all.clone().with_waiting(WaitingFilter::Waiting), counts.waiting),
        (all.clone().with_waiting(WaitingFilter::NotWaiting), counts.total() - counts.waiting),
        (all.clone().handed_over(), counts.handed_over),
    ] {
        let rows = store.list(&query.clone().first_page().with_now(at)).await?.rows;
        assert_eq!(rows.len() as u64, count, "{query:?}");
    }
    for (tag, about) in TAGS.into_iter().zip(ORDERS) {
        let (tag, about) = (parsed::<Tag>(tag), parsed::<Reference>(about));
        let (tagged, concerned) =
            (all.clone().with_tag(tag.clone()), all.clone().with_reference(about.clone()));
        for query in [tagged.clone(), concerned.clone(), tagged.with_reference(about.clone())] {
            let is_listed = |ticket: &&Ticket| {
                query.tag().is_none_or(|tag| ticket.head().tags.contains(tag))
                    && query.about().is_none_or(|about| ticket.head().about.contains(about))
            };
            let rows = store.list(&query.clone().first_page()).await?.rows;
            assert_eq!(rows.len(), tickets.iter().filter(is_listed).count(), "{query:?}");
        }
    }
    let directions = [Direction::NewestFirst, Direction::OldestFirst];
    let by_creation =
        directions.map(|way| [Sort::Created(way), Sort::UrgentFirst(way), Sort::LowFirst(way)]);
    let filters = [(DueFilter::Overdue, counts.overdue), (DueFilter::AtRisk, counts.at_risk)];
    for (filter, count) in filters {
        for sort in by_creation.as_flattened().iter().copied().chain([Sort::Due]) {
            let query = ListQuery::new().with_due(filter).with_sort(sort);
            let page = query.with_page_size(PageSize::LARGEST).first_page().with_as_of(now);
            let rows = store.list(&page).await?.rows;
            assert_eq!(rows.len() as u64, count, "{filter:?} by {sort:?}");
            assert!(rows.iter().all(|row| filter.matches(&row.head, now)));
        }
    }
    Ok(())
}

const TAGS: [&str; 3] = ["vip", "cliente nuevo", "ñandú"];
const ORDERS: [&str; 3] = ["order:1", "order:2", "payment:1"];

fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let start = testing::epoch().as_millis();
    (-100..400_i64).prop_map(move |hours| Timestamp::from_millis(start + hours * HOUR).unwrap())
}

fn business_time() -> impl Strategy<Value = BusinessTime> {
    let start = testing::sla().business_time_at(testing::epoch()).as_millis();
    let near = (-40..120_i64).prop_map(move |hours| start + hours * HOUR);
    let all = prop_oneof![9 => near, 1 => select(vec![i64::MIN, i64::MAX])];
    all.prop_map(BusinessTime::from_millis)
}

/// Timers, including ones that no change makes: due before their start, or stopped at other times.
fn timer() -> impl Strategy<Value = SlaTimer> {
    let by = option::of((0..3_u32).prop_map(testing::admin));
    let stop = (instant(), business_time(), by, any::<bool>())
        .prop_map(|(at, business_time, by, cancelled)| SlaStop { at, business_time, by, cancelled });
    (instant(), business_time(), business_time(), option::of(pause()), option::of(stop))
        .prop_map(|(since, start, due, pause, stop)| SlaTimer { since, start, due, pause, stop })
}

fn pause() -> impl Strategy<Value = SlaPause> {
    let at =
        || (instant(), business_time()).prop_map(|(at, business_time)| SlaInstant { at, business_time });
    (at(), option::of(at())).prop_map(|(start, end)| SlaPause { start, end })
}

fn record() -> impl Strategy<Value = TicketRecord> {
    let opened = testing::ticket("TKT-ABC100").sla(&testing::sla()).build();
    let targets = opened.head().sla.as_ref().unwrap().targets;
    let timers = (timer(), option::of(timer()), timer(), vec(timer(), 0..3)).prop_map(
        move |(first_response, next_response, resolution, earlier_responses)| SlaTimers {
            targets,
            first_response,
            next_response,
            resolution,
            earlier_responses,
        },
    );
    let timers = option::weighted(0.9, timers.prop_map(Box::new));
    let assignee = option::of((0..3_u32).prop_map(testing::admin));
    let labels = (subsequence(&TAGS[..], 0..=3), subsequence(&ORDERS[..], 0..=3));
    let state = (select(&Status::ALL[..]), select(&Priority::ALL[..]));
    (timers, state, assignee, option::of(instant()), labels).prop_map(
        move |(sla, (status, priority), assignee_id, first_response_at, (tags, about))| {
            let record = TicketRecord::from(opened.clone());
            let tags = tags.into_iter().map(parsed).collect();
            let about = about.into_iter().map(parsed).collect();
            TicketRecord { sla, status, priority, assignee_id, first_response_at, tags, about, ..record }
        },
    )
}

fn change() -> impl Strategy<Value = (Actor, Change)> {
    let requester = testing::ticket("TKT-ABC100").build().head().requester.clone();
    let text = || MessageText::parse("¿Hay novedades?").unwrap();
    let message = move || Change::message(text());
    let admin = || (0..3_u32).prop_map(|nth| Actor::Admin(testing::admin(nth)));
    let by_admin = prop_oneof![
        Just(message()),
        select(&Status::ALL[..]).prop_map(Change::status),
        select(&Priority::ALL[..]).prop_map(Change::priority),
        option::of((0..3_u32).prop_map(testing::admin)).prop_map(Change::assign),
        wait().prop_map(Change::wait),
        select(&TAGS[..]).prop_map(|tag| Change::add_tag(parsed(tag))),
        select(&TAGS[..]).prop_map(|tag| Change::remove_tag(parsed(tag))),
        select(&ORDERS[..]).prop_map(|about| Change::add_reference(parsed(about))),
        select(&ORDERS[..]).prop_map(|about| Change::remove_reference(parsed(about))),
        wait().prop_map(move |wait| Change::reply_and_wait(text(), wait)),
        Just(Change::end_wait()),
        Just(Change::discard_draft()),
    ];
    let by_bot = select(vec![Change::hand_over(text()), Change::draft(text())]);
    prop_oneof![
        1 => Just((Actor::Customer(requester), message())),
        3 => (admin(), by_admin),
        1 => (Just(Actor::Bot), by_bot),
    ]
}

fn wait() -> impl Strategy<Value = Wait> {
    (select(&WaitingFor::ALL[..]), option::of(instant()))
        .prop_map(|(party, until)| Wait::new(party).until(until))
}
