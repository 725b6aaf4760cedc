//! Many writers of one ticket, and one that finds no moment.

use std::time::Duration;

use bson::{Document, doc};
use futures::future::join_all;
use tokio::task::JoinSet;
use ventanilla_service::*;
use ventanilla_tests::Mongo;

use super::world::{ana, desk, fault, keyed, patient, texts, ticket};

/// Another application that never stops writing keeps a change from finding a moment: an error at
/// the time limit, and not before.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_finds_no_moment_is_given_up_at_the_time_limit() {
    let database = Mongo::shared().await.database().await;
    let limit = Duration::from_millis(400);
    let desk = desk(&database, patient().time_limit(limit)).await;
    let number = ticket(&desk).await;
    let raw = database.collection::<Document>("SupportTicket");
    let mut restless = JoinSet::new();
    for nth in 0..4_i64 {
        let (raw, number) = (raw.clone(), number.clone());
        restless.spawn(async move {
            for moment in 0.. {
                let at = bson::DateTime::from_millis(1_800_000_000_000 + moment * 4 + nth);
                let update = doc! { "$set": { "updatedAt": at } };
                raw.update_one(doc! { "ticketNumber": number.as_str() }, update).await.unwrap();
            }
        });
    }
    let begin = std::time::Instant::now();
    let mut gave_up = 0;
    for nth in 0..20 {
        match desk.customer(ana()).add_message(&number, keyed(&format!("hola-{nth}"))).await {
            Ok(_) => {}
            error => {
                assert_eq!(fault(error), ("contention", Applied::No));
                gave_up += 1;
            }
        }
    }
    restless.shutdown().await;
    assert!(begin.elapsed() >= limit / 2 * gave_up, "it gave up too soon");
    assert_eq!(texts(&desk, &number).await.len() as u32, 20 - gave_up);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_one_ticket_all_succeed() {
    let database = Mongo::shared().await.database().await;
    let desk = desk(&database, patient()).await;
    let number = ticket(&desk).await;
    let write = async |task: usize| {
        for nth in 0..4 {
            let text = format!("{task}-{nth}");
            desk.customer(ana()).add_message(&number, text.as_str()).await.unwrap();
        }
    };
    join_all((0..64).map(write)).await;
    let mut texts = texts(&desk, &number).await;
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 64 * 4);
}
