//! The writes that a store sends: each names its ticket's number, and none is costly.

use bson::{Bson, Document};
use ventanilla_service::{testing, *};
use ventanilla_tests::Mongo;

use super::sent::Sent;

/// Texts aside, an update is a few hundred bytes.
const MOST_BYTES: usize = 2_048;

#[tokio::test]
async fn every_write_names_its_number_and_has_no_pipeline() {
    let database = Mongo::shared().await.database().await;
    let (store, sent) = Sent::by_a_store(&database).await;
    let sla = Some(testing::sla());
    let desk = HelpDesk::builder(store.clone()).policy(Policy { sla, ..Policy::default() }).build();
    let (ana, luis) = (desk.customer(testing::customer(0)), desk.admin(testing::admin(0)));
    let draft = NewTicket::new(Category::BUG, MessageText::parse("No carga").unwrap());
    let number = ana.create(draft).await.unwrap().head.ticket_number;
    ana.add_message(&number, "¿Hay novedades?").await.unwrap();
    luis.claim(&number).await.unwrap();
    luis.add_note(&number, "Ojo").await.unwrap();
    luis.set_priority(&number, Priority::Urgent).await.unwrap();
    luis.reply(&number, "Ya está", Status::Resolved).await.unwrap();
    ana.add_message(&number, "Sigue igual").await.unwrap();
    luis.set_status(&number, Status::Closed).await.unwrap();
    desk.bot().view(&number).await.unwrap();

    let writes = sent.take().into_iter().filter(|sent| sent.contains_key("writeConcern"));
    let writes: Vec<Document> = writes.collect();
    assert_eq!(writes.len(), 8);
    for write in writes {
        let concern = write.get_document("writeConcern").unwrap();
        assert_eq!(concern.get_str("w").unwrap(), "majority", "{write}");
        assert!(concern.get_bool("j").unwrap(), "{write}");
        assert!(!write.to_string().contains("$expr"), "{write}");
        if let Ok(documents) = write.get_array("documents") {
            let inserted = documents[0].as_document().unwrap();
            assert_eq!(inserted.get_str("ticketNumber").unwrap(), number.as_str());
            continue;
        }
        let [Bson::Document(statement)] = &write.get_array("updates").unwrap()[..] else {
            panic!("{write}")
        };
        let condition = statement.get_document("q").unwrap();
        assert_eq!(condition.get_str("ticketNumber").unwrap(), number.as_str(), "{write}");
        assert!(statement.get_document("u").is_ok(), "no pipeline: {write}");
        assert!(statement.to_vec().unwrap().len() <= MOST_BYTES, "{write}");
    }
}
