//! Closes days: puts the rows of a site-local day that is over into a day block and its roll-ups, and deletes them.
//!
//! Three steps, so that ingestion never waits long: [`prepare_day`] only reads; [`store_day`] writes the block in one
//! transaction, from which on the day is read from it; [`sweep`] deletes the rows, a chunk at a time. Each can be interrupted
//! anywhere: what is not swept is swept later, and a row that came since (the clock was set back) is never taken for one that
//! the block holds.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use jiff::tz::TimeZone;

use super::{
    block::{self, Block, Encoded, Part},
    column::Needed,
    day::Day,
    question::{event_names, zone_of},
    roll_up::{self, RollUp, RollUpId, day_number},
    rows,
    selected::{EventNames, Selected},
    selection::Selection,
    tally::Tally,
    time_range::{day_start, timestamp, zoned},
};
use crate::{
    db::{
        Db, DbError,
        schema::{day_block, day_part, event, roll_up as roll_up_table, visit},
        with_conn,
    },
    domain::{EventId, Figures, Site, SiteId, Timestamp, VisitId},
};

/// How long a day is left open after it ended: no visit of most of its visitors is open any more, and a clock that was set
/// back a little brings nothing into it.
const GRACE_MS: i64 = 2 * 3_600_000;

/// How long a day waits for visits that go on.
const PATIENCE_MS: i64 = 6 * 3_600_000;

/// A longer silence ends a visit (docs/metrics.md).
const VISIT_GAP_MS: i64 = 30 * 60_000;

/// Rows deleted in one transaction: some milliseconds.
const CHUNK: usize = 2_000;

/// A day ready to be stored.
pub struct ClosedDay {
    block: Block,
    parts: Vec<Part>,
    roll_ups: Vec<RollUp>,
    /// The rows that it holds, ascending.
    ids: Vec<i64>,
    /// The block that it takes the place of.
    before: Option<Block>,
}

impl ClosedDay {
    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> u64 {
        u64::from(self.block.events.unsigned_abs())
    }

    /// Bytes of its block and roll-ups.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let parts = self.parts.iter().map(|part| part.data.len());
        let roll_ups = self.roll_ups.iter().map(|roll_up| roll_up.data.len());
        parts.chain(roll_ups).sum::<usize>() as u64
    }
}

/// Reads the next day of a site that is to be closed, late rows of closed days first; `None` if there is none yet.
///
/// # Errors
/// [`DbError`], also for a block that cannot be read.
pub async fn prepare_day(
    db: &Db,
    site: &Site,
    now: Timestamp,
) -> Result<Option<ClosedDay>, DbError> {
    let zone = zone_of(site);
    let last = find_last(db, site.id).await?;
    if let Some(last) = &last
        && let Some(first) = first_event_from(db, site.id, i64::MIN).await?
        && EventId(first).at().0 < last.to_at
    {
        return reopen(db, site, &zone, EventId(first).at().0).await;
    }
    let start = last.as_ref().map_or(i64::MIN, |last| last.to_at);
    let Some(first) = first_event_from(db, site.id, start).await? else {
        return Ok(None);
    };
    let first_at = EventId(first).at();
    let date = zoned(first_at, &zone).date();
    let to = timestamp(&day_start(date.tomorrow().unwrap_or(date), &zone)).0;
    // After a change of time zone the first day begins where the last one ended.
    let from = timestamp(&day_start(date, &zone)).0.max(start);
    if now.0 < to + GRACE_MS
        || (now.0 < to + PATIENCE_MS && has_open_visit(db, site.id, to, now).await?)
    {
        return Ok(None);
    }
    let number = day_number(date).max(last.map_or(i32::MIN, |last| last.day + 1));
    let needed = Needed::everything();
    let mut days = rows::read_days(db, site.id, &[from, to], &needed).await?;
    let Some(read) = days.pop().filter(|read| !read.ids.is_empty()) else {
        return Ok(None);
    };
    let names = event_names(db, site.id).await?;
    Ok(Some(tokio::task::block_in_place(|| {
        close(site.id, &zone, number, &read.day, read.ids, None, names)
    })))
}

/// Adds late rows to the closed day that they belong to.
async fn reopen(
    db: &Db,
    site: &Site,
    zone: &TimeZone,
    at: i64,
) -> Result<Option<ClosedDay>, DbError> {
    let blocks = block::find_blocks(db, site.id, at, at + 1).await?;
    let Some(block) = blocks.into_iter().next() else {
        return Ok(None);
    };
    let needed = Needed::everything();
    let bounds = [block.from_at, block.to_at];
    let mut days = rows::read_days(db, site.id, &bounds, &needed).await?;
    let Some(late) = days.pop().filter(|late| !late.ids.is_empty()) else {
        return Ok(None);
    };
    let mut encoded = Encoded::default();
    encoded.read(db, site.id, &[block.day], &needed).await?;
    let mut day = encoded
        .decode(&block, &needed)
        .map_err(|reason| DbError::Block {
            site: site.id.0,
            day: block.day,
            reason,
        })?;
    let names = event_names(db, site.id).await?;
    // Rows that the block holds already are left of a sweep that was interrupted.
    let is_held = |id: &i64| *id >= block.swept_to && *id <= block.last_event_id;
    if late.ids.iter().all(is_held) {
        return Ok(Some(ClosedDay {
            ids: late.ids,
            parts: Vec::new(),
            roll_ups: Vec::new(),
            before: None,
            block,
        }));
    }
    Ok(Some(tokio::task::block_in_place(|| {
        day.append(late.day);
        let number = block.day;
        close(site.id, zone, number, &day, late.ids, Some(&block), names)
    })))
}

