//! Shows the days of a range one after the other, for what cannot be counted in any order: funnels follow visits over midnight.

use super::{
    block::{self, Encoded},
    closing,
    column::{ColumnId, Needed},
    day::Day,
    job::{BLOCK_DAYS, BLOCK_EVENTS, Job, ROW_DAYS},
    rows,
    time_range::{TimeRange, day_bounds, timestamp},
};
use crate::{
    db::{Db, DbError},
    domain::{SiteId, Timestamp},
};

impl Job<'_> {
    /// Shows each day that has time in common with a range, ascending, with the columns in `needed` and those that the selection
    /// looks at. Days are whole: what lies outside the range is for `see` to leave out.
    ///
    /// Cost: the blocks of those columns and the rows of open days, once.
    pub(super) async fn each_day(
        &self,
        range: &TimeRange,
        mut needed: Needed,
        mut see: impl FnMut(&Day) + Send,
    ) -> Result<(), DbError> {
        needed.add(ColumnId::At);
        self.selection.need(&mut needed);
        self.each_block(range, &needed, &mut see).await?;
        self.each_open_day(range, &needed, &mut see).await
    }

    async fn each_block(
        &self,
        range: &TimeRange,
        needed: &Needed,
        see: &mut (impl FnMut(&Day) + Send),
    ) -> Result<(), DbError> {
        let (db, site): (&Db, SiteId) = (self.db, self.site);
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        let blocks = block::find_blocks(db, site, from, to).await?;
        let mut rest = blocks.as_slice();
        while !rest.is_empty() {
            let mut events = 0;
            let count = rest
                .iter()
                .take(BLOCK_DAYS)
                .take_while(|block| {
                    let is_taken = events < BLOCK_EVENTS;
                    events += usize::try_from(block.events).unwrap_or(0);
                    is_taken
                })
                .count();
            let (days, later) = rest.split_at(count);
            rest = later;
            let numbers: Vec<i32> = days.iter().map(|block| block.day).collect();
            let mut encoded = Encoded::default();
            encoded.read(db, site, &numbers, needed).await?;
            tokio::task::block_in_place(|| {
                days.iter().try_for_each(|block| {
                    let day = encoded
                        .decode(block, needed)
                        .map_err(|reason| self.damaged(block.day, reason))?;
                    see(&day);
                    Ok::<_, DbError>(())
                })
            })?;
        }
        Ok(())
    }

    async fn each_open_day(
        &self,
        range: &TimeRange,
        needed: &Needed,
        see: &mut (impl FnMut(&Day) + Send),
    ) -> Result<(), DbError> {
        let closed = closing::find_last(self.db, self.site).await?;
        let Some(open) = closed
            .map(|last| Timestamp(last.to_at))
            .or_else(|| self.first_event_at.map(|at| self.start_of_day(at)))
        else {
            return Ok(());
        };
        let from = open.max(self.start_of_day(timestamp(&range.from)));
        let bounds = day_bounds(from, timestamp(&range.passed), self.zone);
        let mut first = 0;
        while first + 1 < bounds.len() {
            let last = (first + ROW_DAYS).min(bounds.len() - 1);
            let bounds = &bounds[first..=last];
            let days = rows::read_days(self.db, self.site, bounds, needed).await?;
            tokio::task::block_in_place(|| days.iter().for_each(|read| see(&read.day)));
            first = last;
        }
        Ok(())
    }
}
