//! `trackflow seed`.

use clap::Args;
use trackflow::config::Config;

/// What to invent.
#[derive(Debug, Args)]
pub(super) struct Seed {
    /// Domain of the site; it must exist
    #[arg(long, value_name = "DOMAIN")]
    pub(super) site: String,
    /// Days of traffic, ending now
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(super) days: u32,
    /// Events in all
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) events: u64,
    /// Start of the random sequence
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Visitors in all, about [default: from the number of events]
    #[arg(long, value_name = "N")]
    pub(super) visitors: Option<u64>,
}

pub(super) async fn run(_config: &Config, seed: &Seed) -> anyhow::Result<()> {
    anyhow::bail!("`seed` is not part of this build yet: {seed:?}")
}
