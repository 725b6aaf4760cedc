//! Runs the reads and writes of the other application on tickets of ours.

use bson::{Bson, Document, doc};
use futures::TryStreamExt;
use ventanilla_service::{
    Category, Change, IdempotencyKey, ListQuery, NewTicket, Policy, Priority, Status, TicketNumber,
    list::{Direction, Sort},
    store::{Command, InsertOutcome, Outcome, TicketStore},
    ticket::{Actor, Audience, MessageRange, TicketHead},
};

use super::raw::{Beside, DAY, HOUR, after, date, person, row, said, text, ticket, user};

/// Stores a ticket of ours with some changes, and returns its document.
async fn ours(beside: &Beside, name: &str, opened: i64) -> Document {
    let (ana, luis) = (Actor::Customer(user(0)), Actor::Admin(user(2)));
    let number = TicketNumber::parse(name).unwrap();
    let ticket = NewTicket::new(Category::PAGOS, text("Me cobraron dos veces"))
        .with_key(IdempotencyKey::parse(name).unwrap())
        .with_references(["order:1001".parse().unwrap()])
        .with_tags(["vip".parse().unwrap()])
        .open(number.clone(), &user(0), &ana, after(opened), &Policy::default())
        .unwrap();
    assert_eq!(beside.store.insert(&ticket).await.unwrap(), InsertOutcome::Stored);
    for (by, change) in [
        (&luis, Change::claim()),
        (&luis, Change::priority(Priority::High)),
        (&luis, Change::reply(text("Lo miramos"), Status::InProgress)),
        (&ana, Change::message(text("Gracias"))),
        (&luis, Change::note(text("Es la segunda vez"))),
    ] {
        change_it(beside, &number, by, change, opened + HOUR).await;
    }
    stored(beside, name).await
}

async fn change_it(
    beside: &Beside,
    number: &TicketNumber,
    by: &Actor,
    change: Change,
    ms: i64,
) -> TicketHead {
    let command = Command::new(by, after(ms), &Policy::default(), change).unwrap();
    let Outcome::Applied { head, .. } = beside.store.update(number, &command).await.unwrap() else {
        panic!("it is not refused")
    };
    head
}

async fn stored(beside: &Beside, name: &str) -> Document {
    beside.raw.find_one(doc! { "ticketNumber": name }).await.unwrap().unwrap()
}

/// Sends the command that Prisma sends for `findFirst({ where: { ticketNumber, userId }, select: ...
/// })`.
#[tokio::test]
async fn prisma_finds_a_ticket_of_ours_by_number_and_user() {
    let beside = Beside::new().await;
    ours(&beside, "TKT-ABC123", 0).await;
    let find = |user| {
        let fields = doc! { "_id": 0, "messages": 1, "ticketNumber": 1, "status": 1 };
        beside
            .raw
            .find_one(doc! { "ticketNumber": "TKT-ABC123", "userId": person(user) })
            .projection(fields)
    };
    let mut found = find(0).await.unwrap().unwrap();
    let messages = found.get_array_mut("messages").unwrap();
    for message in messages.iter_mut() {
        // It reads the fields that it knows and no others.
        let message = message.as_document_mut().unwrap();
        message.remove("authorId");
        message.remove("version");
    }
    let messages = [
        said("USER", "Me cobraron dos veces", 0),
        said("ADMIN", "Lo miramos", HOUR),
        said("USER", "Gracias", HOUR),
    ];
    let expected =
        doc! { "ticketNumber": "TKT-ABC123", "status": "IN_PROGRESS", "messages": messages.to_vec() };
    // The order of fields has no meaning.
    for field in expected.keys().chain(found.keys()) {
        assert_eq!(found.get(field), expected.get(field), "{field}");
    }
    assert_eq!(find(1).await.unwrap(), None, "it is another's");
}

