//! MongoDB: a local replica set of three servers, or the servers of `MONGODB_URI`.

use bson::{DateTime, Document, doc, oid::ObjectId};
use futures::TryStreamExt;
use indicatif::ProgressBar;
use mongodb::{Collection, Database, options::WriteConcern};
use ventanilla_service::{
    mongodb::{MongoOptions, MongoStore},
    store::{Ticket, TicketStore},
};
use ventanilla_tests::TestDatabase;

use crate::{
    Failure,
    crowd::{self, Templates},
};

const TICKETS: &str = "SupportTicket";

pub(crate) struct Mongo {
    database: TestDatabase,
    store: MongoStore,
    live: Vec<Document>,
    closed: Vec<Document>,
    filled: u64,
}

impl Mongo {
    /// Inserts the templates into a separate collection through the store, to copy the stored documents.
    pub(crate) async fn open(templates: Templates) -> Result<Self, Failure> {
        let database = ventanilla_tests::Mongo::shared().await.database().await;
        let store = MongoOptions::new().create_indexes().open(&database).await?;
        let live = documents(&database, "live", templates.live).await?;
        let closed = documents(&database, "closed", templates.closed).await?;
        Ok(Self { database, store, live, closed, filled: 0 })
    }

    pub(crate) fn store(&self) -> MongoStore {
        self.store.clone()
    }

    pub(crate) async fn fill(&mut self, tickets: u64, bar: &ProgressBar) -> Result<(), Failure> {
        const BATCH: usize = 2_000;
        let collection: Collection<Document> = self.database.collection(TICKETS);
        bar.inc(self.filled);
        for first in (self.filled..tickets).step_by(BATCH) {
            let batch = (first..tickets).take(BATCH).map(|place| self.copy(place));
            let batch: Vec<Document> = batch.collect::<Result<_, _>>()?;
            let inserted = batch.len();
            let insertion = collection.insert_many(batch).ordered(false);
            insertion.write_concern(WriteConcern::majority()).await?;
            bar.inc(inserted as u64);
        }
        self.filled = tickets;
        Ok(())
    }

    fn copy(&self, place: u64) -> Result<Document, Failure> {
        let mut document = Templates::of(place, &self.live, &self.closed).clone();
        let created = DateTime::from_millis(crowd::created_at(place).as_millis());
        document.extend(doc! {
            "_id": ObjectId::new(),
            "ticketNumber": crowd::number(place).as_str(),
            "userId": ObjectId::parse_str(crowd::requester(place).as_str())?,
            "createdAt": created,
        });
        Ok(document)
    }

    /// Returns the size in bytes of the uncompressed documents and of the indexes.
    pub(crate) async fn bytes(&self) -> Result<u64, Failure> {
        let stats = self.database.run_command(doc! { "collStats": TICKETS }).await?;
        Ok(number(&stats, "size") + number(&stats, "totalIndexSize"))
    }

    /// Returns the numbers of keys and documents that all commands have examined, from the primary's
    /// `serverStatus`.
    pub(crate) async fn examined(&self) -> Result<(u64, u64), Failure> {
        let status = self.database.run_command(doc! { "serverStatus": 1 }).await?;
        let executor = status.get_document("metrics")?.get_document("queryExecutor")?;
        Ok((number(executor, "scanned"), number(executor, "scannedObjects")))
    }
}

async fn documents(
    database: &Database,
    name: &str,
    templates: Vec<Ticket>,
) -> Result<Vec<Document>, Failure> {
    let store = MongoOptions::new().with_collection(name).create_indexes().open(database).await?;
    for ticket in &templates {
        store.insert(ticket).await?;
    }
    Ok(database.collection(name).find(doc! {}).await?.try_collect().await?)
}

fn number(of: &Document, name: &str) -> u64 {
    let number = of.get_i64(name).or_else(|_| of.get_i32(name).map(i64::from));
    number.map(i64::unsigned_abs).or_else(|_| of.get_f64(name).map(|size| size as u64)).unwrap_or(0)
}
