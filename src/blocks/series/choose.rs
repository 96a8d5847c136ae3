//! Writes a series in the way that is smallest, or nearly so and faster to read.
//!
//! A sample tells which ways are worth a trial; a trial is written and measured. A way that is slower to read than plain
//! packing must save a share that pays for its time.

use rustc_hash::FxHashMap;

use super::{
    super::{
        bytes::{put_lz4, put_signed, put_varint},
        packing::{pack, width_of},
    },
    CONSTANT, DELTA, LZ4, MAX_DEPTH, PACKED, PATCHED, PLACES_AS_BITMAP, PLACES_AS_GAPS, RUNS,
    TABLE,
};

/// How many values tell which ways are worth a trial.
const SAMPLE: usize = 1024;

/// What a way must save against the best so far, in percent.
const SAVING: usize = 5;
/// Decompression costs several times the time of unpacking.
const SAVING_LZ4: usize = 10;

/// Below this, LZ4 finds nothing that its own bytes do not cost again.
const LZ4_FROM: usize = 64;

/// Distinct values of a table; more, and looking them up misses the processor's nearest cache.
const TABLE_MOST: usize = 8192;

/// Appends a series.
pub(in crate::blocks) fn put(out: &mut Vec<u8>, values: &[i64]) {
    out.extend(choose(values, 0));
}

/// Appends a series of ascending values with at least one bit each, so that its reader can bound their number by its length.
pub(in crate::blocks) fn put_ascending(out: &mut Vec<u8>, values: &[i64]) {
    let mut series = choose(values, 0);
    if series.len() * 8 < values.len()
        && let Some((first, differences)) = differences(values)
    {
        let (least, most) = range(&differences);
        series = vec![DELTA];
        put_signed(&mut series, first);
        series.extend(packed(&differences, least, span(least, most).max(1)));
    }
    out.extend(series);
}

fn choose(values: &[i64], depth: u32) -> Vec<u8> {
    let (least, most) = range(values);
    if least == most {
        let mut constant = vec![CONSTANT];
        put_signed(&mut constant, least);
        return constant;
    }
    let width = span(least, most);
    let mut best = packed(values, least, width);
    let mut offer = |candidate: Vec<u8>, saving| {
        if candidate.len() * 100 <= best.len() * (100 - saving) {
            best = candidate;
        }
    };
    let guess = Window::guess(values, least, most);
    let runs = 1 + values.windows(2).filter(|pair| pair[0] != pair[1]).count();
    if depth + 1 < MAX_DEPTH && runs * 2 <= values.len() {
        offer(by_runs(values, runs, depth + 1), SAVING);
    }
    if depth < MAX_DEPTH && guess.is_worth_it(width) {
        offer(patched(values, &guess, depth + 1), SAVING);
    }
    if depth + 1 < MAX_DEPTH
        && let Some((first, differences)) = differences(values)
    {
        let (least, most) = range(&differences);
        let differences_guess = Window::guess(&differences, least, most);
        if differences_guess.bits < guess.bits.min(f64::from(width)) {
            let mut delta = vec![DELTA];
            put_signed(&mut delta, first);
            delta.extend(choose(&differences, depth + 1));
            offer(delta, SAVING);
        }
    }
    if depth + 1 < MAX_DEPTH
        && let Some(table) = by_table(values, width, depth + 1)
    {
        offer(table, SAVING);
    }
    if depth == 0 && values.len() >= LZ4_FROM {
        offer(compressed(values, least, width), SAVING_LZ4);
    }
    best
}

/// Returns the least and the greatest value; zeros when there is none.
fn range(values: &[i64]) -> (i64, i64) {
    values
        .iter()
        .fold(None, |range, value| match range {
            None => Some((*value, *value)),
            Some((least, most)) => Some((*value.min(&least), *value.max(&most))),
        })
        .unwrap_or_default()
}

fn span(least: i64, most: i64) -> u32 {
    width_of(most.wrapping_sub(least).cast_unsigned())
}

fn differences(values: &[i64]) -> Option<(i64, Vec<i64>)> {
    let differences = values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    Some((*values.first()?, differences.collect()))
}

fn packed(values: &[i64], base: i64, width: u32) -> Vec<u8> {
    let mut out = vec![PACKED];
    put_signed(&mut out, base);
    out.push(width as u8);
    pack(&mut out, values, base, width);
    out
}

/// A range of values that most lie in, `width` bits from `base` on.
struct Window {
    base: i64,
    width: u32,
    /// What a value takes, patches included.
    bits: f64,
}

