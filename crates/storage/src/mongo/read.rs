//! Documents as tickets: how each field is read, whoever wrote it.

use std::{fmt::Display, str::FromStr};

use bson::{Bson, Document};
use ventanilla_domain::{
    Actor, Author, CreationKey, Event, EventKind, Message, MessageText, Note, Role, Ticket, TicketHead,
    TicketRecord, Timestamp,
};

use super::{
    ids::UserIdForm,
    write::{ASSIGNEE_CHANGED, PRIORITY_CHANGED, STATUS_CHANGED},
};
use crate::Unreadable;

/// What is wrong with a stored document.
#[derive(Debug, thiserror::Error)]
#[error("field {field}: {problem}")]
pub(super) struct Malformed {
    field: String,
    problem: String,
}

impl Malformed {
    /// The report of a document that holds no ticket, with its number, whatever that is.
    pub(super) fn of(&self, document: &Document) -> Unreadable {
        let ticket_number = match document.get("ticketNumber") {
            Some(Bson::String(number)) if !number.is_empty() => number.clone(),
            other => other.map(ToString::to_string).unwrap_or_default(),
        };
        Unreadable { ticket_number, problem: self.to_string() }
    }
}

impl UserIdForm {
    /// A ticket of which everything was read.
    pub(super) fn whole(self, document: &Document) -> Result<Ticket, Malformed> {
        let description = required(document, "description", read_text)?;
        self.record(document, description).map(Ticket::from)
    }

    /// A head, of which the texts were left behind and `messageCount` was counted by the server.
    pub(super) fn head(self, document: &Document) -> Result<TicketHead, Malformed> {
        if !document.contains_key("messageCount") {
            // A server that repeats a command may forget what of the document was asked for.
            return self.whole(document).map(|ticket| ticket.head().clone());
        }
        let ticket = Ticket::from(self.record(document, MessageText::restore(""))?);
        let mut head = ticket.head().clone();
        head.message_count = required(document, "messageCount", read_count)?;
        Ok(head)
    }

    /// The events at the end of the history that were written with this version.
    pub(super) fn recorded(self, document: &Document, written: u64) -> Result<Vec<Event>, Malformed> {
        let of_version = |entry: &&Bson| {
            let found = entry.as_document().and_then(|entry| entry.get("version"));
            found.and_then(|found| read_version(found).ok()) == Some(written)
        };
        let recorded = document.get("recorded").or_else(|| document.get("history"));
        let entries = recorded.and_then(Bson::as_array).map_or(&[][..], Vec::as_slice);
        entries.iter().filter(of_version).map(|entry| self.read_event(entry)).collect()
    }

    fn record(self, document: &Document, description: MessageText) -> Result<TicketRecord, Malformed> {
        let id = |value: &Bson| self.read(value);
        required(document, "_id", |id| id.as_object_id().ok_or_else(|| unexpected(id)))?;
        Ok(TicketRecord {
            ticket_number: required(document, "ticketNumber", read_parsed)?,
            user_id: required(document, "userId", id)?,
            description,
            category: required(document, "category", read_parsed)?,
            status: optional(document, "status", read_parsed)?.unwrap_or_default(),
            priority: optional(document, "priority", read_parsed)?.unwrap_or_default(),
            messages: list(document, "messages", |message| self.read_message(message))?,
            created_at: required(document, "createdAt", read_date)?,
            updated_at: required(document, "updatedAt", read_date)?,
            assignee_id: optional(document, "assigneeId", id)?,
            first_response_at: optional(document, "firstResponseAt", read_date)?,
            resolved_at: optional(document, "resolvedAt", read_date)?,
            closed_at: optional(document, "closedAt", read_date)?,
            creation_key: optional(document, "creationKey", |key| self.read_creation_key(key))?,
            follow_up_of: optional(document, "followUpOf", read_parsed)?,
            sla: optional(document, "sla", |clocks| {
                self.read_clocks(clocks).map_err(|problem| problem.to_string())
            })?,
            notes: list(document, "notes", |note| self.read_note(note))?,
            history: list(document, "history", |event| self.read_event(event))?,
            version: optional(document, "version", read_version)?.unwrap_or_default(),
        })
    }

    fn read_message(self, value: &Bson) -> Result<Message, Malformed> {
        let message = nested(value, "messages")?;
        let author = match required(message, "role", read_parsed)? {
            Role::User => Author::Requester,
            Role::Admin => Author::Admin(optional(message, "authorId", |id| self.read(id))?),
            Role::SupportBot => Author::Bot,
        };
        let text = required(message, "content", read_text)?;
        let key = optional(message, "key", read_parsed)?;
        Ok(Message::new(author, text, required(message, "createdAt", read_date)?).with_key(key))
    }

    fn read_note(self, value: &Bson) -> Result<Note, Malformed> {
        let note = nested(value, "notes")?;
        Ok(Note {
            text: required(note, "text", read_text)?,
            by: required(note, "by", |id| self.read(id))?,
            created_at: required(note, "createdAt", read_date)?,
        })
    }

    fn read_creation_key(self, value: &Bson) -> Result<CreationKey, String> {
        let key = nested(value, "creationKey").map_err(|error: Malformed| error.to_string())?;
        Ok(CreationKey {
            by: required(key, "by", |id| self.read(id)).map_err(|error: Malformed| error.to_string())?,
            key: required(key, "key", read_parsed).map_err(|error: Malformed| error.to_string())?,
        })
    }

