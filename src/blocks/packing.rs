//! Unsigned integers side by side with a fixed number of bits each.
//!
//! Whole chunks of 128 go through the crate `bitpacking` (SSE3, NEON, or plain code with the same result), what is left of the
//! last one through a plain stream of bits, so that a small day is not padded.

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

/// Reads what [`pack`] wrote: every cell of `out` becomes `base` and its residue.
pub(super) fn unpack<T: Cell>(
    reader: &mut Reader<'_>,
    out: &mut [T],
    base: i64,
    width: u32,
) -> Result<(), CorruptBlock> {
    let base = base.cast_unsigned();
    if width > u64::BITS {
        return Err(CorruptBlock::Invalid("an integer is wider than 64 bits"));
    }
    if width == 0 {
        out.fill(T::from_bits(base));
        return Ok(());
    }
    let length = packed_bytes(out.len(), width).ok_or(CorruptBlock::CutShort)?;
    let data = reader.bytes(length)?;
    let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
    let (packed_chunks, packed_rest) =
        data.split_at(chunks.len() * width as usize * CHUNK_BYTES_A_BIT);
    if width <= 32 {
        unpack_narrow(packed_chunks, chunks, base, width);
    } else {
        unpack_wide(packed_chunks, chunks, base, width);
    }
    unpack_rest(packed_rest, rest, base, width);
    Ok(())
}

fn unpack_narrow<T: Cell>(data: &[u8], chunks: &mut [[T; CHUNK]], base: u64, width: u32) {
    let packer = BitPacker4x::new();
    let mut residues = [0_u32; CHUNK];
    for (cells, packed) in chunks
        .iter_mut()
        .zip(data.chunks_exact(width as usize * CHUNK_BYTES_A_BIT))
    {
        packer.decompress(packed, &mut residues, width as u8);
        for (cell, residue) in cells.iter_mut().zip(residues) {
            *cell = T::from_bits(base.wrapping_add(residue.into()));
        }
    }
}

/// The low 32 bits of a chunk stand before its high ones.
fn unpack_wide<T: Cell>(data: &[u8], chunks: &mut [[T; CHUNK]], base: u64, width: u32) {
    let packer = BitPacker4x::new();
    let (mut lows, mut highs) = ([0_u32; CHUNK], [0_u32; CHUNK]);
    for (cells, packed) in chunks
        .iter_mut()
        .zip(data.chunks_exact(width as usize * CHUNK_BYTES_A_BIT))
    {
        let (low, high) = packed.split_at(32 * CHUNK_BYTES_A_BIT);
        packer.decompress(low, &mut lows, 32);
        packer.decompress(high, &mut highs, (width - 32) as u8);
        for ((cell, low), high) in cells.iter_mut().zip(lows).zip(highs) {
            *cell = T::from_bits(base.wrapping_add(u64::from(high) << 32 | u64::from(low)));
        }
    }
}

fn unpack_rest<T: Cell>(data: &[u8], cells: &mut [T], base: u64, width: u32) {
    let mask = u64::MAX >> (u64::BITS - width);
    let mut bytes = data.iter();
    let (mut bits, mut held) = (0_u128, 0);
    for cell in cells {
        while held < width {
            let byte = bytes.next().copied().unwrap_or_default();
            bits |= u128::from(byte) << held;
            held += 8;
        }
        *cell = T::from_bits(base.wrapping_add(bits as u64 & mask));
        bits >>= width;
        held -= width;
    }
}
