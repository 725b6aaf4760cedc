//! Closing what is resolved, reports, and lists and counts by due time: what is asked of the store,
//! and that closing in batches ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;

use common::{desk_over, desk_without_sla, id, now, number, period, policy, storing};
use ventanilla_service::{
    ErrorKind, EventKind, Explain, ListQuery, Locale, ServiceError, Status, System, Timestamp,
    error::{StoreError, WriteOutcome},
    list::{Counts, Direction, Page, PageQuery, Sort},
    settings::Days,
    sla::Report,
    store::{CountsQuery, MockTicketStore, ReportQuery, Ticket, TicketStore},
    testing,
    ticket::Actor,
};

const ROUNDS: u32 = 20;

fn resolved(number: &str) -> testing::TicketFixture {
    testing::ticket(number).requester("ana").status(Status::Resolved)
}

/// A store that finds these numbers again and again, whatever became of them.
fn finding(numbers: &'static [&'static str]) -> MockTicketStore {
    let mut mocks = MockTicketStore::new();
    let found = || numbers.iter().map(|name| number(name)).collect();
    mocks.expect_resolved_until().returning(move |_, _| Ok(found()));
    mocks
}

/// The same, with its tickets in memory.
async fn stuck(numbers: &'static [&'static str], tickets: Vec<Ticket>) -> MockTicketStore {
    let (mut mocks, memory) = (finding(numbers), storing(tickets).await);
    mocks.expect_update().returning(move |number, command| now_or_never(memory.update(number, command)));
    mocks
}

/// Memory never waits.
fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    let waker = std::task::Waker::noop();
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(waker)) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

/// The documented loop: how many were closed and how many failures were met, by round.
async fn rounds(system: &System, batch: u32) -> Result<Vec<(usize, usize)>, ServiceError> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let batch = system.close_resolved(batch).await?;
        rounds.push((batch.closed.len(), batch.failed.len()));
        if batch.is_last() {
            return Ok(rounds);
        }
    }
    panic!("it doesn't end: {rounds:?}")
}

#[tokio::test]
async fn only_what_has_been_resolved_for_long_enough_is_closed() {
    let limit = now().minus(Days(14).duration());
    let millis = std::time::Duration::from_millis;
    let fixture = |name: &str, at: Timestamp| {
        testing::ticket(name).requester("ana").created_at(at).at(at).status(Status::Resolved)
    };
    let store = storing([
        fixture("LONG", limit.minus(millis(1))).build(),
        fixture("JUST", limit).build(),
        fixture("SHORT", limit.plus(millis(1))).build(),
        testing::ticket("OPEN").requester("ana").build(),
        testing::ticket("DONE").requester("ana").status(Status::Closed).build(),
        fixture("AGAIN", limit).message("Sigue igual.").build(),
    ]);
    let desk = desk_over(store.await);
    let batch = desk.system().close_resolved(100).await.unwrap();
    let mut closed: Vec<_> =
        batch.closed.iter().map(|receipt| receipt.head.ticket_number.as_str()).collect();
    closed.sort_unstable();
    assert_eq!(closed, ["JUST", "LONG"]);
    assert!(batch.failed.is_empty() && batch.is_last());
    for receipt in &batch.closed {
        assert_eq!((receipt.head.status, receipt.head.closed_at), (Status::Closed, Some(now())));
        let [event] = receipt.events.as_slice() else { panic!("{receipt:?}") };
        let kind = EventKind::StatusChanged { from: Status::Resolved, to: Status::Closed };
        assert_eq!((&event.by, &event.kind), (&Actor::System, &kind));
    }
    let luis = desk.admin(id("luis"));
    for (name, status) in [("SHORT", Status::Resolved), ("OPEN", Status::Open), ("AGAIN", Status::Open)]
    {
        assert_eq!(luis.get(&number(name)).await.unwrap().head.status, status);
    }
}

