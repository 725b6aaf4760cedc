//! Faults before there is a store.

use std::error::Error;

use ventanilla_service::{ConnectError, Explain, MongoStore};
use ventanilla_tests::Standalone;

async fn refused(uri: &str) -> ConnectError {
    MongoStore::connect(uri).await.unwrap_err()
}

#[tokio::test]
async fn servers_that_do_not_answer_are_unreachable() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
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
async fn a_uri_without_a_database_or_that_is_none_is_told() {
    assert_eq!(refused("mongodb://localhost").await.code(), "mongodb_no_database");

    let error = refused("localhost:27017/desk").await;
    assert_eq!(error.code(), "mongodb_invalid_uri");
    assert!(error.source().is_some());
}
