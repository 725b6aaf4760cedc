//! Workers that are killed at random moments, and start again at their token.

use std::env;

use tempfile::tempdir;
use ventanilla_tests::{Mongo, Process, rng, seed};

use super::{
    crowd::Crowd,
    place::Place,
    stored::Stored,
    worker::{Folder, Worker, work},
};

/// Number of times that a worker is killed; `VENTANILLA_EVENTS_KILLS` sets another number.
const KILLS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_worker_over_mongodb_misses_no_change() {
    if let Some(folder) = Process::given_path() {
        return work(&folder).await;
    }
    let database = Mongo::shared().await.database().await;
    let place = Place::of_database(database.uri(), &database);
    let stored = misses_nothing("killed::a_killed_worker_over_mongodb_misses_no_change", &place).await;
    assert!(stored.writes_of_others() > 10, "another application wrote too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_worker_over_a_file_misses_no_change() {
    if let Some(folder) = Process::given_path() {
        return work(&folder).await;
    }
    let folder = tempdir().unwrap();
    let place = Place::of_file(&folder.path().join("tickets.db"));
    misses_nothing("killed::a_killed_worker_over_a_file_misses_no_change", &place).await;
}

/// Kills the worker of a test again and again while tickets change, and checks what it has read.
async fn misses_nothing(test: &'static str, place: &Place) -> Stored {
    let set = env::var("VENTANILLA_EVENTS_KILLS").ok();
    let kills = set.map_or(KILLS, |kills| kills.parse().unwrap());
    let token = place.desk().await.events(None).await.unwrap().token().clone();
    let folder = tempdir().unwrap();
    let mut worker = Worker::new(test, Folder::new(folder.path(), place, &token), rng(seed(), 0));
    let crowd = Crowd::start(place).await;
    for _ in 0..kills {
        worker.run_and_kill().await;
    }
    let opened = crowd.finish().await;
    let stored = Stored::read(place, &opened).await;
    worker.run_until_it_has(&stored).await;
    let repeated = stored.check(&worker.log());
    println!(
        "killed {kills}: {} changes of {} tickets, {} of another application, {repeated} items repeated",
        stored.changes(),
        opened.len(),
        stored.writes_of_others()
    );
    assert!(stored.changes() > 5 * kills, "{} changes are too few to be killed in", stored.changes());
    stored
}
