//! Lost replies of commands that the server carried out, and lost requests.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use bson::{Document, RawDocumentBuf, doc, rawdoc};
use mongodb::{
    event::command::CommandEvent,
    options::{Acknowledgment, WriteConcern},
};
use tokio::sync::Notify;
use ventanilla_service::{
    Category, Change, Explain, HelpDesk, ListQuery, MessageText, NewTicket, Priority, Status,
    ticket::NewMessage,
};
use ventanilla_tests::Proxy;

use super::world::{
    self, FAILED, UNAVAILABLE, UNKNOWN, World, ana, database, draft, fault, keyed, luis,
    majority_within, patient,
};

const CHANGE: &str = "update";

/// Opens a desk whose replies pass through a proxy.
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
    let receipt = ana.reply(&world.number, keyed("hola")).await.unwrap();
    assert!(!receipt.repeated && receipt.events.len() == 1);
    proxy.lose_replies(1, CHANGE);
    let receipt = luis.reply(&world.number, keyed("hecho")).status(Status::Resolved).await.unwrap();
    assert_eq!((receipt.events.len(), receipt.head.message_count), (2, Some(3)));
    proxy.lose_replies(1, "insert");
    assert!(!ana.create(draft("otro")).await.unwrap().repeated);

    assert_eq!(world.texts().await, ["hola", "hecho"]);
    assert_eq!(world.view().await.head.version, 2);
    assert_eq!(world.count().await, 2);
}

/// Checks that the ticket shows the outcome of a change after any number of lost answers, with and
/// without an idempotency key.
#[tokio::test]
async fn every_change_whose_answers_are_lost_is_made_once() {
    let world = World::start().await;
    let proxy = world.set.proxy().await;
    let desk = behind(&proxy).await;
    let (ana, luis, number) = (desk.customer(ana()), desk.admin(luis()), &world.number);
    let text = |text: &str| NewMessage::parse(text).unwrap();

    let changes = [
        Change::message(text("uno")),
        Change::reply(text("dos"), Status::Resolved),
        Change::note(MessageText::parse("nota").unwrap()),
        Change::priority(Priority::High),
        Change::claim(),
        Change::assign(None),
        Change::status(Status::InProgress),
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        proxy.lose_replies(3, CHANGE);
        let receipt = luis.change(number, change).await.unwrap();
        assert_eq!((receipt.head.version, receipt.repeated), (nth as u64 + 1, false));
        assert!(receipt.events.iter().all(|event| event.version == receipt.head.version));
    }
    proxy.lose_replies(3, CHANGE);
    ana.reply(number, "tres").await.unwrap();
    proxy.lose_replies(3, "insert");
    assert!(!ana.create(draft("otro")).await.unwrap().repeated);
    proxy.lose_replies(3, "insert");
    let keyless = NewTicket::new(Category::BUG, MessageText::parse("sin clave").unwrap());
    ana.create(keyless).await.unwrap();

    assert_eq!(world.texts().await, ["uno", "dos", "tres"]);
    let view = world.view().await;
    assert_eq!((view.head.version, view.notes.len(), view.history.len()), (8, 1, 6));
    assert_eq!(world.count().await, 3);
}

/// Checks a first attempt that is applied and whose answer is lost, and a next one that ends in a
/// server error.
#[tokio::test]
async fn an_error_after_a_lost_answer_says_nothing_of_the_first_attempt() {
    let world = World::start().await;
    let proxy = world.set.proxy().await;
    let desk = behind(&proxy).await;
    let (ana, number) = (desk.customer(ana()), &world.number);
    for code in [13, 18, 24, 46, 121, 146, 175, 202, 225, 251, 292, 8000, 11601] {
        let text = format!("mensaje-{code}");
        proxy.lose_replies(1, CHANGE);
        // The driver repeats no write of ours; another one would meet this error.
        let receipt = ana.reply(number, keyed(&text)).await.unwrap();
        assert!(!receipt.repeated, "{code}");

        // Before it is applied: the error is about the only attempt.
        world.set.fail(1, &[CHANGE], doc! { "errorCode": code }).await;
        match ana.reply(number, keyed(&format!("otro-{code}"))).await {
            Ok(receipt) => assert!([24, 46].contains(&code) && !receipt.repeated, "{code}"),
            error => assert_eq!(fault(error), FAILED, "{code}"),
        }
    }
    let texts = world.texts().await;
    assert_eq!(texts.iter().filter(|text| text.starts_with("mensaje-")).count(), 13);
    assert_eq!(texts.iter().filter(|text| text.starts_with("otro-")).count(), 2);
}

