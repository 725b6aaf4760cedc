//! Conformance suite for stores: tests of every obligation of [`TicketStore`] that is visible from
//! outside.
//!
//! A store adds one test, in the runtime that it needs:
//!
//! ```
//! use ventanilla_storage::{MemoryStore, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! conformance::check(async || MemoryStore::new()).await.assert_complete();
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Streams of events are optional. The cases of a store that has none are skipped, and the [`Summary`] names
//! them; `assert_complete` makes that a failure.
//!
//! Some obligations need more than one new store:
//!
//! | function | tests | for |
//! |---|---|---|
//! | [`check`] | one handle on an empty store | every store |
//! | [`check_shared`] | two handles on one database | stores for several processes |
//! | [`check_reopened`] | a store that is closed and opened again | persistent stores |
//! | [`check_unreadable`] | a ticket that cannot be read | stores that others can write to |
//! | [`check_case`] | one case of [`check`] | a store under development |

mod attachments;
mod bot;
mod counts;
mod due;
mod events;
mod get;
mod insert;
mod labels;
mod list;
mod listing;
mod older;
mod race;
mod refuse;
mod reopened;
mod report;
mod resolved_until;
mod shared;
mod support;
mod texts;
mod timer_changes;
mod timers;
mod unreadable;
mod update;
mod waiting;
mod walk;

use std::{any::Any, fmt, panic::AssertUnwindSafe};

use futures::{FutureExt, future::LocalBoxFuture};

#[cfg(doc)]
use crate::StoreError;
use crate::TicketStore;

pub use reopened::check_reopened;
pub use shared::check_shared;
pub use unreadable::check_unreadable;

/// Runs every case of the suite, apart from those of capabilities that the store declares not to have.
///
/// Each case gets a new empty store from `make`; one of the streams of events gets two, which must have
/// different data. User ids are 24 hexadecimal digits. No case reads the clock or depends on a runtime. A stream of
/// events that gives nothing for 30 seconds fails.
///
/// A store declares by [`StoreError::NoEvents`] that it has no stream of events, as the default method does.
/// The cases of events are then skipped: their names are written to standard error and are part of the result.
///
/// # Panics
///
/// If cases fail. All cases are run first, and the message names those that failed, with their reasons.
/// [`check_case`] runs a single one.
pub async fn check<S: TicketStore>(make: impl AsyncFn() -> S) -> Summary {
    let mut results = Results::default();
    for case in suite() {
        results.run(case.name, async { (case.run)(&make().await).await }).await;
    }
    let mut skipped = Vec::new();
    if events::are_declared(&make().await).await {
        for name in events::names() {
            results.run(name, events::run(&make, name)).await;
        }
    } else {
        skipped.extend(events::names());
    }
    let summary = Summary { passed: results.all_passed(), skipped };
    if !summary.skipped.is_empty() {
        eprintln!("{summary}");
    }
    summary
}

/// Result of [`check`] on a store that conforms.
///
/// ```
/// # use ventanilla_storage::{MemoryStore, conformance};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let summary = conformance::check(async || MemoryStore::new()).await;
/// assert!(summary.passed() > 50 && summary.skipped().is_empty());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "cases may have been skipped"]
pub struct Summary {
    passed: usize,
    skipped: Vec<&'static str>,
}

impl Summary {
    /// Returns the number of cases, all of which passed.
    #[must_use]
    pub const fn passed(&self) -> usize {
        self.passed
    }

    /// Returns the names of the cases that were not run, because the store declares not to have what they
    /// test.
    #[must_use]
    pub fn skipped(&self) -> &[&'static str] {
        &self.skipped
    }

    /// Asserts that no case was skipped: the store has every optional capability.
    ///
    /// # Panics
    ///
    /// If a case was skipped. The message has the names.
    pub fn assert_complete(&self) {
        assert!(self.skipped.is_empty(), "{self}");
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases passed", self.passed)?;
        if self.skipped.is_empty() {
            return Ok(());
        }
        let (skipped, names) = (self.skipped.len(), self.skipped.join(", "));
        write!(f, "; {skipped} were skipped, because the store has no stream of events: {names}")
    }
}

/// Runs one case of the suite, by the name that [`check`] reports.
///
/// ```
/// use ventanilla_storage::{MemoryStore, conformance};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// conformance::check_case(async || MemoryStore::new(), "one_of_many_claims_wins").await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If the case fails, or if there is no case of this name; the message then lists all names.
///
/// ```should_panic
/// use ventanilla_storage::{MemoryStore, conformance};
///
/// # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
/// conformance::check_case(async || MemoryStore::new(), "one_of_many").await;
/// # });
/// ```
pub async fn check_case<S: TicketStore>(make: impl AsyncFn() -> S, name: &str) {
    let suite = suite();
    if let Some(case) = suite.iter().find(|case| case.name == name) {
        (case.run)(&make().await).await;
    } else if events::names().any(|case| case == name) {
        events::run(&make, name).await;
    } else {
        let names: Vec<&str> = suite.iter().map(|case| case.name).chain(events::names()).collect();
        panic!("there is no case {name:?}; there are: {}", names.join(", "));
    }
}

fn suite() -> Vec<Case<Run>> {
    [
        insert::CASES,
        get::CASES,
        update::CASES,
        refuse::CASES,
        texts::CASES,
        list::CASES,
        walk::CASES,
        counts::CASES,
        race::CASES,
        timers::CASES,
        timer_changes::CASES,
        due::CASES,
        waiting::CASES,
        bot::CASES,
        labels::CASES,
        attachments::CASES,
        resolved_until::CASES,
        report::CASES,
        older::CASES,
    ]
    .concat()
}

/// Test of one obligation of a store.
#[derive(Clone, Copy)]
struct Case<R> {
    name: &'static str,
    run: R,
}

/// Case on one store.
type Run = for<'a> fn(&'a dyn TicketStore) -> LocalBoxFuture<'a, ()>;
/// Case on two handles of one database.
type RunShared = for<'a> fn([&'a dyn TicketStore; 2]) -> LocalBoxFuture<'a, ()>;
/// Case on a store that can be opened repeatedly.
type RunReopened = for<'a> fn(&'a reopened::Open<'a>) -> LocalBoxFuture<'a, ()>;
/// Case on an unreadable ticket.
type RunUnreadable = for<'a> fn(unreadable::Stored<'a>) -> LocalBoxFuture<'a, ()>;

/// Lists the cases of a file. The compiler reports a case that is not listed as dead code.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        crate::conformance::cases![Run(store): $($case),+];
    };
    ($run:ident($given:ident): $($case:ident),+ $(,)?) => {
        pub(super) const CASES: &[crate::conformance::Case<crate::conformance::$run>] = &[$(
            crate::conformance::Case { name: stringify!($case), run: |$given| Box::pin($case($given)) },
        )+];
    };
}
use cases;

/// Number of cases that were run, and the failures among them.
#[derive(Default)]
struct Results {
    cases: usize,
    failures: Vec<String>,
}

impl Results {
    async fn run(&mut self, name: &str, case: impl Future<Output = ()>) {
        self.cases += 1;
        if let Err(panic) = AssertUnwindSafe(case).catch_unwind().await {
            self.failures.push(format!("\n- {name}: {}", message(&*panic)));
        }
    }

    /// Returns the number of cases.
    ///
    /// # Panics
    ///
    /// If a case failed.
    fn all_passed(self) -> usize {
        let Self { cases, failures } = self;
        let failed = failures.len();
        assert!(failures.is_empty(), "{failed} of {cases} cases failed:{}", failures.concat());
        cases
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic without a message")
}

#[cfg(test)]
mod tests;
