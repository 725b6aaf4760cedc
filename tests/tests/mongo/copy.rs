//! Copies tickets of two applications from MongoDB to a file of lines, to a SQLite file, and back to
//! MongoDB.
//!
//! All of them must arrive once, equal in every field that a copy has, after any interruption.
//!
//! `VENTANILLA_COPY_TICKETS` sets how many tickets there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fs::File,
    io::{BufReader, Write},
    path::Path,
    time::Instant,
};

use bson::{Bson, Document, doc};
use futures::{TryStreamExt, future::join_all};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use ventanilla_service::{
    list::Counts,
    mongodb::MongoStore,
    sqlite::SqliteStore,
    store::{
        CountsQuery, InsertOutcome, Ticket, TicketStore,
        copy::{self, Export, Imported},
    },
    testing::{self, sample_tickets_with, sla},
};

use super::{
    generators,
    raw::{Beside, number, said, theirs, ticket, with},
};

/// Fields that are stored as they were read, from any writer.
const PLAIN: [&str; 10] = [
    "ticketNumber",
    "userId",
    "description",
    "category",
    "status",
    "priority",
    "createdAt",
    "updatedAt",
    "assigneeId",
    "followUpOf",
];

/// The other fields of a ticket.
const OTHERS: [&str; 13] = [
    "_id",
    "about",
    "tags",
    "messages",
    "firstResponseAt",
    "resolvedAt",
    "closedAt",
    "creationKey",
    "sla",
    "earlierResponses",
    "notes",
    "history",
    "version",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_come_back_to_mongodb_as_they_were() {
    let count = env::var("VENTANILLA_COPY_TICKETS").map_or(2_000, |count| count.parse().unwrap());
    let begin = Instant::now();
    let step = |what: &str| println!("{:>6.1} s  {what}", begin.elapsed().as_secs_f64());
    let (first, last) = (Beside::new().await, Beside::new().await);
    let unreadable = fill(&first, count).await;
    step("written by two applications");

    let folder = tempfile::tempdir().unwrap();
    let (lines, database) = (folder.path().join("tickets.jsonl"), folder.path().join("tickets.db"));
    let reported = to_lines(&first.store, &lines, count).await;
    assert_eq!(reported, unreadable, "they are reported, and by every run");
    step("exported from MongoDB to lines");

    let sqlite = SqliteStore::open(database).await.unwrap();
    from_lines(&lines, &sqlite, count).await;
    step("imported from lines to SQLite, and compared again");
    to_store(&sqlite, &last.store, count).await;
    step("copied from SQLite to MongoDB");

    let (before, after) = (documents(&first).await, documents(&last).await);
    assert_eq!(before.len() - unreadable.len() - 1, after.len(), "one ticket is in no list");
    assert_eq!(after.len(), count);
    let ours = |ticket: Ticket| ticket.head().ticket_number.to_string();
    let ours: BTreeSet<String> = sample_tickets_with(&sla(), count / 2).map(ours).collect();
    for (number, document) in &after {
        is_copied(&before[number], document, ours.contains(number));
    }
    counts_agree(&first, &last, after.values().map(ticket), unreadable.len() as u64 + 1).await;
    step("compared document by document");
}

/// Writes tickets of ours and documents of two applications, half each, and some that can't be read, of
/// which it returns the numbers of those that lists report.
async fn fill(beside: &Beside, count: usize) -> BTreeSet<String> {
    for batch in sample_tickets_with(&sla(), count / 2).collect::<Vec<_>>().chunks(100) {
        let inserted = join_all(batch.iter().map(|ticket| beside.store.insert(ticket))).await;
        assert!(inserted.into_iter().all(|inserted| inserted.unwrap() == InsertOutcome::Stored));
    }
    let (mut runner, drawn) = (TestRunner::deterministic(), generators::documents(&sla()));
    let documents: Vec<Document> =
        (count / 2..count).map(|_| drawn.new_tree(&mut runner).unwrap().current()).collect();
    for batch in documents.chunks(1_000) {
        beside.raw.insert_many(batch).await.unwrap();
    }
    let unreadable = [
        with(theirs(), doc! { "category": 7 }),
        with(theirs(), doc! { "messages": [said("BOSS", "Hola", 0)] }),
    ];
    for document in unreadable.iter().chain([&with(theirs(), doc! { "status": "PERDIDO" })]) {
        beside.write(document).await;
    }
    unreadable.iter().map(|document| number(document).to_string()).collect()
}

/// Exports half of the tickets, is interrupted within a line, and continues.
async fn to_lines(from: &MongoStore, path: &Path, count: usize) -> BTreeSet<String> {
    let open = || File::options().read(true).append(true).create(true).open(path).unwrap();
    let mut file = open();
    let mut export = Export::of(from);
    for _ in 0..count / 200 {
        let batch = export.next().await.unwrap().unwrap();
        copy::write_lines(&mut file, &batch.rows).unwrap();
    }
    file.write_all(br#"{"ticketNumber":"TKT-"#).unwrap();

    let (mut file, mut reported) = (open(), BTreeSet::new());
    let mut export = Export::of(from).without(copy::resume(&mut file).unwrap());
    while let Some(batch) = export.next().await.unwrap() {
        copy::write_lines(&mut file, &batch.rows).unwrap();
        reported.extend(batch.unreadable.into_iter().map(|ticket| ticket.ticket_number));
    }
    reported
}

/// Imports a third of the tickets, is interrupted, and imports all.
async fn from_lines(path: &Path, to: &SqliteStore, count: usize) {
    let file = File::open(path).unwrap();
    let tickets: Vec<Ticket> = copy::read_lines(BufReader::new(file)).map(Result::unwrap).collect();
    assert_eq!(tickets.len(), count);
    assert_eq!(import_all(to, &tickets[..count / 3]).await, [count / 3, 0]);
    assert_eq!(import_all(to, &tickets).await, [count - count / 3, count / 3]);
    assert_eq!(import_all(to, &tickets).await, [0, count]);
}

/// Copies half of the tickets, is interrupted, and continues after the last batch but one.
async fn to_store(from: &SqliteStore, to: &MongoStore, count: usize) {
    let (mut export, mut counts, mut nexts) = (Export::of(from), [0, 0], Vec::new());
    let sum = |one: [usize; 2], other: [usize; 2]| [one[0] + other[0], one[1] + other[1]];
    for _ in 0..count / 200 {
        let batch = export.next().await.unwrap().unwrap();
        counts = sum(counts, import_all(to, &batch.rows).await);
        nexts.push(batch.next.unwrap());
    }
    nexts.pop();
    let mut export = Export::of(from).after(nexts.pop().unwrap());
    while let Some(batch) = export.next().await.unwrap() {
        assert_eq!(batch.unreadable, []);
        counts = sum(counts, import_all(to, &batch.rows).await);
    }
    assert_eq!(counts, [count, 100], "one batch came twice");
}

/// Returns the numbers of tickets that were stored and that were there.
async fn import_all(to: &dyn TicketStore, tickets: &[Ticket]) -> [usize; 2] {
    let mut counts = [0, 0];
    for batch in tickets.chunks(100) {
        for imported in join_all(batch.iter().map(|ticket| copy::import(to, ticket))).await {
            match imported.unwrap() {
                Imported::Stored => counts[0] += 1,
                Imported::AlreadyThere => counts[1] += 1,
                differs @ Imported::Differs { .. } => panic!("{differs:?}"),
            }
        }
    }
    counts
}

async fn documents(beside: &Beside) -> BTreeMap<String, Document> {
    let documents: Vec<Document> = beside.raw.find(doc! {}).await.unwrap().try_collect().await.unwrap();
    let number = |document: &Document| number(document).to_string();
    documents.into_iter().map(|document| (number(&document), document)).collect()
}

fn is_copied(before: &Document, after: &Document, is_ours: bool) {
    assert_eq!(ticket(after), ticket(before), "{before}\n{after}");
    if is_ours {
        let [before, after] =
            [before, after].map(|document| with(document.clone(), doc! { "_id": null }));
        assert_eq!(after, before);
    }
    for field in PLAIN {
        if let Some(value) = before.get(field).filter(|value| **value != Bson::Null) {
            assert_eq!(after.get(field), Some(value), "{field} of {before}");
        }
    }
    let known = |field: &String| PLAIN.contains(&field.as_str()) || OTHERS.contains(&field.as_str());
    assert!(after.keys().all(known), "{after}");
}

/// The counts of the copy are those of its tickets; the first collection has so many documents more.
async fn counts_agree(first: &Beside, last: &Beside, tickets: impl Iterator<Item = Ticket>, more: u64) {
    let mut expected = Counts::default();
    let query = CountsQuery::new(testing::admin(0), testing::epoch());
    tickets.for_each(|ticket| expected.add_ticket(ticket.head(), &query));
    let counts = last.store.counts(&query).await.unwrap();
    assert_eq!(counts, expected);
    assert_eq!(first.store.counts(&query).await.unwrap().total(), counts.total() + more);
}
