//! What holds for every block: it comes back as it was, damage does not go unseen, and no bytes make its reader panic.

use proptest::{collection::vec, prelude::*};

use super::*;

mod damage;

/// Makes a column of values that repeat out of rows.
fn coded<T: Ord + Clone>(rows: &[T]) -> Coded<T> {
    let mut values = rows.to_vec();
    values.sort_unstable();
    values.dedup();
    let code = |row: &T| values.binary_search(row).expect("a value") as u32;
    let codes = rows.iter().map(code).collect();
    Coded { values, codes }
}

/// Gives a number of 64 bits that looks drawn (`SplitMix64`).
fn scatter(n: i64) -> i64 {
    let mix = n
        .cast_unsigned()
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mix = (mix ^ mix >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mix = (mix ^ mix >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mix ^ mix >> 31).cast_signed()
}

/// Rows of every shape that an encoding is for, of this many rows.
fn shapes(rows: i64) -> Vec<(&'static str, Vec<i64>)> {
    let shape = |value: &dyn Fn(i64) -> i64| (0..rows).map(value).collect();
    vec![
        ("constant", shape(&|_| i64::MIN)),
        ("two", shape(&|n| scatter(n) & 1)),
        ("of 13 bits", shape(&|n| scatter(n) >> 51)),
        ("of 33 bits", shape(&|n| scatter(n) >> 31)),
        ("of 64 bits", shape(&|n| scatter(n))),
        (
            "extremes",
            shape(&|n| [i64::MIN, i64::MAX, 0][n as usize * n as usize % 3]),
        ),
        ("ordinals", shape(&|n| n)),
        ("ascending", shape(&|n| n * 1000 + scatter(n) % 300)),
        (
            "by visitor",
            shape(&|n| n / 5 * 300 + n % 5 * 40_000 + scatter(n) % 9_000),
        ),
        ("short runs", shape(&|n| scatter(n / 3) >> 58)),
        ("long runs", shape(&|n| scatter(n / 100) >> 50)),
        (
            "mostly zero",
            shape(&|n| if n % 19 == 0 { scatter(n) >> 44 } else { 0 }),
        ),
        (
            "half zero",
            shape(&|n| if scatter(n) < 0 { scatter(n) >> 50 } else { 0 }),
        ),
        (
            "outliers",
            shape(&|n| if n % 97 == 3 { scatter(n) } else { n * n % 61 }),
        ),
        ("few and wide", shape(&|n| scatter(scatter(n) & 7))),
        (
            "phrases",
            shape(&|n| scatter((n + scatter(n / 40) % 7) % 40) >> 50),
        ),
    ]
}

/// All three kinds of column with these rows.
fn kinds(rows: &[i64]) -> [Column; 3] {
    let texts: Vec<String> = rows.iter().map(|row| format!("/path/{row}")).collect();
    [
        Column::Numbers(rows.to_vec()),
        Column::Words(coded(rows)),
        Column::Texts(coded(&texts)),
    ]
}

#[track_caller]
fn assert_comes_back(name: &str, column: &Column) {
    let data = encode(column);
    let decoded = decode(&data, column.rows());
    // Without the columns: they can have a million rows.
    assert!(
        decoded.as_ref() == Ok(column),
        "{name}: {:?}",
        decoded.err()
    );
    let words = match column {
        Column::Words(coded) => Some(coded.values.clone()),
        Column::Texts(_) | Column::Numbers(_) => None,
    };
    assert!(decode_words(&data) == Ok(words), "{name}");
    for step in [1, 2, 7, 131, 1_000] {
        assert_rows_come_back(name, column, &data, step);
    }
}

/// Decodes about every `step`th row.
#[track_caller]
fn assert_rows_come_back(name: &str, column: &Column, data: &[u8], step: i64) {
    let rows = column.rows();
    let at: Vec<u32> = (0..rows as u32)
        .filter(|row| scatter(i64::from(*row)) % step == 0)
        .collect();
    let pick = |codes: &[u32]| at.iter().map(|row| codes[*row as usize]).collect();
    let expected = match column {
        Column::Numbers(numbers) => {
            Column::Numbers(at.iter().map(|row| numbers[*row as usize]).collect())
        }
        Column::Words(Coded { values, codes }) => Column::Words(Coded {
            values: values.clone(),
            codes: pick(codes),
        }),
        Column::Texts(Coded { values, codes }) => Column::Texts(Coded {
            values: values.clone(),
            codes: pick(codes),
        }),
    };
    let decoded = decode_at(data, rows, &at);
    assert!(
        decoded.as_ref() == Ok(&expected),
        "{name}, every {step}th: {:?}",
        decoded.err()
    );
    if let Column::Numbers(numbers) = &expected {
        let low: Vec<u32> = numbers.iter().map(|number| *number as u32).collect();
        let indexes = decode_indexes_at(data, rows, &at);
        assert!(indexes == Ok(low), "{name}, every {step}th as indexes");
    }
}

#[test]
fn every_shape_comes_back_at_every_length_around_a_chunk() {
    for rows in [0, 1, 2, 3, 7, 64, 127, 128, 129, 255, 256, 1000] {
        for (name, shape) in shapes(rows) {
            for column in kinds(&shape) {
                assert_comes_back(&format!("{rows} rows, {name}"), &column);
            }
        }
    }
}

#[test]
fn a_million_rows_come_back() {
    for (name, shape) in shapes(1_000_000) {
        assert_comes_back(name, &Column::Numbers(shape));
    }
}

#[test]
fn every_encoding_is_chosen_for_its_shape() {
    for (shape, encoding) in [
        ("constant", 0),
        ("of 13 bits", 1),
        ("outliers", 2),
        ("ascending", 3),
        ("long runs", 4),
        ("few and wide", 5),
        ("phrases", 6),
    ] {
        let rows = shapes(10_000).into_iter().find(|(name, _)| *name == shape);
        let data = encode(&Column::Numbers(rows.expect("a shape").1));
        // Behind version, kind and the two bytes of 10,000.
        assert_eq!(data[4], encoding, "{shape}");
    }
}

#[test]
fn blocks_are_as_small_as_their_rows_allow() {
    for (shape, bytes) in [
        ("constant", 30),
        ("two", 10_000 / 8 + 20),
        ("of 13 bits", 10_000 * 13 / 8 + 20),
        ("ordinals", 30),
        ("mostly zero", 10_000 * 30 / 19 / 8),
        ("few and wide", 10_000 * 3 / 8 + 150),
    ] {
        let rows = shapes(10_000).into_iter().find(|(name, _)| *name == shape);
        let data = encode(&Column::Numbers(rows.expect("a shape").1));
        assert!(data.len() <= bytes, "{shape}: {} bytes", data.len());
    }
}

/// As in docs/block-format.md, "An example".
#[test]
fn the_example_of_the_documentation_is_read_and_written() {
    let example = "01 00 05 03 01 06 04 40 09 01 00 02 64 00 22 e2 16 09";
    let bytes: Vec<u8> = example
        .split(' ')
        .map(|byte| u8::from_str_radix(byte, 16).expect("a byte"))
        .collect();
    let column = Column::Words(Coded {
        values: vec![3, 7, 12],
        codes: vec![0, 1, 2, 1, 0],
    });
    let hex: Vec<String> = encode(&column)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex.join(" "), example);
    assert_eq!(decode(&bytes, 5), Ok(column));
}

