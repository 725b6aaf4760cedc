//! Decoding of documents, whichever application wrote them.

use std::{fmt::Display, str::FromStr};

use bson::{RawBsonRef, RawDocument};
use ventanilla_domain::{
    Actor, Attachment, Author, CreationKey, Draft, Event, EventKind, FileName, MediaType, Message,
    MessageText, Note, Reference, Role, Tag, Ticket, TicketHead, TicketRecord, Timestamp, Waiting,
};

use super::{
    encode::{ASSIGNEE_CHANGED, PRIORITY_CHANGED, STATUS_CHANGED, WAITING_STARTED},
    ids::UserIdEncoding,
};
use crate::Unreadable;

/// Reason for which a document holds no ticket.
#[derive(Debug, thiserror::Error)]
#[error("field {field}: {problem}")]
pub(super) struct DecodeError {
    field: String,
    problem: String,
}

impl DecodeError {
    /// Reports the document, with the number that is stored.
    pub(super) fn to_unreadable(&self, document: &RawDocument) -> Unreadable {
        Unreadable { ticket_number: shown_number(document), problem: self.to_string() }
    }
}

/// Returns the number of a document as text, whatever its type.
pub(super) fn shown_number(document: &RawDocument) -> String {
    match document.get("ticketNumber") {
        Ok(Some(RawBsonRef::String(number))) if !number.is_empty() => number.to_owned(),
        Ok(Some(other)) => {
            bson::Bson::try_from(other).map(|value| value.to_string()).unwrap_or_default()
        }
        Ok(None) | Err(_) => String::new(),
    }
}

impl UserIdEncoding {
    /// Decodes a whole ticket.
    pub(super) fn decode_ticket(self, document: &RawDocument) -> Result<Ticket, DecodeError> {
        self.decode_record(document).map(Ticket::from)
    }

    /// Decodes the fields of a whole ticket as they are stored.
    ///
    /// Optional data that only these crates write are skipped if they are unreadable: a note, an event of
    /// the history, a key, the author of a message, a reference, a tag, a wait, a hand-over, a draft.
    pub(super) fn decode_record(self, document: &RawDocument) -> Result<TicketRecord, DecodeError> {
        let fields = Parsed::of(document);
        let description = required(&fields, "description", read_text)?;
        self.fields(&fields, description)
    }

    /// Decodes the head of a ticket from a document without texts. Without messages, a wait or a hand-over
    /// that another application's message has ended is still there.
    pub(super) fn decode_head(self, document: &RawDocument) -> Result<TicketHead, DecodeError> {
        let ticket = Ticket::from(self.fields(&Parsed::of(document), MessageText::from_stored(""))?);
        let mut head = ticket.head().clone();
        head.message_count = None;
        Ok(head)
    }

