//! Works through the days of a range, whatever they are stored as, and lets everything that is asked of them count each once.

use jiff::tz::TimeZone;

use super::{
    column::Needed,
    day::Day,
    rows,
    selected::{EventNames, Selected},
    selection::Selection,
    tally::Tally,
    time_range::{TimeRange, timestamp},
};
use crate::{
    db::{Db, DbError},
    domain::{Plan, SiteId, Timestamp},
};

/// Days read from rows at a time, which bounds memory.
const ROW_DAYS: usize = 31;

/// What all counts of a question share.
pub(super) struct Job<'a> {
    pub(super) db: &'a Db,
    pub(super) site: SiteId,
    pub(super) zone: &'a TimeZone,
    pub(super) selection: &'a Selection,
    pub(super) names: EventNames,
    /// Nothing is looked for before it.
    pub(super) first_event_at: Option<Timestamp>,
}

impl Job<'_> {
    /// Counts the selected facts of a range.
    pub(super) async fn run(
        &self,
        range: &TimeRange,
        tallies: &mut [Tally],
    ) -> Result<Plan, DbError> {
        let mut plan = Plan::default();
        let needed = self.needed(tallies);
        let bounds: Vec<i64> = range
            .day_bounds(self.first_event_at)
            .into_iter()
            .map(|at| at.0)
            .collect();
        let mut from = 0;
        while from + 1 < bounds.len() {
            let to = (from + ROW_DAYS).min(bounds.len() - 1);
            let days = rows::read_days(self.db, self.site, &bounds[from..=to], &needed).await?;
            plan.row_days += days.len();
            tokio::task::block_in_place(|| {
                for day in &days {
                    plan.events += day.events as u64;
                    self.count(day, range, tallies);
                }
            });
            from = to;
        }
        Ok(plan)
    }

    fn needed(&self, tallies: &[Tally]) -> Needed {
        let mut needed = Needed::default();
        // To cut days at the ends of the range.
        needed.add(super::column::ColumnId::At);
        self.selection.need(&mut needed);
        tallies.iter().for_each(|tally| tally.need(&mut needed));
        needed
    }

    fn count(&self, day: &Day, range: &TimeRange, tallies: &mut [Tally]) {
        let (from, to) = (timestamp(&range.from).0, timestamp(&range.passed).0);
        let selected = Selected::new(day, self.selection, self.names, from, to);
        for tally in tallies {
            tally.count(day, &selected, self.names, self.zone);
        }
    }
}
