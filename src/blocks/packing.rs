//! Unsigned integers side by side with a fixed number of bits each.
//!
//! Whole chunks of 128 go through the crate `bitpacking` (SSE3, NEON, or plain code with the same result), what is left of the
//! last one through a plain stream of bits, so that a small day is not padded.

use std::slice::ChunksExact;

use bitpacking::{BitPacker, BitPacker4x};

use super::{CorruptBlock, bytes::Reader};

/// Integers a chunk.
const CHUNK: usize = BitPacker4x::BLOCK_LEN;

/// Bytes a chunk and bit of width.
const CHUNK_BYTES_A_BIT: usize = CHUNK / 8;

/// What integers are unpacked into. Arithmetic wraps, so that a narrower cell holds the low bits of the right result.
pub(super) trait Cell: Copy + Default {
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
}

impl Cell for i64 {
    fn from_bits(bits: u64) -> Self {
        bits.cast_signed()
    }
    fn to_bits(self) -> u64 {
        self.cast_unsigned()
    }
}

impl Cell for u32 {
    fn from_bits(bits: u64) -> Self {
        bits as Self
    }
    fn to_bits(self) -> u64 {
        self.into()
    }
}

/// Returns how many bits the integers up to `most` need.
pub(super) fn width_of(most: u64) -> u32 {
    u64::BITS - most.leading_zeros()
}

/// Returns how many bytes `count` integers of `width` bits take, unless that is more than memory.
pub(super) fn packed_bytes(count: usize, width: u32) -> Option<usize> {
    Some(count.checked_mul(width as usize)?.div_ceil(8))
}

/// Appends the low `width` bits of every `value - base`.
pub(super) fn pack(out: &mut Vec<u8>, values: &[i64], base: i64, width: u32) {
    if width == 0 {
        return;
    }
    let packer = BitPacker4x::new();
    let mask = u64::MAX >> (u64::BITS - width);
    let residue = |value: &i64| value.wrapping_sub(base).cast_unsigned() & mask;
    let (low_width, high_width) = (width.min(32), width.saturating_sub(32));
    let mut put_chunk = |chunk: &[u32; CHUNK], width: u32| {
        let start = out.len();
        out.resize(start + width as usize * CHUNK_BYTES_A_BIT, 0);
        packer.compress(chunk, &mut out[start..], width as u8);
    };
    let (chunks, rest) = values.as_chunks::<CHUNK>();
    for chunk in chunks {
        put_chunk(
            &chunk.each_ref().map(|value| residue(value) as u32),
            low_width,
        );
        if high_width > 0 {
            put_chunk(
                &chunk.each_ref().map(|value| (residue(value) >> 32) as u32),
                high_width,
            );
        }
    }
    pack_rest(out, rest.iter().map(residue), width);
}

fn pack_rest(out: &mut Vec<u8>, residues: impl Iterator<Item = u64>, width: u32) {
    let (mut bits, mut held) = (0_u128, 0);
    for residue in residues {
        bits |= u128::from(residue) << held;
        held += width;
        while held >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        out.push(bits as u8);
    }
}

/// Reads what [`pack`] wrote: `count` cells of `base` and its residue.
pub(super) fn unpack<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    base: i64,
    width: u32,
) -> Result<Vec<T>, CorruptBlock> {
    let base = base.cast_unsigned();
    if width > u64::BITS {
        return Err(CorruptBlock::Invalid("an integer is wider than 64 bits"));
    }
    if width == 0 {
        return Ok(vec![T::from_bits(base); count]);
    }
    let length = packed_bytes(count, width).ok_or(CorruptBlock::CutShort)?;
    let data = reader.bytes(length)?;
    let chunk_bytes = width as usize * CHUNK_BYTES_A_BIT;
    let (chunks, rest) = data.split_at(count / CHUNK * chunk_bytes);
    let mut cells = Vec::with_capacity(count);
    if width <= 32 {
        unpack_narrow(&mut cells, chunks.chunks_exact(chunk_bytes), base, width);
    } else {
        unpack_wide(&mut cells, chunks.chunks_exact(chunk_bytes), base, width);
    }
    unpack_rest(&mut cells, rest, count % CHUNK, base, width);
    Ok(cells)
}

fn unpack_narrow<T: Cell>(cells: &mut Vec<T>, chunks: ChunksExact<'_, u8>, base: u64, width: u32) {
    let packer = BitPacker4x::new();
    let mut residues = [0; CHUNK];
    for packed in chunks {
        packer.decompress(packed, &mut residues, width as u8);
        let cell = |residue: u32| T::from_bits(base.wrapping_add(residue.into()));
        cells.extend_from_slice(&residues.map(cell));
    }
}

