//! The year that is asked about: fills it with traffic and closes its days.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::{ToSpan, civil};
use trackflow::{
    db::{DatabaseUrl, Db},
    domain::{NewSite, Principal, Site, Timestamp},
    seed::{self, SeedPlan},
    services::{site_service, stats_service},
};

use crate::{
    duckdb::{DuckDb, Loading},
    storage,
};

pub(crate) const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Its profile has 5,000 pages, 66 countries and some hundred referrers, see `src/seed/profile/large.rs`.
pub(crate) const SITE: &str = "large.example";

/// The day after the last one: 365 days from here back.
const END: civil::Date = civil::date(2026, 11, 1);

/// The end of the year, in UTC.
pub(crate) fn end() -> Timestamp {
    start_of(END)
}

/// When the questions are asked: all days of the year can be closed by then.
pub(crate) fn reading() -> Timestamp {
    end().plus_ms(DAY_MS * 3 / 2)
}

fn start_of(date: civil::Date) -> Timestamp {
    let start = date.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    Timestamp(start.map_or(0, |start| start.timestamp().as_millisecond()))
}

/// What was closed, and how long it took.
#[derive(Default)]
pub(crate) struct Closed {
    pub(crate) days: u64,
    pub(crate) events: u64,
    /// Reading rows, building blocks and roll-ups.
    pub(crate) preparing: Duration,
    /// Writing them.
    pub(crate) storing: Duration,
    /// Summing months.
    pub(crate) months: Duration,
    /// Deleting rows.
    pub(crate) sweeping: Duration,
}

/// Fills the year with `seed` events if it is empty, hands rows that are still there to DuckDB, and closes all days.
pub(crate) async fn prepare(
    url: &DatabaseUrl,
    events: Option<u64>,
    duckdb: Option<&DuckDb>,
) -> anyhow::Result<Closed> {
    let db = Db::new(url)?;
    let system = Principal::System;
    if site_service::find_all(&db, &system).await?.is_empty() && events.is_some() {
        let new = NewSite {
            domain: SITE.into(),
            name: String::new(),
            time_zone: "UTC".into(),
        };
        site_service::create(&db, &system, &new, Timestamp(0)).await?;
    }
    let site = site_service::get_by_domain(&db, &system, SITE)
        .await
        .with_context(|| format!("the database needs the site {SITE}, or --seed"))?;
    let is_empty = !stats_service::has_events(&db, &system, SITE).await?;
    let duckdb = duckdb.filter(|duckdb| !duckdb.exists());
    let mut loading = None;
    let mut closed = Closed::default();
    match events {
        Some(events) if is_empty => {
            if let Some(duckdb) = duckdb {
                loading = Some(duckdb.load()?);
            }
            // Month by month, so that never more than one is there as rows.
            for month in 0..12 {
                let (from, to) = (month_start(month), month_start(month + 1));
                seed_month(&db, &site, month, from, to, events).await?;
                export(url, &mut loading)?;
                close(&db, &site, &mut closed).await?;
            }
        }
        _ => {
            if storage::has_rows(url)? {
                if let Some(duckdb) = duckdb {
                    loading = Some(duckdb.load()?);
                }
                export(url, &mut loading)?;
            }
            close(&db, &site, &mut closed).await?;
        }
    }
    if let (Some(loading), Some(duckdb)) = (loading, duckdb) {
        loading.finish()?;
        duckdb.load_words(url)?;
    }
    Ok(closed)
}

/// The start of the `month`th month of the year.
fn month_start(month: i64) -> civil::Date {
    END.saturating_sub((12 - month).months())
}

async fn seed_month(
    db: &Db,
    site: &Site,
    month: i64,
    from: civil::Date,
    to: civil::Date,
    events: u64,
) -> anyhow::Result<()> {
    let days = from.until(to)?.get_days();
    let share = |month: i64| events * month.unsigned_abs() / 12;
    let plan = SeedPlan {
        days: u32::try_from(days)?,
        events: share(month + 1) - share(month),
        seed: 1,
        visitors: None,
    };
    let started = Instant::now();
    let summary = seed::run(db, site, &plan, start_of(to), |_| {}).await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(summary.events == plan.events, "not all events were written");
    eprintln!("{from}: {} events in {seconds:.1} s", summary.events);
    Ok(())
}

fn export(url: &DatabaseUrl, loading: &mut Option<Loading>) -> anyhow::Result<()> {
    if let Some(loading) = loading {
        storage::export_events(url, loading.input()?)?;
    }
    Ok(())
}

/// Closes every day that has rows.
async fn close(db: &Db, site: &Site, closed: &mut Closed) -> anyhow::Result<()> {
    loop {
        let started = Instant::now();
        let Some(mut day) = stats_service::prepare_day(db, site, reading()).await? else {
            break;
        };
        closed.preparing += started.elapsed();
        closed.events += day.events();
        closed.days += 1;

        let started = Instant::now();
        stats_service::store_day(db, &day).await?;
        closed.storing += started.elapsed();

        let started = Instant::now();
        while stats_service::sweep(db, &mut day).await? {}
        closed.sweeping += started.elapsed();
    }
    let started = Instant::now();
    while let Some(month) = stats_service::prepare_month(db, site.id).await? {
        stats_service::store_month(db, site.id, &month).await?;
    }
    closed.months += started.elapsed();
    Ok(())
}
