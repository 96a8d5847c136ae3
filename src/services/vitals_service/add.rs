//! Adding measurements: what a row holds is read, added to and written back, so one transaction at a time does it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, upsert::excluded};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Histograms, NewVitals, OTHER_PAGES, PAGE_LIMIT};
use crate::{
    db::{
        Db, DbError, PostgresConn, SqliteConn,
        schema::{site, vital},
        with_conn,
    },
    domain::SiteId,
    services::ServiceError,
};

/// Number of the advisory lock of PostgreSQL: "vitals" on a telephone's keys.
const LOCK: i64 = 848_257;

/// What a row is about: site, day, page, country, device.
type Key = (i64, i32, String, String, String);

#[derive(Insertable)]
#[diesel(table_name = vital)]
struct VitalRow {
    site_id: i64,
    day: i32,
    page: String,
    country: String,
    device: String,
    data: Vec<u8>,
}

/// Adds measurements in one transaction, synced when this returns. Gives the sites that there are not (any more), whose
/// measurements are left out.
///
/// # Errors
/// [`ServiceError::Database`]; nothing is written and the measurements may be added again.
pub async fn add(db: &Db, new: &[NewVitals]) -> Result<Vec<SiteId>, ServiceError> {
    let sites: BTreeSet<i64> = new.iter().map(|new| new.site_id.0).collect();
    let existing = with_conn!(db, |conn| conn
        .transaction(async |conn| {
            let existing = conn.begin_adding(&sites).await?;
            let mut names: BTreeMap<(i64, i32), BTreeSet<String>> = BTreeMap::new();
            for new in new.iter().filter(|new| existing.contains(&new.site_id.0)) {
                names.entry((new.site_id.0, new.day)).or_default();
            }
            for (&(site, day), names) in &mut names {
                let pages = vital::table
                    .filter(vital::site_id.eq(site))
                    .filter(vital::day.eq(day))
                    .select(vital::page)
                    .distinct();
                let pages: Vec<String> = pages.load(conn).await?;
                names.extend(pages);
            }
            for (key, mut histograms) in bounded(new, names) {
                let row = vital::table.find(key.clone()).select(vital::data);
                let stored: Option<Vec<u8>> = row.first(conn).await.optional()?;
                if let Some(stored) = stored {
                    let (site, day) = (key.0, key.1);
                    let damaged = |reason| DbError::Block { site, day, reason };
                    histograms.merge_encoded(&stored).map_err(damaged)?;
                }
                let (site_id, day, page, country, device) = key;
                let row = VitalRow {
                    site_id,
                    day,
                    page,
                    country,
                    device,
                    data: histograms.encode(),
                };
                diesel::insert_into(vital::table)
                    .values(row)
                    .on_conflict((
                        vital::site_id,
                        vital::day,
                        vital::page,
                        vital::country,
                        vital::device,
                    ))
                    .do_update()
                    .set(vital::data.eq(excluded(vital::data)))
                    .execute(conn)
                    .await?;
            }
            Ok::<_, DbError>(existing)
        })
        .await)?;
    let missing = sites.difference(&existing);
    Ok(missing.map(|site| SiteId(*site)).collect())
}

/// The measurements by row, for the sites and days of `names`, which hold the pages that have a name already. What comes beyond
/// the limit is of [`OTHER_PAGES`].
fn bounded(
    new: &[NewVitals],
    mut names: BTreeMap<(i64, i32), BTreeSet<String>>,
) -> BTreeMap<Key, Histograms> {
    let mut rows: BTreeMap<Key, Histograms> = BTreeMap::new();
    for new in new {
        let Some(names) = names.get_mut(&(new.site_id.0, new.day)) else {
            continue;
        };
        let is_named = names.contains(&new.page) || names.len() < PAGE_LIMIT;
        let page = if is_named { &new.page } else { OTHER_PAGES };
        if is_named && !names.contains(page) {
            names.insert(page.to_owned());
        }
        let key = (
            new.site_id.0,
            new.day,
            page.to_owned(),
            new.country.clone(),
            new.device.clone(),
        );
        rows.entry(key).or_default().record(&new.values);
    }
    rows
}

/// A connection inside a transaction that is to add.
trait Adding {
    /// Waits until no other transaction adds, and gives which of these sites there are.
    fn begin_adding(
        &mut self,
        sites: &BTreeSet<i64>,
    ) -> impl Future<Output = QueryResult<BTreeSet<i64>>> + Send;
}

impl Adding for SqliteConn {
    async fn begin_adding(&mut self, sites: &BTreeSet<i64>) -> QueryResult<BTreeSet<i64>> {
        // Takes the write lock before anything is read; a transaction that has read cannot wait for it any more.
        self.batch_execute("delete from vital where site_id = 0")
            .await?;
        let existing: Vec<i64> = site::table
            .filter(site::id.eq_any(sites.clone()))
            .select(site::id)
            .load(self)
            .await?;
        Ok(existing.into_iter().collect())
    }
}

impl Adding for PostgresConn {
    async fn begin_adding(&mut self, sites: &BTreeSet<i64>) -> QueryResult<BTreeSet<i64>> {
        diesel::sql_query("select pg_advisory_xact_lock($1)")
            .bind::<diesel::sql_types::BigInt, _>(LOCK)
            .execute(self)
            .await?;
        // Makes a deletion of these sites wait, so that it sees our rows; one that is under way is not waited for.
        let existing: Vec<i64> = site::table
            .filter(site::id.eq_any(sites.clone()))
            .select(site::id)
            .for_key_share()
            .skip_locked()
            .load(self)
            .await?;
        Ok(existing.into_iter().collect())
    }
}
