//! Reads other than lists.

use rusqlite::Connection;
use ventanilla_domain::{
    Audience, BusinessTime, MessageRange, Priority, Status, Ticket, TicketDetails, TicketLookup,
    TicketNumber, Timestamp,
};

use super::{
    change::find,
    error::TransactionError,
    row::{self, HEAD},
};
use crate::{Counts, CountsQuery, Report, ReportBuilder, ReportQuery};

/// Reads a whole ticket.
pub(super) fn ticket(
    db: &Connection,
    number: &TicketNumber,
) -> Result<Option<Ticket>, TransactionError> {
    find(db, number, |row| {
        let (ticket, _) = row::read(row)?;
        Ok(ticket)
    })
}

/// Reads the first of the candidates that the audience may see.
pub(super) fn get(
    db: &Connection,
    lookup: &TicketLookup,
    audience: &Audience,
    range: MessageRange,
) -> Result<Option<TicketDetails>, TransactionError> {
    for number in lookup.candidates() {
        let view = find(db, number, |row| {
            // The ticket of another requester counts as missing, even if it is unreadable.
            if matches!(audience, Audience::Requester(id) if row::text(row, "requester") != id.as_str())
            {
                return Ok(None);
            }
            let (ticket, _) = row::read(row)?;
            Ok(ticket.details(audience, range))
        })?;
        if let Some(view) = view.flatten() {
            return Ok(Some(view));
        }
    }
    Ok(None)
}

/// Counts tickets: by status from a table that triggers maintain, live ones by index entries.
pub(super) fn counts(db: &Connection, query: &CountsQuery) -> Result<Counts, TransactionError> {
    let mut counts = Counts::default();
    let mut statement = db.prepare_cached("SELECT status, priority, tickets FROM ticket_count")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (status, priority) = (row::text(row, "status"), row::text(row, "priority"));
        let Ok(status) = status.parse::<Status>() else { continue };
        let tickets = row.get::<_, i64>("tickets")?.unsigned_abs();
        counts.add(status, tickets);
        if status.is_live() && priority == Priority::Urgent.as_str() {
            counts.urgent += tickets;
        }
    }
    let mut count = db.prepare_cached(COUNTS_OF_LIVE)?;
    let as_of = query.as_of().map(BusinessTime::as_millis);
    let asked = (query.mine().as_str(), as_of, query.now().as_millis());
    let (unassigned, mine, overdue, at_risk, waiting, handed_over): (i64, i64, i64, i64, i64, i64) =
        count.query_row(asked, |row| row.try_into())?;
    counts.unassigned = unassigned.unsigned_abs();
    counts.mine = mine.unsigned_abs();
    counts.overdue = overdue.unsigned_abs();
    counts.at_risk = at_risk.unsigned_abs();
    counts.waiting = waiting.unsigned_abs();
    counts.handed_over = handed_over.unsigned_abs();
    Ok(counts)
}

pub(super) const COUNTS_OF_LIVE: &str = "SELECT
    (SELECT count(*) FROM ticket INDEXED BY ticket_by_assignee
        WHERE assignee IS NULL AND status IN ('OPEN', 'IN_PROGRESS')),
    (SELECT count(*) FROM ticket INDEXED BY ticket_by_assignee
        WHERE assignee = ?1 AND status IN ('OPEN', 'IN_PROGRESS')),
    (SELECT count(*) FROM ticket INDEXED BY ticket_by_due WHERE due IS NOT NULL AND due < ?2),
    (SELECT count(*) FROM ticket INDEXED BY ticket_by_risk
        WHERE due IS NOT NULL AND risk <= ?2 AND due >= ?2),
    (SELECT count(*) FROM ticket INDEXED BY ticket_by_wait
        WHERE waiting_until IS NOT NULL AND waiting_until > ?3),
    (SELECT count(*) FROM ticket INDEXED BY ticket_by_handoff
        WHERE handoff IS NOT NULL AND handoff > -9223372036854775808)";

/// Returns tickets that were resolved at `latest` or before.
pub(super) fn resolved_until(
    db: &Connection,
    latest: Timestamp,
    limit: u32,
) -> Result<Vec<TicketNumber>, TransactionError> {
    let mut statement = db.prepare_cached(&resolved())?;
    let mut rows = statement.query([latest.as_millis()])?;
    let mut numbers = Vec::new();
    while numbers.len() < limit as usize
        && let Some(row) = rows.next()?
    {
        // An unreadable ticket could not be closed either.
        numbers.extend(row::read_head(row).map(|ticket| ticket.head().ticket_number.clone()));
    }
    Ok(numbers)
}

/// Returns the report of a period.
pub(super) fn report(db: &Connection, query: &ReportQuery) -> Result<Report, TransactionError> {
    let mut statement = db.prepare_cached(&reported())?;
    let mut builder = ReportBuilder::default();
    let (from, due_from) = (query.period().from().as_millis(), query.due_from().as_millis());
    let mut rows = statement.query((from, due_from))?;
    while let Some(row) = rows.next()? {
        if let Ok(ticket) = row::read_head(row) {
            builder.add_ticket(query, ticket.head());
        }
    }
    Ok(builder.report())
}

pub(super) fn resolved() -> String {
    format!(
        "SELECT {HEAD} FROM ticket INDEXED BY ticket_by_resolution
        WHERE resolved IS NOT NULL AND resolved <= ?1 ORDER BY resolved, id"
    )
}

/// Returns the statement for tickets whose last timer stopped, or whose last target is due, at the
/// beginning of a period or later.
pub(super) fn reported() -> String {
    format!(
        "SELECT {HEAD} FROM ticket INDEXED BY ticket_by_last_stop
            WHERE last_stop IS NOT NULL AND last_stop >= ?1
        UNION ALL SELECT {HEAD} FROM ticket INDEXED BY ticket_by_last_due
            WHERE last_due IS NOT NULL AND last_due >= ?2 AND (last_stop IS NULL OR last_stop < ?1)"
    )
}