fn close(
    site: SiteId,
    zone: &TimeZone,
    number: i32,
    day: &Day,
    ids: Vec<i64>,
    before: Option<&Block>,
    names: EventNames,
) -> ClosedDay {
    let (first, last) = (ids[0], ids[ids.len() - 1]);
    let block = Block {
        site_id: site.0,
        day: number,
        from_at: day.from,
        to_at: day.to,
        events: i32::try_from(day.events).unwrap_or(i32::MAX),
        visits: i32::try_from(day.visits).unwrap_or(i32::MAX),
        first_event_id: before.map_or(first, |before| before.first_event_id.min(first)),
        last_event_id: before.map_or(last, |before| before.last_event_id.max(last)),
        swept_to: before.map_or(first, |before| before.swept_to.min(first)),
    };
    ClosedDay {
        parts: block::encode(site, number, day),
        roll_ups: roll_up_day(site, zone, number, day, names),
        before: before.cloned(),
        block,
        ids,
    }
}

/// Counts a day by everything that is rolled up.
fn roll_up_day(
    site: SiteId,
    zone: &TimeZone,
    number: i32,
    day: &Day,
    names: EventNames,
) -> Vec<RollUp> {
    let selected = Selected::new(day, &Selection::everything(), names, day.from, day.to);
    RollUpId::all()
        .into_iter()
        .map(|id| {
            let mut tally = Tally::new(id.axis().into_iter().collect(), id.has_scroll());
            tally.count(day, &selected, zone);
            let rows = tally.finish().rows.into_iter();
            // The total stands for the day.
            let key = |keys: &[i64]| keys.first().copied().unwrap_or_else(|| i64::from(number));
            RollUp {
                site_id: site.0,
                first_day: number,
                days: 1,
                dimension: id.0,
                data: roll_up::encode(rows.map(|(keys, figures)| (key(&keys), figures)).collect()),
            }
        })
        .collect()
}

