//! Adding to the ledger on PostgreSQL, many rows a statement.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, QueryDsl, QueryResult, upsert::excluded};
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{RefusalRow, bounded, details_of, of_sites, places_with_details, sites};
use crate::db::{
    PostgresConn,
    schema::{refusal, site},
};

/// Rows of one statement, below the protocol's 65,535 values.
const CHUNK: usize = 5_000;

/// Adds rows in one transaction and gives how many were written.
pub(super) async fn add(conn: &mut PostgresConn, rows: Vec<RefusalRow>) -> QueryResult<usize> {
    conn.transaction(async |conn| insert(conn, rows).await)
        .await
}

async fn insert(conn: &mut PostgresConn, rows: Vec<RefusalRow>) -> QueryResult<usize> {
    // Makes a deletion of these sites wait, so that it sees our rows; one that is under way is not waited for.
    let existing: Vec<i64> = site::table
        .filter(site::id.eq_any(sites(&rows)))
        .select(site::id)
        .for_key_share()
        .skip_locked()
        .load(conn)
        .await?;
    let rows = of_sites(rows, &existing);
    let mut known = BTreeMap::new();
    for place in places_with_details(&rows) {
        known.insert(place, details_of(place).load(conn).await?);
    }
    let rows = bounded(rows, &known);
    for rows in rows.chunks(CHUNK) {
        diesel::insert_into(refusal::table)
            .values(rows)
            .on_conflict((
                refusal::site_id,
                refusal::hour,
                refusal::reason,
                refusal::detail,
            ))
            .do_update()
            .set(refusal::count.eq(refusal::count + excluded(refusal::count)))
            .execute(conn)
            .await?;
    }
    Ok(rows.len())
}
