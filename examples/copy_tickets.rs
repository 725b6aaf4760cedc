//! Copies all tickets from one store to another, or by way of a file of JSON lines.
//!
//! ```text
//! cargo run --release --features mongodb,sqlite --example copy_tickets -- --from PLACE --to PLACE
//!
//!   PLACE        mongodb://localhost/app?replicaSet=rs0, tickets.db (SQLite) or tickets.jsonl
//!   --text-ids   over MongoDB, user ids are texts and no ObjectIds
//! ```
//!
//! After an interruption, run it again: it goes on, and compares what is there already. Its exit code is
//! 1 where a ticket wasn't copied, or differs from the one that was there.

use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader},
    process::ExitCode,
};

use futures::future::join_all;
use indicatif::{ProgressBar, ProgressStyle};
use ventanilla_service::{
    Timestamp, UserId,
    error::StoreError,
    list::Unreadable,
    mongodb::{MongoOptions, UserIdEncoding},
    sqlite::SqliteStore,
    store::{
        CountsQuery, Ticket, TicketStore,
        copy::{self, Export, Imported},
    },
};

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let options = Options::read(std::env::args().skip(1))?;
    let copied = match (options.open(&options.from).await?, options.open(&options.to).await?) {
        (Place::Store(from), Place::Store(to)) => from_store_to_store(&from, &to).await?,
        (Place::Store(from), Place::Lines(path)) => {
            let file = File::options().read(true).append(true).create(true).open(path);
            from_store_to_file(&from, &mut file?).await?
        }
        (Place::Lines(path), Place::Store(to)) => from_file_to_store(&File::open(path)?, &to).await?,
        (Place::Lines(_), Place::Lines(_)) => return Err("un fichero se copia con cp".into()),
    };
    Ok(copied.report())
}

async fn from_store_to_store(from: &dyn TicketStore, to: &dyn TicketStore) -> Result<Copied, Failure> {
    let mut copied = Copied::out_of(total(from).await?)?;
    let mut export = Export::of(from);
    while let Some(batch) = export.next().await? {
        copied.leave_out_all(&batch.unreadable);
        copied.import(to, &batch.rows).await?;
    }
    Ok(copied)
}

async fn from_store_to_file(from: &dyn TicketStore, file: &mut File) -> Result<Copied, Failure> {
    let mut copied = Copied::out_of(total(from).await?)?;
    let known = copy::resume(file)?;
    copied.already_there = known.len() as u64;
    copied.bar.inc(copied.already_there);
    let mut export = Export::of(from).without(known);
    while let Some(batch) = export.next().await? {
        copied.leave_out_all(&batch.unreadable);
        copy::write_lines(&mut *file, &batch.rows)?;
        copied.stored += batch.rows.len() as u64;
        copied.bar.inc(batch.rows.len() as u64);
    }
    file.sync_all()?;
    Ok(copied)
}