/// Checks that after a lost answer, an error of the next attempt leaves the outcome unknown.
#[tokio::test]
async fn a_lost_request_and_then_a_refusal_leave_it_open() {
    let world = World::start().await;
    let (ana, set) = (world.desk.customer(ana()), &world.set);
    let lose = doc! { "closeConnection": true };

    set.fail(3, &[CHANGE], lose.clone()).await;
    assert!(!ana.reply(&world.number, keyed("hola")).await.unwrap().repeated);
    set.fail(3, &["insert"], lose).await;
    assert!(!ana.create(draft("otro")).await.unwrap().repeated);

    let moved = doc! { "errorCode": 11602 };
    set.fail(2, &[CHANGE], moved.clone()).await;
    assert!(!ana.reply(&world.number, keyed("y-esto")).await.unwrap().repeated);
    set.fail(2, &["insert"], moved).await;
    assert!(!ana.create(draft("tercero")).await.unwrap().repeated);

    assert_eq!(world.texts().await, ["hola", "y-esto"]);
    assert_eq!(world.count().await, 3);
}

/// Checks the write concern error of a server that steps down: the change is applied, and found
/// again.
#[tokio::test]
async fn a_change_whose_server_steps_down_meanwhile_is_looked_up() {
    let world = World::start().await;
    let ana = world.desk.customer(ana());
    for code in [91, 189, 11600, 11602] {
        let error = doc! { "writeConcernError": { "code": code, "errmsg": "it steps down" } };
        world.set.fail(1, &[CHANGE], error.clone()).await;
        let text = format!("mensaje-{code}");
        assert!(!ana.reply(&world.number, keyed(&text)).await.unwrap().repeated, "{code}");
        world.set.fail(1, &["insert"], error).await;
        assert!(!ana.create(draft(&format!("ticket-{code}"))).await.unwrap().repeated, "{code}");
    }
    assert_eq!(world.texts().await.len(), 4);
    assert_eq!(world.count().await, 5);
}

/// Checks that a history entry with invalid UTF-8, which no driver can decode, costs that entry
/// alone.
#[tokio::test]
async fn an_entry_that_cannot_be_read_keeps_no_change_from_being_made() {
    let world = World::start().await;
    let admin = world.desk.admin(luis());
    let mut broken = doc! { "event": "?" }.to_vec().unwrap();
    let at = broken.iter().position(|byte| *byte == b'?').unwrap();
    broken[at] = 0xff;
    let broken = RawDocumentBuf::from_bytes(broken).unwrap();
    let change = rawdoc! { "q": {}, "u": { "$push": { "history": broken } } };
    let command = rawdoc! { "update": "SupportTicket", "updates": [change] };
    world.tickets.client().database("desk").run_raw_command(command).await.unwrap();

    admin.set_priority(&world.number, Priority::High).await.unwrap();
    assert_eq!(world.view().await.head.priority, Priority::High);
}

/// Checks that no error shows the texts of people, down to its last source.
#[tokio::test]
async fn no_error_quotes_what_people_wrote() {
    let world = World::start().await;
    let database = world.tickets.client().database("desk");
    let calm = doc! { "$jsonSchema": { "properties": { "messages": { "maxItems": 1 } } } };
    database.run_command(doc! { "collMod": "SupportTicket", "validator": calm }).await.unwrap();
    let ana = world.desk.customer(ana());
    let secret = "mi-contraseña-es-1234";
    let error = ana.reply(&world.number, keyed(secret)).await.unwrap_err();
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = next {
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
        next = error.source();
    }
}

/// Checks a change whose answer is lost, on a state that no majority has acknowledged: the last state
/// of a majority is too old to show the outcome.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_change_is_not_judged_by_what_was_before_it() {
    /// Place among the reads: the first two come before the answer is lost, then three after it.
    const LAST_STALE_READ: u32 = 4;
    let world = Arc::new(World::start().await);
    let number = &world.number;
    world.desk.admin(luis()).set_status(number, Status::InProgress).await.unwrap();
    let proxy = Arc::new(world.set.proxy().await);
    let (losing, between, finds) = (Arc::clone(&proxy), Arc::clone(&world), AtomicU32::new(0));
    let was_looked_up = Arc::new(Notify::new());
    let looked_up = Arc::clone(&was_looked_up);
    let client = world::watched(proxy.uri(), move |event| {
        let is_find = matches!(&event, CommandEvent::Succeeded(done) if done.command_name == "find");
        match finds.fetch_add(u32::from(is_find), Ordering::SeqCst) {
            0 if is_find => come_between(&between),
            1 if is_find => losing.lose_replies(1, CHANGE),
            // Reads of the state before the change, after the lost answer.
            LAST_STALE_READ if is_find => looked_up.notify_one(),
            _ => {}
        }
    });
    let database = client.await.database("desk");
    let hasty = majority_within(Duration::from_millis(300));
    let desk = world::desk(&database, patient().with_write_concern(hasty)).await;

    let luis = desk.admin(luis());
    let mut change = pin!(luis.set_status(number, Status::Open).into_future());
    tokio::select! {
        early = &mut change => panic!("it is judged by what was before it: {early:?}"),
        () = was_looked_up.notified() => {}
    }
    world.set.resume_replication().await;
    let receipt = change.await.unwrap();
    assert_eq!((receipt.head.status, receipt.head.version, receipt.events.len()), (Status::Open, 4, 1));
}

