//! Stores that the races run over.

use ventanilla_service::{
    HelpDesk, HelpDeskBuilder, MemoryStore,
    mongodb::MongoOptions,
    settings::{Clock, SystemClock},
    sqlite::SqliteStore,
};
use ventanilla_tests::Mongo;

use super::crowd::Backend;

/// New store in memory for each desk.
pub(crate) struct Memory;

impl Backend for Memory {
    const ROUNDS: usize = 100;
    const QUEUE: usize = 100;

    async fn desk() -> HelpDeskBuilder {
        HelpDesk::builder(MemoryStore::new())
    }
}

/// New SQLite file for each desk.
pub(crate) struct Sqlite;

impl Backend for Sqlite {
    const ROUNDS: usize = 3;
    const QUEUE: usize = 350;

    async fn desk() -> HelpDeskBuilder {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("tickets.db")).await.expect("a new file");
        // The folder is removed with what holds it, and so with the desk.
        let clock = move || {
            let _kept = &folder;
            SystemClock.now()
        };
        HelpDesk::builder(store).clock(clock)
    }
}

/// New database for each desk, whose store keeps `KNOWN` bytes of known tickets.
pub(crate) struct OverMongo<const KNOWN: u64>;

impl<const KNOWN: u64> Backend for OverMongo<KNOWN> {
    /// One round: where one writer wins and all others try again, the work grows with the square of
    /// the crowd.
    const ROUNDS: usize = 1;

    async fn desk() -> HelpDeskBuilder {
        let database = Mongo::shared().await.database().await;
        let store = MongoOptions::new().with_known_tickets(KNOWN).create_indexes().open(&database).await;
        // The database is dropped with what holds it, and so with the desk.
        let clock = move || {
            let _kept = &database;
            SystemClock.now()
        };
        HelpDesk::builder(store.expect("an empty database")).clock(clock)
    }
}