async fn from_file_to_store(file: &File, to: &dyn TicketStore) -> Result<Copied, Failure> {
    let total = BufReader::new(file).split(b'\n').count();
    let mut copied = Copied::out_of(total as u64)?;
    std::io::Seek::rewind(&mut &*file)?;
    let mut lines = copy::read_lines(BufReader::new(file)).peekable();
    while lines.peek().is_some() {
        let mut tickets = Vec::new();
        for ticket in lines.by_ref().take(100) {
            match ticket {
                Ok(ticket) => tickets.push(ticket),
                Err(line) if line.kind() == std::io::ErrorKind::InvalidData => {
                    copied.leave_out("Una línea", &line.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
        copied.import(to, &tickets).await?;
    }
    Ok(copied)
}

/// The number of tickets in a store, those included that it can't read.
async fn total(store: &dyn TicketStore) -> Result<u64, Failure> {
    let nobody = UserId::parse("000000000000000000000000")?;
    Ok(store.counts(&CountsQuery::new(nobody, Timestamp::MIN)).await?.total())
}

/// Numbers of tickets by what became of them.
struct Copied {
    bar: ProgressBar,
    total: u64,
    stored: u64,
    already_there: u64,
    different: u64,
    left_out: u64,
}

impl Copied {
    fn out_of(total: u64) -> Result<Self, Failure> {
        let bar = ProgressBar::new(total);
        let style = "{bar:40} {pos} de {len} tickets, {per_sec}, quedan {eta}";
        bar.set_style(ProgressStyle::with_template(style)?);
        Ok(Self { bar, total, stored: 0, already_there: 0, different: 0, left_out: 0 })
    }

    /// Imports tickets, all at once.
    async fn import(&mut self, to: &dyn TicketStore, tickets: &[Ticket]) -> Result<(), Failure> {
        let imported = join_all(tickets.iter().map(|ticket| copy::import(to, ticket))).await;
        for (ticket, imported) in tickets.iter().zip(imported) {
            let number = ticket.head().ticket_number.as_str();
            match imported {
                Ok(Imported::Stored) => self.stored += 1,
                Ok(Imported::AlreadyThere) => self.already_there += 1,
                Ok(Imported::Differs { fields }) => {
                    self.different += 1;
                    self.bar.suspend(|| eprintln!("{number} es distinto en {}", fields.join(", ")));
                }
                Err(error @ (StoreError::Unreadable { .. } | StoreError::ForeignUserId { .. })) => {
                    self.leave_out(number, &error.to_string());
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            self.bar.inc(1);
        }
        Ok(())
    }

    fn leave_out_all(&mut self, unreadable: &[Unreadable]) {
        for ticket in unreadable {
            self.leave_out(&ticket.ticket_number, &ticket.problem);
        }
    }

    fn leave_out(&mut self, number: &str, problem: &str) {
        self.left_out += 1;
        self.bar.inc(1);
        self.bar.suspend(|| eprintln!("{number} no se ha copiado: {problem}"));
    }

    fn report(&self) -> ExitCode {
        self.bar.finish_and_clear();
        let Self { stored, already_there, different, left_out, .. } = self;
        println!("{stored} copiados, {already_there} que ya estaban, {different} distintos");
        println!("{left_out} sin copiar, porque no se pueden leer o no se admiten");
        let seen = stored + already_there + different + left_out;
        let unseen = self.total.saturating_sub(seen);
        if unseen > 0 {
            println!("{unseen} sin copiar, porque no están en ninguna lista");
        }
        if different + left_out + unseen == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A place for tickets.
enum Place {
    Store(Box<dyn TicketStore>),
    /// Path of a file of JSON lines, which is opened once both places are known.
    Lines(String),
}

struct Options {
    from: String,
    to: String,
    ids: UserIdEncoding,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let (mut from, mut to, mut ids) = (None, None, UserIdEncoding::ObjectId);
        while let Some(option) = arguments.next() {
            match option.as_str() {
                "--from" => from = arguments.next(),
                "--to" => to = arguments.next(),
                "--text-ids" => ids = UserIdEncoding::Text,
                _ => return Err(format!("no hay ninguna opción {option}").into()),
            }
        }
        let (Some(from), Some(to)) = (from, to) else { return Err("faltan --from y --to".into()) };
        Ok(Self { from, to, ids })
    }

    async fn open(&self, place: &str) -> Result<Place, Failure> {
        if place.starts_with("mongodb:") || place.starts_with("mongodb+srv:") {
            let options = MongoOptions::new().with_user_ids(self.ids).create_indexes();
            return Ok(Place::Store(Box::new(options.connect(place).await?)));
        }
        // What is read has to be there.
        if place == self.from {
            File::open(place).map_err(|error| format!("{place}: {error}"))?;
        }
        if place.ends_with(".db") {
            return Ok(Place::Store(Box::new(SqliteStore::open(place).await?)));
        }
        if place.ends_with(".jsonl") {
            return Ok(Place::Lines(place.into()));
        }
        Err(format!("{place} no es mongodb://..., ni acaba en .db o .jsonl").into())
    }
}
