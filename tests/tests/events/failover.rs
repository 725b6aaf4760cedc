//! Streams while primaries are killed, hang and step down.

use std::time::{Duration, Instant};

use bson::doc;
use mongodb::{
    Client,
    options::{Acknowledgment, WriteConcern},
};
use tempfile::tempdir;
use tokio::time::timeout;
use ventanilla_service::{Category, Explain, HelpDesk, MessageText, NewTicket, mongodb::MongoOptions};
use ventanilla_tests::{Process, ReplicaSet, rng, seed};

use super::{
    crowd::Crowd,
    place::{Place, person},
    stored::Stored,
    worker::{Folder, Worker, work},
};

/// Number of rounds, each with a killed primary and one that steps down.
const ROUNDS: usize = 3;
/// Number of acknowledged changes between two faults.
const PROGRESS: usize = 60;
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_missed_while_primaries_fail() {
    if let Some(folder) = Process::given_path() {
        return work(&folder).await;
    }
    let set = ReplicaSet::start().await;
    let place = place(&set).await;
    let token = place.desk().await.events(None).await.unwrap().token().clone();
    let folder = tempdir().unwrap();
    let test = "failover::no_change_is_missed_while_primaries_fail";
    let mut worker = Worker::new(test, Folder::new(folder.path(), &place, &token), rng(seed(), 0));
    let crowd = Crowd::start(&place).await;
    for _ in 0..ROUNDS {
        let trouble = async {
            crowd.progress(PROGRESS).await;
            let primary = set.primary().await;
            set.kill(primary);
            crowd.progress(PROGRESS).await;
            set.restart(primary).await;
            crowd.progress(PROGRESS).await;
            set.step_down().await;
            crowd.progress(PROGRESS).await;
        };
        // One process goes through all of it, then others are killed.
        worker.run_during(trouble).await;
        worker.run_and_kill().await;
    }
    let opened = crowd.finish().await;
    let stored = Stored::read(&place, &opened).await;
    worker.run_until_it_has(&stored).await;
    let repeated = stored.check(&worker.log());
    println!("{ROUNDS} rounds: {} changes, {repeated} items repeated", stored.changes());
}

/// Leaves the connections of a stream open without an answer, as a broken network does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_leaves_a_primary_that_hangs() {
    let set = ReplicaSet::start().await;
    // A cursor waits so long for the server that it was opened on.
    let Place::Mongo { uri, database } = place(&set).await else { unreachable!("it is over MongoDB") };
    let place = Place::Mongo { uri: format!("{uri}&serverSelectionTimeoutMS=5000"), database };
    let desk = place.desk().await;
    let customer = desk.customer(person(1));
    let mut stream = desk.events(None).await.unwrap();
    let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("Hola").unwrap());
    let number = customer.create(new_ticket).await.unwrap().head.ticket_number;
    assert_eq!(stream.next().await.unwrap().unwrap().id, format!("{number}/0"));

    let (old, begin) = (set.primary().await, Instant::now());
    set.pause(old);
    // A client that never met the old primary finds the next one.
    let written = timeout(PATIENCE, async {
        let database = Client::with_uri_str(set.uri()).await.unwrap().database("desk");
        // The other server takes a while to leave it.
        let majority = WriteConcern::builder().w(Acknowledgment::Majority).w_timeout(PATIENCE).build();
        let options = MongoOptions::new().with_write_concern(majority).with_time_limit(PATIENCE);
        let desk = HelpDesk::new(options.open(&database).await.unwrap());
        desk.customer(person(1)).reply(&number, "¿Y?").await
    });
    written.await.expect("a primary is elected").unwrap();
    println!("a majority has the next change after {:?}", begin.elapsed());
    let item = timeout(PATIENCE, stream.next()).await.expect("the stream goes on");
    println!("the stream has it after {:?}", begin.elapsed());
    assert_eq!(item.unwrap().unwrap().id, format!("{number}/1"));
    set.resume(old);
}

/// Meets errors that the driver doesn't pass over by itself.
#[tokio::test]
async fn a_stream_is_opened_again_at_its_position() {
    let set = ReplicaSet::start().await;
    let desk = place(&set).await.desk().await;
    let mut stream = desk.events(None).await.unwrap();
    let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("Hola").unwrap());
    let number = desk.customer(person(1)).create(new_ticket).await.unwrap().head.ticket_number;
    let mut next =
        async || timeout(PATIENCE, stream.next()).await.expect("it goes on").unwrap().unwrap();
    assert_eq!(next().await.version, Some(0));
    for round in 0..3 {
        set.fail(4, &["getMore", "aggregate"], doc! { "errorCode": 8 }).await;
        for _ in 0..2 {
            desk.admin(person(2)).add_note(&number, "Ojo").await.unwrap();
        }
        for version in 1..=2 {
            assert_eq!(next().await.version, Some(2 * round + version));
        }
    }
}

#[tokio::test]
async fn a_stream_ends_after_the_time_limit_and_is_started_again_at_its_token() {
    let set = ReplicaSet::start().await;
    let desk = place(&set).await.desk().await;
    let database = Client::with_uri_str(set.uri()).await.unwrap().database("desk");
    let hasty = MongoOptions::new().with_time_limit(Duration::from_millis(500));
    let hasty = HelpDesk::new(hasty.open(&database).await.unwrap());
    let mut stream = hasty.events(None).await.unwrap();
    set.fail(20, &["getMore", "aggregate"], doc! { "errorCode": 8 }).await;
    let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("Hola").unwrap());
    let number = desk.customer(person(1)).create(new_ticket).await.unwrap().head.ticket_number;
    let error = timeout(PATIENCE, stream.next()).await.expect("an end").unwrap().unwrap_err();
    assert_eq!(error.code(), "store_failed");
    assert!(stream.next().await.is_none());
    let token = stream.token().clone();
    let again = timeout(PATIENCE, async {
        loop {
            if let Ok(stream) = hasty.events(token.clone()).await {
                break stream;
            }
        }
    });
    let mut again = again.await.expect("the errors end");
    let item = timeout(PATIENCE, again.next()).await.expect("it goes on").unwrap().unwrap();
    assert_eq!(item.id, format!("{number}/0"));
}

async fn place(set: &ReplicaSet) -> Place {
    let database = Client::with_uri_str(set.uri()).await.unwrap().database("desk");
    Place::of_database(&set.uri(), &database)
}
