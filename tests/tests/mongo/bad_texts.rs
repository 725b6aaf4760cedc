//! Texts with a meaning for the server, ids in the wrong encoding, and documents that are full.

use bson::{Bson, doc};
use ventanilla_service::{
    Category, Change, Explain, IdempotencyKey, ListQuery, NewTicket, Policy, Priority, Status,
    TicketNumber, UserId,
    error::WriteOutcome,
    mongodb::{MongoOptions, UserIdEncoding},
    store::{Command, CountsQuery, InsertOutcome, Outcome, TicketStore},
    ticket::{Actor, Audience, MessageRange, NewMessage},
};

use super::{
    command_monitor::CommandMonitor,
    raw::{Beside, DAY, after, number, person, text, theirs, ticket, user, with},
};

const EXPRESSIONS: [&str; 8] =
    ["$", "$$", "$userId", "$$ROOT", "$$REMOVE", "$nope.a", "{\"$literal\": 1}", "a.$[].b"];

fn command(by: &Actor, change: Change) -> Command {
    Command::new(by, after(DAY), &Policy::default(), change).unwrap()
}

#[tokio::test]
async fn a_text_is_never_an_expression() {
    let beside = Beside::new().await;
    let (customer, admin) = (Actor::Customer(user(0)), Actor::Admin(user(2)));
    for (at, expression) in EXPRESSIONS.into_iter().enumerate() {
        let name = TicketNumber::parse(&format!("{expression}{at}")).unwrap();
        let category = Category::parse(expression).unwrap();
        let key = || IdempotencyKey::parse(&expression.replace(' ', "")).unwrap();
        let draft = NewTicket::new(category.clone(), text(expression)).with_key(key());
        let open =
            |number| draft.open(number, &user(0), &customer, after(0), &Policy::default()).unwrap();
        let mut expected = open(name.clone());
        assert_eq!(beside.store.insert(&expected).await.unwrap(), InsertOutcome::Stored);
        let again = beside.store.insert(&open(name.clone())).await.unwrap();
        assert_eq!(again, InsertOutcome::Repeated(expected.head().clone()));
        let message = || NewMessage::parse(expression).unwrap().with_key(key());
        for (by, change) in [
            (&customer, Change::message(message())),
            (&customer, Change::message(message())),
            (&admin, Change::reply(message(), Status::Resolved)),
            (&admin, Change::note(text(expression))),
            (&Actor::Bot, Change::message(message())),
        ] {
            let command = command(by, change);
            let outcome = command.apply(&mut expected);
            assert_eq!(beside.store.update(&name, &command).await.unwrap(), outcome, "{expression}");
        }
        let seen = beside.store.get(&(&name).into(), &Audience::Desk, MessageRange::All).await.unwrap();
        assert_eq!(seen, expected.details(&Audience::Desk, MessageRange::All));
        let listed = beside.list(&ListQuery::new().with_category(category)).await;
        assert_eq!(listed.rows, [expected.summary()]);
    }
}

#[tokio::test]
async fn an_id_that_is_stored_as_text_is_never_an_expression() {
    let beside = Beside::new().await;
    let options = MongoOptions::new()
        .with_collection("texts")
        .with_user_ids(UserIdEncoding::Text)
        .create_indexes();
    let store = options.open(&beside.database).await.unwrap();
    for (at, expression) in ["$", "$userId", "$$ROOT", "$nope"].into_iter().enumerate() {
        let [id, other] = [expression, "luis"].map(|id| UserId::parse(id).unwrap());
        let (customer, admin) = (Actor::Customer(id.clone()), Actor::Admin(id.clone()));
        let name = TicketNumber::parse(&format!("TKT-00000{at}")).unwrap();
        let mut expected = NewTicket::new(Category::BUG, text("No carga"))
            .open(name.clone(), &id, &customer, after(0), &Policy::default())
            .unwrap();
        assert_eq!(store.insert(&expected).await.unwrap(), InsertOutcome::Stored);
        for (by, change) in [
            (&admin, Change::claim()),
            (&admin, Change::assign(Some(other))),
            (&admin, Change::assign(Some(id.clone()))),
            (&admin, Change::reply(text("Hola"), Status::Resolved)),
            (&admin, Change::note(text("Hola"))),
            (&customer, Change::message(text("Hola"))),
        ] {
            let command = command(by, change);
            let outcome = command.apply(&mut expected);
            assert_eq!(store.update(&name, &command).await.unwrap(), outcome, "{expression}");
        }
        let seen = store.get(&name.into(), &Audience::Requester(id), MessageRange::All).await.unwrap();
        assert_eq!(seen.unwrap().head, expected.head().clone().for_requester());
    }
}

