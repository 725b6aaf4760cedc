//! Two handles on one database.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use itertools::Itertools;
use ventanilla_domain::{
    Actor, Audience, Change, Command, MessageRange, NewMessage, Outcome, Priority, Refusal, SlaMetric,
    Status, Ticket, TicketNumber, Timestamp, UserId,
};

use super::{
    Results, cases,
    listing::{SORTS, assert_rows, names, page_of, walk_at},
    report::{counts as counts_of, rows},
    support::{
        admin, answer, business_time, command, command_under, counts_query, fill, hour, luis, marta,
        message, note, parsed, sla_policy, timed_ticket, view,
    },
};
use crate::{
    Counts, InsertOutcome, ListQuery, PageSize, Period, Report, ReportQuery, Sort, StatsByMetric,
    TicketStore,
    store::{default_report, default_resolved_until},
    testing::{self, TicketFixture},
};

/// Runs every case on two handles of one empty database, such as two clients or two connection pools,
/// which stand for two processes.
///
/// Each handle must read the writes of the other and base its changes on them. Numbers, keys and cursors
/// are valid for both, and concurrent writes are neither lost nor stored twice.
///
/// ```
/// use std::sync::Arc;
/// use ventanilla_storage::{MemoryStore, conformance};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = Arc::new(MemoryStore::new());
/// conformance::check_shared(&store, &Arc::clone(&store)).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If cases fail. All cases are run first, and the message names those that failed, with their reasons.
pub async fn check_shared(one: &dyn TicketStore, other: &dyn TicketStore) {
    let mut results = Results::default();
    for case in CASES {
        results.run(case.name, (case.run)([one, other])).await;
    }
    results.all_passed();
}

cases![RunShared(both):
    each_handle_reads_the_writes_of_the_other,
    lists_and_counts_show_what_the_other_wrote,
    a_change_is_decided_on_what_the_other_wrote,
    a_number_that_the_other_used_is_taken,
    a_key_that_the_other_used_opens_no_second_ticket,
    a_key_that_the_other_used_adds_no_second_message,
    a_walk_continues_with_the_other,
    concurrent_writes_through_both_are_all_kept,
    one_of_two_claims_wins,
    one_message_that_both_send_is_added_once,
    one_ticket_that_both_open_is_stored_once,
];

/// Handle that makes each write: neither alternating nor always the same.
const WRITERS: [usize; 8] = [0, 1, 1, 0, 1, 0, 0, 1];

async fn each_handle_reads_the_writes_of_the_other(both: [&dyn TicketStore; 2]) {
    for (at, opener) in ["TKT-READ10", "TKT-READ11"].into_iter().zip([0, 1]) {
        let mut ticket = testing::ticket(at).requester(customer(0)).build();
        let number = ticket.head().ticket_number.clone();
        // A handle must not remember that the ticket is missing.
        for store in both {
            assert_eq!(view(store, &number).await, None);
        }
        fill(both[opener], std::slice::from_ref(&ticket)).await;
        assert!(
            view(both[1 - opener], &number).await.is_some(),
            "one handle reads a ticket stored by the other"
        );
        for (step, (change, writer)) in life(customer(0)).into_iter().zip(WRITERS).enumerate() {
            change.apply(&mut ticket);
            answer(both[writer].update(&number, &change).await);
            for store in both {
                for (audience, range) in [
                    (Audience::Desk, MessageRange::All),
                    (Audience::Requester(customer(0)), MessageRange::All),
                    (Audience::Desk, MessageRange::Last(1)),
                ] {
                    let seen = answer(store.get(&(&number).into(), &audience, range).await);
                    assert_eq!(seen, ticket.details(&audience, range), "after step {step} by {writer}");
                }
            }
        }
    }
}

async fn lists_and_counts_show_what_the_other_wrote(both: [&dyn TicketStore; 2]) {
    let ana = customer(1);
    let fixture = |number| timed_ticket(number).requester(ana.clone());
    let mut tickets = [fixture("TKT-LIST10").build(), fixture("TKT-LIST11").build()];
    for ((ticket, writer), reader) in tickets.iter().zip([0, 1]).zip([1, 0]) {
        fill(both[writer], std::slice::from_ref(ticket)).await;
        check_sums(both[reader]).await;
    }
    let now = business_time(hour(24 * 60));
    for (step, (change, writer)) in life(ana.clone()).into_iter().zip(WRITERS).enumerate() {
        let ticket = &mut tickets[step % 2];
        change.apply(ticket);
        answer(both[writer].update(&ticket.head().ticket_number, &change).await);
        for store in both {
            let all = ListQuery::new().with_requester(ana.clone());
            let queries = [
                all.clone().with_sort(SORTS[0]),
                all.clone().with_sort(SORTS[2]),
                all.clone().with_sort(Sort::Due),
                all.clone().overdue(),
                all.overdue().with_sort(SORTS[0]),
            ];
            for (query, status) in queries.into_iter().cartesian_product([None, Some(Status::Open)]) {
                let query =
                    status.map_or_else(|| query.clone(), |status| query.clone().with_statuses(status));
                let expected = tickets
                    .iter()
                    .filter(|ticket| query.clone().first_page().with_as_of(now).matches(ticket.head()));
                assert_rows(&query, walk_at(store, &query, now).await, expected);
            }
            check_sums(store).await;
        }
    }
}

