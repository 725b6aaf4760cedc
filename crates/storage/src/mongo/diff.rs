//! Updates from the differences between a ticket and its stored document, and the condition that the
//! document has not changed.

use bson::{Bson, Document, RawBsonRef, RawDocument, doc};
use ventanilla_domain::{Event, Message, Note, SlaMetric, Ticket, TicketHead, Timestamp};

use super::{
    decode::DecodeError,
    encode::{EARLIER, date, draft, reference, tag, version, waiting},
    ids::UserIdEncoding,
    timers::{business_time, name},
};
use crate::StoreError;

/// Ticket with the stored state from which it was decoded.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) ticket: Ticket,
    stored: Stored,
}

/// Stored state of a ticket, as far as changes depend on it.
#[derive(Debug, Clone)]
struct Stored {
    /// Stored head, in which derived fields may be missing or stale.
    head: TicketHead,
    /// Version of the stored draft, which another application may have left stale. No two drafts of a
    /// ticket have the same.
    draft: Option<u64>,
    /// Conditions that the compared fields are unchanged.
    compared: Document,
    lists: [List; LISTS.len()],
}

/// List to which changes append.
#[derive(Debug, Clone, Copy)]
struct List {
    /// Number of stored items; `None` if the field is no list.
    stored: Option<usize>,
    /// Number of items that were decoded.
    read: usize,
}

/// Fields that the business rules or the outcome depend on: a change is made only if they are unchanged.
/// Comparing the version is not enough, because another application doesn't raise it.
const COMPARED: [&str; 11] = [
    "userId",
    "category",
    "status",
    "priority",
    "assigneeId",
    "updatedAt",
    "firstResponseAt",
    "resolvedAt",
    "closedAt",
    "handoffAt",
    "version",
];

const LISTS: [&str; 4] = ["messages", "notes", "history", EARLIER];

impl Found {
    pub(super) fn decode(document: &RawDocument, ids: UserIdEncoding) -> Result<Self, DecodeError> {
        let record = ids.decode_record(document)?;
        let derived = (record.first_response_at, record.resolved_at, record.closed_at);
        let ended = (record.waiting, record.handoff_at);
        let draft = record.draft.as_ref().map(|draft| draft.version);
        let ticket = Ticket::from(record);
        let mut head = ticket.head().clone();
        (head.first_response_at, head.resolved_at, head.closed_at) = derived;
        (head.waiting, head.handoff_at) = ended;
        let stored = LISTS.map(|list| document.get_array(list).ok().map(|it| it.into_iter().count()));
        let lists = Stored::lists(&ticket, stored);
        Ok(Self { ticket, stored: Stored { head, draft, compared: compared(document), lists } })
    }

    /// Returns the condition that the document has not changed.
    pub(super) fn condition(&self) -> Document {
        let number = self.ticket.head().ticket_number.as_str();
        let mut condition = doc! { "ticketNumber": number };
        condition.extend(self.stored.compared.clone());
        for (name, list) in LISTS.iter().zip(self.stored.lists) {
            condition.insert(
                *name,
                match list.stored {
                    Some(items) => doc! { "$size": items as i64 },
                    None => doc! { "$not": { "$type": "array" } },
                },
            );
        }
        condition
    }

    /// Returns the update that stores the ticket as it is now, given the number of new events in its
    /// history; `None` if nothing differs.
    pub(super) fn update(
        &self,
        recorded: usize,
        ids: UserIdEncoding,
    ) -> Result<Option<Document>, StoreError> {
        let mut update = Update::default();
        self.fields(ids, &mut update)?;
        self.lists(recorded, ids, &mut update)?;
        self.sla(ids, &mut update)?;
        Ok(update.finish())
    }

