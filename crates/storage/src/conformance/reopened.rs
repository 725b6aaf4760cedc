//! Stores that are closed and opened again.

use futures::future::{LocalBoxFuture, join_all};
use ventanilla_domain::{
    Actor, Audience, Change, MessageRange, NewMessage, Outcome, Priority, Refusal, Status, Ticket,
    TicketNumber, Timestamp,
};

use super::{
    Results, cases,
    due::{DUES, by_due},
    listing::{SORTS, names, page_of, walk, walk_at},
    support::{
        admin, answer, business_time, command, command_under, counts_query, customer, fill, hour, luis,
        marta, message, note, parsed, sla_policy, timed_ticket, view,
    },
};
use crate::{InsertOutcome, ListQuery, Period, ReportQuery, TicketStore, testing};

/// Opens the store again.
pub(super) type Open<'a> = dyn Fn() -> LocalBoxFuture<'a, Box<dyn TicketStore + 'a>> + 'a;

/// Runs every case on a persistent store. Each call of `open` opens the same data, which is empty at first.
///
/// Everything acknowledged must still be there: tickets, messages, notes, history, keys and versions, and
/// the order of lists with their cursors. A store is closed by dropping it; if that is not enough, `Drop` or
/// the next `open` does the rest.
///
/// ```
/// use std::sync::Arc;
/// use ventanilla_storage::{MemoryStore, conformance};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let tickets = Arc::new(MemoryStore::new());
/// conformance::check_reopened(async || Arc::clone(&tickets)).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If cases fail. All cases are run first, and the message names those that failed, with their reasons.
pub async fn check_reopened<S: TicketStore>(open: impl AsyncFn() -> S) {
    let reopen = || -> LocalBoxFuture<'_, Box<dyn TicketStore + '_>> {
        Box::pin(async { Box::new(open().await) as Box<dyn TicketStore + '_> })
    };
    let mut results = Results::default();
    for case in CASES {
        results.run(case.name, (case.run)(&reopen)).await;
    }
    results.all_passed();
}

cases![RunReopened(open):
    new_tickets_are_there_again,
    every_change_is_there_again,
    concurrent_writes_are_there_again,
    a_version_is_still_expected,
    a_key_still_opens_no_second_ticket,
    a_key_still_adds_no_second_message,
    lists_and_counts_are_the_same_again,
    a_walk_continues,
];

async fn new_tickets_are_there_again(open: &Open<'_>) {
    let sla = testing::sla();
    let rich = testing::ticket("TKT-NEW123")
        .opened_by(marta())
        .key("formulario-0")
        .message(parsed::<NewMessage>("¿Hay novedades?").with_key(parsed("mensaje-1")))
        .note(luis(), "Cliente de los de siempre.")
        .assignee(luis())
        .status(Status::Closed)
        .build();
    let tickets: Vec<Ticket> = testing::sample_tickets_with(&sla, 24).chain([rich]).collect();
    fill(&*open().await, &tickets).await;
    let store = open().await;
    for ticket in &tickets {
        let number = &ticket.head().ticket_number;
        assert_eq!(view(&*store, number).await, ticket.details(&Audience::Desk, MessageRange::All));
        let other = testing::ticket(number.clone()).description("Otra cosa").build();
        assert_eq!(answer(store.insert(&other).await), InsertOutcome::NumberTaken);
    }
}

/// The store is closed after each change.
async fn every_change_is_there_again(open: &Open<'_>) {
    let mut ticket = timed_ticket("TKT-LIFE10").build();
    let number = ticket.head().ticket_number.clone();
    fill(&*open().await, std::slice::from_ref(&ticket)).await;
    let marta = Actor::Admin(marta());
    for (at, (change, by)) in (1..).zip([
        (message("¡Hola!"), Actor::Bot),
        (Change::claim(), admin()),
        (note("Es la tercera vez este mes."), marta.clone()),
        (Change::priority(Priority::Urgent), admin()),
        (Change::reply(words("Ya está."), Status::Resolved), admin()),
        (message("Sigue igual."), customer()),
        (Change::assign(None), marta.clone()),
        (Change::status(Status::InProgress), marta.clone()),
        (message("Lo miramos."), marta.clone()),
        (Change::status(Status::Closed), marta),
    ]) {
        let command = command_under(&sla_policy(), change, &by, hour(at));
        let expected = command.apply(&mut ticket);
        assert!(matches!(expected, Outcome::Applied { .. }), "step {at}: {expected:?}");
        let outcome = answer(open().await.update(&number, &command).await);
        assert_eq!(outcome, expected, "step {at}");
        let stored = view(&*open().await, &number).await;
        assert_eq!(stored, ticket.details(&Audience::Desk, MessageRange::All), "step {at}");
    }
}

async fn concurrent_writes_are_there_again(open: &Open<'_>) {
    let number: TicketNumber = parsed("TKT-RACE20");
    {
        let store = open().await;
        fill(&*store, &[testing::ticket(number.clone()).build()]).await;
        let note = |at| command(note(format!("Nota {at}").as_str()), &admin(), hour(1));
        let say = |at| command(message(&format!("Mensaje {at}")), &customer(), hour(1));
        let writes: Vec<_> = (0..16).flat_map(|at| [note(at), say(at)]).collect();
        let writes = writes.iter().map(|write| super::race::update(&*store, &number, write));
        let outcomes = join_all(writes).await;
        let applied = |outcome: &Outcome| matches!(outcome, Outcome::Applied { .. });
        assert!(outcomes.iter().all(applied), "{outcomes:?}");
    }
    let stored = view(&*open().await, &number).await.expect("it was acknowledged");
    let found = (stored.messages.len(), stored.notes.len(), stored.head.version);
    assert_eq!(found, (17, 16, 32));
}

async fn a_version_is_still_expected(open: &Open<'_>) {
    let number: TicketNumber = parsed("TKT-VERS10");
    {
        let store = open().await;
        fill(&*store, &[testing::ticket(number.clone()).build()]).await;
        for change in [message("Hola"), note("Nota")] {
            answer(store.update(&number, &command(change, &admin(), hour(1))).await);
        }
    }
    let store = open().await;
    let late = command(Change::status(Status::Closed).expecting(0), &admin(), hour(2));
    let outcome = answer(store.update(&number, &late).await);
    let conflict = matches!(
        &outcome,
        Outcome::Refused(Refusal::VersionConflict { expected: 0, found: 2, changes })
            if changes.len() == 2
    );
    assert!(conflict, "{outcome:?}");
    let timely = command(Change::status(Status::Closed).expecting(2), &admin(), hour(2));
    let outcome = answer(store.update(&number, &timely).await);
    assert!(matches!(&outcome, Outcome::Applied { head, .. } if head.version == 3), "{outcome:?}");
}

async fn a_key_still_opens_no_second_ticket(open: &Open<'_>) {
    let keyed = |number| testing::ticket(number).key("formulario-1");
    let first = keyed("TKT-KEY100").build();
    fill(&*open().await, std::slice::from_ref(&first)).await;
    let store = open().await;
    let again = answer(store.insert(&keyed("TKT-KEY100").build()).await);
    assert_eq!(again, InsertOutcome::Repeated(first.head().clone()));
    let other = keyed("TKT-KEY100").description("Otra cosa").build();
    let number = first.head().ticket_number.clone();
    let conflict = InsertOutcome::KeyConflict { number, key: parsed("formulario-1") };
    assert_eq!(answer(store.insert(&other).await), conflict);
}

async fn a_key_still_adds_no_second_message(open: &Open<'_>) {
    let number: TicketNumber = parsed("TKT-KEY200");
    let once = || Change::message(words("Una vez").with_key(parsed("envio-1")));
    let first = {
        let store = open().await;
        fill(&*store, &[testing::ticket(number.clone()).build()]).await;
        answer(store.update(&number, &command(once(), &customer(), hour(1))).await)
    };
    let Outcome::Applied { head, events } = first else { panic!("{first:?}") };
    let again = answer(open().await.update(&number, &command(once(), &customer(), hour(2))).await);
    assert_eq!(again, Outcome::Repeated { head, events });
}

async fn lists_and_counts_are_the_same_again(open: &Open<'_>) {
    let of = |at: usize| timed_ticket(&format!("TKT-LIST{at:02}")).created_at(hour(at as u64 / 3));
    let tickets: Vec<Ticket> = (0..12)
        .map(|at| {
            if at % 4 == 0 {
                of(at).at(hour(9)).status(Status::Resolved).build()
            } else {
                of(at).build()
            }
        })
        .collect();
    fill(&*open().await, &tickets).await;
    let now = business_time(hour(24 * 60));
    let ever = Period::new(Timestamp::MIN, Timestamp::MAX).expect("it ends after it starts");
    let report = ReportQuery::new(ever, &testing::sla(), hour(24 * 60));
    let whole = async |store: &dyn TicketStore| {
        let mut lists = Vec::new();
        let by_creation = SORTS.map(|sort| ListQuery::new().with_sort(sort));
        for query in by_creation.into_iter().chain(DUES.map(|due| by_due(ListQuery::new(), due))) {
            lists.push(walk_at(store, &query, now).await);
        }
        let counts = answer(store.counts(&counts_query(&luis(), Some(now))).await);
        let resolved = answer(store.resolved_until(hour(9), u32::MAX).await);
        (lists, counts, resolved, answer(store.report(&report).await))
    };
    let before = whole(&*open().await).await;
    assert!(before.1.overdue > 0 && before.2.len() >= 3, "{before:?}");
    assert_eq!(whole(&*open().await).await, before);
}

/// A cursor stays valid while the server is restarted.
async fn a_walk_continues(open: &Open<'_>) {
    let requester = testing::customer(200);
    let ticket = |at| testing::ticket(format!("TKT-WALK{at}")).requester(requester.clone()).build();
    let tickets: Vec<Ticket> = (10..22).map(ticket).collect();
    fill(&*open().await, &tickets).await;
    for sort in SORTS {
        let query = ListQuery::new().with_requester(requester.clone()).with_sort(sort);
        let whole = names(&walk(&*open().await, &query).await);
        assert_eq!(whole.len(), 12);
        let query = query.with_page_size(page_of(5));
        let (mut visited, mut page) = (Vec::new(), query.clone().first_page());
        for _ in 0..4 {
            let answered = answer(open().await.list(&page).await);
            visited.extend(names(&answered.rows));
            let Some(next) = answered.next else { break };
            page = query.clone().page_after(&next).expect("the cursor belongs to this query");
        }
        assert_eq!(visited, whole, "{sort:?}");
    }
}

fn words(text: &str) -> NewMessage {
    parsed(text)
}