    fn fields(
        self,
        document: &Parsed<'_>,
        description: MessageText,
    ) -> Result<TicketRecord, DecodeError> {
        let id = |value: RawBsonRef<'_>| self.read(value);
        required(document, "_id", |id: RawBsonRef<'_>| id.as_object_id().ok_or_else(|| unexpected(id)))?;
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
            creation_key: self.creation_key_of(document),
            follow_up_of: optional(document, "followUpOf", read_parsed)?,
            about: readable(document, "about", read_reference).unwrap_or_default(),
            tags: readable(document, "tags", read_tag).unwrap_or_default(),
            waiting: optional_part(document, "waiting", read_waiting),
            handoff_at: optional_part(document, "handoffAt", read_date),
            draft: optional_part(document, "draft", read_draft).map(Box::new),
            sla: optional(document, "sla", |timers| {
                self.read_timers(timers, document).map_err(|problem| problem.to_string())
            })?,
            notes: readable(document, "notes", |note| self.read_note(note))?,
            history: readable(document, "history", |event| self.read_event(event))?,
            version: optional(document, "version", read_version)?.unwrap_or_default(),
        })
    }

    fn read_message(self, value: RawBsonRef<'_>) -> Result<Message, DecodeError> {
        let stored = nested(value, "messages")?;
        let author = match required(stored, "role", read_parsed)? {
            Role::User => Author::Requester,
            Role::Admin => {
                Author::Admin(optional(stored, "authorId", |id| self.read(id)).unwrap_or(None))
            }
            Role::SupportBot => Author::Bot,
        };
        let text = required(stored, "content", read_text)?;
        let key = optional(stored, "key", read_parsed).unwrap_or(None);
        let version = optional(stored, "version", read_version).unwrap_or(None).unwrap_or_default();
        let message = Message::new(author, text, required(stored, "createdAt", read_date)?);
        let attachments = readable(stored, "attachments", read_attachment).unwrap_or_default();
        Ok(message.with_key(key).with_version(version).with_attachments(attachments))
    }

    fn read_note(self, value: RawBsonRef<'_>) -> Result<Note, DecodeError> {
        let note = nested(value, "notes")?;
        // The bot's notes have no author.
        let by = optional(note, "by", |id| self.read(id))?;
        let text = required(note, "text", read_text)?;
        let key = optional(note, "key", read_parsed).unwrap_or(None);
        let version = optional(note, "version", read_version)?.unwrap_or_default();
        Ok(Note::new(by, text, required(note, "createdAt", read_date)?)
            .with_key(key)
            .with_version(version))
    }

    /// Decodes the creation key of a ticket, if it is readable.
    pub(super) fn creation_key_of<'a>(self, document: impl Fields<'a>) -> Option<CreationKey> {
        optional(document, "creationKey", |key| self.read_creation_key(key)).unwrap_or(None)
    }

    fn read_creation_key(self, value: RawBsonRef<'_>) -> Result<CreationKey, String> {
        let key = nested(value, "creationKey").map_err(|error: DecodeError| error.to_string())?;
        Ok(CreationKey {
            by: required(key, "by", |id| self.read(id))
                .map_err(|error: DecodeError| error.to_string())?,
            key: required(key, "key", read_parsed).map_err(|error: DecodeError| error.to_string())?,
        })
    }

    fn read_event(self, value: RawBsonRef<'_>) -> Result<Event, DecodeError> {
        let event = nested(value, "history")?;
        let by = event.get("by").ok().flatten().unwrap_or(RawBsonRef::Null);
        let by = nested(by, "by")?;
        let user = || required(by, "id", |id| self.read(id));
        let by = match required(by, "kind", read_str)? {
            "CUSTOMER" => Actor::Customer(user()?),
            "ADMIN" => Actor::Admin(user()?),
            "BOT" => Actor::Bot,
            "SYSTEM" => Actor::System,
            other => {
                return Err(decode_error("by.kind", format!("there is no kind of actor {other:?}")));
            }
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
            "WAITING_ENDED" => EventKind::WaitingEnded,
            "HANDED_OVER" => EventKind::HandedOver,
            "DRAFT_ADDED" => EventKind::DraftAdded,
            "DRAFT_DISCARDED" => EventKind::DraftDiscarded,
            WAITING_STARTED => match required(event, "for", read_parsed) {
                Ok(party) => {
                    EventKind::WaitingStarted { party, until: optional(event, "until", read_date)? }
                }
                // A newer version may know more parties.
                Err(_) => read_other_event(event)?,
            },
            _ => read_other_event(event)?,
        };
        let version = optional(event, "version", read_version)?.unwrap_or_default();
        Ok(Event { at: required(event, "at", read_date)?, by, version, kind })
    }
}

fn read_attachment(value: RawBsonRef<'_>) -> Option<Attachment> {
    let read = || {
        let file = nested(value, "attachments")?;
        let media_type: MediaType = required(file, "mediaType", read_parsed)?;
        Ok(Attachment::new(
            required(file, "id", read_parsed)?,
            required(file, "name", |name| Ok(FileName::clean(read_str(name)?, &media_type)))?,
            media_type,
            required(file, "bytes", read_version)?,
            required(file, "sha256", read_parsed)?,
        ))
    };
    let file: Result<Attachment, DecodeError> = read();
    file.ok()
}

fn read_reference(value: RawBsonRef<'_>) -> Option<Reference> {
    let value = value.as_document()?;
    Reference::new(value.get_str("kind").ok()?, value.get_str("id").ok()?).ok()
}

/// Reads a tag. One that isn't in lower case is unreadable, since no index finds it.
fn read_tag(value: RawBsonRef<'_>) -> Option<Tag> {
    let value = value.as_str()?;
    Tag::parse(value).ok().filter(|tag| tag.as_str() == value)
}

fn read_waiting(value: RawBsonRef<'_>) -> Result<Waiting, String> {
    let read = || {
        let waiting = nested(value, "waiting")?;
        Ok(Waiting {
            since: required(waiting, "since", read_date)?,
            until: optional(waiting, "until", read_date)?,
            party: required(waiting, "for", read_parsed)?,
        })
    };
    read().map_err(|problem: DecodeError| problem.to_string())
}

