//! What the collection's own validator refuses.

use bson::doc;
use ventanilla_service::*;
use ventanilla_tests::Mongo;

use super::world::{FAILED, ana, desk, draft, fault, keyed, luis, patient, texts, ticket};

#[tokio::test]
async fn what_a_validator_refuses_is_not_applied() {
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
    ana.add_message(&number, keyed("cabe")).await.unwrap();
    assert_eq!(fault(ana.add_message(&number, keyed("no-cabe")).await), FAILED);

    assert_eq!(texts(&desk, &number).await, ["cabe"]);
    let counts = admin.counts().await.unwrap();
    assert_eq!(
        (counts.total(), admin.view(&number).await.unwrap().head.priority),
        (1, Priority::Medium)
    );
}
