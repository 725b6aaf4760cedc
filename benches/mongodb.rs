//! What the library costs over MongoDB: use cases against the very same commands sent with the bare
//! driver, in turns within one run.
//!
//! `cargo bench -p ventanilla-benches --features mongodb --bench mongodb`

use std::{
    error::Error,
    hint::black_box,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bson::{Document, doc};
use futures::future::join_all;
use mongodb::{
    Client, Database,
    event::EventHandler,
    options::{Acknowledgment, ClientOptions, ReturnDocument, WriteConcern},
};
use ventanilla_service::{testing, *};
use ventanilla_tests::Mongo;

/// How many ask at once.
const TASKS: usize = 32;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let tried = std::env::args().any(|argument| argument == "--test");
    let (rounds, batch) = if tried { (1, 2) } else { (20, 25) };
    let bench = Bench::new(if tried { 50 } else { 2_000 }).await?;
    println!("{:14} {:>12} {:>12} {:>8} {:>8}", "", "desk ops/s", "bare ops/s", "ops", "p50");
    for use_case in [UseCase::View, UseCase::List, UseCase::AddMessage] {
        bench.compare(use_case, rounds, batch).await?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum UseCase {
    View,
    List,
    AddMessage,
}

struct Bench {
    desk: HelpDesk,
    database: Database,
    numbers: Vec<TicketNumber>,
    /// The commands that were sent.
    sent: Arc<Mutex<Vec<Document>>>,
}

impl Bench {
    async fn new(tickets: usize) -> Result<Self, Box<dyn Error>> {
        let servers = Mongo::shared().await.database().await;
        let sent = Arc::new(Mutex::new(Vec::new()));
        let mut options = ClientOptions::parse(servers.uri()).await?;
        options.max_pool_size = Some(64);
        let client = Client::with_options(options.clone())?;
        let database = client.database(servers.name());
        let store = MongoOptions::new().create_indexes().open(&database).await?;
        let mut numbers = Vec::new();
        for ticket in testing::tickets(tickets * 2) {
            if ticket.head().status != Status::Closed {
                store.insert(&ticket).await?;
                numbers.push(ticket.head().ticket_number.clone());
            }
        }
        let bench = Self { desk: HelpDesk::new(store), database, numbers, sent };
        bench.listen(options).await?;
        std::mem::forget(servers);
        Ok(bench)
    }

    /// Learns from one use case of each kind what it sends.
    async fn listen(&self, mut options: ClientOptions) -> Result<(), Box<dyn Error>> {
        let sent = Arc::clone(&self.sent);
        options.command_event_handler = Some(EventHandler::callback(move |event| {
            if let mongodb::event::command::CommandEvent::Started(started) = event
                && ["find", "aggregate", "findAndModify"].contains(&started.command_name.as_str())
                && let Ok(mut sent) = sent.lock()
            {
                sent.push(started.command);
            }
        }));
        let heard = Client::with_options(options)?.database(self.database.name());
        let desk = HelpDesk::new(MongoOptions::new().open(&heard).await?);
        if let Ok(mut sent) = self.sent.lock() {
            sent.clear();
        }
        for use_case in [UseCase::View, UseCase::List, UseCase::AddMessage] {
            ask(&desk, use_case, &self.numbers[0]).await?;
        }
        Ok(())
    }

    /// The command of a use case, for another ticket.
    fn command(&self, use_case: UseCase, number: &TicketNumber) -> Document {
        let sent = self.sent.lock().map(|sent| sent.clone()).unwrap_or_default();
        let mut command = sent[use_case as usize].clone();
        for session in ["lsid", "$db", "$clusterTime", "txnNumber", "$readPreference"] {
            command.remove(session);
        }
        match use_case {
            UseCase::View => {
                if let Ok(filter) = command.get_document_mut("filter") {
                    filter.insert("ticketNumber", doc! { "$in": [number.as_str()] });
                }
            }
            UseCase::AddMessage => {
                if let Ok(query) = command.get_document_mut("query") {
                    query.insert("ticketNumber", number.as_str());
                }
            }
            UseCase::List => {}
        }
        command
    }

    async fn compare(
        &self,
        use_case: UseCase,
        rounds: usize,
        batch: usize,
    ) -> Result<(), Box<dyn Error>> {
        let (mut desk, mut bare) = (Vec::new(), Vec::new());
        let (mut desk_time, mut bare_time) = (Duration::ZERO, Duration::ZERO);
        for round in 0..rounds {
            let number = |task: usize| &self.numbers[(round * TASKS + task) % self.numbers.len()];
            let start = Instant::now();
            desk.extend(at_once(batch, |task| ask(&self.desk, use_case, number(task))).await?);
            desk_time += start.elapsed();

            let commands: Vec<_> = (0..TASKS).map(|task| self.command(use_case, number(task))).collect();
            let start = Instant::now();
            bare.extend(at_once(batch, |task| self.send(commands[task].clone())).await?);
            bare_time += start.elapsed();
        }
        let rate = |times: &[Duration], all: Duration| times.len() as f64 / all.as_secs_f64();
        let (desk_rate, bare_rate) = (rate(&desk, desk_time), rate(&bare, bare_time));
        let p50 = median(&mut desk).as_secs_f64() / median(&mut bare).as_secs_f64();
        println!(
            "{:14} {desk_rate:>12.0} {bare_rate:>12.0} {:>8.2} {p50:>8.2}",
            format!("{use_case:?}"),
            desk_rate / bare_rate,
        );
        Ok(())
    }

    /// Sends a command with the bare driver: a write by its own method, which repeats a lost one.
    async fn send(&self, command: Document) -> Result<(), Box<dyn Error>> {
        if let Ok(name) = command.get_str("findAndModify") {
            let stages =
                command.get_array("update")?.iter().filter_map(bson::Bson::as_document).cloned();
            let tickets = self.database.collection::<Document>(name);
            let write = tickets
                .find_one_and_update(command.get_document("query")?.clone(), stages.collect::<Vec<_>>())
                .projection(command.get_document("fields")?.clone())
                .return_document(ReturnDocument::After)
                .write_concern(majority());
            black_box(write.await?);
        } else {
            black_box(self.database.run_command(command).await?);
        }
        Ok(())
    }
}

async fn ask(desk: &HelpDesk, use_case: UseCase, number: &TicketNumber) -> Result<(), Box<dyn Error>> {
    match use_case {
        UseCase::View => drop(desk.bot().view(number).await?),
        UseCase::List => drop(desk.admin(testing::admin(0)).list(ListQuery::new()).await?),
        UseCase::AddMessage => {
            drop(desk.bot().add_message(number, "Seguimos trabajando en tu consulta.").await?);
        }
    }
    Ok(())
}

/// Every task does it so many times, one after another; the time of each.
async fn at_once<F: Future<Output = Result<(), Box<dyn Error>>>>(
    batch: usize,
    work: impl Fn(usize) -> F,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let tasks = (0..TASKS).map(async |task| {
        let mut times = Vec::with_capacity(batch);
        for _ in 0..batch {
            let start = Instant::now();
            work(task).await?;
            times.push(start.elapsed());
        }
        Ok::<_, Box<dyn Error>>(times)
    });
    Ok(join_all(tasks).await.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

fn majority() -> WriteConcern {
    let limit = Duration::from_secs(10);
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(limit).build()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
