//! Export and import of all tickets, between two stores or through a file of JSON lines.
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
//! // From a store into a file; run again after an interruption, it continues.
//! let mut file = File::options().read(true).append(true).create(true).open(&path)?;
//! let mut export = Export::of(&from).without(copy::resume(&mut file)?);
//! while let Some(batch) = export.next().await? {
//!     copy::write_lines(&mut file, &batch.rows)?;
//!     for ticket in batch.unreadable {
//!         eprintln!("{} is left out: {}", ticket.ticket_number, ticket.problem);
//!     }
//! }
//!
//! // From the file into another store; run again, it stores nothing twice and compares every ticket.
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
//! A copy has everything that a [`Ticket`] has: conversation, notes, history, timers, version and keys.
//! It lacks data that only the first store knows, such as an `_id` or fields of another application.
//! Derived values that another application left stale are computed again.

use std::{
    collections::{BTreeSet, HashSet},
    fs::File,
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
};

use futures::future::join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use ventanilla_domain::{EnumSet, Ticket, TicketNumber};

use crate::{Cursor, InsertOutcome, Page, StoreError, TicketStore, Unreadable, store::Walk};

/// Export of all tickets of a store, oldest first, in batches.
///
/// Each ticket that exists during the whole export is returned once, in its state when its batch is read.
/// Tickets that appear in no list are not exported: in MongoDB those with an unknown status or priority,
/// which [`TicketStore::counts`] counts as closed.
pub struct Export<'a> {
    store: &'a dyn TicketStore,
    walk: Walk,
    known: HashSet<TicketNumber>,
}

impl<'a> Export<'a> {
    /// Creates an export of a store, from its oldest ticket on.
    #[must_use]
    pub fn of(store: &'a dyn TicketStore) -> Self {
        Self { store, walk: Walk::new(EnumSet::all()), known: HashSet::new() }
    }

    /// Continues after a batch, by its [`next`](Page::next).
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self { walk: self.walk.after(cursor), ..self }
    }

    /// Leaves out tickets that were exported before, and reads no more than the list row of each.
    #[must_use]
    pub fn without(self, known: HashSet<TicketNumber>) -> Self {
        Self { known, ..self }
    }

    /// Returns the next batch, of up to 100 tickets with the unreadable ones named; `None` after the
    /// last. Tickets that were deleted in the meantime are missing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails. The next call tries the same batch again.
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
    /// The ticket was stored, and read back without a difference.
    Stored,
    /// An equal ticket was stored before.
    AlreadyThere,
    /// A different ticket is stored under its number, and was not changed.
    Differs {
        /// Names of the fields that differ, as in the JSON form.
        fields: Vec<String>,
    },
}

/// Stores a ticket unless its number is taken, and compares it with the stored one.
///
/// It may be repeated after any error. Concurrent imports are faster than consecutive ones: `SqliteStore`
/// writes them in one transaction.
///
/// # Errors
///
/// [`StoreError`] if the store fails, refuses the ticket or cannot read the stored one.
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
        // The ticket was deleted in the meantime.
        None => Err(StoreError::Contention { number: number.clone(), attempts: 1 }),
    }
}

/// Writes tickets as JSON lines, in one write.
///
/// # Errors
///
/// An error of the writer.
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
/// A line that holds no ticket gives an error of kind [`InvalidData`](io::ErrorKind::InvalidData) that
/// names the line; the lines after it are read.
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

/// Prepares a file of JSON lines for appending, and returns the numbers of the tickets in it.
///
/// A last line without an end is cut off, because its writer was interrupted. The file must be open for
/// reading and writing.
///
/// # Errors
///
/// An error of the file, or [`InvalidData`](io::ErrorKind::InvalidData) if a line is no ticket, or the
/// unfinished last line not the beginning of one. The file is then unchanged.
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
            check_unfinished(&line, place)?;
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

/// Checks that an unfinished line is the beginning of a ticket.
fn check_unfinished(line: &[u8], place: usize) -> io::Result<()> {
    const BEGINNING: &[u8] = br#"{"ticketNumber":"#;
    let is_ticket = line.starts_with(BEGINNING) || BEGINNING.starts_with(line);
    if is_ticket { Ok(()) } else { Err(no_ticket(place, 1)) }
}

fn parse<T: DeserializeOwned>(line: &[u8], place: usize) -> io::Result<T> {
    // The message of the error may quote texts of users, so it is dropped.
    serde_json::from_slice(line).map_err(|error| no_ticket(place, error.column()))
}

fn no_ticket(line: usize, character: usize) -> io::Error {
    let problem = format!("line {line} holds no ticket: invalid at character {character}");
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
