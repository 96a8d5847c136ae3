//! Shows the days of a range one after the other, for what cannot be counted in any order: funnels follow visits over midnight.

use super::{
    block::{self, Block, Encoded},
    closing::Closed,
    column::{ColumnId, Needed},
    day::Day,
    job::{Job, Watch, runs_of_days},
    rows,
    time_range::{TimeRange, timestamp},
};
use crate::{
    db::{Db, DbError},
    domain::SiteId,
};

impl Job {
    /// Shows each day that has time in common with a range, ascending, with the columns in `needed` and those that the selection
    /// looks at. Days are whole: what lies outside the range is for `see` to leave out. What `see` makes of them begins with
    /// `fresh`, and again if days were closed meanwhile.
    ///
    /// Cost: the blocks of those columns and the rows of open days, once.
    pub(super) async fn each_day<C: Send>(
        &self,
        range: &TimeRange,
        mut needed: Needed,
        fresh: impl Fn() -> C + Send,
        see: impl Fn(&mut C, &Day) + Send + Sync,
    ) -> Result<C, DbError> {
        needed.add(ColumnId::At);
        self.selection.need(&mut needed);
        let mut watch = Watch::start(self).await?;
        loop {
            let mut seen = fresh();
            let mut see = |day: &Day| see(&mut seen, day);
            let mut shown = self.each_block(range, &needed, &mut see).await;
            if shown.is_ok() {
                shown = self
                    .each_open_day(range, watch.closed(), &needed, &mut see)
                    .await;
            }
            if watch.is_over(self).await? {
                return shown.map(|()| seen);
            }
        }
    }

    async fn each_block(
        &self,
        range: &TimeRange,
        needed: &Needed,
        see: &mut (impl FnMut(&Day) + Send),
    ) -> Result<(), DbError> {
        let (db, site): (&Db, SiteId) = (&self.db, self.site);
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        let blocks = block::find_blocks(db, site, from, to).await?;
        let events = |block: &Block| usize::try_from(block.events).unwrap_or(0);
        for batch in block::batches(&blocks, events, usize::MAX) {
            let days = &blocks[batch];
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
        closed: &Closed,
        needed: &Needed,
        see: &mut (impl FnMut(&Day) + Send),
    ) -> Result<(), DbError> {
        for bounds in runs_of_days(&self.open_days(range, closed)) {
            let days = rows::read_days(&self.db, self.site, bounds, needed).await?;
            tokio::task::block_in_place(|| days.iter().for_each(|read| see(&read.day)));
        }
        Ok(())
    }
}
