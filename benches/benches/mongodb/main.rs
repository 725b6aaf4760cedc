//! Measures the cost of the library over MongoDB.
//!
//! Each use case alternates, within one run, with the cheapest command that the driver can send for it
//! without any business rule, and with an implementation of the same rules in Mongoose.
//!
//! `cargo bench -p ventanilla-benches --features mongodb --bench mongodb`. To run some use cases only,
//! add their names after `--`.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use bson::{DateTime, Document, doc, oid::ObjectId};
use futures::{StreamExt, TryStreamExt, future::join_all};
use mongodb::{
    Client, Collection, Database,
    options::{Acknowledgment, ClientOptions, CollectionOptions, WriteConcern},
};
use serde::Deserialize;
use ventanilla_service::{
    Category, Explain, HelpDesk, ListQuery, MessageText, MyTickets, NewTicket, Status, TicketNumber,
    UserId,
    mongodb::{MongoOptions, MongoStore},
    settings::{NumberSource, RandomNumbers},
    store::TicketStore,
    testing,
};
use ventanilla_tests::Mongo;

mod mongoose;

use mongoose::Mongoose;

type Failure = Box<dyn Error>;

/// Number of concurrent tasks; a single task is measured too.
const TASKS: usize = 32;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tried = arguments.iter().any(|argument| argument == "--test");
    let (rounds, batch) = if tried { (1, 2) } else { (8, 8) };
    let named = |case: &Case| arguments.contains(&format!("{case:?}"));
    let all = !Case::ALL.iter().any(named);
    let bench = Bench::new(if tried { 400 } else { 4_000 }).await?;
    bench.weigh().await?;
    let mut mongoose = Mongoose::start(bench.servers.uri(), bench.servers.name());
    println!(
        "{:12}{:>6}{:>10}{:>10}{:>10}{:>11}{:>14}{:>9}{:>9}{:>11}{:>11}",
        "use case",
        "tasks",
        "ours/s",
        "bare/s",
        "mong./s",
        "ours/bare",
        "ours/mongoose",
        "p50 ms",
        "p99 ms",
        "ours us",
        "bare us"
    );
    for case in Case::ALL.into_iter().filter(|case| all || named(case)) {
        for tasks in [1, TASKS] {
            bench.compare(case, tasks, rounds, batch, mongoose.as_mut()).await?;
        }
    }
    bench.grow(if tried { (20, 2) } else { (960, 12) }).await
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Case {
    Create,
    View,
    List,
    Dashboard,
    Message,
    Status,
    Refused,
    /// Adds a message to a ticket that the store knows.
    KnownMessage,
    /// Sets the status of a ticket that the store knows.
    KnownStatus,
}

impl Case {
    const ALL: [Self; 9] = [
        Self::Create,
        Self::View,
        Self::List,
        Self::Dashboard,
        Self::Message,
        Self::Status,
        Self::Refused,
        Self::KnownMessage,
        Self::KnownStatus,
    ];

    const fn is_known(self) -> bool {
        matches!(self, Self::KnownMessage | Self::KnownStatus)
    }
}

/// Tickets of a use case: open ones with five messages, or closed ones.
struct Tickets {
    numbers: Vec<TicketNumber>,
    requesters: Vec<UserId>,
}

struct Bench {
    servers: ventanilla_tests::TestDatabase,
    /// Desk that reads each ticket before a change, and one that knows recently changed tickets.
    desk: HelpDesk,
    knowing: HelpDesk,
    store: MongoStore,
    bare: Collection<Document>,
    open: Tickets,
    closed: Tickets,
}

/// Ticket that the driver decodes into a type of the host.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read, as a page would")]
struct Whole {
    #[serde(rename = "ticketNumber")]
    number: String,
    status: String,
    messages: Vec<Said>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read, as a page would")]
struct Said {
    content: String,
    role: String,
    #[serde(rename = "createdAt")]
    created_at: DateTime,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read, as a page would")]
struct Row {
    #[serde(rename = "ticketNumber")]
    number: String,
    status: String,
    priority: String,
    category: String,
    #[serde(rename = "createdAt")]
    created_at: DateTime,
}

impl Bench {
    async fn new(tickets: u32) -> Result<Self, Failure> {
        let servers = Mongo::shared().await.database().await;
        let mut options = ClientOptions::parse(servers.uri()).await?;
        options.max_pool_size = Some(64);
        let database = Client::with_options(options)?.database(servers.name());
        let store = MongoOptions::new().with_known_tickets(0).create_indexes().open(&database).await?;
        let knowing = HelpDesk::new(MongoOptions::new().open(&database).await?);
        let bare = acknowledged_by_a_majority(&database);
        for ticket in testing::sample_tickets(tickets as usize) {
            store.insert(&ticket).await?;
        }
        let open = seed(&store, tickets / 2, 5, Status::Open).await?;
        let closed = seed(&store, tickets / 8, 5, Status::Closed).await?;
        let desk = HelpDesk::new(store.clone());
        Ok(Self { servers, desk, knowing, store, bare, open, closed })
    }

