//! A reading of a calendar's timer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The working time up to an instant, by one calendar: a reading of a timer that stands still
/// outside working hours.
///
/// In whole milliseconds from a fixed point of that calendar, negative before it; only readings of
/// one calendar can be compared. As JSON it is that number.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_domain::BusinessTime;
///
/// let opened = BusinessTime::from_millis(5_000);
/// let due = opened.plus(Duration::from_secs(60));
/// assert_eq!(due.as_millis(), 65_000);
/// assert_eq!(due.since(opened), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BusinessTime(i64);

impl BusinessTime {
    /// The reading of so many milliseconds.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::BusinessTime::from_millis(-7).as_millis(), -7);
    /// ```
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The milliseconds of this reading.
    ///
    /// ```
    /// assert_eq!(ventanilla_domain::BusinessTime::from_millis(7).as_millis(), 7);
    /// ```
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The reading after so much more working time, in whole milliseconds; at most `i64::MAX` of
    /// them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::BusinessTime;
    ///
    /// let last = BusinessTime::from_millis(i64::MAX);
    /// assert_eq!(BusinessTime::from_millis(0).plus(Duration::MAX), last);
    /// ```
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        let millis = duration.as_millis();
        let millis = if millis > i64::MAX as u128 { i64::MAX } else { millis as i64 };
        Self(self.0.saturating_add(millis))
    }

    /// The working time since an earlier reading; none if that is the later one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ventanilla_domain::BusinessTime;
    ///
    /// let (early, late) = (BusinessTime::from_millis(1), BusinessTime::from_millis(4));
    /// assert_eq!(late.since(early), Duration::from_millis(3));
    /// assert_eq!(early.since(late), Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn since(self, earlier: BusinessTime) -> Duration {
        if self.0 <= earlier.0 {
            return Duration::ZERO;
        }
        Duration::from_millis(self.0.abs_diff(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overflows() {
        let (min, max) = (BusinessTime(i64::MIN), BusinessTime(i64::MAX));
        assert_eq!(max.since(min), Duration::from_millis(u64::MAX));
        assert_eq!(min.since(max), Duration::ZERO);
        assert_eq!(min.plus(Duration::MAX), BusinessTime(-1));
        assert_eq!(max.plus(Duration::from_millis(1)), max);
    }

    #[test]
    fn json_is_a_number() {
        assert_eq!(serde_json::to_string(&BusinessTime(-3)).unwrap(), "-3");
        assert_eq!(serde_json::from_str::<BusinessTime>("42").unwrap(), BusinessTime(42));
    }
}
