//! Damaged fields that only these crates write: the damaged entry is lost, never the ticket.

use bson::{Bson, Document, bson, doc};
use ventanilla_service::{
    Change, Explain, IdempotencyKey, ListQuery, Policy, Priority, Status, UserId,
    error::WriteOutcome,
    list::{Direction, EnumSet, PageSize, Sort},
    mongodb::{MongoOptions, UserIdEncoding},
    settings::Reopen,
    store::{Command, Outcome, Ticket, TicketStore},
    ticket::{Actor, Audience, MessageRange, NewMessage},
};

use super::{
    bad_timers,
    raw::{
        Beside, DAY, HOUR, after, date, number, person, row_of, said, text, theirs, ticket, user, with,
    },
    timer_generators::round_the_clock,
};

fn note(fields: Document) -> Bson {
    with(doc! { "text": "Ojo", "by": person(2), "createdAt": date(0) }, fields).into()
}

fn event(fields: Document) -> Bson {
    let by = doc! { "kind": "ADMIN", "id": person(2) };
    with(doc! { "at": date(0), "by": by, "event": "CREATED", "version": 0 }, fields).into()
}

/// Returns fields with a damaged entry, and the values that they are read as.
fn damaged() -> Vec<(Document, Document)> {
    let mut damaged = Vec::new();
    let first = || Bson::from(said("USER", "Me cobraron dos veces", 0));
    let last = || Bson::from(said("USER", "¿Y bien?", HOUR));
    for wrong in [
        doc! { "authorId": "Ana Gómez" },
        doc! { "authorId": [person(2)] },
        doc! { "authorId": {} },
        doc! { "key": "" },
        doc! { "key": "dos palabras" },
        doc! { "key": 7 },
        doc! { "key": ["k1"] },
        doc! { "version": "uno" },
        doc! { "version": -1 },
        doc! { "version": 1.5 },
    ] {
        let answer = || said("ADMIN", "Lo miramos", 0);
        let messages = |answer: Document| doc! { "messages": [first(), answer, last()] };
        damaged.push((messages(with(answer(), wrong)), messages(answer())));
    }
    let by = |fields: Document| with(doc! { "kind": "ADMIN", "id": person(2) }, fields);
    let moved = |fields: Document| {
        with(doc! { "event": "STATUS_CHANGED", "from": "OPEN", "to": "RESOLVED" }, fields)
    };
    let notes = [
        "Hola".into(),
        Bson::Null,
        bson!([note(doc! {})]),
        note(doc! { "text": 7 }),
        note(doc! { "text": null }),
        note(doc! { "by": "Ana Gómez" }),
        note(doc! { "by": {} }),
        note(doc! { "createdAt": "ayer" }),
        note(doc! { "version": "uno" }),
    ];
    let events = [
        7.into(),
        Bson::Null,
        event(doc! { "event": 7 }),
        event(doc! { "event": null }),
        event(doc! { "event": "MESSAGE_ADDED", "role": "BOSS" }),
        event(doc! { "event": "ASSIGNEE_CHANGED", "from": null, "to": "Ana Gómez" }),
        event(moved(doc! { "to": "PERDIDO" })),
        event(moved(doc! { "from": null })),
        event(doc! { "by": null }),
        event(doc! { "by": by(doc! { "kind": "BOSS" }) }),
        event(doc! { "by": by(doc! { "id": "Ana Gómez" }) }),
        event(doc! { "at": "ayer" }),
        event(doc! { "version": -1 }),
    ];
    let of_notes = notes.map(|damaged| ("notes", note(doc! {}), damaged));
    let of_events = events.map(|damaged| ("history", event(doc! {}), damaged));
    for (list, good, wrong) in of_notes.into_iter().chain(of_events) {
        damaged.push((
            doc! { list: [good.clone(), wrong, good.clone()] },
            doc! { list: [good.clone(), good] },
        ));
    }
    let wait = |fields: Document| with(doc! { "since": date(0), "for": "CUSTOMER" }, fields).into();
    let draft = |fields: Document| {
        with(doc! { "text": "Hola", "createdAt": date(0), "version": 1 }, fields).into()
    };
    let marks: [(&str, Bson); 11] = [
        ("waiting", 7.into()),
        ("waiting", bson!({})),
        ("waiting", wait(doc! { "since": "ayer" })),
        ("waiting", wait(doc! { "until": "mañana" })),
        ("waiting", wait(doc! { "for": "NOBODY" })),
        ("handoffAt", "ayer".into()),
        ("handoffAt", bson!({ "at": 7 })),
        ("draft", 7.into()),
        ("draft", draft(doc! { "text": 7 })),
        ("draft", draft(doc! { "createdAt": null })),
        ("draft", draft(doc! { "version": -1 })),
    ];
    damaged.extend(marks.map(|(field, wrong)| (doc! { field: wrong }, doc! {})));
    for key in [Bson::from(7), "".into(), "dos palabras".into()] {
        let notes = |fields: Document| doc! { "notes": [note(doc! {}), note(fields)] };
        damaged.push((notes(doc! { "key": key }), notes(doc! {})));
    }
    for key in [
        7.into(),
        "k".into(),
        bson!({}),
        bson!([{ "by": person(0), "key": "k" }]),
        bson!({ "by": person(0) }),
        bson!({ "by": "ana", "key": "k" }),
        bson!({ "by": person(0), "key": "" }),
        bson!({ "by": person(0), "key": 7 }),
    ] {
        damaged.push((doc! { "creationKey": key }, doc! {}));
    }
    damaged.extend(damaged_labels());
    damaged.extend(damaged_timers());
    damaged
}

