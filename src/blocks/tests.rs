//! What holds for every block: it comes back as it was, and no damage goes unseen.

use super::*;

#[test]
fn columns_come_back() {
    let numbers =
        |rows: i64, value: fn(i64) -> i64| Column::Numbers((0..rows).map(value).collect());
    for (name, column) in [
        ("empty", numbers(0, |_| 0)),
        ("one row", numbers(1, |_| -5)),
        ("constant", numbers(1000, |_| i64::MAX)),
        (
            "extremes",
            numbers(1000, |n| if n % 3 == 0 { i64::MIN } else { i64::MAX }),
        ),
        (
            "wide",
            numbers(1000, |n| {
                n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed())
            }),
        ),
        ("ascending", numbers(100_000, |n| n * 1000 + n % 7)),
        ("runs", numbers(100_000, |n| n / 5)),
        (
            "sparse",
            numbers(100_000, |n| if n % 3 == 0 { n * n % 30_011 } else { 0 }),
        ),
        (
            "outliers",
            numbers(
                100_000,
                |n| if n % 97 == 0 { -n * 1_000_003 } else { n % 60 },
            ),
        ),
        ("few", numbers(100_000, |n| (n * n % 11) * 1_000_000_007)),
        ("cycle", numbers(100_000, |n| n * n % 1009)),
    ] {
        let data = encode(&column);
        eprintln!("{name}: {} rows, {} bytes", column.rows(), data.len());
        assert!(
            decode(&data, column.rows()).as_ref() == Ok(&column),
            "{name}"
        );
    }
}
