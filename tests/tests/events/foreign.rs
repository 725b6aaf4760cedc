//! Writes of another application, by the bare driver.

use std::time::Duration;

use bson::{DateTime, Document, doc, oid::ObjectId};
use mongodb::{
    Collection,
    options::{Acknowledgment, WriteConcern},
};
use tokio::time::timeout;
use ventanilla_service::{
    EventKind, HelpDesk, ServiceError, Status,
    error::StoreError,
    event::{EventStream, EventToken, TicketEvents},
    mongodb::{MongoOptions, MongoStore},
    ticket::Role,
};
use ventanilla_tests::{Mongo, TestDatabase};

use super::place::person;

const PATIENCE: Duration = Duration::from_secs(60);
const NUMBER: &str = "1767603600000001";

/// Desk and stream over a collection to which another application writes.
struct Beside {
    database: TestDatabase,
    store: MongoStore,
    desk: HelpDesk,
    raw: Collection<Document>,
    stream: EventStream,
}

impl Beside {
    /// Opens it with one ticket, which the stream doesn't have.
    async fn new() -> Self {
        let database = Mongo::shared().await.database().await;
        let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
        let raw = database.collection("SupportTicket");
        raw.insert_one(theirs(NUMBER)).await.unwrap();
        let desk = HelpDesk::new(store.clone());
        let stream = desk.events(None).await.unwrap();
        Self { database, store, desk, raw, stream }
    }

    async fn write(&self, update: Document) {
        self.write_to(NUMBER, update).await;
    }

    async fn write_to(&self, number: &str, update: Document) {
        let updated = self.raw.update_one(doc! { "ticketNumber": number }, update).await.unwrap();
        assert_eq!(updated.modified_count, 1);
    }

    async fn next(&mut self) -> TicketEvents {
        next(&mut self.stream).await.unwrap()
    }

    /// Adds a note, which must be the next item.
    async fn goes_on(&mut self) {
        let number = NUMBER.parse().unwrap();
        self.desk.admin(person(9)).add_note(&number, "Sigue").await.unwrap();
        let item = self.next().await;
        assert_eq!((item.notes.len(), item.version), (1, Some(item.head.version)), "{item:?}");
    }

    /// Streams again from a token, and returns the first item.
    async fn again(&self, token: EventToken) -> Result<TicketEvents, StoreError> {
        next(&mut self.desk.events(token).await.unwrap()).await
    }
}

async fn next(stream: &mut EventStream) -> Result<TicketEvents, StoreError> {
    timeout(PATIENCE, stream.next()).await.expect("an item").expect("it goes on")
}

/// Returns a document of the other application, with one message.
fn theirs(number: &str) -> Document {
    doc! {
        "_id": ObjectId::new(),
        "userId": oid(1),
        "ticketNumber": number,
        "description": "Me cobraron dos veces",
        "category": "PAGOS",
        "status": "OPEN",
        "priority": "MEDIUM",
        "messages": [said("USER", "Me cobraron dos veces")],
        "createdAt": DateTime::now(),
        "updatedAt": DateTime::now(),
    }
}

fn said(role: &str, content: &str) -> Document {
    // Its clock is behind: the order of the list counts.
    doc! { "content": content, "role": role, "createdAt": DateTime::from_millis(1_700_000_000_000) }
}

fn push(role: &str, content: &str) -> Document {
    doc! { "$push": { "messages": said(role, content) } }
}

fn oid(number: usize) -> ObjectId {
    person(number).as_str().parse().unwrap()
}

fn texts(item: &TicketEvents) -> Vec<&str> {
    item.messages.iter().map(|message| message.text.as_str()).collect()
}

/// Asserts that an item has these messages, and no version of its own.
fn is_theirs(item: &TicketEvents, messages: &[&str]) {
    assert_eq!(texts(item), messages, "{item:?}");
    assert_eq!((item.version, item.notes.len()), (None, 0), "{item:?}");
    assert!(item.id.starts_with(&format!("{NUMBER}/")) && item.id.len() > NUMBER.len() + 8, "{item:?}");
}

#[tokio::test]
async fn a_pushed_message_is_an_item_with_the_message() {
    let mut beside = Beside::new().await;
    beside.write(push("ADMIN", "Lo miramos")).await;
    beside.goes_on_after(&["Lo miramos"], &[Role::Admin]).await;
    let both = [said("USER", "Gracias"), said("SUPPORT_BOT", "De nada")];
    beside.write(doc! { "$push": { "messages": { "$each": both.to_vec() } } }).await;
    // An administrator without a name has no event.
    beside.goes_on_after(&["Gracias", "De nada"], &[Role::User, Role::SupportBot]).await;
    let named =
        doc! { "authorId": oid(7), "content": "Hecho", "role": "ADMIN", "createdAt": DateTime::now() };
    beside.write(doc! { "$push": { "messages": named }, "$set": { "status": "RESOLVED" } }).await;
    let item = beside.next().await;
    is_theirs(&item, &["Hecho"]);
    assert_eq!(item.head.status, Status::Resolved);
}

