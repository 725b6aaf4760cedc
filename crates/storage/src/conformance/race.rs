//! Concurrent changes: one winner, nothing lost, nothing stored twice.

use std::collections::BTreeSet;

use futures::future::join_all;
use ventanilla_domain::{
    Actor, Audience, Change, Command, Explain, Limits, MessageRange, NewMessage, Outcome, Policy,
    Refusal, Status, Ticket, TicketNumber,
};

use super::{
    cases,
    listing::page_of,
    support::{
        admin, answer, command, command_under, counts_query, customer, fill, head, hour, luis, note,
        number, parsed, view,
    },
};
use crate::{InsertOutcome, ListQuery, StoreError, TicketStore, testing};

cases![
    one_of_many_claims_wins,
    every_one_of_many_messages_is_kept,
    every_one_of_many_notes_is_kept,
    concurrent_notes_and_messages_are_all_kept,
    a_message_sent_many_times_concurrently_is_kept_once,
    one_of_many_changes_to_the_same_version_wins,
    one_of_many_transitions_is_made,
    many_messages_fill_a_conversation_exactly,
    one_of_many_tickets_gets_the_number,
    one_of_many_tickets_gets_the_key,
    concurrent_changes_to_different_tickets_all_succeed,
];

const MANY: u8 = 32;

async fn one_of_many_claims_wins(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let claim = |at| command(Change::claim(), &Actor::Admin(testing::admin(at)), hour(1));
    let outcomes = at_once(store, (0..u32::from(MANY)).map(claim)).await;
    assert_eq!(applied(&outcomes), 1, "{outcomes:?}");
    let winner = head(store, &number()).await.assignee.expect("the ticket is assigned");
    let lost = Outcome::Refused(Refusal::AlreadyAssigned { to: winner });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == lost).count(), 31, "{outcomes:?}");
}

async fn every_one_of_many_messages_is_kept(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let text = |at| format!("Mensaje {at}");
    let message = |at| command(Change::message(message(&text(at))), &customer(), hour(1));
    let outcomes = at_once(store, (0..MANY).map(message)).await;
    assert_eq!(applied(&outcomes), 32, "{outcomes:?}");
    let versions: BTreeSet<u64> = outcomes.iter().filter_map(version).collect();
    assert!(versions.into_iter().eq(1..=32), "every version is used once: {outcomes:?}");
    let stored = view(store, &number()).await.expect("the ticket is stored");
    let texts: BTreeSet<&str> = stored.messages.iter().map(|message| message.text.as_str()).collect();
    assert!((0..MANY).all(|at| texts.contains(text(at).as_str())), "{texts:?}");
    assert_eq!((stored.head.message_count, stored.head.version), (Some(33), 32));
}

async fn every_one_of_many_notes_is_kept(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let text = |at| format!("Nota {at}");
    let note = |at| command(note(text(at).as_str()), &admin(), hour(1));
    let outcomes = at_once(store, (0..MANY).map(note)).await;
    assert_eq!(applied(&outcomes), 32, "{outcomes:?}");
    let stored = view(store, &number()).await.expect("the ticket is stored");
    let texts: BTreeSet<&str> = stored.notes.iter().map(|note| note.text.as_str()).collect();
    assert!((0..MANY).all(|at| texts.contains(text(at).as_str())), "{texts:?}");
    let versions: BTreeSet<u64> = stored.notes.iter().map(|note| note.version).collect();
    assert!(versions.into_iter().eq(1..=32), "every version is used once: {:?}", stored.notes);
    assert_eq!((stored.notes.len(), stored.head.version), (32, 32));
}

async fn concurrent_notes_and_messages_are_all_kept(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let text = |at| format!("Texto {at}");
    let write = |at| match at % 3 {
        0 => command(Change::message(message(&text(at))), &customer(), hour(1)),
        _ => command(note(text(at).as_str()), &admin(), hour(1)),
    };
    let outcomes = at_once(store, (0..MANY).map(write)).await;
    assert_eq!(applied(&outcomes), 32, "{outcomes:?}");
    let stored = view(store, &number()).await.expect("the ticket is stored");
    let notes = stored.notes.iter().map(|note| (note.text.as_str(), note.version));
    let messages = stored.messages.iter().map(|message| (message.text.as_str(), message.version));
    let (texts, versions): (BTreeSet<&str>, BTreeSet<u64>) = notes.chain(messages).unzip();
    assert!((0..MANY).all(|at| texts.contains(text(at).as_str())), "{texts:?}");
    assert!(versions.into_iter().eq(0..=32), "every version is used once: {stored:?}");
    assert_eq!((stored.messages.len(), stored.notes.len()), (12, 21));
}

async fn a_message_sent_many_times_concurrently_is_kept_once(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let once = Change::message(message("Hola").with_key(parsed("envio-1")));
    let outcomes = at_once(store, (0..MANY).map(|_| command(once.clone(), &customer(), hour(1)))).await;
    let repeated = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Repeated { .. })).count();
    assert_eq!((applied(&outcomes), repeated), (1, 31), "{outcomes:?}");
    assert_eq!(head(store, &number()).await.message_count, Some(2));
}

