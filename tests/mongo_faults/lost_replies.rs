//! Replies that get lost after the server did as told, or requests before.

use bson::{RawDocumentBuf, doc, rawdoc};
use ventanilla_service::*;
use ventanilla_tests::Proxy;

use super::world::{
    self, FAILED, UNAVAILABLE, UNKNOWN, World, ana, database, draft, fault, keyed, luis, patient,
};

const CHANGE: &str = "findAndModify";

/// A desk whose replies pass through a proxy.
async fn behind(proxy: &Proxy) -> HelpDesk {
    world::desk(&database(proxy.uri()).await, patient()).await
}

#[tokio::test]
async fn one_lost_reply_is_not_noticed() {
    let world = World::start().await;
    let proxy = world.set.proxy().await;
    let desk = behind(&proxy).await;
    let (ana, luis) = (desk.customer(ana()), desk.admin(luis()));

    proxy.lose_replies(1, CHANGE);
    let receipt = ana.add_message(&world.number, keyed("hola")).await.unwrap();
    assert!(!receipt.repeated && receipt.events.len() == 1);
    proxy.lose_replies(1, CHANGE);
    let receipt = luis.reply(&world.number, keyed("hecho"), Status::Resolved).await.unwrap();
    assert_eq!((receipt.events.len(), receipt.head.message_count), (2, 3));
    proxy.lose_replies(1, "insert");
    assert!(!ana.create(draft("otro")).await.unwrap().repeated);

    assert_eq!(world.texts().await, ["hola", "hecho"]);
    assert_eq!(world.view().await.head.version, 2);
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn two_lost_replies_leave_it_open_and_repeating_with_the_key_settles_it() {
    let world = World::start().await;
    let proxy = world.set.proxy().await;
    let desk = behind(&proxy).await;
    let (ana, luis) = (desk.customer(ana()), desk.admin(luis()));

    proxy.lose_replies(2, CHANGE);
    assert_eq!(fault(ana.add_message(&world.number, keyed("hola")).await), UNKNOWN);
    assert!(ana.add_message(&world.number, keyed("hola")).await.unwrap().repeated);

    proxy.lose_replies(2, CHANGE);
    assert_eq!(fault(luis.set_status(&world.number, Status::InProgress).await), UNKNOWN);
    assert!(luis.set_status(&world.number, Status::InProgress).await.unwrap().events.is_empty());

    proxy.lose_replies(2, "insert");
    assert_eq!(fault(ana.create(draft("otro")).await), UNKNOWN);
    assert!(ana.create(draft("otro")).await.unwrap().repeated);

    assert_eq!(world.texts().await, ["hola"]);
    assert_eq!(world.view().await.head.version, 2);
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn a_request_that_is_lost_twice_may_have_been_carried_out_and_is_repeated() {
    let world = World::start().await;
    let (ana, set) = (world.desk.customer(ana()), &world.set);
    let lose = doc! { "closeConnection": true };

    set.fail(1, &[CHANGE], lose.clone()).await;
    assert!(!ana.add_message(&world.number, keyed("hola")).await.unwrap().repeated);

    set.fail(2, &[CHANGE], lose.clone()).await;
    assert_eq!(fault(ana.add_message(&world.number, keyed("y-esto")).await), UNKNOWN);
    assert!(!ana.add_message(&world.number, keyed("y-esto")).await.unwrap().repeated);

    set.fail(2, &["insert"], lose).await;
    assert_eq!(fault(ana.create(draft("otro")).await), UNKNOWN);
    assert!(!ana.create(draft("otro")).await.unwrap().repeated);

    assert_eq!(world.texts().await, ["hola", "y-esto"]);
    assert_eq!(world.count().await, 2);
}

/// The driver reads no answer that holds a broken text, such as that of an entry before.
#[tokio::test]
async fn a_change_whose_answer_cannot_be_read_is_not_called_undone() {
    let world = World::start().await;
    let admin = world.desk.admin(luis());
    let mut broken = doc! { "event": "?" }.to_vec().unwrap();
    let at = broken.iter().position(|byte| *byte == b'?').unwrap();
    broken[at] = 0xff;
    let broken = RawDocumentBuf::from_bytes(broken).unwrap();
    let change = rawdoc! { "q": {}, "u": { "$push": { "history": broken } } };
    let command = rawdoc! { "update": "SupportTicket", "updates": [change] };
    world.tickets.client().database("desk").run_raw_command(command).await.unwrap();

    assert_eq!(fault(admin.set_priority(&world.number, Priority::High).await), UNKNOWN);
    world.tickets.update_one(doc! {}, doc! { "$set": { "history": [] } }).await.unwrap();
    assert_eq!(world.view().await.head.priority, Priority::High);
}

/// The server still knows that it made the change, and no longer what it answered.
#[tokio::test]
async fn a_change_whose_answer_the_server_forgot_is_not_called_undone() {
    let world = World::start().await;
    let (ana, set) = (world.desk.customer(ana()), &world.set);

    set.fail(1, &[CHANGE], doc! { "errorCode": 217 }).await;
    assert_eq!(fault(ana.add_message(&world.number, keyed("hola")).await), UNKNOWN);
}

#[tokio::test]
async fn a_lost_read_is_repeated_and_the_second_loss_is_a_passing_fault() {
    let world = World::start().await;
    let (ana, luis) = (world.desk.customer(ana()), world.desk.admin(luis()));
    let lose = doc! { "closeConnection": true };

    world.set.fail(1, &["find"], lose.clone()).await;
    ana.view(&world.number).await.unwrap();
    world.set.fail(2, &["find"], lose.clone()).await;
    assert_eq!(fault(ana.view(&world.number).await), UNAVAILABLE);
    world.set.fail(2, &["aggregate"], lose.clone()).await;
    assert_eq!(fault(luis.list(ListQuery::new()).await), UNAVAILABLE);
    world.set.fail(2, &["aggregate"], lose.clone()).await;
    assert_eq!(fault(luis.counts().await), UNAVAILABLE);

    // A change that missed is not made, whether or not the reason can be read.
    luis.set_status(&world.number, Status::Closed).await.unwrap();
    world.set.fail(2, &["find"], lose).await;
    assert_eq!(fault(ana.add_message(&world.number, keyed("hola")).await), UNAVAILABLE);
    assert_eq!(world.texts().await, [""; 0]);
}

#[tokio::test]
async fn what_a_server_refuses_for_good_is_no_passing_fault() {
    let world = World::start().await;
    let (ana, set) = (world.desk.customer(ana()), &world.set);
    let unauthorized = doc! { "errorCode": 13 };

    set.fail(1, &[CHANGE], unauthorized.clone()).await;
    assert_eq!(fault(ana.add_message(&world.number, keyed("hola")).await), FAILED);
    set.fail(1, &["insert"], unauthorized.clone()).await;
    assert_eq!(fault(ana.create(draft("otro")).await), FAILED);
    set.fail(1, &["find"], unauthorized).await;
    assert_eq!(fault(ana.view(&world.number).await), FAILED);

    assert_eq!(world.texts().await, [""; 0]);
    assert_eq!(world.count().await, 1);
}