fn read_draft(value: RawBsonRef<'_>) -> Result<Draft, String> {
    let read = || {
        let draft = nested(value, "draft")?;
        let text = required(draft, "text", read_text)?;
        let created_at = required(draft, "createdAt", read_date)?;
        Ok(Draft::new(text, created_at, required(draft, "version", read_version)?))
    };
    read().map_err(|problem: DecodeError| problem.to_string())
}

/// Reads an event of a kind that this version doesn't know, through its extended JSON.
fn read_other_event(event: &RawDocument) -> Result<EventKind, DecodeError> {
    let unreadable = |problem: &dyn Display| decode_error("history.event", problem.to_string());
    let mut data = bson::Document::try_from(event).map_err(|problem| unreadable(&problem))?;
    for known in ["at", "by", "version"] {
        data.remove(known);
    }
    let json = bson::Bson::Document(data).into_relaxed_extjson();
    serde_json::from_value(json).map_err(|problem| unreadable(&problem))
}

/// Access to the fields of a document.
pub(super) trait Fields<'a>: Copy {
    fn value(self, field: &str) -> Result<Option<RawBsonRef<'a>>, DecodeError>;
}

impl<'a> Fields<'a> for &'a RawDocument {
    fn value(self, field: &str) -> Result<Option<RawBsonRef<'a>>, DecodeError> {
        self.get(field).map_err(|problem| decode_error(field, problem.to_string()))
    }
}

/// Fields of a document, found in one pass. A lookup in the raw document would pass over all fields
/// before the one it seeks.
pub(super) struct Parsed<'a> {
    fields: Vec<(&'a str, RawBsonRef<'a>)>,
    /// Error that ended the pass; further fields may exist.
    broken: Option<bson::error::Error>,
}

impl<'a> Parsed<'a> {
    fn of(document: &'a RawDocument) -> Self {
        let mut fields = Vec::with_capacity(24);
        for field in document {
            match field {
                Ok((name, value)) => fields.push((name.as_str(), value)),
                Err(error) => return Self { fields, broken: Some(error) },
            }
        }
        Self { fields, broken: None }
    }
}

impl<'a> Fields<'a> for &Parsed<'a> {
    fn value(self, field: &str) -> Result<Option<RawBsonRef<'a>>, DecodeError> {
        match (self.fields.iter().find(|(name, _)| *name == field), &self.broken) {
            (Some((_, value)), _) => Ok(Some(*value)),
            (None, None) => Ok(None),
            (None, Some(problem)) => Err(decode_error(field, problem.to_string())),
        }
    }
}

/// Decodes a field that must be present.
pub(super) fn required<'a, T>(
    document: impl Fields<'a>,
    field: &str,
    read: impl FnOnce(RawBsonRef<'a>) -> Result<T, String>,
) -> Result<T, DecodeError> {
    let value = document.value(field)?.ok_or_else(|| decode_error(field, "missing".into()))?;
    read(value).map_err(|problem| decode_error(field, problem))
}

/// Decodes a field that may be missing or null.
pub(super) fn optional<'a, T>(
    document: impl Fields<'a>,
    field: &str,
    read: impl FnOnce(RawBsonRef<'a>) -> Result<T, String>,
) -> Result<Option<T>, DecodeError> {
    match document.value(field)? {
        None | Some(RawBsonRef::Null) => Ok(None),
        Some(value) => read(value).map(Some).map_err(|problem| decode_error(field, problem)),
    }
}

/// Decodes a field of these crates that is skipped if it is unreadable.
pub(super) fn optional_part<'a, T>(
    document: impl Fields<'a>,
    field: &str,
    read: impl FnOnce(RawBsonRef<'a>) -> Result<T, String>,
) -> Option<T> {
    optional(document, field, read).unwrap_or(None)
}

/// Decodes a list that may be missing or null.
fn list<'a, T>(
    document: impl Fields<'a>,
    field: &str,
    mut read: impl FnMut(RawBsonRef<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut found = Vec::new();
    for item in items(document, field)? {
        found.push(read(item.map_err(|problem| decode_error(field, problem.to_string()))?)?);
    }
    Ok(found)
}

