//! Counts closed days from their blocks, on all processors: each task reads, decodes and counts some days, then some others.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::task::JoinSet;

use super::{BlockDay, Job, fits_buckets, is_cut};
use crate::{
    blocks::CorruptBlock,
    db::DbError,
    domain::Plan,
    services::stats_service::{
        block::{self, Block, Encoded},
        column::{ColumnId, Needed},
        roll_up::RollUpId,
        selected::{self, Selected, each_place},
        tally::Tally,
        time_range::{TimeRange, timestamp},
    },
};

/// Tasks of a question: more of them would let one question take the whole of a large machine.
const TASKS: usize = 4;

/// Fewer events are counted sooner by one.
const EVENTS_OF_A_TASK: usize = 30_000;

/// Batches for each task, so that none waits long for the last.
const BATCHES: usize = 3;

/// One of so many events are few: their columns are decoded for them alone.
const FEW: usize = 2;

/// Days that are to be counted, and by what.
struct Work {
    job: Job,
    range: TimeRange,
    days: Vec<BlockDay>,
    /// The roll-ups that stand for each count.
    ids: Vec<Option<RollUpId>>,
    /// Whether a count has further conditions.
    is_narrowed: bool,
    /// Days that are read at a time, and which are next.
    batches: Vec<Range<usize>>,
    next: AtomicUsize,
}

impl Job {
    /// Counts days from their blocks.
    pub(super) async fn count_blocks(
        &self,
        range: &TimeRange,
        days: Vec<BlockDay>,
        ids: &[Option<RollUpId>],
        tallies: &mut [Tally],
    ) -> Result<Plan, DbError> {
        let events = |day: &BlockDay| usize::try_from(day.block.events).unwrap_or(0);
        let all: usize = days.iter().map(events).sum();
        let tasks = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(TASKS)
            .min(all / EVENTS_OF_A_TASK)
            .max(1);
        let work = Work {
            job: self.clone(),
            range: range.clone(),
            batches: block::batches(&days, events, all / (tasks * BATCHES)),
            days,
            ids: ids.to_vec(),
            is_narrowed: tallies.iter().any(|tally| !tally.narrowing().is_empty()),
            next: AtomicUsize::new(0),
        };
        if tasks == 1 {
            return work.count(tallies).await;
        }
        let work = Arc::new(work);
        // Ends them if nobody waits for the answer any more.
        let mut workers = JoinSet::new();
        for _ in 0..tasks {
            let work = Arc::clone(&work);
            let mut tallies: Vec<_> = tallies.iter().map(Tally::fresh).collect();
            workers.spawn(async move { Ok((work.count(&mut tallies).await?, tallies)) });
        }
        let mut plan = Plan::default();
        while let Some(counted) = workers.join_next().await {
            let (part, counted) = match counted {
                Ok(counted) => counted,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(DbError::Pool("the program ends".to_owned())),
                },
            }?;
            plan += part;
            for (tally, counted) in tallies.iter_mut().zip(counted) {
                tally.merge(counted);
            }
        }
        Ok(plan)
    }
}

