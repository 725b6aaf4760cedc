//! Indexes that are missing, different or in conflict.

use std::{error::Error, time::Duration};

use bson::{Document, doc};
use futures::TryStreamExt;
use mongodb::{
    Database, IndexModel,
    options::{Collation, IndexOptions},
};
use ventanilla_service::{
    Explain,
    mongodb::{ConnectError, MongoOptions},
};
use ventanilla_tests::Mongo;

use super::world::{ana, desk, draft};

const NUMBER: &str = "SupportTicket_ticketNumber_key";

async fn index(database: &Database, name: &str, unique: bool) {
    let options = IndexOptions::builder().name(name.to_owned()).unique(unique).build();
    let index = IndexModel::builder().keys(doc! { "ticketNumber": 1 }).options(options).build();
    database.collection::<Document>("SupportTicket").create_index(index).await.unwrap();
}

async fn refused(database: &Database, options: MongoOptions) -> ConnectError {
    options.open(database).await.unwrap_err()
}

#[tokio::test]
async fn missing_indexes_are_named() {
    let database = Mongo::shared().await.database().await;
    let error = refused(&database, MongoOptions::new()).await;

    assert_eq!(error.code(), "mongodb_missing_indexes");
    let ConnectError::MissingIndexes { names } = &error else { panic!("{error:?}") };
    assert!(names.len() > 1 && names.iter().all(|name| error.to_string().contains(name)), "{error}");
    assert!(names.iter().any(|name| name == NUMBER), "{error}");

    MongoOptions::new().create_indexes().open(&database).await.unwrap();
    MongoOptions::new().open(&database).await.unwrap();
    MongoOptions::new().create_indexes().open(&database).await.unwrap();
}

#[tokio::test]
async fn each_missing_index_is_reported_by_its_name() {
    let database = Mongo::shared().await.database().await;
    MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let tickets = database.collection::<Document>("SupportTicket");
    let mut names = tickets.list_index_names().await.unwrap();
    names.retain(|name| name != "_id_");
    assert_eq!(names.len(), 13, "{names:?}");
    for name in names {
        tickets.drop_index(name.as_str()).await.unwrap();
        let error = refused(&database, MongoOptions::new()).await;
        assert!(error.to_string().contains(&name), "{error}");
        MongoOptions::new().create_indexes().open(&database).await.unwrap();
    }
}

/// Checks an index over all tickets, which would work, but cost something for each ticket.
#[tokio::test]
async fn an_index_of_some_tickets_over_all_is_not_the_one_that_is_wanted() {
    let database = Mongo::shared().await.database().await;
    MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let tickets = database.collection::<Document>("SupportTicket");
    for (name, keys) in [
        ("SupportTicket_due_idx", doc! { "status": 1, "sla.due": 1, "_id": 1, "sla.risk": 1 }),
        ("SupportTicket_slaLastStop_idx", doc! { "sla.lastStop": 1 }),
        ("SupportTicket_resolvedAt_idx", doc! { "resolvedAt": 1 }),
        (
            "SupportTicket_waiting_idx",
            doc! { "status": 1, "waiting.until": 1, "waiting.since": 1, "waiting.for": 1 },
        ),
        ("SupportTicket_handoff_idx", doc! { "status": 1, "handoffAt": 1 }),
        (
            "SupportTicket_tags_idx",
            doc! { "tags": 1, "status": 1, "priority": 1, "createdAt": -1, "_id": -1 },
        ),
    ] {
        tickets.drop_index(name).await.unwrap();
        let options = IndexOptions::builder().name(name.to_owned()).build();
        let over_all = IndexModel::builder().keys(keys).options(options).build();
        tickets.create_index(over_all).await.unwrap();
        let error = refused(&database, MongoOptions::new()).await;
        assert!(error.to_string().contains(name), "{error}");
        tickets.drop_index(name).await.unwrap();
        MongoOptions::new().create_indexes().open(&database).await.unwrap();
    }
}

