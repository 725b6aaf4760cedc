//! Changes within an open transaction. Each writes with one statement, so it is made completely or not at
//! all.

use itertools::Itertools;
use rusqlite::{
    Connection, Row, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use serde::Deserialize;
use ventanilla_domain::{Actor, Command, CreationKey, Outcome, Ticket, TicketNumber};

use super::{
    error::TransactionError,
    row::{self, Texts, UnknownFields},
};
use crate::InsertOutcome;

/// Stores a new ticket unless its number is taken.
pub(super) fn insert(db: &Connection, ticket: &Ticket) -> Result<InsertOutcome, TransactionError> {
    let head = ticket.head();
    if let Some(taken) = find(db, &head.ticket_number, |row| taken_by(row, ticket))? {
        return Ok(taken);
    }
    let texts = Texts::of(ticket, UnknownFields::new())?;
    let columns = texts.columns(head);
    let names = columns.iter().map(|(name, _)| name).join(", ");
    let places = (1..=columns.len()).map(|place| format!("?{place}")).join(", ");
    let statement = format!("INSERT INTO ticket ({names}) VALUES ({places})");
    db.prepare_cached(&statement)?.execute(params_from_iter(values(&columns)))?;
    Ok(InsertOutcome::Stored)
}

/// Applies a command to a ticket and writes the result.
pub(super) fn update(
    db: &Connection,
    number: &TicketNumber,
    command: &Command,
) -> Result<Outcome, TransactionError> {
    let outcome = find(db, number, |row| {
        // The ticket of another requester counts as missing, even if it is unreadable.
        if let Actor::Customer(id) = command.actor()
            && row::text(row, "requester") != id.as_str()
        {
            return Ok(Outcome::NotFound);
        }
        let (mut ticket, unknown) = row::read(row)?;
        let outcome = command.apply(&mut ticket);
        if matches!(outcome, Outcome::Applied { .. }) {
            write(db, row, &ticket, unknown)?;
        }
        Ok(outcome)
    })?;
    Ok(outcome.unwrap_or(Outcome::NotFound))
}

/// Reads the row of a number, if there is one.
pub(super) fn find<T>(
    db: &Connection,
    number: &TicketNumber,
    read: impl FnOnce(&Row<'_>) -> Result<T, TransactionError>,
) -> Result<Option<T>, TransactionError> {
    let mut statement = db.prepare_cached("SELECT * FROM ticket WHERE number = ?1")?;
    let mut rows = statement.query([number.as_str()])?;
    rows.next()?.map(read).transpose()
}

/// Writes only the columns that differ, so that no other index is updated.
fn write(
    db: &Connection,
    row: &Row<'_>,
    ticket: &Ticket,
    unknown: UnknownFields,
) -> Result<(), TransactionError> {
    let texts = Texts::of(ticket, unknown)?;
    let mut columns = texts.columns(ticket.head());
    columns.retain(|(name, value)| row.get_ref(*name).ok() != Some(*value));
    let changes =
        columns.iter().zip(2..).map(|((name, _), place)| format!("{name} = ?{place}")).join(", ");
    let statement = format!("UPDATE ticket SET {changes} WHERE id = ?1");
    let id = std::iter::once(ToSqlOutput::Borrowed(row.get_ref("id")?));
    db.prepare_cached(&statement)?.execute(params_from_iter(id.chain(values(&columns))))?;
    Ok(())
}

/// Returns the result of inserting a ticket whose number this row has. The rest of the row is read only
/// if it has the same creation key.
fn taken_by(row: &Row<'_>, ticket: &Ticket) -> Result<InsertOutcome, TransactionError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Key {
        creation_key: CreationKey,
    }
    let key = row::read_part::<Key>(row).map(|key| key.creation_key);
    if key.is_none() || key.as_ref() != ticket.creation_key() {
        return Ok(InsertOutcome::NumberTaken);
    }
    let (first, _) = row::read(row)?;
    Ok(InsertOutcome::taken_by(&first, ticket))
}

fn values<'a>(columns: &[(&str, ValueRef<'a>)]) -> impl Iterator<Item = ToSqlOutput<'a>> {
    columns.iter().map(|(_, value)| ToSqlOutput::Borrowed(*value))
}
