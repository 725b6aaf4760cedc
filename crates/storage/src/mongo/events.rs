//! Streams of events: change streams of the collection, which also see what another application writes.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bson::{RawDocument, RawDocumentBuf, doc};
use futures::{TryStreamExt, stream};
use mongodb::{
    action::{Action, Watch},
    change_stream::{ChangeStream, event::ResumeToken},
    error::{Error, ErrorKind},
    options::FullDocumentType,
};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use ventanilla_domain::{Message, Ticket, TicketEvents};

use super::{Inner, decode::read_version, error::from_read};
use crate::{EventStep, EventStream, EventToken, StoreError};

/// Longest time that the server waits for a change before it answers that there is none.
const IDLE: Duration = Duration::from_secs(1);
/// Wait before a stream that broke off is opened again.
const BACKOFF: Duration = Duration::from_millis(200);

impl Inner {
    /// Starts a stream after a position, or at the present.
    pub(super) async fn events(
        self: &Arc<Self>,
        after: Option<EventToken>,
    ) -> Result<EventStream, StoreError> {
        let lost = || StoreError::EventsLost { token: after.clone().unwrap_or_else(nowhere) };
        let collection = self.collection_id().await.map_err(from_read)?;
        let resume = after.as_ref().map(|token| collection.parse(token).ok_or_else(lost)).transpose()?;
        let opened = self.open(resume.clone()).await;
        let changes = opened.map_err(|error| if is_lost(&error) { lost() } else { from_read(error) })?;
        let token = resume.or_else(|| changes.resume_token());
        let start = collection.token(token.as_ref());
        let (store, changes) = (Arc::clone(self), Some(changes));
        let reader = Reader { store, collection, changes, token, broken: None };
        let steps = stream::unfold(Some(reader), async |reader| reader?.next().await);
        Ok(EventStream::new(start, steps))
    }

    /// Returns the id of the collection, as far as the role of the user may read it.
    async fn collection_id(&self) -> Result<CollectionId, Error> {
        let named = doc! { "name": self.tickets.name() };
        let found = async { self.database.list_collections().filter(named).await?.try_next().await };
        match found.await {
            Ok(Some(collection)) => Ok(CollectionId(collection.info.uuid.map(|uuid| hex(&uuid.bytes)))),
            // It was dropped, and with it all positions.
            Ok(None) => Ok(CollectionId(Some(String::new()))),
            Err(error) if is_forbidden(&error) => Ok(CollectionId(None)),
            Err(error) => Err(error),
        }
    }

    async fn open(&self, after: Option<ResumeToken>) -> Result<Changes, Error> {
        let kinds = ["insert", "update", "replace", "drop", "rename", "dropDatabase", "invalidate"];
        let kinds = doc! { "$match": { "operationType": { "$in": kinds.to_vec() } } };
        let changes = self.tickets.watch().pipeline([kinds]).max_await_time(IDLE);
        let changes = changes.full_document(FullDocumentType::UpdateLookup);
        let changes = changes.optional(after, Watch::resume_after).await?;
        Ok(changes.with_type())
    }
}

type Changes = ChangeStream<RawDocumentBuf>;

struct Reader {
    store: Arc<Inner>,
    collection: CollectionId,
    /// `None` after it broke off.
    changes: Option<Changes>,
    token: Option<ResumeToken>,
    /// Time at which the server was first not there, while it isn't.
    broken: Option<Instant>,
}

/// Reason for which there is no next change.
enum Stop {
    /// One ticket is unreadable.
    Unreadable(StoreError),
    /// The positions are gone, or so is the collection.
    Lost,
    Failed(Error),
}

impl Reader {
    /// Returns the next step. A stream that breaks off is opened again at its position, until the server
    /// was away for the time limit of the store. After an error the stream ends, unless it is that of one
    /// ticket.
    async fn next(mut self) -> Option<(Result<EventStep, StoreError>, Option<Self>)> {
        loop {
            match self.step().await {
                Ok(None) => self.broken = None,
                Ok(Some(step)) => {
                    self.broken = None;
                    return Some((Ok(step), Some(self)));
                }
                Err(Stop::Unreadable(error)) => return Some((Err(error), Some(self))),
                Err(Stop::Lost) => {
                    let token = self.collection.token(self.token.as_ref());
                    return Some((Err(StoreError::EventsLost { token }), None));
                }
                Err(Stop::Failed(error)) => {
                    self.changes = None;
                    let since = *self.broken.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.store.time_limit {
                        return Some((Err(from_read(error)), None));
                    }
                    sleep(BACKOFF).await;
                }
            }
        }
    }

