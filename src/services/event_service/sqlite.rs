//! Writing to SQLite, many rows a statement, all statements prepared once: what surrounds a statement costs as much as a row.

use diesel::{
    OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Integer},
    sqlite::Sqlite,
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

/// Inserts rows, as many a statement as possible. Diesel keeps prepared what inserts an array, whose length is a part of its type:
/// so there are statements of few lengths only.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let (many, rest) = $rows.as_chunks::<32>();
        for rows in many {
            diesel::insert_into($table).values(rows).execute($conn)?;
        }
        let (some, rest) = rest.as_chunks::<6>();
        for rows in some {
            diesel::insert_into($table).values(rows).execute($conn)?;
        }
        for row in rest {
            diesel::insert_into($table).values(row).execute($conn)?;
        }
    }};
}

/// Writes a batch in one immediate transaction, except the rows of sites that are gone, which it gives.
/// Fails with `NotFound` if a visit is gone that went on.
pub(super) fn write(conn: &mut SqliteConnection, batch: &Batch) -> Result<Vec<SiteId>, DbError> {
    conn.immediate_transaction(|conn| {
        let vanished = find_vanished(conn, batch)?;
        let batch = batch.without(&vanished);
        insert_all!(conn, dictionary::table, batch.dictionary);
        insert_all!(conn, visit::table, batch.new_visits);
        for state in &batch.visits {
            if UpdateVisit(state).execute(conn)? == 0 {
                return Err(diesel::result::Error::NotFound);
            }
        }
        insert_all!(conn, event::table, batch.events);
        insert_all!(conn, event_key::table, batch.keys);
        Ok(vanished)
    })
    .map_err(DbError::Query)
}

/// Brings a visit up to date. Diesel prepares its own updates anew each time, which takes as long as all other work on the visit.
struct UpdateVisit<'a>(&'a VisitState);

impl QueryId for UpdateVisit<'_> {
    type QueryId = UpdateVisit<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Sqlite> for UpdateVisit<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self(state) = self;
        out.push_sql("update visit set visitor_id = ");
        out.push_bind_param::<BigInt, _>(&state.visitor_id)?;
        out.push_sql(", last_at = ");
        out.push_bind_param::<BigInt, _>(&state.last_at)?;
        out.push_sql(", pageviews = ");
        out.push_bind_param::<Integer, _>(&state.pageviews)?;
        out.push_sql(", events = ");
        out.push_bind_param::<Integer, _>(&state.events)?;
        out.push_sql(", engaged_ms = ");
        out.push_bind_param::<BigInt, _>(&state.engaged_ms)?;
        out.push_sql(", is_bounce = ");
        out.push_bind_param::<Bool, _>(&state.is_bounce)?;
        out.push_sql(", entry_page = ");
        out.push_bind_param::<BigInt, _>(&state.entry_page)?;
        out.push_sql(", exit_page = ");
        out.push_bind_param::<BigInt, _>(&state.exit_page)?;
        out.push_sql(" where site_id = ");
        out.push_bind_param::<BigInt, _>(&state.site_id)?;
        out.push_sql(" and id = ");
        out.push_bind_param::<BigInt, _>(&state.id)
    }
}

impl RunQueryDsl<SqliteConnection> for UpdateVisit<'_> {}

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
