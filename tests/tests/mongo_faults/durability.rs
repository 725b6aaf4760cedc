//! Changes that were applied and that no majority has acknowledged.

use std::time::Duration;

use bson::doc;
use mongodb::options::{Acknowledgment, WriteConcern};
use ventanilla_service::{
    Category, Explain, HelpDesk, IdempotencyKey, ListQuery, MessageText, MyTickets, NewTicket, Priority,
    Status, TicketNumber, error::WriteOutcome,
};

use super::world::{
    FAILED, NOT_DURABLE, UNAVAILABLE, UNKNOWN, World, ana, database, draft, fault, keyed, luis,
    majority_within, patient, texts, until,
};

/// Opens a desk with a short time limit for a majority, which only waiting for a majority exceeds,
/// even on a busy machine.
async fn hasty(world: &World) -> HelpDesk {
    let concern = majority_within(Duration::from_millis(500));
    world.desk_with(patient().with_write_concern(concern).with_time_limit(Duration::from_secs(4))).await
}

#[tokio::test]
async fn a_change_is_reported_as_not_durable_until_a_majority_has_it() {
    let world = World::start().await;
    let (desk, number) = (hasty(&world).await, &world.number);
    let (customer, admin) = (desk.customer(ana()), desk.admin(luis()));
    let write = async || customer.reply(number, keyed("hola")).await;
    let raise = async || admin.set_priority(number, Priority::Urgent).await;
    let create = async || customer.create(draft("otro")).await;

    world.set.stop_replication().await;
    assert_eq!(fault(write().await), NOT_DURABLE);
    assert_eq!(fault(raise().await), NOT_DURABLE);
    assert_eq!(fault(create().await), NOT_DURABLE);
    // A repeat finds the change, and gets no answer that depends on it as long as no majority has
    // it.
    assert_eq!(fault(write().await).1, WriteOutcome::NotApplied);
    assert_eq!(fault(raise().await).1, WriteOutcome::NotApplied);
    assert_eq!(fault(create().await).1, WriteOutcome::NotApplied);

    world.set.resume_replication().await;
    until(async || write().await.is_ok_and(|receipt| receipt.repeated)).await;
    assert!(raise().await.unwrap().events.is_empty());
    assert!(create().await.unwrap().repeated);
    assert_eq!(world.texts().await, ["hola"]);
    assert_eq!(world.view().await.head.version, 2);
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn refusals_are_the_same_without_a_majority() {
    let world = World::start().await;
    let number = &world.number;
    world.desk.admin(luis()).set_status(number, Status::Closed).await.unwrap();
    let desk = hasty(&world).await;
    world.set.stop_replication().await;
    assert_eq!(fault(desk.customer(ana()).create(draft("otro")).await), NOT_DURABLE);

    let refused = desk.customer(ana()).reply(number, keyed("hola")).await.unwrap_err();
    assert_eq!((refused.code(), refused.write_outcome()), ("ticket_closed", WriteOutcome::NotApplied));
    let missing = TicketNumber::parse("TKT-N0NE00").unwrap();
    let refused = desk.customer(ana()).reply(&missing, keyed("hola")).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.write_outcome()),
        ("ticket_not_found", WriteOutcome::NotApplied)
    );

    world.set.resume_replication().await;
    assert_eq!(world.texts().await, [""; 0]);
}

#[tokio::test]
async fn no_reader_sees_a_change_that_no_majority_has() {
    let world = World::start().await;
    let (desk, number) = (hasty(&world).await, &world.number);
    let (customer, admin) = (desk.customer(ana()), desk.admin(luis()));
    world.set.stop_replication().await;
    assert_eq!(fault(admin.set_status(number, Status::Resolved).await), NOT_DURABLE);
    assert_eq!(fault(customer.create(draft("otro")).await), NOT_DURABLE);

    assert_eq!(customer.get(number).await.unwrap().head.status, Status::Open);
    let closed = ListQuery::new().with_statuses([Status::Resolved]);
    assert!(admin.list(closed).await.unwrap().rows.is_empty());
    let rows = customer.list(MyTickets::all()).await.unwrap().rows;
    assert_eq!(rows.iter().map(|row| &row.head.ticket_number).collect::<Vec<_>>(), [number]);
    // The count of tickets that aren't live comes from the collection's size, which only the primary
    // knows.
    let counts = admin.counts().await.unwrap();
    assert_eq!((counts.open, counts.live(), counts.resolved), (1, 1, 0));

    world.set.resume_replication().await;
    until(async || customer.get(number).await.unwrap().head.status == Status::Resolved).await;
    until(async || admin.counts().await.unwrap().total() == 2).await;
}