async fn a_change_is_decided_on_what_the_other_wrote(both: [&dyn TicketStore; 2]) {
    let [one, other] = both;
    let number = opened(one, testing::ticket("TKT-RULE10")).await;
    let (luis, marta) = (Actor::Admin(luis()), Actor::Admin(marta()));
    // Both handles have changed the ticket before.
    for (store, by) in [(one, &luis), (other, &marta)] {
        let note = command(note("Nota"), by, hour(1));
        assert!(is_applied(&answer(store.update(&number, &note).await)));
    }
    let claim = |by| command(Change::claim(), by, hour(2));
    assert!(is_applied(&answer(one.update(&number, &claim(&luis)).await)));
    let refused = answer(other.update(&number, &claim(&marta)).await);
    assert_eq!(refused, Outcome::Refused(Refusal::AlreadyAssigned { to: testing::admin(0) }));

    let raise = command(Change::priority(Priority::High).expecting(3), &marta, hour(3));
    assert!(
        is_applied(&answer(other.update(&number, &raise).await)),
        "the other handle wrote version 3"
    );
    let late = command(Change::status(Status::InProgress).expecting(3), &admin(), hour(4));
    let refused = answer(one.update(&number, &late).await);
    let conflict = matches!(
        &refused,
        Outcome::Refused(Refusal::VersionConflict { expected: 3, found: 4, changes })
            if changes.len() == 1
    );
    assert!(conflict, "{refused:?}");

    let close = command(Change::status(Status::Closed), &marta, hour(5));
    assert!(is_applied(&answer(other.update(&number, &close).await)));
    let again = answer(one.update(&number, &close).await);
    assert!(matches!(again, Outcome::Unchanged { .. }), "{again:?}");
    let late = answer(one.update(&number, &command(message("Hola"), &admin(), hour(6))).await);
    assert!(matches!(late, Outcome::Refused(Refusal::Closed { .. })), "{late:?}");
}

async fn a_number_that_the_other_used_is_taken(both: [&dyn TicketStore; 2]) {
    let turns = [("TKT-TAKEN1", both), ("TKT-TAKEN2", [both[1], both[0]])];
    for (number, [one, other]) in turns {
        let first = testing::ticket(number).requester(customer(2)).build();
        fill(one, std::slice::from_ref(&first)).await;
        let second = testing::ticket(number).requester(customer(3)).build();
        assert_eq!(answer(other.insert(&second).await), InsertOutcome::NumberTaken);
        let stored = view(one, &first.head().ticket_number).await;
        assert_eq!(stored, first.details(&Audience::Desk, MessageRange::All), "nothing was overwritten");
    }
}

async fn a_key_that_the_other_used_opens_no_second_ticket(both: [&dyn TicketStore; 2]) {
    let keyed = |number, key: &str| testing::ticket(number).requester(customer(4)).key(key.to_owned());
    let turns = [("formulario-1", both), ("formulario-2", [both[1], both[0]])];
    for (at, (key, [one, other])) in turns.into_iter().enumerate() {
        let first = keyed(format!("TKT-KEY1{at}"), key).build();
        fill(one, std::slice::from_ref(&first)).await;
        let again = keyed(format!("TKT-KEY1{at}"), key).created_at(hour(1));
        let conflicting = again.clone().description("Otra cosa").build();
        let repeated = InsertOutcome::Repeated(first.head().clone());
        assert_eq!(answer(other.insert(&again.build()).await), repeated);
        let number = first.head().ticket_number.clone();
        let conflict = InsertOutcome::KeyConflict { number, key: parsed(key) };
        assert_eq!(answer(other.insert(&conflicting).await), conflict);
    }
}

async fn a_key_that_the_other_used_adds_no_second_message(both: [&dyn TicketStore; 2]) {
    let number = opened(both[0], testing::ticket("TKT-KEY300").requester(customer(5))).await;
    let ana = Actor::Customer(customer(5));
    for (key, [one, other]) in [("envio-1", both), ("envio-2", [both[1], both[0]])] {
        let send = |text: &str| {
            let message = parsed::<NewMessage>(text).with_key(parsed(key));
            command(Change::message(message), &ana, hour(1))
        };
        let first = answer(one.update(&number, &send("Hola")).await);
        let Outcome::Applied { head, events } = first else { panic!("{first:?}") };
        let again = answer(other.update(&number, &send("Hola")).await);
        assert_eq!(again, Outcome::Repeated { head, events });
        let conflict = answer(other.update(&number, &send("Adiós")).await);
        assert_eq!(conflict, Outcome::Refused(Refusal::KeyConflict { key: parsed(key) }));
    }
}