impl Work {
    /// Counts batch after batch until none is left.
    async fn count(&self, tallies: &mut [Tally]) -> Result<Plan, DbError> {
        let mut plan = Plan::default();
        while let Some(days) = self.batches.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            plan += self.count_batch(&self.days[days.clone()], tallies).await?;
        }
        Ok(plan)
    }

    /// Reads, decodes and counts some days, but for those in which nothing can satisfy the condition.
    async fn count_batch(&self, days: &[BlockDay], tallies: &mut [Tally]) -> Result<Plan, DbError> {
        let mut plan = Plan::default();
        let mut encoded = Encoded::default();
        let mut possible: Vec<&BlockDay> = days.iter().collect();
        if !self.job.selection.is_everything() {
            let mut needed = Needed::default();
            self.job.selection.need(&mut needed);
            self.read(&possible, &needed, &mut encoded).await?;
            plan.add_columns(needed.names());
            possible = self.possible(&possible, &encoded)?;
        }
        plan.skipped_days += days.len() - possible.len();

        let all = possible.iter().any(|day| day.is_for_all);
        let counted = tallies
            .iter()
            .zip(&self.ids)
            .filter(|(_, id)| all || id.is_none());
        let mut needed = self.job.needed(counted.map(|(tally, _)| tally));
        let needs_times =
            |day: &&BlockDay| is_cut(&day.block, &self.range) || !fits_buckets(&day.block, tallies);
        if possible.iter().any(needs_times) {
            needed.add(ColumnId::At);
        }
        self.read(&possible, &needed, &mut encoded).await?;
        plan.bytes += encoded.bytes;
        if !possible.is_empty() {
            plan.add_columns(needed.names());
        }
        plan.block_days += possible.len();
        plan.events += possible
            .iter()
            .map(|day| u64::from(day.block.events.unsigned_abs()))
            .sum::<u64>();
        tokio::task::block_in_place(|| {
            for day in possible {
                let counted = tallies.iter_mut().zip(&self.ids);
                let counted = counted.filter(|(_, id)| day.is_for_all || id.is_none());
                let mut tallies: Vec<_> = counted.map(|(tally, _)| tally).collect();
                self.count_day(&day.block, &encoded, &needed, &mut tallies)
                    .map_err(|reason| self.job.damaged(day.block.day, reason))?;
            }
            Ok(plan)
        })
    }

    /// Decodes and counts a day. With a condition, what it looks at comes first: where it accepts few events, the rest is
    /// decoded of these alone.
    fn count_day(
        &self,
        block: &Block,
        encoded: &Encoded,
        needed: &Needed,
        tallies: &mut [&mut Tally],
    ) -> Result<(), CorruptBlock> {
        let job = &self.job;
        let tallies = tallies.iter_mut().map(|tally| &mut **tally);
        if job.selection.is_everything() {
            let day = encoded.decode(block, needed)?;
            job.count(&day, &self.range, tallies);
            return Ok(());
        }
        let mut looked_at = Needed::default();
        job.selection.need(&mut looked_at);
        if is_cut(block, &self.range) {
            looked_at.add(ColumnId::At);
        }
        let mut day = encoded.decode(block, &looked_at)?;
        let (from, to) = (
            timestamp(&self.range.from).0,
            timestamp(&self.range.passed).0,
        );
        let mut mask = selected::mask(&day, &job.selection, from, to);
        let mut events = Vec::new();
        each_place(mask.as_deref().unwrap_or_default(), |event| {
            events.push(event as u32)
        });
        if events.is_empty() {
            return Ok(());
        }
        // Further conditions may ask what else a visit did.
        if !self.is_narrowed && events.len() * FEW <= day.events {
            day = encoded.decode_some(&day, events, block, needed)?;
            mask = None;
        } else {
            encoded.decode_more(&mut day, block, needed)?;
        }
        let selected = Selected::with_mask(&day, mask, job.names, from..to);
        job.count_selected(&day, &selected, &self.range, tallies);
        Ok(())
    }

    async fn read(
        &self,
        days: &[&BlockDay],
        needed: &Needed,
        encoded: &mut Encoded,
    ) -> Result<(), DbError> {
        let numbers: Vec<i32> = days.iter().map(|day| day.block.day).collect();
        encoded
            .read(&self.job.db, self.job.site, &numbers, needed)
            .await
    }

    /// The days whose dictionaries do not rule the condition out.
    fn possible<'d>(
        &self,
        days: &[&'d BlockDay],
        encoded: &Encoded,
    ) -> Result<Vec<&'d BlockDay>, DbError> {
        let mut possible = Vec::with_capacity(days.len());
        for day in days {
            let number = day.block.day;
            let mut damaged = None;
            let is_possible = self.job.selection.is_possible(&mut |column, words| {
                encoded.has(number, column, words).unwrap_or_else(|reason| {
                    damaged = Some(reason);
                    true
                })
            });
            if let Some(reason) = damaged {
                return Err(self.job.damaged(number, reason));
            }
            if is_possible {
                possible.push(*day);
            }
        }
        Ok(possible)
    }
}
