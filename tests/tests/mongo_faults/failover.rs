//! Changes while primaries are killed and step down: no acknowledged change is lost or doubled.

mod check;
mod ledger;
mod life;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bson::{Document, doc};
use futures::future::join_all;
use ledger::Ledger;
use life::Clerk;
use mongodb::{Client, Database};
use tokio::time::timeout;
use ventanilla_service::{HelpDesk, mongodb::MongoOptions};
use ventanilla_tests::ReplicaSet;

const TASKS: usize = 32;
/// Number of rounds, each with a killed primary and one that steps down.
const ROUNDS: usize = 5;
/// Number of acknowledged changes between two faults; `VENTANILLA_FAILOVER_PROGRESS` sets another
/// number.
const PROGRESS: u64 = 150;
const PATIENCE: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_changes_are_stored_once_and_refused_ones_are_not() {
    let begin = Instant::now();
    let set = ReplicaSet::start().await;
    let desks = desks(&set).await;
    let (ledger, closing) = (Arc::new(Ledger::default()), Arc::new(AtomicBool::new(false)));
    let clerks = (0..TASKS).map(|task| {
        let clerk = Clerk::new(task, &desks[task % 2], Arc::clone(&ledger));
        tokio::spawn(clerk.work(Arc::clone(&closing)))
    });
    let clerks: Vec<_> = clerks.collect();

    timeout(PATIENCE, trouble(&set, &ledger)).await.expect("work goes on after each fault");
    closing.store(true, Ordering::Relaxed);
    let work = timeout(PATIENCE, join_all(clerks)).await.expect("all come to an end");

    println!("{ledger}in {:?}", begin.elapsed());
    let lives: Vec<_> = work.into_iter().flat_map(Result::unwrap).collect();
    let tickets = database(&set, "").await.collection::<Document>("SupportTicket");
    assert_eq!(tickets.count_documents(doc! {}).await.unwrap(), lives.len() as u64);
    for life in &lives {
        check::is_as_acknowledged(life, &desks[0]).await;
    }
    println!("{} tickets looked at after {:?}", lives.len(), begin.elapsed());
    // Lost answers are looked up; an outcome stays unknown only if no server answered for the whole
    // time.
    assert!(ledger.unknown() * 1_000 <= ledger.acknowledged(), "too much stayed unknown");
}

/// Kills primaries, restarts them, and makes them step down, each time after some changes.
async fn trouble(set: &ReplicaSet, ledger: &Ledger) {
    let set_progress = std::env::var("VENTANILLA_FAILOVER_PROGRESS").ok();
    let progress = set_progress.map_or(PROGRESS, |progress| progress.parse().unwrap());
    let rounds = if progress > PROGRESS { 2 * ROUNDS } else { ROUNDS };
    ledger.progress(progress).await;
    for _ in 0..rounds {
        let primary = set.primary().await;
        set.kill(primary);
        ledger.progress(progress).await;
        set.restart(primary).await;
        ledger.progress(progress).await;
        set.step_down().await;
        ledger.progress(progress).await;
    }
    println!("killed {rounds}, stepped down {rounds}");
}

/// Opens two desks: the driver of one retries and waits for elections, that of the other does
/// neither.
async fn desks(set: &ReplicaSet) -> [HelpDesk; 2] {
    let patient = database(set, "").await;
    let hasty = database(set, "&retryWrites=false&serverSelectionTimeoutMS=200").await;
    let options = MongoOptions::new().with_time_limit(Duration::from_secs(60)).create_indexes();
    [
        HelpDesk::new(options.clone().open(&patient).await.unwrap()),
        HelpDesk::new(options.open(&hasty).await.unwrap()),
    ]
}

async fn database(set: &ReplicaSet, settings: &str) -> Database {
    let uri = format!("{}&maxPoolSize={}{settings}", set.uri(), 3 * TASKS);
    Client::with_uri_str(uri).await.unwrap().database("desk")
}
