//! Races over a real server, each in a database of its own.

use ventanilla_service::{Clock, HelpDesk, HelpDeskBuilder, MongoOptions, SystemClock};
use ventanilla_tests::Mongo;

use super::crowd::Backend;

/// A store that knows so many bytes of tickets.
pub(crate) struct OverMongo<const KNOWN: u64>;

impl<const KNOWN: u64> Backend for OverMongo<KNOWN> {
    /// Where one wins and all others look again, the work grows with the square of the crowd.
    const ROUNDS: usize = 1;

    async fn desk() -> HelpDeskBuilder {
        let database = Mongo::shared().await.database().await;
        let store = MongoOptions::new().known_tickets(KNOWN).create_indexes().open(&database).await;
        // The database is dropped with what holds it, and so with the desk.
        let clock = move || {
            let _kept = &database;
            SystemClock.now()
        };
        HelpDesk::builder(store.expect("an empty database")).clock(clock)
    }
}
