//! Closes days: puts the rows of a site-local day that is over into a day block and its roll-ups, and deletes them.
//!
//! Three steps, so that ingestion never waits long: [`prepare_day`] only reads; [`store_day`] writes the block in one
//! transaction, from which on the day is read from it; [`sweep`] deletes the rows, a chunk at a time. Each can be interrupted
//! anywhere. Which rows a block holds is stored with it until they are gone, so that none is counted twice and none that came
//! since, when the clock was set back, is taken for one of them.

mod months;
mod store;

pub use months::{Month, prepare_month, store_month};
pub use store::{store_day, sweep};

use diesel::{
    dsl::{count_star, max, sum},
    prelude::*,
};
use diesel_async::RunQueryDsl;
use jiff::tz::TimeZone;

use super::{
    block::{self, Block, Encoded, Part},
    column::Needed,
    day::Day,
    measures::Measures,
    question::event_names,
    roll_up::{self, RollUp, RollUpId, date_of, day_number},
    rows::{self, RowDay},
    selected::{EventNames, Selected},
    selection::Selection,
    tally::Tally,
    time_range::{day_start, timestamp, zoned},
};
use crate::{
    db::{
        Db, DbError,
        schema::{day_block, event, visit},
        with_conn,
    },
    domain::{EventId, Site, SiteId, Timestamp, VisitId},
    services::site_service,
};

/// How long a day is left open after it ended: no visit of most of its visitors is open any more, and a clock that was set
/// back a little brings nothing into it.
const GRACE_MS: i64 = 2 * 3_600_000;

/// How long a day waits for visits that go on.
const PATIENCE_MS: i64 = 6 * 3_600_000;

/// A longer silence ends a visit (docs/metrics.md).
const VISIT_GAP_MS: i64 = 30 * 60_000;

/// A day ready to be stored.
pub struct ClosedDay {
    block: Block,
    parts: Vec<Part>,
    roll_ups: Vec<RollUp>,
    /// The block that it takes the place of.
    before: Option<Block>,
    /// What it holds and is to be deleted.
    held: Held,
}

/// Rows that a block holds, by their identifiers.
#[derive(Default)]
struct Held {
    events: Vec<i64>,
    /// Those that are over; a visit that went on into the next day is needed for that.
    visits: Vec<i64>,
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

/// A stretch of time that is one closed day, or becomes one.
struct Stretch {
    from: i64,
    to: i64,
    /// Its number: that of its date.
    number: i32,
    /// The block that has what came before.
    block: Option<Block>,
}

/// Reads the next day of a site that is to be closed: one whose rows were not all deleted yet, then late rows of closed days, then
/// days that are over. `None` if there is none yet.
///
/// # Errors
/// [`DbError`], also for a block that cannot be read.
pub async fn prepare_day(
    db: &Db,
    site: &Site,
    now: Timestamp,
) -> Result<Option<ClosedDay>, DbError> {
    if let Some(block) = find_unswept(db, site.id).await? {
        return store::read_held(db, block).await.map(Some);
    }
    let zone = site_service::zone_of(site);
    let mut from = i64::MIN;
    while let Some(first) = first_event_from(db, site.id, from).await? {
        let at = EventId(first).at();
        let Some(stretch) = Stretch::around(db, site.id, &zone, at).await? else {
            tracing::warn!(
                site = site.domain,
                "events before a closed day fit into no day"
            );
            return Ok(None);
        };
        from = stretch.to;
        // Later ones are not over either.
        if !stretch.is_over(db, site.id, now).await? {
            return Ok(None);
        }
        let bounds = [stretch.from, stretch.to];
        let mut days = rows::read_days(db, site.id, &bounds, &Needed::everything()).await?;
        if let Some(read) = days.pop().filter(|read| !read.ids.is_empty()) {
            return close(db, site, &zone, stretch, read).await.map(Some);
        }
    }
    Ok(None)
}

impl Stretch {
    /// The stretch that an event falls into; `None` if all numbers between the closed days around it are taken.
    async fn around(
        db: &Db,
        site: SiteId,
        zone: &TimeZone,
        at: Timestamp,
    ) -> Result<Option<Self>, DbError> {
        if let Some(block) = block::find_blocks(db, site, at.0, at.0 + 1).await?.pop() {
            return Ok(Some(Self {
                from: block.from_at,
                to: block.to_at,
                number: block.day,
                block: Some(block),
            }));
        }
        let (before, after) = find_neighbours(db, site, at).await?;
        let start_of = |date| timestamp(&day_start(date, zone)).0;
        let date = zoned(at, zone).date();
        let mut number = day_number(date);
        let mut from = start_of(date);
        if let Some(before) = &before {
            // After a change of time zone a date may be closed already: what is left of it belongs to the next.
            number = number.max(before.day + 1);
            // No gap is left that has no number of its own.
            from = if number == before.day + 1 {
                before.to_at
            } else {
                from.max(before.to_at)
            };
        }
        let tomorrow = date_of(number).tomorrow().unwrap_or(date);
        let mut to = start_of(tomorrow);
        if let Some(after) = after {
            number = number.min(after.day - 1);
            to = to.min(after.from_at);
            if before.is_some_and(|before| number <= before.day) {
                return Ok(None);
            }
        }
        Ok(Some(Self {
            from,
            to,
            number,
            block: None,
        }))
    }

