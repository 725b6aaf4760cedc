//! Repairs of fields that another application's writes leave stale or missing.

use bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use futures::TryStreamExt;
use mongodb::Collection;
use ventanilla_service::{
    TicketDetails,
    mongodb::{Checkpoint, MongoOptions},
    store::{TicketLookup, TicketStore},
    ticket::{Audience, MessageRange},
};
use ventanilla_tests::Mongo;

fn at(day: i64) -> DateTime {
    DateTime::from_millis(1_772_452_800_000 + day * 86_400_000)
}

/// Returns a document of the other application with these fields added.
fn theirs(number: &str, fields: Document) -> Document {
    let mut document = doc! {
        "_id": ObjectId::new(), "userId": ObjectId::new(), "ticketNumber": number,
        "description": "No llega", "category": "GENERAL", "status": "OPEN", "priority": "MEDIUM",
        "messages": [{ "content": "No llega", "role": "USER", "createdAt": at(0) }],
        "createdAt": at(0), "updatedAt": at(3),
    };
    document.extend(fields);
    document
}

fn answered() -> Document {
    let answer = doc! { "content": "Ya salió", "role": "ADMIN", "createdAt": at(1) };
    doc! { "messages": [{ "content": "No llega", "role": "USER", "createdAt": at(0) }, answer] }
}

/// Returns a ticket in progress that waited until the customer wrote through the other application.
fn replied_while_waiting() -> Document {
    let reply = doc! { "content": "Aquí está", "role": "USER", "createdAt": at(2) };
    let messages = [doc! { "content": "No llega", "role": "USER", "createdAt": at(0) }, reply];
    doc! { "status": "IN_PROGRESS", "messages": messages.to_vec(), "waiting": waiting(None) }
}

fn waiting(until: Option<DateTime>) -> Document {
    let mut waiting = doc! { "since": at(1) };
    waiting.extend(until.map(|until| ("until".to_owned(), Bson::from(until))));
    waiting.insert("for", "CUSTOMER");
    waiting
}

/// Returns a ticket that the bot handed over with a draft, and that was answered since.
fn answered_after_the_bot() -> Document {
    let mut fields = answered();
    let handed_over = DateTime::from_millis(at(0).timestamp_millis() + 1);
    let draft = doc! { "text": "Espera", "createdAt": handed_over, "version": 0 };
    fields.extend(doc! { "handoffAt": handed_over, "draft": draft });
    fields
}

/// Derived fields.
const FIELDS: [&str; 6] = ["firstResponseAt", "resolvedAt", "closedAt", "waiting", "handoffAt", "draft"];

/// Checks that repaired values are stored as they were read, and need no further repair.
#[tokio::test]
async fn derived_fields_are_stored_as_they_are_read() {
    let database = Mongo::of_one().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let raw = database.collection::<Document>("SupportTicket");
    let documents = [
        ("1", doc! {}, doc! {}),
        ("2", answered(), doc! { "firstResponseAt": at(1) }),
        ("3", doc! { "resolvedAt": at(2), "closedAt": at(2) }, doc! {}),
        ("4", doc! { "status": "RESOLVED", "closedAt": at(2) }, doc! { "resolvedAt": at(3) }),
        (
            "5",
            doc! { "status": "CLOSED", "resolvedAt": at(2) },
            doc! { "resolvedAt": at(2), "closedAt": at(3) },
        ),
        ("6", doc! { "status": "CLOSED" }, doc! { "resolvedAt": at(3), "closedAt": at(3) }),
        ("7", doc! { "status": "PERDIDO", "resolvedAt": at(2) }, doc! { "resolvedAt": at(2) }),
        ("8", replied_while_waiting(), doc! { "waiting": waiting(Some(at(2))) }),
        ("9", answered_after_the_bot(), doc! { "firstResponseAt": at(1) }),
    ];
    for (number, fields, _) in &documents {
        raw.insert_one(theirs(number, fields.clone())).await.unwrap();
    }

    let (mut place, mut batches, mut repaired, mut unreadable) = (None, 0, 0, Vec::new());
    loop {
        // The repair continues in another process.
        let resumed = place.map(|place: Checkpoint| place.to_string().parse().unwrap());
        let batch = store.reconcile(resumed, 3).await.unwrap();
        (batches, repaired) = (batches + 1, repaired + batch.repaired);
        unreadable.extend(batch.unreadable.into_iter().map(|ticket| ticket.ticket_number));
        place = batch.next;
        if place.is_none() {
            break;
        }
    }
    assert_eq!((batches, repaired), (4, 7));
    let invalid = "x".repeat(65).parse::<Checkpoint>().unwrap_err();
    assert_eq!(invalid.value(), format!("{}…", "x".repeat(64)));
    assert_eq!(unreadable, ["7"]);

    for (number, _, expected) in &documents {
        let document = raw.find_one(doc! { "ticketNumber": *number }).await.unwrap().unwrap();
        for field in FIELDS {
            assert_eq!(document.get(field), expected.get(field), "{field} of {number}");
        }
        assert_eq!(document.get_datetime("updatedAt").unwrap(), &at(3), "a repair is no change");
    }
    assert_eq!(store.reconcile(None, 100).await.unwrap().repaired, 0);
}

