//! Runs of integers, each written in the smallest of seven ways; this file reads them, [`choose`] writes.
//!
//! A series does not know its own length: its reader does. Some encodings hold further series, to a small depth. Arithmetic is
//! that of 64 bits and wraps; read into narrower cells, a series gives the low bits.

mod choose;
mod select;

pub(super) use select::decode_at;

pub(super) use choose::{put, put_ascending};

use super::{
    CorruptBlock,
    bytes::Reader,
    packing::{Cell, unpack},
};

/// One integer, however often.
const CONSTANT: u8 = 0;
/// What is above a base, with a fixed number of bits.
const PACKED: u8 = 1;
/// As packed, and for some places something to add above those bits.
const PATCHED: u8 = 2;
/// Where to start, and what each integer is above the one before.
const DELTA: u8 = 3;
/// Integers and how often each repeats.
const RUNS: u8 = 4;
/// Different integers and an index for each place.
const TABLE: u8 = 5;
/// What is above a base as whole bytes, compressed.
const LZ4: u8 = 6;

/// How patches name their places.
const PLACES_AS_BITMAP: u8 = 0;
const PLACES_AS_GAPS: u8 = 1;

/// How deep series stand in series at most. Without a limit, damaged bytes could cost any time.
const MAX_DEPTH: u32 = 3;

/// Reads a series of `count` integers.
pub(super) fn decode<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
) -> Result<Vec<T>, CorruptBlock> {
    nested(reader, count, 0)
}

fn nested<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    if depth > MAX_DEPTH {
        return Err(CorruptBlock::Invalid("series are nested too deep"));
    }
    let depth = depth + 1;
    match reader.byte()? {
        CONSTANT => {
            let value = reader.signed()?.cast_unsigned();
            Ok(vec![T::from_bits(value); count])
        }
        PACKED => {
            let base = reader.signed()?;
            let width = reader.byte()?.into();
            unpack(reader, count, base, width)
        }
        PATCHED => patched(reader, count, depth),
        DELTA => delta(reader, count, depth),
        RUNS => runs(reader, count, depth),
        TABLE => table(reader, count, depth),
        LZ4 => lz4(reader, count),
        encoding => Err(CorruptBlock::UnknownEncoding(encoding)),
    }
}

fn patched<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let base = reader.signed()?;
    let width = u32::from(reader.byte()?);
    if width >= u64::BITS {
        return Err(CorruptBlock::Invalid("nothing is left to patch"));
    }
    let mut cells: Vec<T> = unpack(reader, count, base, width)?;
    let patches = reader.count(count)?;
    match reader.byte()? {
        PLACES_AS_BITMAP => {
            let bitmap = reader.bytes(count.div_ceil(8))?;
            let highs: Vec<T> = nested(reader, patches, depth)?;
            patch_by_bitmap(&mut cells, bitmap, &highs, width)?;
        }
        PLACES_AS_GAPS => {
            let gaps: Vec<u32> = nested(reader, patches, depth)?;
            let highs: Vec<T> = nested(reader, patches, depth)?;
            patch_by_gaps(&mut cells, &gaps, &highs, width)?;
        }
        _ => return Err(CorruptBlock::Invalid("places of patches are unreadable")),
    }
    Ok(cells)
}

const BAD_PATCHES: CorruptBlock = CorruptBlock::Invalid("patches do not fit their places");

fn add_above<T: Cell>(cell: &mut T, high: T, width: u32) {
    *cell = T::from_bits(cell.to_bits().wrapping_add(high.to_bits() << width));
}

fn patch_by_bitmap<T: Cell>(
    cells: &mut [T],
    bitmap: &[u8],
    highs: &[T],
    width: u32,
) -> Result<(), CorruptBlock> {
    let mut highs = highs.iter();
    for (cells, bytes) in cells.chunks_mut(64).zip(bitmap.chunks(8)) {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        let mut bits = u64::from_le_bytes(word);
        while bits != 0 {
            let cell = cells.get_mut(bits.trailing_zeros() as usize);
            let high = highs.next().ok_or(BAD_PATCHES)?;
            add_above(cell.ok_or(BAD_PATCHES)?, *high, width);
            bits &= bits - 1;
        }
    }
    match highs.next() {
        None => Ok(()),
        Some(_) => Err(BAD_PATCHES),
    }
}

/// A gap is the number of places that are passed over since the last patch.
fn patch_by_gaps<T: Cell>(
    cells: &mut [T],
    gaps: &[u32],
    highs: &[T],
    width: u32,
) -> Result<(), CorruptBlock> {
    let mut rest = cells.iter_mut();
    for (gap, high) in gaps.iter().zip(highs) {
        let cell = rest.nth(*gap as usize).ok_or(BAD_PATCHES)?;
        add_above(cell, *high, width);
    }
    Ok(())
}

fn delta<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let mut value = reader.signed()?.cast_unsigned();
    let mut cells: Vec<T> = nested(reader, count, depth)?;
    for cell in &mut cells {
        value = value.wrapping_add(cell.to_bits());
        *cell = T::from_bits(value);
    }
    Ok(cells)
}

/// Runs up to this length are written without a branch on their length.
const SHORT_RUN: usize = 16;

fn runs<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let runs = reader.count(count)?;
    let values: Vec<T> = nested(reader, runs, depth)?;
    let repetitions: Vec<u32> = nested(reader, runs, depth)?;
    let mut cells = Vec::with_capacity(count + SHORT_RUN);
    for (value, repetitions) in values.into_iter().zip(repetitions) {
        let end = cells.len() + repetitions as usize + 1;
        if end > count {
            return Err(CorruptBlock::Invalid("runs are longer than the series"));
        }
        cells.extend_from_slice(&[value; SHORT_RUN]);
        cells.resize(end, value);
    }
    if cells.len() < count {
        return Err(CorruptBlock::Invalid("runs are shorter than the series"));
    }
    Ok(cells)
}

fn table<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let different = reader.count(count)?;
    let values: Vec<T> = nested(reader, different, depth)?;
    let codes: Vec<u32> = nested(reader, count, depth)?;
    codes
        .into_iter()
        .map(|code| values.get(code as usize).copied())
        .collect::<Option<_>>()
        .ok_or(CorruptBlock::Invalid("an index of a table has no value"))
}

fn lz4<T: Cell>(reader: &mut Reader<'_>, count: usize) -> Result<Vec<T>, CorruptBlock> {
    let base = reader.signed()?.cast_unsigned();
    let bytes_each = usize::from(reader.byte()?);
    let length = count
        .checked_mul(bytes_each)
        .ok_or(CorruptBlock::CutShort)?;
    if !matches!(bytes_each, 1 | 2 | 4 | 8) {
        return Err(CorruptBlock::Invalid("compressed integers of odd size"));
    }
    let raw = reader.lz4(length)?;
    let cell = |residue: u64| T::from_bits(base.wrapping_add(residue));
    Ok(match bytes_each {
        1 => raw.iter().map(|byte| cell((*byte).into())).collect(),
        2 => each(&raw, |bytes| cell(u16::from_le_bytes(bytes).into())),
        4 => each(&raw, |bytes| cell(u32::from_le_bytes(bytes).into())),
        _ => each(&raw, |bytes| cell(u64::from_le_bytes(bytes))),
    })
}

fn each<T, const N: usize>(raw: &[u8], cell: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>().0.iter().copied().map(cell).collect()
}