    /// Whether nothing more is to be expected in it. Until then the writer may have visits of it in memory.
    async fn is_over(&self, db: &Db, site: SiteId, now: Timestamp) -> Result<bool, DbError> {
        let since = now.0 - self.to;
        Ok(since >= GRACE_MS
            && (since >= PATIENCE_MS || !has_open_visit(db, site, self.to, now).await?))
    }
}

/// Makes a closed day of the rows of a stretch, and of what its block had before.
async fn close(
    db: &Db,
    site: &Site,
    zone: &TimeZone,
    stretch: Stretch,
    read: RowDay,
) -> Result<ClosedDay, DbError> {
    let names = event_names(db, site.id).await?;
    let mut before = None;
    if let Some(block) = stretch.block {
        let needed = Needed::everything();
        let mut encoded = Encoded::default();
        encoded.read(db, site.id, &[block.day], &needed).await?;
        let day = encoded.decode(&block, &needed);
        let day = day.map_err(|reason| DbError::Block {
            site: site.id.0,
            day: block.day,
            reason,
        })?;
        before = Some((block, day));
    }
    let lost = read.ids.len() - read.day.events;
    if lost > 0 {
        tracing::warn!(
            site = site.domain,
            lost,
            "events without a visit are left out of a closed day"
        );
    }
    Ok(tokio::task::block_in_place(|| {
        let (before, day) = match before {
            Some((block, mut day)) => {
                day.append(read.day);
                (Some(block), day)
            }
            None => (None, read.day),
        };
        let (first, last) = (read.ids[0], read.ids[read.ids.len() - 1]);
        let block = Block {
            site_id: site.id.0,
            day: stretch.number,
            from_at: stretch.from,
            to_at: stretch.to,
            events: i32::try_from(day.events).unwrap_or(i32::MAX),
            visits: i32::try_from(day.visits).unwrap_or(i32::MAX),
            first_event_id: (before.as_ref())
                .map_or(first, |block| block.first_event_id.min(first)),
            last_event_id: (before.as_ref()).map_or(last, |block| block.last_event_id.max(last)),
            is_swept: false,
        };
        let held = Held {
            events: read.ids,
            visits: read.ended_visits,
        };
        let mut parts = block::encode(site.id, stretch.number, &day);
        parts.extend(held.encode(&block));
        ClosedDay {
            parts,
            roll_ups: roll_up_day(site.id, zone, stretch.number, &day, names),
            before,
            block,
            held,
        }
    }))
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
            let measures = Measures {
                scroll: id.has_scroll(),
                ..Measures::FIGURES
            };
            let mut tally = Tally::new(id.axis().into_iter().collect(), measures);
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

/// What tells whether a day was closed since: days and events in blocks, and where they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    /// The end of the last closed day.
    pub(super) to_at: Option<i64>,
    days: i64,
    events: Option<i64>,
}

/// What is closed of a site.
pub(super) async fn find_closed(db: &Db, site: SiteId) -> Result<Closed, DbError> {
    let query = day_block::table
        .filter(day_block::site_id.eq(site.0))
        .select((max(day_block::to_at), count_star(), sum(day_block::events)));
    let (to_at, days, events) = with_conn!(db, |conn| query.first(conn).await)?;
    Ok(Closed {
        to_at,
        days,
        events,
    })
}

/// A closed day whose rows were not all deleted: the program was stopped meanwhile.
async fn find_unswept(db: &Db, site: SiteId) -> Result<Option<Block>, DbError> {
    let query = day_block::table
        .filter(day_block::site_id.eq(site.0))
        .filter(day_block::is_swept.eq(false))
        .order(day_block::day)
        .select(day_block::all_columns);
    with_conn!(db, |conn| query.first(conn).await.optional())
}

/// The closed days next to an instant that none has.
async fn find_neighbours(
    db: &Db,
    site: SiteId,
    at: Timestamp,
) -> Result<(Option<Block>, Option<Block>), DbError> {
    let of_site = day_block::table.filter(day_block::site_id.eq(site.0));
    let before = of_site
        .filter(day_block::to_at.le(at.0))
        .order(day_block::day.desc())
        .select(day_block::all_columns);
    let after = of_site
        .filter(day_block::from_at.gt(at.0))
        .order(day_block::day)
        .select(day_block::all_columns);
    Ok((
        with_conn!(db, |conn| before.first(conn).await.optional())?,
        with_conn!(db, |conn| after.first(conn).await.optional())?,
    ))
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
