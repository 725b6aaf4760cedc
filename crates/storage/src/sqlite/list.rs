//! Pages of lists: scans of an index, one for each status and priority, which SQLite merges in order;
//! then the rows that they name.

use itertools::Itertools;
use rusqlite::{Connection, Row, ToSql};
use ventanilla_domain::{Category, EnumSet, Priority, TicketSummary, Timestamp, UserId};

use super::{
    error::TransactionError,
    row::{self, HEAD},
};
use crate::{
    AssigneeFilter, Counted, Direction, DueFilter, ListQuery, Page, PageQuery, Position, Sort,
    Unreadable, WaitingFilter,
};

/// Returns one page of a list.
pub(super) fn list(db: &Connection, page: &PageQuery) -> Result<Page<TicketSummary>, TransactionError> {
    // One row more than the page has tells whether another page follows.
    let limit = page.query().page_size() + 1;
    Listing::of(db, page, limit)?.read()
}

/// Counts the rows of a list from a page on, by its index entries alone.
pub(super) fn count(db: &Connection, page: &PageQuery, up_to: u32) -> Result<Counted, TransactionError> {
    let limit = (up_to as usize).saturating_add(1);
    Ok(Counted::new(Listing::of(db, page, limit)?.found.len() as u64, up_to))
}

/// Returns every statement that a list may use, for a test of their plans.
#[cfg(test)]
pub(super) fn statements(query: &ListQuery) -> Vec<String> {
    match query.sort() {
        Sort::Due => vec![by_due(query)],
        Sort::Created(direction) => vec![by_creation(query, query.priorities(), direction)],
        Sort::UrgentFirst(direction) | Sort::LowFirst(direction) => {
            let each = query.priorities().iter();
            each.map(|priority| by_creation(query, priority.into(), direction)).collect()
        }
    }
}

/// Page under construction.
struct Listing<'a> {
    db: &'a Connection,
    page: &'a PageQuery,
    /// Number of entries to find at most.
    limit: usize,
    found: Vec<Found>,
}

/// Index entry of a row of the page.
struct Found {
    key: i64,
    id: i64,
    priority: Priority,
}

impl<'a> Listing<'a> {
    /// Finds the entries of a page, up to a limit.
    fn of(db: &'a Connection, page: &'a PageQuery, limit: usize) -> Result<Self, TransactionError> {
        let query = page.query();
        let mut listing = Listing { db, page, limit, found: Vec::new() };
        if query.listed_statuses().is_empty() || query.priorities().is_empty() {
            return Ok(listing);
        }
        match query.sort() {
            Sort::Created(direction) => {
                let range = created(query, direction, page.position());
                let all = query.priorities();
                listing.find(&by_creation(query, all, direction), range, Priority::default())?;
            }
            Sort::UrgentFirst(direction) | Sort::LowFirst(direction) => {
                listing.find_by_priority(direction)?;
            }
            Sort::Due => listing.find(&by_due(query), dues(page), Priority::default())?,
        }
        Ok(listing)
    }

    /// Finds the tickets of one priority after another, up to the limit.
    fn find_by_priority(&mut self, direction: Direction) -> Result<(), TransactionError> {
        let query = self.page.query();
        let after = self.page.position();
        let is_seen = |priority: &Priority| after.is_some_and(|last| last.priority != *priority);
        for priority in query.priorities_in_order().into_iter().skip_while(is_seen) {
            let after = after.filter(|last| last.priority == priority);
            let range = created(query, direction, after);
            self.find(&by_creation(query, priority.into(), direction), range, priority)?;
        }
        Ok(())
    }