    /// Returns the ticket with its stored state after that update.
    pub(super) fn updated(mut self, update: &Document) -> Self {
        let operator = |name| update.get_document(name).into_iter().flatten();
        let mut stored = self.stored.lists.map(|list| list.stored);
        for (field, value) in operator("$set") {
            match LISTS.iter().position(|list| list == field) {
                Some(list) => stored[list] = value.as_array().map(Vec::len),
                None => compare(&mut self.stored.compared, field, value.clone()),
            }
        }
        for (field, _) in operator("$unset") {
            compare(&mut self.stored.compared, field, Bson::Null);
        }
        for (field, push) in operator("$push") {
            let (Some(list), Some(push)) =
                (LISTS.iter().position(|list| list == field), push.as_document())
            else {
                continue;
            };
            let added = push.get_array("$each").map_or(0, Vec::len);
            let most = push.get_i64("$slice").map_or(usize::MAX, |last| last.unsigned_abs() as usize);
            stored[list] = stored[list].map(|items| most.min(items + added));
        }
        self.stored.head = self.ticket.head().clone();
        self.stored.draft = draft_version(&self.ticket);
        self.stored.lists = Stored::lists(&self.ticket, stored);
        self
    }

    fn fields(&self, ids: UserIdEncoding, update: &mut Update) -> Result<(), StoreError> {
        let (before, after) = (&self.stored.head, self.ticket.head());
        if before.status != after.status {
            update.set("status", after.status.as_str());
        }
        if before.priority != after.priority {
            update.set("priority", after.priority.as_str());
        }
        if before.assignee != after.assignee {
            let assignee = after.assignee.as_ref().map(|id| ids.write(id)).transpose()?;
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
        timestamp("handoffAt", before.handoff_at, after.handoff_at);
        if before.waiting != after.waiting {
            update.set_or_unset("waiting", after.waiting.as_ref().map(waiting));
        }
        if before.about != after.about {
            let stored = self.stored.list("about");
            update.set_or_unset("about", items(stored, &before.about, &after.about, reference));
        }
        if before.tags != after.tags {
            let stored = self.stored.list("tags");
            update.set_or_unset("tags", items(stored, &before.tags, &after.tags, tag));
        }
        if self.stored.draft != draft_version(&self.ticket) {
            update.set_or_unset("draft", self.ticket.draft().map(draft));
        }
        Ok(())
    }

    fn lists(
        &self,
        recorded: usize,
        ids: UserIdEncoding,
        update: &mut Update,
    ) -> Result<(), StoreError> {
        let [messages, notes, history, earlier] = self.stored.lists;
        let ticket = &self.ticket;
        // Without stored messages the description counts as the first one.
        if ticket.messages().len() > messages.read.max(1) {
            let added = added(ticket.messages(), messages.read, |message| ids.encode_message(message))?;
            update.append("messages", messages.stored.is_some(), added);
        }
        if ticket.notes().len() > notes.read {
            let added = added(ticket.notes(), notes.read, |note| ids.encode_note(note))?;
            update.append("notes", notes.stored.is_some(), added);
        }
        if recorded > 0 {
            let kept = ticket.history().len().saturating_sub(recorded);
            let added = added(ticket.history(), kept, |event| ids.encode_event(event))?;
            update.append("history", history.stored.is_some(), added);
            if kept < history.read {
                update.keep_last("history", ticket.history().len());
            }
        }
        let responses = ticket.head().sla.as_deref().map_or(&[][..], |sla| &sla.earlier_responses);
        if responses.len() > earlier.read {
            let added = added(responses, earlier.read, |timer| ids.encode_timer(timer))?;
            update.append(EARLIER, earlier.stored.is_some(), added);
        }
        Ok(())
    }

    fn sla(&self, ids: UserIdEncoding, update: &mut Update) -> Result<(), StoreError> {
        let (Some(before), Some(after)) = (&self.stored.head.sla, &self.ticket.head().sla) else {
            return Ok(());
        };
        if before == after {
            return Ok(());
        }
        for metric in SlaMetric::ALL {
            if before.of(metric) != after.of(metric) {
                let timer = after.of(metric).map(|timer| ids.encode_timer(timer)).transpose()?;
                update.set_or_unset(format!("sla.{}", name(metric)), timer);
            }
        }
        update.set_or_unset("sla.due", after.due().map(business_time));
        update.set_or_unset("sla.risk", after.at_risk_from().map(business_time));
        update.set_or_unset("sla.lastStop", after.last_stop().map(date));
        Ok(())
    }
}

impl Stored {
    /// Returns the items of a compared list.
    fn list(&self, field: &str) -> &[Bson] {
        let stored = self.compared.get_document(field).and_then(|equals| equals.get_array("$eq"));
        stored.map_or(&[], Vec::as_slice)
    }

