//! R8: ten times what it can do: it does what it can, refuses the rest cleanly, and is itself again at once.
//!
//! Open loop: requests are due at ten times the measured capacity whether or not there are answers, each on a connection that
//! has none outstanding; what finds none is turned away at the sender and counted. 6 s (long: 60 s). Pass: every answer is a
//! 202, or a 429 or 503 with `Retry-After`; memory at most 128 MiB above idle; health answers; 5 s later an ordinary load is
//! served; in the long form, whose program is optimised, accepted ones take at most 500 ms (p99), and 80 % of the capacity
//! is acknowledged.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::support::{
    alone,
    client::Connection,
    database::{Database, on_both},
    history::{Attempt, Fate, History},
    is_long,
    load::{Event, Load, fate, measure_capacity},
    quantile, short_or_long,
};

const MEMORY_LIMIT_KIB: u64 = 128 * 1024;
const ACCEPTED_LIMIT: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn overloaded_tenfold_it_serves_what_it_can_and_refuses_the_rest() {
    let _alone = alone().await;
    on_both(overloaded).await;
}

async fn overloaded(database: Arc<Database>) {
    let mut program = database.launch().start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let warm_up = Duration::from_secs(short_or_long(2, 10));
    let (capacity, attempts) = measure_capacity(program.address, &numbers, warm_up).await;
    history.record(&attempts);
    let idle_kib = program.memory_kib("VmRSS");

    let storm = Storm {
        address: program.address,
        connections: short_or_long(500, 2_000),
        rate: 10.0 * capacity,
        numbers: Arc::clone(&numbers),
        ..Storm::default()
    };
    let time = Duration::from_secs(short_or_long(6, 60));
    let probe = tokio::spawn(probe_health(program.address, time));
    let attempts = storm.blow(time).await;
    let mut health = probe.await.expect("no panic");
    let peak_kib = program.memory_kib("VmHWM");
    let mut accepted: Vec<Duration> = attempts
        .iter()
        .filter(|attempt| attempt.fate == Fate::Acked)
        .map(|attempt| attempt.latency)
        .collect();
    let of = |fate| {
        attempts
            .iter()
            .filter(|attempt| attempt.fate == fate)
            .count()
    };
    let goodput = accepted.len() as f64 / time.as_secs_f64();
    let accepted_p99 = quantile(&mut accepted, 0.99);
    println!(
        "R8: capacity {capacity:.0}/s; at 10× {goodput:.0}/s acknowledged (p99 {accepted_p99:?}), {} refused, {} unanswered, {} turned away; \
         health p99 {:?}; memory {} KiB above idle",
        of(Fate::Refused),
        of(Fate::Unknown),
        storm.turned_away.load(Ordering::Relaxed),
        quantile(&mut health, 0.99),
        peak_kib.saturating_sub(idle_kib),
    );
    history.record(&attempts);
    assert_eq!(of(Fate::Unknown), 0, "every request has an answer");
    assert!(
        peak_kib <= idle_kib + MEMORY_LIMIT_KIB,
        "{idle_kib} to {peak_kib} KiB"
    );
    if is_long() {
        assert!(
            accepted_p99 <= ACCEPTED_LIMIT,
            "accepted within {accepted_p99:?}"
        );
        assert!(
            goodput >= 0.8 * capacity,
            "{goodput:.0}/s of {capacity:.0}/s"
        );
    }

    tokio::time::sleep(Duration::from_secs(5)).await;
    let ordinary = Load {
        connections: 32,
        rate: Some(capacity * 0.3),
    };
    let attempts = ordinary
        .run(program.address, &numbers, Duration::from_secs(2))
        .await;
    let mut latencies: Vec<Duration> = attempts.iter().map(|attempt| attempt.latency).collect();
    let is_served = attempts
        .iter()
        .all(|attempt| matches!(attempt.fate, Fate::Acked | Fate::Dropped));
    history.record(&attempts);
    println!("R8: 5 s later p99 is {:?}", quantile(&mut latencies, 0.99));
    assert!(is_served, "an ordinary load is served");

    program.stop().await;
    let stored = database.read().await;
    history.judge(&stored).assert_exact();
    stored.assert_visits_follow_from_events();
}

/// An open loop over a fixed number of connections.
struct Storm {
    address: SocketAddr,
    connections: u32,
    rate: f64,
    numbers: Arc<AtomicU32>,
    turned_away: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Default for Storm {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            connections: 0,
            rate: 0.0,
            numbers: Arc::default(),
            turned_away: Arc::default(),
            is_over: Arc::default(),
        }
    }
}

impl Storm {
    async fn blow(&self, time: Duration) -> Vec<Attempt> {
        let period = Duration::from_secs_f64(f64::from(self.connections) / self.rate);
        let tasks: Vec<_> = (0..self.connections)
            .map(|connection| {
                let (numbers, is_over) = (Arc::clone(&self.numbers), Arc::clone(&self.is_over));
                let (turned_away, address) = (Arc::clone(&self.turned_away), self.address);
                tokio::spawn(async move {
                    let mut open = Connection::open(address)
                        .await
                        .expect("the program listens");
                    let mut attempts = Vec::new();
                    let mut due = Instant::now() + period * connection / 500;
                    while !is_over.load(Ordering::Relaxed) {
                        tokio::time::sleep_until(due.into()).await;
                        let sent_at = Instant::now();
                        let event = Event {
                            number: numbers.fetch_add(1, Ordering::Relaxed),
                            // Few visitors, since open visits take memory, and that is not what is measured here.
                            visitor: 100_000 + connection,
                        };
                        let (fate, _) = fate(open.send(&event.request()).await);
                        attempts.push(Attempt {
                            event,
                            fate,
                            latency: sent_at.elapsed(),
                        });
                        due += period;
                        while due < Instant::now() {
                            due += period;
                            turned_away.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    attempts
                })
            })
            .collect();
        tokio::time::sleep(time).await;
        self.is_over.store(true, Ordering::Relaxed);
        let mut attempts = Vec::new();
        for task in tasks {
            attempts.extend(task.await.expect("no panic"));
        }
        attempts
    }
}

/// Asks for health all the time; gives how long each answer took.
async fn probe_health(address: SocketAddr, time: Duration) -> Vec<Duration> {
    let mut open = Connection::open(address)
        .await
        .expect("the program listens");
    let (since, mut latencies) = (Instant::now(), Vec::new());
    while since.elapsed() < time {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let asked_at = Instant::now();
        let request = b"GET /api/health HTTP/1.1\r\nHost: stats.test\r\n\r\n";
        let answer = open.send(request).await.expect("an answer");
        assert_eq!(
            answer.status,
            200,
            "overload is not ill health: {}",
            answer.text()
        );
        latencies.push(asked_at.elapsed());
    }
    latencies
}