/// Returns the same for tags and references.
fn damaged_labels() -> Vec<(Document, Document)> {
    let mut damaged = Vec::new();
    let labels = [("tags", [tag("vip"), tag("otra")]), ("about", [order("1"), order("2")])];
    for (field, [first, last]) in labels {
        let unreadable = if field == "tags" { unreadable_tags() } else { unreadable_references() };
        for wrong in unreadable {
            let list = bson!([first.clone(), wrong, last.clone()]);
            damaged.push((doc! { field: list }, doc! { field: [first.clone(), last.clone()] }));
        }
        for wrong in [7.into(), bson!({}), Bson::Null, first.clone(), bson!([[first.clone()]])] {
            damaged.push((doc! { field: wrong }, doc! {}));
        }
        let twice = [first.clone(), last.clone(), first.clone(), first.clone()];
        damaged.push((doc! { field: twice.to_vec() }, doc! { field: [first, last] }));
    }
    let about =
        bson!([{ "id": "1", "kind": "order" }, { "kind": "order", "since": date(0), "id": "2" }]);
    damaged.push((doc! { "about": about }, doc! { "about": [order("1"), order("2")] }));
    let many = doc! {
        "tags": (0..10).map(|nth| tag(&format!("t{nth}"))).collect::<Vec<_>>(),
        "about": (0..10).map(|nth| order(&nth.to_string())).collect::<Vec<_>>(),
    };
    damaged.push((many.clone(), many));
    damaged
}

fn tag(name: &str) -> Bson {
    name.into()
}

fn order(id: &str) -> Bson {
    bson!({ "kind": "order", "id": id })
}

fn unreadable_tags() -> Vec<Bson> {
    vec![
        7.into(),
        Bson::Null,
        "".into(),
        // No index finds it.
        "Nueva".into(),
        " nueva".into(),
        "a,b".into(),
        "ñ".repeat(33).into(),
        bson!(["vip"]),
        bson!({ "name": "vip" }),
    ]
}

fn unreadable_references() -> Vec<Bson> {
    vec![
        7.into(),
        Bson::Null,
        "order:1".into(),
        bson!({}),
        bson!({ "kind": "order" }),
        bson!({ "id": "1" }),
        bson!({ "kind": "Order", "id": "1" }),
        bson!({ "kind": "order", "id": 1 }),
        bson!({ "kind": "order", "id": "" }),
        bson!({ "kind": "order", "id": "1 2" }),
        bson!({ "kind": "order", "id": ["1"] }),
        bson!([order("1")]),
    ]
}

/// Returns the same for the timers of earlier responses.
fn damaged_timers() -> impl Iterator<Item = (Document, Document)> {
    let timers = |earlier: Option<Bson>| {
        let mut fields = doc! { "sla": bad_timers::timers() };
        fields.extend(earlier.map(|earlier| ("earlierResponses".to_owned(), earlier)));
        fields
    };
    let due = after(2 * HOUR).as_millis();
    let timer = move |fields: Document| -> Bson {
        with(doc! { "since": date(0), "start": due - HOUR, "due": due }, fields).into()
    };
    let stop = doc! { "at": date(HOUR), "reading": due, "by": person(2) };
    let stopped = move |fields: Document| timer(doc! { "stop": with(stop.clone(), fields) });
    let good = stopped(doc! {});
    let entries = [
        Bson::Null,
        7.into(),
        bson!({}),
        bson!([good.clone()]),
        timer(doc! { "since": "ayer" }),
        timer(doc! { "start": null }),
        timer(doc! { "due": "mañana" }),
        timer(doc! { "due": (1_i64 << 53) + 1 }),
        timer(doc! { "stop": 7 }),
        stopped(doc! { "at": "ayer" }),
        stopped(doc! { "reading": null }),
        stopped(doc! { "by": "Ana Gómez" }),
        stopped(doc! { "cancelled": "no" }),
    ];
    let of_entries = entries.into_iter().map(move |wrong| {
        let whole = bson!([good.clone(), good.clone()]);
        (timers(Some(bson!([good.clone(), wrong, good.clone()]))), timers(Some(whole)))
    });
    let wholes = [Bson::Null, Bson::Undefined, 7.into(), "mañana".into(), bson!({})];
    of_entries.chain(wholes.into_iter().map(move |wrong| (timers(Some(wrong)), timers(None))))
}

