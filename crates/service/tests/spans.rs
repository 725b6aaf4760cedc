//! What a use case tells its tracing subscriber: one span, and nothing that people wrote.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use common::{
    NUMBER, WORDS, anas_ticket, code, desk_over, desk_without_sla, id, key, number, possible, run,
    storing,
};
use tracing::{
    Instrument, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, prelude::*};
use ventanilla_service::{
    Change, Event, EventKind, Explain, Form, MemoryStore, MyTickets, Status, TicketNumber,
    error::StoreError,
    list::Cursor,
    store::{MockTicketStore, Outcome},
    ticket::{Actor, NewMessage},
};

/// A span or an event: its name and its fields, and those that were told more than once.
#[derive(Debug, Default, Clone)]
struct Entry {
    name: &'static str,
    fields: BTreeMap<&'static str, String>,
    repeated: Vec<&'static str>,
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}").trim_matches('"').to_owned();
        if self.fields.insert(field.name(), value).is_some() {
            self.repeated.push(field.name());
        }
    }
}

impl Entry {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// Keeps every span and event of every level.
#[derive(Clone, Default)]
struct Capture {
    spans: Arc<Mutex<Vec<(Id, Entry)>>>,
    events: Arc<Mutex<Vec<Entry>>>,
}

impl<S: Subscriber> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut entry = Entry { name: attributes.metadata().name(), ..Entry::default() };
        attributes.record(&mut entry);
        self.spans.lock().unwrap().push((id.clone(), entry));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.spans.lock().unwrap();
        let (_, entry) = spans.iter_mut().rfind(|(span, _)| span == id).unwrap();
        values.record(entry);
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut entry = Entry { name: event.metadata().name(), ..Entry::default() };
        event.record(&mut entry);
        self.events.lock().unwrap().push(entry);
    }
}

/// What was told while something ran. Nothing that people wrote is ever told, and no field twice,
/// which a subscriber may write twice on its line.
async fn told<T>(run: impl Future<Output = T>) -> (T, Vec<Entry>, Vec<Entry>) {
    let capture = Capture::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(capture.clone()));
    let value = run.await;
    drop(guard);
    let spans: Vec<Entry> = capture.spans.lock().unwrap().iter().map(|(_, span)| span.clone()).collect();
    let events = capture.events.lock().unwrap().clone();
    for entry in spans.iter().chain(&events) {
        let told = format!("{entry:?}");
        assert!(!told.contains("secreto") && !told.contains(WORDS), "{told}");
        assert!(entry.repeated.is_empty(), "{told}");
    }
    (value, spans, events)
}

/// The only span that was told while something ran.
async fn span_of<T>(run: impl Future<Output = T>) -> (T, Entry) {
    let (value, spans, events) = told(run).await;
    assert!(events.is_empty(), "{events:?}");
    let [span] = spans.try_into().unwrap();
    (value, span)
}

/// The name in the span: by what is done, not by the method that does it.
fn name(use_case: &str) -> String {
    let name = match use_case {
        "create_for" => "create",
        "get_range" | "turn" => "get",
        "list_due" => "list",
        "follow_up" => "create",
        other => other,
    };
    format!("ventanilla.{name}")
}

/// Fails every call in the same way.
fn broken_store() -> MockTicketStore {
    fn broken<T>() -> Result<T, StoreError> {
        Err(StoreError::Failed { source: WORDS.into() })
    }
    let mut store = MockTicketStore::new();
    store.expect_insert().returning(|_| broken());
    store.expect_get().returning(|_, _, _| broken());
    store.expect_update().returning(|_, _| broken());
    store.expect_list().returning(|_| broken());
    store.expect_count().returning(|_, _| broken());
    store.expect_counts().returning(|_| broken());
    store.expect_report().returning(|_| broken());
    store.expect_resolved_until().returning(|_, _| broken());
    store
}

