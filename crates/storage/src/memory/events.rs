//! Log of changes, and streams of their events.

use std::{
    collections::{VecDeque, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

use futures::{StreamExt, channel::mpsc, stream};
use ventanilla_domain::TicketEvents;

use super::{
    Inner,
    place::Seq,
    tickets::{read, write},
};
use crate::{EventStep, EventStream, EventToken, StoreError};

/// Number of changes that are kept for streams which are behind.
const KEPT: usize = 100_000;
/// Number of changes that a stream reads under one lock.
const PART: usize = 64;

/// The newest changes, in order.
#[derive(Debug)]
pub(super) struct Log {
    /// Tells the tokens of this store from those of another.
    id: u64,
    /// Position of the oldest change that is kept.
    first: u64,
    /// Ticket and version of each change.
    changes: VecDeque<(Seq, u64)>,
    /// Streams to wake after a change.
    streams: Vec<mpsc::Sender<()>>,
}

impl Default for Log {
    fn default() -> Self {
        let id = RandomState::new().build_hasher().finish();
        Self { id, first: 0, changes: VecDeque::new(), streams: Vec::new() }
    }
}

impl Log {
    /// Adds a change, and wakes the streams.
    pub(super) fn add(&mut self, seq: Seq, version: u64) {
        if self.changes.len() == KEPT {
            self.changes.pop_front();
            self.first += 1;
        }
        self.changes.push_back((seq, version));
        // A stream whose channel is full has been woken already.
        self.streams.retain_mut(|stream| match stream.try_send(()) {
            Ok(()) => true,
            Err(error) => error.is_full(),
        });
    }

    fn end(&self) -> u64 {
        self.first + self.changes.len() as u64
    }

    /// Returns the changes from a position on, at most a part; `None` if some are no longer kept.
    fn from(&self, position: u64) -> Option<Vec<(Seq, u64)>> {
        let skipped = usize::try_from(position.checked_sub(self.first)?).ok()?;
        (skipped <= self.changes.len())
            .then(|| self.changes.iter().skip(skipped).take(PART).copied().collect())
    }

    fn token(&self, position: u64) -> EventToken {
        token(self.id, position)
    }

    fn position(&self, token: &EventToken) -> Option<u64> {
        let (id, position) = token.as_str().strip_prefix('m')?.split_once('-')?;
        let position: u64 = position.parse().ok()?;
        let is_own = u64::from_str_radix(id, 16) == Ok(self.id);
        (is_own && (self.first..=self.end()).contains(&position)).then_some(position)
    }
}

fn token(id: u64, position: u64) -> EventToken {
    EventToken::from_ascii(format!("m{id:016x}-{position}"))
}

/// Starts a stream after a position, or at the end.
pub(super) fn stream(store: &Arc<Inner>, after: Option<EventToken>) -> Result<EventStream, StoreError> {
    let mut state = write(&store.state);
    let log = &mut state.log;
    let position = match after {
        None => log.end(),
        Some(token) => log.position(&token).ok_or(StoreError::EventsLost { token })?,
    };
    let (waker, woken) = mpsc::channel(0);
    log.streams.push(waker);
    let start = log.token(position);
    let reader = Reader { store: Arc::clone(store), position, woken };
    let parts = stream::unfold(Some(reader), async |reader| reader?.next().await);
    Ok(EventStream::new(start, parts.flat_map(stream::iter)))
}

struct Reader {
    store: Arc<Inner>,
    position: u64,
    woken: mpsc::Receiver<()>,
}

type Part = Vec<Result<EventStep, StoreError>>;

impl Reader {
    /// Returns the next part, once there is one. After an error the stream ends.
    async fn next(mut self) -> Option<(Part, Option<Self>)> {
        loop {
            match self.part() {
                Ok(part) if part.is_empty() => {
                    self.woken.next().await?;
                }
                Ok(part) => return Some((part, Some(self))),
                Err(error) => return Some((vec![Err(error)], None)),
            }
        }
    }

    fn part(&mut self) -> Result<Part, StoreError> {
        let state = read(&self.store.state);
        let id = state.log.id;
        let lost = || StoreError::EventsLost { token: token(id, self.position) };
        let changes = state.log.from(self.position).ok_or_else(lost)?;
        let first = self.position + 1;
        self.position += changes.len() as u64;
        let events = changes.into_iter().map(|(seq, version)| -> TicketEvents {
            state.ticket(&self.store.tickets, seq).events_of(version)
        });
        let steps = events.zip(first..).map(|(events, position)| {
            Ok(EventStep { token: token(id, position), events: Some(events) })
        });
        Ok(steps.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_changes_are_kept_and_older_positions_are_refused() {
        let mut log = Log::default();
        for version in 0..KEPT as u64 + 2 {
            log.add(0, version);
        }
        assert_eq!(log.from(1), None);
        assert_eq!(log.from(2).and_then(|part| part.first().copied()), Some((0, 2)));
        let end = KEPT as u64 + 2;
        assert_eq!(log.from(end - 1), Some(vec![(0, end - 1)]));
        assert_eq!(log.from(end), Some(Vec::new()));
        assert_eq!(log.from(end + 1), None);
        let known = |position| log.position(&log.token(position));
        assert_eq!([1, 2, end, end + 1].map(known), [None, Some(2), Some(end), None]);
        assert_eq!(Log::default().position(&log.token(2)), None, "it is of another store");
    }
}