async fn one_of_many_changes_to_the_same_version_wins(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let change = |at| Change::message(message(&format!("Mensaje {at}"))).expecting(0);
    let outcomes = at_once(store, (0..MANY).map(|at| command(change(at), &admin(), hour(1)))).await;
    let won = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Applied { events, .. } => Some(events.clone()),
        _ => None,
    });
    let changes = won.expect("one of them is applied");
    let conflict = Outcome::Refused(Refusal::VersionConflict { expected: 0, found: 1, changes });
    let lost = outcomes.iter().filter(|outcome| **outcome == conflict).count();
    assert_eq!((applied(&outcomes), lost), (1, 31), "{outcomes:?}");
}

async fn one_of_many_transitions_is_made(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let resolve = |_| command(Change::status(Status::Resolved), &admin(), hour(1));
    let outcomes = at_once(store, (0..MANY).map(resolve)).await;
    let unchanged =
        outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Unchanged { .. })).count();
    assert_eq!((applied(&outcomes), unchanged), (1, 31), "{outcomes:?}");
    assert_eq!(view(store, &number()).await.expect("the ticket is stored").history.len(), 2);
}

async fn many_messages_fill_a_conversation_exactly(store: &dyn TicketStore) {
    fill(store, &[testing::ticket("TKT-ABC123").build()]).await;
    let limits = Limits::default().with_messages(10).expect("a limit can be lowered");
    let policy = Policy { limits, ..Policy::default() };
    let command = |_| command_under(&policy, Change::message(message("Hola")), &customer(), hour(1));
    let outcomes = at_once(store, (0..MANY).map(command)).await;
    assert_eq!(applied(&outcomes), 9, "{outcomes:?}");
    assert_eq!(head(store, &number()).await.message_count, Some(10));
}

async fn one_of_many_tickets_gets_the_number(store: &dyn TicketStore) {
    let ticket = |at| testing::ticket("TKT-ABC123").requester(testing::customer(at)).build();
    let tickets: Vec<Ticket> = (0..u32::from(MANY)).map(ticket).collect();
    let answers = join_all(tickets.iter().map(|ticket| insert(store, ticket))).await;
    let won: Vec<usize> = (0..32).filter(|at| answers[*at] == InsertOutcome::Stored).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    let taken = answers.iter().filter(|answer| **answer == InsertOutcome::NumberTaken).count();
    assert_eq!(taken, 31, "{answers:?}");
    let winner = tickets[won[0]].details(&Audience::Desk, MessageRange::All);
    assert_eq!(view(store, &number()).await, winner);
}

async fn one_of_many_tickets_gets_the_key(store: &dyn TicketStore) {
    let keyed = |at| testing::ticket("TKT-ABC123").key("formulario-1").created_at(hour(at)).build();
    let tickets: Vec<Ticket> = (0..32).map(keyed).collect();
    let answers = join_all(tickets.iter().map(|ticket| insert(store, ticket))).await;
    let won: Vec<usize> = (0..32).filter(|at| answers[*at] == InsertOutcome::Stored).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    let repeated = InsertOutcome::Repeated(tickets[won[0]].head().clone());
    let others = answers.iter().filter(|answer| **answer == repeated).count();
    assert_eq!(others, 31, "{answers:?}");
    assert_eq!(answer(store.counts(&counts_query(&luis(), None)).await).total(), 1);
}

async fn concurrent_changes_to_different_tickets_all_succeed(store: &dyn TicketStore) {
    let tickets: Vec<Ticket> = (0..MANY).map(|at| testing::ticket(numbered(at)).build()).collect();
    let inserted = join_all(tickets.iter().map(|ticket| insert(store, ticket))).await;
    assert!(inserted.iter().all(|answer| *answer == InsertOutcome::Stored), "{inserted:?}");
    let close = command(Change::status(Status::Closed), &admin(), hour(1));
    let numbers: Vec<TicketNumber> = (0..MANY).map(numbered).collect();
    let outcomes = join_all(numbers.iter().map(|number| update(store, number, &close))).await;
    assert_eq!(applied(&outcomes), 32, "{outcomes:?}");
    let closed = ListQuery::new().with_statuses(Status::Closed).with_page_size(page_of(100));
    assert_eq!(answer(store.list(&closed.into()).await).rows.len(), 32);
}

/// Applies commands to one ticket concurrently.
pub(super) async fn at_once(
    store: &dyn TicketStore,
    commands: impl Iterator<Item = Command>,
) -> Vec<Outcome> {
    let (commands, number): (Vec<Command>, _) = (commands.collect(), number());
    join_all(commands.iter().map(|command| update(store, &number, command))).await
}

pub(super) async fn update(
    store: &dyn TicketStore,
    number: &TicketNumber,
    command: &Command,
) -> Outcome {
    retried(async || store.update(number, command).await).await
}

pub(super) async fn insert(store: &dyn TicketStore, ticket: &Ticket) -> InsertOutcome {
    retried(async || store.insert(ticket).await).await
}

/// Repeats a call while its error is retryable, as a host may.
async fn retried<T>(attempt: impl AsyncFn() -> Result<T, StoreError>) -> T {
    for _ in 0..100 {
        match attempt().await {
            Err(error) if error.is_retryable() => {}
            answered => return answer(answered),
        }
    }
    panic!("the store was busy at each of 100 attempts");
}

fn applied(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Applied { .. })).count()
}

fn version(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Applied { head, .. } => Some(head.version),
        _ => None,
    }
}

fn numbered(at: u8) -> TicketNumber {
    TicketNumber::from_entropy(&[0, 0, 0, 0, 0, at])
}

fn message(text: &str) -> NewMessage {
    parsed(text)
}
