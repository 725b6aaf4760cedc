//! Faults when a store is opened.

use std::error::Error;

use bson::doc;
use mongodb::options::{Acknowledgment, WriteConcern};
use ventanilla_service::{
    Explain,
    mongodb::{ConnectError, MongoOptions, MongoStore},
};
use ventanilla_tests::{ReplicaSet, Standalone};

async fn refused(uri: &str) -> ConnectError {
    MongoStore::connect(uri).await.unwrap_err()
}

#[tokio::test]
async fn servers_that_do_not_answer_are_unreachable() {
    let nobody = nobody();
    let error = refused(&format!("mongodb://{nobody}/desk?serverSelectionTimeoutMS=300")).await;

    assert_eq!(error.code(), "mongodb_unreachable");
    assert!(error.source().is_some() && error.is_retryable());
}

#[tokio::test]
async fn a_standalone_server_is_no_replica_set() {
    let server = Standalone::start().await;
    let error = refused(&format!("{}desk", server.uri())).await;

    assert_eq!(error.code(), "mongodb_standalone");
    assert!(error.to_string().contains("--replSet") && !error.is_retryable());
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let server = Standalone::with_password("ana", "secret").await;
    let error = refused(&format!("{}desk?authSource=admin", server.uri_of("ana", "guessed"))).await;

    assert_eq!(error.code(), "mongodb_access_refused");
    assert!(error.source().is_some() && !error.is_retryable());
    assert!(!format!("{error:?}").contains("guessed"), "{error:?}");
}

#[tokio::test]
async fn an_invalid_uri_and_one_without_a_database_are_reported() {
    assert_eq!(refused("mongodb://localhost").await.code(), "mongodb_no_database");

    let error = refused("localhost:27017/desk").await;
    assert_eq!(error.code(), "mongodb_invalid_uri");
    assert!(error.source().is_some());
}

/// Checks write concerns of no server, or of more servers than there are, from the URI or the
/// options.
#[tokio::test]
async fn a_write_concern_that_is_never_met_is_reported() {
    let set = ReplicaSet::start().await;
    let uri = database_of(&set);
    for nodes in [0, 5] {
        let concern = WriteConcern::builder().w(Acknowledgment::Nodes(nodes)).build();
        let options = MongoOptions::new().with_write_concern(concern);
        for error in
            [refused(&format!("{uri}&w={nodes}")).await, options.connect(&uri).await.unwrap_err()]
        {
            assert_eq!(error.code(), "mongodb_write_concern");
            assert!(error.to_string().contains(&format!("{nodes} of 3")), "{error}");
            assert!(!error.is_retryable());
        }
    }
}

#[tokio::test]
async fn a_server_that_is_never_primary_acknowledges_writes_too() {
    let set = ReplicaSet::start().await;
    let admin = set.client().await.database("admin");
    let config = admin.run_command(doc! { "replSetGetConfig": 1 }).await.unwrap();
    let mut config = config.get_document("config").unwrap().clone();
    config.insert("version", config.get_i32("version").unwrap() + 1);
    let node = set.secondaries().await[0];
    let members = config.get_array_mut("members").unwrap();
    members[node].as_document_mut().unwrap().insert("priority", 0);
    admin.run_command(doc! { "replSetReconfig": config }).await.unwrap();

    let all = WriteConcern::builder().w(Acknowledgment::Nodes(3)).build();
    let options = MongoOptions::new().with_write_concern(all).create_indexes();
    options.connect(&database_of(&set)).await.unwrap();
}

#[tokio::test]
async fn a_single_secondary_and_another_replica_set_are_reported() {
    let set = ReplicaSet::start().await;
    let secondary = set.address(set.secondaries().await[0]);
    let error = refused(&format!("mongodb://{secondary}/desk?directConnection=true")).await;
    assert_eq!(error.code(), "mongodb_not_primary");
    assert!(error.to_string().contains(&secondary), "{error}");
    assert!(!error.is_retryable());

    let other = database_of(&set).replace("=rs0", "=tienda") + "&serverSelectionTimeoutMS=1000";
    let first_is_down = other.replace("mongodb://", &format!("mongodb://{},", nobody()));
    for uri in [other, first_is_down] {
        let error = refused(&uri).await;
        assert_eq!(error.code(), "mongodb_other_replica_set", "{uri}");
        assert!(
            error.to_string().contains("\"tienda\"") && error.to_string().contains("\"rs0\""),
            "{error}"
        );
        assert!(!error.is_retryable());
    }
}

/// Returns an address at which no server listens.
fn nobody() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Returns the connection string of a set with the name of a database.
fn database_of(set: &ReplicaSet) -> String {
    set.uri().replace("/?", "/desk?")
}
