//! Answers questions about a site: the dashboard, one dimension in full, any question of the stats API, who is there now.
//!
//! A question becomes a [`question::Question`]: instants, a condition with its values looked up. A [`job::Job`] works through the
//! days of the range, each a [`day::Day`] in columns whatever it is stored as, and lets [`tally::Tally`]s count it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rustc_hash::FxHashSet;

use self::time_range::{TimeRange, timestamp};
use super::{ServiceError, site_service};
use crate::{
    db::{
        Db, DbError,
        schema::{day_block, event},
        with_conn,
    },
    domain::{DateRange, EventId, Principal, Site, SiteId, Timestamp},
};

mod answer;
mod axis;
mod block;
mod breakdown;
mod closing;
mod column;
mod counted_rows;
mod dashboard;
mod day;
mod each_day;
mod extras;
mod funnel;
mod goals;
mod intern;
mod job;
mod journeys;
mod measures;
mod money;
mod named;
mod open_days;
mod overview;
mod question;
mod realtime;
mod roll_up;
mod rows;
mod segments;
mod selected;
mod selection;
mod tally;
mod text_test;
pub(super) mod time_range;
mod words;

pub use answer::answer;
pub use breakdown::get_breakdown;
pub use closing::{ClosedDay, Month, prepare_day, prepare_month, store_day, store_month, sweep};
pub use dashboard::get_dashboard;
pub use extras::find_extras;
pub use funnel::get_funnel;
pub use goals::{count_goals, count_visitors_of};
pub use journeys::get_journeys;
pub use overview::list_overviews;
pub use realtime::get_realtime;
pub use time_range::bucket_key;

/// How long an event makes its visitor a current one (docs/metrics.md).
const CURRENT_MS: i64 = 5 * 60 * 1_000;

/// Counts the distinct visitors with an event in the last 5 minutes.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site, or for one who may not see all its visits.
pub async fn count_current_visitors(
    db: &Db,
    principal: &Principal,
    domain: &str,
    now: Timestamp,
) -> Result<u64, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    if principal.fixed_condition().is_some() {
        return Err(ServiceError::NotFound("site"));
    }
    Ok(current_visitors(db, site.id, now).await?)
}

/// Says whether a site has ever received an event.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site.
pub async fn has_events(
    db: &Db,
    principal: &Principal,
    domain: &str,
) -> Result<bool, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    Ok(edge_event_at(db, site.id, Edge::First).await?.is_some())
}

/// Finds where a range of a site starts and ends; the end is excluded and can lie ahead.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_ends(
    db: &Db,
    site: &Site,
    range: DateRange,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), ServiceError> {
    let first = edge_event_at(db, site.id, Edge::First).await?;
    let range = TimeRange::of_range(range, now, &site_service::zone_of(site), first);
    Ok((timestamp(&range.from), timestamp(&range.to)))
}

/// Gives when the last event of a site came.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn last_event_at(db: &Db, site: SiteId) -> Result<Option<Timestamp>, ServiceError> {
    Ok(edge_event_at(db, site, Edge::Last).await?)
}

/// Counts the distinct visitors with an event in the last 5 minutes.
pub(super) async fn current_visitors(
    db: &Db,
    site: SiteId,
    now: Timestamp,
) -> Result<u64, DbError> {
    let query = event::table
        .filter(event::site_id.eq(site.0))
        .filter(event::id.ge(EventId::first_at(now.plus_ms(-CURRENT_MS)).0))
        .filter(event::id.le(EventId::first_at(now.plus_ms(1)).0))
        .select(event::visitor_id);
    let visitors: Vec<i64> = with_conn!(db, |conn| query.load(conn).await)?;
    Ok(visitors.into_iter().collect::<FxHashSet<_>>().len() as u64)
}

#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

async fn edge_event_at(db: &Db, site: SiteId, edge: Edge) -> Result<Option<Timestamp>, DbError> {
    let events = event::table
        .filter(event::site_id.eq(site.0))
        .select(event::id)
        .limit(1);
    let days = day_block::table.filter(day_block::site_id.eq(site.0));
    let (in_rows, in_blocks): (Option<i64>, Option<i64>) = match edge {
        Edge::First => (
            with_conn!(db, |conn| events
                .order(event::id.asc())
                .first(conn)
                .await
                .optional())?,
            with_conn!(db, |conn| days
                .order(day_block::day.asc())
                .select(day_block::first_event_id)
                .first(conn)
                .await
                .optional())?,
        ),
        Edge::Last => (
            with_conn!(db, |conn| events
                .order(event::id.desc())
                .first(conn)
                .await
                .optional())?,
            with_conn!(db, |conn| days
                .order(day_block::day.desc())
                .select(day_block::last_event_id)
                .first(conn)
                .await
                .optional())?,
        ),
    };
    let both = in_rows.into_iter().chain(in_blocks);
    let id = match edge {
        Edge::First => both.min(),
        Edge::Last => both.max(),
    };
    Ok(id.map(|id| EventId(id).at()))
}
