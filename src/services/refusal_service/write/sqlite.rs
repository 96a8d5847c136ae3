//! Adding to the ledger on SQLite, row by row: such statements are prepared once and cached.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, upsert::excluded,
};

use super::{RefusalRow, bounded, details_of, of_sites, places_with_details, sites};
use crate::db::schema::{refusal, site};

/// Adds rows within the caller's transaction, which holds the write lock, and gives how many were written.
pub(super) fn add(conn: &mut SqliteConnection, rows: Vec<RefusalRow>) -> QueryResult<usize> {
    let existing: Vec<i64> = site::table
        .filter(site::id.eq_any(sites(&rows)))
        .select(site::id)
        .load(conn)?;
    let rows = of_sites(rows, &existing);
    let mut known = BTreeMap::new();
    for place in places_with_details(&rows) {
        known.insert(place, details_of(place).load(conn)?);
    }
    let rows = bounded(rows, &known);
    for row in &rows {
        diesel::insert_into(refusal::table)
            .values(row)
            .on_conflict((
                refusal::site_id,
                refusal::hour,
                refusal::reason,
                refusal::detail,
            ))
            .do_update()
            .set(refusal::count.eq(refusal::count + excluded(refusal::count)))
            .execute(conn)?;
    }
    Ok(rows.len())
}
