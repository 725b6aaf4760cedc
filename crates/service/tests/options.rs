//! Options of requests, and settings of a desk that refuse values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;

use common::{NUMBER, WORDS, anas_ticket, code, id, key, number, only, storing, text};
use ventanilla_service::{
    Category, Change, EventKind, Explain, Form, HelpDesk, IdempotencyKey, Locale, MemoryStore,
    NewTicket, Priority, Status, Timestamp,
    settings::Clock,
    testing,
    ticket::{Actor, Role},
};

async fn desk() -> HelpDesk {
    HelpDesk::builder(storing([anas_ticket()]).await).clock(common::now).policy(common::policy()).build()
}

#[tokio::test]
async fn a_note_with_a_key_is_added_once() {
    let (desk, number) = (desk().await, number(NUMBER));
    let luis = desk.admin(id("luis"));
    let before = luis.get(&number).await.unwrap().notes.len();
    let first = luis.add_note(&number, "Ojo").key(key("n")).await.unwrap();
    let again = luis.add_note(&number, "Ojo").key(key("n")).await.unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(again.events, first.events);
    let other = luis.add_note(&number, "Otra cosa").key(key("n")).await;
    assert_eq!(code(&other), "key_conflict");
    assert_eq!(luis.get(&number).await.unwrap().notes.len(), before + 1);
}

#[tokio::test]
async fn a_reply_sets_the_status_with_the_message() {
    let open = testing::ticket(NUMBER).requester("ana").build();
    let desk = HelpDesk::builder(storing([open]).await).clock(common::now).build();
    let (luis, number) = (desk.admin(id("luis")), number(NUMBER));
    let receipt = luis.reply(&number, "Hecho").status(Status::Resolved).await.unwrap();
    let kinds: Vec<EventKind> = receipt.events.into_iter().map(|event| event.kind).collect();
    let resolved = EventKind::StatusChanged { from: Status::Open, to: Status::Resolved };
    assert_eq!(kinds, [EventKind::MessageAdded { role: Role::Admin }, resolved]);
    assert_eq!((receipt.head.status, receipt.head.version), (Status::Resolved, 1));
}

#[tokio::test]
async fn an_option_of_none_is_no_option() {
    let (desk, number) = (desk().await, number(NUMBER));
    let luis = desk.admin(id("luis"));
    let none: Option<IdempotencyKey> = None;
    for _ in 0..2 {
        let receipt = luis.reply(&number, "Hola").status(None).expecting(None).key(none.clone()).await;
        let receipt = receipt.unwrap();
        assert_eq!((receipt.repeated, receipt.head.status), (false, Status::Resolved));
    }
}

#[tokio::test]
async fn every_request_of_the_desk_and_the_system_can_expect_a_version() {
    let (desk, number) = (desk().await, number(NUMBER));
    let luis = desk.admin(id("luis"));
    let version = luis.get(&number).await.unwrap().head.version;
    let late = version + 1;
    let answers = [
        code(&luis.reply(&number, "Hola").expecting(late).await),
        code(&luis.add_note(&number, "Hola").expecting(late).await),
        code(&luis.set_status(&number, Status::Closed).expecting(late).await),
        code(&luis.set_priority(&number, Priority::Low).expecting(late).await),
        code(&luis.assign(&number, &id("marta")).expecting(late).await),
        code(&luis.claim(&number).expecting(late).await),
        code(&desk.system().close(&number).expecting(late).await),
    ];
    assert_eq!(answers, ["version_conflict"; 7]);
    assert_eq!(luis.get(&number).await.unwrap().head.version, version);
    assert!(luis.reply(&number, "Hola").expecting(version).await.is_ok());
}

#[tokio::test]
async fn a_category_that_is_not_offered_is_refused_before_anything_is_stored() {
    let shipping: Category = "ENVÍOS".parse().unwrap();
    let store = Arc::new(MemoryStore::new());
    let desk = HelpDesk::builder(store).categories([shipping.clone(), Category::BUG]).build();
    assert_eq!(desk.categories(), [shipping.clone(), Category::BUG]);
    let (ana, luis) = (desk.customer(id("ana")), desk.admin(id("luis")));

    for category in ["PAGOS", "<script>"] {
        let form = Form { category, description: WORDS, ..Form::default() };
        let error = desk.screen(&form).unwrap_err();
        assert_eq!((error.code(), error.description), ("category_not_offered", None));
        let draft = NewTicket::new(category.parse().unwrap(), text(WORDS));
        assert_eq!(code(&ana.create(draft.clone()).await), "category_not_offered");
        assert_eq!(code(&luis.create_for(&id("ana"), draft).await), "category_not_offered");
    }
    assert_eq!(luis.counts().await.unwrap().total(), 0);
    assert!(ana.create(NewTicket::new(shipping, text(WORDS))).await.is_ok());
}

#[tokio::test]
async fn a_follow_up_keeps_a_category_that_is_no_longer_offered() {
    let closed = testing::ticket(NUMBER).requester("ana").category(Category::PAGOS);
    let store = storing([closed.status(Status::Closed).build()]).await;
    let desk = HelpDesk::builder(store).clock(common::now).categories([Category::BUG]).build();
    let ana = desk.customer(id("ana"));
    let offer = ana.follow_up_offer(&ana.get(&number(NUMBER)).await.unwrap()).unwrap();
    let opened = ana.create(offer.ticket(text("Otra vez"))).await.unwrap();
    assert_eq!(opened.head.category, Category::PAGOS);
}

#[tokio::test]
async fn only_assignable_people_get_tickets() {
    let team = |person: &ventanilla_service::UserId| person.as_str() == "marta";
    let store = storing([anas_ticket()]).await;
    let desk =
        HelpDesk::builder(store).clock(common::now).policy(common::policy()).assignable(team).build();
    let (luis, number) = (desk.admin(id("luis")), number(NUMBER));

    let error = luis.assign(&number, &id("ana")).await.unwrap_err();
    assert_eq!(error.code(), "unknown_assignee");
    assert_eq!(error.explain(Locale::Es), "El ticket no se puede asignar a esa persona.");
    assert!(error.to_string().contains("ana"));
    let change = Change::assign(Some(id("ana")));
    assert_eq!(code(&luis.change(&number, change.clone()).await), "unknown_assignee");
    let outcome = luis.change_each([NUMBER], &change).await;
    assert_eq!(code(&only(outcome.items).result), "unknown_assignee");
    assert_eq!(luis.get(&number).await.unwrap().head.assignee, None);

    // A claim names nobody else, and nobody is always allowed.
    luis.claim(&number).await.unwrap();
    luis.unassign(&number).await.unwrap();
    luis.assign(&number, &id("marta")).await.unwrap();
}

#[tokio::test]
async fn a_shared_clock_is_a_clock() {
    let clock: Arc<dyn Clock> = Arc::new(testing::epoch);
    let desk = HelpDesk::builder(MemoryStore::new()).clock(Arc::clone(&clock)).build();
    let draft = NewTicket::new(Category::BUG, text(WORDS));
    let opened = desk.customer(id("ana")).create(draft).await.unwrap();
    let at: Timestamp = clock.now();
    assert_eq!((opened.head.created_at, &opened.events[0].by), (at, &Actor::Customer(id("ana"))));
}
