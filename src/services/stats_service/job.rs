//! Works through the days of a range, whatever they are stored as, and lets everything that is asked of them count each once.
//!
//! The plan, from cheap to dear: a count without a condition takes closed months and days from roll-ups; other closed days are
//! read from their blocks, but for those in which nothing can satisfy the condition; what is not closed is read from rows.

use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

mod blocks;

use std::sync::Arc;

use super::{
    axis::Axis,
    block::{self, Block},
    closing::{self, Closed},
    column::{ColumnId, Needed},
    day::Day,
    open_days::{NextDays, OpenDays},
    roll_up::{self, RollUp, RollUpId, date_of, day_number},
    selected::{EventNames, Selected},
    selection::Selection,
    tally::Tally,
    time_range::{TimeRange, timestamp},
};
use crate::{
    blocks::CorruptBlock,
    db::{Db, DbError},
    domain::{Plan, SiteId, Timestamp},
};

/// How often a question is asked anew because a closed day changed while it was read.
const ATTEMPTS: u32 = 4;

/// Whether what was read of a closed day may not fit together because late events were added to it meanwhile.
pub(super) struct Watch {
    closed: Closed,
    attempts: u32,
}

impl Watch {
    pub(super) async fn start(job: &Job) -> Result<Self, DbError> {
        Ok(Self {
            closed: closing::find_closed(&job.db, job.site).await?,
            attempts: 0,
        })
    }

    /// What was closed before the attempt.
    pub(super) fn closed(&self) -> &Closed {
        &self.closed
    }

    /// Whether the attempt counts; else there is to be another one, which forgets what this one found.
    pub(super) async fn is_over<T>(
        &mut self,
        job: &Job,
        attempt: &Result<T, DbError>,
    ) -> Result<bool, DbError> {
        self.attempts += 1;
        if self.attempts == ATTEMPTS || !matches!(attempt, Err(DbError::Block { .. })) {
            return Ok(true);
        }
        let before = self.closed;
        self.closed = closing::find_closed(&job.db, job.site).await?;
        Ok(before == self.closed)
    }
}

/// What all counts of a question share.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) db: Db,
    pub(super) site: SiteId,
    pub(super) zone: TimeZone,
    pub(super) selection: Arc<Selection>,
    pub(super) names: EventNames,
    /// Nothing is looked for before it.
    pub(super) first_event_at: Option<Timestamp>,
}

/// A day to be read from its block.
struct BlockDay {
    block: Block,
    /// Whether those counts that roll-ups can answer count it, too.
    is_for_all: bool,
}

impl Job {
    /// Counts the selected facts of a range.
    pub(super) async fn run(
        &self,
        range: &TimeRange,
        tallies: &mut [Tally],
    ) -> Result<Plan, DbError> {
        let mut watch = Watch::start(self).await?;
        loop {
            let plan = self.run_once(range, watch.closed(), tallies).await;
            if watch.is_over(self, &plan).await? {
                return plan;
            }
            tallies.iter_mut().for_each(|tally| *tally = tally.fresh());
        }
    }

    async fn run_once(
        &self,
        range: &TimeRange,
        closed: &Closed,
        tallies: &mut [Tally],
    ) -> Result<Plan, DbError> {
        let mut plan = Plan::default();
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        let mut blocks = block::find_blocks(&self.db, self.site, from, to).await?;
        let open = OpenDays::new(self, range, closed, &blocks);
        let closed_since = self.count_rows(range, open, tallies, &mut plan).await?;
        blocks.extend(closed_since);

        let ids: Vec<Option<RollUpId>> =
            tallies.iter().map(|tally| self.roll_up_of(tally)).collect();
        let rolled_up = self
            .count_roll_ups(range, &blocks, &ids, tallies, &mut plan)
            .await?;
        plan.rolled_up_days = rolled_up.len();
        let is_rest = ids.iter().any(Option::is_none);
        let days = blocks.into_iter().filter_map(|block| {
            let is_for_all = !rolled_up.contains(&block.day);
            (is_for_all || is_rest).then_some(BlockDay { block, is_for_all })
        });
        let days: Vec<_> = days.collect();
        plan += self.count_blocks(range, days, &ids, tallies).await?;
        Ok(plan)
    }

    /// The roll-up that can stand for a count.
    fn roll_up_of(&self, tally: &Tally) -> Option<RollUpId> {
        if !self.selection.is_everything() || !tally.is_rolled_up() {
            return None;
        }
        match tally.axes() {
            [] if !tally.has_scroll() => Some(RollUpId::DAYS),
            [Axis::Buckets(_)] if !tally.has_scroll() => Some(RollUpId::DAYS),
            [axis] => RollUpId::of(axis).filter(|id| id.has_scroll() || !tally.has_scroll()),
            _ => None,
        }
    }