impl Window {
    /// Finds the cheapest range by a sample.
    fn guess(values: &[i64], least: i64, most: i64) -> Self {
        let step = values.len().div_ceil(SAMPLE).max(1);
        let mut sample: Vec<i64> = values.iter().step_by(step).copied().collect();
        sample.sort_unstable();
        (0..span(least, most))
            .filter_map(|width| Self::of_width(&sample, width, least, most))
            .min_by(|left, right| left.bits.total_cmp(&right.bits))
            .unwrap_or(Self {
                base: least,
                width: span(least, most),
                bits: span(least, most).into(),
            })
    }

    /// Finds the range of this width that holds most of a sorted sample.
    fn of_width(sample: &[i64], width: u32, least: i64, most: i64) -> Option<Self> {
        let mut end = 0;
        let (mut inside, mut base) = (0, *sample.first()?);
        for (start, from) in sample.iter().enumerate() {
            while let Some(value) = sample.get(end)
                && span(*from, *value) <= width
            {
                end += 1;
            }
            if end - start > inside {
                (inside, base) = (end - start, *from);
            }
        }
        let outside = 1.0 - inside as f64 / sample.len() as f64;
        let highs = span(high(least, base, width), high(most, base, width));
        let gap = if outside > 0.0 {
            2.0 - outside.log2()
        } else {
            0.0
        };
        Some(Self {
            base,
            width,
            bits: f64::from(width) + outside * f64::from(highs) + (outside * gap).min(1.0),
        })
    }

    fn is_worth_it(&self, packed_width: u32) -> bool {
        self.width < packed_width
            && self.bits * 100.0 < f64::from(packed_width) * (100 - SAVING) as f64
    }
}

/// What is to be added above the low `width` bits of `value - base`.
fn high(value: i64, base: i64, width: u32) -> i64 {
    value.wrapping_sub(base) >> width
}

fn patched(values: &[i64], window: &Window, depth: u32) -> Vec<u8> {
    let Window { base, width, .. } = *window;
    let mut out = vec![PATCHED];
    put_signed(&mut out, base);
    out.push(width as u8);
    pack(&mut out, values, base, width);
    let (mut bitmap, mut gaps, mut highs) = (vec![0_u8; values.len().div_ceil(8)], vec![], vec![]);
    let mut next = 0;
    for (place, value) in values.iter().enumerate() {
        let high = high(*value, base, width);
        if high != 0 {
            bitmap[place / 8] |= 1 << (place % 8);
            gaps.push((place - next) as i64);
            next = place + 1;
            highs.push(high);
        }
    }
    put_varint(&mut out, highs.len() as u64);
    let gaps = choose(&gaps, depth + 1);
    // Walking a bitmap is a little faster than adding up gaps.
    if bitmap.len() <= gaps.len() {
        out.push(PLACES_AS_BITMAP);
        out.extend(bitmap);
    } else {
        out.push(PLACES_AS_GAPS);
        out.extend(gaps);
    }
    out.extend(choose(&highs, depth));
    out
}

fn by_runs(values: &[i64], runs: usize, depth: u32) -> Vec<u8> {
    let mut out = vec![RUNS];
    put_varint(&mut out, runs as u64);
    let (firsts, repetitions): (Vec<i64>, Vec<i64>) = values
        .chunk_by(|left, right| left == right)
        .map(|run| (run[0], run.len() as i64 - 1))
        .unzip();
    out.extend(choose(&firsts, depth));
    out.extend(choose(&repetitions, depth));
    out
}

/// Returns `None` when too few values repeat.
fn by_table(values: &[i64], width: u32, depth: u32) -> Option<Vec<u8>> {
    let most = TABLE_MOST.min(values.len() / 2);
    let mut codes: FxHashMap<i64, i64> = FxHashMap::default();
    for value in values {
        codes.insert(*value, 0);
        if codes.len() > most {
            return None;
        }
    }
    let mut different: Vec<i64> = codes.keys().copied().collect();
    if width_of(different.len() as u64 - 1) >= width {
        return None;
    }
    different.sort_unstable();
    codes.extend(different.iter().copied().zip(0..));
    let codes: Vec<i64> = values.iter().map(|value| codes[value]).collect();
    let mut out = vec![TABLE];
    put_varint(&mut out, different.len() as u64);
    out.extend(choose(&different, depth));
    out.extend(choose(&codes, depth + 1));
    Some(out)
}

fn compressed(values: &[i64], base: i64, width: u32) -> Vec<u8> {
    let bytes_each = (width.div_ceil(8) as usize).next_power_of_two();
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| {
            let residue = value.wrapping_sub(base).to_le_bytes();
            residue.into_iter().take(bytes_each)
        })
        .collect();
    let mut out = vec![LZ4];
    put_signed(&mut out, base);
    out.push(bytes_each as u8);
    put_lz4(&mut out, &raw);
    out
}