#[tokio::test]
async fn every_actor_reads_and_changes_it_and_the_damage_stays() {
    let beside = Beside::new().await;
    for (damage, read) in damaged() {
        let document = with(theirs(), damage.clone());
        let expected = read_as(&document, &damage, &read);
        beside.write(&document).await;
        all_agree(&beside, &document, &expected).await;
        let report = beside.store.reconcile(None, 100).await.unwrap();
        assert_eq!((report.examined, report.unreadable.len()), (1, 0), "{damage}");
        all_agree(&beside, &document, &expected).await;
        all_change_it(&beside, &document, expected).await;
        is_left(&damage, &beside.read(&document).await);
        beside.raw.delete_one(doc! { "_id": document.get("_id") }).await.unwrap();
    }
}

/// Returns the ticket in a damaged document, by the domain's decoding of an undamaged one.
fn read_as(document: &Document, damage: &Document, read: &Document) -> Ticket {
    let mut document = document.clone();
    for field in damage.keys() {
        document.remove(field);
    }
    let mut document = with(document, read.clone());
    if let Ok(timers) = document.get_document_mut("sla") {
        for derived in ["due", "risk", "lastStop"] {
            timers.remove(derived);
        }
    }
    ticket(&document)
}

async fn all_agree(beside: &Beside, document: &Document, expected: &Ticket) {
    let number = number(document);
    for scope in
        [Audience::Desk, Audience::Bot, Audience::Requester(user(0)), Audience::Requester(user(1))]
    {
        let seen = beside.store.get(&(&number).into(), &scope, MessageRange::All).await.unwrap();
        assert_eq!(seen, expected.details(&scope, MessageRange::All), "{document}");
    }
    let row = row_of(expected, &beside.read(document).await);
    for sort in in_every_order() {
        let page = beside.list(&ListQuery::new().with_sort(sort)).await;
        assert_eq!((page.rows, page.unreadable), (vec![row.clone()], vec![]), "{document}");
    }
}

async fn all_change_it(beside: &Beside, document: &Document, mut expected: Ticket) {
    let policy = Policy { sla: Some(round_the_clock()), reopen: Reopen::Always, ..Policy::default() };
    let (ana, luis) = (Actor::Customer(user(0)), Actor::Admin(user(2)));
    let keyed = || NewMessage::from(text("Hola")).with_key(IdempotencyKey::parse("k1").unwrap());
    for (by, change) in [
        (&luis, Change::message(keyed())),
        (&luis, Change::note(text("Otra"))),
        (&luis, Change::priority(Priority::High)),
        (&luis, Change::message(keyed())),
        // The requester waits for an answer again: the previous timer becomes an earlier one.
        (&ana, Change::message(text("¿Y ahora?"))),
        (&luis, Change::reply(text("Listo"), Status::Resolved)),
        (&ana, Change::message(text("Sigue igual"))),
        (&luis, Change::claim()),
        (&Actor::Bot, Change::message(text("Soy un bot"))),
    ] {
        let command = Command::new(by, after(DAY), &policy, change).unwrap();
        let outcome = beside.store.update(&number(document), &command).await.unwrap();
        assert_eq!(outcome, command.apply(&mut expected), "{document}");
        all_agree(beside, document, &expected).await;
    }
    assert_eq!((expected.head().version, expected.history().len() >= 4), (8, true));
}

/// Asserts that damaged fields are unchanged, apart from lists that grew or were begun.
fn is_left(damage: &Document, now: &Document) {
    for (field, damaged) in damage {
        match (damaged, now.get(field)) {
            (Bson::Array(before), Some(Bson::Array(now))) => {
                let grown = field != "earlierResponses" || now.len() > before.len();
                assert!(now.starts_with(before) && grown, "{before:?} in {now:?}");
            }
            // The timers change.
            (Bson::Document(_), Some(Bson::Document(_))) if field == "sla" => {}
            (_, Some(Bson::Array(now))) if field == "earlierResponses" => assert!(!now.is_empty()),
            (before, now) => assert_eq!(now, Some(before)),
        }
    }
}