async fn a_walk_continues_with_the_other(both: [&dyn TicketStore; 2]) {
    let ana = customer(6);
    let ticket = |at: usize| testing::ticket(format!("TKT-WALK{at:02}")).requester(ana.clone()).build();
    let tickets: Vec<Ticket> = (0..12).map(ticket).collect();
    for (ticket, writer) in tickets.iter().zip(WRITERS.into_iter().cycle()) {
        fill(both[writer], std::slice::from_ref(ticket)).await;
    }
    for sort in SORTS {
        let query = ListQuery::new().with_requester(ana.clone()).with_sort(sort);
        let whole = names(&answer(both[0].list(&query.clone().into()).await).rows);
        assert_eq!(whole.len(), 12);
        let query = query.with_page_size(page_of(2));
        let (mut visited, mut page) = (Vec::new(), query.clone().first_page());
        for reader in WRITERS {
            let answered = answer(both[reader].list(&page).await);
            visited.extend(names(&answered.rows));
            let Some(next) = answered.next else { break };
            page = query.clone().page_after(&next).expect("the cursor belongs to this query");
        }
        assert_eq!(visited, whole, "{sort:?}");
    }
}

async fn concurrent_writes_through_both_are_all_kept(both: [&dyn TicketStore; 2]) {
    let number = opened(both[0], testing::ticket("TKT-RACE10").requester(customer(7))).await;
    let ana = Actor::Customer(customer(7));
    let text = |at: usize| format!("Mensaje {at}");
    let writes: Vec<Command> = (0..64)
        .map(|at| match at % 4 {
            0 | 1 => command(message(&text(at)), &ana, hour(1)),
            _ => command(note(text(at).as_str()), &admin(), hour(1)),
        })
        .collect();
    let outcomes = at_once(both, &number, &writes).await;
    assert!(outcomes.iter().all(is_applied), "{outcomes:?}");
    for store in both {
        let seen = view(store, &number).await.expect("the ticket is stored");
        let messages = seen.messages.iter().map(|message| (message.text.as_str(), message.version));
        let notes = seen.notes.iter().map(|note| (note.text.as_str(), note.version));
        let (texts, versions): (BTreeSet<&str>, BTreeSet<u64>) = messages.chain(notes).unzip();
        assert!((0..64).all(|at| texts.contains(text(at).as_str())), "{texts:?}");
        assert!(versions.into_iter().eq(0..=64), "every version is used once: {seen:?}");
        assert_eq!((seen.messages.len(), seen.notes.len(), seen.head.version), (33, 32, 64));
    }
}

async fn one_of_two_claims_wins(both: [&dyn TicketStore; 2]) {
    for at in 0..8 {
        let number = opened(both[at % 2], testing::ticket(format!("TKT-CLAIM{at}"))).await;
        let who = if at < 4 { [luis(), marta()] } else { [marta(), luis()] };
        let claims = who.map(|who| command(Change::claim(), &Actor::Admin(who), hour(2)));
        let outcomes = at_once(both, &number, &claims).await;
        assert_eq!(outcomes.iter().filter(|outcome| is_applied(outcome)).count(), 1, "{outcomes:?}");
        let winner = view(both[0], &number).await.and_then(|view| view.head.assignee);
        let winner = winner.expect("the ticket is assigned");
        let lost = Outcome::Refused(Refusal::AlreadyAssigned { to: winner });
        assert!(outcomes.contains(&lost), "{outcomes:?}");
    }
}

async fn one_message_that_both_send_is_added_once(both: [&dyn TicketStore; 2]) {
    let number = opened(both[0], testing::ticket("TKT-ONCE10").requester(customer(8))).await;
    let once = parsed::<NewMessage>("Una vez").with_key(parsed("envio-1"));
    let once = command(Change::message(once), &Actor::Customer(customer(8)), hour(3));
    let outcomes = at_once(both, &number, &vec![once; 16]).await;
    let repeated = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Repeated { .. })).count();
    let added = outcomes.iter().filter(|outcome| is_applied(outcome)).count();
    assert_eq!((added, repeated), (1, 15), "{outcomes:?}");
    let seen = view(both[1], &number).await.expect("the ticket is stored");
    assert_eq!(seen.messages.len(), 2, "{seen:?}");
}

