//! A database for one test.

use std::{ops::Deref, thread, time::Duration};

use bson::oid::ObjectId;
use mongodb::{Client, Database};
use tokio::{runtime, time::timeout};

/// Database of one test, dropped together with this value as far as possible.
#[derive(Debug)]
pub struct TestDatabase {
    uri: String,
    database: Database,
}

impl TestDatabase {
    pub(crate) async fn new(uri: &str) -> Self {
        let client = Client::with_uri_str(uri).await.expect("the servers' own URI");
        let database = client.database(&format!("ventanilla_{}", ObjectId::new()));
        Self { uri: uri.to_owned(), database }
    }

    /// Returns the connection string of its servers, which doesn't name the database.
    pub fn uri(&self) -> &str {
        &self.uri
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (uri, name) = (self.uri.clone(), self.database.name().to_owned());
        let drop = async move { Client::with_uri_str(uri).await?.database(&name).drop().await };
        // The test's runtime is about to end, and can't be waited for from inside.
        let aside = thread::spawn(|| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let _ = runtime.block_on(async { timeout(Duration::from_secs(10), drop).await });
            std::io::Result::Ok(())
        });
        let _ = aside.join();
    }
}