impl Beside {
    async fn goes_on_after(&mut self, messages: &[&str], roles: &[Role]) {
        let item = self.next().await;
        is_theirs(&item, messages);
        let written = item.events.iter().map(|event| &event.kind);
        let expected: Vec<EventKind> = roles
            .iter()
            .filter(|role| **role != Role::Admin)
            .map(|role| EventKind::MessageAdded { role: *role })
            .collect();
        assert!(written.eq(&expected), "{item:?}");
        self.goes_on().await;
    }
}

#[tokio::test]
async fn a_message_is_found_in_a_list_that_was_missing_or_empty() {
    let mut beside = Beside::new().await;
    for messages in [None, Some(Vec::<Document>::new())] {
        let change = match messages {
            None => doc! { "$unset": { "messages": 1 } },
            Some(empty) => doc! { "$set": { "messages": empty } },
        };
        beside.write(change).await;
        is_theirs(&beside.next().await, &[]);
        beside.write(push("USER", "¿Hola?")).await;
        is_theirs(&beside.next().await, &["¿Hola?"]);
    }
}

#[tokio::test]
async fn a_list_set_as_a_whole_has_only_a_single_message() {
    let mut beside = Beside::new().await;
    let two = [said("USER", "Me cobraron dos veces"), said("ADMIN", "Lo miramos")];
    beside.write(doc! { "$set": { "messages": two.to_vec() } }).await;
    is_theirs(&beside.next().await, &[]);
    let first = doc! { "$each": [said("USER", "Antes")], "$position": 0 };
    beside.write(doc! { "$push": { "messages": first } }).await;
    is_theirs(&beside.next().await, &[]);
    beside.write(doc! { "$set": { "messages": [said("USER", "Otra cosa")] } }).await;
    is_theirs(&beside.next().await, &["Otra cosa"]);
    // A field of a message is no new message.
    beside.write(doc! { "$set": { "messages.0.readAt": DateTime::now() } }).await;
    is_theirs(&beside.next().await, &[]);
    beside.goes_on().await;
}

#[tokio::test]
async fn other_updates_are_items_whose_head_has_changed() {
    let mut beside = Beside::new().await;
    beside.write(doc! { "$set": { "status": "IN_PROGRESS", "updatedAt": DateTime::now() } }).await;
    let item = beside.next().await;
    is_theirs(&item, &[]);
    assert_eq!((item.head.status, item.events.len()), (Status::InProgress, 0));
    let whole = beside.raw.find_one(doc! { "ticketNumber": NUMBER }).await.unwrap().unwrap();
    let mut replaced = whole;
    replaced.insert("status", "CLOSED");
    beside.raw.replace_one(doc! { "ticketNumber": NUMBER }, replaced).await.unwrap();
    let item = beside.next().await;
    is_theirs(&item, &[]);
    assert_eq!(item.head.status, Status::Closed);
    beside.goes_on().await;
}

#[tokio::test]
async fn an_inserted_ticket_is_new_and_a_deleted_one_has_no_item() {
    let mut beside = Beside::new().await;
    let other = "1767603600000002";
    beside.raw.insert_one(theirs(other)).await.unwrap();
    let item = beside.next().await;
    assert_eq!((item.id, item.version), (format!("{other}/0"), Some(0)));
    assert_eq!(item.messages.len(), 1);

    let token = beside.stream.token().clone();
    beside.write_to(other, push("USER", "¿Hola?")).await;
    beside.raw.delete_one(doc! { "ticketNumber": other }).await.unwrap();
    // The ticket may be read before or after it is gone.
    while beside.stream.token() == &token {
        beside.write(doc! { "$set": { "updatedAt": DateTime::now() } }).await;
        let item = beside.next().await;
        if item.head.ticket_number.as_str() == other {
            assert_eq!(texts(&item), ["¿Hola?"]);
        }
    }
    // Later it is gone.
    let item = beside.again(token).await.unwrap();
    is_theirs(&item, &[]);
}

