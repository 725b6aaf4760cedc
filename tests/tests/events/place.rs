//! Store that several processes open.

use std::{path::Path, time::Duration};

use bson::Document;
use mongodb::{Client, Collection, Database};
use ventanilla_service::{HelpDesk, UserId, mongodb::MongoOptions, sqlite::SqliteStore};

/// Time limit of the store, within which a lost server must be back.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Place of a store, with a text from which another process opens it too.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Sqlite(String),
    Mongo { uri: String, database: String },
}

impl Place {
    pub(crate) fn of_database(uri: &str, database: &Database) -> Self {
        Self::Mongo { uri: uri.to_owned(), database: database.name().to_owned() }
    }

    pub(crate) fn of_file(file: &Path) -> Self {
        Self::Sqlite(file.to_str().unwrap().to_owned())
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text.split_once('\n') {
            None => Self::Sqlite(text.to_owned()),
            Some((uri, database)) => Self::Mongo { uri: uri.to_owned(), database: database.to_owned() },
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Sqlite(file) => file.clone(),
            Self::Mongo { uri, database } => format!("{uri}\n{database}"),
        }
    }

    pub(crate) async fn desk(&self) -> HelpDesk {
        match self {
            Self::Sqlite(file) => HelpDesk::new(SqliteStore::open(file).await.unwrap()),
            Self::Mongo { .. } => {
                let options = MongoOptions::new().with_time_limit(TIME_LIMIT).create_indexes();
                HelpDesk::new(options.open(&self.database().await.unwrap()).await.unwrap())
            }
        }
    }

    /// Returns the collection as another application has it; `None` over a file.
    pub(crate) async fn raw(&self) -> Option<Collection<Document>> {
        Some(self.database().await?.collection("SupportTicket"))
    }

    async fn database(&self) -> Option<Database> {
        let Self::Mongo { uri, database } = self else { return None };
        Some(Client::with_uri_str(uri).await.unwrap().database(database))
    }
}

pub(crate) fn person(number: usize) -> UserId {
    UserId::parse(&format!("65a1f0c2c11e47e0{number:08x}")).unwrap()
}
