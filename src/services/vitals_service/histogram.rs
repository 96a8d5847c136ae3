//! Histograms of web vitals: what is stored of measurements, so that days, pages, countries and devices add up exactly.
//!
//! A measurement is rounded up to a *step*: a millisecond, of CLS a ten-thousandth. Up to 100 each step is a bucket of its own.
//! From there each decade has 80 buckets, 5 steps wide up to 250, 10 up to 500, 20 up to 1,000, and ten times as wide in each
//! next decade. So a bucket is at most 5 % wide, its middle at most 2.5 % off, and every threshold of Google's is the end of
//! one: ratings are exact. A bucket contains its end.
//!
//! Stored: the byte [`VERSION`], then for each of [`Vital::ALL`] the number of buckets that are not empty, and for each of
//! these, ascending, its distance from the one before and its count; all LEB128 integers.

use std::collections::BTreeMap;

use crate::{
    blocks::{
        CorruptBlock,
        bytes::{Reader, put_varint},
    },
    domain::{Vital, VitalFigures, VitalRating, VitalValues},
};

/// The first byte of what is stored.
const VERSION: u8 = 1;

/// Steps that have a bucket each; the first decade with wider ones begins behind it.
const EXACT: u32 = 100;

/// Buckets of a decade.
const PER_DECADE: u32 = 80;

/// The bands of a decade, in steps of its own: where one begins, how wide its buckets are, how many buckets come before it.
const BANDS: [(u32, u32, u32); 3] = [(500, 20, 55), (250, 10, 30), (100, 5, 0)];

/// The number of buckets: those up to a million steps.
const BUCKETS: u32 = EXACT + 1 + 4 * PER_DECADE;

/// How many steps a unit has.
fn steps_of(vital: Vital) -> f64 {
    match vital {
        Vital::Cls => 10_000.0,
        _ => 1.0,
    }
}

/// The step of a value that is at most the vital's limit. What multiplying adds to the last bit does not count.
fn step(vital: Vital, value: f64) -> u32 {
    (value * steps_of(vital) - 1e-6).ceil().max(0.0) as u32
}

/// The bucket of a step.
fn bucket(step: u32) -> u32 {
    let (mut first, mut scale) = (EXACT + 1, 1);
    while step > 1_000 * scale {
        (first, scale) = (first + PER_DECADE, scale * 10);
    }
    let scaled = step.div_ceil(scale);
    match BANDS.iter().find(|(start, ..)| scaled > *start) {
        Some((start, width, before)) => first + before + (scaled - start).div_ceil(*width) - 1,
        None => step,
    }
    .min(BUCKETS - 1)
}

/// The last steps of the bucket before and of this one.
fn bounds(bucket: u32) -> (u32, u32) {
    let Some(behind) = bucket.checked_sub(EXACT + 1) else {
        return (bucket.saturating_sub(1), bucket);
    };
    let scale = 10_u32.pow(behind / PER_DECADE);
    let at = behind % PER_DECADE;
    let band = BANDS.iter().find(|(.., before)| at >= *before);
    let (start, width, before) = band.expect("the last band begins at 0");
    let lower = start + (at - before) * width;
    (lower * scale, (lower + width) * scale)
}

/// How many measurements of one vital fell into which bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Histogram(BTreeMap<u32, u64>);

impl Histogram {
    fn figures(&self, vital: Vital) -> VitalFigures {
        let mut figures = VitalFigures::default();
        let count: u64 = self.0.values().sum();
        let mut below = 0;
        for (&bucket, &more) in &self.0 {
            let (lower, upper) = bounds(bucket);
            below += more;
            if figures.p75.is_none() && 4 * u128::from(below) >= 3 * u128::from(count) {
                // Where a bucket is one step it stands for itself.
                let doubled = if bucket <= EXACT {
                    2 * upper
                } else {
                    lower + upper
                };
                figures.p75 = Some(f64::from(doubled) / (2.0 * steps_of(vital)));
            }
            match vital.rate(f64::from(upper) / steps_of(vital)) {
                VitalRating::Good => figures.good += more,
                VitalRating::NeedsImprovement => figures.needs_improvement += more,
                VitalRating::Poor => figures.poor += more,
            }
        }
        figures
    }
}

/// The histograms of all vitals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histograms([Histogram; 5]);

impl Histograms {
    /// Counts the measurements of a page view.
    pub(super) fn record(&mut self, values: &VitalValues) {
        for ((vital, value), Histogram(counts)) in
            Vital::ALL.into_iter().zip(values.0).zip(&mut self.0)
        {
            if let Some(value) = value {
                *counts.entry(bucket(step(vital, value))).or_default() += 1;
            }
        }
    }

    /// What the histograms say, in the order of [`Vital::ALL`].
    pub(super) fn figures(&self) -> [VitalFigures; 5] {
        std::array::from_fn(|at| self.0[at].figures(Vital::ALL[at]))
    }

