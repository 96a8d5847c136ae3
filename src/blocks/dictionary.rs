//! The values of a column that repeat: how many, then the values themselves, ascending.
//!
//! Each takes at least one bit, which bounds their number by the length of the block before anything is allocated.

use super::{
    CorruptBlock,
    bytes::{Reader, put_lz4, put_varint},
    series,
};

const TEXT_RAW: u8 = 0;
const TEXT_LZ4: u8 = 1;

/// As for integers: decompression must save a tenth.
const LZ4_SAVING: usize = 10;

const NOT_ASCENDING: CorruptBlock = CorruptBlock::Invalid("values do not ascend");

/// Reads the number of values.
fn count(reader: &mut Reader<'_>) -> Result<usize, CorruptBlock> {
    reader.count(reader.remaining().saturating_mul(8))
}

/// Appends what [`words`] reads.
pub(super) fn put_words(out: &mut Vec<u8>, values: &[i64]) {
    put_varint(out, values.len() as u64);
    series::put_ascending(out, values);
}

/// Reads integers, and checks that they ascend.
pub(super) fn words(reader: &mut Reader<'_>) -> Result<Vec<i64>, CorruptBlock> {
    let count = count(reader)?;
    let values: Vec<i64> = series::decode(reader, count)?;
    if values.is_sorted_by(|left, right| left < right) {
        Ok(values)
    } else {
        Err(NOT_ASCENDING)
    }
}

/// Appends what [`texts`] reads.
pub(super) fn put_texts(out: &mut Vec<u8>, values: &[String]) {
    put_varint(out, values.len() as u64);
    let lengths: Vec<i64> = values.iter().map(|text| text.len() as i64).collect();
    series::put(out, &lengths);
    let raw = values.concat().into_bytes();
    let mut compressed = vec![];
    put_lz4(&mut compressed, &raw);
    let saves = compressed.len() * 100 <= raw.len() * (100 - LZ4_SAVING);
    if saves && values.len() <= compressed.len() * 8 {
        out.push(TEXT_LZ4);
        out.extend(compressed);
    } else {
        out.push(TEXT_RAW);
        out.extend(raw);
    }
}

/// Reads texts, and checks that they ascend.
pub(super) fn texts(reader: &mut Reader<'_>) -> Result<Vec<String>, CorruptBlock> {
    let count = count(reader)?;
    let lengths: Vec<u32> = series::decode(reader, count)?;
    let length: u64 = lengths.iter().copied().map(u64::from).sum();
    let length = usize::try_from(length).map_err(|_| CorruptBlock::CutShort)?;
    let decompressed;
    let mut rest = match reader.byte()? {
        TEXT_RAW => reader.bytes(length)?,
        TEXT_LZ4 => {
            decompressed = reader.lz4(length)?;
            &decompressed
        }
        _ => return Err(CorruptBlock::Invalid("texts are unreadable")),
    };
    let mut values: Vec<String> = Vec::with_capacity(count);
    for length in lengths {
        let (text, after) = rest
            .split_at_checked(length as usize)
            .ok_or(CorruptBlock::CutShort)?;
        rest = after;
        let text =
            str::from_utf8(text).map_err(|_| CorruptBlock::Invalid("a text is not UTF-8"))?;
        if values.last().is_some_and(|last| last.as_str() >= text) {
            return Err(NOT_ASCENDING);
        }
        values.push(text.to_owned());
    }
    Ok(values)
}
