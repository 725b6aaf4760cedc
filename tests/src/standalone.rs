//! One server that is no replica set.

use bson::doc;
use mongodb::Client;

use super::server::Server;

/// Single server of one test, without change streams or retryable writes.
#[derive(Debug)]
pub struct Standalone {
    server: Server,
}

impl Standalone {
    /// Starts a server without access control.
    ///
    /// # Panics
    /// If no `mongod` is available.
    pub async fn start() -> Self {
        Self { server: Server::start(&[]).await }
    }

    /// Starts a server with access control, and this user as its administrator.
    ///
    /// # Panics
    /// If no `mongod` is available.
    pub async fn with_password(user: &str, password: &str) -> Self {
        let server = Server::start(&["--auth"]).await;
        // The first user may be made by anybody on the same machine.
        let create = doc! { "createUser": user, "pwd": password, "roles": ["root"] };
        server.command(create).await.expect("the user is made");
        Self { server }
    }

    /// Returns its connection string, without a user.
    pub fn uri(&self) -> String {
        format!("mongodb://{}/", self.server.address())
    }

    /// Returns its connection string for a user whose name and password need no escapes.
    pub fn uri_of(&self, user: &str, password: &str) -> String {
        format!("mongodb://{user}:{password}@{}/", self.server.address())
    }

    /// Returns a new client without a user, for the runtime of the caller.
    pub async fn client(&self) -> Client {
        Client::with_uri_str(self.uri()).await.expect("the URI is ours")
    }
}