    /// As it is stored.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for Histogram(counts) in &self.0 {
            put_varint(&mut out, counts.len() as u64);
            let mut before = 0;
            for (bucket, count) in counts {
                put_varint(&mut out, u64::from(bucket - before));
                put_varint(&mut out, *count);
                before = *bucket;
            }
        }
        out
    }

    /// Adds what [`Histograms::encode`] gave.
    ///
    /// # Errors
    /// [`CorruptBlock`] if it is something else; part of it may have been added then.
    pub(super) fn merge_encoded(&mut self, data: &[u8]) -> Result<(), CorruptBlock> {
        let mut reader = Reader::new(data);
        match reader.byte()? {
            VERSION => {}
            other => return Err(CorruptBlock::UnknownVersion(other)),
        }
        for Histogram(counts) in &mut self.0 {
            let mut bucket = 0;
            for _ in 0..reader.count(BUCKETS as usize)? {
                let distance = reader.count(BUCKETS as usize)? as u32;
                bucket += distance;
                if bucket >= BUCKETS {
                    return Err(CorruptBlock::Invalid("a bucket is beyond the last"));
                }
                let count = counts.entry(bucket).or_default();
                *count = count.saturating_add(reader.varint()?);
            }
        }
        reader.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(vital: Vital, value: f64) -> Histograms {
        let mut values = VitalValues::default();
        values.0[vital as usize] = Some(value);
        let mut histograms = Histograms::default();
        histograms.record(&values);
        histograms
    }

    #[test]
    fn buckets_join_without_a_gap_and_are_at_most_5_percent_wide() {
        let mut before = 0;
        for at in 1..BUCKETS {
            let (lower, upper) = bounds(at);
            assert_eq!(lower, before, "bucket {at}");
            assert_eq!((bucket(lower + 1), bucket(upper)), (at, at));
            let is_narrow = upper - lower == 1 || (upper - lower) * 20 <= lower;
            assert!(is_narrow, "{lower} to {upper}");
            before = upper;
        }
        assert_eq!(before, 1_000_000);
        assert_eq!(bucket(0), 0);
        for vital in Vital::ALL {
            assert!(step(vital, vital.limit()) <= before);
        }
    }

    #[test]
    fn a_rating_is_exact_to_the_threshold() {
        for vital in Vital::ALL {
            let (good, poor) = vital.thresholds();
            for (value, expected) in [
                (0.0, VitalRating::Good),
                (good, VitalRating::Good),
                (good + 0.000_2, VitalRating::NeedsImprovement),
                (poor, VitalRating::NeedsImprovement),
                (poor + 0.000_2, VitalRating::Poor),
                (vital.limit(), VitalRating::Poor),
            ] {
                let figures = one(vital, value).figures()[vital as usize];
                let p75 = figures.p75.unwrap();
                assert_eq!(vital.rate(p75), expected, "{vital:?} {value} as {p75}");
                let counts = [figures.good, figures.needs_improvement, figures.poor];
                assert_eq!(counts[expected as usize], 1, "{vital:?} {value}");
                assert_eq!(figures.count(), 1);
                let width = (0.025 * value).max(1.0 / steps_of(vital));
                assert!((p75 - value).abs() <= width + 1e-9, "{value} as {p75}");
            }
        }
    }

    #[test]
    fn stored_histograms_are_small_and_read_as_they_were_written() {
        let mut both = one(Vital::Lcp, 1_234.5);
        for other in [one(Vital::Cls, 0.0), one(Vital::Ttfb, 600_000.0)] {
            both.merge_encoded(&other.encode()).unwrap();
        }
        let stored = both.encode();
        assert!(stored.len() <= 14, "{} bytes", stored.len());
        let mut read = Histograms::default();
        read.merge_encoded(&stored).unwrap();
        assert_eq!(read, both);
        read.merge_encoded(&stored).unwrap();
        assert_eq!(read.figures()[0].count(), 2);
    }

    #[test]
    fn damage_is_an_error() {
        let stored = one(Vital::Inp, 99.0).encode();
        for length in 0..stored.len() {
            let cut = Histograms::default().merge_encoded(&stored[..length]);
            assert!(cut.is_err(), "cut at {length}");
        }
        let mut longer = stored.clone();
        longer.push(0);
        assert!(Histograms::default().merge_encoded(&longer).is_err());
        for (name, bytes) in [
            ("version", &[2_u8, 0, 0, 0, 0, 0] as &[u8]),
            ("bucket", &[1, 1, 0xa5, 0x03, 1, 0, 0, 0, 0]),
            ("number of buckets", &[1, 0xff, 0x7f, 0, 0]),
        ] {
            assert!(
                Histograms::default().merge_encoded(bytes).is_err(),
                "{name}"
            );
        }
    }
}
