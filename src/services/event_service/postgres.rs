//! Writing to PostgreSQL, many rows a statement.

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult,
    dsl::exists,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::{DatabaseErrorKind, Error},
    sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text},
};
use diesel_async::{AsyncConnection, RunQueryDsl};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Batch, DictionaryRow, EventKeyRow, EventRow, VisitRow, VisitState};
use crate::{
    db::{
        PostgresConn,
        schema::{event, event_key, site},
    },
    domain::{EventKey, SiteId},
};

/// Settings of the connection that writes. Prepared statements keep the plan that was made while the tables were empty; reading
/// a whole table looked cheapest then. Every statement here finds its rows by primary key.
pub(super) const PLANNING: &str =
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";

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
    let batch = &*batch;
    // All at once: the server works through them while we wait for one answer, not for five.
    let conn: &PostgresConn = conn;
    let (.., updated) = futures::try_join!(
        run(conn, &batch.dictionary, InsertWords::new),
        run(conn, &batch.new_visits, InsertVisits::new),
        run(conn, &batch.events, InsertEvents::new),
        run(conn, &batch.keys, InsertKeys::new),
        run(conn, &batch.visits, UpdateVisits::new),
    )?;
    if updated < batch.visits.len() {
        return Err(diesel::result::Error::NotFound);
    }
    Ok(vanished)
}

/// Runs a statement about rows, unless there are none. Gives how many it changed.
async fn run<'a, R, S>(
    mut conn: &'a PostgresConn,
    rows: &[R],
    statement: impl FnOnce(&[R]) -> S,
) -> QueryResult<usize>
where
    S: QueryFragment<Pg> + QueryId + RunQueryDsl<&'a PostgresConn> + Send + 'static,
{
    if rows.is_empty() {
        return Ok(0);
    }
    statement(rows).execute(&mut conn).await
}

/// Makes a statement about many rows, which go over the wire as an array a column: its text never changes, so that it is prepared
/// once, and is short whatever the number of rows.
///
/// Between `before` and `after` stands `unnest($1::bigint[], …)`; `{columns}` in them is the list of columns.
macro_rules! statement {
    (
        $(#[$doc:meta])* $name:ident($row:ty): $before:literal, $after:literal,
        [$($column:ident: $type:ty, $sql_type:ty, $sql:literal;)+]
    ) => {
        $(#[$doc])*
        #[derive(QueryId)]
        struct $name {
            $($column: Vec<$type>),+
        }

        impl $name {
            fn new(rows: &[$row]) -> Self {
                Self { $($column: rows.iter().map(|row| row.$column.clone()).collect()),+ }
            }
        }

        impl QueryFragment<Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                let columns = [$(stringify!($column)),+];
                push_with_columns(&mut out, $before, &columns);
                let mut separator = "unnest(";
                $(
                    out.push_sql(std::mem::replace(&mut separator, ", "));
                    out.push_bind_param::<Array<$sql_type>, _>(&self.$column)?;
                    out.push_sql(concat!("::", $sql, "[]"));
                )+
                out.push_sql(")");
                push_with_columns(&mut out, $after, &columns);
                Ok(())
            }
        }
    };
}

fn push_with_columns(out: &mut AstPass<'_, '_, Pg>, text: &str, columns: &[&str]) {
    let mut parts = text.split("{columns}");
    out.push_sql(parts.next().unwrap_or_default());
    for part in parts {
        out.push_sql(&columns.join(", "));
        out.push_sql(part);
    }
}

statement! {
    /// Adds strings to dictionaries.
    InsertWords(DictionaryRow): "insert into dictionary ({columns}) select * from ", "",
    [
        site_id: i64, BigInt, "bigint";
        id: i64, BigInt, "bigint";
        value: String, Text, "text";
    ]
}

statement! {
    /// Adds visits.
    InsertVisits(VisitRow): "insert into visit ({columns}) select * from ", "",
    [
        site_id: i64, BigInt, "bigint";
        id: i64, BigInt, "bigint";
        visitor_id: i64, BigInt, "bigint";
        last_at: i64, BigInt, "bigint";
        pageviews: i32, Integer, "integer";
        events: i32, Integer, "integer";
        engaged_ms: i64, BigInt, "bigint";
        is_bounce: bool, Bool, "boolean";
        entry_page: i64, BigInt, "bigint";
        exit_page: i64, BigInt, "bigint";
        source: i64, BigInt, "bigint";
        channel: i64, BigInt, "bigint";
        referrer: i64, BigInt, "bigint";
        utm_source: i64, BigInt, "bigint";
        utm_medium: i64, BigInt, "bigint";
        utm_campaign: i64, BigInt, "bigint";
        utm_content: i64, BigInt, "bigint";
        utm_term: i64, BigInt, "bigint";
        country: i64, BigInt, "bigint";
        browser: i64, BigInt, "bigint";
        browser_version: i64, BigInt, "bigint";
        system: i64, BigInt, "bigint";
        system_version: i64, BigInt, "bigint";
        device: i64, BigInt, "bigint";
        screen: i64, BigInt, "bigint";
        language: i64, BigInt, "bigint";
        region: i64, BigInt, "bigint";
        city: i64, BigInt, "bigint";
    ]
}

statement! {
    /// Brings visits up to date.
    UpdateVisits(VisitState):
    "update visit set visitor_id = new.visitor_id, last_at = new.last_at, pageviews = new.pageviews, events = new.events, \
     engaged_ms = new.engaged_ms, is_bounce = new.is_bounce, entry_page = new.entry_page, exit_page = new.exit_page from ",
    " as new ({columns}) where visit.site_id = new.site_id and visit.id = new.id",
    [
        site_id: i64, BigInt, "bigint";
        id: i64, BigInt, "bigint";
        visitor_id: i64, BigInt, "bigint";
        last_at: i64, BigInt, "bigint";
        pageviews: i32, Integer, "integer";
        events: i32, Integer, "integer";
        engaged_ms: i64, BigInt, "bigint";
        is_bounce: bool, Bool, "boolean";
        entry_page: i64, BigInt, "bigint";
        exit_page: i64, BigInt, "bigint";
    ]
}

statement! {
    /// Adds events.
    InsertEvents(EventRow): "insert into event ({columns}) select * from ", "",
    [
        site_id: i64, BigInt, "bigint";
        id: i64, BigInt, "bigint";
        visit_id: i64, BigInt, "bigint";
        visitor_id: i64, BigInt, "bigint";
        name: i64, BigInt, "bigint";
        hostname: i64, BigInt, "bigint";
        page: i64, BigInt, "bigint";
        engaged_ms: i32, Integer, "integer";
        scroll_depth: Option<i32>, Nullable<Integer>, "integer";
        is_interactive: bool, Bool, "boolean";
        props: Option<String>, Nullable<Text>, "text";
        revenue_amount: Option<f64>, Nullable<Double>, "double precision";
        revenue_currency: Option<String>, Nullable<Text>, "text";
        title: i64, BigInt, "bigint";
    ]
}

statement! {
    /// Adds keys of events.
    InsertKeys(EventKeyRow): "insert into event_key ({columns}) select * from ", "",
    [
        site_id: i64, BigInt, "bigint";
        key: i64, BigInt, "bigint";
        at: i64, BigInt, "bigint";
    ]
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
