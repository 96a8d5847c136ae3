//! R1: `kill -9` under load loses nothing that was acknowledged, and doubles nothing.
//!
//! 200 connections send at 60 % of what was measured as capacity; the program is killed at a moment between 0.2 and 3 s (short: 1.5 s)
//! and started again, and then every event without an answer is sent again under its id. 20 cycles (long: 300), half on
//! each database. Pass: nothing lost, doubled or unexpected; SQLite's file is whole; ready within 2 s; no visit is changed or
//! split, and all of them follow from the events.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use crate::support::{
    Random, alone,
    database::{Database, on_postgres, on_sqlite},
    history::{Fate, History},
    load::{Load, measure_capacity, resend},
    short_or_long,
};

const READY_LIMIT: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_sqlite_it_keeps_every_acknowledged_event_exactly_once() {
    let _alone = alone().await;
    on_sqlite(killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_postgres_it_keeps_every_acknowledged_event_exactly_once() {
    let _alone = alone().await;
    on_postgres(killed).await;
}

async fn killed(database: Arc<Database>) {
    let cycles = short_or_long(10, 150);
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let mut random = Random::new(1);
    let mut slowest_start = Duration::ZERO;

    let mut program = database.launch().start();
    let (capacity, attempts) =
        measure_capacity(program.address, &numbers, Duration::from_secs(1)).await;
    history.record(&attempts);
    let load = Load {
        connections: 200,
        rate: Some(capacity * 0.6),
    };
    for cycle in 0..cycles {
        let running = load.start(program.address, &numbers);
        let until_kill = 0.2 + short_or_long(1.3, 2.8) * random.share();
        tokio::time::sleep(Duration::from_secs_f64(until_kill)).await;
        program.kill();
        history.record(&running.stop().await);

        // Opening the file repairs it, which every other time is left to the program.
        if cycle % 2 == 0 && (cycle < 10 || cycle % 10 == 0) {
            database.assert_intact().await;
            let stored = database.read().await;
            history.judge(&stored).assert_exact();
            stored.assert_visits_follow_from_events();
        }
        program = database.launch().start();
        slowest_start = slowest_start.max(program.start_time);
        for fate in [Fate::Unknown, Fate::Refused, Fate::Dropped] {
            history.record(&resend(program.address, &history.of(fate)).await);
        }
        assert_eq!(
            history.of(Fate::Unknown),
            [],
            "everything sent again is answered"
        );
    }
    program.stop().await;
    database.assert_intact().await;
    let stored = database.read().await;
    let verdict = history.judge(&stored);
    println!(
        "R1: {cycles} kills, capacity {capacity:.0}/s, {} events acknowledged, {} lost, {} double, {} unexpected; {} visits; slowest start {slowest_start:?}",
        verdict.acked,
        verdict.lost.len(),
        verdict.duplicates.len(),
        verdict.unexpected.len(),
        stored.visits.len(),
    );
    verdict.assert_exact();
    stored.assert_visits_follow_from_events();
    assert!(slowest_start < READY_LIMIT, "ready after {slowest_start:?}");
}
