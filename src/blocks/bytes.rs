//! Reading and writing of single integers, with bounds checked.

use super::CorruptBlock;

/// A byte of LZ4 stands for 255 at most (its block format: lengths grow by up to 255 with each byte).
const LZ4_BEST_RATIO: usize = 255;

/// Bytes that are still to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// Returns how many bytes are left.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, CorruptBlock> {
        let (first, rest) = self.rest.split_first().ok_or(CorruptBlock::CutShort)?;
        self.rest = rest;
        Ok(*first)
    }

    /// Reads the next `length` bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], CorruptBlock> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(CorruptBlock::CutShort)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads seven bits a byte, the lowest first; the high bit says that more follow (LEB128).
    pub(crate) fn varint(&mut self) -> Result<u64, CorruptBlock> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CorruptBlock::Invalid("an integer has more than 64 bits"))
    }

    /// Reads a varint that must not be above `most`.
    pub(crate) fn count(&mut self, most: usize) -> Result<usize, CorruptBlock> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|count| *count <= most)
            .ok_or(CorruptBlock::Invalid("a count is too large"))
    }

    /// Reads a signed integer: a varint of 0, -1, 1, -2, 2 … (zigzag).
    pub(super) fn signed(&mut self) -> Result<i64, CorruptBlock> {
        let folded = self.varint()?;
        Ok((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
    }

    /// Reads what [`put_lz4`] wrote of `length` bytes.
    pub(super) fn lz4(&mut self, length: usize) -> Result<Vec<u8>, CorruptBlock> {
        let compressed_length = self.count(self.remaining())?;
        let compressed = self.bytes(compressed_length)?;
        if length / LZ4_BEST_RATIO > compressed.len() {
            return Err(CorruptBlock::CutShort);
        }
        let mut raw = vec![0; length];
        match lz4_flex::block::decompress_into(compressed, &mut raw) {
            Ok(read) if read == length => Ok(raw),
            _ => Err(CorruptBlock::Invalid("compressed bytes are damaged")),
        }
    }

    /// Errors when anything is left.
    pub(crate) fn finish(self) -> Result<(), CorruptBlock> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(CorruptBlock::TooLong(left)),
        }
    }
}

/// Appends what [`Reader::varint`] reads.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends what [`Reader::signed`] reads.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, (value << 1 ^ value >> 63).cast_unsigned());
}

/// Appends `raw` compressed with LZ4 (block format), its compressed length before it.
pub(super) fn put_lz4(out: &mut Vec<u8>, raw: &[u8]) {
    let compressed = lz4_flex::block::compress(raw);
    put_varint(out, compressed.len() as u64);
    out.extend(compressed);
}