#[tokio::test]
async fn a_batch_is_no_larger_than_was_asked_for_and_the_loop_closes_all() {
    let names = ["A", "B", "C", "D", "E"];
    for (batch, expected) in [
        (1, vec![(1, 0), (1, 0), (1, 0), (1, 0), (1, 0), (0, 0)]),
        (2, vec![(2, 0), (2, 0), (1, 0)]),
        (5, vec![(5, 0), (0, 0)]),
        (6, vec![(5, 0)]),
        (u32::MAX, vec![(5, 0)]),
    ] {
        let system = desk_over(storing(names.map(|name| resolved(name).build())).await).system();
        assert_eq!(rounds(&system, batch).await.unwrap(), expected, "in batches of {batch}");
    }
}

#[tokio::test]
async fn a_batch_of_none_closes_nothing_is_the_last_and_asks_no_store() {
    let memory = desk_over(storing([resolved("A").build()]).await);
    assert_eq!(rounds(&memory.system(), 0).await.unwrap(), [(0, 0)]);
    assert_eq!(memory.admin(id("luis")).get(&number("A")).await.unwrap().head.status, Status::Resolved);
    assert_eq!(rounds(&desk_over(MockTicketStore::new()).system(), 0).await.unwrap(), [(0, 0)]);
}

#[tokio::test]
async fn the_loop_ends_over_a_store_that_finds_the_same_numbers_for_ever() {
    let both = || vec![resolved("A").build(), resolved("B").build()];
    let system = desk_over(stuck(&["A", "B"], both()).await).system();
    assert_eq!(rounds(&system, 2).await.unwrap(), [(2, 0), (0, 0)]);
    // More than it was asked for, or one number twice.
    let system = desk_over(stuck(&["A", "B", "A"], both()).await).system();
    assert_eq!(rounds(&system, 1).await.unwrap(), [(2, 0), (0, 0)]);
    // One is missing and one was reopened: each round tries them again, as long as others are closed.
    let tickets = vec![resolved("A").build(), testing::ticket("OPEN").requester("ana").build()];
    let system = desk_over(stuck(&["A", "OPEN", "NONE"], tickets).await).system();
    assert_eq!(rounds(&system, 3).await.unwrap(), [(1, 2), (0, 2)]);
    let system = desk_over(stuck(&["NONE"], Vec::new()).await).system();
    assert_eq!(rounds(&system, 1).await.unwrap(), [(0, 1)]);
    let system = desk_over(finding(&[])).system();
    assert_eq!(rounds(&system, 1).await.unwrap(), [(0, 0)]);
}

#[tokio::test]
async fn who_could_not_be_closed_is_named_with_the_reason_and_keeps_no_other_from_it() {
    let mut mocks = finding(&["LOST", "OPEN", "NEW", "DOWN", "DONE", "A"]);
    let open = testing::ticket("OPEN").requester("ana").build();
    let fresh = resolved("NEW").created_at(now()).build();
    let done = testing::ticket("DONE").requester("ana").status(Status::Closed).build();
    let memory = storing([open, fresh, done, resolved("A").build()]).await;
    mocks.expect_update().times(6).returning(move |number, command| match number.as_str() {
        "LOST" => Err(StoreError::OutcomeUnknown { number: number.clone(), source: "lost".into() }),
        "DOWN" => Err(StoreError::Unavailable { source: "down".into() }),
        _ => now_or_never(memory.update(number, command)),
    });
    let batch = desk_over(mocks).system().close_resolved(6).await.unwrap();
    let failed: Vec<_> =
        batch.failed.iter().map(|(number, error)| (number.as_str(), error.code())).collect();
    let expected = [
        ("LOST", "outcome_unknown"),
        ("OPEN", "transition_refused"),
        ("NEW", "too_early_to_close"),
        ("DOWN", "store_unavailable"),
    ];
    assert_eq!(failed, expected);
    // Another machine closed the fifth, and has told its host.
    assert_eq!(common::only(batch.closed).head.ticket_number, number("A"));
}

