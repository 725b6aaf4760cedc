//! Replica sets: the shared one, and sets of one test with their faults.

use std::time::{Duration, Instant};

use bson::{Document, doc};
use mongodb::{
    Client, Collection,
    error::{ErrorKind, WriteFailure},
    options::{Acknowledgment, ClientOptions, CollectionOptions, WriteConcern},
};
use ventanilla_tests::{Mongo, ReplicaSet};

/// Returns a collection with a durable majority write concern and a time limit.
fn tickets(client: &Client, limit: Duration) -> Collection<Document> {
    let durable =
        WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(limit).build();
    let options = CollectionOptions::builder().write_concern(durable).build();
    client.database("desk").collection_with_options("SupportTicket", options)
}

async fn count(tickets: &Collection<Document>) -> u64 {
    tickets.count_documents(doc! {}).await.unwrap()
}

#[tokio::test]
async fn two_tests_have_databases_of_their_own() {
    let begin = Instant::now();
    let mongo = Mongo::shared().await;
    println!("the shared set took {:?}", begin.elapsed());
    let (one, other) = (mongo.database().await, mongo.database().await);

    one.collection("SupportTicket").insert_one(doc! { "ticketNumber": "TKT-ABC123" }).await.unwrap();

    assert_eq!(count(&one.collection("SupportTicket")).await, 1);
    assert_eq!(count(&other.collection("SupportTicket")).await, 0);

    let name = one.name().to_owned();
    drop(one);
    let names = other.client().list_database_names().await.unwrap();
    assert!(!names.contains(&name), "{name} is dropped with the test");
}

#[tokio::test]
async fn a_set_starts_soon_and_takes_durable_writes() {
    let begin = Instant::now();
    let set = ReplicaSet::start().await;
    println!("a set of its own took {:?}", begin.elapsed());
    let tickets = tickets(&set.client().await, Duration::from_secs(20));

    tickets.insert_one(doc! { "ticketNumber": "TKT-ABC123" }).await.unwrap();

    assert_eq!(count(&tickets).await, 1);
}

#[tokio::test]
async fn writes_survive_step_downs_and_killed_primaries() {
    let set = ReplicaSet::start().await;
    let tickets = tickets(&set.client().await, Duration::from_secs(20));
    let first = set.primary().await;
    tickets.insert_one(doc! { "_id": 1 }).await.unwrap();

    set.step_down().await;
    let second = set.primary().await;
    assert_ne!(first, second);
    tickets.insert_one(doc! { "_id": 2 }).await.unwrap();

    let begin = Instant::now();
    set.kill(second);
    let third = set.primary().await;
    println!("a new primary after {:?}", begin.elapsed());
    assert_ne!(second, third);
    tickets.insert_one(doc! { "_id": 3 }).await.unwrap();
    println!("and a write after {:?}", begin.elapsed());

    let begin = Instant::now();
    set.restart(second).await;
    println!("restarted after {:?}", begin.elapsed());
    tickets.insert_one(doc! { "_id": 4 }).await.unwrap();
    assert_eq!(count(&tickets).await, 4);
}

#[tokio::test]
async fn a_write_without_a_majority_times_out_and_is_there() {
    let set = ReplicaSet::start().await;
    let client = set.client().await;
    let patient = tickets(&client, Duration::from_secs(20));
    patient.insert_one(doc! { "_id": 1 }).await.unwrap();
    let primary = set.primary().await;

    set.stop_replication().await;
    let begin = Instant::now();
    let limited = tickets(&client, Duration::from_millis(300));
    let error = limited.insert_one(doc! { "_id": 2 }).await.unwrap_err();
    println!("timed out after {:?}", begin.elapsed());
    let ErrorKind::Write(WriteFailure::WriteConcernError(timeout)) = *error.kind else {
        panic!("{error}");
    };
    assert_eq!(timeout.code, 64);
    assert_eq!(set.primary().await, primary, "it stays the primary");

    set.resume_replication().await;
    patient.insert_one(doc! { "_id": 3 }).await.unwrap();
    assert_eq!(count(&patient).await, 3);
}

#[tokio::test]
async fn a_paused_primary_is_replaced_and_rejoins() {
    let set = ReplicaSet::start().await;
    let old = set.primary().await;

    set.pause(old);
    let begin = Instant::now();
    let new = set.primary().await;
    println!("a new primary after {:?}", begin.elapsed());
    assert_ne!(old, new);

    set.resume(old);
    assert_eq!(set.primary().await, new);
}

#[tokio::test]
async fn commands_fail_as_configured_before_or_after_they_are_applied() {
    let set = ReplicaSet::start().await;
    let mut options = ClientOptions::parse(set.uri()).await.unwrap();
    options.retry_writes = Some(false);
    let tickets = tickets(&Client::with_options(options).unwrap(), Duration::from_secs(20));
    tickets.insert_one(doc! { "_id": 1 }).await.unwrap();

    set.fail(1, &["insert"], doc! { "closeConnection": true }).await;
    tickets.insert_one(doc! { "_id": 2 }).await.unwrap_err();
    assert_eq!(count(&tickets).await, 1);

    let late = doc! { "writeConcernError": { "code": 91, "errmsg": "shutting down" } };
    set.fail(1, &["insert"], late).await;
    tickets.insert_one(doc! { "_id": 3 }).await.unwrap_err();
    assert_eq!(count(&tickets).await, 2);
}

#[tokio::test]
async fn a_lost_reply_is_asked_for_again_and_the_second_loss_leaves_it_open() {
    let set = ReplicaSet::start().await;
    let proxy = set.proxy().await;
    let client = Client::with_uri_str(proxy.uri()).await.unwrap();
    let tickets = tickets(&client, Duration::from_secs(20));

    proxy.lose_replies(1, "insert");
    tickets.insert_one(doc! { "_id": 1 }).await.unwrap();
    assert_eq!(count(&tickets).await, 1);

    proxy.lose_replies(2, "insert");
    let open = tickets.insert_one(doc! { "_id": 2 }).await.unwrap_err();
    assert!(open.contains_label("RetryableWriteError"), "{open}");
    assert_eq!(count(&tickets).await, 2);
}