/// Writes a day's block and roll-ups in one transaction. From here on the day is read from them.
///
/// # Errors
/// [`DbError`], also if another process closed the day since it was read; then it is as before.
pub async fn store_day(db: &Db, closed: &ClosedDay) -> Result<(), DbError> {
    if closed.parts.is_empty() {
        return Ok(());
    }
    let Block { site_id, day, .. } = closed.block;
    with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            // First, and only if it is as it was read: of two processes that close a day the second may have read what the
            // first had half swept.
            let written = match &closed.before {
                None => {
                    diesel::insert_into(day_block::table)
                        .values(&closed.block)
                        .execute(conn)
                        .await?
                }
                Some(before) => {
                    diesel::update(day_block::table.find((site_id, day)))
                        .filter(day_block::events.eq(before.events))
                        .filter(day_block::swept_to.eq(before.swept_to))
                        .set(&closed.block)
                        .execute(conn)
                        .await?
                }
            };
            if written != 1 {
                return Err(diesel::result::Error::NotFound);
            }
            diesel::delete(day_part::table)
                .filter(day_part::site_id.eq(site_id))
                .filter(day_part::day.eq(day))
                .execute(conn)
                .await?;
            // Of the day itself, and of the month that has it.
            diesel::delete(roll_up_table::table)
                .filter(roll_up_table::site_id.eq(site_id))
                .filter(roll_up_table::first_day.le(day))
                .filter((roll_up_table::first_day + roll_up_table::days).gt(day))
                .execute(conn)
                .await?;
            for part in &closed.parts {
                diesel::insert_into(day_part::table)
                    .values(part)
                    .execute(conn)
                    .await?;
            }
            for row in &closed.roll_ups {
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

/// Deletes the next rows of a stored day; `false` once all are gone.
///
/// # Errors
/// [`DbError`]; then nothing was deleted.
pub async fn sweep(db: &Db, closed: &mut ClosedDay) -> Result<bool, DbError> {
    let Block {
        site_id,
        day,
        to_at,
        ..
    } = closed.block;
    let chunk: Vec<i64> = closed.ids.drain(..closed.ids.len().min(CHUNK)).collect();
    let ids = chunk.as_slice();
    let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else {
        return Ok(false);
    };
    let is_last = closed.ids.is_empty();
    with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            // The first statement writes: SQLite lets no reader become a writer beside another one.
            diesel::update(day_block::table.find((site_id, day)))
                .set(day_block::swept_to.eq(last + 1))
                .execute(conn)
                .await?;
            let within = event::table
                .filter(event::site_id.eq(site_id))
                .filter(event::id.between(first, last));
            let found: i64 = within.count().get_result(conn).await?;
            if usize::try_from(found) == Ok(chunk.len()) {
                diesel::delete(within).execute(conn).await?;
            } else {
                // Something came in between: one by one, so that it stays.
                for id in &chunk {
                    diesel::delete(event::table.find((site_id, *id)))
                        .execute(conn)
                        .await?;
                }
            }
            if is_last {
                // Visits that went on into the next day are needed for that.
                diesel::delete(visit::table)
                    .filter(visit::site_id.eq(site_id))
                    .filter(visit::id.lt(VisitId::first_at(Timestamp(to_at)).0))
                    .filter(visit::last_at.lt(to_at))
                    .execute(conn)
                    .await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await
    })?;
    Ok(!is_last)
}

/// Sums the days of each month that is over and closed into a roll-up of the month. Does what is missing.
///
/// # Errors
/// [`DbError`].
pub async fn roll_up_months(db: &Db, site: SiteId) -> Result<(), DbError> {
    let Some(last) = find_last(db, site).await? else {
        return Ok(());
    };
    let open = roll_up::date_of(last.day).first_of_month();
    let query = roll_up_table::table
        .filter(roll_up_table::site_id.eq(site.0))
        .filter(roll_up_table::dimension.eq(RollUpId::DAYS.0))
        .filter(roll_up_table::first_day.lt(day_number(open)))
        .order(roll_up_table::first_day)
        .select((roll_up_table::first_day, roll_up_table::days));
    let days: Vec<(i32, i32)> = with_conn!(db, |conn| query.load(conn).await)?;
    let mut months: BTreeMap<i32, bool> = BTreeMap::new();
    for (first, days) in days {
        let month = day_number(roll_up::date_of(first).first_of_month());
        *months.entry(month).or_default() |= days > 1;
    }
    let missing = months.into_iter().filter(|(_, is_done)| !is_done);
    for (month, _) in missing {
        let days = i32::from(roll_up::date_of(month).days_in_month());
        let ids = RollUpId::all();
        let found = roll_up::find_days(db, site, month, month + days - 1, &ids).await?;
        let summed = tokio::task::block_in_place(|| sum(site, month, days, &found))?;
        with_conn!(db, |conn| {
            conn.transaction(async |conn| {
                for row in &summed {
                    diesel::insert_into(roll_up_table::table)
                        .values(row)
                        .execute(conn)
                        .await?;
                }
                Ok::<_, diesel::result::Error>(())
            })
            .await
        })?;
    }
    Ok(())
}

fn sum(site: SiteId, month: i32, days: i32, found: &[RollUp]) -> Result<Vec<RollUp>, DbError> {
    let mut sums: BTreeMap<i32, BTreeMap<i64, Figures>> = BTreeMap::new();
    for row in found {
        let of_dimension = sums.entry(row.dimension).or_default();
        for (key, figures) in row.decode()? {
            *of_dimension.entry(key).or_default() += figures;
        }
    }
    // A dimension that a day lacks, since it was closed by an older program, has no sum of the month.
    let days_of = |dimension: i32| {
        let of_dimension = found.iter().filter(|row| row.dimension == dimension);
        of_dimension.count()
    };
    let closed = days_of(RollUpId::DAYS.0);
    sums.retain(|dimension, _| days_of(*dimension) == closed);
    Ok(sums
        .into_iter()
        .map(|(dimension, figures)| RollUp {
            site_id: site.0,
            first_day: month,
            days,
            dimension,
            data: roll_up::encode(figures.into_iter().collect()),
        })
        .collect())
}

/// The latest closed day.
pub(super) async fn find_last(db: &Db, site: SiteId) -> Result<Option<Block>, DbError> {
    let query = day_block::table
        .filter(day_block::site_id.eq(site.0))
        .order(day_block::day.desc())
        .select(day_block::all_columns);
    with_conn!(db, |conn| query.first(conn).await.optional())
}

/// The first row of an event at or after an instant.
async fn first_event_from(db: &Db, site: SiteId, from: i64) -> Result<Option<i64>, DbError> {
    let bound = if from == i64::MIN {
        i64::MIN
    } else {
        EventId::first_at(Timestamp(from)).0
    };
    let query = event::table
        .filter(event::site_id.eq(site.0))
        .filter(event::id.ge(bound))
        .order(event::id)
        .select(event::id);
    with_conn!(db, |conn| query.first(conn).await.optional())
}

/// Whether a visit that began before the end of a day goes on.
async fn has_open_visit(db: &Db, site: SiteId, to: i64, now: Timestamp) -> Result<bool, DbError> {
    let query = visit::table
        .filter(visit::site_id.eq(site.0))
        .filter(visit::id.lt(VisitId::first_at(Timestamp(to)).0))
        .filter(visit::last_at.gt(now.0 - VISIT_GAP_MS))
        .select(visit::id);
    let found: Option<i64> = with_conn!(db, |conn| query.first(conn).await.optional())?;
    Ok(found.is_some())
}
