//! The suite that every store must pass: all of [`TicketStore`]'s contract that can be seen from
//! outside.
//!
//! A backend of your own adds one test, in whatever runtime it needs:
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
//! The rest of the contract needs more than one new store:
//!
//! | function | tests | for a store that |
//! |---|---|---|
//! | [`check`] | everything that one handle shows | is any store |
//! | [`check_shared`] | two handles on one database | several processes may use at once |
//! | [`check_reopened`] | what is there after the store was closed | outlives the process |
//! | [`check_unreadable`] | one ticket that can't be read | others write to as well |
//! | [`check_case`] | one case of [`check`] | is being written |

mod closing;
mod counts;
mod desk;
mod due;
mod due_walk;
mod exact;
mod get;
mod hands;
mod insert;
mod list;
mod listing;
mod older;
mod race;
mod refuse;
mod reopened;
mod report;
mod shared;
mod texts;
mod timers;
mod unreadable;
mod update;
mod walk;

use std::{any::Any, panic::AssertUnwindSafe};

use futures::{FutureExt, future::LocalBoxFuture};

use crate::TicketStore;

pub use reopened::check_reopened;
pub use shared::check_shared;
pub use unreadable::check_unreadable;

/// Tries a store in every way, and returns how many cases it passed: all of them.
///
/// Each case gets an empty store of its own from `make`, and the ids of users in it are 24
/// hexadecimal digits. No case looks at the clock or needs a certain runtime.
///
/// # Panics
///
/// If a case fails, after all have been tried, naming each one that failed and why. [`check_case`]
/// runs one of them alone.
pub async fn check<S: TicketStore>(make: impl AsyncFn() -> S) -> usize {
    let mut results = Results::default();
    for case in suite() {
        results.run(case.name, async { (case.run)(&make().await).await }).await;
    }
    results.all_passed()
}

/// Tries one case of the suite, by the name that [`check`] gives it.
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
/// If the case fails, or there is none of that name: the message lists them all.
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
        hands::CASES,
        due::CASES,
        due_walk::CASES,
        closing::CASES,
        report::CASES,
        older::CASES,
    ]
    .concat()
}

/// One thing that a store promises, and the test of it.
#[derive(Clone, Copy)]
struct Case<R> {
    name: &'static str,
    run: R,
}

/// A case on one store.
type Run = for<'a> fn(&'a dyn TicketStore) -> LocalBoxFuture<'a, ()>;
/// A case on two handles of one database.
type RunShared = for<'a> fn([&'a dyn TicketStore; 2]) -> LocalBoxFuture<'a, ()>;
/// A case on a store that can be opened again and again.
type RunReopened = for<'a> fn(&'a reopened::Open<'a>) -> LocalBoxFuture<'a, ()>;
/// A case on a ticket that can't be read.
type RunUnreadable = for<'a> fn(unreadable::Stored<'a>) -> LocalBoxFuture<'a, ()>;

/// Lists the cases of a file; one that is left out is dead code, which the compiler reports.
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

/// How many cases were run, and those that failed.
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
    /// If one failed.
    fn all_passed(self) -> usize {
        let Self { cases, failures } = self;
        let failed = failures.len();
        assert!(failures.is_empty(), "{failed} of {cases} cases failed:{}", failures.concat());
        cases
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked without a text")
}

#[cfg(test)]
mod tests;
