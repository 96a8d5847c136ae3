//! Writing to PostgreSQL, many rows a statement.

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult,
    dsl::exists,
    result::{DatabaseErrorKind, Error},
    sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text},
};
use diesel_async::{AsyncConnection, RunQueryDsl};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Batch, EventRow, VisitRow, VisitState};
use crate::{
    db::{
        PostgresConn,
        schema::{dictionary, event, event_key, site},
    },
    domain::{EventKey, SiteId},
};

/// Rows of one insert of few columns, below the protocol's 65,535 values.
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
    if !batch.new_visits.is_empty() {
        insert_visits(conn, &batch.new_visits).await?;
    }
    if !batch.visits.is_empty() {
        update_visits(conn, &batch.visits).await?;
    }
    insert_events(conn, &batch.events).await?;
    for rows in batch.keys.chunks(CHUNK) {
        diesel::insert_into(event_key::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    Ok(vanished)
}

/// Runs a statement on many rows, which go over the wire as an array a column: one short statement whatever the number of
/// rows, where a list of rows would have to be written and parsed value by value.
///
/// `statement` gets the text of `unnest($1::bigint[], …)` in the place of `{rows}`.
macro_rules! with_columns {
    ($conn:expr, $rows:expr, $statement:expr, [$($column:ident: $sql_type:ty = $name:literal),+ $(,)?]) => {{
        let types = [$($name),+].into_iter().enumerate();
        let arrays: Vec<String> = types.map(|(at, name)| format!("${}::{name}[]", at + 1)).collect();
        let statement = $statement.replace("{rows}", &format!("unnest({})", arrays.join(", ")));
        let columns = [$(stringify!($column)),+].join(", ");
        let statement = statement.replace("{columns}", &columns);
        diesel::sql_query(statement)
            $(.bind::<Array<$sql_type>, _>($rows.iter().map(|row| row.$column.clone()).collect::<Vec<_>>()))+
            .execute($conn)
            .await
    }};
}

async fn insert_visits(conn: &mut PostgresConn, rows: &[VisitRow]) -> QueryResult<usize> {
    with_columns!(
        conn,
        rows,
        "insert into visit ({columns}) select * from {rows}",
        [
            site_id: BigInt = "bigint",
            id: BigInt = "bigint",
            visitor_id: BigInt = "bigint",
            last_at: BigInt = "bigint",
            pageviews: Integer = "integer",
            events: Integer = "integer",
            engaged_ms: BigInt = "bigint",
            is_bounce: Bool = "boolean",
            entry_page: BigInt = "bigint",
            exit_page: BigInt = "bigint",
            source: BigInt = "bigint",
            channel: BigInt = "bigint",
            referrer: BigInt = "bigint",
            utm_source: BigInt = "bigint",
            utm_medium: BigInt = "bigint",
            utm_campaign: BigInt = "bigint",
            utm_content: BigInt = "bigint",
            utm_term: BigInt = "bigint",
            country: BigInt = "bigint",
            browser: BigInt = "bigint",
            browser_version: BigInt = "bigint",
            system: BigInt = "bigint",
            system_version: BigInt = "bigint",
            device: BigInt = "bigint",
        ]
    )
}

async fn update_visits(conn: &mut PostgresConn, rows: &[VisitState]) -> QueryResult<usize> {
    with_columns!(
        conn,
        rows,
        "update visit set visitor_id = new.visitor_id, last_at = new.last_at, pageviews = new.pageviews, \
         events = new.events, engaged_ms = new.engaged_ms, is_bounce = new.is_bounce, \
         entry_page = new.entry_page, exit_page = new.exit_page \
         from {rows} as new ({columns}) where visit.site_id = new.site_id and visit.id = new.id",
        [
            site_id: BigInt = "bigint",
            id: BigInt = "bigint",
            visitor_id: BigInt = "bigint",
            last_at: BigInt = "bigint",
            pageviews: Integer = "integer",
            events: Integer = "integer",
            engaged_ms: BigInt = "bigint",
            is_bounce: Bool = "boolean",
            entry_page: BigInt = "bigint",
            exit_page: BigInt = "bigint",
        ]
    )
}

async fn insert_events(conn: &mut PostgresConn, rows: &[EventRow]) -> QueryResult<usize> {
    with_columns!(
        conn,
        rows,
        "insert into event ({columns}) select * from {rows}",
        [
            site_id: BigInt = "bigint",
            id: BigInt = "bigint",
            visit_id: BigInt = "bigint",
            visitor_id: BigInt = "bigint",
            name: BigInt = "bigint",
            hostname: BigInt = "bigint",
            page: BigInt = "bigint",
            engaged_ms: Integer = "integer",
            scroll_depth: Nullable<Integer> = "integer",
            is_interactive: Bool = "boolean",
            props: Nullable<Text> = "text",
            revenue_amount: Nullable<Double> = "double precision",
            revenue_currency: Nullable<Text> = "text",
        ]
    )
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
