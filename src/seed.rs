//! Made-up traffic: for trying TrackFlow out, for measuring it, and for the public demo.
//!
//! ```text
//! profile ─▶ model ─▶ day ─▶ traffic ─▶ ingest::Store     what a site is like ─▶ its hits, ascending in time
//! ```
//!
//! The same seed, domain and dates give the same hits on every machine. [`run`] fills one site with an exact number of
//! events; [`demo`] keeps three sites alive. Nothing here passes the network stations of ingestion: hits are made as
//! [`EnrichedHit`]s. While the functions that write run, nobody else may write events to the
//! same database, since each writer numbers strings on its own.

use jiff::civil::Date;

use self::{
    calendar::{Curve, Growth, day_start, local_date, tomorrow},
    day::{Amount, DayOrder},
    model::Model,
    traffic::Traffic,
};
use crate::{
    db::Db,
    domain::{Site, Timestamp},
    ingest::{EnrichedHit, Outcome, Store},
    services::{ServiceError, site_service},
};

pub mod demo;

mod calendar;
mod day;
mod device;
mod journey;
mod model;
mod owner;
mod place;
mod profile;
mod random;
mod traffic;
mod vitals;

/// Hits of one transaction: large enough that the sync costs nothing, small enough for a smooth progress bar.
const BATCH: usize = 20_000;

/// A short period is the end of a longer growth, or a week would begin almost empty.
const SHORTEST_GROWTH_DAYS: i64 = 120;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// What [`run`] is to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedPlan {
    /// The period: so many times 24 hours up to now.
    pub days: u32,
    /// Rows to write, `engagement` among them.
    pub events: u64,
    /// Where chance begins.
    pub seed: u64,
    /// About so many visitor ids in all; without it, as many as the model finds plausible. At least one a day.
    pub visitors: Option<u64>,
}

/// What [`run`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedSummary {
    /// Rows.
    pub events: u64,
    /// Distinct visitor ids of them.
    pub visitors: u64,
    /// Start of the period.
    pub from: Timestamp,
    /// End of the period.
    pub to: Timestamp,
}

/// Writes exactly `plan.events` made-up events of a site into the period that ends `now`. Tells `progress` after each
/// batch how many there are.
///
/// # Errors
/// [`ServiceError::Invalid`] if days or events are 0 or out of range; [`ServiceError::Database`], upon which the batches
/// before remain.
pub async fn run(
    db: &Db,
    site: &Site,
    plan: &SeedPlan,
    now: Timestamp,
    mut progress: impl FnMut(u64) + Send,
) -> Result<SeedSummary, ServiceError> {
    if !(1..=3_650).contains(&plan.days) {
        return Err(ServiceError::invalid("days", "must be 1 to 3650"));
    }
    if !(1..=10_000_000_000).contains(&plan.events) {
        return Err(ServiceError::invalid("events", "must be 1 to 10000000000"));
    }
    let mut traffic = seed_traffic(site, plan, now);
    let mut store = Store::open(db.clone(), now).await?;
    let events = write(&mut store, &mut traffic, |events, _| progress(events)).await?;
    Ok(SeedSummary {
        events,
        visitors: traffic.visitors(),
        from: start(plan, now),
        to: now,
    })
}

/// Start of the period of a plan.
fn start(plan: &SeedPlan, now: Timestamp) -> Timestamp {
    now.plus_ms(-i64::from(plan.days) * DAY_MS)
}

/// The hits that [`run`] writes.
pub(crate) fn seed_traffic(site: &Site, plan: &SeedPlan, now: Timestamp) -> Traffic {
    let from = start(plan, now);
    let zone = site_service::zone_of(site);
    let days = i64::from(plan.days).max(SHORTEST_GROWTH_DAYS);
    let growth = Growth {
        first: local_date(now.plus_ms(-days * DAY_MS), &zone),
        days,
    };
    let model = Model::new(site, plan.seed, growth);
    let mut orders = spread(&model, plan, from, now).into_iter();
    Traffic::new(model, move |_| orders.next())
}

/// Shares events and visitors out among the local days of a period, each in its part of the period.
fn spread(model: &Model, plan: &SeedPlan, from: Timestamp, to: Timestamp) -> Vec<DayOrder> {
    let mut days: Vec<(Date, (Timestamp, Timestamp), u128)> = Vec::new();
    let mut day = local_date(from, &model.zone);
    loop {
        let (start, end) = (
            day_start(day, &model.zone),
            day_start(tomorrow(day), &model.zone),
        );
        let part = (start.max(from), end.min(to));
        if part.0 >= to {
            break;
        }
        let weight =
            |range| u128::from(Curve::new(model.profile, &model.zone, range, None).total());
        let visits = u128::from(model.visits_per_mille(day));
        days.push((
            day,
            part,
            visits * 1_000 * weight(part) / weight((start, end)).max(1),
        ));
        day = tomorrow(day);
    }
    let total: u128 = days.iter().map(|(_, _, weight)| weight).sum();
    let mut before = 0;
    let mut orders = Vec::with_capacity(days.len());
    for (day, starts, weight) in days {
        let after = before + weight;
        // Rounding the sums instead of the shares loses nothing.
        let share = |amount: u64| {
            let sum = |weight: u128| u128::from(amount) * weight / total.max(1);
            usize::try_from(sum(after) - sum(before)).expect("a day fits into memory")
        };
        orders.push(DayOrder {
            day,
            starts,
            end: to,
            amount: Amount::Hits {
                hits: share(plan.events),
                visitors: plan.visitors.map(|visitors| share(visitors).max(1)),
            },
        });
        before = after;
    }
    orders
}

/// Writes hits in large transactions. Tells `progress` after each how many rows there are and of which instant the last
/// is. Gives the number of rows.
async fn write(
    store: &mut Store,
    hits: impl Iterator<Item = EnrichedHit> + Send,
    mut progress: impl FnMut(u64, Timestamp) + Send,
) -> Result<u64, ServiceError> {
    let mut hits = hits.peekable();
    let mut batch: Vec<EnrichedHit> = Vec::with_capacity(BATCH);
    let mut written = 0;
    while let Some(hit) = hits.next() {
        let at = hit.at;
        batch.push(hit);
        // Hits of one millisecond stay together: whoever goes on after an interruption asks for the time of the last.
        let is_full = batch.len() >= BATCH && hits.peek().is_none_or(|next| next.at > at);
        if is_full || hits.peek().is_none() {
            let outcomes = store.write(batch.iter()).await?;
            let stored = outcomes
                .iter()
                .filter(|outcome| **outcome == Outcome::Stored);
            written += stored.count() as u64;
            batch.clear();
            progress(written, at);
        }
    }
    Ok(written)
}
