//! A block of a day never makes its reader take more memory than its rows and its length justify, whatever it claims.
//!
//! A program of its own with a single test: the allocator counts for all threads.

use peak_alloc::PeakAlloc;
use trackflow::blocks::{Coded, Column, decode, decode_words, encode};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROWS: usize = 1_000;

/// Some vectors of eight bytes a row, at each of the four depths of series.
const BYTES_A_ROW: usize = 128;

/// A bit can be a text of no bytes, 24 bytes for itself and some for its length; a byte of LZ4 is 255 bytes.
const BYTES_A_BYTE: usize = 1_024;

fn columns() -> Vec<Column> {
    let rows = 0..ROWS as i64;
    let codes: Vec<u32> = (0..ROWS as u32).map(|row| row * row % 11).collect();
    vec![
        Column::Numbers(vec![7; ROWS]),
        Column::Numbers(rows.clone().collect()),
        Column::Numbers(rows.clone().map(|row| row / 9).collect()),
        Column::Numbers(rows.clone().map(|row| row * row % 61).collect()),
        Column::Numbers(
            rows.clone()
                .map(|row| row % 20 / 19 * (row << 40))
                .collect(),
        ),
        Column::Numbers(rows.clone().map(|row| (row * row % 11) << 50).collect()),
        Column::Words(Coded {
            values: (0..11).map(|value| value * value).collect(),
            codes: codes.clone(),
        }),
        Column::Texts(Coded {
            values: (10..21).map(|value| format!("/path/{value}")).collect(),
            codes,
        }),
    ]
}

/// Every way to replace a byte by another, and every way to put a count of 268 million in its place.
fn changes(content: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    const HUGE: &[u8] = &[0xff, 0xff, 0xff, 0x7f];
    (1..content.len()).flat_map(move |place| {
        let other =
            (0..=255).map(move |byte| [&content[..place], &[byte], &content[place + 1..]].concat());
        other.chain([[&content[..place], HUGE, &content[place + 1..]].concat()])
    })
}

#[test]
fn no_block_takes_more_memory_than_its_rows_and_length_justify() {
    for column in columns() {
        let data = encode(&column);
        // Heads and dictionaries are where the claims stand; past them are packed rows.
        let (head, rows) = data[..data.len() - 4].split_at(data.len().min(80) - 4);
        for head in changes(head) {
            let mut changed = [&head, rows].concat();
            changed.extend(crc32fast::hash(&changed).to_le_bytes());
            let most = BYTES_A_ROW * ROWS + BYTES_A_BYTE * changed.len();
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            let _ = decode(&changed, ROWS);
            let _ = decode_words(&changed);
            let taken = ALLOCATOR.peak_usage() - before;
            assert!(taken <= most, "{taken} bytes for {changed:02x?}");
        }
    }
}
