//! How many visitors took the steps of a funnel, in their order.
//!
//! A step is taken by the first event after that of the step before; one event takes one step. Within a visit the steps count for
//! the visitor of the day on which the visit began, also where the visit runs on after midnight; visits that began before the range
//! are left out. Within a day all events of a visitor in the range count.

use rustc_hash::FxHashMap;

use super::{
    column::{ColumnId, Needed},
    dashboard,
    day::Day,
    goals::resolve_each,
    question::Question,
    selection::Selection,
    time_range,
};
use crate::{
    db::Db,
    domain::{
        DashboardQuery, FunnelCount, FunnelId, FunnelReport, FunnelScope, Principal, Timestamp,
    },
    services::{ServiceError, funnel_service, goal_service, site_service},
};

/// Counts a funnel under the filters of a dashboard: they choose visits, so that a filter on a page does not hide the other steps.
///
/// Cost: the events of the period once.
///
/// # Errors
/// As [`super::get_dashboard`]; [`ServiceError::NotFound`] also without the funnel.
pub async fn get_funnel(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    id: FunnelId,
    now: Timestamp,
) -> Result<FunnelReport, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    let funnel = funnel_service::get(db, principal, site.id, id).await?;
    let goals = goal_service::find_all(db, principal, site.id).await?;
    let (titles, conditions): (Vec<_>, Vec<_>) = funnel
        .steps
        .iter()
        .map(|step| funnel_service::resolve_step(step, &goals))
        .unzip();
    let question = dashboard::prepare_visits(db, principal, domain, query, now).await?;
    let steps = resolve_each(db, site.id, conditions, &question.zone).await?;

    let mut needed = Needed::default();
    for column in [
        ColumnId::Visit,
        ColumnId::Visitor,
        ColumnId::StartedAt,
        ColumnId::OverlapId,
    ] {
        needed.add(column);
    }
    steps.iter().for_each(|step| step.need(&mut needed));
    let fresh = || Walk {
        question: &question,
        steps: &steps,
        scope: funnel.scope,
        visitors: 0,
        taken: vec![0; steps.len()],
        open: FxHashMap::default(),
    };
    let job = question.job(db);
    let Walk {
        visitors, taken, ..
    } = job
        .each_day(&question.range, needed, fresh, Walk::count)
        .await?;
    let steps = titles.into_iter().zip(taken);
    let steps = steps.map(|(title, visitors)| FunnelCount { title, visitors });
    Ok(FunnelReport {
        funnel,
        visitors,
        steps: steps.collect(),
        title: time_range::title(&question.range),
    })
}

/// A visit that runs on into the next day.
#[derive(Clone, Copy)]
struct OpenVisit {
    /// Steps that it has taken.
    taken: usize,
    /// Steps for which its visitor is counted already.
    counted: usize,
}

struct Walk<'a> {
    question: &'a Question,
    steps: &'a [Selection],
    scope: FunnelScope,
    visitors: u64,
    /// Visitors who took each step.
    taken: Vec<u64>,
    /// By the identifiers of [`ColumnId::OverlapId`].
    open: FxHashMap<i64, OpenVisit>,
}

impl Walk<'_> {
    fn count(&mut self, day: &Day) {
        let is_counted = self.question.ask(day);
        let masks: Vec<_> = self.steps.iter().map(|step| step.ask(day)).collect();
        let best = match self.scope {
            FunnelScope::Day => walk_visitors(day, &is_counted, &masks),
            FunnelScope::Visit => self.walk_visits(day, &is_counted, &masks),
        };
        let mut last = None;
        for (visitor, is_counted) in day.indexes(ColumnId::Visitor).iter().zip(&is_counted) {
            if *is_counted && last != Some(visitor) {
                last = Some(visitor);
                self.visitors += 1;
            }
        }
        for steps in best.into_values() {
            self.add(0, steps);
        }
    }

    /// Counts a visitor for the steps from `from` up to `to`, which is excluded.
    fn add(&mut self, from: usize, to: usize) {
        let steps = self.taken.iter_mut().take(to).skip(from);
        steps.for_each(|count| *count += 1);
    }

    /// How many steps each visitor of the day took at best in one visit that began on it.
    fn walk_visits(
        &mut self,
        day: &Day,
        is_counted: &[bool],
        masks: &[Vec<bool>],
    ) -> FxHashMap<u32, usize> {
        let starts = day.numbers(ColumnId::StartedAt);
        let overlaps = day.numbers(ColumnId::OverlapId);
        let from = time_range::timestamp(&self.question.range.from).0;
        // `None` for visits that do not count.
        let mut taken: Vec<Option<usize>> = (0..day.visits)
            .map(|visit| match self.open.get(&overlaps[visit]) {
                Some(open) => Some(open.taken),
                None => (starts[visit] >= 0 && day.from + starts[visit] >= from).then_some(0),
            })
            .collect();
        let mut visitor_of = vec![None; day.visits];
        let events = day.indexes(ColumnId::Visit).iter().enumerate();
        for (event, visit) in events.filter(|(event, _)| is_counted[*event]) {
            let visit = *visit as usize;
            visitor_of[visit] = Some(day.indexes(ColumnId::Visitor)[event]);
            if let Some(taken) = &mut taken[visit] {
                *taken += usize::from(masks.get(*taken).is_some_and(|mask| mask[event]));
            }
        }
        let mut best: FxHashMap<u32, usize> = FxHashMap::default();
        for visit in 0..day.visits {
            if let (Some(steps), Some(visitor), true) =
                (taken[visit], visitor_of[visit], starts[visit] >= 0)
            {
                let best = best.entry(visitor).or_default();
                *best = steps.max(*best);
            }
        }
        for visit in (0..day.visits).filter(|visit| overlaps[*visit] != 0) {
            let Some(steps) = taken[visit] else { continue };
            let counted = match self.open.get(&overlaps[visit]) {
                Some(open) => {
                    let counted = open.counted;
                    self.add(counted, steps);
                    counted.max(steps)
                }
                None => visitor_of[visit].map_or(0, |visitor| best[&visitor]),
            };
            let open = OpenVisit {
                taken: steps,
                counted,
            };
            self.open.insert(overlaps[visit], open);
        }
        best
    }
}

/// How many steps each visitor of a day took.
fn walk_visitors(day: &Day, is_counted: &[bool], masks: &[Vec<bool>]) -> FxHashMap<u32, usize> {
    let mut taken: FxHashMap<u32, usize> = FxHashMap::default();
    let events = day.indexes(ColumnId::Visitor).iter().enumerate();
    for (event, visitor) in events.filter(|(event, _)| is_counted[*event]) {
        let taken = taken.entry(*visitor).or_default();
        *taken += usize::from(masks.get(*taken).is_some_and(|mask| mask[event]));
    }
    taken
}
