//! Bytes that are not what was written: each is an error or what was written, at no point a panic.

use super::*;

/// Gives changed bytes the right checksum, so that what stands behind it is put to the test.
fn with_checksum(mut content: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&content);
    content.extend(checksum.to_le_bytes());
    content
}

fn small_blocks() -> impl Iterator<Item = (String, Column)> {
    [0, 1, 40, 150].into_iter().flat_map(|rows| {
        shapes(rows).into_iter().flat_map(move |(name, shape)| {
            let name = format!("{rows} rows, {name}");
            kinds(&shape).map(|column| (name.clone(), column))
        })
    })
}

#[test]
fn no_flipped_bit_goes_unseen() {
    for (name, column) in small_blocks() {
        let data = encode(&column);
        for bit in 0..data.len() * 8 {
            let mut flipped = data.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                decode(&flipped, column.rows()).is_err(),
                "{name}, bit {bit}"
            );
            assert!(decode_words(&flipped).is_err(), "{name}, bit {bit}");
        }
    }
}

#[test]
fn no_missing_or_added_end_goes_unseen() {
    for (name, column) in small_blocks() {
        let data = encode(&column);
        let content = &data[..data.len() - CHECKSUM_BYTES];
        for length in 0..data.len() {
            assert!(decode(&data[..length], column.rows()).is_err(), "{name}");
        }
        for length in 0..content.len() {
            let cut = with_checksum(content[..length].to_vec());
            assert!(
                decode(&cut, column.rows()).is_err(),
                "{name}, {length} bytes"
            );
        }
        for end in [0, 1, 255] {
            let added = with_checksum([content, &[end]].concat());
            let refused = decode(&added, column.rows());
            assert_eq!(refused, Err(CorruptBlock::TooLong(1)), "{name}");
        }
    }
}

#[test]
fn no_damage_to_a_part_goes_unseen() {
    let columns = [
        (3, Column::Numbers(vec![4; 10])),
        (4, Column::Numbers((0..10).collect())),
        (90, Column::Words(coded(&[1, 2, 3, 1, 2, 3, 5, 5, 5, 5]))),
    ];
    let part = Directory::pack(&columns.clone().map(|(id, column)| (id, encode(&column))));
    for bit in 0..part.len() * 8 {
        let mut flipped = part.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        for (id, column) in &columns {
            if let Ok(data) = Directory::find(&flipped, *id) {
                let decoded = decode(data.expect("the column is listed"), 10);
                assert!(
                    decoded.is_err() || decoded.as_ref() == Ok(column),
                    "bit {bit}"
                );
            }
        }
    }
    for length in 0..part.len() {
        assert!(Directory::ids(&part[..length]).is_err(), "{length} bytes");
    }
    assert!(Directory::ids(&[&part[..], &[0]].concat()).is_err());
}

#[test]
fn a_version_to_come_is_refused_by_name() {
    let data = with_checksum(vec![2, 2, 0, 0, 0]);
    assert_eq!(decode(&data, 0), Err(CorruptBlock::UnknownVersion(2)));
    assert_eq!(Directory::ids(&data), Err(CorruptBlock::UnknownVersion(2)));
}

#[test]
fn claims_that_the_bytes_do_not_bear_are_refused() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0x7f];
    for (claim, content) in [
        (
            "a dictionary of 34 billion",
            [&[1, KIND_WORDS, 1][..], &huge, &[0, 0]].concat(),
        ),
        (
            "texts of 34 billion",
            [&[1, KIND_TEXTS, 1][..], &huge, &[0, 0]].concat(),
        ),
        (
            "one text of 2 GB",
            [&[1, KIND_TEXTS, 1, 1, 0][..], &huge, &[1, 4, 0, 0, 0, 0]].concat(),
        ),
        (
            "runs of 34 billion",
            [&[1, KIND_NUMBERS, 1, 4][..], &huge, &[0, 0, 0, 0]].concat(),
        ),
        (
            "a table of 34 billion",
            [&[1, KIND_NUMBERS, 1, 5][..], &huge, &[0, 0, 0, 0]].concat(),
        ),
        ("LZ4 of nothing", vec![1, KIND_NUMBERS, 1, 6, 0, 8, 0]),
    ] {
        assert!(decode(&with_checksum(content), 1).is_err(), "{claim}");
    }
    let rows = [&[1, KIND_NUMBERS][..], &[0xff; 9], &[1, 0, 0]].concat();
    assert!(decode(&with_checksum(rows), usize::MAX).is_err());
    let deep = [&[1, KIND_NUMBERS, 1][..], &[3, 0].repeat(1000), &[0, 0]].concat();
    let refused = CorruptBlock::Invalid("series are nested too deep");
    assert_eq!(decode(&with_checksum(deep), 1), Err(refused));
}

/// Reads bytes as a block whose checksum is right, with as many rows as it says, up to 1,000.
fn read(content: Vec<u8>) {
    let data = with_checksum(content);
    let rows = match decode(&data, 1001) {
        Err(CorruptBlock::Rows { found, .. }) => found.min(1000) as usize,
        _ => 0,
    };
    let decoded = decode(&data, rows);
    let some: Vec<u32> = (0..rows as u32).step_by(3).collect();
    let some = decode_at(&data, rows, &some);
    if let Ok(column) = decoded {
        assert_comes_back("what was read", &column);
        assert!(some.is_ok());
    }
    let _ = decode_words(&data);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn bytes_are_an_error_or_a_column(mut content in vec(any::<u8>(), 3..120), encoding in 0..9_u8) {
        content[0] = VERSION;
        content[1] %= 4;
        if let Some(byte) = content.get_mut(3) {
            *byte = encoding;
        }
        read(content);
    }

    #[test]
    fn changed_blocks_are_an_error_or_a_column(
        rows in any_rows(),
        kind in 0..3_usize,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut content = encode(&kinds(&rows)[kind]);
        content.truncate(content.len() - CHECKSUM_BYTES);
        for (place, byte) in changes {
            *place.get_mut(&mut content) = byte;
        }
        read(content);
    }

    #[test]
    fn bytes_are_an_error_or_a_part(mut part in vec(any::<u8>(), 1..60), entries in 0..9_u8) {
        part[0] = VERSION;
        if let Some(byte) = part.get_mut(1) {
            *byte = entries;
        }
        let _ = Directory::ids(&part);
        let _ = Directory::find(&part, 3);
    }
}