    fn lists(ticket: &Ticket, stored: [Option<usize>; LISTS.len()]) -> [List; LISTS.len()] {
        let [messages, notes, history, earlier] = stored;
        let responses = ticket.head().sla.as_deref().map_or(0, |sla| sla.earlier_responses.len());
        [
            List { stored: messages, read: messages.unwrap_or_default() },
            List { stored: notes, read: ticket.notes().len() },
            List { stored: history, read: ticket.history().len() },
            List { stored: earlier, read: responses },
        ]
    }
}

fn draft_version(ticket: &Ticket) -> Option<u64> {
    ticket.draft().map(|draft| draft.version)
}

fn added<T>(
    items: &[T],
    before: usize,
    encode: impl FnMut(&T) -> Result<Bson, StoreError>,
) -> Result<Vec<Bson>, StoreError> {
    items[before..].iter().map(encode).collect()
}

/// Returns the stored items without those removed and with those added; `None` if none are left.
/// Items that this version can't read stay.
fn items<T: PartialEq>(
    stored: &[Bson],
    before: &[T],
    after: &[T],
    encode: impl Fn(&T) -> Bson,
) -> Option<Bson> {
    let encoded = |items: &[T], except: &[T]| -> Vec<Bson> {
        items.iter().filter(|item| !except.contains(item)).map(&encode).collect()
    };
    let removed = encoded(before, after);
    let kept = stored.iter().filter(|item| !removed.iter().any(|removed| is_same(item, removed)));
    let items: Vec<Bson> = kept.cloned().chain(encoded(after, before)).collect();
    Some(Bson::Array(items)).filter(|items| items.as_array().is_some_and(|items| !items.is_empty()))
}

/// Returns whether a stored item is the encoded one. Another application may have written its fields in
/// another order, or more fields.
fn is_same(stored: &Bson, encoded: &Bson) -> bool {
    match (stored, encoded) {
        (Bson::Document(stored), Bson::Document(encoded)) => {
            encoded.iter().all(|(field, value)| stored.get(field) == Some(value))
        }
        (stored, encoded) => stored == encoded,
    }
}

/// Returns the conditions that the compared fields, the wait and the timers are unchanged.
fn compared(document: &RawDocument) -> Document {
    let mut conditions = Document::new();
    for field in COMPARED {
        // Null matches a missing field too.
        conditions.insert(field, owned(document.get(field).ok().flatten()));
    }
    for field in ["waiting", "about", "tags"] {
        conditions.insert(field, equals(owned(document.get(field).ok().flatten())));
    }
    if let Ok(timers) = document.get_document("sla") {
        for metric in SlaMetric::ALL {
            let timer = owned(timers.get(name(metric)).ok().flatten());
            conditions.insert(format!("sla.{}", name(metric)), equals(timer));
        }
    }
    conditions
}

/// Replaces the condition of a field, if it is compared.
fn compare(conditions: &mut Document, field: &str, value: Bson) {
    if let Some(condition) = conditions.get_mut(field) {
        *condition = if COMPARED.contains(&field) { value } else { equals(value) };
    }
}

/// Returns an explicit equality: the first field of a plain document could be read as an operator.
fn equals(value: Bson) -> Bson {
    doc! { "$eq": value }.into()
}

/// Update under construction.
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

    /// Appends to a list, or creates it.
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

fn owned(value: Option<RawBsonRef<'_>>) -> Bson {
    value.and_then(|value| Bson::try_from(value).ok()).unwrap_or(Bson::Null)
}

/// Result of looking for a change in a ticket read later.
pub(super) enum Trace {
    /// The ticket is older than the one on which the change was based, and proves nothing.
    TooOld,
    /// The ticket has the version on which the change was based.
    NotYet,
    /// The change led to its version.
    This,
    /// Another change led to that version.
    Another,
    /// The ticket has no trace of that version any more.
    Gone,
}

/// Looks for the change that made `made` in the ticket `now`, by the message, note or event that it added.
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

/// Message, note and event that a change of one version added.
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

    /// Compares messages alone if there is one: the status event of a reply may have left the history.
    fn is_same(&self, other: &Self) -> bool {
        if self.message.is_some() || other.message.is_some() {
            return self.message == other.message;
        }
        self.note == other.note && self.event == other.event
    }
}
