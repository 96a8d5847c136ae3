//! Several encoded columns as one part, which small days need: a row of a table for each column would cost more than the column.

use super::{
    CHECKSUM_BYTES, CorruptBlock, VERSION,
    bytes::{Reader, put_varint},
};

/// Packs columns into one part and finds them there.
///
/// The directory has a checksum of its own; columns have theirs, which [`super::decode`] checks.
///
/// ```
/// use trackflow::blocks::Directory;
///
/// let part = Directory::pack(&[(7, b"seven".to_vec()), (2, b"two".to_vec())]);
/// assert_eq!(Directory::ids(&part).unwrap(), [2, 7]);
/// assert_eq!(Directory::find(&part, 7).unwrap(), Some(&b"seven"[..]));
/// assert_eq!(Directory::find(&part, 3).unwrap(), None);
/// ```
#[derive(Debug)]
pub struct Directory<'a> {
    /// Column and length, columns ascending.
    entries: Vec<(u16, usize)>,
    data: &'a [u8],
}

impl<'a> Directory<'a> {
    /// Packs columns, each an identifier and its encoded bytes. Of two with the same identifier the later one stays.
    #[must_use]
    pub fn pack(columns: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let columns: std::collections::BTreeMap<u16, &[u8]> = columns
            .iter()
            .map(|(id, data)| (*id, data.as_slice()))
            .collect();
        let mut out = vec![VERSION];
        put_varint(&mut out, columns.len() as u64);
        let mut next = 0;
        for (id, data) in &columns {
            put_varint(&mut out, u64::from(*id) - next);
            put_varint(&mut out, data.len() as u64);
            next = u64::from(*id) + 1;
        }
        let checksum = crc32fast::hash(&out);
        out.extend(checksum.to_le_bytes());
        for data in columns.values() {
            out.extend(*data);
        }
        out
    }

    /// Returns the bytes of a column, still encoded; `None` if the part has no such column.
    ///
    /// # Errors
    /// [`CorruptBlock`] when the directory is damaged or the part is not as long as it says.
    pub fn find(part: &'a [u8], id: u16) -> Result<Option<&'a [u8]>, CorruptBlock> {
        let directory = Self::read(part)?;
        Ok(directory
            .columns()
            .find_map(|(other, data)| (other == id).then_some(data)))
    }

    /// Returns the identifiers of the columns, ascending.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub fn ids(part: &'a [u8]) -> Result<Vec<u16>, CorruptBlock> {
        Ok(Self::read(part)?.columns().map(|(id, _)| id).collect())
    }

    /// Reads the directory, for a caller that wants several columns.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub fn read(part: &'a [u8]) -> Result<Self, CorruptBlock> {
        let mut reader = Reader::new(part);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(CorruptBlock::UnknownVersion(version));
        }
        // An entry takes two bytes or more.
        let count = reader.count(reader.remaining() / 2)?;
        let mut entries = Vec::with_capacity(count);
        let (mut next, mut end) = (0_u64, 0_usize);
        for _ in 0..count {
            let id = reader
                .varint()?
                .checked_add(next)
                .and_then(|id| u16::try_from(id).ok())
                .ok_or(CorruptBlock::Invalid("a column's number is too large"))?;
            let length = reader.count(part.len())?;
            end = end.saturating_add(length);
            entries.push((id, length));
            next = u64::from(id) + 1;
        }
        let head = part.len() - reader.remaining();
        let checksum = reader.bytes(CHECKSUM_BYTES)?;
        if crc32fast::hash(&part[..head]).to_le_bytes() != checksum {
            return Err(CorruptBlock::Checksum);
        }
        let data = reader.bytes(end)?;
        reader.finish()?;
        Ok(Self { entries, data })
    }

    /// Returns each column's identifier and encoded bytes, ascending by identifier.
    pub fn columns(&self) -> impl Iterator<Item = (u16, &'a [u8])> + '_ {
        let mut rest = self.data;
        self.entries.iter().map_while(move |(id, length)| {
            let (data, after) = rest.split_at_checked(*length)?;
            rest = after;
            Some((*id, data))
        })
    }
}
