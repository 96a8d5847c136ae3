//! Reads the days of a range that are not closed, while others may be closing them.

use super::{
    block::{self, Block},
    closing::Closed,
    column::Needed,
    job::Job,
    rows::{self, RowDay},
    time_range::{TimeRange, day_bounds, day_start, timestamp, zoned},
};
use crate::{db::DbError, domain::Timestamp};

/// Days read from rows at a time, which bounds memory.
const ROW_DAYS: usize = 8;

/// What is left of a range behind the closed days that are known.
pub(super) struct OpenDays<'a> {
    job: &'a Job,
    /// The starts of the days that are not read yet, and the end of the last.
    bounds: Vec<i64>,
    /// The end of the range.
    to: Timestamp,
}

/// The next days.
pub(super) enum NextDays {
    /// Of rows, each day whole.
    Open(Vec<RowDay>),
    /// Closed since. Their rows may be gone.
    Closed(Vec<Block>),
}

impl<'a> OpenDays<'a> {
    /// Behind what was closed before `blocks`, the closed days of the range, were read.
    pub(super) fn new(job: &'a Job, range: &TimeRange, closed: &Closed, blocks: &[Block]) -> Self {
        let to = timestamp(&range.passed);
        let start_of_day =
            |at: Timestamp| timestamp(&day_start(zoned(at, &job.zone).date(), &job.zone));
        let known = closed.to_at.max(blocks.last().map(|block| block.to_at));
        let open = known
            .map(Timestamp)
            .or_else(|| job.first_event_at.map(start_of_day));
        let bounds = open.map_or_else(Vec::new, |open| {
            let from = open.max(start_of_day(timestamp(&range.from)));
            day_bounds(from, to, &job.zone)
        });
        Self { job, bounds, to }
    }

    /// Reads the next days; `None` once there are no more. Each day is met once, and before the later ones.
    pub(super) async fn next(&mut self, needed: &Needed) -> Result<Option<NextDays>, DbError> {
        let last = ROW_DAYS.min(self.bounds.len().saturating_sub(1));
        if last == 0 {
            return Ok(None);
        }
        let Job { db, site, zone, .. } = self.job;
        let (from, end) = (self.bounds[0], self.bounds[last]);
        let days = rows::read_days(db, *site, &self.bounds[..=last], needed).await?;
        // A day is closed before the first of its rows is deleted: if none was, all rows were there.
        let blocks = block::find_blocks(db, *site, from, end).await?;
        if let Some(block) = blocks.last() {
            self.bounds = day_bounds(Timestamp(block.to_at), self.to, zone);
            return Ok(Some(NextDays::Closed(blocks)));
        }
        self.bounds.drain(..last);
        Ok(Some(NextDays::Open(days)))
    }
}
