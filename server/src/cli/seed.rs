//! `trackflow seed`.

use std::time::Instant;

use anyhow::Context;
use clap::Args;
use trackflow::{
    config::Config,
    domain::{Principal, Timestamp},
    seed::{self, SeedPlan},
    services::site_service,
};

use super::{open, progress::Progress};
use crate::clock;

/// What to invent.
#[derive(Debug, Args)]
pub(super) struct Seed {
    /// Domain of the site; it must exist
    #[arg(long, value_name = "DOMAIN")]
    pub(super) site: String,
    /// Days of traffic, ending now or --until
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(super) days: u32,
    /// Events in all
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) events: u64,
    /// Start of the random sequence
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// End of the traffic, such as 2026-11-01T00:00:00Z; not in the future [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(super) until: Option<jiff::Timestamp>,
    /// Visitors in all, about [default: from the number of events]
    #[arg(long, value_name = "N")]
    pub(super) visitors: Option<u64>,
}

pub(super) async fn run(config: &Config, seed: &Seed) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    let site = site_service::get_by_domain(&db, &Principal::System, &seed.site)
        .await
        .with_context(|| format!("add it first: trackflow site add {}", seed.site))?;
    let plan = SeedPlan {
        days: seed.days,
        events: seed.events,
        seed: seed.seed,
        visitors: seed.visitors,
    };
    let now = clock::now();
    let until = seed
        .until
        .map_or(now, |until| Timestamp(until.as_millisecond()));
    anyhow::ensure!(
        until <= now,
        "--until is in the future: events there could not be counted yet"
    );
    let mut shown = Progress::new("events");
    let started = Instant::now();
    let summary = seed::run(&db, &site, &plan, until, |done| {
        shown.show(done, seed.events);
    })
    .await;
    drop(shown);
    let summary = summary.context("nothing more was written")?;
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = summary.events as f64 / seconds;
    println!(
        "{} events of {} visitors written to {} in {seconds:.1} s ({rate:.0} events/s)",
        summary.events, summary.visitors, site.domain
    );
    Ok(())
}
