//! R6: another process that locks the SQLite file costs time or a 503, never an event; a long reader costs space, not for ever.
//!
//! A second connection holds `BEGIN EXCLUSIVE` for 1 s and for 7 s (long: 10 and 60 s) under load; then a reader keeps its
//! snapshot open for 5 s (long: 5 min) while 500 events a second come. Pass: after 1 s everything was answered 202; beyond the
//! 5 s that a writer waits for the lock 503; nothing is lost; after the reader's end the WAL has less than 256 MiB.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use diesel::connection::SimpleConnection;

use crate::support::{
    alone,
    database::{Database, on_sqlite},
    history::{Fate, History},
    load::{Load, resend},
    short_or_long,
};

const WAL_LIMIT_BYTES: u64 = 256 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn locked_file_costs_time_or_a_503_but_no_event() {
    let _alone = alone().await;
    on_sqlite(locked).await;
}

async fn locked(database: Arc<Database>) {
    let mut program = database.launch().start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 16,
        rate: Some(200.0),
    };
    for (held_s, is_refused) in [
        (1, false),
        (short_or_long(7, 10), true),
        (short_or_long(1, 60), short_or_long(false, true)),
    ] {
        let running = load.start(program.address, &numbers);
        tokio::time::sleep(Duration::from_millis(300)).await;
        hold(&database, "begin exclusive", held_s).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let attempts = running.stop().await;
        let refused = attempts
            .iter()
            .filter(|attempt| attempt.fate == Fate::Refused)
            .count();
        let longest = attempts
            .iter()
            .map(|attempt| attempt.latency)
            .max()
            .unwrap_or_default();
        println!(
            "R6: locked for {held_s} s: {} events, {refused} refused, longest wait {longest:?}",
            attempts.len()
        );
        assert_eq!(refused > 0, is_refused, "locked for {held_s} s");
        assert!(longest > Duration::from_millis(500), "the lock was felt");
        history.record(&attempts);
        history.record(&resend(program.address, &history.of(Fate::Refused)).await);
        assert!(
            history.of(Fate::Refused).is_empty(),
            "it writes again at once"
        );
    }

    // Not at full speed: meanwhile the WAL takes every page that is written, in five minutes more than ten gigabytes.
    let busy = Load {
        connections: 64,
        rate: Some(500.0),
    };
    let running = busy.start(program.address, &numbers);
    let read = "begin; select count(*) from event";
    hold(&database, read, short_or_long(5, 300)).await;
    let wal = database.folder().join("data/trackflow.db-wal");
    let size = || std::fs::metadata(&wal).map_or(0, |metadata| metadata.len());
    let grown = size();
    tokio::time::sleep(Duration::from_secs(3)).await;
    history.record(&running.stop().await);
    println!(
        "R6: beside a reader the WAL grew to {} KiB, then it had {} KiB",
        grown / 1024,
        size() / 1024
    );
    assert!(size() < WAL_LIMIT_BYTES, "the WAL has {} bytes", size());

    program.stop().await;
    let stored = database.read().await;
    history.judge(&stored).assert_exact();
    stored.assert_visits_follow_from_events();
    database.assert_intact().await;
}

/// Begins a transaction and keeps it open for some seconds, on a thread of its own.
async fn hold(database: &Database, begin: &'static str, seconds: u64) {
    let mut conn = database.open_sqlite();
    let held = tokio::task::spawn_blocking(move || {
        conn.batch_execute(begin).expect("the lock is given");
        std::thread::sleep(Duration::from_secs(seconds));
        conn.batch_execute("rollback").expect("the lock is held");
    });
    held.await.expect("no panic");
}
