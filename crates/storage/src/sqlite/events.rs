//! Streams of events: reads of the table of changes, which triggers fill.

use std::time::Duration;

use futures::{StreamExt, stream};
use rusqlite::{Connection, OptionalExtension};
use tokio::{sync::watch, time::timeout};

use super::{SqliteStore, error::TransactionError, row};
use crate::{EventStep, EventStream, EventToken, StoreError};

/// Interval at which a stream looks for changes of other processes.
const INTERVAL: Duration = Duration::from_millis(100);
/// Number of changes that a stream reads at once.
const PART: usize = 64;

/// Starts a stream after a position, or at the end.
pub(super) async fn stream(
    store: &SqliteStore,
    after: Option<EventToken>,
) -> Result<EventStream, StoreError> {
    let woken = store.0.changed.subscribe();
    let position = match after {
        None => store.read(|db| Ok(kept(db)?.1)).await?,
        Some(token) => match position(&store.0.id, &token) {
            Some(position) => position,
            None => return Err(StoreError::EventsLost { token }),
        },
    };
    let mut reader = Reader { store: store.clone(), position, woken };
    // Events that are lost are found now.
    let first = reader.part().await?;
    let later = stream::unfold(Some(reader), async |reader| reader?.next().await);
    let parts = stream::once(async { first }).chain(later);
    Ok(EventStream::new(token(&store.0.id, position), parts.flat_map(stream::iter)))
}

struct Reader {
    store: SqliteStore,
    position: i64,
    woken: watch::Receiver<()>,
}

type Part = Vec<Result<EventStep, StoreError>>;

impl Reader {
    /// Returns the next part, once there is one. After an error the stream ends.
    async fn next(mut self) -> Option<(Part, Option<Self>)> {
        loop {
            self.woken.mark_unchanged();
            match self.part().await {
                Ok(part) if part.is_empty() => {
                    // Other processes wake nobody here, and the store that would is this reader's own.
                    let _ = timeout(INTERVAL, self.woken.changed()).await;
                }
                Ok(part) => return Some((part, Some(self))),
                Err(error) => return Some((vec![Err(error)], None)),
            }
        }
    }

    async fn part(&mut self) -> Result<Part, StoreError> {
        let (store, position) = (&self.store, self.position);
        let lost = || StoreError::EventsLost { token: token(&store.0.id, position) };
        let of = store.clone();
        let found = store.read(move |db| part(db, &of.0.id, position)).await?;
        let (part, last) = found.ok_or_else(lost)?;
        self.position = last;
        Ok(part)
    }
}

/// Reads the changes after a position, and the position of the last one; `None` if some are no longer
/// there.
fn part(db: &Connection, id: &str, position: i64) -> Result<Option<(Part, i64)>, TransactionError> {
    let (first, last) = kept(db)?;
    if !(first - 1..=last).contains(&position) {
        return Ok(None);
    }
    if position == last {
        return Ok(Some((Part::new(), position)));
    }
    let mut statement = db.prepare_cached(
        "SELECT position, version, ticket.* FROM ticket_change
            LEFT JOIN ticket ON ticket.id = ticket_change.ticket
            WHERE position > ?1 ORDER BY position LIMIT ?2",
    )?;
    let mut rows = statement.query((position, PART as i64))?;
    let (mut part, mut last) = (Part::new(), position);
    while let Some(row) = rows.next()? {
        last = row.get("position")?;
        let token = token(id, last);
        // A ticket that another program has deleted since has no events.
        let is_there = row.get::<_, Option<i64>>("id")?.is_some();
        let version = row.get::<_, Option<i64>>("version")?.unwrap_or_default().unsigned_abs();
        part.push(if is_there {
            row::read(row)
                .map(|(ticket, _)| EventStep { token, events: Some(ticket.events_of(version)) })
        } else {
            Ok(EventStep { token, events: None })
        });
    }
    Ok(Some((part, last)))
}

/// Returns the positions of the oldest change that is kept and of the last one.
fn kept(db: &Connection) -> Result<(i64, i64), TransactionError> {
    let first = db.prepare_cached("SELECT min(position) FROM ticket_change")?;
    let first: Option<i64> = { first }.query_row([], |row| row.get(0))?;
    let last = db.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'ticket_change'")?;
    let last: i64 = { last }.query_row([], |row| row.get(0)).optional()?.unwrap_or_default();
    Ok((first.unwrap_or(last + 1), last))
}

fn token(id: &str, position: i64) -> EventToken {
    EventToken::from_ascii(format!("s{id}-{position}"))
}

/// Returns the position of a token; `None` if it belongs to another file.
fn position(id: &str, token: &EventToken) -> Option<i64> {
    token.as_str().strip_prefix('s')?.strip_prefix(id)?.strip_prefix('-')?.parse().ok()
}