/// The low 32 bits of a chunk stand before its high ones.
fn unpack_wide<T: Cell>(cells: &mut Vec<T>, chunks: ChunksExact<'_, u8>, base: u64, width: u32) {
    let packer = BitPacker4x::new();
    let (mut lows, mut highs) = ([0; CHUNK], [0; CHUNK]);
    for packed in chunks {
        let (low, high) = packed.split_at(32 * CHUNK_BYTES_A_BIT);
        packer.decompress(low, &mut lows, 32);
        packer.decompress(high, &mut highs, (width - 32) as u8);
        cells.extend(lows.iter().zip(highs).map(|(low, high)| {
            let residue = u64::from(high) << 32 | u64::from(*low);
            T::from_bits(base.wrapping_add(residue))
        }));
    }
}

/// Reads what [`pack`] wrote, and gives the cells at some places, which ascend and are below `count`: chunks without any are passed over.
pub(super) fn unpack_at<T: Cell>(
    reader: &mut Reader<'_>,
    count: usize,
    at: &[u32],
    base: i64,
    width: u32,
) -> Result<Vec<T>, CorruptBlock> {
    if width == 0 || width > u64::BITS {
        return unpack(reader, at.len(), base, width);
    }
    let base = base.cast_unsigned();
    let length = packed_bytes(count, width).ok_or(CorruptBlock::CutShort)?;
    let data = reader.bytes(length)?;
    let chunk_bytes = width as usize * CHUNK_BYTES_A_BIT;
    let mut cells = Vec::with_capacity(at.len());
    let mut chunk: Vec<T> = Vec::with_capacity(CHUNK);
    for places in at.chunk_by(|a, b| *a as usize / CHUNK == *b as usize / CHUNK) {
        let number = places[0] as usize / CHUNK;
        let packed = &data[number * chunk_bytes..];
        chunk.clear();
        match packed.get(..chunk_bytes) {
            Some(packed) if (number + 1) * CHUNK <= count => {
                let chunks = packed.chunks_exact(chunk_bytes);
                if width <= 32 {
                    unpack_narrow(&mut chunk, chunks, base, width);
                } else {
                    unpack_wide(&mut chunk, chunks, base, width);
                }
            }
            _ => unpack_rest(&mut chunk, packed, count % CHUNK, base, width),
        }
        cells.extend(places.iter().map(|place| chunk[*place as usize % CHUNK]));
    }
    Ok(cells)
}

fn unpack_rest<T: Cell>(cells: &mut Vec<T>, data: &[u8], count: usize, base: u64, width: u32) {
    let mask = u64::MAX >> (u64::BITS - width);
    let mut bytes = data.iter();
    let (mut bits, mut held) = (0_u128, 0);
    for _ in 0..count {
        while held < width {
            let byte = bytes.next().copied().unwrap_or_default();
            bits |= u128::from(byte) << held;
            held += 8;
        }
        cells.push(T::from_bits(base.wrapping_add(bits as u64 & mask)));
        bits >>= width;
        held -= width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one value of a chunk as docs/block-format.md describes it.
    fn value_of_chunk(chunk: &[u8], width: usize, place: usize) -> u64 {
        let (lane, first_bit) = (place % 4, place / 4 * width);
        (0..width).fold(0, |value, bit| {
            let (word, bit_of_word) = ((first_bit + bit) / 32, (first_bit + bit) % 32);
            let byte = chunk[(word * 4 + lane) * 4 + bit_of_word / 8];
            value | u64::from(byte >> (bit_of_word % 8) & 1) << bit
        })
    }

    #[test]
    fn values_lie_where_the_documentation_says() {
        for width in 1..=64 {
            let values: Vec<i64> = (0..200_i64)
                .map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()))
                .collect();
            let mut packed = vec![];
            pack(&mut packed, &values, 0, width);
            assert_eq!(Some(packed.len()), packed_bytes(values.len(), width));

            let width = width as usize;
            let (chunk, rest) = packed.split_at(width * 16);
            let (low, high) = chunk.split_at(width.min(32) * 16);
            for (place, value) in values.iter().enumerate() {
                let found = if place < 128 {
                    let high_bits = value_of_chunk(high, width.saturating_sub(32), place);
                    value_of_chunk(low, width.min(32), place) | high_bits << 32
                } else {
                    let first_bit = (place - 128) * width;
                    (0..width).fold(0, |value, bit| {
                        let byte = rest[(first_bit + bit) / 8];
                        value | u64::from(byte >> ((first_bit + bit) % 8) & 1) << bit
                    })
                };
                let mask = u64::MAX >> (64 - width);
                assert_eq!(
                    found,
                    value.cast_unsigned() & mask,
                    "{width} bits, place {place}"
                );
            }
        }
    }
}
