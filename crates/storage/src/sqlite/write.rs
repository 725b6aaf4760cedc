//! Group commit: concurrent changes are made in one transaction, which one caller commits for all.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::{
    select,
    sync::{Mutex as AsyncMutex, oneshot},
    task::spawn_blocking,
};
use ventanilla_domain::TicketNumber;

use super::error::{TransactionError, is_rolled_back, not_committed, not_made};
use crate::{BoxError, StoreError};

/// Wait between two attempts to begin a transaction. SQLite's own waits are up to a hundred times longer
/// and miss the gaps between the transactions of a busy process.
const RETRY_INTERVAL: Duration = Duration::from_millis(1);

/// Writing connection of a store, and the changes that wait for it.
pub(super) struct Writer {
    db: Arc<AsyncMutex<Connection>>,
    waiting: Arc<Waiting>,
    busy_timeout: Duration,
}

type Waiting = Mutex<Vec<Box<dyn Job>>>;

impl Writer {
    pub(super) fn new(db: Connection, busy_timeout: Duration) -> Self {
        Self { db: Arc::new(AsyncMutex::new(db)), waiting: Arc::default(), busy_timeout }
    }

    /// Makes a change of a ticket, and returns once it is committed. A cancelled caller leaves the change
    /// made completely or not at all.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        number: &TicketNumber,
        make: impl Fn(&Connection) -> Result<T, TransactionError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.busy_timeout;
        let (caller, mut answer) = oneshot::channel();
        let change = Change { number: number.clone(), deadline, make, made: None, caller };
        lock(&self.waiting).push(Box::new(change));
        let lost = |source: BoxError| StoreError::OutcomeUnknown { number: number.clone(), source };
        let db = select! {
            biased;
            answer = &mut answer => return answer.unwrap_or_else(|gone| Err(lost(gone.into()))),
            db = Arc::clone(&self.db).lock_owned() => db,
        };
        let waiting = Arc::clone(&self.waiting);
        let committed = spawn_blocking(move || commit_waiting(&db, &waiting, deadline)).await;
        match (answer.try_recv(), committed) {
            (Ok(answer), _) => answer,
            (Err(_), Err(broken)) => Err(lost(broken.into())),
            (Err(gone), Ok(())) => Err(lost(gone.into())),
        }
    }
}

/// Makes and commits all waiting changes, once no other connection writes.
fn commit_waiting(db: &Connection, waiting: &Waiting, deadline: Instant) {
    let begun = begin(db, deadline);
    let mut jobs = mem::take(&mut *lock(waiting));
    jobs.retain(|job| !job.is_given_up());
    match begun {
        Ok(transaction) => commit(db, transaction, jobs),
        Err(error) => {
            // Changes with a later deadline are tried again by their own callers.
            let (late, others): (Vec<_>, _) =
                jobs.into_iter().partition(|job| job.deadline() <= deadline);
            lock(waiting).extend(others);
            late.into_iter().for_each(|job| job.finish(Err(&error)));
        }
    }
}

/// Begins a transaction once no other connection writes. It is rolled back when dropped.
fn begin(db: &Connection, deadline: Instant) -> rusqlite::Result<Transaction<'_>> {
    loop {
        let begun = Transaction::new_unchecked(db, TransactionBehavior::Immediate);
        let code = begun.as_ref().err().and_then(rusqlite::Error::sqlite_error_code);
        if code != Some(ErrorCode::DatabaseBusy) || Instant::now() >= deadline {
            return begun;
        }
        thread::sleep(RETRY_INTERVAL);
    }
}

/// Makes changes in one transaction. If it cannot be committed, each change is tried in its own
/// transaction, so that a change for which the disk has no room fails alone.
fn commit(db: &Connection, transaction: Transaction<'_>, mut jobs: Vec<Box<dyn Job>>) {
    for job in &mut jobs {
        job.make(db);
        // Some errors roll the transaction back; further changes would be outside of it.
        if db.is_autocommit() {
            break;
        }
    }
    let was_rolled_back = db.is_autocommit();
    let committed = if was_rolled_back { Ok(()) } else { transaction.commit() };
    let none_made = was_rolled_back || committed.as_ref().is_err_and(is_rolled_back);
    if none_made && jobs.len() > 1 {
        return jobs.into_iter().for_each(|job| commit_alone(db, job));
    }
    jobs.into_iter().for_each(|job| job.finish(committed.as_ref().copied()));
}

fn commit_alone(db: &Connection, job: Box<dyn Job>) {
    match begin(db, job.deadline()) {
        Ok(transaction) => commit(db, transaction, vec![job]),
        Err(error) => job.finish(Err(&error)),
    }
}

/// Waiting change, of any result type.
trait Job: Send {
    /// Returns whether the caller was cancelled.
    fn is_given_up(&self) -> bool;

    /// Returns the end of the wait for a busy file.
    fn deadline(&self) -> Instant;

    fn make(&mut self, db: &Connection);

    /// Sends the result to the caller, given whether the transaction was committed.
    fn finish(self: Box<Self>, committed: Result<(), &rusqlite::Error>);
}

struct Change<T, M> {
    number: TicketNumber,
    deadline: Instant,
    make: M,
    made: Option<Result<T, StoreError>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, M> Job for Change<T, M>
where
    T: Send,
    M: Fn(&Connection) -> Result<T, TransactionError> + Send,
{
    fn is_given_up(&self) -> bool {
        self.caller.is_closed()
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn make(&mut self, db: &Connection) {
        self.made = Some((self.make)(db).map_err(StoreError::from));
    }

    fn finish(self: Box<Self>, committed: Result<(), &rusqlite::Error>) {
        let answer = match (self.made, committed) {
            (Some(made), Ok(())) => made,
            (Some(Ok(_)), Err(error)) => Err(not_committed(&self.number, error)),
            (Some(Err(own)), Err(_)) => Err(own),
            (None, Err(error)) => Err(not_made(error)),
            (None, Ok(())) => return,
        };
        // The caller may have been cancelled in the meantime.
        let _ = self.caller.send(answer);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
