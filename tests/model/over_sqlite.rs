//! The model over SQLite: a file for each run.

use std::{
    cell::RefCell,
    sync::{Arc, LazyLock},
};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use ventanilla_service::{SqliteStore, TicketStore};

use super::machine::Backend;

pub(crate) struct OverSqlite;

static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(|| Arc::new(Runtime::new().unwrap()));

thread_local! {
    /// The folder of the run; that of the run before is removed.
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

impl Backend for OverSqlite {
    fn runtime() -> Arc<Runtime> {
        Arc::clone(&RUNTIME)
    }

    async fn store() -> Arc<dyn TicketStore> {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("tickets.db")).await.unwrap();
        FOLDER.replace(Some(folder));
        Arc::new(store)
    }
}
