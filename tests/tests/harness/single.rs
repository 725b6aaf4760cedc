//! Servers that are no replica set.

use bson::{Document, doc};
use mongodb::{Client, error::ErrorKind};
use ventanilla_tests::Standalone;

#[tokio::test]
async fn a_standalone_server_writes_but_has_no_change_streams() {
    let server = Standalone::start().await;
    let tickets = server.client().await.database("desk").collection::<Document>("SupportTicket");

    tickets.insert_one(doc! { "_id": 1 }).await.unwrap();
    let error = tickets.watch().await.unwrap_err();

    assert!(matches!(&*error.kind, ErrorKind::Command(error) if error.code == 40573), "{error}");
}

#[tokio::test]
async fn a_server_with_a_password_lets_in_who_knows_it() {
    let server = Standalone::with_password("ana", "secret").await;
    let insert = async |uri: String| {
        let client = Client::with_uri_str(uri).await.unwrap();
        client.database("desk").collection("SupportTicket").insert_one(doc! {}).await
    };

    insert(server.uri_of("ana", "secret")).await.unwrap();
    let wrong = insert(server.uri_of("ana", "guessed")).await.unwrap_err();
    let unknown = insert(server.uri()).await.unwrap_err();

    assert!(matches!(*wrong.kind, ErrorKind::Authentication { .. }), "{wrong}");
    assert!(matches!(&*unknown.kind, ErrorKind::Command(error) if error.code == 13), "{unknown}");
}