#[tokio::test]
async fn names_of_unknown_fields_may_hold_dots_and_dollars() {
    let beside = Beside::new().await;
    let unknown = doc! {
        "a.b": 1,
        "price$": { "$eur": 3, "$$": [{ "$x.y": null }] },
        "x": { "$set": { "status": "CLOSED" } },
    };
    let document = with(theirs(), unknown.clone());
    beside.write(&document).await;
    for (by, change) in [
        (Actor::Customer(user(0)), Change::message(text("Hola"))),
        (Actor::Admin(user(2)), Change::reply(text("Hola"), Status::Resolved)),
        (Actor::Admin(user(2)), Change::claim()),
    ] {
        let command = command(&by, change);
        let mut expected = ticket(&beside.read(&document).await);
        let outcome = command.apply(&mut expected);
        assert_eq!(beside.store.update(&number(&document), &command).await.unwrap(), outcome);
        let now = beside.read(&document).await;
        assert_eq!(ticket(&now), expected);
        for (field, value) in &unknown {
            assert_eq!(now.get(field), Some(value), "{field}");
        }
    }
}

/// The server takes no document over 16 MiB.
#[tokio::test]
async fn a_change_that_exceeds_the_document_size_is_refused_and_nothing_is_lost() {
    const LARGEST: usize = 16 * 1024 * 1024;
    let beside = Beside::new().await;
    let rest = bson::serialize_to_vec(&with(theirs(), doc! { "scan": "" })).unwrap().len();
    let scan = "x".repeat(LARGEST - rest - 1024);
    let document = with(theirs(), doc! { "scan": scan });
    beside.write(&document).await;
    let number = number(&document);
    for (by, change) in [
        (Actor::Customer(user(0)), Change::message(text(&"y".repeat(2048)))),
        (Actor::Admin(user(2)), Change::reply(text(&"y".repeat(2048)), Status::Closed)),
        (Actor::Admin(user(2)), Change::note(text(&"y".repeat(2048)))),
    ] {
        let error = beside.store.update(&number, &command(&by, change)).await.unwrap_err();
        assert_eq!(
            (error.code(), error.write_outcome()),
            ("store_failed", WriteOutcome::NotApplied),
            "{error:?}"
        );
        assert!(!error.is_retryable());
        assert!(beside.read(&document).await == document, "it is as it was");
    }

    // A change that adds little still fits.
    let outcome = beside.store.update(&number, &command(&Actor::Admin(user(2)), Change::claim())).await;
    assert!(matches!(outcome.unwrap(), Outcome::Applied { .. }));
    let expected = ticket(&beside.read(&document).await);
    assert_eq!(
        beside.view(&document).await.unwrap(),
        expected.details(&Audience::Desk, MessageRange::All)
    );
    assert_eq!(beside.list(&ListQuery::new()).await.rows, [expected.summary()]);
}

#[tokio::test]
async fn an_id_of_another_form_is_refused_before_anything_is_written() {
    let beside = Beside::new().await;
    let (store, monitor) = CommandMonitor::by_a_store(&beside.database).await;
    let document = with(theirs(), doc! { "assigneeId": person(2) });
    beside.write(&document).await;
    let (number, luis) = (number(&document), Actor::Admin(user(2)));
    for wrong in [
        "ana",
        "65A1F0C2C11E47E000000000",
        "65a1f0c2c11e47e00000000",
        "$userId",
        "zzzzzzzzzzzzzzzzzzzzzzzz",
    ] {
        let id = UserId::parse(wrong).unwrap();
        let (customer, admin) = (Actor::Customer(id.clone()), Actor::Admin(id.clone()));
        let draft = NewTicket::new(Category::BUG, text("No carga"));
        let opened = draft.open(number.clone(), &id, &customer, after(0), &Policy::default()).unwrap();
        let mut refused = vec![
            store.insert(&opened).await.unwrap_err(),
            store
                .get(&(&number).into(), &Audience::Requester(id.clone()), MessageRange::All)
                .await
                .unwrap_err(),
            store.counts(&CountsQuery::new(id.clone(), after(0))).await.unwrap_err(),
        ];
        for query in
            [ListQuery::new().with_requester(id.clone()), ListQuery::new().with_assignee(id.clone())]
        {
            refused.push(store.list(&query.first_page()).await.unwrap_err());
        }
        for (by, change) in [
            (&customer, Change::message(text("Hola"))),
            (&customer, Change::status(Status::Closed)),
            (&admin, Change::message(text("Hola"))),
            (&admin, Change::note(text("Hola"))),
            (&admin, Change::status(Status::Closed)),
            (&admin, Change::priority(Priority::High)),
            (&admin, Change::claim()),
            (&luis, Change::assign(Some(id.clone()))),
        ] {
            refused.push(store.update(&number, &command(by, change)).await.unwrap_err());
        }
        for error in refused {
            assert_eq!(
                (error.code(), error.write_outcome()),
                ("foreign_user_id", WriteOutcome::NotApplied),
                "{wrong}"
            );
        }
    }
    // An assignee is encoded once the rules have accepted the change; an actor before the ticket is
    // read.
    let sent = monitor.take();
    assert!(sent.iter().all(|command| command.contains_key("find")), "{sent:?}");
    assert_eq!(sent.len(), 5);
    assert_eq!(beside.read(&document).await, document);
    assert_ne!(document.get("assigneeId"), Some(&Bson::Null));
}
