//! Sources of the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

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

/// Clock that moves only when it is told to, for tests and demonstrations. A clone is the same clock.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_service::{HelpDesk, MemoryStore, Timestamp, settings::{Clock, ManualClock}};
///
/// let start: Timestamp = "2026-03-02T12:00:00Z".parse()?;
/// let clock = ManualClock::new(start);
/// let desk = HelpDesk::builder(MemoryStore::new()).clock(clock.clone()).build();
///
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), start.plus(Duration::from_secs(60)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Creates a clock that shows this time.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_millis())))
    }

    /// Sets the time, which may be an earlier one.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::Relaxed);
    }

    /// Lets time pass, at most until [`Timestamp::MAX`].
    pub fn advance(&self, by: Duration) {
        let advanced = |millis| Some(Timestamp::from_millis(millis).ok()?.plus(by).as_millis());
        // Atomic, so that no advance is lost; it never fails, since only valid times are stored.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, advanced);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        // Only times of timestamps are ever stored.
        Timestamp::from_millis(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }
}
