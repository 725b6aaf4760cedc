//! Encoding of tickets as documents.

use bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use ventanilla_domain::{
    Actor, Attachment, Author, CreationKey, Draft, Event, EventKind, Message, Note, Reference, Tag,
    Ticket, Timestamp, UserId, Waiting,
};

use super::ids::UserIdEncoding;
use crate::StoreError;

/// Field of the timers of earlier responses.
pub(super) const EARLIER: &str = "earlierResponses";

impl UserIdEncoding {
    pub(super) fn encode_ticket(self, ticket: &Ticket, id: ObjectId) -> Result<Document, StoreError> {
        let head = ticket.head();
        let list = |items: Result<Vec<Bson>, StoreError>| items.map(Bson::Array);
        let mut document = doc! {
            "_id": id,
            "userId": self.write(&head.requester)?,
            "ticketNumber": head.ticket_number.as_str(),
            "description": ticket.description().as_str(),
            "category": head.category.as_str(),
            "status": head.status.as_str(),
            "priority": head.priority.as_str(),
            "messages": list(ticket.messages().iter().map(|message| self.encode_message(message)).collect())?,
            "createdAt": date(head.created_at),
            "updatedAt": date(head.updated_at),
            "history": list(ticket.history().iter().map(|event| self.encode_event(event)).collect())?,
            "version": version(head.version),
        };
        let mut add = |name: &str, value: Option<Bson>| {
            if let Some(value) = value {
                document.insert(name, value);
            }
        };
        add("assigneeId", head.assignee.as_ref().map(|id| self.write(id)).transpose()?);
        add("firstResponseAt", head.first_response_at.map(date));
        add("resolvedAt", head.resolved_at.map(date));
        add("closedAt", head.closed_at.map(date));
        add("followUpOf", head.follow_up_of.as_ref().map(|number| number.as_str().into()));
        let about: Vec<Bson> = head.about.iter().map(reference).collect();
        add("about", Some(about).filter(|about| !about.is_empty()).map(Bson::Array));
        let tags: Vec<Bson> = head.tags.iter().map(tag).collect();
        add("tags", Some(tags).filter(|tags| !tags.is_empty()).map(Bson::Array));
        add("waiting", head.waiting.as_ref().map(waiting));
        add("handoffAt", head.handoff_at.map(date));
        add("draft", ticket.draft().map(draft));
        add("creationKey", ticket.creation_key().map(|key| self.encode_creation_key(key)).transpose()?);
        add("sla", head.sla.as_deref().map(|timers| self.encode_timers(timers)).transpose()?);
        if let Some(timers) = head.sla.as_deref().filter(|timers| !timers.earlier_responses.is_empty()) {
            add(EARLIER, Some(self.encode_earlier(timers)?.into()));
        }
        if !ticket.notes().is_empty() {
            add(
                "notes",
                Some(list(ticket.notes().iter().map(|note| self.encode_note(note)).collect())?),
            );
        }
        Ok(document)
    }

    pub(super) fn encode_message(self, message: &Message) -> Result<Bson, StoreError> {
        let mut document = doc! {
            "content": message.text.as_str(),
            "role": message.author.role().as_str(),
            "createdAt": date(message.created_at),
        };
        if let Author::Admin(Some(id)) = &message.author {
            document.insert("authorId", self.write(id)?);
        }
        if let Some(key) = &message.key {
            document.insert("key", key.as_str());
        }
        if message.version > 0 {
            document.insert("version", version(message.version));
        }
        if !message.attachments.is_empty() {
            let attachments: Vec<Bson> = message.attachments.iter().map(attachment).collect();
            document.insert("attachments", attachments);
        }
        Ok(document.into())
    }

    pub(super) fn encode_note(self, note: &Note) -> Result<Bson, StoreError> {
        let mut document = doc! { "text": note.text.as_str() };
        if let Some(by) = &note.by {
            document.insert("by", self.write(by)?);
        }
        document.insert("createdAt", date(note.created_at));
        if let Some(key) = &note.key {
            document.insert("key", key.as_str());
        }
        document.insert("version", version(note.version));
        Ok(document.into())
    }

