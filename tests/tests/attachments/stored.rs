//! Files over every store, also beside another application.

use bson::doc;
use tempfile::tempdir;
use ventanilla_service::{
    Category, HelpDesk, MemoryStore, MessageText, NewTicket, UserId, attachments::AttachmentStore,
    mongodb::MongoOptions, sqlite::SqliteStore, store::TicketStore, ticket::NewMessage,
};
use ventanilla_tests::Mongo;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n...";

#[tokio::test]
async fn a_file_goes_through_every_store() {
    let folder = tempdir().unwrap();
    let directory = || AttachmentStore::in_directory(folder.path().join("files")).unwrap();
    goes_through(MemoryStore::new(), AttachmentStore::in_memory()).await;
    goes_through(SqliteStore::open(folder.path().join("tickets.db")).await.unwrap(), directory()).await;
    let database = Mongo::shared().await.database().await;
    goes_through(MongoOptions::new().create_indexes().open(&database).await.unwrap(), directory()).await;
}

async fn goes_through(store: impl TicketStore + 'static, files: AttachmentStore) {
    let desk = HelpDesk::builder(store).attachments(files).build();
    let [ana, luis] =
        ["65a1f0c2c11e47e000000000", "65a1f0c2ad31400000000000"].map(|id| UserId::parse(id).unwrap());
    let (ana, luis) = (desk.customer(ana), desk.admin(luis));
    let first = ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("Mira").unwrap());
    let number = ana.create(new_ticket.with_attachments(vec![first])).await.unwrap().head.ticket_number;
    let answer = luis.upload("respuesta.png", PNG.to_vec()).await.unwrap();
    let reply = NewMessage::parse("Así").unwrap().with_attachments(vec![answer]);
    luis.reply(&number, reply).await.unwrap();
    let seen = ana.get(&number).await.unwrap();
    let names: Vec<&str> = seen
        .messages
        .iter()
        .flat_map(|message| &message.attachments)
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["captura.png", "respuesta.png"]);
    for message in &seen.messages {
        let file = &message.attachments[0];
        let body = ana.download(&number, file.id).await.unwrap().read().await.unwrap();
        assert_eq!(body.into_bytes().await.unwrap(), PNG);
    }
}

/// Another application that writes a message as it knows them leaves the files of others.
#[tokio::test]
async fn another_application_leaves_files_and_a_damaged_one_hides_no_message() {
    let database = Mongo::shared().await.database().await;
    let desk = HelpDesk::builder(MongoOptions::new().create_indexes().open(&database).await.unwrap())
        .attachments(AttachmentStore::in_memory())
        .build();
    let ana = desk.customer(UserId::parse("65a1f0c2c11e47e000000000").unwrap());
    let file = ana.upload("captura.png", PNG.to_vec()).await.unwrap();
    let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("Mira").unwrap());
    let number =
        ana.create(new_ticket.with_attachments(vec![file.clone()])).await.unwrap().head.ticket_number;
    let raw = database.collection::<bson::Document>("SupportTicket");
    let message = doc! { "content": "Hola", "role": "ADMIN", "createdAt": bson::DateTime::now() };
    let change = doc! { "$push": { "messages": message } };
    raw.update_one(doc! { "ticketNumber": number.as_str() }, change).await.unwrap();
    let seen = ana.get(&number).await.unwrap();
    assert_eq!(seen.messages[0].attachments, std::slice::from_ref(&file));
    assert_eq!(seen.messages.len(), 2);

    let damaged = [
        bson::Bson::Int32(7),
        bson::Bson::Array(vec![doc! { "id": "../../etc/passwd", "name": "x" }.into(), 7.into()]),
    ];
    for (messages, damaged) in (2..).zip(damaged) {
        let change = doc! { "$set": { "messages.0.attachments": damaged } };
        raw.update_one(doc! { "ticketNumber": number.as_str() }, change).await.unwrap();
        let seen = ana.get(&number).await.unwrap();
        assert_eq!((seen.messages.len(), seen.messages[0].attachments.len()), (messages, 0));
        ana.reply(&number, "¿Y la captura?").await.unwrap();
        let stored = raw.find_one(doc! { "ticketNumber": number.as_str() }).await.unwrap().unwrap();
        let first = stored.get_array("messages").unwrap()[0].as_document().unwrap();
        assert!(first.contains_key("attachments"), "what can't be read stays");
    }
    let error = ana.download(&number, file.id).await.unwrap_err();
    assert_eq!(ventanilla_service::Explain::code(&error), "attachment_not_found");
}
