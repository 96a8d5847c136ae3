//! R7: the network between the program and PostgreSQL is cut and mended under load, and no accepted event is lost or doubled.
//!
//! A proxy of the test's own carries the connections. By turns it falls silent, so that nobody learns of the cut, and resets all
//! connections, old and new; each for 6 s (long: 30 s), and then both for moments, 4 times (long: 40), so that a cut also meets
//! a commit whose answer is on its way. Pass: the health check tells of a cut; with resets events are refused by 503 at once;
//! they are taken again within 5 s after the cut; nothing is lost or doubled.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use crate::support::{
    Random, beside_others, client,
    cluster::Cluster,
    database::Database,
    history::{Fate, History},
    load::Load,
    proxy::{Line, Proxy},
    recovery::{recovery, settle},
    short_or_long,
};

#[tokio::test(flavor = "multi_thread")]
async fn network_that_is_cut_and_mended_costs_no_event() {
    let _beside = beside_others().await;
    let cluster = Cluster::start();
    let database = Database::on_postgres(&cluster.url()).await;
    database.prepare().await;
    let proxy = Proxy::start(cluster.port()).await;
    let place = format!("postgres@{}", proxy.address);
    let mut program = database.launch_by(&[], &place).start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 32,
        rate: Some(300.0),
    };
    let mut slowest = Duration::ZERO;
    for cut in [Line::Silent, Line::Reset] {
        let running = load.start(program.address, &numbers);
        tokio::time::sleep(Duration::from_secs(1)).await;
        proxy.set(cut);
        // The health check believes in a silence of more than 5 s.
        tokio::time::sleep(Duration::from_secs(short_or_long(6, 30))).await;
        let ready = client::get(program.address, "/api/health/ready").await;
        let ready = ready.expect("an answer");
        assert_eq!(ready.status, 503, "{cut:?}: {}", ready.text());
        proxy.set(Line::Whole);
        let took = recovery(program.address, &numbers, &mut history).await;
        slowest = slowest.max(took);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let attempts = running.stop().await;
        let refused = attempts.iter().filter(|a| a.fate == Fate::Refused).count();
        println!("R7: {cut:?}: {refused} refused, taken again after {took:?}");
        assert!(refused > 0 || cut == Line::Silent, "resets are refusals");
        history.record(&attempts);
    }

    let running = load.start(program.address, &numbers);
    let mut random = Random::new(7);
    for turn in 0..short_or_long(4, 40) {
        tokio::time::sleep(Duration::from_millis(random.below(500) as u64)).await;
        proxy.set([Line::Silent, Line::Reset][turn % 2]);
        tokio::time::sleep(Duration::from_millis(random.below(500) as u64)).await;
        proxy.set(Line::Whole);
        slowest = slowest.max(recovery(program.address, &numbers, &mut history).await);
    }
    history.record(&running.stop().await);
    let (verdict, refused) = settle(&mut program, &database, &mut history).await;
    println!(
        "R7: cut network: {} events acknowledged, {refused} refused at first, {} lost, {} double; slowest recovery {slowest:?}",
        verdict.acked,
        verdict.lost.len(),
        verdict.duplicates.len()
    );
}
