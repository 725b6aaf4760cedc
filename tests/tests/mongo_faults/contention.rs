//! Concurrent writers of one ticket, and contention up to the time limit.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    thread,
    time::{Duration, Instant},
};

use bson::{Document, doc};
use futures::future::join_all;
use mongodb::{Client, Database, event::command::CommandEvent};
use ventanilla_service::{TicketNumber, error::WriteOutcome};
use ventanilla_tests::{Mongo, TestDatabase};

use super::world::{ana, desk, fault, keyed, patient, texts, ticket, watched};

/// Checks that a change fails at the time limit, and not before, if another application writes after
/// each of its reads.
#[tokio::test(flavor = "multi_thread")]
async fn contention_is_reported_at_the_time_limit() {
    let database = Mongo::shared().await.database().await;
    let quiet = desk(&database, patient()).await;
    let number = ticket(&quiet).await;

    let limit = Duration::from_secs(5);
    let disturbed = disturbed(&database, &number).await;
    let disturbed = desk(&disturbed, patient().with_time_limit(limit)).await;

    let begin = Instant::now();
    let given_up = disturbed.customer(ana()).reply(&number, keyed("hola")).await;
    assert_eq!(fault(given_up), ("contention", WriteOutcome::NotApplied));
    assert!(begin.elapsed() > limit / 2, "it gave up after {:?}", begin.elapsed());
    assert_eq!(texts(&quiet, &number).await, [""; 0]);
}

/// Opens the same database, with another application that writes after each of our reads.
pub(super) async fn disturbed(database: &TestDatabase, number: &TicketNumber) -> Database {
    let (uri, name, number) = (database.uri().to_owned(), database.name().to_owned(), number.clone());
    let client = watched(database.uri(), move |event| {
        if matches!(&event, CommandEvent::Succeeded(done) if done.command_name == "find") {
            let (uri, name, number) = (uri.clone(), name.clone(), number.clone());
            let writer = thread::spawn(move || write_between(&uri, &name, &number));
            writer.join().unwrap();
        }
    });
    client.await.database(database.name())
}

/// Writes as another application does, from a thread and with a client of its own.
fn write_between(uri: &str, name: &str, number: &TicketNumber) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tickets = Client::with_uri_str(uri).await.unwrap().database(name);
        let now = bson::DateTime::from_millis(MOMENT.fetch_add(1, Ordering::Relaxed));
        let update = doc! { "$set": { "updatedAt": now } };
        let tickets = tickets.collection::<Document>("SupportTicket");
        tickets.update_one(doc! { "ticketNumber": number.as_str() }, update).await.unwrap();
    });
}

static MOMENT: AtomicI64 = AtomicI64::new(1_900_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_one_ticket_all_succeed() {
    let database = Mongo::shared().await.database().await;
    let desk = desk(&database, patient()).await;
    let number = ticket(&desk).await;
    let write = async |task: usize| {
        for nth in 0..4 {
            let text = format!("{task}-{nth}");
            desk.customer(ana()).reply(&number, text.as_str()).await.unwrap();
        }
    };
    join_all((0..64).map(write)).await;
    let mut texts = texts(&desk, &number).await;
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 64 * 4);
}