    /// Runs a statement over a range, for as many rows as are missing.
    fn find(
        &mut self,
        statement: &str,
        range: Range,
        priority: Priority,
    ) -> Result<(), TransactionError> {
        let missing = self.limit - self.found.len();
        if missing == 0 {
            return Ok(());
        }
        let mut statement = self.db.prepare_cached(statement)?;
        let mut bind = |name: &str, value: &dyn ToSql| match statement.parameter_index(name)? {
            Some(place) => statement.raw_bind_parameter(place, value),
            None => Ok(()),
        };
        bind(":from", &range.from.0)?;
        bind(":from_id", &range.from.1)?;
        bind(":to", &range.to.0)?;
        bind(":to_id", &range.to.1)?;
        bind(":missing", &(missing as i64))?;
        bind(":as_of", &self.page.as_of().as_millis())?;
        bind(":now", &self.page.now().as_millis())?;
        let query = self.page.query();
        bind(":requester", &query.requester().map(UserId::as_str))?;
        bind(":category", &query.category().map(Category::as_str))?;
        bind(":assignee", &query.assignee().and_then(assignee))?;
        bind(":about", &query.about().map(row::about))?;
        bind(":tag", &query.tag().map(row::tag))?;
        let (from, before) = query.created();
        bind(":created_from", &from.map_or(i64::MIN, Timestamp::as_millis))?;
        bind(":created_before", &before.map_or(i64::MAX, Timestamp::as_millis))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            self.found.push(Found { key: row.get("key")?, id: row.get("id")?, priority });
        }
        Ok(())
    }

    /// Reads the rows of the index entries.
    fn read(mut self) -> Result<Page<TicketSummary>, TransactionError> {
        let rows = self.page.query().page_size();
        let has_more = self.found.len() > rows;
        self.found.truncate(rows);
        let next = self.found.last().filter(|_| has_more).map(|last| {
            let tiebreaker = Position::tiebreaker_from(last.id as u64);
            self.page.cursor_after(&Position { key: last.key, priority: last.priority, tiebreaker })
        });
        let mut statement =
            self.db.prepare_cached(&format!("SELECT {HEAD} FROM ticket WHERE id = ?1"))?;
        let read = |found: &Found| statement.query_row([found.id], |row| Ok(summary(row)));
        let read: Vec<_> = self.found.iter().map(read).try_collect()?;
        let (rows, unreadable) = read.into_iter().partition_result();
        Ok(Page { rows, next, unreadable })
    }
}

/// Range of keys and ids, both ends exclusive.
#[derive(Clone, Copy)]
struct Range {
    from: (i64, i64),
    to: (i64, i64),
}

/// Returns the range of a list by creation after a row.
fn created(query: &ListQuery, direction: Direction, after: Option<&Position>) -> Range {
    let (from, before) = query.created();
    let from = (from.map_or(i64::MIN, Timestamp::as_millis), i64::MIN);
    let to = before.map_or((i64::MAX, i64::MAX), |before| (before.as_millis(), i64::MIN));
    match (after.map(seen), direction) {
        (None, _) => Range { from, to },
        (Some(seen), Direction::NewestFirst) => Range { from, to: to.min(seen) },
        (Some(seen), Direction::OldestFirst) => Range { from: from.max(seen), to },
    }
}

/// Returns the range of a list by due time.
fn dues(page: &PageQuery) -> Range {
    let now = (page.as_of().as_millis(), i64::MIN);
    let (all_from, all_to) = ((i64::MIN, i64::MIN), (i64::MAX, i64::MAX));
    let (from, to) = match page.query().due() {
        None => (all_from, all_to),
        Some(DueFilter::Overdue) => (all_from, now),
        Some(DueFilter::AtRisk) => (now, all_to),
    };
    Range { from: page.position().map_or(from, |last| from.max(seen(last))), to }
}

fn by_creation(query: &ListQuery, priorities: EnumSet<Priority>, direction: Direction) -> String {
    let (source, filters) = source(query);
    let more = [due_condition(query), waiting_condition(query), handoff_condition(query)].concat();
    let runs = query.listed_statuses().iter().cartesian_product(priorities.iter());
    let runs = runs
        .map(|(status, priority)| {
            format!(
                "SELECT created AS key, id FROM {source} WHERE {filters} status = '{}' AND priority = '{}' \
                 AND (created, id) > (:from, :from_id) AND (created, id) < (:to, :to_id){more}",
                status.as_str(),
                priority.as_str()
            )
        })
        .join(" UNION ALL ");
    let direction = match direction {
        Direction::NewestFirst => "DESC",
        Direction::OldestFirst => "ASC",
    };
    format!("{runs} ORDER BY key {direction}, id {direction} LIMIT :missing")
}

/// Returns the condition of a due filter in a list by creation.
const fn due_condition(query: &ListQuery) -> &'static str {
    match query.due() {
        None => "",
        Some(DueFilter::Overdue) => " AND due < :as_of",
        Some(DueFilter::AtRisk) => " AND due >= :as_of AND risk <= :as_of",
    }
}

