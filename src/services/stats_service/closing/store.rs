//! Writes a closed day, and deletes the rows that it holds.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{Block, ClosedDay, Held, Part};
use crate::{
    blocks::{self, Column, CorruptBlock},
    db::{
        Db, DbError, Patience, load_rows,
        schema::{day_block, day_part, event, roll_up, site, visit},
        with_conn,
    },
    domain::{EventId, Timestamp},
};

/// Rows deleted in one transaction: some milliseconds.
const CHUNK: usize = 2_000;

/// The parts that name the rows of events and of visits which a block holds and which may not be deleted yet.
const HELD_EVENTS: i32 = -1;
const HELD_VISITS: i32 = -2;

/// More rows than a day has that can be closed.
const MOST_HELD: usize = 100_000_000;

/// The most days of a roll-up.
const MONTH_DAYS: i32 = 31;

impl Held {
    /// As parts of a day.
    pub(super) fn encode(&self, block: &Block) -> [Part; 2] {
        [(HELD_EVENTS, &self.events), (HELD_VISITS, &self.visits)].map(|(part, ids)| Part {
            site_id: block.site_id,
            day: block.day,
            part,
            data: blocks::encode(&Column::Numbers(ids.clone())),
        })
    }
}

/// Reads what is left to be deleted of a day that was stored.
pub(super) async fn read_held(db: &Db, block: Block) -> Result<ClosedDay, DbError> {
    let query = day_part::table
        .filter(day_part::site_id.eq(block.site_id))
        .filter(day_part::day.eq(block.day))
        .filter(day_part::part.eq_any([HELD_EVENTS, HELD_VISITS]))
        .select((day_part::part, day_part::data));
    let parts: Vec<(i32, Vec<u8>)> = load_rows!(db, query)?;
    let mut held = Held::default();
    for (part, data) in parts {
        let ids =
            blocks::decode_numbers(&data, MOST_HELD).map_err(|reason| damaged(&block, reason))?;
        if part == HELD_EVENTS {
            held.events = ids;
        } else {
            held.visits = ids;
        }
    }
    Ok(ClosedDay {
        block,
        parts: Vec::new(),
        roll_ups: Vec::new(),
        before: None,
        held,
    })
}

fn damaged(block: &Block, reason: CorruptBlock) -> DbError {
    DbError::Block {
        site: block.site_id,
        day: block.day,
        reason,
    }
}

/// Writes a day's block and roll-ups in one transaction. From here on the day is read from them.
///
/// # Errors
/// [`DbError`], also if another process closed the day since it was read, or the site was deleted; then it is as before.
pub async fn store_day(db: &Db, closed: &ClosedDay) -> Result<(), DbError> {
    if closed.parts.is_empty() {
        return Ok(());
    }
    let Block { site_id, day, .. } = closed.block;
    with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            conn.be_patient().await?;
            // First, and by a statement that writes: it keeps the site from being deleted meanwhile, which would leave this here.
            let existing = diesel::update(site::table.find(site_id))
                .set(site::created_at.eq(site::created_at))
                .execute(conn)
                .await?;
            // Only if the block is as it was read: of two processes the second may have read what the first had half deleted.
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
                        .filter(day_block::is_swept.eq(true))
                        .set(&closed.block)
                        .execute(conn)
                        .await?
                }
            };
            if existing != 1 || written != 1 {
                return Err(diesel::result::Error::NotFound);
            }
            diesel::delete(day_part::table)
                .filter(day_part::site_id.eq(site_id))
                .filter(day_part::day.eq(day))
                .execute(conn)
                .await?;
            // Of the day itself, and of the month that has it.
            diesel::delete(roll_up::table)
                .filter(roll_up::site_id.eq(site_id))
                .filter(roll_up::first_day.between(day - MONTH_DAYS, day))
                .filter((roll_up::first_day + roll_up::days).gt(day))
                .execute(conn)
                .await?;
            for part in &closed.parts {
                diesel::insert_into(day_part::table)
                    .values(part)
                    .execute(conn)
                    .await?;
            }
            for row in &closed.roll_ups {
                diesel::insert_into(roll_up::table)
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
    let next = |ids: &mut Vec<i64>| ids.split_off(ids.len().saturating_sub(CHUNK));
    let events = next(&mut closed.held.events);
    let visits = if events.is_empty() {
        next(&mut closed.held.visits)
    } else {
        Vec::new()
    };
    let is_last = closed.held.events.is_empty() && closed.held.visits.is_empty();
    with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            conn.be_patient().await?;
            // The first statement writes: SQLite lets no reader become a writer beside another one.
            diesel::update(day_block::table.find((site_id, day)))
                .set(day_block::is_swept.eq(is_last))
                .execute(conn)
                .await?;
            if !events.is_empty() {
                diesel::delete(event::table)
                    .filter(event::site_id.eq(site_id))
                    .filter(event::id.eq_any(&events))
                    .execute(conn)
                    .await?;
            }
            if !visits.is_empty() {
                // Not those that went on since, though the clock was set back: only late events are left of the time before.
                let late = event::table
                    .filter(event::site_id.eq(site_id))
                    .filter(event::id.lt(EventId::first_at(Timestamp(to_at)).0))
                    .select(event::visit_id);
                let going_on: Vec<i64> = late.load(conn).await?;
                let ended: Vec<i64> = visits
                    .iter()
                    .filter(|visit| !going_on.contains(visit))
                    .copied()
                    .collect();
                diesel::delete(visit::table)
                    .filter(visit::site_id.eq(site_id))
                    .filter(visit::id.eq_any(ended))
                    .filter(visit::last_at.lt(to_at))
                    .execute(conn)
                    .await?;
            }
            if is_last {
                diesel::delete(day_part::table)
                    .filter(day_part::site_id.eq(site_id))
                    .filter(day_part::day.eq(day))
                    .filter(day_part::part.lt(0))
                    .execute(conn)
                    .await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await
    })?;
    Ok(!is_last)
}
