//! The public demo: three sites with 13 months of traffic behind them and visitors at any time.
//!
//! [`prepare`] writes what is missing up to now, before ingestion starts; [`play`] lets ingestion write what comes. Both
//! read the same `Traffic`, a pure function of the site's domain, its first day and the date, so that each hit is
//! written once however often the demo is stopped.

use std::{iter::Peekable, sync::Arc, time::Duration};

use jiff::{ToSpan, tz::TimeZone};

use super::{
    calendar::{Growth, day_start, local_date, tomorrow},
    day::{Amount, DayOrder},
    model::Model,
    owner,
    traffic::Traffic,
    vitals,
};
use crate::{
    db::Db,
    domain::{NewSite, Principal, Role, Site, SiteId, Timestamp},
    ingest::{EnrichedHit, Ingest, Store},
    services::{
        ServiceError, site_service, stats_service,
        user_service::{self, NewUser},
        vitals_service,
    },
};

/// The name of the demo account, which may look at everything and change nothing.
pub const EMAIL: &str = "demo@trackflow.example";

/// Its password. Public: the login page shows it.
pub const PASSWORD: &str = "trackflow-demo";

/// The sites: domain, name, time zone.
const SITES: [(&str, &str, &str); 3] = [
    ("fieldnotes.example", "Field notes", "Europe/Berlin"),
    ("aurora-coffee.example", "Aurora Coffee", "America/New_York"),
    ("keelson.example", "Keelson", "UTC"),
];

const SEED: u64 = 2_026;

/// Days before today that a first start fills: 13 months, so that every month can be compared with that of a year ago.
const DAYS: u32 = 396;

/// Days before today of whose page views something is measured: what the dashboard shows at first.
const MEASURED_DAYS: i64 = 28;

/// Page views whose measurements are added at once.
const MEASURED_AT_ONCE: usize = 5_000;

/// Rest before what failed is tried again.
const REST: Duration = Duration::from_secs(5);

/// After this the clock is asked again: a machine that slept has to catch up at once.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How far [`prepare`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoProgress {
    /// Events written so far.
    pub events: u64,
    /// Days filled so far, over all sites.
    pub days_done: u64,
    /// Days to fill, over all sites.
    pub days_total: u64,
}

/// What [`prepare`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoSummary {
    /// Events written.
    pub events: u64,
    /// Whether a site had none before.
    pub is_first_start: bool,
}

/// Creates the sites and the account if they are absent and writes the events that are missing up to now: 13 months at
/// the first start, later those since each site's last event. To be called before ingestion starts.
///
/// # Errors
/// [`ServiceError::Database`]; the next call goes on where this one stopped.
pub async fn prepare(
    db: &Db,
    now: Timestamp,
    progress: impl FnMut(DemoProgress) + Send,
) -> Result<DemoSummary, ServiceError> {
    prepare_days(db, now, DAYS, progress).await
}

/// [`prepare`] with a shorter past, for tests.
pub(crate) async fn prepare_days(
    db: &Db,
    now: Timestamp,
    days: u32,
    mut progress: impl FnMut(DemoProgress) + Send,
) -> Result<DemoSummary, ServiceError> {
    create_account(db, now).await?;
    let mut missing = Vec::new();
    for about in SITES {
        let site = find_or_create(db, about, days, now).await?;
        let last = stats_service::last_event_at(db, site.id).await?;
        missing.push((site, last));
    }
    let mut summary = DemoSummary {
        events: 0,
        is_first_start: missing.iter().any(|(_, last)| last.is_none()),
    };
    let days = |from: Timestamp, to: Timestamp| (to.0 - from.0).max(0).unsigned_abs() / 86_400_000;
    let starts: Vec<Timestamp> = missing
        .iter()
        .map(|(site, last)| last.unwrap_or(site.created_at))
        .collect();
    let days_until = |at: Timestamp| starts.iter().map(|start| days(*start, at)).sum();
    // Opened once, before anything is written: takes up the visits that were open when the demo stopped.
    let stopped = missing.iter().filter_map(|(_, last)| *last).min();
    let mut store = Store::open(db.clone(), stopped.unwrap_or(now)).await?;
    let mut coming: Vec<_> = missing
        .iter()
        .map(|(site, last)| {
            let hits = demo_traffic(site, *last);
            let last = *last;
            hits.skip_while(move |hit| Some(hit.at) <= last).peekable()
        })
        .collect();
    // Of all sites by time: what is open at one of them must not end because another one is further.
    let hits = std::iter::from_fn(|| {
        let next = coming
            .iter_mut()
            .filter_map(|hits| Some((hits.peek()?.at, hits)));
        let (_, next) = next.min_by_key(|(at, _)| *at)?;
        next.next_if(|hit| hit.at <= now)
    });
    summary.events = super::write(&mut store, hits, |events, at| {
        progress(DemoProgress {
            events,
            days_done: days_until(at),
            days_total: days_until(now),
        });
    })
    .await?;
    for (site, last) in missing {
        measure(db, &site, last, now).await?;
    }
    Ok(summary)
}

