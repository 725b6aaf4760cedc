//! Measures streams of events: items a second of one stream over each store, and the delay of an item over
//! MongoDB. A bare change stream of the driver on the same collection, which decodes nothing, is measured in the
//! same run.
//!
//! `cargo bench -p ventanilla-benches --features sqlite,mongodb --bench events`. `--test` measures a few.

use std::{
    collections::HashMap,
    error::Error,
    time::{Duration, Instant},
};

use bson::{Document, RawDocumentBuf, Timestamp, doc};
use futures::{StreamExt, future::try_join_all};
use mongodb::{Collection, Database, change_stream::ChangeStream, options::FullDocumentType};
use tokio::time::{MissedTickBehavior, interval};
use ventanilla_service::{
    Category, HelpDesk, MemoryStore, MessageText, NewTicket, TicketNumber, mongodb::MongoOptions,
    sqlite::SqliteStore, testing,
};
use ventanilla_tests::Mongo;

type Failure = Box<dyn Error>;

/// Number of tickets, whose changes are made concurrently.
const TICKETS: usize = 100;
/// Number of changes a second whose delay is measured.
const RATE: u32 = 100;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let tried = std::env::args().any(|argument| argument == "--test");
    let (changes, delays) = if tried { (2, 20) } else { (50, 3_000) };

    read("memory", &HelpDesk::new(MemoryStore::new()), changes).await?;
    let folder = tempfile::tempdir()?;
    let file = SqliteStore::open(folder.path().join("tickets.db")).await?;
    read("sqlite", &HelpDesk::new(file), changes).await?;
    let servers = Mongo::shared().await.database().await;
    let store = MongoOptions::new().create_indexes().open(&servers).await?;
    let desk = HelpDesk::new(store);
    let begin = operation_time(&servers).await?;
    read("mongodb", &desk, changes).await?;
    let tickets = servers.collection("SupportTicket");
    read_bare(&tickets, begin, TICKETS * (changes + 1)).await?;
    delay(&desk, &tickets, delays).await
}

/// Returns the present of the server.
async fn operation_time(servers: &Database) -> Result<Timestamp, Failure> {
    let answer: Document = servers.run_command(doc! { "ping": 1 }).await?;
    Ok(answer.get_timestamp("operationTime")?)
}

/// Reads the same changes in a bare change stream, with the documents after each.
async fn read_bare(
    tickets: &Collection<RawDocumentBuf>,
    begin: Timestamp,
    items: usize,
) -> Result<(), Failure> {
    let started = Instant::now();
    let stream = tickets.watch().start_at_operation_time(begin);
    let stream = stream.full_document(FullDocumentType::UpdateLookup).await?;
    let mut stream = stream.with_type::<RawDocumentBuf>();
    for _ in 0..items {
        stream.next().await.ok_or("the stream goes on")??;
    }
    let rate = items as f64 / started.elapsed().as_secs_f64();
    println!("bare change stream: {rate:.0} items a second, of {items}");
    Ok(())
}

/// Returns the id that the item of a change has; `None` for a new ticket.
fn id(change: &RawDocumentBuf) -> Option<String> {
    let number = change.get_document("fullDocument").ok()?.get_str("ticketNumber").ok()?;
    let set = change.get_document("updateDescription").ok()?.get_document("updatedFields").ok()?;
    Some(format!("{number}/{}", set.get_i64("version").ok()?))
}

/// Reads so many changes, and returns the time of each by its id.
async fn read_times(
    mut stream: ChangeStream<RawDocumentBuf>,
    changes: usize,
) -> HashMap<String, Instant> {
    let mut read = HashMap::new();
    while read.len() < changes {
        let Some(Ok(change)) = stream.next().await else { break };
        read.extend(id(&change).map(|id| (id, Instant::now())));
    }
    read
}

/// Makes changes, and then reads them all in one stream.
async fn read(name: &str, desk: &HelpDesk, changes: usize) -> Result<(), Failure> {
    let token = desk.events(None).await?.token().clone();
    let numbers = open(desk).await?;
    let admin = desk.admin(testing::admin(0));
    for _ in 0..changes {
        try_join_all(numbers.iter().map(|number| admin.add_note(number, TEXT).into_future())).await?;
    }
    let items = TICKETS * (changes + 1);
    let begin = Instant::now();
    let mut stream = desk.events(token).await?;
    for _ in 0..items {
        stream.next().await.ok_or("the stream goes on")??;
    }
    let rate = items as f64 / begin.elapsed().as_secs_f64();
    println!("{name}: {rate:.0} items a second, of {items}");
    Ok(())
}

/// Makes changes at a steady rate, and measures the time from each acknowledgement to its item, here and in a bare
/// change stream.
async fn delay(
    desk: &HelpDesk,
    tickets: &Collection<RawDocumentBuf>,
    changes: usize,
) -> Result<(), Failure> {
    let numbers = open(desk).await?;
    let bare = tickets.watch().full_document(FullDocumentType::UpdateLookup).await?;
    let bare = tokio::spawn(read_times(bare.with_type(), changes));
    let mut stream = desk.events(None).await?;
    let reader = tokio::spawn(async move {
        let mut read = HashMap::new();
        while read.len() < changes {
            let Some(Ok(item)) = stream.next().await else { break };
            read.insert(item.id, Instant::now());
        }
        read
    });
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut writers = Vec::new();
    for nth in 0..changes {
        ticks.tick().await;
        let (admin, number) = (desk.admin(testing::admin(0)), numbers[nth % TICKETS].clone());
        writers.push(tokio::spawn(async move {
            let receipt = admin.add_note(&number, TEXT).await?;
            Ok::<_, ventanilla_service::ServiceError>((
                format!("{number}/{}", receipt.head.version),
                Instant::now(),
            ))
        }));
    }
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.push(writer.await??);
    }
    report("mongodb", &acknowledged, &reader.await?)?;
    report("bare change stream", &acknowledged, &bare.await?)
}

/// Prints the delays of items after their acknowledgements.
fn report(
    name: &str,
    acknowledged: &[(String, Instant)],
    read: &HashMap<String, Instant>,
) -> Result<(), Failure> {
    let mut delays = Vec::new();
    for (id, at) in acknowledged {
        let item = read.get(id).ok_or("every change has its item")?;
        // An item may come before the acknowledgement.
        delays.push(item.saturating_duration_since(*at).as_secs_f64() * 1_000.0);
    }
    delays.sort_unstable_by(f64::total_cmp);
    let part = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize];
    println!(
        "{name}: delay of an item at {RATE} changes a second, ms: p50 {:.1}, p99 {:.1}, longest {:.1}",
        part(0.5),
        part(0.99),
        part(1.0)
    );
    Ok(())
}

async fn open(desk: &HelpDesk) -> Result<Vec<TicketNumber>, Failure> {
    let customer = desk.customer(testing::customer(0));
    let created = (0..TICKETS).map(async |_| {
        let new_ticket = NewTicket::new(Category::BUG, MessageText::parse(TEXT)?);
        Ok::<_, Failure>(customer.create(new_ticket).await?.head.ticket_number)
    });
    try_join_all(created).await
}

const TEXT: &str = "Sigue sin funcionar, ¿hay novedades?";
