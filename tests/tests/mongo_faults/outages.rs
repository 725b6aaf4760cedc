//! Servers that fail during requests, and come back.

use futures::future::join_all;
use ventanilla_service::{ListQuery, ServiceError, Status};

use super::world::{UNAVAILABLE, UNKNOWN, World, ana, database, desk, fault, keyed, luis, patient};

#[tokio::test]
async fn unavailable_servers_are_a_retryable_error_and_nothing_is_changed() {
    let world = World::start().await;
    let uri = format!("{}&serverSelectionTimeoutMS=500", world.set.uri());
    let desk = desk(&database(&uri).await, patient()).await;
    let (customer, luis) = (desk.customer(ana()), desk.admin(luis()));
    customer.get(&world.number).await.unwrap();

    (0..3).for_each(|node| world.set.kill(node));
    // The first request finds a connection that breaks off, and can't know when it did.
    let first = fault(customer.reply(&world.number, keyed("primero")).await);
    assert!([UNKNOWN, UNAVAILABLE].contains(&first), "{first:?}");
    assert_eq!(fault(customer.reply(&world.number, keyed("nunca")).await), UNAVAILABLE);
    assert_eq!(fault(luis.set_status(&world.number, Status::Closed).await), UNAVAILABLE);
    assert_eq!(fault(customer.get(&world.number).await), UNAVAILABLE);
    assert_eq!(fault(luis.list(ListQuery::new()).await), UNAVAILABLE);

    join_all((0..3).map(|node| world.set.restart(node))).await;
    world.set.primary().await;
    world.desk.customer(ana()).reply(&world.number, keyed("después")).await.unwrap();
    assert_eq!(world.texts().await, ["después"]);
    assert_eq!(world.view().await.head.status, Status::Open);
}

#[tokio::test]
async fn a_step_down_in_the_middle_of_changes_loses_and_doubles_none() {
    const TASKS: usize = 8;
    const MESSAGES: usize = 25;
    let world = World::start().await;
    let write = async |task: usize| {
        let ana = world.desk.customer(ana());
        for message in 0..MESSAGES {
            let text = format!("{task}-{message}");
            while let Err(error) = ana.reply(&world.number, keyed(&text)).await {
                assert!(matches!(error, ServiceError::Store(_)), "{error:?}");
            }
        }
    };
    let writers = join_all((0..TASKS).map(write));
    let stepping_down = async {
        for done in [TASKS, TASKS * MESSAGES / 2] {
            world.until_written(done).await;
            world.set.step_down().await;
        }
    };

    tokio::join!(writers, stepping_down);

    let mut texts = world.texts().await;
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), TASKS * MESSAGES);
    let head = world.view().await.head;
    assert_eq!(head.message_count.unwrap() as usize, 1 + TASKS * MESSAGES);
    assert_eq!(head.version as usize, TASKS * MESSAGES);
}