#[tokio::test]
async fn an_unreadable_ticket_is_an_error_after_which_the_stream_goes_on() {
    let mut beside = Beside::new().await;
    let other = "1767603600000003";
    let start = beside.stream.token().clone();
    let mut broken = theirs(other);
    broken.insert("status", "PERDIDO");
    beside.raw.insert_one(&broken).await.unwrap();
    let is_named =
        |error: &StoreError| matches!(error, StoreError::Unreadable { number, .. } if number == other);
    let error = next(&mut beside.stream).await.unwrap_err();
    assert!(is_named(&error), "{error:?}");
    beside.goes_on().await;
    let again = beside.again(start.clone()).await.unwrap_err();
    assert!(is_named(&again), "{again:?}");
    // A ticket is read as it is now.
    beside.write_to(other, doc! { "$set": { "status": "OPEN" } }).await;
    assert_eq!(beside.next().await.head.ticket_number.as_str(), other);
    assert!(is_named(&beside.again(start).await.unwrap_err()), "an insertion has its own document");
}

/// Compares an item that was the last one of its batch with the same in the middle of another.
#[tokio::test]
async fn an_item_has_the_same_id_each_time() {
    let mut beside = Beside::new().await;
    let start = beside.stream.token().clone();
    let noise = beside.database.collection::<Document>("noise");
    let majority = WriteConcern::builder().w(Acknowledgment::Majority).build();
    let mut ids = Vec::new();
    for nth in 0..20 {
        beside.write(doc! { "$set": { "score": nth } }).await;
        // Other writes move the end of the oplog.
        noise.insert_one(doc! {}).write_concern(majority.clone()).await.unwrap();
        if nth % 2 == 0 {
            ids.push(beside.next().await.id);
            noise.insert_one(doc! {}).await.unwrap();
        } else {
            let token = beside.stream.token().clone();
            let alone = beside.again(token).await.unwrap().id;
            assert_eq!(beside.next().await.id, alone, "item {nth}");
            ids.push(alone);
        }
    }
    let mut again = beside.desk.events(start).await.unwrap();
    for (nth, id) in ids.iter().enumerate() {
        assert_eq!(next(&mut again).await.unwrap().id, *id, "item {nth}");
    }
    let different: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
}

#[tokio::test]
async fn a_repair_is_an_update_like_others() {
    let mut beside = Beside::new().await;
    beside.write(doc! { "$set": { "status": "CLOSED" } }).await;
    is_theirs(&beside.next().await, &[]);
    assert_eq!(beside.store.reconcile(None, 100).await.unwrap().repaired, 1);
    is_theirs(&beside.next().await, &[]);
    beside.goes_on().await;
}

/// Returns the position at which a stream has ended, as its events are lost.
async fn ends(mut stream: EventStream) -> EventToken {
    let last = timeout(PATIENCE, stream.next()).await.expect("an end");
    assert!(matches!(last, Some(Err(StoreError::EventsLost { .. }))), "{last:?}");
    assert!(stream.next().await.is_none());
    stream.token().clone()
}

/// Asserts that no stream has the events after a position, at once or before its first item.
async fn are_lost(desk: &HelpDesk, token: EventToken) {
    match desk.events(token).await {
        Ok(stream) => drop(ends(stream).await),
        Err(error) => {
            let is_lost = matches!(error, ServiceError::Store(StoreError::EventsLost { .. }));
            assert!(is_lost, "{error:?}");
        }
    }
}

#[tokio::test]
async fn events_are_lost_with_their_collection() {
    for way in ["drop", "rename", "drop database"] {
        let mut beside = Beside::new().await;
        beside.goes_on().await;
        match way {
            "drop" => beside.raw.drop().await.unwrap(),
            "rename" => {
                let name = |name: &str| format!("{}.{name}", beside.database.name());
                let rename = doc! { "renameCollection": name("SupportTicket"), "to": name("Otra") };
                beside.raw.client().database("admin").run_command(rename).await.unwrap();
            }
            _ => mongodb::Database::drop(&beside.database).await.unwrap(),
        }
        let token = ends(beside.stream).await;
        are_lost(&beside.desk, token).await;
        // A new collection has new events.
        let mut anew = beside.desk.events(None).await.unwrap();
        beside.raw.insert_one(theirs(NUMBER)).await.unwrap();
        assert_eq!(next(&mut anew).await.unwrap().version, Some(0), "{way}");
    }
}

#[tokio::test]
async fn a_token_after_an_item_of_another_collection_is_refused() {
    let (mut beside, other) = (Beside::new().await, Beside::new().await);
    beside.write(push("USER", "Uno")).await;
    beside.write(push("USER", "Dos")).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        beside.next().await;
        tokens.push(beside.stream.token().clone());
    }
    // The server compares them with the next change.
    other.write(push("USER", "Tres")).await;
    for token in tokens {
        are_lost(&other.desk, token).await;
    }
}
