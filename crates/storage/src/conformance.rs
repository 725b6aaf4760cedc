//! Conformance suite for stores: tests of every obligation of [`TicketStore`] that is visible from
//! outside.
//!
//! A store adds one test, in the runtime that it needs:
//!
//! ```
//! use ventanilla_storage::{MemoryStore, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let passed = conformance::check(async || MemoryStore::new()).await;
//! assert!(passed > 50);
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Some obligations need more than one new store:
//!
//! | function | tests | for |
//! |---|---|---|
//! | [`check`] | one handle on an empty store | every store |
//! | [`check_shared`] | two handles on one database | stores for several processes |
//! | [`check_reopened`] | a store that is closed and opened again | persistent stores |
//! | [`check_events`] | streams of events on an empty store | stores that have them |
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

use std::{any::Any, panic::AssertUnwindSafe};

use futures::{FutureExt, future::LocalBoxFuture};

use crate::TicketStore;

pub use events::check_events;
pub use reopened::check_reopened;
pub use shared::check_shared;
pub use unreadable::check_unreadable;

/// Runs every case of the suite, and returns their number.
///
/// Each case gets a new empty store from `make`. User ids are 24 hexadecimal digits. No case reads the
/// clock or depends on a runtime.
///
/// # Panics
///
/// If cases fail. All cases are run first, and the message names those that failed, with their reasons.
/// [`check_case`] runs a single one.
pub async fn check<S: TicketStore>(make: impl AsyncFn() -> S) -> usize {
    let mut results = Results::default();
    for case in suite() {
        results.run(case.name, async { (case.run)(&make().await).await }).await;
    }
    results.all_passed()
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
    let Some(case) = suite.iter().find(|case| case.name == name) else {
        let names: Vec<&str> = suite.iter().map(|case| case.name).collect();
        panic!("there is no case {name:?}; there are: {}", names.join(", "));
    };
    (case.run)(&make().await).await;
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
