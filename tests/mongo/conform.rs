//! The contract, case by case, as over memory.

use ventanilla_service::{MongoOptions, conformance};
use ventanilla_tests::Mongo;

#[tokio::test]
async fn mongo_store_conforms() {
    let mongo = Mongo::shared().await;
    let database = mongo.database().await;
    let next = std::cell::Cell::new(0);
    let cases = conformance::check(async || {
        next.set(next.get() + 1);
        let collection = format!("case_{}", next.get());
        MongoOptions::new().collection(collection).create_indexes().open(&database).await.unwrap()
    })
    .await;
    println!("{cases} cases");
}
