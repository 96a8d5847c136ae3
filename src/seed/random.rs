//! Chance that is the same everywhere: a named generator, integers and tables only.
//!
//! `StdRng` may change with its crate, and `ln`, `exp` and `powi` differ between platforms in the last bit, so neither is
//! used: the same seed gives the same traffic on every machine and after every upgrade.

use rand::{Rng, SeedableRng, rngs::Xoshiro256PlusPlus};

/// A source of chance.
pub(super) struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The source of a seed for one purpose: a site, a day.
    pub(super) fn new(seed: u64, purpose: &str, number: i64) -> Self {
        // FNV-1a (draft-eastlake-fnv): spreads short texts; the generator's seeding does the mixing.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let bytes = seed.to_le_bytes().into_iter().chain(purpose.bytes());
        for byte in bytes.chain(number.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(Xoshiro256PlusPlus::seed_from_u64(hash))
    }

    /// Any 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `limit`, evenly (within 2^-64 · `limit`); 0 if `limit` is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        scale(self.bits(), limit)
    }

    /// A number from `low` up to and with `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True `per_mille` times of a thousand.
    pub(super) fn happens(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < u64::from(per_mille)
    }

    /// An index of something of this length, which must not be empty.
    pub(super) fn below_len(&mut self, len: usize) -> usize {
        index(self.below(len as u64))
    }

    /// Puts the items in any order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below_len(end + 1));
        }
    }

    /// About log-normally distributed around `median`: half of all lie between 45 % and 225 % of it, the mean is 200 %.
    pub(super) fn log_normal(&mut self, median: u64) -> u64 {
        let position = self.below(1 << 32);
        let step = index(position >> 29);
        let (low, high) = (LOG_NORMAL[step], LOG_NORMAL[step + 1]);
        let factor = low + (((high - low) * (position & 0x1fff_ffff)) >> 29);
        median * factor / 100
    }
}

/// Octiles of a log-normal distribution with σ = 1.2, in percent of the median; its ends are cut at 3 % and twelve times.
const LOG_NORMAL: [u64; 9] = [3, 25, 45, 68, 100, 147, 225, 398, 1_200];

/// `bits` of 2^64 as a part of `limit`.
fn scale(bits: u64, limit: u64) -> u64 {
    u64::try_from((u128::from(bits) * u128::from(limit)) >> 64).expect("below `limit`")
}

/// A number that is known to be small, as an index.
fn index(number: u64) -> usize {
    usize::try_from(number).expect("below the length of something in memory")
}

/// Items to pick from by weight.
pub(super) struct Weights {
    /// Sum of the weights up to and with each item.
    sums: Vec<u64>,
}

impl Weights {
    pub(super) fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let sums = weights
            .into_iter()
            .scan(0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        Self { sums }
    }

    /// Sum of all weights.
    pub(super) fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// The item at a place below the total, and how far into the item's weight the place is.
    pub(super) fn find(&self, place: u64) -> (usize, u64) {
        let at = self.sums.partition_point(|sum| *sum <= place);
        let before = at.checked_sub(1).map_or(0, |before| self.sums[before]);
        (at, place - before)
    }

    /// An item by weight; there must be one that weighs.
    pub(super) fn pick(&self, random: &mut Random) -> usize {
        self.find(random.below(self.total())).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_chance_for_ever() {
        let mut random = Random::new(7, "keelson.example", 20_000);
        let found: Vec<u64> = (0..4).map(|_| random.below(1_000_000)).collect();
        assert_eq!(found, [656_427, 761_939, 250_721, 705_426]);
    }

    #[test]
    fn weights_give_each_item_its_share() {
        let weights = Weights::new([0, 3, 0, 1]);
        assert_eq!(weights.total(), 4);
        let found: Vec<_> = (0..4).map(|place| weights.find(place)).collect();
        assert_eq!(found, [(1, 0), (1, 1), (1, 2), (3, 0)]);
    }

    #[test]
    fn half_of_all_log_normal_values_are_below_the_median() {
        let mut random = Random::new(1, "", 0);
        let below = (0..10_000)
            .filter(|_| random.log_normal(1_000) < 1_000)
            .count();
        assert!((4_800..5_200).contains(&below), "{below}");
    }
}
