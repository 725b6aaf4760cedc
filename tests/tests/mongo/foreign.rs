//! Runs everything that a store does on documents that the other application has written, by the bare
//! driver.

use std::cmp::Reverse;

use bson::{Bson, Document, doc};
use ventanilla_service::{
    Category, Change, Event, EventKind, ListQuery, Policy, Priority, Status, TicketSummary,
    list::{Counts, Direction, PageSize, Sort},
    settings::Reopen,
    store::{Command, CountsQuery, Outcome, TicketStore},
    ticket::{Actor, Audience, MessageRange},
};

use super::raw::{
    Beside, DAY, HOUR, after, date, id, number, person, row, said, text, theirs, ticket, user, with,
};

/// Returns every form in which the other application leaves a document.
fn shapes() -> Vec<Document> {
    let mut without_messages = theirs();
    without_messages.remove("messages");
    let nulls = [
        "messages",
        "assigneeId",
        "firstResponseAt",
        "resolvedAt",
        "closedAt",
        "creationKey",
        "followUpOf",
        "notes",
        "history",
        "version",
    ];
    let nulls: Document = nulls.map(|name| (name.to_owned(), Bson::Null)).into_iter().collect();
    let two_timers = vec![
        said("USER", "Me cobraron dos veces", 0),
        said("ADMIN", "Lo miramos", 3 * HOUR),
        said("SUPPORT_BOT", "Hola", HOUR),
        said("ADMIN", "Enseguida", 2 * HOUR),
        said("USER", "¿Y bien?", 2 * HOUR),
    ];
    let unknown = doc! {
        "attachments": [{ "url": "https://example.com/a.png", "size": 3 }],
        "score": 4.5,
        "meta": { "$ref": "x", "a.b": { "c": null } },
        "messages": [
            with(said("USER", "Me cobraron dos veces", 0), doc! { "readAt": date(HOUR), "tags": ["a"] }),
            with(said("ADMIN", "Lo miramos", HOUR), doc! { "authorId": null, "key": null, "x.y": 1 }),
        ],
    };
    let early = doc! { "messages": two_timers, "createdAt": date(-DAY), "updatedAt": date(HOUR) };
    vec![
        theirs(),
        without_messages,
        with(theirs(), nulls.clone()),
        with(theirs(), with(nulls, doc! { "userId": person(1) })),
        with(theirs(), doc! { "messages": [], "category": "ENVÍOS", "priority": "URGENT" }),
        with(theirs(), early),
        with(theirs(), with(unknown, doc! { "priority": "LOW", "userId": person(2) })),
        with(theirs(), doc! { "status": "IN_PROGRESS", "resolvedAt": date(1), "closedAt": date(2) }),
        with(theirs(), doc! { "status": "RESOLVED", "assigneeId": person(3) }),
        with(theirs(), doc! { "status": "CLOSED", "version": 7_i32, "createdAt": date(DAY) }),
    ]
}

async fn written() -> (Beside, Vec<Document>) {
    let (beside, documents) = (Beside::new().await, shapes());
    for document in &documents {
        beside.write(document).await;
    }
    (beside, documents)
}

#[tokio::test]
async fn each_document_is_read_by_every_audience_in_every_range() {
    let (beside, documents) = written().await;
    let windows = [
        MessageRange::All,
        MessageRange::Last(0),
        MessageRange::Last(2),
        MessageRange::Last(u32::MAX),
        MessageRange::From { first: 0, count: 1 },
        MessageRange::From { first: 1, count: 2 },
        MessageRange::From { first: 9, count: 2 },
        MessageRange::From { first: 1, count: u32::MAX },
    ];
    let scopes =
        [Audience::Desk, Audience::Bot, Audience::Requester(user(0)), Audience::Requester(user(1))];
    for document in &documents {
        for (scope, window) in scopes.iter().flat_map(|scope| windows.map(|window| (scope, window))) {
            let seen = beside.store.get(&number(document).into(), scope, window).await.unwrap();
            assert_eq!(seen, ticket(document).details(scope, window), "{scope:?} {window:?} {document}");
        }
    }
}

