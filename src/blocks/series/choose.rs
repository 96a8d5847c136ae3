//! Writes a series in the way that is the best bargain of size and time to read.
//!
//! A sample tells which ways are worth a trial; a trial is written, measured in bytes, and its time estimated. The constants of
//! time come from `server/benches/blocks.rs`; they change what is written, never whether it can be read.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    super::{
        bytes::{put_lz4, put_signed, put_varint},
        packing::{pack, width_of},
    },
    CONSTANT, DELTA, LZ4, MAX_DEPTH, PACKED, PATCHED, PLACES_AS_BITMAP, PLACES_AS_GAPS, RUNS,
    SHORT_RUN, TABLE,
};

/// What a byte less is worth: the time to read it from a database whose pages are in memory, and some disk.
const NS_A_BYTE: f64 = 1.6;

/// Time to read a value that is packed.
const UNPACK_NS: f64 = 0.35;
/// Time to write a value without reading any, as a packed one of no bits.
const FILL_NS: f64 = 0.1;
/// Time to look for patches of a value.
const PLACE_NS: f64 = 0.1;
/// Time to patch one place.
const PATCH_NS: f64 = 1.0;
/// Time to add a difference.
const DELTA_NS: f64 = 0.3;
/// Time to write out a run.
const RUN_NS: f64 = 1.6;
/// Time to write out a long run, whose end the processor does not guess.
const LONG_RUN_NS: f64 = 6.0;
/// Time to look a value up.
const TABLE_NS: f64 = 0.5;
/// Time to decompress a value.
const LZ4_NS: f64 = 1.0;

/// How many values tell whether LZ4 is worth a trial.
const LZ4_SAMPLE: usize = 16_384;

/// How many values tell which other ways are worth a trial.
const SAMPLE: usize = 1024;

/// Below this, LZ4 finds nothing that its own bytes do not cost again.
const LZ4_FROM: usize = 64;

/// Distinct values of a table; more, and looking them up misses the processor's nearest cache.
const TABLE_MOST: usize = 8192;

/// Appends a series.
pub(in crate::blocks) fn put(out: &mut Vec<u8>, values: &[i64]) {
    out.extend(choose(values, 0).bytes);
}

/// Appends a series of ascending values with at least one bit each, so that its reader can bound their number by its length.
pub(in crate::blocks) fn put_ascending(out: &mut Vec<u8>, values: &[i64]) {
    let mut series = choose(values, 0).bytes;
    if series.len() * 8 < values.len()
        && let Some((start, differences)) = differences(values)
    {
        let (least, most) = range(&differences);
        series = vec![DELTA];
        put_signed(&mut series, start);
        series.extend(packed(&differences, least, span(least, most).max(1)).bytes);
    }
    out.extend(series);
}

/// A series as one way writes it.
struct Trial {
    bytes: Vec<u8>,
    /// How long it takes to read, all values together.
    ns: f64,
}

impl Trial {
    fn cost(&self) -> f64 {
        self.bytes.len() as f64 * NS_A_BYTE + self.ns
    }

    /// Becomes the other one if that is cheaper.
    fn offer(&mut self, other: Self) {
        if other.cost() < self.cost() {
            *self = other;
        }
    }

    /// Appends a series that is part of this one.
    fn nest(&mut self, series: Self) {
        self.bytes.extend(series.bytes);
        self.ns += series.ns;
    }
}

fn choose(values: &[i64], depth: u32) -> Trial {
    let (least, most) = range(values);
    if least == most {
        return constant(least);
    }
    let width = span(least, most);
    let mut best = packed(values, least, width);
    let guess = Window::guess(values, least, most);
    if depth < MAX_DEPTH && guess.width < width {
        best.offer(patched(values, &guess, depth + 1));
    }
    if depth + 1 < MAX_DEPTH {
        let runs = 1 + values.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if runs * 2 <= values.len() {
            best.offer(by_runs(values, runs, depth + 1));
        }
        if let Some((start, differences)) = differences(values) {
            let (least, most) = range(&differences);
            if Window::guess(&differences, least, most).cost + DELTA_NS < guess.cost {
                best.offer(delta(start, &differences, depth + 1));
            }
        }
        if let Some(table) = by_table(values, width, depth + 1) {
            best.offer(table);
        }
    }
    if depth == 0 && values.len() >= LZ4_FROM {
        let first = &values[..values.len().min(LZ4_SAMPLE)];
        let share = first.len() as f64 / values.len() as f64;
        if compressed(first, least, width).cost() < best.cost() * share {
            best.offer(compressed(values, least, width));
        }
    }
    best
}

