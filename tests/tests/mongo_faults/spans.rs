//! Checks that the tracing events of a use case are within its span.

use std::{cell::RefCell, fmt::Debug, sync::Once, time::Duration};

use mongodb::event::command::CommandEvent;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};
use ventanilla_service::{ListQuery, error::WriteOutcome};
use ventanilla_tests::Mongo;

use super::{
    contention::disturbed,
    world::{ana, desk, draft, fault, keyed, luis, patient, ticket, watched},
};

/// Text of an event, and the names of the spans around it.
type Placed = (String, Vec<&'static str>);

thread_local! {
    /// Events of a test, all of whose tasks run on its own thread.
    static TOLD: RefCell<Vec<Placed>> = const { RefCell::new(Vec::new()) };
}

/// Records each event, in all tests.
///
/// A subscriber of one thread alone would miss an event that another thread emits first, since
/// `tracing` caches that nobody listened there.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Keeper)).unwrap();
        tracing::callsite::rebuild_interest_cache();
    });
}

struct Keeper;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let spans = context.event_scope(event).into_iter().flatten().map(|span| span.name());
        TOLD.with_borrow_mut(|told| told.push((text.0, spans.collect())));
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Checks that the driver emits a command's events on the task that sends it.
#[tokio::test]
async fn commands_are_sent_within_the_span_of_their_use_case() {
    listen();
    let database = Mongo::shared().await.database().await;
    let client = watched(database.uri(), |event| {
        if let CommandEvent::Started(begun) = event {
            tracing::info!("{}", begun.command_name);
        }
    });
    let desk = desk(&client.await.database(database.name()), patient()).await;
    let (ana, luis) = (desk.customer(ana()), desk.admin(luis()));
    TOLD.take();

    let number = ana.create(draft("cobro-doble")).await.unwrap().head.ticket_number;
    ana.reply(&number, keyed("hola")).await.unwrap();
    ana.get(&number).await.unwrap();
    luis.list(ListQuery::new()).await.unwrap();
    luis.counts().await.unwrap();

    let expected = [
        ("insert", "ventanilla.create"),
        ("find", "ventanilla.reply"),
        ("update", "ventanilla.reply"),
        ("find", "ventanilla.get"),
        ("find", "ventanilla.list"),
        ("aggregate", "ventanilla.counts"),
        ("count", "ventanilla.counts"),
    ];
    let mut told = TOLD.take();
    // The last two are sent at the same time.
    told[5..].sort();
    assert_eq!(told, expected.map(|(command, span)| (command.to_owned(), vec![span])));
}

#[tokio::test]
async fn contention_is_logged_within_the_span_of_its_use_case() {
    listen();
    let database = Mongo::shared().await.database().await;
    let number = ticket(&desk(&database, patient()).await).await;
    let disturbed = disturbed(&database, &number).await;
    let disturbed = desk(&disturbed, patient().with_time_limit(Duration::from_secs(5))).await;
    TOLD.take();

    let given_up = disturbed.customer(ana()).reply(&number, keyed("hola")).await;
    assert_eq!(fault(given_up), ("contention", WriteOutcome::NotApplied));
    let expected = "gave up after repeated write conflicts".to_owned();
    assert_eq!(TOLD.take(), [(expected, vec!["ventanilla.reply"])]);
}
