//! Load: numbered events from many visitors over many connections, at a rate or as fast as answers come.
//!
//! An event's number is in its page, its revenue and its id, so that everything stored can be told apart. A visitor keeps
//! to one connection, so that its events have an order.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    client::{Answer, Connection, beacon},
    database::SITES,
    history::{Attempt, Fate},
};

/// Visitors of a connection: with few, one would exceed what a single address may send.
const VISITORS: u32 = 16;

/// Events of one site before the next site is taken, and different pages of a site: below the cap on those.
const EVENTS_PER_SITE: u32 = 50_000;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) number: u32,
    pub(crate) visitor: u32,
}

impl Event {
    /// The address of the visitor's network.
    fn address(self) -> String {
        let [_, a, b, c] = self.visitor.to_be_bytes();
        format!("{}.{b}.{c}.7", 20 + a)
    }

    fn name(self) -> &'static str {
        match self.number % 10 {
            0..7 => "pageview",
            7 => "Buy",
            8 => "Seen",
            _ => "engagement",
        }
    }

    fn body(self) -> String {
        let Self { number, .. } = self;
        let site = number / EVENTS_PER_SITE % SITES;
        let extra = match self.name() {
            "engagement" => format!(r#","e":{},"sd":50"#, 1_000 + number % 7_000),
            "Seen" => r#","i":false"#.to_owned(),
            _ => String::new(),
        };
        format!(
            r#"{{"n":"{}","u":"https://s{site}.test{}","d":"s{site}.test","id":"{number:016x}","$":{{"amount":{number},"currency":"EUR"}}{extra}}}"#,
            self.name(),
            page_of(number),
        )
    }

    pub(crate) fn request(self) -> Vec<u8> {
        beacon(&self.address(), &self.body())
    }
}

/// The page that an event of this number is of.
pub(crate) fn page_of(number: u32) -> String {
    format!("/e/{}", number % EVENTS_PER_SITE)
}

/// How to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    /// Events a second over all connections; `None`: each connection sends when it has its answer.
    pub(crate) rate: Option<f64>,
}

/// A running load.
pub(crate) struct Running {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<Attempt>>>,
}

impl Load {
    /// Starts to send. Numbers come from `numbers`, which goes on across loads.
    pub(crate) fn start(self, address: SocketAddr, numbers: &Arc<AtomicU32>) -> Running {
        let stop = Arc::new(AtomicBool::new(false));
        let started_at = Instant::now();
        let tasks = (0..self.connections).map(|connection| {
            let (stop, numbers) = (Arc::clone(&stop), Arc::clone(numbers));
            tokio::spawn(self.drive(connection, address, numbers, stop, started_at))
        });
        Running {
            tasks: tasks.collect(),
            stop,
        }
    }

    /// Sends for a time and gives what came of it.
    pub(crate) async fn run(
        self,
        address: SocketAddr,
        numbers: &Arc<AtomicU32>,
        time: Duration,
    ) -> Vec<Attempt> {
        let running = self.start(address, numbers);
        tokio::time::sleep(time).await;
        running.stop().await
    }

    async fn drive(
        self,
        connection: u32,
        address: SocketAddr,
        numbers: Arc<AtomicU32>,
        stop: Arc<AtomicBool>,
        started_at: Instant,
    ) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        let Ok(mut open) = Connection::open(address).await else {
            return attempts;
        };
        let period = self
            .rate
            .map(|rate| Duration::from_secs_f64(f64::from(self.connections) / rate));
        // The connections take turns within the period.
        let mut due = started_at + period.unwrap_or_default() * connection / self.connections;
        let mut turn = 0;
        while !stop.load(Ordering::Relaxed) {
            match period {
                Some(period) => {
                    tokio::time::sleep_until(due.into()).await;
                    due += period;
                }
                None => due = Instant::now(),
            }
            let due = period.map_or(due, |period| due - period);
            let event = Event {
                number: numbers.fetch_add(1, Ordering::Relaxed),
                visitor: connection * VISITORS + turn % VISITORS,
            };
            turn += 1;
            let (fate, is_closed) = fate(open.send(&event.request()).await);
            attempts.push(Attempt {
                event,
                fate,
                latency: due.elapsed(),
            });
            if is_closed {
                match Connection::open(address).await {
                    Ok(again) => open = again,
                    Err(_) => break,
                }
            }
        }
        attempts
    }
}

impl Running {
    /// Lets every connection hear its last answer, then gives all attempts.
    pub(crate) async fn stop(self) -> Vec<Attempt> {
        self.stop.store(true, Ordering::Relaxed);
        let mut attempts = Vec::new();
        for task in self.tasks {
            attempts.extend(task.await.expect("the client does not panic"));
        }
        attempts
    }
}

/// Sends events again under their old ids, each visitor's in their order.
pub(crate) async fn resend(address: SocketAddr, events: &[Event]) -> Vec<Attempt> {
    let mut by_connection: BTreeMap<u32, Vec<Event>> = BTreeMap::new();
    for event in events {
        let of_connection = by_connection.entry(event.visitor / VISITORS % 32);
        of_connection.or_default().push(*event);
    }
    let tasks: Vec<_> = by_connection
        .into_values()
        .map(|events| {
            tokio::spawn(async move {
                let mut open = Connection::open(address).await.expect("the program serves");
                let mut attempts = Vec::new();
                for event in events {
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
        })
        .collect();
    let mut attempts = Vec::new();
    for task in tasks {
        attempts.extend(task.await.expect("the client does not panic"));
    }
    attempts
}

/// What an answer means, and whether the connection has ended.
pub(crate) fn fate(answer: std::io::Result<Answer>) -> (Fate, bool) {
    match answer {
        Err(_) => (Fate::Unknown, true),
        Ok(answer) => {
            let is_closed = answer.header("connection") == Some("close");
            let fate = match answer.status {
                202 if answer.header("x-trackflow-dropped") == Some("no_visit") => Fate::Dropped,
                202 => {
                    let reason = answer.header("x-trackflow-dropped");
                    assert_eq!(reason, None, "the events of a load are wanted");
                    Fate::Acked
                }
                _ => {
                    assert!(
                        answer.is_clean_refusal(),
                        "{} {}",
                        answer.head,
                        answer.text()
                    );
                    Fate::Refused
                }
            };
            (fate, is_closed)
        }
    }
}

/// How many events a second are acknowledged to as many connections as are useful, and how long each takes.
pub(crate) async fn measure_capacity(
    address: SocketAddr,
    numbers: &Arc<AtomicU32>,
    time: Duration,
) -> (f64, Vec<Attempt>) {
    let load = Load {
        connections: 64,
        rate: None,
    };
    let since = Instant::now();
    let attempts = load.run(address, numbers, time).await;
    let acked = attempts
        .iter()
        .filter(|attempt| attempt.fate == Fate::Acked);
    (
        acked.count() as f64 / since.elapsed().as_secs_f64(),
        attempts,
    )
}