#[tokio::test]
async fn a_store_that_fails_midway_ends_the_loop() {
    let mut mocks = MockTicketStore::new();
    let mut rounds_left = 2;
    mocks.expect_resolved_until().times(3).returning(move |latest, limit| {
        assert_eq!((latest, limit), (now().minus(Days(14).duration()), 1));
        rounds_left -= 1;
        match rounds_left {
            0.. => Ok(vec![number(if rounds_left == 1 { "A" } else { "B" })]),
            _ => Err(StoreError::Unavailable { source: "down".into() }),
        }
    });
    let memory = storing([resolved("A").build(), resolved("B").build()]).await;
    let closed = Arc::clone(&memory);
    mocks.expect_update().returning(move |number, command| now_or_never(memory.update(number, command)));
    let error = rounds(&desk_over(mocks).system(), 1).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("store_unavailable", true));
    let counts = desk_over(closed).admin(id("luis")).counts().await.unwrap();
    assert_eq!(counts.with_status(Status::Closed), 2, "what was closed stays so");
}

/// Returns queries that are filtered or sorted by due time.
fn due_queries() -> [ListQuery; 4] {
    let all = ListQuery::new;
    let by_creation = Sort::Created(Direction::NewestFirst);
    [
        all().with_sort(Sort::Due),
        all().at_risk(),
        all().overdue(),
        all().overdue().with_sort(by_creation),
    ]
}

#[tokio::test]
async fn due_times_on_a_desk_that_promises_nothing_are_no_sla_and_call_no_store() {
    let luis = desk_without_sla(MockTicketStore::new()).admin(id("luis"));
    for query in due_queries() {
        let error = luis.list(query).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("no_sla", ErrorKind::Invalid));
    }
    let error = luis.report(period()).await.unwrap_err();
    assert_eq!(
        Locale::ALL.map(|locale| error.explain(locale)),
        [
            "Este servicio no tiene plazos de respuesta configurados.",
            "No response targets are set up for this service.",
        ]
    );
    assert_eq!((error.code(), error.write_outcome()), ("no_sla", WriteOutcome::NotApplied));
}

#[tokio::test]
async fn a_ticket_that_fails_for_good_is_gone_past() {
    let tickets = vec![resolved("A").build(), resolved("B").build(), resolved("C").build()];
    let memory = storing(tickets).await;
    let mut mocks = MockTicketStore::new();
    let finding = Arc::clone(&memory);
    mocks
        .expect_resolved_until()
        .returning(move |latest, limit| now_or_never(finding.resolved_until(latest, limit)));
    mocks.expect_update().returning(move |number, command| match number.as_str() {
        "A" => Err(StoreError::Failed { source: "the document is too large".into() }),
        _ => now_or_never(memory.update(number, command)),
    });
    let system = desk_over(mocks).system();
    // Each batch names it again, and closes one of the others.
    assert_eq!(rounds(&system, 1).await.unwrap(), [(1, 1), (1, 1), (0, 1)]);
}

#[tokio::test]
async fn counts_lists_and_reports_are_as_of_the_desks_working_time_now() {
    let sla = policy().sla.unwrap();
    for (promising, as_of) in [(true, Some(sla.business_time_at(now()))), (false, None)] {
        let mut store = MockTicketStore::new();
        let asked = CountsQuery::new(id("luis"), now()).with_as_of(as_of);
        let same = move |query: &CountsQuery| *query == asked;
        store.expect_counts().withf(same).times(1).returning(|_| Ok(Counts::default()));
        let desk = if promising { desk_over(store) } else { desk_without_sla(store) };
        assert!(desk.admin(id("luis")).counts().await.is_ok());
    }

    let (reading, query) = (sla.business_time_at(now()), ReportQuery::new(period(), &sla, now()));
    let mut mocks = MockTicketStore::new();
    let page = || Page { rows: Vec::new(), next: None, unreadable: Vec::new() };
    let due = move |page: &PageQuery| page.as_of() == reading && page.now() == now();
    mocks.expect_list().withf(due).times(4).returning(move |_| Ok(page()));
    mocks
        .expect_report()
        .withf(move |asked| *asked == query)
        .times(1)
        .returning(|_| Ok(Report::default()));
    let luis = desk_over(mocks).admin(id("luis"));
    for query in due_queries() {
        assert!(luis.list(query).await.is_ok());
    }
    assert!(luis.report(period()).await.is_ok());
}
