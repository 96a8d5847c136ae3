//! Writing to SQLite, row by row: single-row statements are prepared once and cached, multi-row ones are not.

use diesel::{OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection};

use rustc_hash::FxHashSet;

use super::Batch;
use crate::{
    db::{DbError, schema},
    domain::{EventKey, SiteId},
};

/// Writes a batch in one immediate transaction, except the rows of sites that are gone, which it gives.
pub(super) fn write(conn: &mut SqliteConnection, batch: &Batch) -> Result<Vec<SiteId>, DbError> {
    conn.immediate_transaction(|conn| {
        let vanished = find_vanished(conn, batch)?;
        let batch = batch.without(&vanished);
        for row in &batch.dictionary {
            diesel::insert_into(schema::dictionary::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.visits {
            diesel::replace_into(schema::visit::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.events {
            diesel::insert_into(schema::event::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.keys {
            diesel::insert_into(schema::event_key::table)
                .values(row)
                .execute(conn)?;
        }
        Ok(vanished)
    })
    .map_err(DbError::Query)
}

/// Which of these keys are stored.
pub(super) fn find_keys(
    conn: &mut SqliteConnection,
    keys: &[(SiteId, EventKey)],
) -> QueryResult<FxHashSet<(SiteId, EventKey)>> {
    let mut found = FxHashSet::default();
    for &(site, key) in keys {
        let query = schema::event_key::table
            .find((site.0, key.0))
            .select(schema::event_key::key);
        if query.first::<i64>(conn).optional()?.is_some() {
            found.insert((site, key));
        }
    }
    Ok(found)
}

/// The sites of the batch that do not exist (any more). The transaction holds the write lock: no other deletes them now.
fn find_vanished(conn: &mut SqliteConnection, batch: &Batch) -> QueryResult<Vec<SiteId>> {
    let mut vanished = Vec::new();
    // One look-up by primary key each, since that statement is prepared once; a list of ids would not be.
    for site in batch.sites() {
        let query = schema::site::table.find(site).select(schema::site::id);
        if query.first::<i64>(conn).optional()?.is_none() {
            vanished.push(SiteId(site));
        }
    }
    Ok(vanished)
}
