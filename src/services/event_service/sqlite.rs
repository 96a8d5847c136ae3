//! Writing to SQLite, row by row: single-row statements are prepared once and cached, multi-row ones are not.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
};

use rustc_hash::FxHashSet;

use super::Batch;
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
        for row in &batch.visits {
            diesel::update(visit::table.find((row.site_id, row.id)))
                .set((
                    visit::visitor_id.eq(row.visitor_id),
                    visit::last_at.eq(row.last_at),
                    visit::pageviews.eq(row.pageviews),
                    visit::events.eq(row.events),
                    visit::engaged_ms.eq(row.engaged_ms),
                    visit::is_bounce.eq(row.is_bounce),
                    visit::entry_page.eq(row.entry_page),
                    visit::exit_page.eq(row.exit_page),
                ))
                .execute(conn)?;
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