#[test]
fn a_block_of_another_day_is_refused() {
    let data = encode(&Column::Numbers(vec![1, 2, 3]));
    let refused = CorruptBlock::Rows {
        expected: 4,
        found: 3,
    };
    assert_eq!(decode(&data, 4), Err(refused));
}

#[test]
fn columns_that_break_the_rules_are_refused_when_read() {
    let refused = |values: &[i64], codes: &[u32]| {
        let column = Column::Words(Coded {
            values: values.to_vec(),
            codes: codes.to_vec(),
        });
        decode(&encode(&column), codes.len()).unwrap_err()
    };
    assert_eq!(
        refused(&[5, 5], &[0, 1]),
        CorruptBlock::Invalid("values do not ascend")
    );
    assert_eq!(
        refused(&[5, 6], &[0, 2]),
        CorruptBlock::Invalid("a code has no value")
    );
    assert_eq!(
        refused(&[], &[0]),
        CorruptBlock::Invalid("a code has no value")
    );
}

#[test]
fn values_that_no_row_has_stay() {
    let values: Vec<i64> = (0..10_000).collect();
    let column = Column::Words(Coded {
        values,
        codes: vec![9_999; 3],
    });
    assert_comes_back("values without rows", &column);
}

#[test]
fn a_part_holds_its_columns_in_any_order() {
    let columns = [
        (300, vec![1, 2, 3]),
        (0, vec![]),
        (u16::MAX, vec![9]),
        (7, vec![7; 500]),
    ];
    let part = Directory::pack(&columns);
    assert_eq!(Directory::ids(&part), Ok(vec![0, 7, 300, u16::MAX]));
    for (id, data) in &columns {
        assert_eq!(Directory::find(&part, *id), Ok(Some(data.as_slice())));
    }
    assert_eq!(Directory::find(&part, 8), Ok(None));
    assert_eq!(Directory::ids(&Directory::pack(&[])), Ok(vec![]));
    // As in docs/block-format.md, "Part".
    let example = Directory::pack(&[(7, vec![0; 5]), (2, vec![0; 3])]);
    assert!(example.starts_with(&[1, 2, 2, 3, 4, 5]));
}

fn any_rows() -> impl Strategy<Value = Vec<i64>> {
    let rows = 0..700_usize;
    prop_oneof![
        vec(any::<i64>(), rows.clone()),
        vec(0..60_i64, rows.clone()),
        vec(-3..1_i64 << 40, rows.clone()),
        vec(prop_oneof![9 => Just(0), 1 => any::<i64>()], rows.clone()),
        vec(
            prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(-1)],
            rows.clone()
        ),
        (
            vec(any::<i64>(), 1..9),
            vec(any::<prop::sample::Index>(), rows.clone())
        )
            .prop_map(|(values, rows)| rows.iter().map(|row| *row.get(&values)).collect()),
        vec((any::<i64>(), 1..30_usize), 0..60)
            .prop_map(|runs| runs.iter().flat_map(|run| vec![run.0; run.1]).collect()),
        (any::<i64>(), vec(0..5_000_i64, rows)).prop_map(|(start, differences)| {
            let mut value = start;
            let add = |difference: i64| {
                value = value.wrapping_add(difference);
                value
            };
            differences.into_iter().map(add).collect()
        }),
    ]
}

proptest! {
    #[test]
    fn numbers_come_back(rows in any_rows()) {
        assert_comes_back("numbers", &Column::Numbers(rows));
    }

    #[test]
    fn words_come_back(rows in any_rows()) {
        assert_comes_back("words", &Column::Words(coded(&rows)));
    }

    #[test]
    fn texts_come_back(rows in vec("(/[a-c]{1,3}){0,4}|\\PC{0,9}", 0..300)) {
        assert_comes_back("texts", &Column::Texts(coded(&rows)));
    }
}
