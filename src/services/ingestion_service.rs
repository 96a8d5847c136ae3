//! A site's ingestion: when the last event came, how many come a minute, what was refused today and why.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp as Instant;

use super::{ServiceError, refusal_service, site_service, stats_service};
use crate::{
    db::{Db, schema::event, with_conn},
    domain::{
        EventId, Ingestion, IngestionStatus, Principal, RefusalPeriod, Site, SiteId, Timestamp,
    },
};

const MINUTE_MS: i64 = 60_000;

/// Minutes of [`Ingestion::minutes`].
const MINUTES: i64 = 60;

/// What only the running program knows; the rest is in the database.
#[derive(Clone, Debug)]
pub struct Live {
    /// How the program fares.
    pub status: IngestionStatus,
    /// Events of the site in each of the last 60 minutes, as far as this process stored them.
    pub minutes: Vec<u64>,
    /// Since when this process stores the events; `None` while another one does.
    pub writing_since: Option<Timestamp>,
}

/// Gets what a site's page on ingestion shows. `live` is asked for the site's part of what is in memory.
///
/// # Errors
/// [`ServiceError::NotFound`], [`ServiceError::Database`].
pub async fn get_ingestion(
    db: &Db,
    principal: &Principal,
    domain: &str,
    period: RefusalPeriod,
    live: impl FnOnce(SiteId) -> Live,
    now: Timestamp,
) -> Result<Ingestion, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    let live = live(site.id);
    let midnight = midnight(&site, now);
    Ok(Ingestion {
        last_event_at: stats_service::last_event_at(db, site.id).await?,
        minutes: minutes(db, site.id, &live, now).await?,
        accepted_today: count_events(db, site.id, midnight, now.plus_ms(1)).await?,
        refused_today: refusal_service::count(db, site.id, refusal_service::hour_of(midnight))
            .await?,
        refusals: refusal_service::get_report(db, &site, period, now).await?,
        status: live.status,
    })
}

/// Counts the events of a site that were received in a half-open span of time.
async fn count_events(
    db: &Db,
    site: SiteId,
    from: Timestamp,
    to: Timestamp,
) -> Result<u64, ServiceError> {
    let query = event::table
        .filter(event::site_id.eq(site.0))
        .filter(event::id.ge(EventId::first_at(from).0))
        .filter(event::id.lt(EventId::first_at(to).0))
        .count();
    let count: i64 = with_conn!(db, |conn| query.get_result(conn).await)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The last 60 minutes: from memory, and what was before this process from the stored events. Memory alone would forget at
/// every restart; the events alone would have to be counted anew at every look.
async fn minutes(
    db: &Db,
    site: SiteId,
    live: &Live,
    now: Timestamp,
) -> Result<Vec<u64>, ServiceError> {
    let mut minutes = live.minutes.clone();
    minutes.resize(usize::try_from(MINUTES).expect("it is small"), 0);
    let first = now.0.div_euclid(MINUTE_MS) - (MINUTES - 1);
    let end = live.writing_since.unwrap_or(now.plus_ms(1));
    for (minute, sum) in (first..).zip(&mut minutes) {
        let from = Timestamp(minute * MINUTE_MS);
        let to = Timestamp((minute + 1) * MINUTE_MS).min(end);
        if from >= to {
            break;
        }
        *sum += count_events(db, site, from, to).await?;
    }
    Ok(minutes)
}

/// The beginning of the site's day.
fn midnight(site: &Site, now: Timestamp) -> Timestamp {
    let zone = site_service::zone_of(site);
    let now = Instant::from_millisecond(now.0).unwrap_or(Instant::MAX);
    let today = zone.to_datetime(now).date();
    // Where clocks skip midnight, the first instant after it.
    let start = today.to_zoned_datetime(zone);
    Timestamp(
        start
            .map_or(now, |start| start.timestamp())
            .as_millisecond(),
    )
}
