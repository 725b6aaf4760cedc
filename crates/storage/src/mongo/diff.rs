//! Differences between two records as an update, and the condition that what was read is still so.

use bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use ventanilla_domain::{Event, Message, Note, SlaMetric, Ticket, TicketRecord, Timestamp};

use super::{
    decode::Malformed,
    encode::{date, version},
    ids::UserIdForm,
    timers::{EARLIER, name, reading},
};
use crate::StoreError;

/// A document and the ticket in it.
#[derive(Debug)]
pub(super) struct Found {
    document: RawDocumentBuf,
    record: TicketRecord,
}

/// The fields that a rule looks at: a change is made only if they still are as they were read. The
/// version alone wouldn't do, since another application's writes leave it as it is.
const COMPARED: [&str; 9] = [
    "userId",
    "status",
    "priority",
    "assigneeId",
    "updatedAt",
    "firstResponseAt",
    "resolvedAt",
    "closedAt",
    "version",
];

/// The lists that a change appends to.
const LISTS: [&str; 4] = ["messages", "notes", "history", EARLIER];

impl Found {
    pub(super) fn decode(document: RawDocumentBuf, ids: UserIdForm) -> Result<Self, Malformed> {
        let record = ids.record(&document)?;
        Ok(Self { document, record })
    }

    pub(super) fn ticket(&self) -> Ticket {
        self.record.clone().into()
    }

    /// The document, as long as nobody has changed it.
    pub(super) fn condition(&self) -> Document {
        let mut condition = doc! { "ticketNumber": self.record.ticket_number.as_str() };
        for field in COMPARED {
            // Null stands for a missing field too.
            condition.insert(field, owned(self.document.get(field).ok().flatten()));
        }
        for list in LISTS {
            condition.insert(list, size(&self.document, list));
        }
        if let Some(timers) = self.timers() {
            for metric in SlaMetric::ALL {
                let timer = owned(timers.get(name(metric)).ok().flatten());
                // A document's first field could be read as an operator.
                condition.insert(format!("sla.{}", name(metric)), doc! { "$eq": timer });
            }
        }
        condition
    }

    /// The update that makes the stored ticket another one, field by field; `None` where it is that
    /// ticket already.
    pub(super) fn update_to(
        &self,
        after: &TicketRecord,
        ids: UserIdForm,
    ) -> Result<Option<Document>, StoreError> {
        let mut update = Update::default();
        self.fields(after, ids, &mut update)?;
        self.lists(after, ids, &mut update)?;
        self.sla(after, ids, &mut update)?;
        Ok(update.finish())
    }

    fn fields(
        &self,
        after: &TicketRecord,
        ids: UserIdForm,
        update: &mut Update,
    ) -> Result<(), StoreError> {
        let before = &self.record;
        if before.status != after.status {
            update.set("status", after.status.as_str());
        }
        if before.priority != after.priority {
            update.set("priority", after.priority.as_str());
        }
        if before.assignee_id != after.assignee_id {
            let assignee = after.assignee_id.as_ref().map(|id| ids.write(id)).transpose()?;
            update.set_or_unset("assigneeId", assignee);
        }
        if before.updated_at != after.updated_at {
            update.set("updatedAt", date(after.updated_at));
        }
        if before.version != after.version {
            update.set("version", version(after.version));
        }
        let mut timestamp = |field, before: Option<Timestamp>, after: Option<Timestamp>| {
            if before != after {
                update.set_or_unset(field, after.map(date));
            }
        };
        timestamp("firstResponseAt", before.first_response_at, after.first_response_at);
        timestamp("resolvedAt", before.resolved_at, after.resolved_at);
        timestamp("closedAt", before.closed_at, after.closed_at);
        Ok(())
    }

    fn lists(
        &self,
        after: &TicketRecord,
        ids: UserIdForm,
        update: &mut Update,
    ) -> Result<(), StoreError> {
        let before = &self.record;
        // Where no message is stored, the description stands for the first one.
        let shown = before.messages.len().max(1);
        if after.messages.len() > shown {
            let added = &after.messages[before.messages.len()..];
            let added = added.iter().map(|message| ids.message(message)).collect::<Result<_, _>>()?;
            update.append("messages", self.is_list("messages"), added);
        }
        if after.notes.len() > before.notes.len() {
            let added = &after.notes[before.notes.len()..];
            let added = added.iter().map(|note| ids.note(note)).collect::<Result<_, _>>()?;
            update.append("notes", self.is_list("notes"), added);
        }
        let recorded = recorded(&before.history, &after.history);
        if recorded > 0 {
            let added = &after.history[after.history.len() - recorded..];
            let added = added.iter().map(|event| ids.event(event)).collect::<Result<_, _>>()?;
            update.append("history", self.is_list("history"), added);
            if after.history.len() < before.history.len() + recorded {
                update.keep_last("history", after.history.len());
            }
        }
        Ok(())
    }