    pub(super) fn encode_creation_key(self, key: &CreationKey) -> Result<Bson, StoreError> {
        Ok(doc! { "by": self.write(&key.by)?, "key": key.key.as_str() }.into())
    }

    fn actor(self, actor: &Actor) -> Result<Document, StoreError> {
        let mut document = doc! { "kind": actor.kind().as_str() };
        if let Some(id) = actor.user() {
            document.insert("id", self.write(id)?);
        }
        Ok(document)
    }

    fn optional(self, id: Option<&UserId>) -> Result<Bson, StoreError> {
        id.map_or(Ok(Bson::Null), |id| self.write(id))
    }

    pub(super) fn encode_event(self, event: &Event) -> Result<Bson, StoreError> {
        let by = self.actor(&event.by)?;
        let mut document = doc! { "at": date(event.at), "by": by, "version": version(event.version) };
        let mut change = |name: &str, from: Bson, to: Bson| {
            document.extend(doc! { "event": name, "from": from, "to": to });
        };
        match &event.kind {
            EventKind::StatusChanged { from, to } => {
                change(STATUS_CHANGED, from.as_str().into(), to.as_str().into());
            }
            EventKind::PriorityChanged { from, to } => {
                change(PRIORITY_CHANGED, from.as_str().into(), to.as_str().into());
            }
            EventKind::AssigneeChanged { from, to } => {
                change(ASSIGNEE_CHANGED, self.optional(from.as_ref())?, self.optional(to.as_ref())?);
            }
            EventKind::WaitingStarted { party, until } => {
                document.extend(doc! { "event": WAITING_STARTED, "for": party.as_str() });
                document.extend(until.map(|until| ("until".to_owned(), date(until))));
            }
            EventKind::Created => document.extend(doc! { "event": "CREATED" }),
            EventKind::NoteAdded => document.extend(doc! { "event": "NOTE_ADDED" }),
            EventKind::MessageAdded { role } => {
                document.extend(doc! { "event": "MESSAGE_ADDED", "role": role.as_str() });
            }
            // The others have no data of their own. An unknown kind is kept as extended JSON, so that its
            // values keep their types.
            other => {
                let json = serde_json::to_value(other).ok();
                let data = json.and_then(|json| Bson::try_from(json).ok());
                if let Some(Bson::Document(data)) = data {
                    document.extend(data);
                }
            }
        }
        Ok(document.into())
    }
}

pub(super) const STATUS_CHANGED: &str = "STATUS_CHANGED";
pub(super) const PRIORITY_CHANGED: &str = "PRIORITY_CHANGED";
pub(super) const ASSIGNEE_CHANGED: &str = "ASSIGNEE_CHANGED";
pub(super) const WAITING_STARTED: &str = "WAITING_STARTED";

fn attachment(file: &Attachment) -> Bson {
    doc! {
        "id": file.id.to_string(),
        "name": file.name.as_str(),
        "mediaType": file.media_type.as_str(),
        "bytes": version(file.bytes),
        "sha256": file.sha256.to_string(),
    }
    .into()
}

pub(super) fn tag(tag: &Tag) -> Bson {
    tag.as_str().into()
}

pub(super) fn reference(reference: &Reference) -> Bson {
    doc! { "kind": reference.kind(), "id": reference.id() }.into()
}

pub(super) fn waiting(waiting: &Waiting) -> Bson {
    let mut document = doc! { "since": date(waiting.since) };
    document.extend(waiting.until.map(|until| ("until".to_owned(), date(until))));
    document.insert("for", waiting.party.as_str());
    document.into()
}

pub(super) fn draft(draft: &Draft) -> Bson {
    let (created_at, version) = (date(draft.created_at), version(draft.version));
    doc! { "text": draft.text.as_str(), "createdAt": created_at, "version": version }.into()
}

pub(super) fn date(time: Timestamp) -> Bson {
    DateTime::from_millis(time.as_millis()).into()
}

pub(super) fn version(version: u64) -> Bson {
    i64::try_from(version).unwrap_or(i64::MAX).into()
}