    /// Prints the bytes of a stored ticket of five messages, in addition to its texts.
    async fn weigh(&self) -> Result<(), Failure> {
        let number = &self.open.numbers[0];
        let ticket = self.desk.admin(testing::admin(0)).get(number).await?;
        let said: usize = ticket.messages.iter().map(|message| message.text.as_str().len()).sum();
        let fields = doc! { "bytes": { "$bsonSize": "$$ROOT" } };
        let tickets = self.bare.find_one(doc! { "ticketNumber": number.as_str() }).projection(fields);
        let stored = tickets.await?.ok_or("the ticket is stored")?.get_i32("bytes")? as usize;
        let rest = stored - said - ticket.description.as_str().len();
        println!("bytes of a ticket of {} messages beside its texts: {rest}", ticket.messages.len());
        Ok(())
    }

    /// Runs each side once per round, so that the load of the machine affects all sides alike.
    async fn compare(
        &self,
        case: Case,
        tasks: usize,
        rounds: usize,
        batch: usize,
        mut mongoose: Option<&mut Mongoose>,
    ) -> Result<(), Failure> {
        let (mut ours, mut bare, mut theirs) = (Side::default(), Side::default(), Side::default());
        if case.is_known() {
            // After this the store knows the tickets of our side.
            Side::default().run(tasks, batch, |task, nth| self.ask(case, task * batch + nth)).await?;
        }
        for round in 1..=rounds {
            let at = |side: usize, task: usize, nth: usize| {
                // A side either changes the same tickets in every round or new ones in each.
                let again = round * self.open.numbers.len() + side * tasks * batch;
                let other = (round * 3 + side) * tasks * batch;
                (if case.is_known() { again } else { other }) + task * batch + nth
            };
            ours.run(tasks, batch, |task, nth| self.ask(case, at(0, task, nth))).await?;
            bare.run(tasks, batch, |task, nth| self.send(case, at(1, task, nth))).await?;
            if let Some(mongoose) = mongoose.as_deref_mut() {
                let numbers = (0..tasks * batch).map(|nth| self.ticket(case, at(2, 0, nth)));
                let millis = mongoose.run(case, tasks, &numbers.collect::<Vec<_>>())?;
                theirs.add(tasks * batch, Duration::from_secs_f64(millis / 1_000.0));
            }
        }
        let against = |other: &Side| match other.operations {
            0 => "-".to_owned(),
            _ => format!("{:.2}", ours.rate() / other.rate()),
        };
        println!(
            "{:12}{tasks:>6}{:>10.0}{:>10.0}{:>10.0}{:>11}{:>14}{:>9.2}{:>9.2}{:>11.0}{:>11.0}",
            format!("{case:?}"),
            ours.rate(),
            bare.rate(),
            theirs.rate(),
            against(&bare),
            against(&theirs),
            ours.percentile(0.5),
            ours.percentile(0.99),
            ours.cpu_of_one(),
            bare.cpu_of_one(),
        );
        Ok(())
    }

    /// Compares adding a message to a long conversation with adding one to a short conversation: to a
    /// ticket that is read first, to a known ticket, and with the bare driver.
    async fn grow(&self, (length, batch): (usize, usize)) -> Result<(), Failure> {
        let long = seed(&self.store, 3 * TASKS as u32, length, Status::Open).await?;
        let mut took = [[Duration::ZERO; 2]; 3];
        for round in 0..4 {
            for (side, took) in took.iter_mut().enumerate() {
                for (tickets, took) in [&self.open, &long].into_iter().zip(took) {
                    let mut run = Side::default();
                    run.run(TASKS, batch / 3 + 1, |task, _| self.say(side, tickets, task)).await?;
                    // After the first round the store knows the tickets.
                    *took += if round > 0 { run.took } else { Duration::ZERO };
                }
            }
        }
        for (side, [short, grown]) in ["read first", "known", "bare"].into_iter().zip(took) {
            let ratio = grown.as_secs_f64() / short.as_secs_f64();
            println!(
                "a message in a conversation of {length} takes {ratio:.2} times one in a short one: {side}"
            );
        }
        Ok(())
    }

