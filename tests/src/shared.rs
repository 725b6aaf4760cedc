//! The servers that the tests of one binary share.

use std::env;

use bson::doc;
use mongodb::Client;
use tokio::sync::OnceCell;

use super::{database::TestDatabase, replica_set::ReplicaSet};

/// Replica set for tests that leave its servers alone.
///
/// ```no_run
/// # async fn example() {
/// use ventanilla_tests::Mongo;
///
/// let database = Mongo::shared().await.database().await;
/// database.collection("SupportTicket").insert_one(bson::doc! { "ticketNumber": "TKT-ABC123" });
/// # }
/// ```
#[derive(Debug)]
pub struct Mongo {
    uri: String,
    /// Ours, unless `MONGODB_URI` names another.
    _servers: Option<ReplicaSet>,
}

impl Mongo {
    /// Returns the replica set of this test binary, which the first call starts.
    ///
    /// It has two servers: a majority is both, so each acknowledged write has been replicated.
    ///
    /// # Panics
    /// If `MONGODB_URI` names no replica set, or no `mongod` is available.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Mongo> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::find(2)).await
    }

    /// Returns a replica set of three servers, as most hosts have, for measurements.
    ///
    /// # Panics
    /// As [`shared`](Self::shared).
    pub async fn with_three_servers() -> &'static Self {
        static SERVERS: OnceCell<Mongo> = OnceCell::const_new();
        SERVERS.get_or_init(|| Self::find(3)).await
    }

    async fn find(servers: usize) -> Self {
        if let Ok(uri) = env::var("MONGODB_URI") {
            let client = Client::with_uri_str(&uri).await.expect("MONGODB_URI is a connection string");
            let hello = client.database("admin").run_command(doc! { "hello": 1 }).await;
            let hello = hello.expect("the servers of MONGODB_URI answer");
            let replicated =
                hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
            assert!(replicated, "MONGODB_URI is a standalone server's; the tests need a replica set's");
            return Self { uri, _servers: None };
        }
        let servers = ReplicaSet::undisturbed(servers).await;
        Self { uri: servers.uri(), _servers: Some(servers) }
    }

    /// Returns the connection string.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Returns an empty database for one test, with a client of its own.
    pub async fn database(&self) -> TestDatabase {
        TestDatabase::new(&self.uri).await
    }
}
