//! Histogram of lengths of time.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

/// Histogram of lengths of time, in buckets that grow by a constant factor.
///
/// It is small, a database can sum it, and its relative error is constant.
///
/// ```
/// use std::time::Duration;
/// use ventanilla_storage::Histogram;
///
/// let mut histogram = Histogram::default();
/// (1..=100).for_each(|minutes| histogram.add(Histogram::bucket(minutes * 60_000), 1));
/// let median = histogram.quantile(50).unwrap().as_secs_f64() / 60.0;
/// assert!((median / 50.0 - 1.0).abs() <= Histogram::ERROR);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram(BTreeMap<u32, u64>);

/// Median and 90th percentile, by nearest rank.
///
/// As JSON: `{"medianMillis", "p90Millis"}`, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Length that half of all lengths don't exceed.
    #[serde(rename = "medianMillis", with = "millis")]
    pub median: Duration,
    /// Length that nine in ten lengths don't exceed.
    #[serde(rename = "p90Millis", with = "millis")]
    pub p90: Duration,
}

/// Durations as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        u64::try_from(length.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

impl Histogram {
    /// Largest relative error of a quantile.
    pub const ERROR: f64 = 0.005;

    /// Factor from one bucket to the next. A length counts as the geometric middle of its bucket, so it
    /// is wrong by the square root of this factor at most.
    pub const GROWTH: f64 = 1.01;

    /// Returns the bucket of a length in milliseconds: 0 for no length, otherwise
    /// `1 + ⌊ln(milliseconds) / ln(GROWTH)⌋`.
    #[must_use]
    pub fn bucket(millis: u64) -> u32 {
        if millis == 0 { 0 } else { 1 + ((millis as f64).ln() / Self::GROWTH.ln()).floor() as u32 }
    }

    /// Adds a number of lengths to a bucket.
    pub fn add(&mut self, bucket: u32, lengths: u64) {
        *self.0.entry(bucket).or_default() += lengths;
    }

    /// Returns the number of lengths.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Returns the quantile of this percentage by nearest rank; `None` if the histogram is empty.
    #[must_use]
    pub fn quantile(&self, percent: u32) -> Option<Duration> {
        let rank = (self.count() * u64::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |(_, lengths): &(&u32, &u64)| {
            seen += *lengths;
            seen >= rank
        };
        self.0.iter().find(reached).map(|(bucket, _)| middle(*bucket))
    }

    /// Returns the median and the 90th percentile; `None` if the histogram is empty.
    #[must_use]
    pub fn quantiles(&self) -> Option<Quantiles> {
        Some(Quantiles { median: self.quantile(50)?, p90: self.quantile(90)? })
    }
}

fn middle(bucket: u32) -> Duration {
    match bucket.checked_sub(1) {
        None => Duration::ZERO,
        Some(power) => {
            let millis = Histogram::GROWTH.powf(f64::from(power) + 0.5);
            Duration::try_from_secs_f64(millis / 1000.0).unwrap_or(Duration::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quantiles_are_within_the_stated_error(
            mut lengths in prop::collection::vec(
                prop_oneof![0..20_u64, 0..100_000_u64, 0..10_u64.pow(13)], 1..200),
            percent in 1..=100_u32,
        ) {
            let mut histogram = Histogram::default();
            lengths.iter().for_each(|millis| histogram.add(Histogram::bucket(*millis), 1));
            lengths.sort_unstable();
            let rank = (lengths.len() * percent as usize).div_ceil(100);
            let exact = lengths[rank - 1] as f64 / 1000.0;
            let found = histogram.quantile(percent).unwrap().as_secs_f64();
            prop_assert!((found - exact).abs() <= Histogram::ERROR * exact, "{found} for {exact}");
        }
    }

    #[test]
    fn an_empty_histogram_has_no_quantiles() {
        assert_eq!(Histogram::default().quantiles(), None);
        assert_eq!(Histogram::default().count(), 0);
    }

    #[test]
    fn quantiles_are_whole_milliseconds_in_json() {
        let json = r#"{"medianMillis":1500,"p90Millis":3600000}"#;
        let quantiles =
            Quantiles { median: Duration::from_millis(1_500), p90: Duration::from_secs(3_600) };
        assert_eq!(serde_json::to_string(&quantiles).unwrap(), json);
        assert_eq!(serde_json::from_str::<Quantiles>(json).unwrap(), quantiles);
        // Fractions of a millisecond are cut off.
        let longer = Quantiles { median: Duration::from_micros(1_500_999), ..quantiles };
        assert_eq!(serde_json::to_string(&longer).unwrap(), json);
    }
}
