//! The format of day blocks: one column of a closed day as bytes, and several columns as one part.
//!
//! A pure function of its input in both directions. Knows neither the database nor what a column means; the callers are the
//! services that close days and read them. Every byte is described in `docs/block-format.md`. Inside: [`series`] writes integers
//! in the smallest of several ways, [`dictionary`] the values of a column that repeat, [`directory`] puts columns together.

pub(crate) mod bytes;
mod corrupt;
mod dictionary;
mod directory;
mod packing;
mod series;
#[cfg(test)]
mod tests;

pub use corrupt::CorruptBlock;
pub use directory::Directory;

use bytes::{Reader, put_varint};
use packing::Cell;

/// The version that is written, and the only one that is read.
const VERSION: u8 = 1;

const KIND_WORDS: u8 = 0;
const KIND_TEXTS: u8 = 1;
const KIND_NUMBERS: u8 = 2;

const CHECKSUM_BYTES: usize = 4;

/// More rows than any day has, and few enough that no arithmetic on them overflows.
const MOST_ROWS: u64 = u32::MAX as u64;

/// Values of a column that repeat: row `n` has `values[codes[n]]`.
///
/// `values` ascends without repeats, and every code is below `values.len()`. What [`decode`] returns keeps to this; what
/// [`encode`] is given must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coded<T> {
    /// Ascending, without repeats.
    pub values: Vec<T>,
    /// One a row, each an index of `values`.
    pub codes: Vec<u32>,
}

/// A column of a day, one entry a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Integers that repeat, such as numbers of a dictionary.
    Words(Coded<i64>),
    /// Texts that repeat.
    Texts(Coded<String>),
    /// Integers of any kind: instants, durations, flags, the bits of an `f64`.
    Numbers(Vec<i64>),
}

impl Column {
    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Words(coded) => coded.codes.len(),
            Self::Texts(coded) => coded.codes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }
}

/// Encodes a column, in the smallest way that is not slower to decode than its saving is worth.
///
/// The same column gives the same bytes as long as the program is the same; another version of it may choose differently.
/// A [`Coded`] that breaks its rules gives a block that [`decode`] refuses.
#[must_use]
pub fn encode(column: &Column) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.push(match column {
        Column::Words(_) => KIND_WORDS,
        Column::Texts(_) => KIND_TEXTS,
        Column::Numbers(_) => KIND_NUMBERS,
    });
    put_varint(&mut out, column.rows() as u64);
    match column {
        Column::Words(Coded { values, codes }) => {
            dictionary::put_words(&mut out, values);
            put_codes(&mut out, codes);
        }
        Column::Texts(Coded { values, codes }) => {
            dictionary::put_texts(&mut out, values);
            put_codes(&mut out, codes);
        }
        Column::Numbers(numbers) => series::put(&mut out, numbers),
    }
    let checksum = crc32fast::hash(&out);
    out.extend(checksum.to_le_bytes());
    out
}

/// Decodes a column of `rows` rows.
///
/// # Errors
/// [`CorruptBlock`] when the block is damaged, cut short, of a version that this program does not know, or has another number
/// of rows. Memory stays within what `rows` and the length of `data` justify, whatever `data` claims.
pub fn decode(data: &[u8], rows: usize) -> Result<Column, CorruptBlock> {
    decode_rows(data, rows, None)
}

/// Decodes some rows of a column of `rows` rows: those at places that ascend and are below `rows`.
///
/// Costs less than [`decode`] if they are few, as most ways to write integers let the others be passed over; the values of words and texts are
/// all decoded.
///
/// # Errors
/// As [`decode`], but rows that are passed over are not looked at.
///
/// # Panics
/// May panic if a place is not below `rows`.
pub fn decode_at(data: &[u8], rows: usize, at: &[u32]) -> Result<Column, CorruptBlock> {
    decode_rows(data, rows, Some(at))
}

/// Decodes a column of `rows` numbers that are all below 2³², in half the memory of [`decode`].
///
/// # Errors
/// As [`decode`], and when the column holds words or texts.
pub fn decode_indexes(data: &[u8], rows: usize) -> Result<Vec<u32>, CorruptBlock> {
    decode_index_rows(data, rows, None)
}

/// Decodes some rows of a column, as [`decode_at`], of numbers, as [`decode_indexes`].
///
/// # Errors
/// As [`decode_at`], and when the column holds words or texts.
///
/// # Panics
/// As [`decode_at`].
pub fn decode_indexes_at(data: &[u8], rows: usize, at: &[u32]) -> Result<Vec<u32>, CorruptBlock> {
    decode_index_rows(data, rows, Some(at))
}

fn decode_rows(data: &[u8], rows: usize, at: Option<&[u32]>) -> Result<Column, CorruptBlock> {
    let Block {
        kind,
        body: mut reader,
        ..
    } = Block::open_rows(data, rows)?;
    let column = match kind {
        KIND_WORDS => {
            let values = dictionary::words(&mut reader)?;
            let codes = codes(&mut reader, rows, at, values.len())?;
            Column::Words(Coded { values, codes })
        }
        KIND_TEXTS => {
            let values = dictionary::texts(&mut reader)?;
            let codes = codes(&mut reader, rows, at, values.len())?;
            Column::Texts(Coded { values, codes })
        }
        KIND_NUMBERS => Column::Numbers(integers(&mut reader, rows, at)?),
        kind => return Err(CorruptBlock::UnknownKind(kind)),
    };
    reader.finish()?;
    Ok(column)
}

