//! Copies of all tickets, between any two stores or by way of a file of JSON lines.
//!
//! ```
//! use std::{fs::File, io::BufReader};
//!
//! use ventanilla_storage::{MemoryStore, copy::{self, Export, Imported}};
//!
//! # use ventanilla_storage::{TicketStore, testing};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let (from, to) = (MemoryStore::new(), MemoryStore::new());
//! # from.insert(&testing::ticket("TKT-ABC123").build()).await?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tickets.jsonl");
//! // From a store into a file. Run again after an interruption, it goes on.
//! let mut file = File::options().read(true).append(true).create(true).open(&path)?;
//! let mut export = Export::of(&from).without(copy::resume(&mut file)?);
//! while let Some(batch) = export.next().await? {
//!     copy::write_lines(&mut file, &batch.rows)?;
//!     for ticket in batch.unreadable {
//!         eprintln!("{} is left out: {}", ticket.ticket_number, ticket.problem);
//!     }
//! }
//!
//! // From the file into another store. Run again, it stores nothing twice and compares all.
//! for ticket in copy::read_lines(BufReader::new(File::open(&path)?)) {
//!     let ticket = ticket?;
//!     if let Imported::Differs { fields } = copy::import(&to, &ticket).await? {
//!         eprintln!("{} differs in {fields:?}", ticket.head().ticket_number);
//!     }
//! }
//! # assert_eq!(to.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A copy has all that a [`Ticket`] has: conversation, notes, history, timers, version and keys. It
//! doesn't have what only the first store knows, such as an `_id` or fields of another application, nor
//! derived values that another application left stale: they are derived anew.

use std::{
    collections::{BTreeSet, HashSet},
    fs::File,
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
};

use futures::future::join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use ventanilla_domain::{EnumSet, Ticket, TicketNumber};

use crate::{Cursor, InsertOutcome, Page, StoreError, TicketStore, Unreadable, walk::Walk};

/// A walk over all tickets of a store, oldest first.
///
/// Each ticket that is there all the while comes once, as it is when its batch is read. A store may have
/// tickets that stand in no list, and so don't come: over MongoDB, those with an unknown status or
/// priority. [`TicketStore::counts`] counts them as closed.
pub struct Export<'a> {
    store: &'a dyn TicketStore,
    walk: Walk,
    known: HashSet<TicketNumber>,
}

impl<'a> Export<'a> {
    /// Begins with the oldest ticket.
    #[must_use]
    pub fn of(store: &'a dyn TicketStore) -> Self {
        Self { store, walk: Walk::new(EnumSet::all()), known: HashSet::new() }
    }

