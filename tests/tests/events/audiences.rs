//! Streams of a desk over a file and MongoDB: every kind of event, what each audience sees of it, and alerts.

use std::{collections::BTreeSet, time::Duration};

use tempfile::tempdir;
use tokio::time::timeout;
use ventanilla_service::{
    Category, EventKind, HelpDesk, MemoryStore, MessageText, NewTicket, Policy, Priority, Status,
    TicketNumber,
    event::{EventStream, TicketEvents},
    mongodb::MongoOptions,
    settings::ManualClock,
    sla::SlaMetric,
    sqlite::SqliteStore,
    store::TicketStore,
    testing,
    ticket::{Audience, Reference, Role, Tag, Wait, WaitingFor},
};
use ventanilla_tests::Mongo;

use super::place::person;

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Every kind of event, and whether the requester and the bot see it.
const KINDS: [(&str, bool); 17] = [
    ("CREATED", true),
    ("MESSAGE_ADDED", true),
    ("NOTE_ADDED", false),
    ("STATUS_CHANGED", true),
    ("PRIORITY_CHANGED", true),
    ("ASSIGNEE_CHANGED", true),
    ("TAG_ADDED", false),
    ("TAG_REMOVED", false),
    ("REFERENCE_ADDED", true),
    ("REFERENCE_REMOVED", true),
    ("WAITING_STARTED", false),
    ("WAITING_ENDED", false),
    ("HANDED_OVER", false),
    ("DRAFT_ADDED", false),
    ("DRAFT_DISCARDED", false),
    ("SLA_AT_RISK", false),
    ("SLA_BREACHED", false),
];

#[tokio::test]
async fn each_audience_sees_its_part_of_every_kind_of_event_in_memory() {
    each_audience_sees_its_part(MemoryStore::new()).await;
}

#[tokio::test]
async fn each_audience_sees_its_part_of_every_kind_of_event_over_a_file() {
    let folder = tempdir().unwrap();
    each_audience_sees_its_part(SqliteStore::open(folder.path().join("tickets.db")).await.unwrap())
        .await;
}

#[tokio::test]
async fn each_audience_sees_its_part_of_every_kind_of_event_over_mongodb() {
    let database = Mongo::shared().await.database().await;
    each_audience_sees_its_part(MongoOptions::new().create_indexes().open(&database).await.unwrap())
        .await;
}

#[tokio::test]
async fn a_worker_over_a_file_is_told_the_alerts_that_it_missed() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("tickets.db");
    missed_alerts_are_told(async || SqliteStore::open(&file).await.unwrap()).await;
}

#[tokio::test]
async fn a_worker_over_mongodb_is_told_the_alerts_that_it_missed() {
    let database = Mongo::shared().await.database().await;
    let options = MongoOptions::new().create_indexes();
    missed_alerts_are_told(async || options.clone().open(&database).await.unwrap()).await;
}

fn desk(store: impl TicketStore + 'static, clock: &ManualClock) -> HelpDesk {
    let policy = Policy { sla: Some(testing::sla()), ..Policy::default() };
    let desk = HelpDesk::builder(store).clock(clock.clone()).policy(policy);
    desk.alerts_every(Duration::from_millis(20)).build()
}

async fn open(desk: &HelpDesk) -> TicketNumber {
    let new_ticket = NewTicket::new(Category::BUG, MessageText::parse("No carga").unwrap());
    desk.customer(person(1)).create(new_ticket).await.unwrap().head.ticket_number
}

async fn next(stream: &mut EventStream) -> TicketEvents {
    timeout(PATIENCE, stream.next()).await.expect("there is an item").unwrap().unwrap()
}

async fn missed_alerts_are_told<S: TicketStore + 'static>(store: impl AsyncFn() -> S) {
    let metric = SlaMetric::FirstResponse;
    let (clock, first) = (ManualClock::new(testing::epoch()), store().await);
    let token = {
        let desk = desk(first, &clock);
        let mut stream = desk.events(None).await.unwrap();
        open(&desk).await;
        next(&mut stream).await;
        clock.advance(HOUR * 3 + HOUR / 2);
        assert_eq!(next(&mut stream).await.events[0].kind, EventKind::SlaAtRisk { metric });
        stream.token().to_string()
    };
    clock.advance(HOUR);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut stream = desk(store().await, &clock).events(token.parse().ok()).await.unwrap();
        let alert = next(&mut stream).await;
        assert_eq!(alert.events[0].kind, EventKind::SlaBreached { metric });
        assert_eq!(alert.events[0].at, testing::epoch().plus(HOUR * 4));
        ids.push(alert.id);
    }
    assert_eq!(ids[0], ids[1]);
}