#[tokio::test]
async fn each_document_is_in_every_list_to_which_it_belongs() {
    let (beside, documents) = written().await;
    let all = ListQuery::new;
    let queries = [
        all(),
        all().with_statuses(Status::Open),
        all().with_statuses(Status::Resolved | Status::Closed),
        all().with_priorities(Priority::Low | Priority::Urgent),
        all().with_category(Category::PAGOS),
        all().with_category(Category::parse("ENVÍOS").unwrap()),
        all().unassigned(),
        all().with_assignee(user(3)),
        all().with_requester(user(0)),
        all().with_requester(user(2)),
        all().with_created_from(after(1)),
        all().with_created_before(after(0)),
        all()
            .with_created_from(after(0))
            .with_created_before(after(1))
            .unassigned()
            .with_statuses(Status::Open),
    ];
    let sorts = [Direction::NewestFirst, Direction::OldestFirst]
        .map(|way| [Sort::Created(way), Sort::UrgentFirst(way), Sort::LowFirst(way)]);
    for query in queries {
        for sort in sorts.into_iter().flatten() {
            let query = query.clone().with_sort(sort);
            assert_eq!(walk(&beside, &query).await, expected(&documents, &query), "{query:?}");
        }
    }
}

async fn walk(beside: &Beside, query: &ListQuery) -> Vec<TicketSummary> {
    let query = query.clone().with_page_size(PageSize::new(3).unwrap());
    let (mut rows, mut page) = (Vec::new(), query.clone().first_page());
    loop {
        let found = beside.store.list(&page).await.unwrap();
        assert_eq!(found.unreadable, []);
        rows.extend(found.rows);
        match found.next {
            Some(cursor) => page = query.clone().page_after(&cursor).unwrap(),
            None => return rows,
        }
    }
}

