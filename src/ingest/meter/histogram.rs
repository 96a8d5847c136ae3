//! A histogram of atomics: four buckets an octave, so that a percentile is right within an eighth of itself.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Buckets an octave (from a power of two to the next).
const PER_OCTAVE: usize = 4;

/// Counts values by size. Values below the first octave count in the first bucket, those above the last in the last.
pub struct Histogram {
    octaves: Range<u32>,
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram held at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSnapshot {
    octaves: Range<u32>,
    buckets: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// An empty one for values from 2^`start` to 2^`end`.
    pub(super) fn new(octaves: Range<u32>) -> Self {
        let len = octaves.len() * PER_OCTAVE;
        Self {
            octaves,
            buckets: (0..len).map(|_| AtomicU64::default()).collect(),
            sum: AtomicU64::default(),
        }
    }

    /// Counts a value.
    pub(super) fn record(&self, value: u64) {
        let octave = (value | 1).ilog2();
        let at = if octave < self.octaves.start {
            0
        } else {
            // The two bits after the leading one tell the quarter of the octave.
            let quarter = ((u128::from(value) << 2) >> octave) & 3;
            (octave - self.octaves.start) as usize * PER_OCTAVE
                + usize::try_from(quarter).expect("two bits")
        };
        self.buckets[at.min(self.buckets.len() - 1)].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        for bucket in &self.buckets {
            bucket.store(0, Relaxed);
        }
        self.sum.store(0, Relaxed);
    }

    pub(super) fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot {
            octaves: self.octaves.clone(),
            buckets: self
                .buckets
                .iter()
                .map(|bucket| bucket.load(Relaxed))
                .collect(),
            sum: self.sum.load(Relaxed),
        }
    }
}

impl HistogramSnapshot {
    pub(super) fn empty(octaves: Range<u32>) -> Self {
        Histogram::new(octaves).snapshot()
    }

    /// Adds the values of another one with the same octaves.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, count) in self.buckets.iter_mut().zip(&other.buckets) {
            *sum += count;
        }
        self.sum += other.sum;
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// For each octave the bound that its values lie below, and how many values lie below that bound; without the last
    /// octave, which has values of any size. Ascending.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut below = 0;
        let octaves = self.octaves.clone().zip(self.buckets.chunks(PER_OCTAVE));
        octaves
            .take(self.octaves.len() - 1)
            .map(move |(octave, buckets)| {
                below += buckets.iter().sum::<u64>();
                (1 << (octave + 1), below)
            })
    }

    /// The value that a share of all values (0.0 to 1.0) does not exceed: the middle of its bucket. `None` without values.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts stay far below 2^53"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (share * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let at = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        let octave = f64::from(self.octaves.start) + (at / PER_OCTAVE) as f64;
        let quarter = (at % PER_OCTAVE) as f64 + 0.5;
        Some(octave.exp2() * (1.0 + quarter / PER_OCTAVE as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_quarters_of_their_octave() {
        let histogram = Histogram::new(2..5);
        for value in [0, 1, 4, 5, 6, 7, 8, 9, 10, 15, 16, 31, 32, u64::MAX] {
            histogram.record(value);
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets, [3, 1, 1, 1, 2, 1, 0, 1, 1, 0, 0, 3]);
        assert_eq!(
            snapshot.cumulative().collect::<Vec<_>>(),
            [(8, 6), (16, 10)]
        );
        assert_eq!(snapshot.count(), 14);
    }

    #[test]
    fn quantiles_are_right_within_an_eighth() {
        let histogram = Histogram::new(8..35);
        for value in 1..=1_000_u64 {
            histogram.record(value * 1_000);
        }
        let snapshot = histogram.snapshot();
        for (share, expected) in [(0.5, 500_000.0), (0.99, 990_000.0), (0.0, 1_000.0)] {
            let value = snapshot.quantile(share).unwrap();
            assert!((value / expected - 1.0).abs() <= 0.125, "{share}: {value}");
        }
        histogram.clear();
        assert_eq!(histogram.snapshot().quantile(0.5), None);
    }
}
