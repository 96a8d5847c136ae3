//! Web vitals: measurements go in, histograms are kept, percentiles come out (docs/metrics.md).
//!
//! Bounded: a site has at most [`PAGE_LIMIT`] pages a day by name, times the countries and classes of devices that there are. No
//! row is about a visitor, so rows are kept for as long as the site.

use diesel::prelude::*;
use jiff::{ToSpan, civil, tz::TimeZone};
use rustc_hash::FxHashMap;

use super::{
    ServiceError, site_service,
    stats_service::time_range::{self, TimeRange, zoned},
};
use crate::{
    db::{Db, DbError, load_rows, schema::vital},
    domain::{
        Dimension, Principal, Site, SiteId, Timestamp, VitalValues, VitalsQuery, VitalsReport,
        VitalsRow,
    },
};

mod add;
mod histogram;

pub use add::add;
use histogram::Histograms;

/// Pages that a site can have on one day by name; further ones are counted together as [`OTHER_PAGES`]. Ours: enough for what
/// one reads, and a bound for what invented addresses can fill.
pub(crate) const PAGE_LIMIT: usize = 1_000;

/// The name of the pages beyond the limit.
pub(crate) const OTHER_PAGES: &str = "(other)";

/// Days that are in memory at once.
const DAYS_AT_ONCE: i32 = 14;

/// The measurements of a page view, of whom nothing is known but country and class of device.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVitals {
    /// The site.
    pub site_id: SiteId,
    /// As [`day_of`] gives it.
    pub day: i32,
    /// The page's path.
    pub page: String,
    /// ISO 3166-1 alpha-2; empty for unknown.
    pub country: String,
    /// The class of the device; empty for unknown.
    pub device: String,
    /// What was measured.
    pub values: VitalValues,
}

/// The local day of an instant: days since 1970-01-01.
#[must_use]
pub fn day_of(at: Timestamp, zone: &TimeZone) -> i32 {
    day_number(zoned(at, zone).date())
}

fn day_number(date: civil::Date) -> i32 {
    let epoch = civil::date(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

/// Gets the web vitals of a site, with the first `row_limit` values of a dimension.
///
/// Cost: the rows of the period's days, each a page, country and device.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site; [`ServiceError::Invalid`] for another dimension than
/// [`VitalsQuery::DIMENSIONS`].
pub async fn get_report(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &VitalsQuery,
    row_limit: usize,
    now: Timestamp,
) -> Result<VitalsReport, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    if !VitalsQuery::DIMENSIONS.contains(&query.by) {
        let reason = "must be one of page, country, device";
        return Err(ServiceError::invalid("by", reason));
    }
    let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
    let first = find_first_day(db, site.id).await?;
    let first_at = first.map(|day| {
        let date = civil::date(1970, 1, 1).saturating_add(day.days());
        time_range::timestamp(&time_range::day_start(date, &zone))
    });
    let range = TimeRange::of(query.period, now, &zone, first_at);
    let last = range.to.saturating_sub(1.millisecond()).date();
    let (from, to) = (day_number(range.from.date()), day_number(last));
    let mut total = Histograms::default();
    let mut groups: FxHashMap<String, Histograms> = FxHashMap::default();
    let mut day = first.map_or(from, |first| from.max(first));
    while first.is_some() && day <= to {
        let end = to.min(day + DAYS_AT_ONCE - 1);
        for row in find_days(db, &site, query, day, end).await? {
            let damaged = |reason| DbError::Block {
                site: site.id.0,
                day: row.day,
                reason,
            };
            let group = groups.entry(row.value).or_default();
            group.merge_encoded(&row.data).map_err(damaged)?;
            total.merge_encoded(&row.data).map_err(damaged)?;
        }
        day = end + 1;
    }
    let mut rows: Vec<_> = groups
        .into_iter()
        .map(|(value, histograms)| VitalsRow {
            value,
            figures: histograms.figures(),
        })
        .collect();
    rows.sort_by(|a, b| {
        let by_count = b.measurements().cmp(&a.measurements());
        by_count.then_with(|| a.value.cmp(&b.value))
    });
    let total_rows = rows.len();
    rows.truncate(row_limit);
    Ok(VitalsReport {
        title: time_range::title(&range),
        has_any: first.is_some(),
        figures: total.figures(),
        rows,
        total_rows,
    })
}

async fn find_first_day(db: &Db, site: SiteId) -> Result<Option<i32>, DbError> {
    let query = vital::table
        .filter(vital::site_id.eq(site.0))
        .order(vital::day.asc())
        .select(vital::day)
        .limit(1);
    let days: Vec<i32> = load_rows!(db, query)?;
    Ok(days.first().copied())
}

#[derive(Queryable)]
struct StoredRow {
    day: i32,
    /// Of the dimension that is asked for.
    value: String,
    data: Vec<u8>,
}

/// The rows of the days `from..=to` that satisfy a question.
async fn find_days(
    db: &Db,
    site: &Site,
    query: &VitalsQuery,
    from: i32,
    to: i32,
) -> Result<Vec<StoredRow>, DbError> {
    macro_rules! by {
        ($column:expr) => {{
            let mut rows = vital::table
                .filter(vital::site_id.eq(site.id.0))
                .filter(vital::day.between(from, to))
                .select((vital::day, $column, vital::data))
                .into_boxed();
            if let Some(page) = query.page.clone() {
                rows = rows.filter(vital::page.eq(page));
            }
            if let Some(country) = query.country.clone() {
                rows = rows.filter(vital::country.eq(country));
            }
            if let Some(device) = query.device.clone() {
                rows = rows.filter(vital::device.eq(device));
            }
            rows
        }};
    }
    match query.by {
        Dimension::Country => load_rows!(db, by!(vital::country)),
        Dimension::Device => load_rows!(db, by!(vital::device)),
        _ => load_rows!(db, by!(vital::page)),
    }
}