#[tokio::test]
async fn no_refusal_rests_on_a_change_that_no_majority_has() {
    let world = World::start().await;
    let (desk, number) = (hasty(&world).await, &world.number);
    let (customer, admin) = (desk.customer(ana()), desk.admin(luis()));
    let gone = world.desk.customer(ana()).create(draft("otro")).await.unwrap().head.ticket_number;
    let write = async |number| customer.reply(number, keyed("hola")).await;
    let other = NewTicket::new(Category::BUG, MessageText::parse("distinto").unwrap());
    let other = other.with_key(IdempotencyKey::parse("tercero").unwrap());
    let create = async || customer.create(other.clone()).await;

    world.set.stop_replication().await;
    assert_eq!(fault(admin.set_status(number, Status::Closed).await), NOT_DURABLE);
    assert_eq!(fault(customer.create(draft("tercero")).await), NOT_DURABLE);
    let delete = world.tickets.delete_one(doc! { "ticketNumber": gone.as_str() });
    let at_once = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
    delete.write_concern(at_once).await.unwrap();
    assert_eq!(fault(write(number).await), UNAVAILABLE);
    assert_eq!(fault(create().await), UNAVAILABLE);
    assert_eq!(fault(write(&gone).await), UNAVAILABLE);

    world.set.resume_replication().await;
    let code = async |number| write(number).await.unwrap_err().code();
    until(async || code(number).await == "ticket_closed").await;
    until(async || code(&gone).await == "ticket_not_found").await;
    assert_eq!(create().await.unwrap_err().code(), "key_conflict");
}

#[tokio::test]
async fn a_ticket_that_no_majority_has_yet_is_not_reported_as_missing() {
    let world = World::start().await;
    let customer = hasty(&world).await.customer(ana());
    world.set.stop_replication().await;
    assert_eq!(fault(customer.create(draft("otro")).await), NOT_DURABLE);
    let other = doc! { "ticketNumber": { "$ne": world.number.as_str() } };
    let other = world.tickets.find_one(other).await.unwrap().unwrap();
    let number = TicketNumber::parse(other.get_str("ticketNumber").unwrap()).unwrap();
    assert_eq!(fault(customer.reply(&number, keyed("hola")).await), UNAVAILABLE);

    world.set.resume_replication().await;
    until(async || customer.reply(&number, keyed("hola")).await.is_ok()).await;
    assert_eq!(texts(&world.desk, &number).await, ["hola"]);
}

#[tokio::test]
async fn repairs_that_may_be_lost_are_reported_and_applied() {
    let world = World::start().await;
    let store = patient().open(&database(&world.set.uri()).await).await.unwrap();
    for (code, told) in [(64, NOT_DURABLE), (189, UNKNOWN)] {
        close_elsewhere(&world).await;
        let error = doc! { "writeConcernError": { "code": code, "errmsg": "it may be lost" } };
        world.set.fail(1, &["update"], error).await;

        let error = store.reconcile(None, 100).await.unwrap_err();
        assert_eq!((error.code(), error.write_outcome()), told, "{error:?}");
        assert!(error.to_string().contains(world.number.as_str()), "{error}");
        let repaired = doc! { "resolvedAt": { "$type": "date" }, "closedAt": { "$type": "date" } };
        assert_eq!(world.tickets.count_documents(repaired).await.unwrap(), 1);
        assert_eq!(store.reconcile(None, 100).await.unwrap().repaired, 0);
    }
}

/// Checks that a missing permission is an error: one refused ticket is left as it is, but where no
/// ticket may be written, none would ever be repaired.
#[tokio::test]
async fn repairs_without_permission_are_reported() {
    let world = World::start().await;
    let store = patient().open(&database(&world.set.uri()).await).await.unwrap();
    close_elsewhere(&world).await;
    world.set.fail(1, &["update"], doc! { "errorCode": 13 }).await;

    let error = store.reconcile(None, 100).await.unwrap_err();
    assert_eq!((error.code(), error.write_outcome()), FAILED, "{error:?}");
    assert_eq!(store.reconcile(None, 100).await.unwrap().repaired, 1);
}

/// Closes the ticket as another application does, which leaves its times to be repaired.
async fn close_elsewhere(world: &World) {
    let close = doc! { "$set": { "status": "CLOSED" }, "$unset": { "resolvedAt": "", "closedAt": "" } };
    world.tickets.update_one(doc! {}, close).await.unwrap();
}
