//! Reads some places of a series, without making cells of the others where its way allows that.

use super::{
    BAD_PATCHES, CONSTANT, DELTA, MAX_DEPTH, PACKED, PATCHED, PLACES_AS_BITMAP, PLACES_AS_GAPS,
    RUNS, TABLE, add_above, nested,
};
use crate::blocks::{
    CorruptBlock,
    bytes::Reader,
    packing::{Cell, unpack_at},
};

/// Reads a series of `count` integers, and gives those at some places, which ascend and are below `count`. What is not among them
/// is checked no further than its way of writing needs.
pub(in crate::blocks) fn decode_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
) -> Result<Vec<T>, CorruptBlock> {
    nested_at(reader, count, at, 0)
}

fn nested_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    if depth > MAX_DEPTH {
        return Err(CorruptBlock::Invalid("series are nested too deep"));
    }
    let mut body = *reader;
    let cells = match body.byte()? {
        CONSTANT => {
            let value = T::from_bits(body.signed()?.cast_unsigned());
            vec![value; at.len()]
        }
        PACKED => {
            let base = body.signed()?;
            let width = body.byte()?.into();
            unpack_at(&mut body, count, at, base, width)?
        }
        PATCHED => patched_at(&mut body, count, at, depth + 1)?,
        DELTA => delta_at(&mut body, count, at, depth + 1)?,
        RUNS => runs_at(&mut body, count, at, depth + 1)?,
        TABLE => table_at(&mut body, count, at, depth + 1)?,
        // Compressed bytes have to be read from their beginning.
        _ => {
            let cells: Vec<T> = nested(reader, count, depth)?;
            return Ok(at.iter().map(|place| cells[*place as usize]).collect());
        }
    };
    *reader = body;
    Ok(cells)
}

fn patched_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let base = reader.signed()?;
    let width = u32::from(reader.byte()?);
    if width >= u64::BITS {
        return Err(CorruptBlock::Invalid("nothing is left to patch"));
    }
    let mut cells: Vec<T> = unpack_at(reader, count, at, base, width)?;
    let patches = reader.count(count)?;
    match reader.byte()? {
        PLACES_AS_BITMAP => {
            let bitmap = reader.bytes(count.div_ceil(8))?;
            let highs: Vec<T> = nested(reader, patches, depth)?;
            patch_by_bitmap(&mut cells, at, bitmap, &highs, width)?;
        }
        PLACES_AS_GAPS => {
            let gaps: Vec<u32> = nested(reader, patches, depth)?;
            let highs: Vec<T> = nested(reader, patches, depth)?;
            patch_by_gaps(&mut cells, at, &gaps, &highs, width);
        }
        _ => return Err(CorruptBlock::Invalid("places of patches are unreadable")),
    }
    Ok(cells)
}

/// The patch of a place is numbered by the bits before its own.
fn patch_by_bitmap<T: Cell>(
    cells: &mut [T],
    at: &[u32],
    bitmap: &[u8],
    highs: &[T],
    width: u32,
) -> Result<(), CorruptBlock> {
    let mut places = cells.iter_mut().zip(at).peekable();
    let mut before = 0;
    for (number, bytes) in bitmap.chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(word);
        while let Some((cell, place)) = places.next_if(|(_, place)| **place as usize / 64 == number)
        {
            let bit = place % 64;
            if bits >> bit & 1 == 1 {
                let lower = bits & ((1 << bit) - 1);
                let high = highs.get(before + lower.count_ones() as usize);
                add_above(cell, *high.ok_or(BAD_PATCHES)?, width);
            }
        }
        before += bits.count_ones() as usize;
    }
    if before == highs.len() {
        Ok(())
    } else {
        Err(BAD_PATCHES)
    }
}

fn patch_by_gaps<T: Cell>(cells: &mut [T], at: &[u32], gaps: &[u32], highs: &[T], width: u32) {
    let mut places = cells.iter_mut().zip(at).peekable();
    let mut patched = 0;
    for (gap, high) in gaps.iter().zip(highs) {
        patched += u64::from(*gap);
        while places
            .next_if(|(_, place)| u64::from(**place) < patched)
            .is_some()
        {}
        if let Some((cell, _)) = places.next_if(|(_, place)| u64::from(**place) == patched) {
            add_above(cell, *high, width);
        }
        patched += 1;
    }
}

/// Sums between places need no order, unlike the sum up to each integer: the compiler adds several at a time.
fn delta_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let mut value = reader.signed()?.cast_unsigned();
    let differences: Vec<T> = nested(reader, count, depth)?;
    let mut summed = 0;
    let cell = |place: &u32| {
        let end = *place as usize + 1;
        let more = differences[summed..end]
            .iter()
            .fold(0_u64, |sum, difference| {
                sum.wrapping_add(difference.to_bits())
            });
        summed = end;
        value = value.wrapping_add(more);
        T::from_bits(value)
    };
    Ok(at.iter().map(cell).collect())
}

fn runs_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let runs = reader.count(count)?;
    let values: Vec<T> = nested(reader, runs, depth)?;
    let repetitions: Vec<u32> = nested(reader, runs, depth)?;
    let mut cells = Vec::with_capacity(at.len());
    let mut places = at.iter().peekable();
    let mut end = 0;
    for (value, repetitions) in values.into_iter().zip(repetitions) {
        end += u64::from(repetitions) + 1;
        while places.next_if(|place| u64::from(**place) < end).is_some() {
            cells.push(value);
        }
    }
    if end == count as u64 {
        Ok(cells)
    } else {
        Err(CorruptBlock::Invalid("runs do not fit the series"))
    }
}

fn table_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
    depth: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let different = reader.count(count)?;
    let values: Vec<T> = nested(reader, different, depth)?;
    let codes: Vec<u32> = nested_at(reader, count, at, depth)?;
    codes
        .into_iter()
        .map(|code| values.get(code as usize).copied())
        .collect::<Option<_>>()
        .ok_or(CorruptBlock::Invalid("an index of a table has no value"))
}
