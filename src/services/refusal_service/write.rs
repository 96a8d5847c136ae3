//! Adding to the ledger, on either database: an arm each, since SQLite's has to begin its transaction with the write lock.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{ExpressionMethods, QueryDsl, SqliteConnection};

use super::{DETAIL_LIMIT, NO_SITE, OTHER_DETAILS, RefusalRow};
use crate::db::{Db, DbError, schema::refusal};

/// How long the ledger waits for SQLite's lock. Short, since the writer of events waits meanwhile; the next second tries again.
const BUSY_TIMEOUT: &str = "pragma busy_timeout = 200";
/// What connections of the pool have otherwise.
const USUAL_BUSY_TIMEOUT: &str = "pragma busy_timeout = 5000";

mod postgres;
mod sqlite;

/// A site and an hour.
type Place = (i64, i32);

/// Adds rows in one transaction and gives how many were written.
pub(super) async fn add(db: &Db, mut rows: Vec<RefusalRow>) -> Result<usize, DbError> {
    // One order for all processes: two that add the same keys wait for each other once, not in a circle.
    rows.sort();
    match db {
        Db::Sqlite { pool, .. } => {
            let mut pooled = pool
                .get()
                .await
                .map_err(|error| DbError::Pool(error.to_string()))?;
            let added = pooled.spawn_blocking(move |conn: &mut SqliteConnection| {
                use diesel::connection::SimpleConnection;
                conn.batch_execute(BUSY_TIMEOUT)?;
                let added = conn.immediate_transaction(|conn| sqlite::add(conn, rows));
                conn.batch_execute(USUAL_BUSY_TIMEOUT)?;
                added
            });
            added.await.map_err(DbError::Query)
        }
        Db::Postgres { pool, .. } => {
            let mut pooled = pool
                .get()
                .await
                .map_err(|error| DbError::Pool(error.to_string()))?;
            let added = postgres::add(&mut pooled, rows).await;
            added.map_err(DbError::Query)
        }
    }
}

fn sites(rows: &[RefusalRow]) -> BTreeSet<i64> {
    rows.iter().map(|row| row.site_id).collect()
}

fn of_sites(mut rows: Vec<RefusalRow>, existing: &[i64]) -> Vec<RefusalRow> {
    rows.retain(|row| row.site_id == NO_SITE.0 || existing.contains(&row.site_id));
    rows
}

fn places_with_details(rows: &[RefusalRow]) -> BTreeSet<Place> {
    let with_details = rows.iter().filter(|row| !row.detail.is_empty());
    with_details.map(|row| (row.site_id, row.hour)).collect()
}

/// The details that a site and hour has already.
#[diesel::dsl::auto_type]
fn details_of(place: Place) -> _ {
    let site: i64 = place.0;
    let hour: i32 = place.1;
    refusal::table
        .filter(refusal::site_id.eq(site))
        .filter(refusal::hour.eq(hour))
        .filter(refusal::detail.ne(""))
        .select(refusal::detail)
}

/// Counts details beyond the limit together, as [`OTHER_DETAILS`]. The largest are kept.
fn bounded(mut rows: Vec<RefusalRow>, known: &BTreeMap<Place, Vec<String>>) -> Vec<RefusalRow> {
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    let mut details: BTreeMap<Place, BTreeSet<String>> = known
        .iter()
        .map(|(place, details)| (*place, details.iter().cloned().collect()))
        .collect();
    for row in rows.iter_mut().filter(|row| !row.detail.is_empty()) {
        let details = details.entry((row.site_id, row.hour)).or_default();
        if !details.contains(&row.detail) {
            if details.len() >= DETAIL_LIMIT {
                row.detail = OTHER_DETAILS.to_owned();
            } else {
                details.insert(row.detail.clone());
            }
        }
    }
    rows.sort();
    rows.dedup_by(|row, kept| {
        let is_same = (row.site_id, row.hour, &row.reason, &row.detail)
            == (kept.site_id, kept.hour, &kept.reason, &kept.detail);
        if is_same {
            kept.count += row.count;
        }
        is_same
    });
    rows
}
