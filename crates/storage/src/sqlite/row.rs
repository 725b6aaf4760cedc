//! Encoding and decoding of rows.

use rusqlite::{Row, types::ValueRef};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use ventanilla_domain::{
    BusinessTime, Draft, Event, Message, Note, Reference, SlaTimers, Status, Tag, Ticket, TicketHead,
    TicketRecord, Timestamp,
};

use crate::{
    StoreError,
    query::{due, is_handed_over, waiting_until},
};

/// Columns that a list reads.
pub(super) const HEAD: &str = "number, requester, assignee, category, status, priority, created, head";

/// Reason for which a row holds no ticket. It quotes no text of users.
#[derive(Debug, thiserror::Error)]
pub(super) enum DecodeError {
    #[error("invalid JSON in column {column}, at line {line}, character {character}")]
    Json { column: &'static str, line: usize, character: usize },
    #[error("column {0} contradicts the JSON of the ticket")]
    Contradiction(&'static str),
}

/// Fields of a head that only a newer version of these crates knows.
pub(super) type UnknownFields = Map<String, Value>;

#[derive(Serialize, Deserialize)]
struct Head {
    #[serde(flatten)]
    record: TicketRecord,
    #[serde(flatten)]
    unknown: UnknownFields,
}

#[derive(Serialize, Deserialize)]
struct Conversation {
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    notes: Vec<Note>,
    #[serde(default)]
    history: Vec<Event>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draft: Option<Box<Draft>>,
}

/// JSON texts of a row.
pub(super) struct Texts {
    head: String,
    conversation: String,
    labels: Option<String>,
}

impl Texts {
    pub(super) fn of(ticket: &Ticket, unknown: UnknownFields) -> Result<Self, StoreError> {
        let mut record = TicketRecord::from(ticket.clone());
        let conversation = Conversation {
            messages: std::mem::take(&mut record.messages),
            notes: std::mem::take(&mut record.notes),
            history: std::mem::take(&mut record.history),
            draft: record.draft.take(),
        };
        let labels = labels(ticket.head());
        let failed = |error| StoreError::Failed { source: Box::new(error) };
        Ok(Self {
            head: serde_json::to_string(&Head { record, unknown }).map_err(failed)?,
            conversation: serde_json::to_string(&conversation).map_err(failed)?,
            labels: labels.map(|labels| serde_json::to_string(&labels)).transpose().map_err(failed)?,
        })
    }

    /// Returns every column but the id.
    pub(super) fn columns<'a>(&'a self, head: &'a TicketHead) -> Vec<(&'static str, ValueRef<'a>)> {
        let timers = head.sla.as_deref();
        let resolved = (head.status == Status::Resolved).then(|| head.resolved_or_updated_at());
        let is_due = due(head);
        let risk = is_due.and(timers).and_then(SlaTimers::at_risk_from);
        let last_stop = timers.and_then(SlaTimers::last_stop);
        let last_due = timers.and_then(|timers| timers.all().map(|(_, timer)| timer.due).max());
        let handoff = head.handoff_at.filter(|_| is_handed_over(head));
        let mut columns = repeated(head).to_vec();
        columns.extend([
            ("resolved", integer(resolved.map(Timestamp::as_millis))),
            ("due", integer(is_due.map(BusinessTime::as_millis))),
            ("risk", integer(risk.map(BusinessTime::as_millis))),
            ("waiting_until", integer(waiting_until(head))),
            ("handoff", integer(handoff.map(Timestamp::as_millis))),
            ("last_stop", integer(last_stop.map(Timestamp::as_millis))),
            ("last_due", integer(last_due.map(BusinessTime::as_millis))),
            ("labels", self.labels.as_deref().map_or(ValueRef::Null, ValueRef::from)),
            ("head", self.head.as_str().into()),
            ("conversation", self.conversation.as_str().into()),
        ]);
        columns
    }
}

/// Reads a row of [`HEAD`]: the ticket without its conversation.
pub(super) fn read_head(row: &Row<'_>) -> Result<Ticket, DecodeError> {
    let record: TicketRecord = parse(row, "head")?;
    let ticket = Ticket::from(record);
    check(row, ticket.head())?;
    Ok(ticket)
}

/// Reads a whole row.
pub(super) fn read(row: &Row<'_>) -> Result<(Ticket, UnknownFields), StoreError> {
    let unreadable = |error: DecodeError| StoreError::Unreadable {
        number: text(row, "number"),
        source: Box::new(error),
    };
    read_parts(row).map_err(unreadable)
}

fn read_parts(row: &Row<'_>) -> Result<(Ticket, UnknownFields), DecodeError> {
    let Head { record, unknown } = parse(row, "head")?;
    let Conversation { messages, notes, history, draft } = parse(row, "conversation")?;
    let ticket = Ticket::from(TicketRecord { messages, notes, history, draft, ..record });
    check(row, ticket.head())?;
    Ok((ticket, unknown))
}

/// Reads a part of the JSON of a head, whether or not the rest is readable.
pub(super) fn read_part<T: DeserializeOwned>(row: &Row<'_>) -> Option<T> {
    parse(row, "head").ok()
}

/// Returns the text of a column, with invalid UTF-8 replaced.
pub(super) fn text(row: &Row<'_>, column: &str) -> String {
    String::from_utf8_lossy(bytes(row, column)).into_owned()
}

fn parse<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes(row, column)).map_err(|error| DecodeError::Json {
        column,
        line: error.line(),
        character: error.column(),
    })
}

fn bytes<'a>(row: &'a Row<'_>, column: &str) -> &'a [u8] {
    row.get_ref(column).ok().and_then(|value| value.as_bytes().ok()).unwrap_or_default()
}

/// Compares the columns that repeat fields of the ticket. The other columns are derived, which another
/// version may do in another way.
fn check(row: &Row<'_>, head: &TicketHead) -> Result<(), DecodeError> {
    let differs = |(column, value): &(&str, ValueRef<'_>)| row.get_ref(*column).ok() != Some(*value);
    match repeated(head).into_iter().find(differs) {
        Some((column, _)) => Err(DecodeError::Contradiction(column)),
        None => Ok(()),
    }
}

fn repeated(head: &TicketHead) -> [(&'static str, ValueRef<'_>); 7] {
    let assignee = head.assignee.as_ref().map_or(ValueRef::Null, |id| id.as_str().into());
    [
        ("number", head.ticket_number.as_str().into()),
        ("requester", head.requester.as_str().into()),
        ("assignee", assignee),
        ("category", head.category.as_str().into()),
        ("status", head.status.as_str().into()),
        ("priority", head.priority.as_str().into()),
        ("created", ValueRef::Integer(head.created_at.as_millis())),
    ]
}

fn labels(head: &TicketHead) -> Option<Vec<String>> {
    let all: Vec<_> = head.about.iter().map(about).chain(head.tags.iter().map(tag)).collect();
    Some(all).filter(|all| !all.is_empty())
}

/// Returns the label of a tag. The kind of a reference begins with another character.
pub(super) fn tag(tag: &Tag) -> String {
    format!("#{tag}")
}

/// Returns the label of a reference.
pub(super) fn about(about: &Reference) -> String {
    about.to_string()
}

fn integer(value: Option<i64>) -> ValueRef<'static> {
    value.map_or(ValueRef::Null, ValueRef::Integer)
}
