//! R7: the password of the database changes under a running program, as after a failover to a server with another one.
//!
//! Pass: connections that are open go on; once they are ended, events are answered 503, the log tells neither password, and the
//! program neither ends nor panics; with the old password back events are taken again within 5 s; the program stops politely
//! without its database, and with the new password in its settings starts and takes up everything that was refused.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use crate::support::{
    beside_others, client,
    cluster::Cluster,
    database::Database,
    history::{Fate, History},
    load::Load,
    recovery::{recovery, settle},
};

const ROLE: &str = "trackflow";
const OLD: &str = "old-secret-of-the-role";
const NEW: &str = "new-secret-of-the-role";
const TERMINATE: &str =
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'trackflow'";

#[tokio::test(flavor = "multi_thread")]
async fn password_that_changes_costs_no_event_and_is_not_told() {
    let _beside = beside_others().await;
    let cluster = Cluster::start();
    let database = Database::on_postgres(&cluster.url()).await;
    database.prepare().await;
    let change_to = async |password: &str| {
        let change = format!("alter role {ROLE} password '{password}'");
        cluster.execute(&change).await;
    };
    cluster
        .execute(&format!("create role {ROLE} superuser login"))
        .await;
    cluster.demand_password(ROLE).await;
    change_to(OLD).await;
    let place = |password: &str| format!("{ROLE}:{password}@127.0.0.1:{}", cluster.port());
    let mut program = database.launch_by(&[], &place(OLD)).start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 8,
        rate: Some(150.0),
    };
    let running = load.start(program.address, &numbers);
    tokio::time::sleep(Duration::from_secs(1)).await;

    change_to(NEW).await;
    let acked_by = recovery(program.address, &numbers, &mut history).await;
    cluster.execute(TERMINATE).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ready = client::get(program.address, "/api/health/ready").await;
    let ready = ready.expect("an answer");
    assert_eq!(ready.status, 503, "{}", ready.text());
    change_to(OLD).await;
    let took = recovery(program.address, &numbers, &mut history).await;

    change_to(NEW).await;
    cluster.execute(TERMINATE).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    history.record(&running.stop().await);
    assert!(!history.of(Fate::Refused).is_empty(), "it cannot log in");
    program.stop().await;
    let log = program.log();
    assert!(log.contains("events not stored"), "the log tells of it");
    assert!(!log.contains(OLD) && !log.contains(NEW), "{log}");

    let mut program = database.launch_by(&[], &place(NEW)).start();
    let (verdict, refused) = settle(&mut program, &database, &mut history).await;
    println!(
        "R7: password: {} events acknowledged, {refused} refused at first, {} lost, {} double; \
         taken after {acked_by:?} with the new one, after {took:?} with the old one back",
        verdict.acked,
        verdict.lost.len(),
        verdict.duplicates.len()
    );
}