/// Adds what is measured of a site's page views after `last` up to `now`, of four weeks at most.
async fn measure(
    db: &Db,
    site: &Site,
    last: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
    let first = now.plus_ms(-MEASURED_DAYS * super::DAY_MS);
    let since = last.map_or(first, |last| last.max(first));
    let measured: Vec<_> = demo_traffic(site, Some(since))
        .skip_while(|hit| hit.at <= since)
        .take_while(|hit| hit.at <= now)
        .filter_map(|hit| vitals::of(&hit, &zone, SEED))
        .collect();
    for part in measured.chunks(MEASURED_AT_ONCE) {
        vitals_service::add(db, part).await?;
    }
    Ok(())
}

/// Lets the visitors of the demo come as time goes by, until no site is left. `clock` tells the time. Failures are logged
/// and tried again; a site that was deleted is left alone.
pub async fn play(ingest: Arc<Ingest>, db: Db, clock: impl Fn() -> Timestamp + Send) {
    let mut coming = Vec::new();
    for (domain, _, _) in SITES {
        while let Err(error) = follow(&db, domain, &mut coming).await {
            rest_after(&error, "the demo's visitors cannot be resumed").await;
        }
    }
    loop {
        let next = coming.iter_mut().filter_map(|(_, zone, hits)| {
            let at = hits.peek()?.at;
            Some((at, zone, hits))
        });
        let Some((at, zone, hits)) = next.min_by_key(|(at, ..)| *at) else {
            return;
        };
        while let Ok(wait_ms @ 1..) = u64::try_from(at.0 - clock().0) {
            tokio::time::sleep(Duration::from_millis(wait_ms).min(LONGEST_WAIT)).await;
        }
        let Some(hit) = hits.next() else { continue };
        let site = hit.site_id;
        let measured = vitals::of(&hit, zone, SEED);
        if !write(&ingest, &db, hit).await {
            coming.retain(|(followed, ..)| *followed != site);
        } else if let Some(measured) = measured {
            // One measurement less is none that a demo would miss.
            let _ = ingest.write_vitals(measured).await;
        }
    }
}

type Coming = Vec<(SiteId, TimeZone, Peekable<Traffic>)>;

/// Adds a site's hits after its last event to those that are coming; nothing if there is no such site.
async fn follow(db: &Db, domain: &str, coming: &mut Coming) -> Result<(), ServiceError> {
    let site = match site_service::get_by_domain(db, &Principal::System, domain).await {
        Err(ServiceError::NotFound(_)) => return Ok(()),
        site => site?,
    };
    let last = stats_service::last_event_at(db, site.id).await?;
    let mut hits = demo_traffic(&site, last).peekable();
    while hits.next_if(|hit| Some(hit.at) <= last).is_some() {}
    let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
    coming.push((site.id, zone, hits));
    Ok(())
}

/// Writes a hit, trying again until it is stored. Gives whether its site still exists.
async fn write(ingest: &Ingest, db: &Db, hit: EnrichedHit) -> bool {
    loop {
        match site_service::get_by_domain(db, &Principal::System, &hit.hostname).await {
            Ok(site) if site.id == hit.site_id => {}
            Ok(_) | Err(ServiceError::NotFound(_)) => return false,
            Err(error) => {
                rest_after(&error, "the demo's sites cannot be read").await;
                continue;
            }
        }
        match ingest.write(hit.clone()).await {
            Ok(_) => return true,
            // The writer has logged why.
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn rest_after(error: &ServiceError, what: &'static str) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
    tokio::time::sleep(REST).await;
}

/// The traffic of a site since its first day; with `last`, since the day before that instant, when the earliest visits
/// began that may still go on.
pub(crate) fn demo_traffic(site: &Site, last: Option<Timestamp>) -> Traffic {
    let zone = site_service::zone_of(site);
    let first = local_date(site.created_at, &zone);
    let growth = Growth {
        first,
        days: i64::from(DAYS),
    };
    let model = Model::new(site, SEED, growth);
    let from = last.map_or(first, |last| {
        local_date(last, &zone).saturating_sub(1.day()).max(first)
    });
    let mut next_day = from;
    Traffic::new(model, move |model| {
        let day = next_day;
        next_day = tomorrow(day);
        Some(DayOrder {
            day,
            starts: (day_start(day, &zone), day_start(tomorrow(day), &zone)),
            end: Timestamp(i64::MAX),
            amount: Amount::Visits((model.visits_per_mille(day) + 500) / 1_000),
        })
    })
}

async fn create_account(db: &Db, now: Timestamp) -> Result<(), ServiceError> {
    let account = NewUser {
        email: EMAIL,
        password: PASSWORD,
        role: Role::Viewer,
    };
    let users = user_service::find_all(db, &Principal::System).await?;
    if users.iter().all(|user| user.email != EMAIL) {
        user_service::create(db, &Principal::System, &account, now).await?;
    }
    Ok(())
}

/// A site of the demo. A new one dates back to the first day of its traffic, and is set up once: what somebody removes stays away.
async fn find_or_create(
    db: &Db,
    (domain, name, time_zone): (&str, &str, &str),
    days: u32,
    now: Timestamp,
) -> Result<Site, ServiceError> {
    match site_service::get_by_domain(db, &Principal::System, domain).await {
        Err(ServiceError::NotFound(_)) => {}
        site => return site,
    }
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let first = local_date(now, &zone).saturating_sub(i64::from(days).days());
    let new = NewSite {
        domain: domain.into(),
        name: name.into(),
        time_zone: time_zone.into(),
    };
    let site = site_service::create(db, &Principal::System, &new, day_start(first, &zone)).await?;
    owner::set_up(db, &site, days).await?;
    Ok(site)
}
