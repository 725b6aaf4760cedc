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

mod clocks;
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
mod race;
mod refuse;
mod report;
mod shared;
mod texts;
mod update;
mod walk;

use std::{any::Any, panic::AssertUnwindSafe};

use futures::{FutureExt, future::LocalBoxFuture};

pub use shared::{check_reopened, check_shared, check_unreadable};

use crate::TicketStore;

/// Tries a store in every way, and returns how many cases it passed: all of them.
///
/// Each case gets an empty store of its own from `make`, and the ids of users in it are 24
/// hexadecimal digits. No case looks at the clock or needs a certain runtime.
///
/// # Panics
///
/// If a case fails, after all have been tried, naming each one that failed and why.
pub async fn check<S: TicketStore>(make: impl AsyncFn() -> S) -> usize {
    let suite = suite();
    let mut failures = Vec::new();
    for case in &suite {
        let run = async { (case.run)(&make().await).await };
        if let Err(panic) = AssertUnwindSafe(run).catch_unwind().await {
            failures.push(format!("\n- {}: {}", case.name, message(&*panic)));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:{}",
        failures.len(),
        suite.len(),
        failures.concat()
    );
    suite.len()
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
/// If the case fails, or there is none of that name.
pub async fn check_case<S: TicketStore>(make: impl AsyncFn() -> S, name: &str) {
    let suite = suite();
    let Some(case) = suite.iter().find(|case| case.name == name) else {
        let names: Vec<&str> = suite.iter().map(|case| case.name).collect();
        panic!("there is no case {name:?}; there are: {}", names.join(", "));
    };
    (case.run)(&make().await).await;
}

fn suite() -> Vec<Case> {
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
        clocks::CASES,
        hands::CASES,
        due::CASES,
        due_walk::CASES,
        closing::CASES,
        report::CASES,
    ]
    .concat()
}

/// One thing that a store promises.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    run: for<'a> fn(&'a dyn TicketStore) -> LocalBoxFuture<'a, ()>,
}

/// Lists the cases of a file; one that is left out is dead code, which the compiler reports.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        pub(super) const CASES: &[crate::conformance::Case] = &[$(
            crate::conformance::Case { name: stringify!($case), run: |store| Box::pin($case(store)) },
        )+];
    };
}
use cases;

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked without a text")
}

#[cfg(test)]
mod tests;