#[tokio::test]
async fn a_use_case_opens_one_span_with_actor_number_and_outcome() {
    const OF_MANY: [&str; 12] = [
        "list",
        "list_due",
        "count",
        "counts",
        "report",
        "change_each",
        "close_resolved",
        "claim_next",
        "sla_alerts",
        "upload",
        "uploads",
        "sweep_uploads",
    ];
    /// Their number is known only once there is a ticket.
    const FINDING: [&str; 4] = ["create", "create_for", "follow_up", "find"];
    for (who, use_case) in possible().await {
        for desk in [
            desk_over(storing([anas_ticket()]).await),
            desk_over(MemoryStore::new()),
            desk_over(broken_store()),
            desk_without_sla(storing([anas_ticket()]).await),
            desk_over(broken_store()),
        ] {
            let number = number(NUMBER);
            let (answer, span) = span_of(async { run(&desk, &who, use_case, &number).await }).await;
            assert_eq!(span.name, name(use_case));
            assert_eq!(span.field("actor"), Some(who.kind().as_str()), "{span:?}");
            assert_eq!(span.field("outcome"), Some(code(&answer.unwrap())), "{span:?}");
            let numbered = match span.field("outcome") {
                _ if OF_MANY.contains(&use_case) => false,
                Some("ok") => true,
                _ => !FINDING.contains(&use_case),
            };
            assert_eq!(span.field("number").is_some(), numbered, "{span:?}");
            if numbered && !use_case.starts_with("create") && use_case != "follow_up" {
                assert_eq!(span.field("number"), Some(NUMBER), "{span:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_an_outcome_too() {
    let desk = desk_over(storing([anas_ticket()]).await);
    let (ana, luis, bot) = (desk.customer(id("ana")), desk.admin(id("luis")), desk.bot());
    let (number, bad) = (number(NUMBER), "secreto\u{7}");
    let forged: Cursor = "A".repeat(51).parse().unwrap();
    let spans = [
        span_of(async { code(&ana.find(bad).await) }).await,
        span_of(async { code(&luis.find(bad).await) }).await,
        span_of(async { code(&ana.reply(&number, bad).await) }).await,
        span_of(async { code(&luis.reply(&number, bad).await) }).await,
        span_of(async { code(&bot.reply(&number, bad).await) }).await,
        span_of(async { code(&luis.reply(&number, bad).status(Status::Resolved).await) }).await,
        span_of(async { code(&luis.add_note(&number, bad).await) }).await,
        span_of(async { code(&ana.list(MyTickets::all().with_cursor(forged)).await) }).await,
        span_of(async { code(&ana.find("no es un secreto").await) }).await,
    ];
    let codes: Vec<&str> = spans.iter().map(|(code, _)| *code).collect();
    const TEXT: &str = "text_forbidden_character";
    const FIND: &str = "number_forbidden_character";
    let expected = [FIND, FIND, TEXT, TEXT, TEXT, TEXT, TEXT, "cursor_foreign", "ticket_not_found"];
    assert_eq!(codes, expected);
    for (code, span) in spans {
        assert_eq!(span.field("outcome"), Some(code), "{span:?}");
    }
}

#[tokio::test]
async fn one_change_to_many_tickets_tells_how_many_and_the_first_failure() {
    let desk = desk_over(storing([anas_ticket()]).await);
    let luis = desk.admin(id("luis"));
    let change = Change::message(NewMessage::parse(WORDS).unwrap().with_key(key("secreto")));
    for (numbers, done, failed, outcome) in [
        (vec![], "0", "0", "ok"),
        (vec![NUMBER], "1", "0", "ok"),
        (vec!["secreto\u{7}"], "0", "1", "number_forbidden_character"),
        (vec![NUMBER, "un secreto", "", "\n"], "1", "3", "ticket_not_found"),
    ] {
        let (_, span) = span_of(async { luis.change_each(numbers, &change).await }).await;
        assert_eq!(span.name, "ventanilla.change_each");
        let fields = ["actor", "done", "failed", "outcome"].map(|name| span.field(name).unwrap());
        assert_eq!(fields, ["ADMIN", done, failed, outcome]);
    }
}

#[tokio::test]
async fn closing_what_is_resolved_tells_how_many_and_the_first_failure() {
    let failing = |outcome: fn(&TicketNumber) -> Result<Outcome, StoreError>| {
        let mut store = MockTicketStore::new();
        store.expect_resolved_until().returning(|_, _| Ok(vec![number("A"), number("B")]));
        store.expect_update().returning(move |number, _| outcome(number));
        store
    };
    fn one_is_missing(asked: &TicketNumber) -> Result<Outcome, StoreError> {
        let head = anas_ticket().head().clone();
        let kind = EventKind::StatusChanged { from: Status::Resolved, to: Status::Closed };
        let closed = Event { at: common::now(), by: Actor::System, version: 2, kind };
        let applied = Outcome::Applied { head, events: vec![closed] };
        Ok(if asked.as_str() == "A" { Outcome::NotFound } else { applied })
    }
    for (store, done, failed, outcome) in [
        (failing(|_| Err(StoreError::Failed { source: WORDS.into() })), "0", "2", "store_failed"),
        (failing(one_is_missing), "1", "1", "ticket_not_found"),
    ] {
        let system = desk_over(store).system();
        let (_, span) = span_of(async { system.close_resolved(100).await }).await;
        let fields = ["actor", "done", "failed", "outcome"].map(|name| span.field(name).unwrap());
        assert_eq!(fields, ["SYSTEM", done, failed, outcome]);
    }
}

#[tokio::test]
async fn what_people_write_and_their_keys_are_never_told() {
    let desk = desk_over(MemoryStore::new());
    let ana = desk.customer(id("ana"));
    let (receipt, _, _) =
        told(async { ana.create(common::draft().with_key(key("secreto"))).await }).await;
    let number = receipt.unwrap().head.ticket_number;
    for text in [WORDS, "otro secreto"] {
        let (answer, _) =
            span_of(async { code(&ana.reply(&number, text).key(key("secreto")).await) }).await;
        assert_eq!(answer, if text == WORDS { "ok" } else { "key_conflict" });
    }
}

#[tokio::test]
async fn a_form_is_screened_in_a_span_without_its_texts() {
    let desk = desk_over(MemoryStore::new());
    let bots =
        Form { category: "secreto", description: WORDS, honeypot: "secreto", key: Some("secreto") };
    let persons = Form { category: "PAGOS", honeypot: "", ..bots };
    let bad = Form { key: Some("dos palabras"), ..persons };
    for (form, outcome) in [(bots, "spam"), (persons, "ok"), (bad, "key_forbidden_character")] {
        let (_, span) = span_of(async { desk.screen(&form) }).await;
        assert_eq!((span.name, span.field("outcome")), ("ventanilla.screen", Some(outcome)));
        assert!(!format!("{span:?}").contains("secreto"));
    }
}

#[tokio::test]
async fn the_hosts_span_is_left_alone_where_ours_are_disabled() {
    let capture = Capture::default();
    let others = filter_fn(|metadata| !metadata.target().starts_with("ventanilla_service"));
    let guard = tracing::subscriber::set_default(
        tracing_subscriber::registry().with(others).with(capture.clone()),
    );
    let host = tracing::info_span!("request", outcome = "the host's", number = "the host's");
    let missing = desk_over(MemoryStore::new()).bot().get(&number(NUMBER)).instrument(host).await;
    drop(guard);
    assert_eq!(missing.unwrap_err().code(), "ticket_not_found");
    let spans = capture.spans.lock().unwrap();
    let [(_, host)] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((host.field("outcome"), host.field("number")), (Some("the host's"), Some("the host's")));
}