    fn read_event(self, value: &Bson) -> Result<Event, Malformed> {
        let event = nested(value, "history")?;
        let by = nested(event.get("by").unwrap_or(&Bson::Null), "by")?;
        let user = || required(by, "id", |id| self.read(id));
        let by = match required(by, "kind", read_str)? {
            "CUSTOMER" => Actor::Customer(user()?),
            "ADMIN" => Actor::Admin(user()?),
            "BOT" => Actor::Bot,
            "SYSTEM" => Actor::System,
            other => return Err(malformed("by.kind", format!("{other:?} is none"))),
        };
        let kind = match required(event, "event", read_str)? {
            "CREATED" => EventKind::Created,
            "NOTE_ADDED" => EventKind::NoteAdded,
            "MESSAGE_ADDED" => EventKind::MessageAdded { role: required(event, "role", read_parsed)? },
            STATUS_CHANGED => EventKind::StatusChanged {
                from: required(event, "from", read_parsed)?,
                to: required(event, "to", read_parsed)?,
            },
            PRIORITY_CHANGED => EventKind::PriorityChanged {
                from: required(event, "from", read_parsed)?,
                to: required(event, "to", read_parsed)?,
            },
            ASSIGNEE_CHANGED => EventKind::AssigneeChanged {
                from: optional(event, "from", |id| self.read(id))?,
                to: optional(event, "to", |id| self.read(id))?,
            },
            other => return Err(malformed("history.event", format!("{other:?} is none"))),
        };
        let version = optional(event, "version", read_version)?.unwrap_or_default();
        Ok(Event { at: required(event, "at", read_date)?, by, version, kind })
    }
}

/// A field that must be there.
pub(super) fn required<'a, T>(
    document: &'a Document,
    field: &str,
    read: impl FnOnce(&'a Bson) -> Result<T, String>,
) -> Result<T, Malformed> {
    let value = document.get(field).ok_or_else(|| malformed(field, "it is missing".into()))?;
    read(value).map_err(|problem| malformed(field, problem))
}

/// A field that may be missing or null.
pub(super) fn optional<'a, T>(
    document: &'a Document,
    field: &str,
    read: impl FnOnce(&'a Bson) -> Result<T, String>,
) -> Result<Option<T>, Malformed> {
    match document.get(field) {
        None | Some(Bson::Null) => Ok(None),
        Some(value) => read(value).map(Some).map_err(|problem| malformed(field, problem)),
    }
}

/// A list that may be missing or null.
pub(super) fn list<T>(
    document: &Document,
    field: &str,
    read: impl FnMut(&Bson) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    match document.get(field) {
        None | Some(Bson::Null) => Ok(Vec::new()),
        Some(Bson::Array(items)) => items.iter().map(read).collect(),
        Some(other) => Err(malformed(field, unexpected(other))),
    }
}

pub(super) fn nested<'a>(value: &'a Bson, field: &str) -> Result<&'a Document, Malformed> {
    value.as_document().ok_or_else(|| malformed(field, unexpected(value)))
}

fn read_str(value: &Bson) -> Result<&str, String> {
    value.as_str().ok_or_else(|| unexpected(value))
}

pub(super) fn read_text(value: &Bson) -> Result<MessageText, String> {
    read_str(value).map(MessageText::restore)
}

/// Reads a word or a text through its parser.
fn read_parsed<T: FromStr<Err: Display>>(value: &Bson) -> Result<T, String> {
    read_str(value)?.parse().map_err(|error: T::Err| error.to_string())
}

pub(super) fn read_date(value: &Bson) -> Result<Timestamp, String> {
    let date = value.as_datetime().ok_or_else(|| unexpected(value))?;
    Timestamp::from_millis(date.timestamp_millis()).map_err(|error| error.to_string())
}

pub(super) fn read_count(value: &Bson) -> Result<u32, String> {
    read_version(value).and_then(|count| u32::try_from(count).map_err(|error| error.to_string()))
}

/// Up to here every numeric type counts without a gap.
pub(super) const MOST_COUNTED: u64 = 1 << 53;

/// A whole number, of whatever numeric type a writer chose.
fn read_version(value: &Bson) -> Result<u64, String> {
    let whole = match value {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        Bson::Double(number) if *number >= 0.0 && number.fract() == 0.0 => Some(*number as u64),
        _ => None,
    };
    whole.filter(|number| *number < MOST_COUNTED).ok_or_else(|| format!("{value} is no whole number"))
}

pub(super) fn malformed(field: &str, problem: String) -> Malformed {
    Malformed { field: field.into(), problem }
}

/// A whole number below or above zero.
pub(super) fn read_whole(value: &Bson) -> Result<i64, String> {
    match value {
        Bson::Int32(number) => Ok((*number).into()),
        Bson::Int64(number) => Ok(*number),
        _ => Err(unexpected(value)),
    }
}

pub(super) fn read_bool(value: &Bson) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| unexpected(value))
}

fn unexpected(value: &Bson) -> String {
    format!("it is stored as {:?}", value.element_type())
}