    async fn say(&self, side: usize, tickets: &Tickets, task: usize) -> Result<(), Failure> {
        let nth = side * TASKS + task;
        let (number, requester) = (&tickets.numbers[nth], tickets.requesters[nth].clone());
        let desk = match side {
            0 => &self.desk,
            1 => &self.knowing,
            _ => return self.push(number).await,
        };
        desk.customer(requester).reply(number, text()).await?;
        Ok(())
    }

    /// Adds a message without any business rule.
    async fn push(&self, number: &TicketNumber) -> Result<(), Failure> {
        let said = doc! { "content": text(), "role": "USER", "createdAt": DateTime::now() };
        let update = doc! { "$push": { "messages": said }, "$set": { "updatedAt": DateTime::now() } };
        black_box(self.bare.update_one(doc! { "ticketNumber": number.as_str() }, update).await?);
        Ok(())
    }

    fn tickets(&self, case: Case) -> &Tickets {
        if case == Case::Refused { &self.closed } else { &self.open }
    }

    fn ticket(&self, case: Case, nth: usize) -> (TicketNumber, UserId) {
        let tickets = self.tickets(case);
        let nth = nth % tickets.numbers.len();
        (tickets.numbers[nth].clone(), tickets.requesters[nth].clone())
    }

    /// Returns true if the ticket is set in progress, false if it is set open again.
    fn turns(&self, nth: usize) -> bool {
        (nth + nth / self.open.numbers.len()).is_multiple_of(2)
    }

    async fn ask(&self, case: Case, nth: usize) -> Result<(), Failure> {
        let (number, requester) = self.ticket(case, nth);
        let desk = if case.is_known() { &self.knowing } else { &self.desk };
        let customer = desk.customer(requester);
        let admin = desk.admin(testing::admin(0));
        match case {
            Case::Create => {
                let new_ticket = NewTicket::new(Category::BUG, MessageText::parse(text())?);
                black_box(customer.create(new_ticket).await?);
            }
            Case::View => drop(black_box(customer.get(&number).await?)),
            Case::List => drop(black_box(customer.list(MyTickets::all()).await?)),
            Case::Dashboard => {
                black_box(admin.list(ListQuery::new()).await?);
                black_box(admin.counts().await?);
            }
            Case::Message | Case::KnownMessage => {
                black_box(customer.reply(&number, text()).await?);
            }
            Case::Status | Case::KnownStatus => {
                let to = if self.turns(nth) { Status::InProgress } else { Status::Open };
                black_box(admin.set_status(&number, to).await?);
            }
            Case::Refused => {
                let error = customer.reply(&number, text()).await.err();
                assert_eq!(error.map(|error| error.code()), Some("ticket_closed"));
            }
        }
        Ok(())
    }

    /// Sends the cheapest command for the use case, without business rules.
    async fn send(&self, case: Case, nth: usize) -> Result<(), Failure> {
        let (ticket, requester) = self.ticket(case, nth);
        let number = doc! { "ticketNumber": ticket.as_str() };
        let owner = ObjectId::parse_str(requester.as_str())?;
        match case {
            Case::Create => drop(self.bare.insert_one(created(owner, nth)).await?),
            Case::View => {
                let fields = doc! { "_id": 0, "ticketNumber": 1, "status": 1, "messages": 1 };
                let found = self.bare.clone_with_type::<Whole>();
                black_box(found.find_one(number).projection(fields).await?);
            }
            Case::List => {
                black_box(self.rows(doc! { "userId": owner }).await?);
            }
            Case::Dashboard => {
                black_box(self.rows(doc! {}).await?);
                let group = doc! { "$group": {
                    "_id": { "status": "$status", "priority": "$priority" }, "tickets": { "$sum": 1 },
                } };
                let counted = self.bare.aggregate([group]).await?;
                black_box(counted.try_collect::<Vec<Document>>().await?);
            }
            Case::Message | Case::KnownMessage => self.push(&ticket).await?,
            Case::Status | Case::KnownStatus => {
                let to = if self.turns(nth) { "IN_PROGRESS" } else { "OPEN" };
                let update = doc! { "$set": { "status": to, "updatedAt": DateTime::now() } };
                black_box(self.bare.update_one(number, update).await?);
            }
            Case::Refused => {
                let mut live = number;
                live.insert("status", doc! { "$ne": "CLOSED" });
                let update = doc! { "$set": { "updatedAt": DateTime::now() } };
                assert_eq!(self.bare.update_one(live, update).await?.matched_count, 0);
            }
        }
        Ok(())
    }