fn expected(documents: &[Document], query: &ListQuery) -> Vec<TicketSummary> {
    let rows = documents.iter().map(|document| (id(document), row(document)));
    let mut rows: Vec<_> = rows.filter(|(_, row)| query.matches(&row.head)).collect();
    rows.sort_by_key(|(id, row)| (row.head.created_at, *id));
    let (Sort::Created(way) | Sort::UrgentFirst(way) | Sort::LowFirst(way)) = query.sort() else {
        unreachable!("no list by due time is asked for here")
    };
    if way == Direction::NewestFirst {
        rows.reverse();
    }
    match query.sort() {
        Sort::Created(_) => {}
        Sort::UrgentFirst(_) => rows.sort_by_key(|(_, row)| Reverse(row.head.priority)),
        Sort::LowFirst(_) | Sort::Due => rows.sort_by_key(|(_, row)| row.head.priority),
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

#[tokio::test]
async fn each_document_is_counted() {
    let (beside, mut documents) = written().await;
    let mine_without_status = doc! { "status": null, "priority": "URGENT", "assigneeId": person(3) };
    for more in [mine_without_status, doc! { "status": null }] {
        documents.push(with(theirs(), more));
        beside.write(documents.last().unwrap()).await;
    }
    let mut expected = Counts::default();
    for document in &documents {
        let ticket = ticket(document);
        let head = ticket.head();
        expected.add(head.status, 1);
        if head.status.is_live() {
            expected.urgent += u64::from(head.priority == Priority::Urgent);
            expected.unassigned += u64::from(head.assignee.is_none());
            expected.mine += u64::from(head.assignee == Some(user(3)));
        }
    }
    assert_eq!(beside.store.counts(&CountsQuery::new(user(3), after(0))).await.unwrap(), expected);
}

/// Returns every kind of change, by every actor who may make it.
fn changes() -> Vec<(Actor, Change)> {
    let by_admin = [
        Change::message(text("$userId")),
        Change::reply(text("Ya está devuelto"), Status::Resolved),
        Change::note(text("Es la segunda vez")),
        Change::status(Status::InProgress),
        Change::status(Status::Closed),
        Change::priority(Priority::High),
        Change::assign(Some(user(4))),
        Change::assign(None),
        Change::claim(),
    ];
    let by_customer = [Change::message(text("Hola")), Change::status(Status::Closed)];
    let by = |actor: Actor| move |change| (actor.clone(), change);
    let mut changes: Vec<_> = by_admin.map(by(Actor::Admin(user(2)))).into();
    changes.extend(by_customer.map(by(Actor::Customer(user(0)))));
    changes.push((Actor::Bot, Change::message(text("Soy un bot"))));
    changes.push((Actor::System, Change::status(Status::Closed)));
    changes
}

#[tokio::test]
async fn each_document_takes_every_change_and_keeps_the_schema_of_the_other_application() {
    let beside = Beside::new().await;
    let policy = Policy { reopen: Reopen::Always, ..Policy::default() };
    let mut applied = 0;
    for (shape, (by, change)) in
        (0..shapes().len()).flat_map(|at| changes().into_iter().map(move |c| (at, c)))
    {
        let before = with(shapes().remove(shape), doc! { "userId": person(0) });
        beside.write(&before).await;
        let command = Command::new(&by, after(20 * DAY), &policy, change).unwrap();
        let mut expected = ticket(&before);
        let outcome = command.apply(&mut expected);
        assert_eq!(beside.store.update(&number(&before), &command).await.unwrap(), outcome, "{before}");
        let now = beside.read(&before).await;
        if let Outcome::Applied { events, .. } = outcome {
            applied += 1;
            assert_eq!(ticket(&now), expected, "{before}");
            is_still_theirs(&before, &now, &events);
        } else {
            assert_eq!(now, before);
        }
    }
    assert!(applied > 80, "{applied} changes were made");
}

fn is_still_theirs(before: &Document, now: &Document, events: &[Event]) {
    const OURS: [&str; 6] =
        ["assigneeId", "firstResponseAt", "resolvedAt", "closedAt", "history", "version"];
    const CHANGING: [&str; 4] = ["status", "priority", "updatedAt", "messages"];
    for (field, value) in before {
        if !OURS.contains(&field.as_str()) && !CHANGING.contains(&field.as_str()) && field != "notes" {
            assert_eq!(now.get(field), Some(value), "{field} is as it was");
        }
    }
    for field in ["status", "priority", "updatedAt"] {
        let kind = |document: &Document| document.get(field).map(Bson::element_type);
        assert_eq!(kind(now), kind(before), "the type of {field}");
    }
    let wrote = |event: &&Event| matches!(event.kind, EventKind::MessageAdded { .. });
    let appended = events.iter().filter(wrote).count();
    if appended == 0 {
        assert_eq!(now.get("messages"), before.get("messages"));
        return;
    }
    let opening = said("USER", before.get_str("description").unwrap(), 0);
    let opening = with(opening, doc! { "createdAt": before.get("createdAt") });
    let earlier = match before.get_array("messages") {
        Ok(messages) if !messages.is_empty() => messages.clone(),
        _ => vec![opening.into()],
    };
    let messages = now.get_array("messages").unwrap();
    assert_eq!(messages[..earlier.len()], earlier, "the earlier ones are as they were");
    let added: Vec<&Document> =
        messages[earlier.len()..].iter().map(|message| message.as_document().unwrap()).collect();
    assert_eq!(added.len(), appended);
    for message in added {
        assert!(message.get_str("content").is_ok() && message.get_datetime("createdAt").is_ok());
        assert!(["USER", "ADMIN", "SUPPORT_BOT"].contains(&message.get_str("role").unwrap()));
    }
}
