//! The ledger of refusals: how many events were not counted, by site, UTC hour and reason.
//!
//! Bounded: an hour of a site has at most one row for each reason and 50 more for details, and rows end after 13 months.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::{Timestamp as Instant, ToSpan, tz::TimeZone};

use super::{ServiceError, site_service};
use crate::{
    db::{Db, schema::refusal, with_conn},
    domain::{RefusalBucket, RefusalPeriod, RefusalReason, RefusalReport, Site, SiteId, Timestamp},
};

mod write;

/// Stands for events that named no site of ours. Sites are numbered from 1.
pub const NO_SITE: SiteId = SiteId(0);

/// Details of one site and hour; further ones are counted together as [`OTHER_DETAILS`].
pub(crate) const DETAIL_LIMIT: usize = 50;

/// The name of details beyond the limit.
pub(crate) const OTHER_DETAILS: &str = "(other)";

/// Hours that are kept: 13 months, so that every month can be compared with that of a year before.
const KEPT_HOURS: i32 = 396 * 24;

/// Bots of a report.
const BOT_LIMIT: usize = 50;

const HOUR_MS: i64 = 3_600_000;

/// A count of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Queryable, Insertable)]
#[diesel(table_name = refusal)]
pub struct RefusalRow {
    /// The site, or [`NO_SITE`].
    pub site_id: i64,
    /// Hours since 1970, UTC.
    pub hour: i32,
    /// [`RefusalReason::key`].
    pub reason: String,
    /// Name of the bot or of the wrong field; empty for none.
    pub detail: String,
    /// How many events.
    pub count: i64,
}

/// The hour of an instant.
#[must_use]
pub fn hour_of(at: Timestamp) -> i32 {
    i32::try_from(at.0.div_euclid(HOUR_MS)).unwrap_or(i32::MAX)
}

/// Adds counts to the ledger, in one transaction, and gives how many rows it has written. Counts of sites that do not exist are
/// left out. No two rows may have the same key.
///
/// # Errors
/// [`ServiceError::Database`]; nothing is written.
pub async fn add(db: &Db, rows: Vec<RefusalRow>) -> Result<usize, ServiceError> {
    Ok(write::add(db, rows).await?)
}

/// Finds the counts of a site from an hour on, ascending by key.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find(db: &Db, site: SiteId, from_hour: i32) -> Result<Vec<RefusalRow>, ServiceError> {
    let query = refusal::table
        .filter(refusal::site_id.eq(site.0))
        .filter(refusal::hour.ge(from_hour))
        .order((refusal::hour, refusal::reason, refusal::detail));
    Ok(with_conn!(db, |conn| query.load(conn).await)?)
}

/// Deletes what is older than 13 months.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn prune(db: &Db, now: Timestamp) -> Result<(), ServiceError> {
    use crate::db::schema::site;
    let before = hour_of(now) - KEPT_HOURS;
    // Site by site: each is one range of the primary key.
    let mut sites: Vec<i64> = with_conn!(db, |conn| site::table.select(site::id).load(conn).await)?;
    sites.push(NO_SITE.0);
    for site in sites {
        let old = refusal::table
            .filter(refusal::site_id.eq(site))
            .filter(refusal::hour.lt(before));
        let _: usize = with_conn!(db, |conn| diesel::delete(old).execute(conn).await)?;
    }
    Ok(())
}

/// Gets what the ledger says of a site and a period that ends now.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn get_report(
    db: &Db,
    site: &Site,
    period: RefusalPeriod,
    now: Timestamp,
) -> Result<RefusalReport, ServiceError> {
    let first = hour_of(now) + 1 - period.hours();
    let rows = find(db, site.id, first).await?;
    let without_site: Option<i64> = with_conn!(db, |conn| refusal::table
        .filter(refusal::site_id.eq(NO_SITE.0))
        .filter(refusal::hour.ge(first))
        .select(sum_of_counts())
        .get_result(conn)
        .await)?;
    let zone = site_service::zone_of(site);
    Ok(RefusalReport {
        period,
        buckets: buckets(&rows, period, first, &zone),
        reasons: by_reason(&rows),
        bots: by_bot(&rows),
        without_site: positive(without_site.unwrap_or_default()),
        made_at: now,
    })
}

/// Counts the refusals of a site from an hour on.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn count(db: &Db, site: SiteId, from_hour: i32) -> Result<u64, ServiceError> {
    let sum: Option<i64> = with_conn!(db, |conn| refusal::table
        .filter(refusal::site_id.eq(site.0))
        .filter(refusal::hour.ge(from_hour))
        .select(sum_of_counts())
        .get_result(conn)
        .await)?;
    Ok(positive(sum.unwrap_or_default()))
}

/// The sum as a whole number: PostgreSQL's `sum` of whole numbers is a decimal.
fn sum_of_counts()
-> diesel::expression::SqlLiteral<diesel::sql_types::Nullable<diesel::sql_types::BigInt>> {
    diesel::dsl::sql("cast(sum(count) as bigint)")
}

fn positive(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

fn by_reason(rows: &[RefusalRow]) -> Vec<(RefusalReason, u64)> {
    let count = |reason: RefusalReason| {
        let of_reason = rows.iter().filter(|row| row.reason == reason.key());
        of_reason.map(|row| positive(row.count)).sum::<u64>()
    };
    let mut counts: Vec<_> = RefusalReason::ALL
        .into_iter()
        .map(|reason| (reason, count(reason)))
        .filter(|(_, count)| *count > 0)
        .collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn by_bot(rows: &[RefusalRow]) -> Vec<(String, u64)> {
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    for row in rows
        .iter()
        .filter(|row| row.reason == RefusalReason::Bot.key())
    {
        *counts.entry(&row.detail).or_default() += positive(row.count);
    }
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(BOT_LIMIT);
    counts
}

/// The steps of a period, each of whole UTC hours, cut where a step of the site's own clock begins.
fn buckets(
    rows: &[RefusalRow],
    period: RefusalPeriod,
    first: i32,
    zone: &TimeZone,
) -> Vec<RefusalBucket> {
    let mut buckets = Vec::<RefusalBucket>::new();
    let mut rows = rows.iter().peekable();
    for hour in first..first + period.hours() {
        let label = label(hour, period, zone);
        if buckets.last().is_none_or(|last| last.label != label) {
            buckets.push(RefusalBucket {
                label,
                ..RefusalBucket::default()
            });
        }
        let bucket = buckets.last_mut().expect("one was just added");
        while let Some(row) = rows.next_if(|row| row.hour <= hour) {
            let is_suspect =
                RefusalReason::parse(&row.reason).is_some_and(RefusalReason::may_be_visitor);
            let sum = if is_suspect {
                &mut bucket.suspect
            } else {
                &mut bucket.intended
            };
            *sum += positive(row.count);
        }
    }
    buckets
}

/// When the step of an hour begins: "24 Nov 14:00", or "24 Nov" where a step is a day.
fn label(hour: i32, period: RefusalPeriod, zone: &TimeZone) -> String {
    let start = Instant::UNIX_EPOCH.checked_add(i64::from(hour).hours());
    let local = zone.to_datetime(start.unwrap_or(Instant::UNIX_EPOCH));
    match period {
        RefusalPeriod::Hours24 => local.strftime("%-d %b %H:%M").to_string(),
        RefusalPeriod::Days7 => {
            let step = local.hour() / 6 * 6;
            format!("{} {step:02}:00", local.strftime("%-d %b"))
        }
        RefusalPeriod::Days30 => local.strftime("%-d %b").to_string(),
    }
}
