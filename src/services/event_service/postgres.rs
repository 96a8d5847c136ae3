//! Writing to PostgreSQL, many rows a statement.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, upsert::excluded};
use diesel_async::RunQueryDsl;

use super::Batch;
use crate::{
    db::{
        PostgresConn,
        schema::{dictionary, event, site, visit},
    },
    domain::SiteId,
};

/// Rows of one insert: at most 24 columns each, below the protocol's 65,535 values.
const CHUNK: usize = 2_000;

/// Writes a batch inside the caller's transaction, except the rows of sites that are gone, which it gives.
pub(super) async fn write(conn: &mut PostgresConn, batch: &Batch) -> QueryResult<Vec<SiteId>> {
    let vanished = find_vanished(conn, batch).await?;
    let batch = batch.without(&vanished);
    for rows in batch.dictionary.chunks(CHUNK) {
        diesel::insert_into(dictionary::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    for rows in batch.visits.chunks(CHUNK) {
        // What a visit was acquired by and seen with is fixed at its start; only these columns change later.
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
    Ok(vanished)
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
