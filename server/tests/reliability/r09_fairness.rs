//! R9: who floods from one network is limited, and the others lose nothing.
//!
//! One network sends 1,000 events a second, 50 others one a second each, 6 s (long: 20 s). Pass: every event of the others is
//! answered 202 and stored; of the flood some are answered 429 with `Retry-After`, and those acknowledged are stored too.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::support::{
    alone,
    client::Connection,
    database::{Database, on_both},
    history::{Attempt, Fate, History},
    load::{Event, fate},
    program::Program,
    short_or_long,
};

#[tokio::test(flavor = "multi_thread")]
async fn flood_from_one_network_costs_the_others_nothing() {
    let _alone = alone().await;
    on_both(flooded).await;
}

async fn flooded(database: Arc<Database>) {
    let mut program = database.launch().start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let time = Duration::from_secs(short_or_long(6, 20));
    let flooder = |_| send(&program, &numbers, 7_777, 50.0, time);
    let flood: Vec<_> = (0..20).map(flooder).collect();
    let other = |visitor| send(&program, &numbers, visitor, 1.0, time);
    let others: Vec<_> = (0..50).map(other).collect();

    let (mut flood, others) = (collect(flood).await, collect(others).await);
    history.record(&flood);
    history.record(&others);
    let of = |attempts: &[Attempt], fate| attempts.iter().filter(|a| a.fate == fate).count();
    println!(
        "R9: flood of {} events, {} acknowledged, {} refused; others {} of {} acknowledged",
        flood.len(),
        of(&flood, Fate::Acked),
        of(&flood, Fate::Refused),
        of(&others, Fate::Acked),
        others.len()
    );
    let not_acked = others.len() - of(&others, Fate::Acked) - of(&others, Fate::Dropped);
    assert_eq!(not_acked, 0, "the others lose nothing");
    assert!(
        of(&flood, Fate::Refused) > flood.len() / 4,
        "the flood is limited"
    );
    flood.retain(|attempt| attempt.fate == Fate::Unknown);
    assert!(flood.is_empty(), "the flood is answered too");

    program.stop().await;
    history.judge(&database.read().await).assert_exact();
}

/// A connection of one visitor that sends at a rate.
fn send(
    program: &Program,
    numbers: &Arc<AtomicU32>,
    visitor: u32,
    rate: f64,
    time: Duration,
) -> tokio::task::JoinHandle<Vec<Attempt>> {
    let (address, numbers) = (program.address, Arc::clone(numbers));
    tokio::spawn(async move {
        let mut open = Connection::open(address)
            .await
            .expect("the program listens");
        let (since, mut attempts) = (Instant::now(), Vec::new());
        let mut due = since;
        while since.elapsed() < time {
            tokio::time::sleep_until(due.into()).await;
            due += Duration::from_secs_f64(1.0 / rate);
            let event = Event {
                number: numbers.fetch_add(1, Ordering::Relaxed),
                visitor,
            };
            let sent_at = Instant::now();
            let (fate, _) = fate(open.send(&event.request()).await);
            attempts.push(Attempt {
                event,
                fate,
                latency: sent_at.elapsed(),
            });
        }
        attempts
    })
}

async fn collect(tasks: Vec<tokio::task::JoinHandle<Vec<Attempt>>>) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for task in tasks {
        attempts.extend(task.await.expect("no panic"));
    }
    attempts
}