async fn one_ticket_that_both_open_is_stored_once(both: [&dyn TicketStore; 2]) {
    let ana = customer(9);
    let keyed = |at| testing::ticket("TKT-OPEN00").requester(ana.clone()).created_at(hour(at));
    let tickets: Vec<Ticket> = (0..16).map(|at| keyed(at).key("formulario-1").build()).collect();
    let inserted = join_all(tickets.iter().zip(both.into_iter().cycle()).map(insert)).await;
    let won: Vec<usize> = (0..16).filter(|at| inserted[*at] == InsertOutcome::Stored).collect();
    let [won] = won[..] else { panic!("{inserted:?}") };
    let repeated = InsertOutcome::Repeated(tickets[won].head().clone());
    let others = inserted.iter().filter(|answer| **answer == repeated).count();
    assert_eq!(others, 15, "{inserted:?}");

    let numbered =
        |at| testing::ticket("TKT-OPEN99").requester(ana.clone()).description(format!("{at}"));
    let tickets: Vec<Ticket> = (0..16).map(|at| numbered(at).build()).collect();
    let inserted = join_all(tickets.iter().zip(both.into_iter().cycle()).map(insert)).await;
    let won: Vec<usize> = (0..16).filter(|at| inserted[*at] == InsertOutcome::Stored).collect();
    let [won] = won[..] else { panic!("{inserted:?}") };
    for store in both {
        let stored = view(store, &parsed("TKT-OPEN99")).await;
        assert_eq!(stored, tickets[won].details(&Audience::Desk, MessageRange::All));
    }
}

/// Returns the customer of a case, so that the lists of a case have no tickets of other cases.
fn customer(of: u32) -> UserId {
    testing::customer(100 + of)
}

/// Returns a change of every kind, by several actors.
fn life(requester: UserId) -> [Command; 8] {
    let (ana, marta) = (Actor::Customer(requester), Actor::Admin(marta()));
    let steps = [
        (message("¿Hay novedades?"), &ana),
        (Change::claim(), &admin()),
        (note("Es la tercera vez este mes."), &marta),
        (Change::priority(Priority::High), &admin()),
        (Change::reply(parsed::<NewMessage>("Ya está."), Status::Resolved), &admin()),
        (message("Sigue igual."), &ana),
        (Change::assign(Some(testing::admin(1))), &admin()),
        (Change::status(Status::Closed), &marta),
    ];
    let mut at = 0;
    steps.map(|(change, by)| {
        at += 1;
        command_under(&sla_policy(), change, by, hour(at))
    })
}

/// Compares counts and reports of a store with its lists.
async fn check_sums(store: &dyn TicketStore) {
    let (now, ever) = (business_time(hour(24 * 60)), Period::new(Timestamp::MIN, Timestamp::MAX));
    let query = ListQuery::new().with_page_size(page_of(PageSize::MAX));
    let mut counts = Counts::default();
    for row in walk_at(store, &query, now).await {
        counts.add_ticket(&row.head, &counts_query(&luis(), now));
    }
    assert_eq!(answer(store.counts(&counts_query(&luis(), Some(now))).await), counts);
    let resolved = answer(store.resolved_until(Timestamp::MAX, u32::MAX).await);
    let expected = answer(default_resolved_until(store, Timestamp::MAX, u32::MAX).await);
    assert_eq!(BTreeSet::from_iter(resolved), BTreeSet::from_iter(expected));
    let ever = ever.expect("it ends after it starts");
    let query = ReportQuery::new(ever, &testing::sla(), hour(24 * 60));
    let stats = |report: &Report| {
        let counted = |stats: &StatsByMetric| SlaMetric::ALL.map(|metric| counts_of(&stats.of(metric)));
        rows(report).map(|(by, stats)| (by, counted(stats))).collect::<BTreeMap<_, _>>()
    };
    let expected = answer(default_report(store, &query).await);
    assert_eq!(stats(&answer(store.report(&query).await)), stats(&expected));
}

async fn opened(store: &dyn TicketStore, fixture: TicketFixture) -> TicketNumber {
    let ticket = fixture.build();
    fill(store, std::slice::from_ref(&ticket)).await;
    ticket.head().ticket_number.clone()
}

fn is_applied(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Applied { .. })
}

/// Applies commands to one ticket concurrently, alternating between the handles.
async fn at_once(
    both: [&dyn TicketStore; 2],
    number: &TicketNumber,
    commands: &[Command],
) -> Vec<Outcome> {
    let through = commands.iter().zip(both.into_iter().cycle());
    join_all(through.map(|(command, store)| super::race::update(store, number, command))).await
}

async fn insert((ticket, store): (&Ticket, &dyn TicketStore)) -> InsertOutcome {
    super::race::insert(store, ticket).await
}
