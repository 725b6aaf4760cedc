//! Results of one change to many tickets.

use ventanilla_domain::Explain;

use crate::{Receipt, ServiceError, observe::record};

/// Results of [one change to many tickets](crate::Admin::change_each).
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkOutcome {
    /// The result of each ticket, in the order in which they were first named.
    pub items: Vec<BulkItem>,
}

/// Result of one of many tickets.
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkItem {
    /// The number as it was given.
    pub input: String,
    /// The result of [`Admin::change`](crate::Admin::change): a receipt, also if the ticket was already in the requested
    /// state, or an error.
    pub result: Result<Receipt, ServiceError>,
}

impl BulkOutcome {
    /// Returns the number of tickets now in the requested state, including those already in it.
    #[must_use]
    pub fn done(&self) -> usize {
        self.items.iter().filter(|item| item.result.is_ok()).count()
    }

    /// Returns the number of errors.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.items.len() - self.done()
    }

    /// Records the numbers of tickets in the span, and the first error as its outcome.
    pub(crate) fn record(&self) {
        record("done", self.done());
        record("failed", self.failed());
        let error = self.items.iter().find_map(|item| item.result.as_ref().err());
        record("outcome", error.map_or("ok", Explain::code));
    }
}
