//! Late answers, and callers who don't wait for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bson::doc;
use futures::future::join_all;
use mongodb::event::command::CommandEvent;
use tokio::time::timeout;
use ventanilla_service::ListQuery;

use super::world::{
    UNAVAILABLE, UNKNOWN, World, ana, database, desk, draft, fault, keyed, luis, patient, watched,
};

/// Time for which a server is held up.
const PAUSE: Duration = Duration::from_secs(4);

/// Time limit that a held-up command exceeds, and no other on a busy machine.
const LIMIT: Duration = Duration::from_secs(2);

fn held_up() -> bson::Document {
    doc! { "blockConnection": true, "blockTimeMS": PAUSE.as_millis() as i64 }
}

#[tokio::test]
async fn a_change_that_takes_too_long_may_still_be_made() {
    let world = World::start().await;
    let hasty = world.desk_with(patient().with_time_limit(LIMIT)).await;
    let (customer, number) = (hasty.customer(ana()), &world.number);

    world.set.fail(1, &["update"], held_up()).await;
    assert_eq!(fault(customer.reply(number, keyed("hola")).await), UNKNOWN);
    // The answer came too late for the caller; the server applied the change all the same.
    world.until_written(1).await;
    let ana = world.desk.customer(ana());
    assert!(ana.reply(number, keyed("hola")).await.unwrap().repeated);

    world.set.fail(1, &["insert"], held_up()).await;
    assert_eq!(fault(customer.create(draft("otro")).await), UNKNOWN);
    ana.create(draft("otro")).await.unwrap();

    world.until_none_runs("insert").await;
    assert_eq!(world.texts().await, ["hola"]);
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_a_retryable_error() {
    let world = World::start().await;
    let hasty = world.desk_with(patient().with_time_limit(LIMIT)).await;
    let (customer, admin) = (hasty.customer(ana()), hasty.admin(luis()));

    world.set.fail(1, &["find"], held_up()).await;
    assert_eq!(fault(customer.get(&world.number).await), UNAVAILABLE);
    world.set.fail(1, &["find"], held_up()).await;
    assert_eq!(fault(admin.list(ListQuery::new()).await), UNAVAILABLE);
    world.set.fail(1, &["aggregate"], held_up()).await;
    assert_eq!(fault(admin.counts().await), UNAVAILABLE);

    customer.get(&world.number).await.unwrap();
}

/// Checks the only connection: an abandoned command would break all that follow.
#[tokio::test]
async fn a_caller_who_goes_away_leaves_a_connection_as_it_was() {
    let world = World::start().await;
    let uri = format!("{}&maxPoolSize=1", world.set.uri());
    let desk = desk(&database(&uri).await, patient()).await;
    let (customer, admin) = (desk.customer(ana()), desk.admin(luis()));

    for round in 0..30 {
        let text = format!("mensaje-{round}");
        let change = customer.reply(&world.number, keyed(&text));
        let gone = timeout(Duration::from_micros(100 * round), change).await;
        let answer = admin.get(&world.number).await.unwrap();
        assert_eq!(answer.head.ticket_number, world.number);
        let again = customer.reply(&world.number, keyed(&text)).await.unwrap();
        assert!(again.repeated || gone.is_err());
    }

    let mut expected: Vec<String> = (0..30).map(|round| format!("mensaje-{round}")).collect();
    let mut texts = world.texts().await;
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected);
}

/// Checks that after callers go away, only running commands are completed, which the store limits.
#[tokio::test]
async fn a_crowd_that_goes_away_keeps_nobody_waiting() {
    const CALLERS: u64 = 1_000;
    const MOST_COMMANDS: usize = 64;
    let world = World::start().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let uri = format!("{}&maxPoolSize=4", world.set.uri());
    let client = watched(&uri, move |event| {
        let begins = matches!(event, CommandEvent::Started(_));
        counter.fetch_add(usize::from(begins), Ordering::SeqCst);
    });
    let desk = desk(&client.await.database("desk"), patient()).await;
    let (customer, admin) = (desk.customer(ana()), desk.admin(luis()));
    let call = async |nth: u64| match nth % 2 {
        0 => admin.get(&world.number).await.is_ok(),
        _ => customer.reply(&world.number, "hola").await.is_ok(),
    };

    // Every connection is in use meanwhile.
    world.set.fail(4, &["find"], held_up()).await;
    let crowd = (0..CALLERS).map(|nth| timeout(Duration::from_millis(nth % 3), call(nth)));
    join_all(crowd).await;
    let before = sent.load(Ordering::SeqCst);
    // Connections are given in the order of requests: earlier commands have been sent by now.
    admin.get(&world.number).await.unwrap();
    let afterwards = sent.load(Ordering::SeqCst) - before;
    assert!(afterwards <= MOST_COMMANDS + 1, "{afterwards} commands, {before} before");
}
