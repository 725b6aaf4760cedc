//! Conformance suite, case by case, over MongoDB.

use std::cell::Cell;

use bson::{Document, doc};
use ventanilla_service::{
    mongodb::MongoOptions,
    store::{InsertOutcome, TicketStore, conformance},
    testing,
};
use ventanilla_tests::Mongo;

#[tokio::test]
async fn mongo_store_conforms() {
    conforms(Mongo::shared().await, MongoOptions::new()).await;
}

#[tokio::test]
async fn mongo_store_that_knows_no_tickets_conforms() {
    conforms(Mongo::of_one().await, MongoOptions::new().with_known_tickets(0)).await;
}

/// Empties one of two collections for each case, since the indexes of a new one would be built on every
/// server. The case with two stores gets both.
async fn conforms(servers: &Mongo, options: MongoOptions) {
    let (database, opened) = (servers.database().await, Cell::new(0));
    let options = options.create_indexes();
    let summary = conformance::check(async || {
        opened.set(opened.get() + 1);
        let tickets = database.collection::<Document>(&format!("Tickets{}", opened.get() % 2));
        tickets.delete_many(doc! {}).await.unwrap();
        options.clone().open_collection(&tickets).await.unwrap()
    })
    .await;
    println!("{summary}");
    summary.assert_complete();
}

#[tokio::test]
async fn a_collection_of_the_hosts_is_used_as_it_is() {
    let database = Mongo::shared().await.database().await;
    let collection = database.collection::<Document>("Consultas");
    let store = MongoOptions::new().create_indexes().open_collection(&collection).await.unwrap();
    let ticket = testing::ticket("TKT-ABC123").build();
    assert_eq!(store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
    assert_eq!(collection.count_documents(doc! { "ticketNumber": "TKT-ABC123" }).await.unwrap(), 1);
}

/// Checks two clients on one database.
#[tokio::test]
async fn two_handles_are_one_store() {
    let database = Mongo::shared().await.database().await;
    let one = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let client = mongodb::Client::with_uri_str(database.uri()).await.unwrap();
    let other = MongoOptions::new().open(&client.database(database.name())).await.unwrap();
    conformance::check_shared(&one, &other).await;
}

#[tokio::test]
async fn acknowledged_changes_are_visible_to_the_next_client() {
    let database = Mongo::shared().await.database().await;
    conformance::check_reopened(async || {
        let client = mongodb::Client::with_uri_str(database.uri()).await.unwrap();
        let database = client.database(database.name());
        MongoOptions::new().create_indexes().open(&database).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_ticket_is_a_missing_one_for_strangers() {
    let database = Mongo::shared().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let ticket = testing::ticket("TKT-ABC123").build();
    store.insert(&ticket).await.unwrap();
    let damage = doc! { "$set": { "category": 7 } };
    database.collection::<Document>("SupportTicket").update_one(doc! {}, damage).await.unwrap();
    conformance::check_unreadable(&store, &ticket.head().ticket_number).await;
}
