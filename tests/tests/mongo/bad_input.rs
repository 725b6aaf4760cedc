//! Stored documents that hold no valid ticket: each is reported, stays unchanged, and hides no other.

use bson::{Bson, DateTime, Document, doc};
use ventanilla_service::{
    Change, Explain, ListQuery, Policy, Priority, Status, TicketNumber, Timestamp,
    error::{StoreError, WriteOutcome},
    list::{Direction, PageSize, Sort},
    store::{Command, Outcome, TicketStore},
    ticket::{Actor, Audience, MessageRange},
};

use super::raw::{Beside, DAY, HOUR, after, date, number, person, said, text, theirs, user, with};

/// Effect of a document on a list.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Listed {
    /// The list reports its number, as that of an unreadable ticket.
    Reported,
    /// The list doesn't find it: it has no valid status, priority or time.
    Nowhere,
    /// The list has a row of it, for which the conversation isn't read.
    AsAny,
}

/// Returns fields with a value that no ticket has there; `None` stands for a missing field.
fn wrong() -> Vec<(&'static str, Option<Bson>, Listed)> {
    use Listed::{AsAny, Nowhere, Reported};
    let never = DateTime::from_millis(Timestamp::MAX.as_millis() + 1);
    let long_ago = DateTime::from_millis(Timestamp::MIN.as_millis() - 1);
    let messages = |wrong: Bson| vec![Bson::from(said("USER", "Hola", 0)), wrong].into();
    let saying = |fields| messages(with(said("USER", "Hola", 0), fields).into());
    let answer = |fields| messages(with(said("ADMIN", "Hola", 0), fields).into());
    let values: Vec<(_, Bson, _)> = vec![
        ("_id", "TKT-ABC123".into(), Nowhere),
        ("userId", Bson::Null, Reported),
        ("userId", "ana".into(), Reported),
        ("userId", vec![person(0)].into(), Reported),
        ("description", 7.into(), Reported),
        ("description", vec!["Hola"].into(), Reported),
        ("category", 7.into(), Reported),
        ("category", "".into(), Reported),
        ("category", "BUG\n".into(), Reported),
        ("category", "\u{a0}BUG".into(), Reported),
        ("category", "Ñ".repeat(65).into(), Reported),
        ("category", vec!["BUG"].into(), Reported),
        ("status", "PERDIDO".into(), Nowhere),
        ("status", "open".into(), Nowhere),
        ("status", 1.into(), Nowhere),
        ("status", vec!["OPEN"].into(), Reported),
        ("priority", "HUGE".into(), Nowhere),
        ("priority", true.into(), Nowhere),
        ("priority", vec!["URGENT"].into(), Reported),
        ("createdAt", "2026-03-02T12:00:00Z".into(), Nowhere),
        ("createdAt", never.into(), Nowhere),
        ("createdAt", long_ago.into(), Nowhere),
        ("createdAt", vec![date(0)].into(), Nowhere),
        ("updatedAt", after(0).as_millis().into(), Reported),
        ("updatedAt", never.into(), Reported),
        ("updatedAt", vec![date(0)].into(), Reported),
        ("messages", "Hola".into(), AsAny),
        ("messages", said("USER", "Hola", 0).into(), AsAny),
        ("messages", messages("Hola".into()), AsAny),
        ("messages", messages(vec![said("USER", "Hola", 0)].into()), AsAny),
        ("messages", saying(doc! { "role": "BOSS" }), AsAny),
        ("messages", saying(doc! { "role": ["USER"] }), AsAny),
        ("messages", saying(doc! { "content": null }), AsAny),
        ("messages", saying(doc! { "content": ["Hola"] }), AsAny),
        ("messages", saying(doc! { "createdAt": "ayer" }), AsAny),
        ("messages", saying(doc! { "createdAt": never }), AsAny),
        ("messages", answer(doc! { "createdAt": 0 }), AsAny),
        ("messages", answer(doc! { "createdAt": [date(0)] }), AsAny),
        ("assigneeId", "luis".into(), Reported),
        ("assigneeId", vec![person(2)].into(), Reported),
        ("firstResponseAt", "ayer".into(), Reported),
        ("resolvedAt", long_ago.into(), Reported),
        ("closedAt", vec![date(0)].into(), Reported),
        ("followUpOf", "".into(), Reported),
        ("followUpOf", 7.into(), Reported),
        ("notes", "Hola".into(), AsAny),
        ("history", doc! {}.into(), AsAny),
        ("version", "1".into(), Reported),
        ("version", (-1).into(), Reported),
        ("version", 1.5.into(), Reported),
        ("version", f64::NAN.into(), Reported),
    ];
    let missing = [
        ("userId", Reported),
        ("description", Reported),
        ("category", Reported),
        ("createdAt", Nowhere),
        ("updatedAt", Reported),
    ];
    let values = values.into_iter().map(|(field, value, listed)| (field, Some(value), listed));
    values.chain(missing.map(|(field, listed)| (field, None, listed))).collect()
}

#[tokio::test]
async fn an_unreadable_ticket_is_reported_unchanged_and_hides_no_other() {
    let beside = Beside::new().await;
    let good: Vec<Document> = ["LOW", "MEDIUM", "MEDIUM", "URGENT"]
        .into_iter()
        .zip([-HOUR, -HOUR, HOUR, HOUR])
        .map(|(priority, ms)| with(theirs(), doc! { "priority": priority, "createdAt": date(ms) }))
        .collect();
    for document in &good {
        beside.write(document).await;
    }
    for (field, value, listed) in wrong() {
        println!("{field}: {value:?}, {listed:?}");
        let mut document = theirs();
        match value {
            Some(value) => document.insert(field, value),
            None => document.remove(field),
        };
        beside.write(&document).await;
        is_refused_whole(&beside, &document).await;
        hides_no_other(&beside, &document, &good, listed).await;
        beside.raw.delete_one(doc! { "ticketNumber": number(&document).as_str() }).await.unwrap();
    }
}

