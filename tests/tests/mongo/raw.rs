//! Collection that tests access both through a store and through the bare driver, as the other
//! application uses it.

use std::sync::atomic::{AtomicI64, Ordering};

use bson::{DateTime, Document, doc, oid::ObjectId};
use mongodb::Collection;
use ventanilla_service::{
    ListQuery, MessageText, TicketDetails, TicketNumber, TicketSummary, Timestamp, UserId,
    error::StoreError,
    list::Page,
    mongodb::{MongoOptions, MongoStore},
    store::{Ticket, TicketRecord, TicketStore},
    ticket::{Audience, MessageRange},
};
use ventanilla_tests::{Mongo, TestDatabase, plain};

pub(crate) struct Beside {
    pub(crate) database: TestDatabase,
    pub(crate) store: MongoStore,
    pub(crate) raw: Collection<Document>,
}

impl Beside {
    pub(crate) async fn new() -> Self {
        let database = Mongo::of_one().await.database().await;
        let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
        let raw = database.collection("SupportTicket");
        Self { database, store, raw }
    }

    pub(crate) async fn write(&self, document: &Document) {
        self.raw.insert_one(document).await.unwrap();
    }

    /// Returns the present document.
    pub(crate) async fn read(&self, document: &Document) -> Document {
        self.raw.find_one(doc! { "_id": id(document) }).await.unwrap().unwrap()
    }

    /// Returns the ticket as the desk sees it.
    pub(crate) async fn view(&self, document: &Document) -> Result<Option<TicketDetails>, StoreError> {
        self.store.get(&number(document).into(), &Audience::Desk, MessageRange::All).await
    }

    pub(crate) async fn list(&self, query: &ListQuery) -> Page<TicketSummary> {
        self.store.list(&query.clone().first_page()).await.unwrap()
    }
}

/// Decodes a document as the domain does, from its JSON form, without the store's decoding.
pub(crate) fn ticket(document: &Document) -> Ticket {
    let record: TicketRecord = bson::deserialize_from_bson(plain(document)).unwrap();
    Ticket::from(record)
}

/// Returns its row, with the stored first response: a list reads no conversation.
pub(crate) fn row(document: &Document) -> TicketSummary {
    row_of(&ticket(document), document)
}

/// Returns the row of a ticket that this document holds.
pub(crate) fn row_of(ticket: &Ticket, document: &Document) -> TicketSummary {
    let mut row = ticket.summary();
    let stored = document.get_datetime("firstResponseAt").ok();
    row.head.first_response_at = stored.map(|at| Timestamp::from_millis(at.timestamp_millis()).unwrap());
    row
}

pub(crate) fn number(document: &Document) -> TicketNumber {
    TicketNumber::parse(document.get_str("ticketNumber").unwrap()).unwrap()
}

pub(crate) fn id(document: &Document) -> ObjectId {
    document.get_object_id("_id").unwrap()
}

/// Returns a person's id as in documents; 0 and 1 are customers, 2 to 4 administrators.
pub(crate) fn person(number: u8) -> ObjectId {
    format!("65a1f0c2c11e47e0{number:08x}").parse().unwrap()
}

pub(crate) fn user(number: u8) -> UserId {
    UserId::parse(&person(number).to_hex()).unwrap()
}

pub(crate) const HOUR: i64 = 60 * 60 * 1000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Returns the time so many milliseconds after the tests begin.
pub(crate) fn after(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_767_603_600_000 + ms).unwrap()
}

/// Returns the same time as in documents.
pub(crate) fn date(ms: i64) -> DateTime {
    DateTime::from_millis(after(ms).as_millis())
}

/// Returns a document of the other application with the required fields only, and a number of its
/// own: milliseconds and three digits more.
pub(crate) fn theirs() -> Document {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    doc! {
        "_id": ObjectId::new(),
        "userId": person(0),
        "ticketNumber": format!("{}{:03}", after(next / 1000).as_millis(), next % 1000),
        "description": "Me cobraron dos veces",
        "category": "PAGOS",
        "status": "OPEN",
        "priority": "MEDIUM",
        "messages": [said("USER", "Me cobraron dos veces", 0)],
        "createdAt": date(0),
        "updatedAt": date(0),
    }
}

pub(crate) fn said(role: &str, content: &str, ms: i64) -> Document {
    doc! { "content": content, "role": role, "createdAt": date(ms) }
}

/// Returns a document with some fields replaced.
pub(crate) fn with(mut document: Document, fields: Document) -> Document {
    document.extend(fields);
    document
}

pub(crate) fn text(text: &str) -> MessageText {
    MessageText::parse(text).unwrap()
}
