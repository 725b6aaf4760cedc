//! The offsets of a time zone, as instants at which they change.

use std::sync::OnceLock;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

/// From an instant on, in milliseconds of UTC, the wall clock is `offset` milliseconds ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) at: i64,
    pub(super) offset: i64,
}

/// The offsets of a zone in order, the first from [`i64::MIN`] on.
///
/// They are worked out once for each zone: by asking `chrono-tz`, which doesn't list them. Before
/// 1970 the first offset holds, and after its data, which end with 2099, the last.
pub(super) fn shifts(zone: Tz) -> &'static [Shift] {
    static SHIFTS: [OnceLock<Box<[Shift]>>; TZ_VARIANTS.len()] =
        [const { OnceLock::new() }; TZ_VARIANTS.len()];
    SHIFTS[zone as usize].get_or_init(|| find(zone))
}

/// The end of 2100 in seconds.
const END: i64 = 4_133_980_800;
/// In seconds: no zone has changed its timers twice within 6 days since 1970.
const STEP: i64 = 3 * 24 * 60 * 60;

fn find(zone: Tz) -> Box<[Shift]> {
    let mut shifts = vec![Shift { at: i64::MIN, offset: offset(zone, 0) * 1000 }];
    let mut from = 0;
    let mut current = offset(zone, from);
    while from < END {
        let to = from + STEP;
        let next = offset(zone, to);
        if next != current {
            let at = first_second(from, to, |second| offset(zone, second) != current);
            shifts.push(Shift { at: at * 1000, offset: next * 1000 });
        }
        (from, current) = (to, next);
    }
    shifts.into()
}

/// Seconds by which the wall clock is ahead at a second of UTC.
fn offset(zone: Tz, second: i64) -> i64 {
    let time = DateTime::from_timestamp(second, 0).unwrap_or_default().naive_utc();
    zone.offset_from_utc_datetime(&time).fix().local_minus_utc().into()
}

/// The first after `from` and up to `to` of which it holds, if it holds from some point on.
fn first_second(mut from: i64, mut to: i64, holds: impl Fn(i64) -> bool) -> i64 {
    while to - from > 1 {
        let middle = from.midpoint(to);
        if holds(middle) {
            to = middle;
        } else {
            from = middle;
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offset_at(zone: Tz, second: i64) -> i64 {
        let shifts = shifts(zone);
        let later = shifts.partition_point(|shift| shift.at <= second * 1000);
        shifts[later - 1].offset / 1000
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]
        #[test]
        fn every_zone_is_as_chrono_tz_has_it(
            zone in prop::sample::select(&TZ_VARIANTS[..]),
            // From 1970 to 2200.
            second in 0..7_258_118_400_i64,
        ) {
            prop_assert_eq!(offset_at(zone, second), offset(zone, second));
            for shift in &shifts(zone)[1..] {
                let second = shift.at / 1000;
                prop_assert_eq!(shift.offset, offset(zone, second) * 1000);
                prop_assert_ne!(shift.offset, offset(zone, second - 1) * 1000);
            }
        }
    }

    #[test]
    fn no_zone_changes_twice_within_two_steps() {
        for zone in TZ_VARIANTS {
            let shifts = shifts(zone);
            for pair in shifts.windows(2).skip(1) {
                assert!(pair[1].at - pair[0].at > 2 * STEP * 1000, "{zone} at {}", pair[0].at);
            }
            let last = shifts.last().map_or(0, |shift| shift.at);
            assert!(last < (END - STEP) * 1000, "{zone} changes at {last}");
        }
    }
}
