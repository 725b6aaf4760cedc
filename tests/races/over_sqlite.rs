//! Races over SQLite, each in a file of its own.

use ventanilla_service::{Clock, HelpDesk, HelpDeskBuilder, SqliteStore, SystemClock};

use super::crowd::Backend;

pub(crate) struct OverSqlite;

impl Backend for OverSqlite {
    const ROUNDS: usize = 3;

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
