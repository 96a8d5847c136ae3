//! Sums the days of months that are over.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{RollUp, RollUpId, date_of, day_number, roll_up};
use crate::{
    db::{
        Db, DbError, Patience,
        schema::{day_block, roll_up as roll_up_table},
        with_conn,
    },
    domain::{Figures, SiteId},
};

/// A month ready to be stored.
pub struct Month {
    first_day: i32,
    roll_ups: Vec<RollUp>,
    /// Days and events that it sums.
    closed: (i64, Option<i64>),
}

/// Sums the next month of a site that is over and closed and has no roll-up yet; `None` if there is none.
///
/// # Errors
/// [`DbError`].
pub async fn prepare_month(db: &Db, site: SiteId) -> Result<Option<Month>, DbError> {
    let query = roll_up_table::table
        .filter(roll_up_table::site_id.eq(site.0))
        .filter(roll_up_table::dimension.eq(RollUpId::DAYS.0))
        .order(roll_up_table::first_day)
        .select((roll_up_table::first_day, roll_up_table::days));
    let days: Vec<(i32, i32)> = with_conn!(db, |conn| query.load(conn).await)?;
    let month_of = |day| day_number(date_of(day).first_of_month());
    let done: BTreeSet<i32> = (days.iter().filter(|(_, days)| *days > 1))
        .map(|(first, _)| *first)
        .collect();
    let open = days.last().map(|(last, _)| month_of(*last));
    let mut missing = days.iter().map(|(day, _)| month_of(*day));
    let Some(month) = missing.find(|month| !done.contains(month) && Some(*month) != open) else {
        return Ok(None);
    };
    let days = i32::from(date_of(month).days_in_month());
    let closed = find_closed(db, site, month, days).await?;
    let found = roll_up::find_days(db, site, month, month + days - 1, &RollUpId::all()).await?;
    let roll_ups = tokio::task::block_in_place(|| sum(site, month, days, &found))?;
    Ok(Some(Month {
        first_day: month,
        roll_ups,
        closed,
    }))
}

/// Writes a month, unless days of it were closed since it was summed.
///
/// # Errors
/// [`DbError`].
pub async fn store_month(db: &Db, site: SiteId, month: &Month) -> Result<(), DbError> {
    let days = i32::from(date_of(month.first_day).days_in_month());
    if find_closed(db, site, month.first_day, days).await? != month.closed {
        return Ok(());
    }
    with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            conn.be_patient().await?;
            for row in &month.roll_ups {
                diesel::insert_into(roll_up_table::table)
                    .values(row)
                    .execute(conn)
                    .await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await
    })
}

/// How many days of a month are closed, with how many events.
async fn find_closed(
    db: &Db,
    site: SiteId,
    first: i32,
    days: i32,
) -> Result<(i64, Option<i64>), DbError> {
    let query = day_block::table
        .filter(day_block::site_id.eq(site.0))
        .filter(day_block::day.between(first, first + days - 1))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sum(day_block::events),
        ));
    with_conn!(db, |conn| query.first(conn).await)
}

/// Sums each dimension that all days have: one that was closed by an older program lacks the newer.
fn sum(site: SiteId, month: i32, days: i32, found: &[RollUp]) -> Result<Vec<RollUp>, DbError> {
    let mut sums: BTreeMap<i32, (usize, BTreeMap<i64, Figures>)> = BTreeMap::new();
    for row in found {
        let (days, of_dimension) = sums.entry(row.dimension).or_default();
        *days += 1;
        for (key, figures) in row.decode()? {
            *of_dimension.entry(key).or_default() += figures;
        }
    }
    let all_days = sums.get(&RollUpId::DAYS.0).map_or(0, |(days, _)| *days);
    Ok(sums
        .into_iter()
        .filter(|(_, (days, _))| *days == all_days)
        .map(|(dimension, (_, figures))| RollUp {
            site_id: site.0,
            first_day: month,
            days,
            dimension,
            data: roll_up::encode(figures.into_iter().collect()),
        })
        .collect())
}
