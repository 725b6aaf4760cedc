//! Commands that a store sends to the collection of the tickets, from the driver's command
//! monitoring.

use std::sync::{Arc, Mutex};

use bson::Document;
use mongodb::{
    Client,
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};
use ventanilla_service::mongodb::{MongoOptions, MongoStore};
use ventanilla_tests::TestDatabase;

/// Default collection of a store.
pub(crate) const TICKETS: &str = "SupportTicket";

/// Commands that were sent, in order; a command that is sent again counts again.
#[derive(Clone, Default)]
pub(crate) struct CommandMonitor(Arc<Mutex<Vec<Document>>>);

impl CommandMonitor {
    /// Opens a store over this database with a client of its own, and a monitor of its commands.
    ///
    /// The store reads every ticket before it changes it.
    pub(crate) async fn by_a_store(database: &TestDatabase) -> (MongoStore, Self) {
        Self::by_a_store_with(MongoOptions::new().with_known_tickets(0), database).await
    }

    pub(crate) async fn by_a_store_with(
        options: MongoOptions,
        database: &TestDatabase,
    ) -> (MongoStore, Self) {
        let monitor = Self::default();
        let mut client = ClientOptions::parse(database.uri()).await.unwrap();
        let seen = monitor.clone();
        client.command_event_handler = Some(EventHandler::callback(move |event| seen.write(event)));
        let database = Client::with_options(client).unwrap().database(database.name());
        let store = options.create_indexes().open(&database).await.unwrap();
        monitor.take();
        (store, monitor)
    }

    /// Takes the names of the commands that were sent since the last call.
    pub(crate) fn names(&self) -> Vec<String> {
        self.take().iter().filter_map(|command| command.keys().next().cloned()).collect()
    }

    /// Takes the commands that were sent since the last call.
    pub(crate) fn take(&self) -> Vec<Document> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn write(&self, event: CommandEvent) {
        let CommandEvent::Started(started) = event else { return };
        // Sent without waiting, when a cursor that wasn't read to its end is dropped.
        if started.command_name == "killCursors" {
            return;
        }
        // A command names its collection in its first field; only `getMore` has a field for it. What
        // the driver sends for itself, such as `endSessions`, names none.
        let names = [started.command_name.as_str(), "collection"];
        if names.iter().any(|field| started.command.get_str(field).is_ok_and(|name| name == TICKETS)) {
            self.0.lock().unwrap().push(started.command);
        }
    }
}