/// Checks indexes that lack tickets or texts, that remove tickets, or that no query may use.
#[tokio::test]
async fn an_index_that_does_not_serve_every_query_is_not_the_one_that_is_wanted() {
    let database = Mongo::shared().await.database().await;
    MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let tickets = database.collection::<Document>("SupportTicket");
    let named = || IndexOptions::builder().name(NUMBER.to_owned()).unique(true);
    for options in [
        named().hidden(true).build(),
        named().collation(Collation::builder().locale("es").build()).build(),
        named().sparse(true).build(),
        named().expire_after(Duration::from_secs(1_000_000)).build(),
    ] {
        tickets.drop_index(NUMBER).await.unwrap();
        let index = IndexModel::builder().keys(doc! { "ticketNumber": 1 }).options(options).build();
        tickets.create_index(index.clone()).await.unwrap();
        let error = refused(&database, MongoOptions::new()).await;
        let ConnectError::MissingIndexes { names } = &error else { panic!("{index:?}: {error:?}") };
        assert_eq!(names, &[NUMBER], "{index:?}");
    }
}

#[tokio::test]
async fn an_index_with_another_name_is_a_conflict() {
    let database = Mongo::shared().await.database().await;
    index(&database, "by_number", true).await;
    let error = refused(&database, MongoOptions::new().create_indexes()).await;

    assert_eq!(error.code(), "mongodb_index_conflict");
    assert!(error.source().unwrap().to_string().contains("by_number"), "{error:?}");
}

#[tokio::test]
async fn a_non_unique_index_of_the_number_is_a_conflict() {
    let database = Mongo::shared().await.database().await;
    index(&database, NUMBER, false).await;

    let error = refused(&database, MongoOptions::new()).await;
    assert!(error.to_string().contains(NUMBER), "{error}");

    let error = refused(&database, MongoOptions::new().create_indexes()).await;
    assert_eq!(error.code(), "mongodb_index_conflict");
    assert!(error.source().unwrap().to_string().contains(NUMBER), "{error:?}");
}

#[tokio::test]
async fn duplicate_numbers_prevent_the_unique_index() {
    let database = Mongo::shared().await.database().await;
    let twice = [doc! { "ticketNumber": "TKT-ABC123" }, doc! { "ticketNumber": "TKT-ABC123" }];
    let tickets = database.collection("SupportTicket");
    tickets.insert_many(twice).await.unwrap();
    let error = refused(&database, MongoOptions::new().create_indexes()).await;

    assert_eq!(error.code(), "mongodb_index_conflict");
    assert!(error.source().unwrap().to_string().contains("TKT-ABC123"), "{error:?}");
    assert_eq!(tickets.count_documents(doc! {}).await.unwrap(), 2);
}

/// Checks that the collection can be sharded by the number.
///
/// A router sends a write to the shard of its number, and with such a shard key no unique index may
/// lack the number.
#[tokio::test]
async fn only_the_number_is_unique_so_that_the_collection_can_be_sharded_by_it() {
    let database = Mongo::shared().await.database().await;
    MongoOptions::new().create_indexes().open(&database).await.unwrap();
    let tickets = database.collection::<Document>("SupportTicket");
    let indexes: Vec<IndexModel> = tickets.list_indexes().await.unwrap().try_collect().await.unwrap();
    let is_unique =
        |index: &IndexModel| index.options.as_ref().is_some_and(|of| of.unique == Some(true));
    let unique: Vec<_> = indexes.into_iter().filter(is_unique).map(|index| index.keys).collect();
    assert_eq!(unique, [doc! { "ticketNumber": 1 }]);

    // The index of the shard key exists beside it.
    let hashed = IndexModel::builder().keys(doc! { "ticketNumber": "hashed" }).build();
    tickets.create_index(hashed).await.unwrap();
    let ana = desk(&database, MongoOptions::new()).await.customer(ana());
    let first = ana.create(draft("otro")).await.unwrap();
    assert!(ana.create(draft("otro")).await.unwrap().repeated);
    ana.reply(&first.head.ticket_number, "hola").await.unwrap();
}
