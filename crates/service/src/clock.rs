//! Sources of the time.

use std::sync::Arc;

use ventanilla_domain::Timestamp;

/// Source of the time of a help desk. A test can inject its own.
///
/// ```
/// use ventanilla_service::{HelpDesk, MemoryStore, Timestamp, settings::Clock};
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
    /// Returns the present time.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// Clock of the system, in UTC.
///
/// ```
/// use ventanilla_service::{Timestamp, settings::{Clock, SystemClock}};
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
