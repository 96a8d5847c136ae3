//! Writing to PostgreSQL, many rows a statement.

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult,
    dsl::exists,
    result::{DatabaseErrorKind, Error},
    upsert::excluded,
};
use diesel_async::{AsyncConnection, RunQueryDsl};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Batch;
use crate::{
    db::{
        PostgresConn,
        schema::{dictionary, event, event_key, site, visit},
    },
    domain::{EventKey, SiteId},
};

/// Rows of one insert: at most 24 columns each, below the protocol's 65,535 values.
const CHUNK: usize = 2_000;

/// Writes a batch in one transaction, except the rows of sites that are gone, which it gives.
pub(super) async fn write(conn: &mut PostgresConn, batch: &Batch) -> QueryResult<Vec<SiteId>> {
    conn.transaction(async |conn| insert(conn, batch).await)
        .await
}

/// Writes a batch whose first connection was lost at a moment that nobody knows: perhaps after the commit, before its answer.
///
/// The keys of the events say which it was. If the batch was committed (or is being committed: the server then lets
/// this one wait), they are taken; and since a transaction is written whole or not at all, one of its events that is there
/// vouches for the rest. A key that is taken by another program's event, as a second process could do, is no such proof:
/// visit and visitor have to be the same too.
pub(super) async fn write_again(
    conn: &mut PostgresConn,
    batch: &Batch,
) -> QueryResult<Vec<SiteId>> {
    match write(conn, batch).await {
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
            if is_committed(conn, batch).await? =>
        {
            find_vanished(conn, batch).await
        }
        written => written,
    }
}

/// Whether the connection no longer answers: the server was restarted, ended it, or a proxy between forgot it.
pub(super) async fn is_lost(conn: &mut PostgresConn) -> bool {
    // The kind of the first error does not say: the server's farewell is an `Unknown` error like that of a full disk.
    diesel::sql_query("select 1").execute(conn).await.is_err()
}

async fn is_committed(conn: &mut PostgresConn, batch: &Batch) -> QueryResult<bool> {
    let [first, ..] = batch.events.as_slice() else {
        return Ok(false);
    };
    let query = event::table
        .find((first.site_id, first.id))
        .filter(event::visit_id.eq(first.visit_id))
        .filter(event::visitor_id.eq(first.visitor_id));
    diesel::select(exists(query)).get_result(conn).await
}

async fn insert(conn: &mut PostgresConn, batch: &Batch) -> QueryResult<Vec<SiteId>> {
    let vanished = find_vanished(conn, batch).await?;
    let batch = batch.without(&vanished);
    for rows in batch.dictionary.chunks(CHUNK) {
        diesel::insert_into(dictionary::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    for rows in batch.new_visits.chunks(CHUNK) {
        diesel::insert_into(visit::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    for rows in batch.visits.chunks(CHUNK) {
        // An upsert of rows that exist: the way to update many at once. What a visit was acquired by and seen
        // with is fixed at its start; only these columns change later.
        diesel::insert_into(visit::table)
            .values(rows)
            .on_conflict((visit::site_id, visit::id))
            .do_update()
            .set((
                visit::visitor_id.eq(excluded(visit::visitor_id)),
                visit::last_at.eq(excluded(visit::last_at)),
                visit::pageviews.eq(excluded(visit::pageviews)),
                visit::events.eq(excluded(visit::events)),
                visit::engaged_ms.eq(excluded(visit::engaged_ms)),
                visit::is_bounce.eq(excluded(visit::is_bounce)),
                visit::entry_page.eq(excluded(visit::entry_page)),
                visit::exit_page.eq(excluded(visit::exit_page)),
            ))
            .execute(conn)
            .await?;
    }
    for rows in batch.events.chunks(CHUNK) {
        diesel::insert_into(event::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    for rows in batch.keys.chunks(CHUNK) {
        diesel::insert_into(event_key::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    Ok(vanished)
}

/// Which of these keys are stored.
pub(super) async fn find_keys(
    conn: &mut PostgresConn,
    keys: &[(SiteId, EventKey)],
) -> QueryResult<FxHashSet<(SiteId, EventKey)>> {
    let mut by_site: FxHashMap<i64, Vec<i64>> = FxHashMap::default();
    for (site, key) in keys {
        by_site.entry(site.0).or_default().push(key.0);
    }
    let mut found = FxHashSet::default();
    for (site, keys) in by_site {
        let query = event_key::table
            .filter(event_key::site_id.eq(site))
            .filter(event_key::key.eq_any(&keys))
            .select(event_key::key);
        let stored: Vec<i64> = query.load(conn).await?;
        found.extend(stored.into_iter().map(|key| (SiteId(site), EventKey(key))));
    }
    Ok(found)
}

/// The sites of the batch that do not exist (any more) or are being deleted.
///
/// The lock on the others makes a deletion wait for our commit, so that it sees our rows; it stops nothing else. A row that
/// a deletion holds is skipped: waiting until a large site is gone would hold up the events of all sites.
async fn find_vanished(conn: &mut PostgresConn, batch: &Batch) -> QueryResult<Vec<SiteId>> {
    let sites = batch.sites();
    let existing: Vec<i64> = site::table
        .filter(site::id.eq_any(&sites))
        .select(site::id)
        .for_key_share()
        .skip_locked()
        .load(conn)
        .await?;
    Ok(sites
        .into_iter()
        .filter(|site| !existing.contains(site))
        .map(SiteId)
        .collect())
}
