//! R19: after hours of work it needs no more than after minutes.
//!
//! Half of the capacity for 12 s (long: 2 h; `TRACKFLOW_SOAK_MINUTES` says otherwise). Pass: no event refused; open files stay as
//! many; memory grows by less than 1 MiB an hour over the second half, which must begin after 35 minutes: until then there
//! are ever more open visits, which end after half an hour. A shorter run cannot tell that: by less than 64 MiB over its second
//! half (short form: 16 MiB). The WAL stays below 256 MiB; as many events are stored as were acknowledged.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

use crate::support::{
    alone,
    database::{Database, on_sqlite},
    history::Fate,
    is_long,
    load::{Load, measure_capacity},
    short_or_long,
};

const WAL_LIMIT_BYTES: u64 = 256 * 1024 * 1024;
const STEADY_AFTER: Duration = Duration::from_secs(35 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_work_leave_no_trace_in_memory_and_files() {
    let _alone = alone().await;
    on_sqlite(soaked).await;
}

/// What the program needs at a moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    memory_kib: u64,
    open_files: usize,
    wal_bytes: u64,
}

async fn soaked(database: Arc<Database>) {
    let minutes = std::env::var("TRACKFLOW_SOAK_MINUTES")
        .ok()
        .and_then(|text| text.parse().ok());
    let time = minutes.map_or(
        Duration::from_secs(short_or_long(12, 2 * 3_600)),
        |minutes: u64| Duration::from_secs(60 * minutes),
    );
    let mut program = database.launch().start();
    let numbers = Arc::new(AtomicU32::new(1));
    let warm_up = Duration::from_secs(short_or_long(2, 30));
    let (capacity, warm) = measure_capacity(program.address, &numbers, warm_up).await;
    let is_acked = |fate| fate == Fate::Acked;
    let mut acked = warm.iter().filter(|attempt| is_acked(attempt.fate)).count();
    let load = Load {
        connections: 64,
        rate: Some(capacity / 2.0),
    };
    let wal = database.folder().join("data/trackflow.db-wal");
    let (since, mut samples) = (Instant::now(), Vec::new());
    while since.elapsed() < time {
        let slice = (time / 20).min(Duration::from_secs(60));
        let attempts = load.run(program.address, &numbers, slice).await;
        let is_served = |fate| matches!(fate, Fate::Acked | Fate::Dropped);
        assert!(
            attempts.iter().all(|attempt| is_served(attempt.fate)),
            "every event is taken"
        );
        acked += attempts
            .iter()
            .filter(|attempt| is_acked(attempt.fate))
            .count();
        // The sockets of a slice are closed by us first and by the program a moment later.
        tokio::time::sleep(Duration::from_millis(200)).await;
        samples.push(Sample {
            at: since.elapsed(),
            memory_kib: program.memory_kib("VmRSS"),
            open_files: program.open_files(),
            wal_bytes: std::fs::metadata(&wal).map_or(0, |metadata| metadata.len()),
        });
    }
    program.stop().await;
    let stored = database
        .lines("select cast(count(*) as text) as text from event")
        .await;
    let second_half = &samples[samples.len() / 2..];
    let (first, last) = (second_half[0], second_half[second_half.len() - 1]);
    let growth_kib_h = slope_kib_per_hour(second_half);
    println!(
        "R19: {:.0} min at {:.0}/s, {acked} events; memory {} to {} KiB ({growth_kib_h:.0} KiB/h), files {} to {}, WAL {} KiB",
        time.as_secs_f64() / 60.0,
        capacity / 2.0,
        samples[0].memory_kib,
        last.memory_kib,
        samples[0].open_files,
        last.open_files,
        last.wal_bytes / 1024
    );
    assert_eq!(
        stored,
        [acked.to_string()],
        "as many stored as acknowledged"
    );
    assert!(last.open_files <= first.open_files + 4, "{samples:?}");
    assert!(
        samples
            .iter()
            .all(|sample| sample.wal_bytes < WAL_LIMIT_BYTES),
        "{samples:?}"
    );
    if is_long() && time >= 2 * STEADY_AFTER {
        assert!(
            growth_kib_h < 1_024.0,
            "memory grows by {growth_kib_h:.0} KiB/h: {samples:?}"
        );
    } else {
        assert!(
            last.memory_kib < first.memory_kib + short_or_long(16, 64) * 1_024,
            "{samples:?}"
        );
    }
}

/// By least squares.
fn slope_kib_per_hour(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let hours = |sample: &Sample| sample.at.as_secs_f64() / 3_600.0;
    let kib = |sample: &Sample| sample.memory_kib as f64;
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (mean_h, mean_kib) = (mean(&hours), mean(&kib));
    let covariance: f64 = samples
        .iter()
        .map(|sample| (hours(sample) - mean_h) * (kib(sample) - mean_kib))
        .sum();
    let variance: f64 = samples
        .iter()
        .map(|sample| (hours(sample) - mean_h).powi(2))
        .sum();
    if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    }
}