/// Returns the least and the greatest value; zeros when there is none.
fn range(values: &[i64]) -> (i64, i64) {
    let first = values.first().copied().unwrap_or_default();
    values.iter().fold((first, first), |(least, most), value| {
        (least.min(*value), most.max(*value))
    })
}

/// Returns how many bits the values from `least` to `most` need.
fn span(least: i64, most: i64) -> u32 {
    width_of(most.wrapping_sub(least).cast_unsigned())
}

fn sample(values: &[i64]) -> impl Iterator<Item = i64> {
    let step = values.len().div_ceil(SAMPLE).max(1);
    values.iter().step_by(step).copied()
}

/// A range of values that most lie in, `width` bits from `base` on.
struct Window {
    base: i64,
    width: u32,
    /// What a value costs, patches included.
    cost: f64,
}

impl Window {
    /// Finds the cheapest range by a sample.
    fn guess(values: &[i64], least: i64, most: i64) -> Self {
        let mut sample: Vec<i64> = sample(values).collect();
        sample.sort_unstable();
        let whole = Self {
            base: least,
            width: span(least, most),
            cost: f64::from(span(least, most)) / 8.0 * NS_A_BYTE + UNPACK_NS,
        };
        (0..whole.width)
            .map(|width| Self::of_width(&sample, width, least, most))
            .fold(whole, |best, window| {
                if window.cost < best.cost {
                    window
                } else {
                    best
                }
            })
    }

    /// Finds the range of this width that holds most of a sorted sample.
    fn of_width(sample: &[i64], width: u32, least: i64, most: i64) -> Self {
        let mut end = 0;
        let (mut inside, mut base) = (0, least);
        for (start, from) in sample.iter().enumerate() {
            while sample
                .get(end)
                .is_some_and(|value| span(*from, *value) <= width)
            {
                end += 1;
            }
            if end - start > inside {
                (inside, base) = (end - start, *from);
            }
        }
        let outside = 1.0 - inside as f64 / sample.len() as f64;
        let highs = span(high(least, base, width), high(most, base, width));
        let gap = (2.0 - outside.max(f64::MIN_POSITIVE).log2()) * outside;
        let bits = f64::from(width) + outside * f64::from(highs) + gap.min(1.0);
        let ns = unpack_ns(width) + PLACE_NS + (UNPACK_NS + PATCH_NS) * outside;
        Self {
            base,
            width,
            cost: bits / 8.0 * NS_A_BYTE + ns,
        }
    }
}

/// What is to be added above the low `width` bits of `value - base`.
fn high(value: i64, base: i64, width: u32) -> i64 {
    value.wrapping_sub(base) >> width
}

fn constant(value: i64) -> Trial {
    let mut bytes = vec![CONSTANT];
    put_signed(&mut bytes, value);
    Trial { bytes, ns: 0.0 }
}

fn packed(values: &[i64], base: i64, width: u32) -> Trial {
    let mut bytes = vec![PACKED];
    put_signed(&mut bytes, base);
    bytes.push(width as u8);
    pack(&mut bytes, values, base, width);
    let ns = unpack_ns(width) * values.len() as f64;
    Trial { bytes, ns }
}

fn unpack_ns(width: u32) -> f64 {
    if width == 0 { FILL_NS } else { UNPACK_NS }
}

