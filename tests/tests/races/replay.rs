//! Replays the writes to a collection one by one.

use std::collections::{BTreeMap, HashMap};

use bson::{Bson, Document, oid::ObjectId};
use futures::TryStreamExt;
use mongodb::change_stream::{
    ChangeStream,
    event::{ChangeStreamEvent, UpdateDescription},
};
use ventanilla_service::{
    Change, Event, MessageText, Policy, ServiceError, Status, Timestamp,
    store::{Command, Outcome, Ticket, TicketRecord},
    ticket::Actor,
};
use ventanilla_tests::plain;

use super::other_writer::{Answers, asked, number_of};

/// Tickets that result from the writes to a collection, and the changes of ours among these writes.
#[derive(Default)]
pub(crate) struct Replay {
    tickets: HashMap<ObjectId, Document>,
    /// Events of each change of ours, by its number.
    made: BTreeMap<usize, Vec<Event>>,
    /// Number of confirmations by requesters, which carry no number.
    confirmed: usize,
}

impl Replay {
    /// Reads all writes up to the insertion of the last document.
    ///
    /// # Panics
    /// If a change of ours isn't what the domain makes of the ticket as it was stored just before.
    pub(crate) async fn of(
        mut writes: ChangeStream<ChangeStreamEvent<Document>>,
        last: &Bson,
        policy: &Policy,
    ) -> Self {
        let mut replay = Self::default();
        loop {
            let write = writes.try_next().await.unwrap().expect("the stream has no end");
            let key = write.document_key.unwrap();
            if key.get("_id") == Some(last) {
                return replay;
            }
            let id = key.get_object_id("_id").unwrap();
            match (write.update_description, write.full_document) {
                (Some(update), _) => replay.update(id, update, policy),
                (None, Some(opened)) => assert!(replay.tickets.insert(id, opened).is_none()),
                (None, None) => panic!("{:?}", write.operation_type),
            }
        }
    }

    pub(crate) fn changes(&self) -> usize {
        self.made.len() + self.confirmed
    }

    fn update(&mut self, id: ObjectId, update: UpdateDescription, policy: &Policy) {
        let stored = self.tickets.get_mut(&id).unwrap();
        if !update.updated_fields.contains_key("version") {
            is_theirs(&update);
            apply(stored, update);
            return;
        }
        let before = ticket(stored);
        apply(stored, update);
        let after = ticket(stored);
        let (number, at) = found(&after);
        let (by, change) = match number {
            Some(number) => asked(number),
            None => (Actor::Customer(before.head().requester.clone()), Change::status(Status::Closed)),
        };
        let command = Command::new(&by, at, policy, change).unwrap();
        let mut expected = before.clone();
        let outcome = command.apply(&mut expected);
        let Outcome::Applied { events, .. } = outcome else {
            panic!("{command:?} was made, and this was to come of it: {outcome:?}\n{before:?}")
        };
        assert_eq!(after, expected, "{command:?}\n{before:?}");
        match number {
            Some(number) => {
                assert!(self.made.insert(number, events).is_none(), "{number} is made twice")
            }
            None => self.confirmed += 1,
        }
    }

    /// Asserts that each acknowledged change caused the events of its receipt, and that no other
    /// change left a trace.
    pub(crate) fn made_what_was_acknowledged(&self, answers: &Answers) {
        let mut confirmed = 0;
        for (number, answer) in answers {
            let told = match answer {
                Ok(receipt) => &receipt.events[..],
                Err(ServiceError::Refused { .. }) => &[],
                Err(error) => panic!("{number}: {error:?}"),
            };
            let (by, change) = asked(*number);
            if matches!(by, Actor::Customer(_)) && change == Change::status(Status::Closed) {
                confirmed += usize::from(!told.is_empty());
                continue;
            }
            let mut made = self.made.get(number).cloned().unwrap_or_default();
            if !matches!(by, Actor::Admin(_)) {
                // Versions are for the desk alone.
                made.iter_mut().for_each(|event| event.version = 0);
            }
            assert_eq!(made, told, "{number}: {answer:?}");
        }
        assert_eq!(self.confirmed, confirmed);
    }

    /// Asserts that the stored documents are the result of the writes, so that none is missing here.
    pub(crate) fn led_to(&self, stored: &[Document]) {
        for document in stored {
            let replayed = &self.tickets[&document.get_object_id("_id").unwrap()];
            assert_eq!(ticket(document), ticket(replayed), "{document}\n{replayed}");
        }
    }
}

/// Returns the number, if known, and the time of the change that led to a ticket's version.
fn found(ticket: &Ticket) -> (Option<usize>, Timestamp) {
    let version = ticket.head().version;
    let number = |text: &MessageText| text.as_str().strip_prefix("ours ").unwrap().parse().unwrap();
    if let Some(message) = ticket.messages().iter().find(|message| message.version == version) {
        return (Some(number(&message.text)), message.created_at);
    }
    if let Some(note) = ticket.notes().iter().find(|note| note.version == version) {
        return (Some(number(&note.text)), note.created_at);
    }
    let event = ticket.history().iter().find(|event| event.version == version).unwrap();
    let by = if let Actor::Admin(id) = &event.by { Some(number_of(id)) } else { None };
    (by, event.at)
}

/// A write that counts no version is none of ours.
fn is_theirs(update: &UpdateDescription) {
    for (field, value) in &update.updated_fields {
        let is_theirs = match value {
            Bson::Document(message) => {
                field.starts_with("messages.")
                    && message.get_str("content").unwrap().starts_with("theirs")
            }
            _ => ["status", "priority", "assigneeId"].contains(&field.as_str()),
        };
        assert!(is_theirs, "{field}: {value}");
    }
    assert!(update.removed_fields.is_empty(), "{update:?}");
}

fn apply(document: &mut Document, update: UpdateDescription) {
    assert_eq!(update.truncated_arrays.unwrap_or_default().len(), 0);
    for (path, value) in update.updated_fields {
        let (last, parent) = walk(document, &path);
        match parent {
            Parent::Fields(fields) => drop(fields.insert(last, value)),
            Parent::Items(items) => {
                assert_eq!(last.parse(), Ok(items.len()), "{path} is appended");
                items.push(value);
            }
        }
    }
    for path in update.removed_fields {
        if let (last, Parent::Fields(fields)) = walk(document, &path) {
            fields.remove(last);
        }
    }
}

/// Container of the last step of a path.
enum Parent<'a> {
    Fields(&'a mut Document),
    Items(&'a mut Vec<Bson>),
}

fn walk<'a, 'p>(document: &'a mut Document, path: &'p str) -> (&'p str, Parent<'a>) {
    let Some((first, rest)) = path.split_once('.') else { return (path, Parent::Fields(document)) };
    match document.get_mut(first) {
        Some(Bson::Document(fields)) => walk(fields, rest),
        Some(Bson::Array(items)) => (rest, Parent::Items(items)),
        other => panic!("{path} in {other:?}"),
    }
}

/// Decodes a document as the domain does, from its JSON form, without the store's decoding.
fn ticket(document: &Document) -> Ticket {
    let record: TicketRecord = bson::deserialize_from_bson(plain(document)).unwrap();
    Ticket::from(record)
}