    async fn rows(&self, filter: Document) -> Result<Vec<Row>, Failure> {
        let fields = doc! {
            "_id": 0, "ticketNumber": 1, "status": 1, "priority": 1, "category": 1, "createdAt": 1,
        };
        let rows = self.bare.clone_with_type::<Row>();
        let found = rows.find(filter).projection(fields);
        let found = found.sort(doc! { "createdAt": -1, "_id": -1 }).limit(20).await?;
        Ok(found.try_collect().await?)
    }
}

/// Returns the collection of the bare driver, with the write concern of the store.
fn acknowledged_by_a_majority(database: &Database) -> Collection<Document> {
    let limit = Duration::from_secs(10);
    let concern = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(limit);
    let options = CollectionOptions::builder().write_concern(concern.build()).build();
    database.collection_with_options("SupportTicket", options)
}

/// Creates tickets with this number of messages, 20 for each requester.
async fn seed(
    store: &MongoStore,
    count: u32,
    messages: usize,
    status: Status,
) -> Result<Tickets, Failure> {
    let mut tickets = Tickets { numbers: Vec::new(), requesters: Vec::new() };
    let mut opened = Vec::new();
    for nth in 0..count {
        let mut bytes = [0; 12];
        RandomNumbers.random_bytes(&mut bytes);
        let (number, requester) =
            (TicketNumber::from_entropy(&bytes), testing::customer(900 + nth / 20));
        let mut ticket = testing::ticket(number.clone()).requester(requester.clone());
        for _ in 1..messages {
            ticket = ticket.message(text());
        }
        opened.push(if status == Status::Open { ticket.build() } else { ticket.status(status).build() });
        tickets.numbers.push(number);
        tickets.requesters.push(requester);
    }
    futures::stream::iter(opened)
        .map(|ticket| async move { store.insert(&ticket).await })
        .buffer_unordered(TASKS)
        .try_collect::<Vec<_>>()
        .await?;
    Ok(tickets)
}

fn created(owner: ObjectId, nth: usize) -> Document {
    let now = DateTime::now();
    doc! {
        "userId": owner, "ticketNumber": format!("BARE-{}-{nth}", ObjectId::new()),
        "description": text(), "category": "BUG", "status": "OPEN", "priority": "MEDIUM",
        "messages": [{ "content": text(), "role": "USER", "createdAt": now }],
        "createdAt": now, "updatedAt": now,
    }
}

/// Text of 300 bytes.
const fn text() -> &'static str {
    "Me cobraron dos veces la misma compra y el segundo cargo sigue sin devolverse. Ya escribí el martes, \
     el miércoles y el jueves por el formulario, y nadie me ha dicho nada todavía. Adjunto aquí los datos \
     del recibo: importe de 19,90 euros, tarjeta terminada en 4242, día 3 de marzo a las diez. Gracias a todos!"
}

/// Operations of one side of a comparison, with the time and processor time that they took.
#[derive(Default)]
struct Side {
    operations: usize,
    took: Duration,
    cpu: Duration,
    each: Vec<Duration>,
}

impl Side {
    /// Runs the batches of all tasks concurrently; each task runs its operations one after another.
    async fn run<F: Future<Output = Result<(), Failure>>>(
        &mut self,
        tasks: usize,
        batch: usize,
        work: impl Fn(usize, usize) -> F,
    ) -> Result<(), Failure> {
        let (cpu, begin) = (cpu_time(), Instant::now());
        let work = &work;
        let tasks = (0..tasks).map(|task| async move {
            let mut each = Vec::with_capacity(batch);
            for nth in 0..batch {
                let begin = Instant::now();
                work(task, nth).await?;
                each.push(begin.elapsed());
            }
            Ok::<_, Failure>(each)
        });
        for each in join_all(tasks).await {
            self.each.extend(each?);
        }
        self.cpu += cpu_time().saturating_sub(cpu);
        self.took += begin.elapsed();
        self.operations = self.each.len();
        Ok(())
    }

    fn add(&mut self, operations: usize, took: Duration) {
        self.operations += operations;
        self.took += took;
    }

    fn rate(&self) -> f64 {
        if self.operations == 0 { 0.0 } else { self.operations as f64 / self.took.as_secs_f64() }
    }

    /// Returns a quantile of the operations' durations, in milliseconds.
    fn percentile(&mut self, part: f64) -> f64 {
        self.each.sort_unstable();
        let at = (self.each.len() as f64 * part) as usize;
        self.each.get(at.min(self.each.len() - 1)).map_or(0.0, |each| each.as_secs_f64() * 1_000.0)
    }

    /// Returns the CPU time of this process for one operation, in microseconds.
    fn cpu_of_one(&self) -> f64 {
        self.cpu.as_secs_f64() * 1_000_000.0 / self.operations as f64
    }
}

/// Returns the CPU time of this process.
fn cpu_time() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(spent).unwrap_or_default()
}