    /// Counts whole closed days from roll-ups, by those tallies that have one. Gives the days that are done.
    async fn count_roll_ups(
        &self,
        range: &TimeRange,
        blocks: &[Block],
        ids: &[Option<RollUpId>],
        tallies: &mut [Tally],
        plan: &mut Plan,
    ) -> Result<FxHashSet<i32>, DbError> {
        let mut done = FxHashSet::default();
        let mut wanted: Vec<RollUpId> = ids.iter().flatten().copied().collect();
        wanted.sort_unstable_by_key(|id| id.0);
        wanted.dedup();
        let whole: FxHashMap<i32, &Block> = blocks
            .iter()
            .filter(|block| !is_cut(block, range) && fits_buckets(block, tallies))
            .map(|block| (block.day, block))
            .collect();
        let (Some(&first), Some(&last)) = (whole.keys().min(), whole.keys().max()) else {
            return Ok(done);
        };
        if wanted.is_empty() {
            return Ok(done);
        }

        // A month stands for its days if they are all asked for.
        let first_month = day_number(date_of(first).first_of_month());
        let closed: Vec<i32> = blocks.iter().map(|block| block.day).collect();
        let covers = |row: &RollUp| {
            let days = row.first_day..row.first_day + row.days;
            days.start >= day_number(range.from.date())
                && days.end <= last + 1
                && closed
                    .iter()
                    .filter(|day| days.contains(day))
                    .all(|day| whole.contains_key(day))
        };
        let mut found =
            roll_up::find_months(&self.db, self.site, first_month, last, &wanted).await?;
        found.retain(covers);
        self.keep_complete(&mut found, wanted.len());
        let months: FxHashSet<i32> = found.iter().map(|row| row.first_day).collect();
        plan.rolled_up_months = months.len();
        for row in &found {
            done.extend(
                (row.first_day..row.first_day + row.days).filter(|day| whole.contains_key(day)),
            );
        }
        let mut rest: Vec<i32> = whole
            .keys()
            .copied()
            .filter(|day| !done.contains(day))
            .collect();
        rest.sort_unstable();
        for run in rest.chunk_by(|a, b| a + 1 == *b) {
            let mut days =
                roll_up::find_days(&self.db, self.site, run[0], run[run.len() - 1], &wanted)
                    .await?;
            self.keep_complete(&mut days, wanted.len());
            done.extend(days.iter().map(|row| row.first_day));
            found.append(&mut days);
        }
        tokio::task::block_in_place(|| {
            for row in &found {
                plan.bytes += row.data.len() as u64;
                let rows = row.decode()?;
                let of_row = ids
                    .iter()
                    .zip(tallies.iter_mut())
                    .filter(|(id, _)| **id == Some(RollUpId(row.dimension)));
                for (_, tally) in of_row {
                    tally.add_roll_up(&rows, |day| whole.get(&day).map(|block| block.from_at));
                }
            }
            Ok(done)
        })
    }

    /// Leaves only spans of which every dimension is there: one that was closed by an older program may lack some.
    fn keep_complete(&self, rows: &mut Vec<RollUp>, dimensions: usize) {
        let mut counts: FxHashMap<(i32, i32), usize> = FxHashMap::default();
        for row in rows.iter() {
            *counts.entry((row.first_day, row.days)).or_default() += 1;
        }
        rows.retain(|row| counts[&(row.first_day, row.days)] == dimensions);
    }

    /// Counts what is not closed. Gives what was closed meanwhile, and is not counted.
    async fn count_rows(
        &self,
        range: &TimeRange,
        mut open: OpenDays<'_>,
        tallies: &mut [Tally],
        plan: &mut Plan,
    ) -> Result<Vec<Block>, DbError> {
        let mut needed = self.needed(tallies.iter());
        needed.add(ColumnId::At);
        let mut closed = Vec::new();
        while let Some(next) = open.next(&needed).await? {
            let days = match next {
                NextDays::Open(days) => days,
                NextDays::Closed(blocks) => {
                    closed.extend(blocks);
                    continue;
                }
            };
            plan.row_days += days.len();
            plan.add_columns(needed.names());
            tokio::task::block_in_place(|| {
                for read in &days {
                    plan.events += read.day.events as u64;
                    self.count(&read.day, range, tallies.iter_mut());
                }
            });
        }
        Ok(closed)
    }

    fn needed<'a>(&self, tallies: impl Iterator<Item = &'a Tally>) -> Needed {
        let mut needed = Needed::default();
        self.selection.need(&mut needed);
        tallies.for_each(|tally| tally.need(&mut needed));
        needed
    }

    fn count<'a>(
        &self,
        day: &Day,
        range: &TimeRange,
        tallies: impl Iterator<Item = &'a mut Tally>,
    ) {
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        let selected = Selected::new(day, &self.selection, self.names, from, to);
        self.count_selected(day, &selected, range, tallies);
    }

    fn count_selected<'a>(
        &self,
        day: &Day,
        selected: &Selected<'_>,
        range: &TimeRange,
        tallies: impl Iterator<Item = &'a mut Tally>,
    ) {
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        for tally in tallies {
            if tally.narrowing().is_empty() {
                tally.count(day, selected, &self.zone);
            } else if let Some(selected) = selected.narrowed(tally.narrowing(), from..to) {
                tally.count(day, &selected, &self.zone);
            }
        }
    }

    pub(super) fn damaged(&self, day: i32, reason: CorruptBlock) -> DbError {
        DbError::Block {
            site: self.site.0,
            day,
            reason,
        }
    }
}

/// Whether only a part of a day lies in a range.
fn is_cut(block: &Block, range: &TimeRange) -> bool {
    block.from_at < timestamp(&range.from).0 || block.to_at > timestamp(&range.passed).0
}

/// Whether a day lies in one bucket of every count by buckets.
fn fits_buckets(block: &Block, tallies: &[Tally]) -> bool {
    let mut axes = tallies.iter().flat_map(Tally::axes);
    axes.all(|axis| match axis {
        Axis::Buckets(segments) => segments.constant(block.from_at, block.to_at).is_some(),
        _ => true,
    })
}
