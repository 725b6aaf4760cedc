//! Execution of commands on separate tasks within a time limit, and waits between attempts.

use std::{sync::Arc, time::Duration};

use bson::Document;
use mongodb::error::Error;
use rand::RngExt;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use super::{
    Inner,
    command::{self, Written},
    error::from_read,
};
use crate::{BoxError, StoreError};

/// End of the time limit of a call.
pub(super) type Deadline = Instant;

/// Command that took longer than the store's time limit.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(super) struct TimedOut(Duration);

/// Reason for which a command gave no answer.
enum NoAnswer {
    /// The command was never sent.
    NotSent(BoxError),
    /// The command may still be executed.
    Lost(BoxError),
}

impl Inner {
    pub(super) fn deadline(&self) -> Deadline {
        Instant::now() + self.time_limit
    }

    /// Returns the end of the time for attempts at a write. A tenth of the time limit is left for the
    /// answer, because a write without an answer has an unknown outcome.
    pub(super) fn last_write(&self, deadline: Deadline) -> Deadline {
        deadline - self.time_limit / 10
    }

    /// Runs a read.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        deadline: Deadline,
        command: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.run_detached(deadline, command).await {
            Ok(answer) => answer.map_err(from_read),
            Err(NoAnswer::NotSent(source) | NoAnswer::Lost(source)) => {
                Err(StoreError::Unavailable { source })
            }
        }
    }

    /// Sends a write command, once.
    pub(super) async fn send(self: &Arc<Self>, command: Document, deadline: Deadline) -> Written {
        let (database, concern) = (self.database.clone(), self.write_concern.clone());
        match self.run_detached(deadline, command::send(database, command, concern)).await {
            Ok(written) => written,
            Err(NoAnswer::NotSent(source)) => Written::NotNow(source),
            Err(NoAnswer::Lost(source)) => Written::Lost(source),
        }
    }

    /// Runs a command on its own task, so that a cancelled request cannot abandon a connection in the
    /// middle of a command.
    ///
    /// A request that is cancelled before its command has begun sends none. The number of concurrent
    /// commands is limited, so that commands of cancelled requests don't delay the others for long.
    async fn run_detached<T: Send + 'static>(
        self: &Arc<Self>,
        deadline: Deadline,
        command: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let timed_out = || Box::new(TimedOut(self.time_limit));
        let permit = match timeout_at(deadline, Arc::clone(&self.running).acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(closed)) => return Err(NoAnswer::NotSent(Box::new(closed))),
            Err(_) => return Err(NoAnswer::NotSent(timed_out())),
        };
        let task = async move {
            let answer = command.await;
            drop(permit);
            answer
        };
        match timeout_at(deadline, tokio::spawn(task.in_current_span())).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(broken)) => Err(NoAnswer::Lost(Box::new(broken))),
            Err(_) => Err(NoAnswer::Lost(timed_out())),
        }
    }
}

/// Waits between the attempts at a write.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// Number of waits so far.
    pub(super) count: u32,
    /// Reason for which the last attempt was not made, other than a write conflict.
    pub(super) cause: Option<BoxError>,
}

impl Waits {
    /// Waits for a random time whose limit doubles each time; returns `false` without waiting if that
    /// would pass the deadline.
    pub(super) async fn wait(&mut self, deadline: Deadline) -> bool {
        self.count += 1;
        let limit = Duration::from_millis(1 << self.count.min(7));
        let backoff = limit.mul_f64(rand::rng().random_range(0.0..1.0));
        if Instant::now() + backoff >= deadline {
            return false;
        }
        sleep(backoff).await;
        true
    }
}
