//! Counts the outcomes of all requests.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::sleep;
use ventanilla_service::{Explain, Receipt, ServiceError, error::WriteOutcome};

/// Pause after an error, so that requests that fail at once leave the servers time for an election.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Default)]
pub(crate) struct Ledger {
    acknowledged: AtomicU64,
    refused: AtomicU64,
    /// Requests that were repeated because their outcome was unknown.
    unknown: AtomicU64,
    /// Repeated requests whose first attempt turned out to be applied.
    repeated: AtomicU64,
    codes: Mutex<BTreeMap<&'static str, u64>>,
}

impl Ledger {
    /// Repeats a request until its outcome is known, and returns the receipt if it was applied.
    ///
    /// A request that may have been applied is repeated with the same key; one that was surely not
    /// applied is dropped.
    pub(crate) async fn ask<F>(&self, request: impl Fn() -> F) -> Option<Receipt>
    where
        F: IntoFuture<Output = Result<Receipt, ServiceError>>,
    {
        let mut is_open = false;
        loop {
            let error = match request().await {
                Ok(receipt) => {
                    self.acknowledged.fetch_add(1, Relaxed);
                    let made_before = receipt.repeated || receipt.events.is_empty();
                    assert!(is_open || !made_before, "it was asked once: {receipt:?}");
                    self.repeated.fetch_add(u64::from(made_before), Relaxed);
                    return Some(receipt);
                }
                Err(error) => error,
            };
            *self.codes.lock().unwrap().entry(error.code()).or_default() += 1;
            match error.write_outcome() {
                WriteOutcome::NotApplied if is_open && error.is_retryable() => {}
                WriteOutcome::NotApplied => {
                    self.refused.fetch_add(1, Relaxed);
                    sleep(PAUSE).await;
                    return None;
                }
                WriteOutcome::Unknown | WriteOutcome::NotDurable => {
                    self.unknown.fetch_add(u64::from(!is_open), Relaxed);
                    is_open = true;
                }
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until so many more requests are acknowledged.
    pub(crate) async fn progress(&self, more: u64) {
        let enough = self.acknowledged.load(Relaxed) + more;
        while self.acknowledged.load(Relaxed) < enough {
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Relaxed)
    }

    pub(crate) fn unknown(&self) -> u64 {
        self.unknown.load(Relaxed)
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "acknowledged {}", self.acknowledged.load(Relaxed))?;
        writeln!(f, "refused or surely not made {}", self.refused.load(Relaxed))?;
        writeln!(f, "unknown and asked again {}", self.unknown.load(Relaxed))?;
        writeln!(f, "found made by then {}", self.repeated.load(Relaxed))?;
        writeln!(f, "errors {:?}", self.codes.lock().unwrap())
    }
}
