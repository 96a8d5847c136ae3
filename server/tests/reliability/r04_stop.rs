//! R4: a stop asked for politely loses nothing and leaves nobody without an answer.
//!
//! SIGTERM while 64 connections send as fast as they can, 5 times (long: 50) on each database. Pass: whatever is stored was
//! answered, nothing else is; it is not ready any more at once; it ends within 10 s and says that it succeeded.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

use crate::support::{
    alone, client,
    database::{Database, on_both},
    history::{Fate, History},
    load::Load,
    short_or_long,
};

const STOP_LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn stopped_under_load_it_answers_what_it_accepted_and_ends() {
    let _alone = alone().await;
    on_both(stopped).await;
}

async fn is_ready(address: SocketAddr) -> bool {
    let answer = client::get(address, "/api/health/ready").await;
    answer.is_ok_and(|answer| answer.status == 200)
}

async fn stopped(database: Arc<Database>) {
    let stops = short_or_long(5, 50);
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 64,
        rate: None,
    };
    let mut slowest = Duration::ZERO;
    for _ in 0..stops {
        let mut program = database.launch().start();
        let running = load.start(program.address, &numbers);
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (asked_at, address) = (Instant::now(), program.address);
        program.signal("TERM");
        let ready = tokio::spawn(async move {
            while is_ready(address).await && asked_at.elapsed() < STOP_LIMIT {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            asked_at.elapsed()
        });
        let status = program.ended(STOP_LIMIT).await;
        slowest = slowest.max(asked_at.elapsed());
        let ready_for = ready.await.expect("no panic");
        assert!(ready_for < STOP_LIMIT, "a stopping program is not ready");
        assert!(status.success(), "{status}");
        program.assert_healthy();
        history.record(&running.stop().await);
    }
    let stored = database.read().await;
    let verdict = history.judge(&stored);
    let unanswered = history.of(Fate::Unknown).len();
    println!(
        "R4: {stops} stops, slowest {slowest:?}, {} events acknowledged, {unanswered} met a closed door",
        verdict.acked
    );
    verdict.assert_exact();
    assert_eq!(verdict.recovered, 0, "nothing is stored without an answer");
    stored.assert_visits_follow_from_events();
    database.assert_intact().await;
}