async fn each_audience_sees_its_part(store: impl TicketStore + 'static) {
    let clock = ManualClock::new(testing::epoch());
    let desk = desk(store, &clock);
    let mut stream = desk.events(None).await.unwrap();
    let items = every_kind(&desk, &clock, &mut stream).await;
    let mut kinds = BTreeSet::new();
    for item in items {
        assert_eq!(item.clone().for_audience(&Audience::Desk), Some(item.clone()));
        assert_eq!(item.clone().for_audience(&Audience::Requester(person(2))), None);
        let public = item.events.iter().map(|event| (name(&event.kind), event.kind.clone()));
        let public: Vec<_> = public.filter(|(name, _)| is_public(name)).map(|(_, kind)| kind).collect();
        for audience in [Audience::Requester(person(1)), Audience::Bot] {
            let Some(shown) = item.clone().for_audience(&audience) else {
                assert!(public.is_empty() && item.messages.is_empty(), "{audience:?}: {item:?}");
                continue;
            };
            let shown_kinds: Vec<_> = shown.events.iter().map(|event| event.kind.clone()).collect();
            assert_eq!(shown_kinds, public, "{audience:?}: {item:?}");
            assert!(!public.is_empty() && shown.notes.is_empty() && shown.version.is_none());
            assert_eq!(shown.head, item.head.clone().for_requester());
            assert!(shown.events.iter().all(|event| event.version == 0));
            assert!(shown.messages.iter().all(|message| message.version == 0));
            assert!(!shown.id.contains(&item.id));
        }
        kinds.extend(item.events.into_iter().map(|event| name(&event.kind)));
    }
    assert_eq!(kinds, KINDS.map(|(name, _)| name.to_owned()).into());
}

fn is_public(name: &str) -> bool {
    KINDS.iter().find(|(kind, _)| *kind == name).unwrap_or_else(|| panic!("{name} isn't listed")).1
}

fn name(kind: &EventKind) -> String {
    let json = serde_json::to_value(kind).unwrap();
    json["event"].as_str().unwrap().to_owned()
}

/// Makes changes with every kind of event, and lets time pass; returns all items.
async fn every_kind(
    desk: &HelpDesk,
    clock: &ManualClock,
    stream: &mut EventStream,
) -> Vec<TicketEvents> {
    let number = open(desk).await;
    let mut items = vec![next(stream).await];
    for hours in [3, 2] {
        clock.advance(HOUR * hours);
        items.push(next(stream).await);
    }
    let (ana, luis, bot) = (desk.customer(person(1)), desk.admin(person(3)), desk.bot());
    let (vip, order) = (Tag::parse("vip").unwrap(), Reference::new("order", "1001").unwrap());
    let turn = async || bot.turn(&number).await.unwrap();
    turn().await.draft("Prueba a reiniciar.").await.unwrap();
    luis.discard_draft(&number).await.unwrap();
    turn().await.hand_over("Pide hablar con una persona.").await.unwrap();
    luis.add_note(&number, "Es la tercera vez.").await.unwrap();
    luis.add_tag(&number, &vip).await.unwrap();
    luis.remove_tag(&number, &vip).await.unwrap();
    luis.add_reference(&number, &order).await.unwrap();
    luis.remove_reference(&number, &order).await.unwrap();
    luis.claim(&number).await.unwrap();
    luis.set_priority(&number, Priority::Low).await.unwrap();
    luis.reply(&number, "¿Cuál?").wait(Wait::new(WaitingFor::Customer)).await.unwrap();
    luis.end_wait(&number).await.unwrap();
    ana.reply(&number, "La de ayer.").await.unwrap();
    luis.reply(&number, "Ya está.").status(Status::Resolved).await.unwrap();
    for _ in 0..14 {
        items.push(next(stream).await);
    }
    assert!(items.iter().any(|item| {
        item.events.iter().any(|event| event.kind == EventKind::MessageAdded { role: Role::Admin })
    }));
    items
}