fn patched(values: &[i64], window: &Window, depth: u32) -> Trial {
    let Window { base, width, .. } = *window;
    let mut trial = packed(values, base, width);
    trial.bytes[0] = PATCHED;
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
    put_varint(&mut trial.bytes, highs.len() as u64);
    trial.ns += PLACE_NS * values.len() as f64 + PATCH_NS * highs.len() as f64;
    let gaps = choose(&gaps, depth);
    if bitmap.len() <= gaps.bytes.len() {
        trial.bytes.push(PLACES_AS_BITMAP);
        trial.bytes.extend(bitmap);
    } else {
        trial.bytes.push(PLACES_AS_GAPS);
        trial.nest(gaps);
    }
    trial.nest(choose(&highs, depth));
    trial
}

/// Returns where to start, and what to add for each value.
///
/// The first difference is free: it is as the second, so that the differences of a regular series are constant.
fn differences(values: &[i64]) -> Option<(i64, Vec<i64>)> {
    let [first, second, ..] = values else {
        return None;
    };
    let start = first.wrapping_sub(second.wrapping_sub(*first));
    let mut before = start;
    let differences = values.iter().map(|value| {
        let difference = value.wrapping_sub(before);
        before = *value;
        difference
    });
    Some((start, differences.collect()))
}

fn delta(start: i64, differences: &[i64], depth: u32) -> Trial {
    let mut bytes = vec![DELTA];
    put_signed(&mut bytes, start);
    let ns = DELTA_NS * differences.len() as f64;
    let mut trial = Trial { bytes, ns };
    trial.nest(choose(differences, depth));
    trial
}

fn by_runs(values: &[i64], runs: usize, depth: u32) -> Trial {
    let mut bytes = vec![RUNS];
    put_varint(&mut bytes, runs as u64);
    let (firsts, repetitions): (Vec<i64>, Vec<i64>) = values
        .chunk_by(|left, right| left == right)
        .map(|run| (run[0], run.len() as i64 - 1))
        .unzip();
    let is_long = |repetitions: &&i64| **repetitions >= SHORT_RUN as i64;
    let long = repetitions.iter().filter(is_long).count();
    let ns = RUN_NS * runs as f64 + LONG_RUN_NS * long as f64;
    let mut trial = Trial { bytes, ns };
    trial.nest(choose(&firsts, depth));
    trial.nest(choose(&repetitions, depth));
    trial
}

/// Returns `None` when too few values repeat, or an index would be as wide as a value.
fn by_table(values: &[i64], width: u32, depth: u32) -> Option<Trial> {
    let most = TABLE_MOST.min(values.len() / 2);
    let is_too_many = |different: usize| different > most || width_of(different as u64) >= width;
    if is_too_many(sample(values).collect::<FxHashSet<_>>().len()) {
        return None;
    }
    let mut codes: FxHashMap<i64, i64> = FxHashMap::default();
    for value in values {
        codes.insert(*value, 0);
        if is_too_many(codes.len()) {
            return None;
        }
    }
    let mut different: Vec<i64> = codes.keys().copied().collect();
    different.sort_unstable();
    codes.extend(different.iter().copied().zip(0..));
    let codes: Vec<i64> = values.iter().map(|value| codes[value]).collect();
    let mut bytes = vec![TABLE];
    put_varint(&mut bytes, different.len() as u64);
    let ns = TABLE_NS * values.len() as f64;
    let mut trial = Trial { bytes, ns };
    trial.nest(choose(&different, depth));
    trial.nest(choose(&codes, depth));
    Some(trial)
}

fn compressed(values: &[i64], base: i64, width: u32) -> Trial {
    let bytes_each = (width.div_ceil(8) as usize).next_power_of_two();
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| {
            let residue = value.wrapping_sub(base).to_le_bytes();
            residue.into_iter().take(bytes_each)
        })
        .collect();
    let mut bytes = vec![LZ4];
    put_signed(&mut bytes, base);
    bytes.push(bytes_each as u8);
    put_lz4(&mut bytes, &raw);
    let ns = LZ4_NS * values.len() as f64;
    Trial { bytes, ns }
}
