//! R7: PostgreSQL restarts, crashes, hangs or throws us out under load, and no accepted event is lost or doubled.
//!
//! On a durable server of the test's own, 3 restarts (long: 30), by turns politely and by crash; then all connections ended, none
//! left to be had, and all processes of the server stopped for 5 s (long: 30 s), which is what a machine without breath looks like. Pass:
//! answers are 202 or 503, events are taken again within 5 s after the server is back, nothing is lost or doubled, the
//! dashboard's connections work again, nothing panics.

use std::{
    process::Command,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use crate::support::{
    beside_others, client,
    cluster::Cluster,
    database::Database,
    history::History,
    load::Load,
    recovery::{recovery, settle},
    short_or_long,
};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_goes_away_and_comes_back_costs_no_event() {
    let _beside = beside_others().await;
    let cluster = Cluster::start();
    let database = Database::on_postgres(&cluster.url()).await;
    database.prepare().await;
    let mut program = database.launch().start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 32,
        rate: Some(300.0),
    };
    let mut slowest = Duration::ZERO;
    let running = load.start(program.address, &numbers);
    for turn in 0..short_or_long(3, 30) {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let mode = ["fast", "immediate"][turn % 2];
        tokio::task::block_in_place(|| cluster.control("restart", mode));
        slowest = slowest.max(recovery(program.address, &numbers, &mut history).await);
    }

    let mut conn = database.open_postgres().await;
    conn.batch_execute(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .await
    .expect("we may");
    slowest = slowest.max(recovery(program.address, &numbers, &mut history).await);

    // Every connection that the server has left, so that the pool gets none.
    let mut taken = vec![conn];
    while let Ok(more) = AsyncPgConnection::establish(&database.url).await {
        taken.push(more);
    }
    let health = client::get(program.address, "/api/health")
        .await
        .expect("an answer");
    println!(
        "R7: {} connections taken, health answers {}",
        taken.len(),
        health.status
    );
    assert!(matches!(health.status, 200 | 503), "{}", health.head);
    drop(taken);
    slowest = slowest.max(recovery(program.address, &numbers, &mut history).await);

    let pids = server_processes(&database).await;
    signal(&pids, "STOP");
    tokio::time::sleep(Duration::from_secs(short_or_long(5, 30))).await;
    signal(&pids, "CONT");
    slowest = slowest.max(recovery(program.address, &numbers, &mut history).await);

    history.record(&running.stop().await);
    let health = client::get(program.address, "/api/health")
        .await
        .expect("an answer");
    assert_eq!(health.status, 200, "{}", health.text());
    let (verdict, refused) = settle(&mut program, &database, &mut history).await;
    println!(
        "R7: {} events acknowledged, {refused} refused at first, {} lost, {} double; slowest recovery {slowest:?}",
        verdict.acked,
        verdict.lost.len(),
        verdict.duplicates.len()
    );
}

/// The server's processes that serve this database.
async fn server_processes(database: &Database) -> Vec<String> {
    let query = "select cast(pid as text) as text from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid()";
    let pids = database.lines(query).await;
    assert!(!pids.is_empty(), "the program is connected");
    pids
}

fn signal(pids: &[String], name: &str) {
    let sent = Command::new("kill").args(["-s", name]).args(pids).status();
    assert!(sent.expect("kill runs").success());
}