/// Checks that adding and removing labels keeps those that can't be read, where they are.
#[tokio::test]
async fn unreadable_labels_are_kept_among_those_added_and_removed() {
    let beside = Beside::new().await;
    for (field, unreadable) in [("tags", unreadable_tags()), ("about", unreadable_references())] {
        let is_tags = field == "tags";
        let label = |id: &str| if is_tags { tag(&format!("t{id}")) } else { order(id) };
        let add = |id: &str| match is_tags {
            true => Change::add_tag(format!("t{id}").parse().unwrap()),
            false => Change::add_reference(format!("order:{id}").parse().unwrap()),
        };
        let remove = |id: &str| match is_tags {
            true => Change::remove_tag(format!("t{id}").parse().unwrap()),
            false => Change::remove_reference(format!("order:{id}").parse().unwrap()),
        };
        // Another application may write a reference's fields in another order, and more of them.
        let theirs_first =
            if is_tags { tag("t1") } else { bson!({ "id": "1", "x": 7, "kind": "order" }) };
        let kept = |first: &[Bson], last: &[Bson]| Bson::from([first, &unreadable, last].concat());
        let document = with(
            theirs(),
            doc! { field: kept(&[theirs_first.clone(), label("2")], &[label("1"), label("3")]) },
        );
        beside.write(&document).await;
        let unchanged = document.get(field).unwrap().clone();
        for (nth, (change, listed, now)) in (1..).zip([
            (add("1"), 1, unchanged),
            (add("4"), 1, kept(&[theirs_first, label("2")], &[label("1"), label("3"), label("4")])),
            (remove("1"), 0, kept(&[label("2")], &[label("3"), label("4")])),
            (remove("2"), 0, kept(&[], &[label("3"), label("4")])),
            (add("1"), 1, kept(&[], &[label("3"), label("4"), label("1")])),
            (remove("3"), 1, kept(&[], &[label("4"), label("1")])),
            (remove("4"), 1, kept(&[], &[label("1")])),
            (remove("1"), 0, kept(&[], &[])),
            (remove("1"), 0, kept(&[], &[])),
        ]) {
            let by = Actor::Admin(user(2));
            let command =
                Command::new(&by, after(DAY + nth), &Policy::default(), change.clone()).unwrap();
            beside.store.update(&number(&document), &command).await.unwrap();
            assert_eq!(beside.read(&document).await.get(field), Some(&now), "{nth} {change:?}");
            let query = if is_tags {
                ListQuery::new().with_tag("t1".parse().unwrap())
            } else {
                ListQuery::new().with_reference("order:1".parse().unwrap())
            };
            let page = beside.list(&query).await;
            assert_eq!((page.rows.len(), page.unreadable.len()), (listed, 0), "{nth} {change:?}");
        }
        beside.raw.delete_one(doc! { "_id": document.get("_id") }).await.unwrap();
    }
}

/// Checks fields that are no lists: they hold no label, and the first one that is added takes their
/// place.
#[tokio::test]
async fn a_field_of_labels_that_is_no_list_has_none() {
    let beside = Beside::new().await;
    let (vip, order_1) = (|| "vip".parse().unwrap(), || "order:1".parse().unwrap());
    for wrong in [tag("vip"), order("1"), 7.into(), Bson::Null] {
        let document = with(theirs(), doc! { "tags": wrong.clone(), "about": wrong.clone() });
        beside.write(&document).await;
        for query in [ListQuery::new().with_tag(vip()), ListQuery::new().with_reference(order_1())] {
            assert_eq!(beside.list(&query).await.rows, [], "{query:?} {wrong}");
        }
        for change in [
            Change::remove_tag(vip()),
            Change::remove_reference(order_1()),
            Change::add_tag(vip()),
            Change::add_reference(order_1()),
        ] {
            let by = Actor::Admin(user(2));
            let command = Command::new(&by, after(DAY), &Policy::default(), change).unwrap();
            beside.store.update(&number(&document), &command).await.unwrap();
        }
        let now = beside.read(&document).await;
        let stored = (now.get("tags").cloned(), now.get("about").cloned());
        assert_eq!(stored, (Some(bson!([tag("vip")])), Some(bson!([order("1")]))), "{wrong}");
        beside.raw.delete_one(doc! { "_id": document.get("_id") }).await.unwrap();
    }
}

