//! Desk over a replica set of one test with one ticket, and helpers for its faults.

use std::{error::Error, future::Future, time::Duration};

use bson::{Document, doc};
use mongodb::{
    Client, Collection, Database,
    event::{EventHandler, command::CommandEvent},
    options::{Acknowledgment, ClientOptions, WriteConcern},
};
use tokio::time::{Instant, sleep};
use ventanilla_service::{
    Category, Explain, HelpDesk, IdempotencyKey, MessageText, NewTicket, ServiceError, TicketDetails,
    TicketNumber, UserId, error::WriteOutcome, mongodb::MongoOptions, ticket::NewMessage,
};
use ventanilla_tests::ReplicaSet;

/// Time limit of every wait, long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Replica set with a desk over it and one ticket.
pub(crate) struct World {
    pub(crate) set: ReplicaSet,
    pub(crate) tickets: Collection<Document>,
    pub(crate) desk: HelpDesk,
    pub(crate) number: TicketNumber,
}

impl World {
    /// Starts it with time limits that no short fault reaches.
    pub(crate) async fn start() -> Self {
        let set = ReplicaSet::start().await;
        let database = database(&set.uri()).await;
        let desk = desk(&database, patient()).await;
        let number = ticket(&desk).await;
        Self { tickets: database.collection("SupportTicket"), set, desk, number }
    }

    /// Opens another desk over the same tickets.
    pub(crate) async fn desk_with(&self, options: MongoOptions) -> HelpDesk {
        desk(&database(&self.set.uri()).await, options).await
    }

    /// Returns the texts of the messages after the description, in order.
    pub(crate) async fn texts(&self) -> Vec<String> {
        texts(&self.desk, &self.number).await
    }

    pub(crate) async fn view(&self) -> TicketDetails {
        self.desk.admin(luis()).get(&self.number).await.unwrap()
    }

    pub(crate) async fn count(&self) -> u64 {
        self.tickets.count_documents(doc! {}).await.unwrap()
    }

    /// Waits until the ticket has so many messages beside its description.
    pub(crate) async fn until_written(&self, messages: usize) {
        until(async || self.texts().await.len() >= messages).await;
    }
}

impl World {
    /// Waits until the primary runs no command of this name.
    pub(crate) async fn until_none_runs(&self, command: &str) {
        let admin = self.tickets.client().database("admin");
        let running = doc! { "$match": { format!("command.{command}"): { "$exists": true } } };
        let pipeline = [doc! { "$currentOp": {} }, running];
        until(async || {
            let mut running = admin.aggregate(pipeline.clone()).await.unwrap();
            !running.advance().await.unwrap()
        })
        .await;
    }
}

pub(crate) fn patient() -> MongoOptions {
    MongoOptions::new()
        .with_write_concern(majority_within(PATIENCE))
        .with_time_limit(PATIENCE)
        .create_indexes()
}

pub(crate) fn majority_within(limit: Duration) -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(limit).build()
}

/// Returns a database through a client of its own.
pub(crate) async fn database(uri: &str) -> Database {
    Client::with_uri_str(uri).await.unwrap().database("desk")
}

/// Returns a client whose commands are passed to a callback.
pub(crate) async fn watched(uri: &str, watch: impl Fn(CommandEvent) + Send + Sync + 'static) -> Client {
    let mut options = ClientOptions::parse(uri).await.unwrap();
    options.command_event_handler = Some(EventHandler::callback(watch));
    Client::with_options(options).unwrap()
}

pub(crate) async fn desk(database: &Database, options: MongoOptions) -> HelpDesk {
    HelpDesk::new(options.open(database).await.unwrap())
}

pub(crate) fn ana() -> UserId {
    UserId::parse("65a1f0c2c11e47e000000001").unwrap()
}

pub(crate) fn luis() -> UserId {
    UserId::parse("65a1f0c2c11e47e000000002").unwrap()
}

pub(crate) fn draft(text: &str) -> NewTicket {
    let draft = NewTicket::new(Category::PAGOS, MessageText::parse(text).unwrap());
    draft.with_key(IdempotencyKey::parse(text).unwrap())
}

/// Returns a message whose idempotency key is its text.
pub(crate) fn keyed(text: &str) -> NewMessage {
    NewMessage::parse(text).unwrap().with_key(IdempotencyKey::parse(text).unwrap())
}

pub(crate) async fn ticket(desk: &HelpDesk) -> TicketNumber {
    desk.customer(ana()).create(draft("cobro-doble")).await.unwrap().head.ticket_number
}

pub(crate) async fn texts(desk: &HelpDesk, number: &TicketNumber) -> Vec<String> {
    let messages = desk.admin(luis()).get(number).await.unwrap().messages;
    messages.iter().skip(1).map(|message| message.text.to_string()).collect()
}

pub(crate) async fn until<F: Future<Output = bool>>(mut done: impl FnMut() -> F) {
    let begin = Instant::now();
    while !done().await {
        assert!(begin.elapsed() < PATIENCE, "it takes too long");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Returns the code and the write outcome of a use case's error, which must have a cause unless it is
/// contention.
pub(crate) fn fault<T: std::fmt::Debug>(
    result: Result<T, ServiceError>,
) -> (&'static str, WriteOutcome) {
    let error = result.unwrap_err();
    let ServiceError::Store(inside) = &error else { panic!("no fault of the store: {error:?}") };
    assert!(inside.source().is_some() || inside.code() == "contention", "{error:?}");
    assert_eq!((error.code(), error.write_outcome()), (inside.code(), inside.write_outcome()));
    let passing = ["store_unavailable", "contention"].contains(&error.code());
    assert_eq!(error.is_retryable(), passing, "{error:?}");
    (error.code(), error.write_outcome())
}

pub(crate) const NOT_DURABLE: (&str, WriteOutcome) = ("not_durable", WriteOutcome::NotDurable);
pub(crate) const UNKNOWN: (&str, WriteOutcome) = ("outcome_unknown", WriteOutcome::Unknown);
pub(crate) const UNAVAILABLE: (&str, WriteOutcome) = ("store_unavailable", WriteOutcome::NotApplied);
pub(crate) const FAILED: (&str, WriteOutcome) = ("store_failed", WriteOutcome::NotApplied);
