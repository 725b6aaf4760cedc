//! Servers that hold the same data.

use std::time::Duration;

use bson::{Document, doc};
use futures::future::join_all;
use mongodb::Client;

use super::{server::Server, wait_until::wait_until};

/// Number of servers of a set in which one may be lost.
const NODES: usize = 3;

/// Replica set of one test, which may kill, pause and step down its servers.
///
/// Nodes are numbered from 0 to 2. The servers and their data are gone when it is dropped.
///
/// ```no_run
/// # async fn example() {
/// use ventanilla_tests::ReplicaSet;
///
/// let set = ReplicaSet::start().await;
/// let tickets = set.client().await.database("desk").collection::<bson::Document>("SupportTicket");
/// let old = set.primary().await;
/// set.kill(old);
/// tickets.insert_one(bson::doc! {}).await.unwrap(); // the driver waits for the next primary
/// set.restart(old).await;
/// # }
/// ```
#[derive(Debug)]
pub struct ReplicaSet {
    pub(crate) nodes: Vec<Server>,
}

impl ReplicaSet {
    /// Starts a set that elects a new primary within a second of losing one.
    ///
    /// # Panics
    /// If no `mongod` is available. All methods panic if a server doesn't carry out an order.
    pub async fn start() -> Self {
        Self::of(NODES, Duration::from_secs(1)).await
    }

    /// Starts a set whose servers no test disturbs, for many tests on a busy machine, which must not
    /// cause an election.
    pub(crate) async fn undisturbed(nodes: usize) -> Self {
        Self::of(nodes, Duration::from_secs(10)).await
    }

    async fn of(nodes: usize, election_timeout: Duration) -> Self {
        let arguments = ["--replSet", "rs0", "--setParameter", "enableTestCommands=1"];
        let nodes = join_all((0..nodes).map(|_| Server::start(&arguments))).await;
        let set = Self { nodes };
        set.initiate(election_timeout).await;
        set
    }

    async fn initiate(&self, timeout: Duration) {
        let member = |(id, node): (usize, &Server)| doc! { "_id": id as i32, "host": node.address() };
        let members: Vec<Document> = self.nodes.iter().enumerate().map(member).collect();
        let settings = doc! {
            "electionTimeoutMillis": timeout.as_millis() as i64,
            "heartbeatIntervalMillis": 200,
        };
        let config = doc! { "_id": "rs0", "members": members, "settings": settings };
        let first = &self.nodes[0];
        first.command(doc! { "replSetInitiate": config }).await.expect("the set is made");
        // Rather than to wait for the election timeout.
        wait_until("the first election", || first.command(doc! { "replSetStepUp": 1 })).await;
        // The others copy the data and then have to find a node to follow. Without this wait,
        // the first write for a majority would take these seconds.
        let everywhere = doc! { "w": self.nodes.len() as i32 };
        let note = doc! { "appendOplogNote": 1, "data": {}, "writeConcern": everywhere };
        wait_until("copying the data", || first.command(note.clone())).await;
    }

    /// Returns the connection string of the whole set.
    ///
    /// Its clients look for a lost server twice a second, where by default they would take 10 s.
    pub fn uri(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(Server::address).collect();
        format!("mongodb://{}/?replicaSet=rs0&heartbeatFrequencyMS=500", addresses.join(","))
    }

    /// Returns the address of a node, such as `127.0.0.1:27017`.
    pub fn address(&self, node: usize) -> String {
        self.nodes[node].address()
    }

    /// Returns a new client for the runtime of the caller.
    pub async fn client(&self) -> Client {
        Client::with_uri_str(self.uri()).await.expect("the URI is ours")
    }

    /// Returns the node that is the primary, and waits until there is one.
    pub async fn primary(&self) -> usize {
        let elected = async |node: usize| {
            let hello = self.hello(node).await.ok()?;
            let election = hello.get_object_id("electionId").ok()?;
            hello.get_bool("isWritablePrimary").ok()?.then_some((election, node))
        };
        // A node that was cut off may still take itself for the primary: the last election counts.
        let last =
            async || join_all((0..self.nodes.len()).map(elected)).await.into_iter().flatten().max();
        wait_until("an election", async || last().await.ok_or("no node is primary")).await.1
    }

    /// Returns the nodes other than the primary.
    pub async fn secondaries(&self) -> Vec<usize> {
        let primary = self.primary().await;
        (0..self.nodes.len()).filter(|node| *node != primary).collect()
    }

    /// Waits until a node is primary or secondary.
    pub(crate) async fn ready(&self, node: usize) {
        wait_until("taking part again", async || {
            let hello = self.hello(node).await?;
            let takes_part = |role: &&str| hello.get_bool(role).unwrap_or_default();
            ["isWritablePrimary", "secondary"]
                .iter()
                .any(takes_part)
                .then_some(())
                .ok_or(hello.to_string())
        })
        .await;
    }

    /// Returns a node's answer to `hello`.
    async fn hello(&self, node: usize) -> Result<Document, String> {
        let node = &self.nodes[node];
        if !node.runs() {
            return Err(format!("{} doesn't run", node.address()));
        }
        node.command(doc! { "hello": 1 }).await.map_err(|error| error.to_string())
    }

    /// Returns the servers' process ids.
    pub fn process_ids(&self) -> Vec<u32> {
        self.nodes.iter().map(Server::process_id).collect()
    }
}
