//! A change that finds no moment.

use bson::doc;
use ventanilla_service::*;
use ventanilla_tests::Mongo;

use super::world::{ana, desk, fault, keyed, patient, texts, ticket};

/// A collection that takes capitals and small letters for the same makes the server see a key as used
/// where the domain doesn't: for the store it looks as if the ticket kept changing.
#[tokio::test]
async fn a_change_that_keeps_missing_without_a_reason_is_given_up() {
    let database = Mongo::shared().await.database().await;
    let collation = doc! { "locale": "es", "strength": 2 };
    let create = doc! { "create": "SupportTicket", "collation": collation };
    database.run_command(create).await.unwrap();
    let desk = desk(&database, patient()).await;
    let number = ticket(&desk).await;
    let ana = desk.customer(ana());
    ana.add_message(&number, keyed("hola")).await.unwrap();

    let missed = ana.add_message(&number, keyed("HOLA")).await;
    let Err(ServiceError::Store(StoreError::Contention { attempts: 8, .. })) = &missed else {
        panic!("{missed:?}")
    };
    assert_eq!(fault(missed), ("contention", Applied::No));
    assert_eq!(texts(&desk, &number).await, ["hola"]);
}
