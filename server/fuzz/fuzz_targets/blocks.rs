//! Reads any bytes as a block of a day; what can be read must come back as it was after it is written again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trackflow::blocks::{CorruptBlock, Directory, decode, decode_at, decode_words, encode};

/// More rows only cost time.
const MOST_ROWS: u64 = 20_000;

fuzz_target!(|content: &[u8]| {
    let _ = Directory::ids(content);
    // With the right checksum: no change would get past it.
    let data = [content, &crc32fast::hash(content).to_le_bytes()].concat();
    let _ = decode_words(&data);
    let rows = match decode(&data, usize::MAX) {
        Err(CorruptBlock::Rows { found, .. }) => found.min(MOST_ROWS) as usize,
        _ => return,
    };
    let some: Vec<u32> = (0..rows as u32).step_by(3).collect();
    let some = decode_at(&data, rows, &some);
    if let Ok(column) = decode(&data, rows) {
        assert!(some.is_ok());
        let again = decode(&encode(&column), rows);
        assert!(again.as_ref() == Ok(&column));
    }
});