/// Returns the condition of a filter of waits.
const fn waiting_condition(query: &ListQuery) -> &'static str {
    match query.waiting() {
        None => "",
        Some(WaitingFilter::Waiting) => " AND waiting_until > :now",
        Some(WaitingFilter::NotWaiting) => " AND (waiting_until IS NULL OR waiting_until <= :now)",
    }
}

/// Returns the condition of the filter of tickets that were handed over.
const fn handoff_condition(query: &ListQuery) -> &'static str {
    if query.is_handed_over() { " AND handoff IS NOT NULL" } else { "" }
}

fn by_due(query: &ListQuery) -> String {
    let filters = filters(query).map(|filter| filter.condition).join("");
    let risk = if query.due() == Some(DueFilter::AtRisk) { "risk <= :as_of AND" } else { "" };
    let statuses = query.listed_statuses().iter().map(|status| quoted(status.as_str())).join(", ");
    let priorities = query.priorities().iter().map(|priority| quoted(priority.as_str()));
    format!(
        "SELECT due AS key, id FROM ticket INDEXED BY ticket_by_due \
         WHERE due IS NOT NULL AND (due, id) > (:from, :from_id) AND (due, id) < (:to, :to_id) \
         AND {filters} {risk} status IN ({statuses}) AND priority IN ({}) \
         AND created >= :created_from AND created < :created_before{}{} \
         ORDER BY due, id LIMIT :missing",
        { priorities }.join(", "),
        waiting_condition(query),
        handoff_condition(query),
    )
}

/// Filter beside status and priority.
struct Filter {
    is_set: bool,
    /// Tables in the order of an index that has the tickets of the filter together.
    source: &'static str,
    /// Condition on the source, which such an index serves.
    indexed: &'static str,
    /// Condition on a ticket from any source.
    condition: &'static str,
}

/// Rows of the labels, each with its ticket.
const LABELLED: &str = "ticket_label CROSS JOIN ticket USING (status, priority, created, id)";

/// Returns the condition that a ticket has a label.
macro_rules! has_label {
    ($label:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM ticket_label AS other WHERE other.label = ",
            $label,
            " AND other.status = ticket.status AND other.priority = ticket.priority \
             AND other.created = ticket.created AND other.id = ticket.id) AND "
        )
    };
}

/// Returns the filters that are set, as a rule the narrowest first.
fn filters(query: &ListQuery) -> impl Iterator<Item = Filter> {
    let column = |is_set, source, condition| Filter { is_set, source, indexed: condition, condition };
    let label = |is_set, indexed, condition| Filter { is_set, source: LABELLED, indexed, condition };
    let all = [
        column(
            query.requester().is_some(),
            "ticket INDEXED BY ticket_by_requester",
            "requester = :requester AND ",
        ),
        label(query.about().is_some(), "label = :about AND ", has_label!(":about")),
        column(
            query.assignee().is_some(),
            "ticket INDEXED BY ticket_by_assignee",
            "assignee IS :assignee AND ",
        ),
        label(query.tag().is_some(), "label = :tag AND ", has_label!(":tag")),
        column(
            query.category().is_some(),
            "ticket INDEXED BY ticket_by_category",
            "category = :category AND ",
        ),
    ];
    all.into_iter().filter(|filter| filter.is_set)
}

/// Returns the source of a list by creation, and the conditions of the filters beside status and priority.
fn source(query: &ListQuery) -> (&'static str, String) {
    let mut filters = filters(query);
    let Some(first) = filters.next() else {
        return ("ticket INDEXED BY ticket_by_creation", String::new());
    };
    (first.source, filters.fold(first.indexed.to_owned(), |all, filter| all + filter.condition))
}

/// Decodes a row of the table as a row of a list.
fn summary(row: &Row<'_>) -> Result<TicketSummary, Unreadable> {
    match row::read_head(row) {
        Ok(ticket) => Ok(ticket.summary()),
        Err(error) => {
            Err(Unreadable { ticket_number: row::text(row, "number"), problem: error.to_string() })
        }
    }
}

/// Returns the value of the assignee column: `NULL` for unassigned tickets.
fn assignee(filter: &AssigneeFilter) -> Option<&str> {
    match filter {
        AssigneeFilter::To(admin) => Some(admin.as_str()),
        AssigneeFilter::Unassigned => None,
    }
}

/// Returns the key and the id of a position.
fn seen(position: &Position) -> (i64, i64) {
    (position.key, position.id() as i64)
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}
