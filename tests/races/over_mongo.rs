//! Races over a real server, each in a database of its own.

use ventanilla_service::{Clock, HelpDesk, HelpDeskBuilder, MongoOptions, SystemClock};
use ventanilla_tests::Mongo;

use super::crowd::Backend;

pub(crate) struct OverMongo;

impl Backend for OverMongo {
    /// Where one wins and all others look again, the work grows with the square of the crowd.
    const ROUNDS: usize = 1;

    async fn desk() -> HelpDeskBuilder {
        let database = Mongo::shared().await.database().await;
        let store = MongoOptions::new().create_indexes().open(&database).await;
        // The database is dropped with what holds it, and so with the desk.
        let clock = move || {
            let _kept = &database;
            SystemClock.now()
        };
        HelpDesk::builder(store.expect("an empty database")).clock(clock)
    }
}
