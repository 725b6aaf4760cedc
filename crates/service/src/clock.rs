//! Where the time comes from.

use ventanilla_domain::Timestamp;

/// Where a help desk takes the time from. A test injects its own.
///
/// ```
/// use ventanilla_service::{Clock, HelpDesk, MemoryStore, Timestamp};
///
/// struct Noon;
///
/// impl Clock for Noon {
///     fn now(&self) -> Timestamp {
///         "2026-03-02T12:00:00Z".parse().unwrap_or(Timestamp::MIN)
///     }
/// }
///
/// let desk = HelpDesk::builder(MemoryStore::new()).clock(Noon).build();
/// ```
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Any function that tells the time is a clock.
impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// The clock of the system, in UTC.
///
/// ```
/// use ventanilla_service::{Clock, SystemClock, Timestamp};
///
/// assert!(SystemClock.now() > Timestamp::MIN);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Only a clock set to before the year 1 or after 9999 fails.
        Timestamp::try_from(chrono::Utc::now()).unwrap_or(Timestamp::MAX)
    }
}
