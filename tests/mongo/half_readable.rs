//! Damage to what only these crates write costs the damaged entry, and never the ticket.

use bson::{Bson, Document, doc};
use ventanilla_service::*;

use super::raw::{Beside, DAY, after, date, number, person, said, text, theirs, user, with};

fn note(fields: Document) -> Bson {
    with(doc! { "text": "Ojo", "by": person(2), "createdAt": date(0) }, fields).into()
}

fn event(fields: Document) -> Bson {
    let by = doc! { "kind": "ADMIN", "id": person(2) };
    with(doc! { "at": date(0), "by": by, "event": "CREATED", "version": 0 }, fields).into()
}

fn answer(fields: Document) -> Bson {
    with(said("ADMIN", "Lo miramos", 0), fields).into()
}

/// Fields with a damaged entry, and how many messages, notes and events are read of them.
fn damaged() -> Vec<(Document, [usize; 3])> {
    let first = || Bson::from(said("USER", "Me cobraron dos veces", 0));
    let messages = |damaged: Bson| doc! { "messages": [first(), damaged] };
    let notes = |damaged: Bson| doc! { "notes": [note(doc! {}), damaged] };
    let history = |damaged: Bson| doc! { "history": [event(doc! {}), damaged] };
    vec![
        (messages(answer(doc! { "authorId": "Ana Gómez" })), [2, 0, 0]),
        (messages(answer(doc! { "authorId": [person(2)] })), [2, 0, 0]),
        (messages(answer(doc! { "key": "" })), [2, 0, 0]),
        (messages(answer(doc! { "key": 7 })), [2, 0, 0]),
        (messages(answer(doc! { "version": "uno" })), [2, 0, 0]),
        (notes("Hola".into()), [1, 1, 0]),
        (notes(note(doc! { "text": 7 })), [1, 1, 0]),
        (notes(note(doc! { "by": "Ana Gómez" })), [1, 1, 0]),
        (notes(note(doc! { "createdAt": "ayer" })), [1, 1, 0]),
        (history(7.into()), [1, 0, 1]),
        (history(event(doc! { "event": "TELEPORTED" })), [1, 0, 1]),
        (history(event(doc! { "by": null })), [1, 0, 1]),
        (history(event(doc! { "at": "ayer" })), [1, 0, 1]),
        (doc! { "creationKey": { "by": "ana", "key": "k" } }, [1, 0, 0]),
        (doc! { "creationKey": { "by": person(0), "key": "" } }, [1, 0, 0]),
    ]
}

#[tokio::test]
async fn everybody_reads_it_and_changes_it_and_the_damage_stays_where_it_is() {
    let beside = Beside::new().await;
    for (fields, read) in damaged() {
        let document = with(theirs(), fields.clone());
        let number = number(&document);
        beside.write(&document).await;

        let view = beside.view(&document).await.unwrap().unwrap();
        let found = [view.messages.len(), view.notes.len(), view.history.len()];
        assert_eq!(found, read, "{fields}");
        let page = beside.list(&ListQuery::new()).await;
        assert_eq!((page.rows.len(), page.unreadable.len()), (1, 0), "{fields}");
        let report = beside.store.reconcile(None, 100).await.unwrap();
        assert!(report.unreadable.is_empty(), "{fields}");

        let luis = Actor::Admin(user(2));
        let hello = NewMessage::from(text("Hola")).with_key(IdempotencyKey::parse("k1").unwrap());
        for (change, applied) in [
            (Change::message(hello.clone()), true),
            (Change::note(text("Otra")), true),
            (Change::priority(Priority::High), true),
            (Change::message(hello), false),
        ] {
            let command = Command::new(&luis, after(DAY), &Policy::default(), change).unwrap();
            let outcome = beside.store.update(&number, &command).await.unwrap();
            let is_applied = matches!(outcome, Outcome::Applied { .. });
            assert!(is_applied == applied, "{fields}: {outcome:?}");
            assert!(applied || matches!(outcome, Outcome::Repeated { .. }), "{fields}: {outcome:?}");
        }
        let now = beside.read(&document).await;
        for (field, value) in &fields {
            match (value, now.get(field)) {
                (Bson::Array(before), Some(Bson::Array(now))) => assert!(now.starts_with(before)),
                (before, now) => assert_eq!(now, Some(before)),
            }
        }
        beside.raw.delete_one(doc! { "_id": document.get("_id") }).await.unwrap();
    }
}

/// Where ids are texts, one that is no user id makes a ticket unreadable for everybody alike.
#[tokio::test]
async fn an_id_that_is_none_is_refused_before_anything_is_written() {
    let beside = Beside::new().await;
    let collection = beside.database.collection::<Document>("Textos");
    let options = MongoOptions::new().user_ids(UserIdForm::Text).create_indexes();
    let store = options.open_collection(&collection).await.unwrap();
    for wrong in [doc! { "userId": "Ana Gómez" }, doc! { "assigneeId": "Ana Gómez" }] {
        let document = with(with(theirs(), doc! { "userId": "ana" }), wrong);
        collection.insert_one(&document).await.unwrap();
        let number = number(&document);
        let luis = Actor::Admin(UserId::parse("luis").unwrap());
        let raise = Change::priority(Priority::High);
        let command = Command::new(&luis, after(DAY), &Policy::default(), raise).unwrap();
        let error = store.update(&number, &command).await.unwrap_err();
        assert_eq!((error.code(), error.applied()), ("ticket_unreadable", Applied::No));
        let seen = store.get(&(&number).into(), &Scope::All, Window::All).await.unwrap_err();
        assert_eq!(seen.code(), "ticket_unreadable");
        let page = store.list(&ListQuery::new().first_page()).await.unwrap();
        assert_eq!((page.rows.len(), page.unreadable.len()), (0, 1));
        assert_eq!(store.reconcile(None, 100).await.unwrap().unreadable.len(), 1);
        let id = doc! { "_id": document.get("_id") };
        assert_eq!(collection.find_one(id.clone()).await.unwrap().unwrap(), document);
        collection.delete_one(id).await.unwrap();
    }
}

#[tokio::test]
async fn a_very_high_version_is_read_and_raised() {
    let beside = Beside::new().await;
    for version in [(1_i64 << 53) - 1, 1 << 53, i64::MAX - 1] {
        let document = with(theirs(), doc! { "version": version });
        beside.write(&document).await;
        let luis = Actor::Admin(user(2));
        let message = Change::message(text("Hola"));
        let command = Command::new(&luis, after(DAY), &Policy::default(), message).unwrap();
        let outcome = beside.store.update(&number(&document), &command).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        let head = beside.view(&document).await.unwrap().unwrap().head;
        assert_eq!((head.version, head.message_count), (version as u64 + 1, 2));
    }
}

/// An array of priorities is reported once in every order.
#[tokio::test]
async fn a_priority_that_is_an_array_is_reported_once() {
    let beside = Beside::new().await;
    beside.write(&with(theirs(), doc! { "priority": ["LOW", "URGENT"] })).await;
    for way in [Direction::NewestFirst, Direction::OldestFirst] {
        for sort in [Sort::Created(way), Sort::UrgentFirst(way), Sort::LowFirst(way)] {
            let page = beside.list(&ListQuery::new().sort(sort)).await;
            assert_eq!((page.rows.len(), page.unreadable.len()), (0, 1), "{sort:?}");
        }
    }
}
