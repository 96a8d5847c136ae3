//! Writing to SQLite, row by row: single-row statements are prepared once and cached, multi-row ones are not.

use diesel::{
    OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, sql_types::Text,
};

use rustc_hash::FxHashSet;

use super::{Batch, VisitState};
use crate::{
    db::{
        DbError,
        schema::{dictionary, event, event_key, site, visit},
    },
    domain::{EventKey, SiteId},
};

/// Writes a batch in one immediate transaction, except the rows of sites that are gone, which it gives.
pub(super) fn write(conn: &mut SqliteConnection, batch: &Batch) -> Result<Vec<SiteId>, DbError> {
    conn.immediate_transaction(|conn| {
        let vanished = find_vanished(conn, batch)?;
        let batch = batch.without(&vanished);
        for row in &batch.dictionary {
            diesel::insert_into(dictionary::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.new_visits {
            diesel::insert_into(visit::table)
                .values(row)
                .execute(conn)?;
        }
        if !batch.visits.is_empty() {
            update_visits(conn, &batch.visits)?;
        }
        for row in &batch.events {
            diesel::insert_into(event::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.keys {
            diesel::insert_into(event_key::table)
                .values(row)
                .execute(conn)?;
        }
        Ok(vanished)
    })
    .map_err(DbError::Query)
}

/// One statement for all rows, which come as JSON: Diesel never keeps a prepared update, and preparing it anew for each visit
/// took as long as all other work on that visit.
fn update_visits(conn: &mut SqliteConnection, rows: &[VisitState]) -> QueryResult<usize> {
    let rows: Vec<[i64; 10]> = rows
        .iter()
        .map(|row| {
            [
                row.site_id,
                row.id,
                row.visitor_id,
                row.last_at,
                row.pageviews.into(),
                row.events.into(),
                row.engaged_ms,
                row.is_bounce.into(),
                row.entry_page,
                row.exit_page,
            ]
        })
        .collect();
    let rows = serde_json::to_string(&rows).expect("numbers are valid JSON");
    diesel::sql_query(
        "update visit set visitor_id = row ->> 2, last_at = row ->> 3, pageviews = row ->> 4, events = row ->> 5, \
         engaged_ms = row ->> 6, is_bounce = row ->> 7, entry_page = row ->> 8, exit_page = row ->> 9 \
         from (select value as row from json_each(?)) \
         where visit.site_id = row ->> 0 and visit.id = row ->> 1",
    )
    .bind::<Text, _>(rows)
    .execute(conn)
}

/// Which of these keys are stored.
pub(super) fn find_keys(
    conn: &mut SqliteConnection,
    keys: &[(SiteId, EventKey)],
) -> QueryResult<FxHashSet<(SiteId, EventKey)>> {
    let mut found = FxHashSet::default();
    for &(of, key) in keys {
        let query = event_key::table.find((of.0, key.0)).select(event_key::key);
        if query.first::<i64>(conn).optional()?.is_some() {
            found.insert((of, key));
        }
    }
    Ok(found)
}

/// The sites of the batch that do not exist (any more). The transaction holds the write lock: no other deletes them now.
fn find_vanished(conn: &mut SqliteConnection, batch: &Batch) -> QueryResult<Vec<SiteId>> {
    let mut vanished = Vec::new();
    // One look-up by primary key each, since that statement is prepared once; a list of ids would not be.
    for id in batch.sites() {
        let query = site::table.find(id).select(site::id);
        if query.first::<i64>(conn).optional()?.is_none() {
            vanished.push(SiteId(id));
        }
    }
    Ok(vanished)
}