/// Decodes the readable items of a list.
pub(super) fn readable<'a, T, R: IntoIterator<Item = T>>(
    document: impl Fields<'a>,
    field: &str,
    read: impl FnMut(RawBsonRef<'a>) -> R,
) -> Result<Vec<T>, DecodeError> {
    let items = items(document, field)?;
    Ok(items.filter_map(Result::ok).flat_map(read).collect())
}

fn items<'a>(
    document: impl Fields<'a>,
    field: &str,
) -> Result<impl Iterator<Item = bson::error::Result<RawBsonRef<'a>>>, DecodeError> {
    match document.value(field)? {
        None | Some(RawBsonRef::Null) => Ok(None.into_iter().flatten()),
        Some(RawBsonRef::Array(items)) => Ok(Some(items.into_iter()).into_iter().flatten()),
        Some(other) => Err(decode_error(field, unexpected(other))),
    }
}

pub(super) fn nested<'a>(value: RawBsonRef<'a>, field: &str) -> Result<&'a RawDocument, DecodeError> {
    value.as_document().ok_or_else(|| decode_error(field, unexpected(value)))
}

fn read_str(value: RawBsonRef<'_>) -> Result<&str, String> {
    value.as_str().ok_or_else(|| unexpected(value))
}

pub(super) fn read_text(value: RawBsonRef<'_>) -> Result<MessageText, String> {
    read_str(value).map(MessageText::from_stored)
}

/// Decodes a value by its parser.
fn read_parsed<T: FromStr<Err: Display>>(value: RawBsonRef<'_>) -> Result<T, String> {
    read_str(value)?.parse().map_err(|error: T::Err| error.to_string())
}

pub(super) fn read_date(value: RawBsonRef<'_>) -> Result<Timestamp, String> {
    let date = value.as_datetime().ok_or_else(|| unexpected(value))?;
    Timestamp::from_millis(date.timestamp_millis()).map_err(|error| error.to_string())
}

pub(super) fn read_count(value: RawBsonRef<'_>) -> Result<u32, String> {
    read_version(value).and_then(|count| u32::try_from(count).map_err(|error| error.to_string()))
}

/// Decodes a whole number of any numeric type. A double is exact up to 2^53.
pub(super) fn read_version(value: RawBsonRef<'_>) -> Result<u64, String> {
    const LARGEST_EXACT: f64 = (1_u64 << 53) as f64;
    let whole = match value {
        RawBsonRef::Int32(number) => u64::try_from(number).ok(),
        RawBsonRef::Int64(number) => u64::try_from(number).ok(),
        RawBsonRef::Double(number)
            if (0.0..LARGEST_EXACT).contains(&number) && number.fract() == 0.0 =>
        {
            Some(number as u64)
        }
        _ => None,
    };
    whole.ok_or_else(|| format!("{value:?} is not a whole number"))
}

pub(super) fn decode_error(field: &str, problem: String) -> DecodeError {
    DecodeError { field: field.into(), problem }
}

/// Decodes a signed whole number.
pub(super) fn read_whole(value: RawBsonRef<'_>) -> Result<i64, String> {
    match value {
        RawBsonRef::Int32(number) => Ok(number.into()),
        RawBsonRef::Int64(number) => Ok(number),
        _ => Err(unexpected(value)),
    }
}

pub(super) fn read_bool(value: RawBsonRef<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| unexpected(value))
}

fn unexpected(value: RawBsonRef<'_>) -> String {
    format!("unexpected type {:?}", value.element_type())
}

#[cfg(test)]
mod tests {
    use bson::{RawDocumentBuf, doc, oid::ObjectId};

    use super::*;

    #[test]
    fn an_event_of_an_unknown_kind_round_trips() {
        let stored = doc! {
            "at": bson::DateTime::from_millis(0),
            "by": { "kind": "SYSTEM" },
            "version": 3_i64,
            "event": "MERGED",
            "tag": "vip",
            "tagId": ObjectId::from_bytes([7; 12]),
            "since": bson::DateTime::from_millis(1_700_000_000_123),
            "none": null,
            "list": [1, 0.5, { "nested": true }],
        };
        let raw = RawDocumentBuf::try_from(&stored).unwrap();
        let codec = UserIdEncoding::ObjectId;
        let event = codec.read_event(RawBsonRef::Document(&raw)).unwrap();
        assert!(matches!(&event.kind, EventKind::Other(other) if other.name() == "MERGED"));
        assert_eq!(codec.encode_event(&event).unwrap(), stored.into());
    }
}