    fn sla(&self, after: &TicketRecord, ids: UserIdForm, update: &mut Update) -> Result<(), StoreError> {
        let (Some(before), Some(after)) = (&self.record.sla, &after.sla) else { return Ok(()) };
        if before == after {
            return Ok(());
        }
        for metric in SlaMetric::ALL {
            if before.of(metric) != after.of(metric) {
                let timer = after.of(metric).map(|timer| ids.clock(timer)).transpose()?;
                update.set_or_unset(format!("sla.{}", name(metric)), timer);
            }
        }
        if after.earlier_responses.len() > before.earlier_responses.len() {
            let added = &after.earlier_responses[before.earlier_responses.len()..];
            let added = added.iter().map(|timer| ids.clock(timer)).collect::<Result<_, _>>()?;
            update.append(EARLIER, self.is_list(EARLIER), added);
        }
        update.set_or_unset("sla.due", after.due().map(reading));
        update.set_or_unset("sla.risk", after.risk().map(reading));
        update.set_or_unset("sla.lastStop", after.last_stop().map(date));
        Ok(())
    }

    fn is_list(&self, field: &str) -> bool {
        self.document.get_array(field).is_ok()
    }

    fn timers(&self) -> Option<&RawDocument> {
        self.document.get_document("sla").ok()
    }
}

/// An update in the making.
#[derive(Default)]
struct Update {
    set: Document,
    unset: Document,
    push: Document,
}

impl Update {
    fn set(&mut self, field: &str, value: impl Into<Bson>) {
        self.set.insert(field, value);
    }

    fn set_or_unset(&mut self, field: impl Into<String>, value: Option<Bson>) {
        match value {
            Some(value) => self.set.insert(field, value),
            None => self.unset.insert(field, ""),
        };
    }

    /// Appends to a list, which is made where there is none.
    fn append(&mut self, field: &str, is_list: bool, added: Vec<Bson>) {
        if is_list {
            self.push.insert(field, doc! { "$each": added });
        } else {
            self.set.insert(field, added);
        }
    }

    fn keep_last(&mut self, field: &str, count: usize) {
        if let Ok(push) = self.push.get_document_mut(field) {
            push.insert("$slice", -i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    fn finish(self) -> Option<Document> {
        let mut update = Document::new();
        for (operator, fields) in [("$set", self.set), ("$unset", self.unset), ("$push", self.push)] {
            if !fields.is_empty() {
                update.insert(operator, fields);
            }
        }
        (!update.is_empty()).then_some(update)
    }
}

/// Counts the events that a history has got, of which the oldest may have been dropped meanwhile. Versions
/// don't tell: another application may have set that of the ticket back.
fn recorded(before: &[Event], after: &[Event]) -> usize {
    let kept = (0..=after.len()).rev().find(|kept| before.ends_with(&after[..*kept]));
    after.len() - kept.unwrap_or_default()
}

/// The condition that a list has as many items as it had, or that there still is none, whatever else
/// stands there.
fn size(document: &RawDocument, list: &str) -> Document {
    match document.get_array(list) {
        Ok(items) => doc! { "$size": items.into_iter().count() as i64 },
        Err(_) => doc! { "$not": { "$type": "array" } },
    }
}

fn owned(value: Option<RawBsonRef<'_>>) -> Bson {
    value.and_then(|value| Bson::try_from(value).ok()).unwrap_or(Bson::Null)
}

/// Evidence that a change is among those that led to a ticket: its version, and what it added.
pub(super) enum Trace {
    /// What was read is older than what the change was made on, and decides nothing.
    TooOld,
    /// The ticket is as far as what the change was made on.
    NotYet,
    /// This change led to the version.
    This,
    /// Another one did.
    Another,
    /// The ticket no longer tells.
    Gone,
}

/// Looks for the change that made `made` in the ticket as it is now.
pub(super) fn trace(now: &Ticket, made: &Ticket) -> Trace {
    let version = made.head().version;
    if now.head().version < version {
        let made_on = version - 1;
        return if now.head().version < made_on { Trace::TooOld } else { Trace::NotYet };
    }
    let found = Added::of(now, version);
    if found == Added::default() {
        Trace::Gone
    } else if found.is_same(&Added::of(made, version)) {
        Trace::This
    } else {
        Trace::Another
    }
}

/// Message, note and event that led to one version.
#[derive(Default, PartialEq)]
struct Added<'a> {
    message: Option<&'a Message>,
    note: Option<&'a Note>,
    event: Option<&'a Event>,
}

impl<'a> Added<'a> {
    fn of(ticket: &'a Ticket, version: u64) -> Self {
        Self {
            message: ticket.messages().iter().rev().find(|message| message.version == version),
            note: ticket.notes().iter().rev().find(|note| note.version == version),
            event: ticket.history().iter().rev().find(|event| event.version == version),
        }
    }

    /// Of a reply the status may have left the history, and the message stays.
    fn is_same(&self, other: &Self) -> bool {
        if self.message.is_some() || other.message.is_some() {
            return self.message == other.message;
        }
        self.note == other.note && self.event == other.event
    }
}
