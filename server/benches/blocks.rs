//! What a column of a day costs: bytes a row, and rows a second in both directions, on one thread.
//!
//! `cargo bench -p server --bench blocks`. Columns are made up as a day of a site has them: rows by visitor and time, visitors in
//! the order of their first event, 1.75 visits a visitor, 2.5 events a visit, pages and countries with the frequencies of Zipf's law.
//! 270,000 rows are the day of a site with 100 million events a year.

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use trackflow::blocks::{Coded, Column, decode, decode_words, encode};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DAY_MS: i64 = 86_400_000;

/// A day of events, row by row.
#[derive(Default)]
struct Day {
    page: Vec<i64>,
    country: Vec<i64>,
    name: Vec<i64>,
    time: Vec<i64>,
    since_visit: Vec<i64>,
    engaged: Vec<i64>,
    is_same_visit: Vec<i64>,
}

/// Draws a number below `most`, the lowest most often: the n-th about 1/n as often as the first.
fn zipf(random: &mut StdRng, most: i64) -> i64 {
    let share: f64 = random.random();
    (((most + 1) as f64).powf(share) as i64 - 1).min(most - 1)
}

/// Draws a duration: half are below `median`, a few far above.
fn duration_ms(random: &mut StdRng, median: f64) -> i64 {
    let bell: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    (median * bell.exp()) as i64
}

fn day(rows: usize) -> Day {
    let mut random = StdRng::seed_from_u64(1);
    let visitors = rows as f64 / 1.75 / 2.5;
    let mut day = Day::default();
    let mut visitor = 0.0;
    while day.page.len() < rows {
        let mut time = (visitor / visitors * DAY_MS as f64) as i64;
        visitor += 1.0;
        let country = zipf(&mut random, 60);
        for _ in 0..1 + i32::from(random.random_bool(0.5)) + i32::from(random.random_bool(0.25)) {
            let begin = time;
            let mut is_same_visit = 0;
            while is_same_visit == 0 || random.random_bool(0.6) {
                day.page.push(zipf(&mut random, 5_000));
                day.country.push(country);
                day.name.push(i64::from(random.random_bool(0.05)));
                day.time.push(time);
                day.since_visit.push(time - begin);
                let is_engaged = random.random_bool(0.5);
                let engaged = duration_ms(&mut random, 15_000.0);
                day.engaged.push(if is_engaged { engaged } else { 0 });
                day.is_same_visit.push(is_same_visit);
                is_same_visit = 1;
                time += duration_ms(&mut random, 40_000.0).min(1_799_999);
            }
            time += 1_800_000 + duration_ms(&mut random, 3_600_000.0);
        }
    }
    day
}

/// Words stand for numbers of a dictionary that other days and columns share, so that there are gaps between them.
fn words(mut rows: Vec<i64>, count: usize) -> Column {
    rows.truncate(count);
    let word = |row: i64| 40 + row * 3 + row % 2;
    let mut values: Vec<i64> = rows.iter().map(|row| word(*row)).collect();
    values.sort_unstable();
    values.dedup();
    let code = |row: &i64| values.binary_search(&word(*row)).expect("a value") as u32;
    let codes = rows.iter().map(code).collect();
    Column::Words(Coded { values, codes })
}

fn numbers(mut rows: Vec<i64>, count: usize) -> Column {
    rows.truncate(count);
    Column::Numbers(rows)
}

fn columns(rows: usize) -> Vec<(&'static str, Column)> {
    let day = day(rows);
    let first_of_visit = |column: &[i64]| -> Vec<i64> {
        let rows = column.iter().zip(&day.is_same_visit);
        rows.filter_map(|(value, is_same)| (*is_same == 0).then_some(*value))
            .collect()
    };
    let visit_country = first_of_visit(&day.country);
    let visit_begin = first_of_visit(&day.time);
    let visits = visit_begin.len();
    let mut random = StdRng::seed_from_u64(2);
    let mut even =
        |most: i64| -> Vec<i64> { (0..rows).map(|_| random.random_range(0..most)).collect() };
    let (even_60, even_5000) = (even(60), even(5_000));
    let price = |n: i64| (n as f64 * 9.99).to_bits().cast_signed();
    let amounts: Vec<i64> = even(49).into_iter().map(price).collect();
    vec![
        ("page", words(day.page, rows)),
        ("country", words(day.country, rows)),
        ("name", words(day.name, rows)),
        ("time", numbers(day.time, rows)),
        ("time since visit", numbers(day.since_visit, rows)),
        ("engaged", numbers(day.engaged, rows)),
        ("same visit", numbers(day.is_same_visit, rows)),
        ("visit country", words(visit_country, visits)),
        ("visit begin", numbers(visit_begin, visits)),
        ("60 words, even", words(even_60, rows)),
        ("5,000 words, even", words(even_5000, rows)),
        ("amounts", numbers(amounts, rows)),
    ]
}

fn blocks(criterion: &mut Criterion) {
    for rows in [27_000, 270_000] {
        let mut group = criterion.benchmark_group(format!("blocks/{rows}"));
        group
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        for (name, column) in columns(rows) {
            let count = column.rows();
            let data = encode(&column);
            println!(
                "{name}: {count} rows, {} bytes, {:.2} bytes a row",
                data.len(),
                data.len() as f64 / count as f64
            );
            assert!(decode(&data, count).as_ref() == Ok(&column), "{name}");
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::new("decode", name), |bencher| {
                bencher.iter(|| decode(black_box(&data), count));
            });
            if matches!(column, Column::Words(_)) {
                group.bench_function(BenchmarkId::new("decode words", name), |bencher| {
                    bencher.iter(|| decode_words(black_box(&data)));
                });
            }
            if rows == 270_000 {
                group.bench_function(BenchmarkId::new("encode", name), |bencher| {
                    bencher.iter(|| encode(black_box(&column)));
                });
            }
        }
    }
}

criterion_group!(benches, blocks);
criterion_main!(benches);
