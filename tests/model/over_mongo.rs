//! The model over MongoDB: one collection for each test, emptied between its runs.

use std::{
    cell::OnceCell,
    sync::{Arc, LazyLock},
};

use bson::{Document, doc};
use tokio::runtime::Runtime;
use ventanilla_service::{MongoOptions, MongoStore, TicketStore};
use ventanilla_tests::Mongo;

use super::machine::Backend;

pub(crate) struct OverMongo;

/// Clients live as long as the runtime on which they were made.
static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(|| Arc::new(Runtime::new().unwrap()));

thread_local! {
    /// Every test runs in a thread of its own.
    static TICKETS: OnceCell<(MongoStore, mongodb::Collection<Document>)> = const { OnceCell::new() };
}

impl Backend for OverMongo {
    fn runtime() -> Arc<Runtime> {
        Arc::clone(&RUNTIME)
    }

    async fn store() -> Arc<dyn TicketStore> {
        let (store, collection) = match TICKETS.with(|tickets| tickets.get().cloned()) {
            Some(opened) => opened,
            None => {
                let database = Mongo::shared().await.database().await;
                let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
                let opened = (store, database.collection("SupportTicket"));
                // It is dropped with the servers; leaving now would drop it at once.
                std::mem::forget(database);
                TICKETS.with(|tickets| tickets.get_or_init(|| opened).clone())
            }
        };
        collection.delete_many(doc! {}).await.unwrap();
        Arc::new(store)
    }
}
