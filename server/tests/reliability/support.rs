//! What the tests share: the program as a process, a client, a database, and the judgement of what was stored.

#[path = "support/client.rs"]
pub(crate) mod client;
#[path = "support/cluster.rs"]
pub(crate) mod cluster;
#[path = "support/database.rs"]
pub(crate) mod database;
#[path = "support/disk.rs"]
pub(crate) mod disk;
#[path = "support/history.rs"]
pub(crate) mod history;
#[path = "support/load.rs"]
pub(crate) mod load;
#[path = "support/metrics.rs"]
pub(crate) mod metrics;
#[path = "support/network.rs"]
pub(crate) mod network;
#[path = "support/program.rs"]
pub(crate) mod program;
#[path = "support/proxy.rs"]
pub(crate) mod proxy;
#[path = "support/recovery.rs"]
pub(crate) mod recovery;
#[path = "support/visits.rs"]
pub(crate) mod visits;

use std::time::{Duration, Instant};

use tokio::sync::RwLock;

static MACHINE: RwLock<()> = RwLock::const_new(());

/// Waits until no other test runs: two that measure would measure each other.
pub(crate) async fn alone() -> Turn<impl Sized> {
    Turn::new(MACHINE.write().await)
}

/// Waits until no test runs that measures.
pub(crate) async fn beside_others() -> Turn<impl Sized> {
    Turn::new(MACHINE.read().await)
}

/// A test's turn, which tells in the end how long it was.
pub(crate) struct Turn<G> {
    since: Instant,
    _guard: G,
}

impl<G> Turn<G> {
    fn new(guard: G) -> Self {
        Self {
            since: Instant::now(),
            _guard: guard,
        }
    }
}

impl<G> Drop for Turn<G> {
    fn drop(&mut self) {
        let thread = std::thread::current();
        println!(
            "{}: {:.1} s",
            thread.name().unwrap_or_default(),
            self.since.elapsed().as_secs_f64()
        );
    }
}

/// Whether the long form was asked for.
pub(crate) fn is_long() -> bool {
    std::env::var("TRACKFLOW_RELIABILITY").is_ok_and(|form| form == "long")
}

/// One of two values, by the form of the test.
pub(crate) fn short_or_long<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

/// The value below which a share of the values lies; zero of none. Sorts them.
pub(crate) fn quantile(values: &mut [Duration], share: f64) -> Duration {
    values.sort_unstable();
    let at = (values.len() as f64 * share) as usize;
    values
        .get(at.min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Random numbers that are the same in every run, and as many as the caller needs.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (`SplitMix64`).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A share, 0.0 to 1.0.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