/// Checks that no view depends on a repair, if the other application left a time at all.
#[tokio::test]
async fn a_repair_changes_no_view() {
    let database = Mongo::of_one().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let raw = database.collection::<Document>("SupportTicket");
    let view = async |number: &str| -> Option<TicketDetails> {
        let lookup = TicketLookup::parse(number).unwrap();
        store.get(&lookup, &Audience::Desk, MessageRange::All).await.unwrap()
    };
    let stale = [
        ("1", answered()),
        ("2", doc! { "resolvedAt": at(2), "closedAt": at(2) }),
        ("3", replied_while_waiting()),
        ("4", answered_after_the_bot()),
    ];
    for (number, fields) in stale {
        raw.insert_one(theirs(number, fields)).await.unwrap();
        let before = view(number).await;
        assert!(store.reconcile(None, 100).await.unwrap().repaired > 0);
        assert_eq!(view(number).await, before);
    }
}

/// Checks that a document whose `_id` is none of ours is reported and ends no traversal early, at any
/// place in the order of the ids.
#[tokio::test]
async fn a_document_with_another_id_is_reported_with_the_last_batch() {
    let database = Mongo::of_one().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let raw = database.collection::<Document>("SupportTicket");
    let others: [(&str, Bson); 6] = [
        ("a", Bson::Null),
        ("b", 7.into()),
        ("c", "TKT-ABC123".into()),
        ("d", doc! { "by": 1 }.into()),
        ("e", true.into()),
        ("f", at(0).into()),
    ];
    for (number, id) in &others {
        let mut foreign = theirs(number, answered());
        foreign.insert("_id", id);
        raw.insert_one(foreign).await.unwrap();
    }
    let before = contents(&raw, doc! { "_id": { "$not": { "$type": "objectId" } } }).await;
    for number in ["1", "2", "3", "4"] {
        raw.insert_one(theirs(number, answered())).await.unwrap();
    }
    for (batch, batches) in [(1, 5), (2, 3), (3, 2), (4, 2), (100, 1)] {
        let unset = doc! { "$unset": { "firstResponseAt": 1 } };
        raw.update_many(doc! { "_id": { "$type": "objectId" } }, unset).await.unwrap();
        let (mut place, mut repaired, mut walked) = (None, 0, 0);
        loop {
            let found = store.reconcile(place, batch).await.unwrap();
            (repaired, walked, place) = (repaired + found.repaired, walked + 1, found.next);
            let mut unreadable: Vec<_> =
                found.unreadable.into_iter().map(|ticket| ticket.ticket_number).collect();
            unreadable.sort();
            if place.is_none() {
                assert_eq!(unreadable, others.each_ref().map(|(number, _)| *number), "by {batch}");
                break;
            }
            assert!(unreadable.is_empty(), "by {batch}: {unreadable:?}");
        }
        assert_eq!((repaired, walked), (4, batches), "by {batch}");
    }
    assert_eq!(contents(&raw, doc! { "_id": { "$not": { "$type": "objectId" } } }).await, before);
}

async fn contents(raw: &Collection<Document>, filter: Document) -> Vec<Document> {
    raw.find(filter).sort(doc! { "ticketNumber": 1 }).await.unwrap().try_collect().await.unwrap()
}

/// Checks that a repair that the server refuses leaves its document unchanged and prevents no other
/// repair.
#[tokio::test]
async fn a_repair_that_is_refused_keeps_no_other_from_being_made() {
    let database = Mongo::of_one().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let raw = database.collection::<Document>("SupportTicket");
    for number in ["1", "2", "3"] {
        raw.insert_one(theirs(number, answered())).await.unwrap();
    }
    let no_second = doc! { "$or": [{ "ticketNumber": { "$ne": "2" } }, { "firstResponseAt": null }] };
    database.run_command(doc! { "collMod": "SupportTicket", "validator": no_second }).await.unwrap();
    let refused = contents(&raw, doc! { "ticketNumber": "2" }).await;
    for batch in [1, 100] {
        let unset = doc! { "$unset": { "firstResponseAt": 1 } };
        raw.update_many(doc! {}, unset).await.unwrap();
        let (mut place, mut repaired, mut examined) = (None, 0, 0);
        loop {
            let found = store.reconcile(place, batch).await.unwrap();
            assert!(found.unreadable.is_empty());
            (repaired, examined, place) =
                (repaired + found.repaired, examined + found.examined, found.next);
            if place.is_none() {
                break;
            }
        }
        assert_eq!((examined, repaired), (3, 2), "by {batch}");
        for number in ["1", "3"] {
            let now = contents(&raw, doc! { "ticketNumber": number }).await;
            assert_eq!(now[0].get_datetime("firstResponseAt").unwrap(), &at(1), "{number}");
        }
        assert_eq!(contents(&raw, doc! { "ticketNumber": "2" }).await, refused);
    }
}
