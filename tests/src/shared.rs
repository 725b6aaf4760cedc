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
    /// It has three servers, as most hosts have.
    ///
    /// # Panics
    /// If `MONGODB_URI` names no replica set, or no `mongod` is available.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Mongo> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::find(3)).await
    }

    /// Returns a replica set of one server, likewise, for tests of documents, commands and answers:
    /// what isn't copied to other servers costs a sixth of the processor time.
    ///
    /// With `MONGODB_URI` it is the same as [`shared`](Self::shared).
    ///
    /// # Panics
    /// If `MONGODB_URI` names no replica set, or no `mongod` is available.
    pub async fn of_one() -> &'static Self {
        static OF_ONE: OnceCell<Mongo> = OnceCell::const_new();
        OF_ONE.get_or_init(|| Self::find(1)).await
    }

    async fn find(nodes: usize) -> Self {
        if let Ok(uri) = env::var("MONGODB_URI") {
            let client = Client::with_uri_str(&uri).await.expect("MONGODB_URI is a connection string");
            let hello = client.database("admin").run_command(doc! { "hello": 1 }).await;
            let hello = hello.expect("the servers of MONGODB_URI answer");
            let replicated =
                hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
            assert!(replicated, "MONGODB_URI is a standalone server's; the tests need a replica set's");
            return Self { uri, _servers: None };
        }
        let servers = ReplicaSet::undisturbed(nodes).await;
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