fn decode_index_rows(
    data: &[u8],
    rows: usize,
    at: Option<&[u32]>,
) -> Result<Vec<u32>, CorruptBlock> {
    let Block {
        kind,
        body: mut reader,
        ..
    } = Block::open_rows(data, rows)?;
    match kind {
        KIND_NUMBERS => {
            let indexes = integers(&mut reader, rows, at)?;
            reader.finish()?;
            Ok(indexes)
        }
        KIND_WORDS | KIND_TEXTS => Err(CorruptBlock::Invalid("it holds no numbers")),
        kind => Err(CorruptBlock::UnknownKind(kind)),
    }
}

/// Reads a series of `rows` integers: all of them, or those at some places.
fn integers<T: Cell>(
    reader: &mut Reader<'_>,
    rows: usize,
    at: Option<&[u32]>,
) -> Result<Vec<T>, CorruptBlock> {
    match at {
        Some(at) => series::decode_at(reader, rows, at),
        None => series::decode(reader, rows),
    }
}

/// Decodes a column of numbers of its own length, at most `most`.
///
/// # Errors
/// As [`decode`], and when the column holds words or texts.
pub fn decode_numbers(data: &[u8], most: usize) -> Result<Vec<i64>, CorruptBlock> {
    let rows = usize::try_from(Block::open(data)?.rows).unwrap_or(usize::MAX);
    if rows > most {
        return Err(CorruptBlock::Rows {
            expected: most,
            found: rows as u64,
        });
    }
    match decode(data, rows)? {
        Column::Numbers(numbers) => Ok(numbers),
        Column::Words(_) | Column::Texts(_) => Err(CorruptBlock::Invalid("it holds no numbers")),
    }
}

/// Decodes only the values of a column of words; `None` for texts and numbers.
///
/// Costs the checksum and the values, not the rows: enough to pass over a day that lacks the value of a filter.
///
/// # Errors
/// As [`decode`], but rows are not looked at.
pub fn decode_words(data: &[u8]) -> Result<Option<Vec<i64>>, CorruptBlock> {
    let Block { kind, mut body, .. } = Block::open(data)?;
    match kind {
        KIND_WORDS => dictionary::words(&mut body).map(Some),
        KIND_TEXTS | KIND_NUMBERS => Ok(None),
        kind => Err(CorruptBlock::UnknownKind(kind)),
    }
}

/// Decodes only the values of a column of texts; `None` for words and numbers.
///
/// # Errors
/// As [`decode_words`].
pub fn decode_texts(data: &[u8]) -> Result<Option<Vec<String>>, CorruptBlock> {
    let Block { kind, mut body, .. } = Block::open(data)?;
    match kind {
        KIND_TEXTS => dictionary::texts(&mut body).map(Some),
        KIND_WORDS | KIND_NUMBERS => Ok(None),
        kind => Err(CorruptBlock::UnknownKind(kind)),
    }
}

/// A block whose checksum is right, its head read.
struct Block<'a> {
    kind: u8,
    rows: u64,
    body: Reader<'a>,
}

impl<'a> Block<'a> {
    /// Opens a block that must have some number of rows.
    fn open_rows(data: &'a [u8], rows: usize) -> Result<Self, CorruptBlock> {
        let block = Self::open(data)?;
        if block.rows != rows as u64 {
            return Err(CorruptBlock::Rows {
                expected: rows,
                found: block.rows,
            });
        }
        if block.rows > MOST_ROWS {
            return Err(CorruptBlock::Invalid(
                "it has more rows than a block can have",
            ));
        }
        Ok(block)
    }

    fn open(data: &'a [u8]) -> Result<Self, CorruptBlock> {
        // The version first: a later one may place its checksum elsewhere.
        let version = *data.first().ok_or(CorruptBlock::CutShort)?;
        if version != VERSION {
            return Err(CorruptBlock::UnknownVersion(version));
        }
        let (content, checksum) = data
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(CorruptBlock::CutShort)?;
        if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
            return Err(CorruptBlock::Checksum);
        }
        let mut body = Reader::new(content.get(1..).ok_or(CorruptBlock::CutShort)?);
        let kind = body.byte()?;
        let rows = body.varint()?;
        Ok(Self { kind, rows, body })
    }
}

fn put_codes(out: &mut Vec<u8>, codes: &[u32]) {
    let codes: Vec<i64> = codes.iter().copied().map(i64::from).collect();
    series::put(out, &codes);
}

/// Reads codes, each below `values`.
fn codes(
    reader: &mut Reader<'_>,
    rows: usize,
    at: Option<&[u32]>,
    values: usize,
) -> Result<Vec<u32>, CorruptBlock> {
    let codes: Vec<u32> = integers(reader, rows, at)?;
    // Without an early end the compiler compares several at a time.
    let is_outside = codes
        .iter()
        .fold(false, |outside, code| outside | (*code as usize >= values));
    if is_outside {
        return Err(CorruptBlock::Invalid("a code has no value"));
    }
    Ok(codes)
}
