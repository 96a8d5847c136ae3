//! Shows the days of a range one after the other, for what cannot be counted in any order: funnels follow visits over midnight.

use super::{
    block::{self, Block, Encoded},
    closing::Closed,
    column::{ColumnId, Needed},
    day::Day,
    job::{Job, Watch},
    open_days::{NextDays, OpenDays},
    time_range::{TimeRange, timestamp},
};
use crate::{
    db::{Db, DbError},
    domain::SiteId,
};

impl Job {
    /// Shows each day that has time in common with a range, ascending, with the columns in `needed` and those that the selection
    /// looks at. Days are whole: what lies outside the range is for `see` to leave out. What `see` makes of them begins with
    /// `fresh`, and again if a closed day changed meanwhile.
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
            let shown = self
                .show_days(range, watch.closed(), &needed, &mut see)
                .await;
            if watch.is_over(self, &shown).await? {
                return shown.map(|()| seen);
            }
        }
    }

    async fn show_days(
        &self,
        range: &TimeRange,
        closed: &Closed,
        needed: &Needed,
        see: &mut (impl FnMut(&Day) + Send),
    ) -> Result<(), DbError> {
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        let blocks = block::find_blocks(&self.db, self.site, from, to).await?;
        let mut open = OpenDays::new(self, range, closed, &blocks);
        self.show_blocks(&blocks, needed, see).await?;
        while let Some(next) = open.next(needed).await? {
            match next {
                NextDays::Open(days) => tokio::task::block_in_place(|| {
                    days.iter().for_each(|read| see(&read.day));
                }),
                NextDays::Closed(blocks) => self.show_blocks(&blocks, needed, see).await?,
            }
        }
        Ok(())
    }

    async fn show_blocks(
        &self,
        blocks: &[Block],
        needed: &Needed,
        see: &mut (impl FnMut(&Day) + Send),
    ) -> Result<(), DbError> {
        let (db, site): (&Db, SiteId) = (&self.db, self.site);
        let events = |block: &Block| usize::try_from(block.events).unwrap_or(0);
        for batch in block::batches(blocks, events, usize::MAX) {
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
}
