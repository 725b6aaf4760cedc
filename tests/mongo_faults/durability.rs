//! Changes that were made, and that no majority has.

use std::time::Duration;

use ventanilla_service::*;

use super::world::{
    NOT_DURABLE, World, ana, draft, fault, keyed, luis, majority_within, patient, until,
};

/// A desk that waits a moment for a majority.
async fn hasty(world: &World) -> HelpDesk {
    let moment = Duration::from_millis(300);
    let options = patient().write_concern(majority_within(moment)).time_limit(moment * 5);
    world.desk_with(options).await
}

#[tokio::test]
async fn a_change_that_no_majority_has_is_told_so_until_one_has_it() {
    let world = World::start().await;
    let (desk, number) = (hasty(&world).await, &world.number);
    let (customer, admin) = (desk.customer(ana()), desk.admin(luis()));
    let write = async || customer.add_message(number, keyed("hola")).await;
    let raise = async || admin.set_priority(number, Priority::Urgent).await;
    let create = async || customer.create(draft("otro")).await;

    world.set.stop_replication().await;
    assert_eq!(fault(write().await), NOT_DURABLE);
    assert_eq!(fault(raise().await), NOT_DURABLE);
    assert_eq!(fault(create().await), NOT_DURABLE);
    // Who repeats it finds it there, and no answer that rests on it, as long as no majority has it.
    assert_eq!(fault(write().await).1, Applied::No);
    assert_eq!(fault(raise().await).1, Applied::No);
    assert_eq!(fault(create().await).1, Applied::No);

    world.set.resume_replication().await;
    until(async || write().await.is_ok_and(|receipt| receipt.repeated)).await;
    assert!(raise().await.unwrap().events.is_empty());
    assert!(create().await.unwrap().repeated);
    assert_eq!(world.texts().await, ["hola"]);
    assert_eq!(world.view().await.head.version, 2);
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn what_is_refused_stays_refused_where_no_majority_is_to_be_had() {
    let world = World::start().await;
    let number = &world.number;
    world.desk.admin(luis()).set_status(number, Status::Closed).await.unwrap();
    let desk = hasty(&world).await;
    world.set.stop_replication().await;
    assert_eq!(fault(desk.customer(ana()).create(draft("otro")).await), NOT_DURABLE);

    let refused = desk.customer(ana()).add_message(number, keyed("hola")).await.unwrap_err();
    assert_eq!((refused.code(), refused.applied()), ("ticket_closed", Applied::No));
    let missing = TicketNumber::parse("TKT-N0NE00").unwrap();
    let refused = desk.customer(ana()).add_message(&missing, keyed("hola")).await.unwrap_err();
    assert_eq!((refused.code(), refused.applied()), ("ticket_not_found", Applied::No));

    world.set.resume_replication().await;
    assert_eq!(world.texts().await, [""; 0]);
}
