//! Sets of the values of a closed vocabulary.

use std::{
    fmt,
    marker::PhantomData,
    ops::{BitAnd, BitOr, Not},
};

use serde::{Serialize, Serializer};

/// Set of statuses, priorities or other words of a closed vocabulary, in ascending order.
///
/// As JSON: `["OPEN", "IN_PROGRESS"]`.
///
/// ```
/// use ventanilla_domain::{EnumSet, Status};
///
/// let waiting = Status::Open | Status::InProgress;
/// assert!(waiting.contains(Status::Open));
/// assert_eq!(!waiting, Status::Resolved | Status::Closed);
/// assert_eq!(EnumSet::<Status>::all().len(), 4);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnumSet<T>(u8, PhantomData<T>);

/// Word of a closed vocabulary of at most eight.
pub trait EnumValue: Copy + 'static {
    /// Every value, in ascending order.
    const VALUES: &'static [Self];

    /// Returns the place among [`VALUES`](Self::VALUES).
    fn place(self) -> usize;
}

impl<T: EnumValue> EnumSet<T> {
    const ALL: u8 = u8::MAX >> (u8::BITS as usize - T::VALUES.len());

    /// Returns the set without a value.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0, PhantomData)
    }

    /// Returns the set of all values.
    #[must_use]
    pub const fn all() -> Self {
        Self(Self::ALL, PhantomData)
    }

    /// Returns the set of one value.
    #[must_use]
    pub fn only(value: T) -> Self {
        Self(1 << value.place(), PhantomData)
    }

    /// Returns whether a value is in the set.
    #[must_use]
    pub fn contains(self, value: T) -> bool {
        !(self & Self::only(value)).is_empty()
    }

    /// Returns the number of values in the set.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Returns whether no value is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the values of the set, in ascending order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = T> + Clone {
        T::VALUES.iter().copied().filter(move |value| self.contains(*value))
    }
}

impl<T: EnumValue> From<T> for EnumSet<T> {
    fn from(value: T) -> Self {
        Self::only(value)
    }
}

impl<T: EnumValue, const N: usize> From<[T; N]> for EnumSet<T> {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T: EnumValue> FromIterator<T> for EnumSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        values.into_iter().fold(Self::empty(), |set, value| set | value)
    }
}

impl<T: EnumValue> IntoIterator for EnumSet<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<T>>().into_iter()
    }
}

impl<T: EnumValue, O: Into<Self>> BitOr<O> for EnumSet<T> {
    type Output = Self;

    fn bitor(self, other: O) -> Self {
        Self(self.0 | other.into().0, PhantomData)
    }
}

impl<T: EnumValue, O: Into<Self>> BitAnd<O> for EnumSet<T> {
    type Output = Self;

    fn bitand(self, other: O) -> Self {
        Self(self.0 & other.into().0, PhantomData)
    }
}

impl<T: EnumValue> Not for EnumSet<T> {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0 & Self::ALL, PhantomData)
    }
}

impl<T: EnumValue + Serialize> Serialize for EnumSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<T: EnumValue + fmt::Debug> fmt::Debug for EnumSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::{collection::hash_set, prelude::*, sample::select};

    use super::*;
    use crate::Status;

    proptest! {
        #[test]
        fn a_set_is_that_of_its_values(
            one in hash_set(select(&Status::ALL[..]), 0..5),
            other in hash_set(select(&Status::ALL[..]), 0..5),
        ) {
            let set = |values: &HashSet<Status>| values.iter().copied().collect::<EnumSet<_>>();
            for status in Status::ALL {
                prop_assert_eq!(set(&one).contains(status), one.contains(&status));
                prop_assert_eq!((!set(&one)).contains(status), !one.contains(&status));
            }
            prop_assert_eq!(set(&one) | set(&other), set(&one.union(&other).copied().collect()));
            prop_assert_eq!(set(&one) & set(&other), set(&one.intersection(&other).copied().collect()));
            prop_assert_eq!((set(&one).len(), set(&one).is_empty()), (one.len(), one.is_empty()));
            prop_assert_eq!((set(&one) | !set(&one)).len(), Status::ALL.len());
            prop_assert!((set(&one) & !set(&one)).is_empty());
            let listed: Vec<Status> = set(&one).iter().collect();
            prop_assert!(listed.is_sorted() && listed.len() == one.len());
        }
    }

    #[test]
    fn sets_are_lists_in_json() {
        let set = Status::Open | Status::Closed;
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["OPEN","CLOSED"]"#);
    }
}