#[tokio::test]
async fn every_base_field_of_ours_has_the_type_that_it_declares() {
    let beside = Beside::new().await;
    let document = ours(&beside, "TKT-ABC123", 0).await;
    for (field, kind) in [
        ("_id", "ObjectId"),
        ("userId", "ObjectId"),
        ("ticketNumber", "String"),
        ("description", "String"),
        ("category", "String"),
        ("status", "String"),
        ("priority", "String"),
        ("messages", "Array"),
        ("createdAt", "DateTime"),
        ("updatedAt", "DateTime"),
    ] {
        let found = document.get(field).map(Bson::element_type);
        assert_eq!(format!("{found:?}"), format!("Some({kind})"), "{field}");
    }
    assert!(!document.iter().any(|(_, value)| *value == Bson::Null), "{document}");
}

#[tokio::test]
async fn prisma_lists_a_users_tickets_newest_first() {
    let beside = Beside::new().await;
    for (name, opened) in [("TKT-000002", DAY), ("TKT-000001", 0), ("TKT-000003", 2 * DAY)] {
        ours(&beside, name, opened).await;
    }
    let find = beside.raw.find(doc! { "userId": person(0) }).sort(doc! { "createdAt": -1 });
    let found: Vec<Document> = find.await.unwrap().try_collect().await.unwrap();
    let numbers: Vec<_> = found.iter().map(|found| found.get_str("ticketNumber").unwrap()).collect();
    assert_eq!(numbers, ["TKT-000003", "TKT-000002", "TKT-000001"]);
}

/// Checks the other application's writes to a ticket of ours, and our reads and changes afterwards.
#[tokio::test]
async fn prisma_writes_to_a_ticket_of_ours_are_read_listed_and_changed() {
    let beside = Beside::new().await;
    let (ana, luis) = (Actor::Customer(user(0)), Actor::Admin(user(2)));
    let document = ours(&beside, "TKT-ABC123", 0).await;
    let number = TicketNumber::parse("TKT-ABC123").unwrap();
    for (role, status) in [("USER", "OPEN"), ("ADMIN", "RESOLVED"), ("SUPPORT_BOT", "IN_PROGRESS")] {
        let write = doc! {
            "$push": { "messages": said(role, "Desde la otra aplicación", DAY) },
            "$set": { "status": status, "updatedAt": date(DAY) },
        };
        beside.raw.update_one(doc! { "ticketNumber": "TKT-ABC123" }, write).await.unwrap();
        assert_all_read_alike(&beside, "TKT-ABC123").await;
    }
    change_it(&beside, &number, &ana, Change::message(text("¿Y ahora?")), 2 * DAY).await;
    change_it(&beside, &number, &luis, Change::reply(text("Listo"), Status::Resolved), 2 * DAY).await;
    let head = change_it(&beside, &number, &ana, Change::status(Status::Closed), 2 * DAY).await;
    assert_eq!((head.message_count, head.version), (Some(8), 8));
    assert_eq!(head.resolved_at, Some(after(2 * DAY)));
    assert_all_read_alike(&beside, "TKT-ABC123").await;
    let now = stored(&beside, "TKT-ABC123").await;
    for field in ["creationKey", "notes", "assigneeId", "firstResponseAt", "about", "tags"] {
        assert_eq!(now.get(field), document.get(field), "{field} of ours outlives its writes");
    }
}

/// Sends the filters of Prisma on lists, `tags: { has }` and `about: { some }`, for an application that
/// declares the fields.
#[tokio::test]
async fn prisma_finds_tickets_of_ours_by_tag_and_by_what_they_are_about() {
    let beside = Beside::new().await;
    ours(&beside, "TKT-ABC123", 0).await;
    ours(&beside, "TKT-ABC124", 0).await;
    let number = TicketNumber::parse("TKT-ABC124").unwrap();
    let luis = Actor::Admin(user(2));
    let found = async |filter: Document| -> Vec<String> {
        let find = beside.raw.find(filter).sort(doc! { "ticketNumber": 1 });
        let found: Vec<Document> = find.await.unwrap().try_collect().await.unwrap();
        found.iter().map(|found| found.get_str("ticketNumber").unwrap().to_owned()).collect()
    };
    let has = || doc! { "$expr": { "$in": ["vip", { "$ifNull": ["$tags", []] }] } };
    let some = || doc! { "about": { "$elemMatch": { "kind": "order", "id": "1001" } } };
    let both = ["TKT-ABC123", "TKT-ABC124"];
    assert_eq!(
        (found(has()).await, found(some()).await),
        (both.map(String::from).into(), both.map(String::from).into())
    );
    change_it(&beside, &number, &luis, Change::remove_tag("vip".parse().unwrap()), DAY).await;
    let change = Change::remove_reference("order:1001".parse().unwrap());
    change_it(&beside, &number, &luis, change, DAY).await;
    assert_eq!((found(has()).await, found(some()).await), (vec![both[0].into()], vec![both[0].into()]));
    let document = stored(&beside, "TKT-ABC124").await;
    assert_eq!((document.get("tags"), document.get("about")), (None, None));
    // It adds another, as `push` does.
    let push = doc! { "$push": { "tags": "otra", "about": { "id": "1002", "kind": "order" } } };
    beside.raw.update_one(doc! { "ticketNumber": "TKT-ABC124" }, push).await.unwrap();
    assert_all_read_alike(&beside, "TKT-ABC124").await;
    let query = ListQuery::new().with_tag("otra".parse().unwrap());
    let query = query.with_reference("order:1002".parse().unwrap());
    assert_eq!(beside.list(&query).await.rows, [row(&stored(&beside, "TKT-ABC124").await)]);
}