    /// Goes on after a batch, by its [`next`](Page::next).
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self { walk: self.walk.after(cursor), ..self }
    }

    /// Leaves out tickets that have been copied before: of each it reads no more than a row of a list.
    #[must_use]
    pub fn without(self, known: HashSet<TicketNumber>) -> Self {
        Self { known, ..self }
    }

    /// Returns the next batch: up to 100 whole tickets, and those that can't be read; `None` after the
    /// last. Tickets that were deleted meanwhile are missing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where the store fails; called again, it tries the same batch again.
    pub async fn next(&mut self) -> Result<Option<Page<Ticket>>, StoreError> {
        let mut walk = self.walk.clone();
        let Some(page) = walk.next(self.store).await? else { return Ok(None) };
        let numbers = page.rows.iter().map(|row| &row.head.ticket_number);
        let new = numbers.filter(|number| !self.known.contains(number));
        let found = join_all(new.map(|number| self.store.ticket(number))).await;
        let mut batch = Page { rows: Vec::new(), next: page.next, unreadable: page.unreadable };
        for ticket in found {
            match ticket {
                Ok(ticket) => batch.rows.extend(ticket),
                Err(StoreError::Unreadable { number: ticket_number, source }) => {
                    batch.unreadable.push(Unreadable { ticket_number, problem: source.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        self.walk = walk;
        Ok(Some(batch))
    }
}

/// Result of importing a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is stored, and read back as it is.
    Stored,
    /// The same ticket was stored before, in every field.
    AlreadyThere,
    /// The ticket that is stored under its number differs, and was left as it is.
    Differs {
        /// The names of the fields that differ, as the JSON form has them.
        fields: Vec<String>,
    },
}

/// Stores a ticket unless its number is taken, and compares what is stored then with it.
///
/// It may be repeated after any error. Several at once are quicker than one after another: a SQLite file
/// makes them in one transaction.
///
/// # Errors
///
/// [`StoreError`] where the store fails, takes no such ticket, or can't read the one that it has.
///
/// ```
/// use ventanilla_storage::{MemoryStore, copy::{Imported, import}, testing};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = MemoryStore::new();
/// let ticket = testing::ticket("TKT-ABC123").build();
/// assert_eq!(import(&store, &ticket).await?, Imported::Stored);
/// assert_eq!(import(&store, &ticket).await?, Imported::AlreadyThere);
///
/// let other = testing::ticket("TKT-ABC123").category("BUG").build();
/// assert_eq!(import(&store, &other).await?, Imported::Differs { fields: vec!["category".into()] });
/// # Ok::<(), ventanilla_storage::StoreError>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn import(store: &dyn TicketStore, ticket: &Ticket) -> Result<Imported, StoreError> {
    let number = &ticket.head().ticket_number;
    let is_new = store.insert(ticket).await? == InsertOutcome::Stored;
    match store.ticket(number).await? {
        Some(stored) if stored == *ticket && is_new => Ok(Imported::Stored),
        Some(stored) if stored == *ticket => Ok(Imported::AlreadyThere),
        Some(stored) => Ok(Imported::Differs { fields: differences(&stored, ticket) }),
        // It was deleted in between.
        None => Err(StoreError::Contention { number: number.clone(), attempts: 1 }),
    }
}

/// Writes tickets as JSON lines, all of them at once.
///
/// # Errors
///
/// Errors of the writer.
pub fn write_lines<'a>(
    mut out: impl Write,
    tickets: impl IntoIterator<Item = &'a Ticket>,
) -> io::Result<()> {
    let mut lines = Vec::new();
    for ticket in tickets {
        serde_json::to_writer(&mut lines, ticket)?;
        lines.push(b'\n');
    }
    out.write_all(&lines)?;
    out.flush()
}

/// Reads tickets from JSON lines.
///
/// A line that holds no ticket is an error of kind [`InvalidData`](io::ErrorKind::InvalidData), which
/// names the line and hides no other.
///
/// ```
/// use ventanilla_storage::{copy, testing};
///
/// let ticket = testing::ticket("TKT-ABC123").build();
/// let mut lines = Vec::new();
/// copy::write_lines(&mut lines, [&ticket, &ticket])?;
/// lines.truncate(lines.len() - 10);
///
/// let read: Vec<_> = copy::read_lines(&*lines).collect();
/// assert_eq!(read[0].as_ref().ok(), Some(&ticket));
/// let error = read[1].as_ref().unwrap_err().to_string();
/// assert!(error.starts_with("line 2 holds no ticket"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_lines(input: impl BufRead) -> impl Iterator<Item = io::Result<Ticket>> {
    input.split(b'\n').zip(1..).map(|(line, place)| parse(&line?, place))
}

/// Prepares a file of JSON lines for more of them, and returns the numbers of the tickets in it.
///
/// A last line that was begun and not ended is cut off: whoever wrote it was interrupted. The file has to
/// be open for reading and writing.
///
/// # Errors
///
/// Errors of the file, and [`InvalidData`](io::ErrorKind::InvalidData) where another line, or what was
/// begun as the last, is no ticket. The file is then as it was.
pub fn resume(file: &mut File) -> io::Result<HashSet<TicketNumber>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Numbered {
        ticket_number: TicketNumber,
    }
    let (mut numbers, mut line, mut end) = (HashSet::new(), Vec::new(), 0);
    file.rewind()?;
    let mut input = BufReader::new(&*file);
    for place in 1.. {
        line.clear();
        input.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            is_begun(&line, place)?;
            break;
        }
        let Numbered { ticket_number } = parse(&line, place)?;
        numbers.insert(ticket_number);
        end += line.len() as u64;
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(numbers)
}

/// Returns an error for the beginning of a line that no ticket begins with.
fn is_begun(line: &[u8], place: usize) -> io::Result<()> {
    const BEGINNING: &[u8] = br#"{"ticketNumber":"#;
    let is_ticket = line.starts_with(BEGINNING) || BEGINNING.starts_with(line);
    if is_ticket { Ok(()) } else { Err(no_ticket(place, 1)) }
}

fn parse<T: DeserializeOwned>(line: &[u8], place: usize) -> io::Result<T> {
    // The message of the error may quote what people wrote.
    serde_json::from_slice(line).map_err(|error| no_ticket(place, error.column()))
}

fn no_ticket(line: usize, character: usize) -> io::Error {
    let problem = format!("line {line} holds no ticket, by its character {character}");
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// Returns the names of the fields in which two tickets differ.
fn differences(one: &Ticket, other: &Ticket) -> Vec<String> {
    let [one, other] = [one, other].map(fields);
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differing = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    differing.cloned().collect()
}

fn fields(ticket: &Ticket) -> Map<String, Value> {
    match serde_json::to_value(ticket) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