async fn is_refused_whole(beside: &Beside, document: &Document) {
    let number = number(document);
    let seen = beside.store.get(&(&number).into(), &Audience::Desk, MessageRange::All).await;
    names(&number, &seen.unwrap_err());
    for change in [
        Change::priority(Priority::High),
        Change::message(text("Hola")),
        Change::note(text("Hola")),
        Change::status(Status::Closed),
    ] {
        let command =
            Command::new(&Actor::Admin(user(2)), after(DAY), &Policy::default(), change).unwrap();
        names(&number, &beside.store.update(&number, &command).await.unwrap_err());
    }
    let stored = beside.raw.find_one(doc! { "ticketNumber": number.as_str() }).await.unwrap().unwrap();
    // NaN is not equal to itself.
    assert_eq!(stored.to_string(), document.to_string());

    // Only its requester may learn that it exists.
    let command = Command::new(
        &Actor::Customer(user(1)),
        after(DAY),
        &Policy::default(),
        Change::message(text("Hola")),
    );
    assert_eq!(beside.store.update(&number, &command.unwrap()).await.unwrap(), Outcome::NotFound);
}

fn names(number: &TicketNumber, error: &StoreError) {
    assert_eq!(
        (error.code(), error.write_outcome()),
        ("ticket_unreadable", WriteOutcome::NotApplied),
        "{error:?}"
    );
    assert!(error.to_string().contains(number.as_str()), "{error}");
}

async fn hides_no_other(beside: &Beside, document: &Document, good: &[Document], listed: Listed) {
    let all_good = || good.iter().map(number).collect::<Vec<_>>();
    let ways = [Direction::NewestFirst, Direction::OldestFirst];
    for sort in
        ways.map(|way| [Sort::Created(way), Sort::UrgentFirst(way), Sort::LowFirst(way)]).as_flattened()
    {
        let query = ListQuery::new().with_sort(*sort).with_page_size(PageSize::new(1).unwrap());
        let (mut rows, mut unreadable, mut page) = (Vec::new(), Vec::new(), query.clone().first_page());
        loop {
            let found = beside.store.list(&page).await.unwrap();
            rows.extend(found.rows.into_iter().map(|row| row.head.ticket_number));
            unreadable.extend(found.unreadable.into_iter().map(|found| found.ticket_number));
            let Some(cursor) = found.next else { break };
            page = query.clone().page_after(&cursor).unwrap();
        }
        let (mut expected, mut reported) = (all_good(), Vec::new());
        match listed {
            Listed::AsAny => expected.push(number(document)),
            Listed::Reported => reported.push(number(document).to_string()),
            Listed::Nowhere => {}
        }
        rows.sort();
        expected.sort();
        assert_eq!(rows, expected, "{sort:?}");
        assert_eq!(unreadable, reported, "{sort:?}");
    }
}

/// Checks that a list reports a ticket whose number can't be looked up.
#[tokio::test]
async fn a_ticket_without_a_readable_number_is_reported() {
    let beside = Beside::new().await;
    for (wrong, shown) in [(Bson::from(1_767_603_600_042_i64), "1767603600042"), ("".into(), "\"\"")] {
        let document = with(theirs(), doc! { "ticketNumber": wrong });
        beside.write(&document).await;
        let page = beside.list(&ListQuery::new()).await;
        let numbers: Vec<_> = page.unreadable.iter().map(|found| found.ticket_number.as_str()).collect();
        assert_eq!((page.rows.len(), numbers), (0, vec![shown]));
        beside.raw.delete_one(doc! { "_id": document.get("_id") }).await.unwrap();
    }
    let document = theirs();
    let name = number(&document);
    beside.write(&with(document.clone(), doc! { "ticketNumber": [name.as_str()] })).await;
    is_refused_whole_by(&beside, &name).await;
}

async fn is_refused_whole_by(beside: &Beside, name: &TicketNumber) {
    let seen = beside.store.get(&name.into(), &Audience::Desk, MessageRange::All).await;
    assert_eq!(seen.unwrap_err().code(), "ticket_unreadable");
    let command =
        Command::new(&Actor::Admin(user(2)), after(DAY), &Policy::default(), Change::claim()).unwrap();
    assert_eq!(beside.store.update(name, &command).await.unwrap_err().code(), "ticket_unreadable");
}

/// Checks that integers of every numeric type are accepted.
#[tokio::test]
async fn a_version_of_any_numeric_type_is_a_version() {
    let beside = Beside::new().await;
    for (version, found) in
        [(Bson::Int32(3), 3), (Bson::Int64(3), 3), (Bson::Double(3.0), 3), (Bson::Null, 0)]
    {
        let document = with(theirs(), doc! { "version": version.clone() });
        beside.write(&document).await;
        let admin = Actor::Admin(user(2));
        let change = Change::priority(Priority::High).expecting(found);
        let command = Command::new(&admin, after(DAY), &Policy::default(), change).unwrap();
        let outcome = beside.store.update(&number(&document), &command).await.unwrap();
        assert!(
            matches!(outcome, Outcome::Applied { head, .. } if head.version == found + 1),
            "{version}"
        );
        assert_eq!(beside.read(&document).await.get("version"), Some(&Bson::Int64(found as i64 + 1)));
    }
}