    /// Reads the next change; `None` if nothing has moved.
    async fn step(&mut self) -> Result<Option<EventStep>, Stop> {
        let changes = match &mut self.changes {
            Some(changes) => changes,
            closed => {
                let opened = self.store.open(self.token.clone()).await;
                closed.insert(opened.map_err(Stop::of)?)
            }
        };
        let change = changes.next_if_any().await.map_err(Stop::of)?;
        if change.is_none() && !changes.is_alive() {
            return Err(Stop::Lost);
        }
        let moved = changes.resume_token().filter(|token| self.token.as_ref() != Some(token));
        let Some(text) = moved.as_ref().and_then(text) else { return Ok(None) };
        let token = self.collection.token(moved.as_ref());
        self.token = moved;
        let events = change.map(|change| self.read(&change, &text)).transpose()?.flatten();
        Ok(Some(EventStep { token, events }))
    }

    /// Returns the events of a change; `None` if its ticket is gone.
    fn read(&self, change: &RawDocument, token: &str) -> Result<Option<TicketEvents>, Stop> {
        let kind = change.get_str("operationType").unwrap_or_default();
        if !["insert", "update", "replace"].contains(&kind) {
            return Err(Stop::Lost);
        }
        let Ok(document) = change.get_document("fullDocument") else { return Ok(None) };
        let ticket = self.store.ids.decode_ticket(document).map_err(|problem| {
            let number = problem.to_unreadable(document).ticket_number;
            Stop::Unreadable(StoreError::Unreadable { number, source: Box::new(problem) })
        })?;
        let set =
            change.get_document("updateDescription").and_then(|it| it.get_document("updatedFields"));
        let version = set.as_ref().ok().and_then(|set| read_version(set.get("version").ok()??).ok());
        Ok(Some(match (kind, version, set) {
            ("insert", ..) => ticket.events_of(0),
            (_, Some(version), _) => ticket.events_of(version),
            (_, None, set) => {
                let messages = set.map(|set| added(set, &ticket)).unwrap_or_default();
                TicketEvents::of_other_application(&id(token), ticket.head().clone(), messages)
            }
        }))
    }
}

impl Stop {
    fn of(error: Error) -> Self {
        if is_lost(&error) { Self::Lost } else { Self::Failed(error) }
    }
}

/// Returns the messages that another application appended. Of a list that it set as a whole nobody knows
/// what is new, unless it has one message only.
fn added(set: &RawDocument, ticket: &Ticket) -> Vec<Message> {
    let fields = set.into_iter().filter_map(Result::ok);
    let places = fields.filter_map(|(field, value)| match field.as_str() {
        "messages" => value.as_array().filter(|list| list.into_iter().count() == 1).map(|_| 0),
        field => field.strip_prefix("messages.")?.parse::<usize>().ok(),
    });
    places.filter_map(|place| ticket.messages().get(place)).cloned().collect()
}

/// Returns a short id of a change.
fn id(token: &str) -> String {
    hex(Sha256::digest(token).iter().take(12))
}

fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    bytes.into_iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns whether the role of the user doesn't permit a command.
fn is_forbidden(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(failed) if failed.code == 13)
}

/// Returns whether the server no longer has the changes after a position, or doesn't know it.
fn is_lost(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(failed)
        if matches!(failed.code, 9 | 260 | 280 | 286 | 40585 | 40615 | 40647 | 40649 | 50811))
}

/// Id of the collection, in the tokens of its events: the servers give the same positions to all
/// collections. `None` if it is unknown.
struct CollectionId(Option<String>);

impl CollectionId {
    fn token(&self, position: Option<&ResumeToken>) -> EventToken {
        match (position.and_then(text), &self.0) {
            (Some(position), Some(id)) => EventToken::from_ascii(format!("{id}.{position}")),
            (Some(position), None) => EventToken::from_ascii(position),
            (None, _) => nowhere(),
        }
    }

    /// Returns the position of a token; `None` if it belongs to another collection.
    fn parse(&self, token: &EventToken) -> Option<ResumeToken> {
        let (id, position) = match token.as_str().split_once('.') {
            Some((id, position)) => (Some(id), position),
            None => (None, token.as_str()),
        };
        // One of the two was made or is read by a user who may not know the id.
        let is_own = id.is_none() || self.0.is_none() || id == self.0.as_deref();
        let document = BASE64_URL_SAFE_NO_PAD.decode(position).ok().filter(|_| is_own)?;
        bson::deserialize_from_slice(&document).ok()
    }
}

fn text(position: &ResumeToken) -> Option<String> {
    let document = bson::serialize_to_vec(position).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(document))
}

/// Returns the token of no position, for servers that give none.
fn nowhere() -> EventToken {
    EventToken::from_ascii("-")
}
