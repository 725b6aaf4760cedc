//! Writes that the collection's own validator and indexes refuse.

use std::{
    error::Error,
    iter::successors,
    mem::take,
    sync::{Arc, Mutex},
};

use bson::{Document, doc};
use mongodb::{Database, IndexModel, event::command::CommandEvent, options::IndexOptions};
use ventanilla_service::{Category, MessageText, NewTicket, Priority, ServiceError};
use ventanilla_tests::Mongo;

use super::world::{FAILED, ana, desk, draft, fault, keyed, luis, patient, texts, ticket, watched};

#[tokio::test]
async fn a_change_that_a_validator_refuses_is_not_applied() {
    let database = Mongo::shared().await.database().await;
    let desk = desk(&database, patient()).await;
    let number = ticket(&desk).await;
    let calm = doc! { "$jsonSchema": { "properties": {
        "priority": { "enum": ["LOW", "MEDIUM"] },
        "description": { "maxLength": 20 },
        "messages": { "maxItems": 2 },
    } } };
    database.run_command(doc! { "collMod": "SupportTicket", "validator": calm }).await.unwrap();
    let (ana, admin) = (desk.customer(ana()), desk.admin(luis()));

    assert_eq!(fault(admin.set_priority(&number, Priority::Urgent).await), FAILED);
    assert_eq!(fault(ana.create(draft("una-descripción-demasiado-larga")).await), FAILED);
    ana.reply(&number, keyed("cabe")).await.unwrap();
    assert_eq!(fault(ana.reply(&number, keyed("no-cabe")).await), FAILED);

    assert_eq!(texts(&desk, &number).await, ["cabe"]);
    let counts = admin.counts().await.unwrap();
    assert_eq!((counts.total(), admin.get(&number).await.unwrap().head.priority), (1, Priority::Medium));
}

/// Creates an index of the host, by which no two tickets may share a place.
async fn unique(database: &Database, field: &str) {
    let options = IndexOptions::builder().unique(true).build();
    let index = IndexModel::builder().keys(doc! { field: 1 }).options(options).build();
    database.collection::<Document>("SupportTicket").create_index(index).await.unwrap();
}

fn refused_by_index<T: std::fmt::Debug>(result: Result<T, ServiceError>, field: &str) {
    let error = result.unwrap_err();
    let chain: Vec<String> = successors(Some(&error as &dyn Error), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    assert!(chain.iter().any(|text| text.contains(field)), "{chain:?}");
    assert_eq!(fault(Err::<T, _>(error)), FAILED);
}

#[tokio::test]
async fn a_change_that_a_unique_index_of_the_host_refuses_is_sent_once() {
    let database = Mongo::shared().await.database().await;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&sent);
    let client = watched(database.uri(), move |event| {
        if let CommandEvent::Started(begun) = event {
            names.lock().unwrap().push(begun.command_name);
        }
    });
    let desk = desk(&client.await.database(database.name()), patient()).await;
    let (ana, admin) = (desk.customer(ana()), desk.admin(luis()));
    let keyless = |text: &str| NewTicket::new(Category::BUG, MessageText::parse(text).unwrap());
    let number = ticket(&desk).await;
    admin.set_priority(&number, Priority::Low).await.unwrap();
    let second = ana.create(keyless("otro")).await.unwrap().head.ticket_number;
    unique(&database, "description").await;
    unique(&database, "priority").await;
    take(&mut *sent.lock().unwrap());

    refused_by_index(ana.create(keyless("otro")).await, "description");
    assert_eq!(take(&mut *sent.lock().unwrap()), ["insert"]);
    refused_by_index(admin.set_priority(&second, Priority::Low).await, "priority");
    assert_eq!(take(&mut *sent.lock().unwrap()), ["find", "update"]);
    assert_eq!(admin.get(&second).await.unwrap().head.version, 0);
    assert_eq!(admin.counts().await.unwrap().total(), 2);
}

/// Checks a violation of both indexes, of which the server names one only.
#[tokio::test]
async fn a_repeat_that_a_unique_index_of_the_host_refuses_is_known_again() {
    let database = Mongo::shared().await.database().await;
    unique(&database, "description").await;
    let ana = desk(&database, patient()).await.customer(ana());
    let first = ana.create(draft("otro")).await.unwrap();
    let second = ana.create(draft("otro")).await.unwrap();
    assert!(second.repeated && second.head == first.head);
}
