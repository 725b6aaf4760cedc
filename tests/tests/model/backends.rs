//! The stores that the model is compared with.

use std::{
    cell::{OnceCell, RefCell},
    sync::{Arc, LazyLock},
};

use bson::{Document, doc};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use ventanilla_service::{
    MemoryStore,
    attachments::AttachmentStore,
    mongodb::{MongoOptions, MongoStore},
    sqlite::SqliteStore,
    store::TicketStore,
};
use ventanilla_tests::Mongo;

use super::machine::Backend;

/// A new store in memory for each run.
pub(crate) struct Memory;

impl Backend for Memory {
    fn runtime() -> Arc<Runtime> {
        Arc::new(Builder::new_current_thread().build().unwrap())
    }

    async fn stores() -> (Arc<dyn TicketStore>, AttachmentStore) {
        (Arc::new(MemoryStore::new()), AttachmentStore::in_memory())
    }
}

/// The runtime of the other stores; a client lives as long as the runtime on which it was made.
static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(|| Arc::new(Runtime::new().unwrap()));

/// A new SQLite file and a new directory of files for each run.
pub(crate) struct Sqlite;

thread_local! {
    /// The folder of the run; that of the run before is removed.
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

impl Backend for Sqlite {
    fn runtime() -> Arc<Runtime> {
        Arc::clone(&RUNTIME)
    }

    async fn stores() -> (Arc<dyn TicketStore>, AttachmentStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("tickets.db")).await.unwrap();
        let files = AttachmentStore::in_directory(folder.path().join("files")).unwrap();
        FOLDER.replace(Some(folder));
        (Arc::new(store), files)
    }
}

/// One collection for each test, emptied before each run, and files in memory.
pub(crate) struct OverMongo;

thread_local! {
    /// Every test runs in a thread of its own.
    static TICKETS: OnceCell<(MongoStore, mongodb::Collection<Document>)> = const { OnceCell::new() };
}

impl Backend for OverMongo {
    fn runtime() -> Arc<Runtime> {
        Arc::clone(&RUNTIME)
    }

    async fn stores() -> (Arc<dyn TicketStore>, AttachmentStore) {
        let (store, collection) = match TICKETS.with(|tickets| tickets.get().cloned()) {
            Some(opened) => opened,
            None => {
                let database = Mongo::of_one().await.database().await;
                let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
                let opened = (store, database.collection("SupportTicket"));
                // It is dropped with the servers; leaving now would drop it at once.
                std::mem::forget(database);
                TICKETS.with(|tickets| tickets.get_or_init(|| opened).clone())
            }
        };
        collection.delete_many(doc! {}).await.unwrap();
        (Arc::new(store), AttachmentStore::in_memory())
    }
}
