//! Strings days together: all hits of a site, ascending in time, over midnight too.

use std::collections::VecDeque;

use super::{
    day::{DayOrder, DayPlan},
    model::Model,
};
use crate::ingest::EnrichedHit;

/// Gives the order of the next day with each call.
type NextOrder = dyn FnMut(&Model) -> Option<DayOrder> + Send;

/// The hits of the ordered days, which ascend. One day at a time is in memory.
pub(crate) struct Traffic {
    model: Model,
    next_order: Box<NextOrder>,
    today: Option<(DayPlan, usize)>,
    /// Hits of visits that began on earlier days, ascending.
    carried: VecDeque<EnrichedHit>,
    visitors: u64,
}

impl Traffic {
    pub(super) fn new(
        model: Model,
        next_order: impl FnMut(&Model) -> Option<DayOrder> + Send + 'static,
    ) -> Self {
        Self {
            model,
            next_order: Box::new(next_order),
            today: None,
            carried: VecDeque::new(),
            visitors: 0,
        }
    }

    /// Distinct visitor ids of the days drawn so far.
    pub(crate) fn visitors(&self) -> u64 {
        self.visitors
    }

    /// The hits of the visits that run over midnight move to the next day.
    fn close_day(&mut self, plan: &DayPlan, from: usize) {
        let late = (from..plan.len()).map(|hit| plan.hit(&self.model, hit));
        self.carried.extend(late);
        self.carried.make_contiguous().sort_by_key(|hit| hit.at);
    }
}

impl Iterator for Traffic {
    type Item = EnrichedHit;

    fn next(&mut self) -> Option<EnrichedHit> {
        loop {
            let Some((plan, next)) = self.today.take() else {
                match (self.next_order)(&self.model) {
                    Some(order) => {
                        let plan = self.model.plan(&order);
                        self.visitors += plan.visitors() as u64;
                        self.today = Some((plan, 0));
                        continue;
                    }
                    None => return self.carried.pop_front(),
                }
            };
            let planned = (next < plan.len()).then(|| plan.at(next));
            let carried = self.carried.front().map(|hit| hit.at);
            let first = planned.into_iter().chain(carried).min();
            if first.is_none_or(|first| first >= plan.midnight()) {
                self.close_day(&plan, next);
            } else if carried.is_some() && carried == first {
                self.today = Some((plan, next));
                return self.carried.pop_front();
            } else {
                let hit = plan.hit(&self.model, next);
                self.today = Some((plan, next + 1));
                return Some(hit);
            }
        }
    }
}
