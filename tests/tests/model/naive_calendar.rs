//! Calendar of the reference, which examines every minute by itself and counts the working ones.

use std::fmt;

use ventanilla_service::Timestamp;

/// Minute, hour and day in milliseconds.
pub(crate) const MINUTE: i64 = 60 * 1000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Minutes around a run, with the count of working ones.
#[derive(Clone)]
pub(crate) struct NaiveCalendar {
    first: i64,
    /// Number of working minutes before each minute.
    before: Vec<i64>,
}

impl NaiveCalendar {
    /// Counts the working minutes around a run, which takes at most three days a step and whose clock
    /// goes back by some hours.
    pub(crate) fn around(start: Timestamp, works: impl Fn(i64) -> bool) -> Self {
        let first = (start.as_millis() - 10 * DAY).div_euclid(MINUTE);
        let count = |sum: &mut i64, minute| {
            let before = *sum;
            *sum += i64::from(works(minute));
            Some(before)
        };
        let before = (first..first + 130 * DAY / MINUTE).scan(0, count).collect();
        Self { first, before }
    }

    /// Returns the business time until an instant, in milliseconds.
    pub(crate) fn until(&self, at: Timestamp) -> i64 {
        let (minute, rest) = (at.as_millis().div_euclid(MINUTE), at.as_millis().rem_euclid(MINUTE));
        let place = usize::try_from(minute - self.first).expect("the run has begun");
        let (before, after) = (self.before[place], self.before[place + 1]);
        before * MINUTE + (after - before) * rest
    }

    /// Returns the earliest instant with so much business time before it.
    pub(crate) fn instant(&self, working: i64) -> Timestamp {
        let after = self.before.partition_point(|before| before * MINUTE < working);
        let minute = after.saturating_sub(1);
        let at = (self.first + minute as i64) * MINUTE + working - self.before[minute] * MINUTE;
        Timestamp::from_millis(at).expect("a time around the run")
    }
}

impl fmt::Debug for NaiveCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NaiveCalendar").finish_non_exhaustive()
    }
}
