//! What each table keeps of a site, for the privacy page.

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable},
};
use diesel_async::RunQueryDsl;

use super::ServiceError;
use crate::{
    db::{Db, with_conn},
    domain::{KeptTable, Principal, Site, Timestamp},
};

/// The tables with rows of a site, and how SQL tells the milliseconds of their first row; 20 bits of an id are its counter.
const TABLES: [(&str, &str); 15] = [
    ("event", "min(id) >> 20"),
    ("visit", "min(id) >> 20"),
    ("dictionary", "max(cast(null as bigint))"),
    ("event_key", "min(at)"),
    ("refusal", "min(cast(hour as bigint)) * 3600000"),
    ("site_rule", "min(created_at)"),
    ("goal", "min(created_at)"),
    ("funnel", "min(created_at)"),
    ("segment", "min(created_at)"),
    ("annotation", "min(created_at)"),
    ("share_link", "min(created_at)"),
    ("day_block", "min(from_at)"),
    ("day_part", "min(cast(day as bigint)) * 86400000"),
    ("roll_up", "min(cast(first_day as bigint)) * 86400000"),
    ("vital", "min(cast(day as bigint)) * 86400000"),
];

#[derive(QueryableByName)]
struct Extent {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    first: Option<i64>,
}

/// Finds how many rows each table has of a site, and since when. Counts at most [`KeptTable::COUNT_LIMIT`] a table.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_kept(
    db: &Db,
    _principal: &Principal,
    site: &Site,
) -> Result<Vec<KeptTable>, ServiceError> {
    let mut kept = Vec::new();
    for (name, first) in TABLES {
        // By hand, since Diesel has no count of a limited query; nothing in it comes from outside.
        let (site, limit) = (site.id.0, KeptTable::COUNT_LIMIT);
        let statement = format!(
            "select (select count(*) from (select 1 from {name} where site_id = {site} limit {limit}) as limited) as rows, \
             (select {first} from {name} where site_id = {site}) as first"
        );
        let extent: Extent = with_conn!(db, |conn| diesel::sql_query(statement)
            .get_result(conn)
            .await)?;
        kept.push(KeptTable {
            name: name.into(),
            rows: extent.rows.unsigned_abs(),
            first_at: extent.first.map(Timestamp),
        });
    }
    Ok(kept)
}