/// Derived fields that the other application's writes leave stale, such as a missing time of an
/// answer, or a time of resolution in a live ticket.
#[tokio::test]
async fn stale_caches_change_no_answer() {
    let beside = Beside::new().await;
    let answered = said("ADMIN", "Lo miramos", HOUR);
    for (name, write) in [
        ("TKT-000001", doc! { "$unset": { "firstResponseAt": 1 } }),
        ("TKT-000002", doc! { "$set": { "firstResponseAt": null } }),
        ("TKT-000003", doc! { "$set": { "firstResponseAt": null, "messages": [answered] } }),
        ("TKT-000004", doc! { "$set": { "status": "OPEN", "resolvedAt": date(HOUR) } }),
        ("TKT-000005", doc! { "$set": { "status": "RESOLVED", "closedAt": date(HOUR) } }),
        ("TKT-000006", doc! { "$set": { "status": "CLOSED" } }),
        ("TKT-000007", doc! { "$set": { "messages": [] }, "$unset": { "firstResponseAt": 1 } }),
    ] {
        ours(&beside, name, 0).await;
        beside.raw.update_one(doc! { "ticketNumber": name }, write).await.unwrap();
        assert_all_read_alike(&beside, name).await;

        // An answer to a change reads the head anew.
        let by = Actor::Admin(user(2));
        for change in [
            Change::note(text("otra")),
            Change::priority(Priority::Urgent),
            Change::message(text("Ya está")),
            Change::status(Status::Resolved),
            Change::status(Status::InProgress),
        ] {
            let command = Command::new(&by, after(2 * DAY), &Policy::default(), change).unwrap();
            let mut expected = ticket(&stored(&beside, name).await);
            let outcome = command.apply(&mut expected);
            let number = TicketNumber::parse(name).unwrap();
            assert_eq!(beside.store.update(&number, &command).await.unwrap(), outcome, "{name}");
            assert_eq!(ticket(&stored(&beside, name).await), expected, "{name}");
            assert_all_read_alike(&beside, name).await;
        }
    }
}

async fn assert_all_read_alike(beside: &Beside, name: &str) {
    let document = stored(beside, name).await;
    let ticket = ticket(&document);
    let lookup = TicketNumber::parse(name).unwrap().into();
    for scope in [Audience::Desk, Audience::Bot, Audience::Requester(user(0))] {
        for window in [MessageRange::All, MessageRange::Last(1), MessageRange::Last(0)] {
            let seen = beside.store.get(&lookup, &scope, window).await.unwrap();
            assert_eq!(seen, ticket.details(&scope, window), "{name} {scope:?} {window:?}");
        }
    }
    for sort in [Sort::Created(Direction::NewestFirst), Sort::UrgentFirst(Direction::OldestFirst)] {
        let page = beside.list(&ListQuery::new().with_sort(sort)).await;
        let found = page.rows.iter().find(|row| row.head.ticket_number.as_str() == name);
        assert_eq!(found, Some(&row(&document)), "{name} {sort:?}");
    }
}
