//! Writing to PostgreSQL, many rows a statement.

use diesel::{ExpressionMethods, QueryResult, upsert::excluded};
use diesel_async::RunQueryDsl;

use super::Batch;
use crate::db::{
    PostgresConn,
    schema::{dictionary, event, visit},
};

/// Rows of one insert: at most 24 columns each, below the protocol's 65,535 values.
const CHUNK: usize = 2_000;

/// Writes a batch inside the caller's transaction.
pub(super) async fn write(conn: &mut PostgresConn, batch: &Batch) -> QueryResult<()> {
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
    Ok(())
}
