//! Ordered set that counts the entries before a position.

/// Ordered set, kept in blocks. Entries before a position are counted by the lengths of the blocks.
///
/// A million entries are some thousands of blocks, whose lengths add up in microseconds.
#[derive(Debug)]
pub(super) struct RankedSet<T> {
    /// In order; none is empty.
    blocks: Vec<Vec<T>>,
}

/// Entries of a block at most: moving half of them costs no more than finding the block.
const BLOCK: usize = 512;

impl<T> Default for RankedSet<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

impl<T: Ord + Copy> RankedSet<T> {
    /// Adds an entry, unless it is present.
    pub(super) fn insert(&mut self, entry: T) {
        let nth = self.block_of(&entry);
        let Some(block) = self.blocks.get_mut(nth) else {
            return self.blocks.push(vec![entry]);
        };
        let Err(at) = block.binary_search(&entry) else { return };
        block.insert(at, entry);
        if block.len() == BLOCK {
            let upper = block.split_off(BLOCK / 2);
            // In a set that grows at its end, most blocks never change again.
            block.shrink_to_fit();
            self.blocks.insert(nth + 1, upper);
        }
    }

    /// Removes an entry, if it is present.
    pub(super) fn remove(&mut self, entry: &T) {
        let nth = self.block_of(entry);
        let Some(block) = self.blocks.get_mut(nth) else { return };
        let Ok(at) = block.binary_search(entry) else { return };
        block.remove(at);
        if block.is_empty() {
            self.blocks.remove(nth);
        } else {
            self.join(nth);
            self.join(nth.saturating_sub(1));
        }
    }

    /// Returns the entries in order, from this position on.
    pub(super) fn from(&self, position: &T) -> impl Iterator<Item = &T> + use<'_, T> {
        let nth = self.block_of(position);
        let before = self.blocks.get(nth).map_or(0, |block| block.partition_point(|at| at < position));
        self.blocks[nth..].iter().flatten().skip(before)
    }

    /// Counts the entries for which `is_before` holds: all up to some position, and none after it.
    pub(super) fn count_while(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let begun = self.blocks.partition_point(|block| is_before(&block[0]));
        let Some((last, whole)) = self.blocks[..begun].split_last() else { return 0 };
        whole.iter().map(Vec::len).sum::<usize>() + last.partition_point(is_before)
    }

    /// Returns the index of the only block that may contain an entry.
    fn block_of(&self, entry: &T) -> usize {
        self.blocks.partition_point(|block| block[0] <= *entry).saturating_sub(1)
    }

    /// Joins a block and the next one if both are small, so that blocks stay few whatever is removed.
    fn join(&mut self, nth: usize) {
        if let [block, next, ..] = &mut self.blocks[nth..]
            && block.len() + next.len() <= BLOCK / 2
        {
            block.append(next);
            self.blocks.remove(nth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Ranges of numbers that are inserted or removed, in ascending or descending order.
    fn ranges() -> impl Strategy<Value = Vec<(bool, bool, u32, u32)>> {
        prop::collection::vec((any::<bool>(), any::<bool>(), 0..3_000_u32, 0..2_000_u32), 0..12)
    }

    proptest! {
        #[test]
        fn a_ranked_set_behaves_like_a_tree_set(
            ranges in ranges(), positions in prop::collection::vec(0..5_000_u32, 8),
        ) {
            let (mut ranked, mut plain) = (RankedSet::default(), BTreeSet::new());
            for (inserts, upwards, from, length) in ranges {
                for step in 0..length {
                    let entry = from + if upwards { step } else { length - step };
                    if inserts {
                        ranked.insert(entry);
                        plain.insert(entry);
                    } else {
                        ranked.remove(&entry);
                        plain.remove(&entry);
                    }
                }
                for at in &positions {
                    prop_assert_eq!(ranked.count_while(|entry| entry < at), plain.range(..at).count());
                    prop_assert!(ranked.from(at).eq(plain.range(at..)));
                }
                prop_assert!(ranked.blocks.iter().all(|block| (1..BLOCK).contains(&block.len())));
            }
        }
    }

    #[test]
    fn removing_most_entries_leaves_few_blocks() {
        for upwards in [true, false] {
            let mut set = RankedSet::default();
            (0..100_000).for_each(|entry| set.insert(entry));
            let stays = |entry: &u32| entry.is_multiple_of(1_000);
            let mut leaving: Vec<u32> = (0..100_000).filter(|entry| !stays(entry)).collect();
            if !upwards {
                leaving.reverse();
            }
            leaving.iter().for_each(|entry| set.remove(entry));
            assert!(set.from(&0).eq((0..100_000).filter(stays).collect::<Vec<_>>().iter()));
            assert!(set.blocks.len() <= 2, "{} blocks of 100 entries", set.blocks.len());
        }
    }
}