/// Checks that an invalid user id stored as text makes a ticket unreadable for every caller.
#[tokio::test]
async fn an_invalid_id_is_refused_before_anything_is_written() {
    let beside = Beside::new().await;
    let collection = beside.database.collection::<Document>("Textos");
    let options = MongoOptions::new().with_user_ids(UserIdEncoding::Text).create_indexes();
    let store = options.open_collection(&collection).await.unwrap();
    for wrong in [doc! { "userId": "Ana Gómez" }, doc! { "assigneeId": "Ana Gómez" }] {
        let document = with(with(theirs(), doc! { "userId": "ana" }), wrong);
        collection.insert_one(&document).await.unwrap();
        let number = number(&document);
        let luis = Actor::Admin(UserId::parse("luis").unwrap());
        let raise = Change::priority(Priority::High);
        let command = Command::new(&luis, after(DAY), &Policy::default(), raise).unwrap();
        let error = store.update(&number, &command).await.unwrap_err();
        assert_eq!(
            (error.code(), error.write_outcome()),
            ("ticket_unreadable", WriteOutcome::NotApplied)
        );
        let seen = store.get(&(&number).into(), &Audience::Desk, MessageRange::All).await.unwrap_err();
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
    let most = (1_i64 << 53) - 1;
    let stored = [Bson::from(most), (most as f64).into(), (most + 1).into(), (i64::MAX - 1).into()];
    for (version, stored) in [most, most, most + 1, i64::MAX - 1].into_iter().zip(stored) {
        let document = with(theirs(), doc! { "version": stored });
        beside.write(&document).await;
        let luis = Actor::Admin(user(2));
        let message = Change::message(text("Hola"));
        let command = Command::new(&luis, after(DAY), &Policy::default(), message).unwrap();
        let outcome = beside.store.update(&number(&document), &command).await.unwrap();
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        let head = beside.view(&document).await.unwrap().unwrap().head;
        assert_eq!((head.version, head.message_count), (version as u64 + 1, Some(2)));
    }
}

/// Checks that each list reports a ticket with an array of priorities once, on one of its pages, for
/// any content of the array.
#[tokio::test]
async fn a_priority_that_is_an_array_is_reported_once() {
    let beside = Beside::new().await;
    for (priority, ms) in [("LOW", -HOUR), ("MEDIUM", HOUR), ("HIGH", -HOUR), ("URGENT", HOUR)] {
        beside.write(&with(theirs(), doc! { "priority": priority, "createdAt": date(ms) })).await;
    }
    let all = EnumSet::all();
    for (array, found) in [
        (bson!(["LOW", "URGENT"]), Priority::Low | Priority::Urgent),
        (bson!(["URGENT", "LOW"]), Priority::Low | Priority::Urgent),
        (bson!(["HUGE", "HIGH", "HIGH"]), Priority::High.into()),
        (bson!([7, null, "LOW"]), Priority::Medium | Priority::Low),
        (bson!(["LOW", "MEDIUM", "HIGH", "URGENT"]), all),
        (bson!(["HUGE"]), EnumSet::empty()),
        (bson!([]), EnumSet::empty()),
    ] {
        let document = with(theirs(), doc! { "priority": &array });
        beside.write(&document).await;
        for sort in in_every_order() {
            for priorities in [all, Priority::Low.into(), Priority::High | Priority::Low] {
                let query = ListQuery::new().with_sort(sort).with_priorities(priorities);
                let (rows, reported) = walk(&beside, &query).await;
                let expected = usize::from(!(found & priorities).is_empty());
                assert_eq!(
                    (rows, reported),
                    (priorities.len(), expected),
                    "{array} among {priorities:?} by {sort:?}"
                );
            }
        }
        beside.raw.delete_one(doc! { "_id": document.get("_id") }).await.unwrap();
    }
}

fn in_every_order() -> impl Iterator<Item = Sort> {
    let ways = [Direction::NewestFirst, Direction::OldestFirst];
    ways.into_iter().flat_map(|way| [Sort::Created(way), Sort::UrgentFirst(way), Sort::LowFirst(way)])
}

/// Counts the tickets that a list shows in pages of one, and those that it reports.
async fn walk(beside: &Beside, query: &ListQuery) -> (usize, usize) {
    let query = query.clone().with_page_size(PageSize::new(1).unwrap());
    let (mut rows, mut reported, mut page) = (0, 0, query.clone().first_page());
    loop {
        let found = beside.store.list(&page).await.unwrap();
        (rows, reported) = (rows + found.rows.len(), reported + found.unreadable.len());
        match found.next {
            Some(cursor) => page = query.clone().page_after(&cursor).unwrap(),
            None => return (rows, reported),
        }
    }
}
