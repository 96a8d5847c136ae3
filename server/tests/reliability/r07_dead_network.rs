//! R7: a network that dies without a word is noticed on both sides, and so is a machine that vanishes with it.
//!
//! The program runs in a network namespace, from which the line to PostgreSQL is cut until events are refused (long: for 60 s at
//! least). Pass: they are answered 503 within 25 s, not held for the quarter of an hour that TCP tries for; they are taken
//! again within 5 s after the cut. Then the line is cut and the program killed, so that PostgreSQL hears nothing of its
//! end: another one takes events within 25 s, not the two hours for which the lock of the first could be held. Nothing is
//! lost or doubled.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

use crate::support::{
    beside_others,
    cluster::Cluster,
    database::Database,
    history::{Fate, History},
    load::Load,
    network::Network,
    recovery::{first, recovery, settle},
    short_or_long,
};

/// Twenty seconds on a quiet machine (docs/contributing.md).
const NOTICE_LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn dead_network_and_vanished_machine_are_noticed_and_cost_no_event() {
    let _beside = beside_others().await;
    let Some(network) = Network::make() else {
        return;
    };
    let cluster = Cluster::start_at(network.database_address());
    let database = Database::on_postgres(&cluster.url()).await;
    database.prepare().await;
    let place = format!("postgres@{}:{}", network.database_address(), cluster.port());
    let mut program = database
        .launch_by(&network.wrapper(), &place)
        .env(
            "TRACKFLOW_LISTEN",
            format!("{}:0", network.program_address()),
        )
        .env(
            "TRACKFLOW_TRUSTED_PROXIES",
            network.load_address().to_string(),
        )
        .start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 32,
        rate: Some(300.0),
    };
    let running = load.start(program.address, &numbers);
    tokio::time::sleep(Duration::from_secs(1)).await;

    let cut_at = Instant::now();
    network.cut();
    let refused_after = first(
        Fate::Refused,
        NOTICE_LIMIT,
        program.address,
        &numbers,
        &mut history,
    )
    .await;
    let cut_time = Duration::from_secs(short_or_long(0, 60));
    tokio::time::sleep(cut_time.saturating_sub(cut_at.elapsed())).await;
    network.mend();
    let taken_again = recovery(program.address, &numbers, &mut history).await;

    tokio::time::sleep(Duration::from_secs(2)).await;
    network.cut();
    program.kill();
    history.record(&running.stop().await);
    let mut program = database.launch().start();
    let taken_over = first(
        Fate::Acked,
        NOTICE_LIMIT,
        program.address,
        &numbers,
        &mut history,
    )
    .await;
    let (verdict, refused) = settle(&mut program, &database, &mut history).await;
    println!(
        "R7: dead network: refused after {refused_after:?}, taken again after {taken_again:?}; vanished machine: taken over after {taken_over:?}; \
         {} events acknowledged, {refused} refused at first, {} lost, {} double",
        verdict.acked,
        verdict.lost.len(),
        verdict.duplicates.len()
    );
}