/// Other changes of ours, of which only the first is acknowledged by a majority.
fn come_between(world: &Arc<World>) {
    let world = Arc::clone(world);
    let others = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let tickets = database(&world.set.uri()).await.collection::<Document>("SupportTicket");
            let set = async |status: &str, version: i64, acknowledged: Acknowledgment| {
                let number = doc! { "ticketNumber": world.number.as_str() };
                let update = doc! { "$set": { "status": status, "version": version } };
                let concern = WriteConcern::builder().w(acknowledged).build();
                tickets.update_one(number, update).write_concern(concern).await.unwrap();
            };
            set("OPEN", 2, Acknowledgment::Majority).await;
            world.set.stop_replication().await;
            set("IN_PROGRESS", 3, Acknowledgment::Nodes(1)).await;
        });
    });
    others.join().unwrap();
}

/// Checks a change whose answer is lost on a ticket that another application then gives to another
/// requester: its first requester may learn nothing more of the ticket, and an administrator still does.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_change_to_a_ticket_of_somebody_else_meanwhile_is_unknown_to_its_requester() {
    let world = Arc::new(World::start().await);
    let (proxy, between) = (world.set.proxy().await, Arc::clone(&world));
    let client = world::watched(proxy.uri(), move |event| {
        if matches!(&event, CommandEvent::Failed(lost) if lost.command_name == CHANGE) {
            give_away(&between);
        }
    });
    let desk = world::desk(&client.await.database("desk"), patient()).await;

    proxy.lose_replies(1, CHANGE);
    let error = desk.customer(ana()).reply(&world.number, keyed("hola")).await;
    assert_eq!(fault(error), UNKNOWN);
    assert_eq!(world.texts().await, ["hola"]);
    let missing = desk.customer(ana()).reply(&world.number, keyed("hola")).await.unwrap_err();
    assert_eq!(missing.code(), "ticket_not_found");

    proxy.lose_replies(1, CHANGE);
    let receipt = desk.admin(luis()).set_priority(&world.number, Priority::High).await.unwrap();
    assert_eq!((receipt.events.len(), receipt.repeated), (1, false));
    assert_eq!(world.texts().await, ["hola"]);
}

/// Sets another requester, as a script would, without a new version.
fn give_away(world: &Arc<World>) {
    let (uri, number) = (world.set.uri(), world.number.clone());
    let other = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let tickets = database(&uri).await.collection::<Document>("SupportTicket");
            let update = doc! { "$set": { "userId": bson::oid::ObjectId::new() } };
            let given = tickets.update_one(doc! { "ticketNumber": number.as_str() }, update).await;
            assert_eq!(given.unwrap().modified_count, 1);
        });
    });
    other.join().unwrap();
}

#[tokio::test]
async fn a_lost_read_is_repeated_and_the_second_loss_is_a_retryable_error() {
    let world = World::start().await;
    let (ana, luis) = (world.desk.customer(ana()), world.desk.admin(luis()));
    let lose = doc! { "closeConnection": true };

    world.set.fail(1, &["find"], lose.clone()).await;
    ana.get(&world.number).await.unwrap();
    world.set.fail(2, &["find"], lose.clone()).await;
    assert_eq!(fault(ana.get(&world.number).await), UNAVAILABLE);
    world.set.fail(2, &["find"], lose.clone()).await;
    assert_eq!(fault(luis.list(ListQuery::new()).await), UNAVAILABLE);
    world.set.fail(2, &["aggregate"], lose.clone()).await;
    assert_eq!(fault(luis.counts().await), UNAVAILABLE);

    // A change whose guard failed is not applied, whether or not the reason can be read.
    luis.set_status(&world.number, Status::Closed).await.unwrap();
    world.set.fail(2, &["find"], lose).await;
    assert_eq!(fault(ana.reply(&world.number, keyed("hola")).await), UNAVAILABLE);
    assert_eq!(world.texts().await, [""; 0]);
}

#[tokio::test]
async fn a_permanent_refusal_of_the_server_is_not_retryable() {
    let world = World::start().await;
    let (ana, set) = (world.desk.customer(ana()), &world.set);
    let unauthorized = doc! { "errorCode": 13 };

    set.fail(1, &[CHANGE], unauthorized.clone()).await;
    assert_eq!(fault(ana.reply(&world.number, keyed("hola")).await), FAILED);
    set.fail(1, &["insert"], unauthorized.clone()).await;
    assert_eq!(fault(ana.create(draft("otro")).await), FAILED);
    set.fail(1, &["find"], unauthorized).await;
    assert_eq!(fault(ana.get(&world.number).await), FAILED);

    assert_eq!(world.texts().await, [""; 0]);
    assert_eq!(world.count().await, 1);
}
