//! Which pages visits walk through, one after another.
//!
//! A visit's steps are its pageviews in order of time; the same page twice in a row is one step. Like those of funnels, visits
//! that run on after midnight walk on, and visits that began before the range are left out.

use rustc_hash::FxHashMap;

mod steps;
mod trail;

use self::{
    steps::Steps,
    trail::{Trail, Way},
};
use super::{
    column::{ColumnId, Needed},
    dashboard,
    day::Day,
    question::Question,
    selected::Kind,
    tally::COMBINATION_LIMIT,
    time_range, words,
};
use crate::{
    db::Db,
    domain::{DashboardQuery, JourneyQuery, JourneyReport, Principal, Timestamp},
    services::ServiceError,
};

/// Follows the visits that the filters of a dashboard choose.
///
/// Cost: the events of the period once.
///
/// # Errors
/// As [`super::get_dashboard`]; [`ServiceError::Invalid`] also for a number of steps that is not allowed, and for more
/// combinations of pages than can be counted.
pub async fn get_journeys(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    journey: &JourneyQuery,
    now: Timestamp,
) -> Result<JourneyReport, ServiceError> {
    let (least, most) = (JourneyQuery::STEP_MIN, JourneyQuery::STEP_LIMIT);
    if !(least..=most).contains(&journey.steps) {
        let reason = format!("must be a number from {least} to {most}");
        return Err(ServiceError::invalid("steps", reason));
    }
    let question = dashboard::prepare_visits(db, principal, domain, query, now).await?;
    let page = match &journey.page {
        Some(page) => words::find(db, question.site.id, page).await?.map(Some),
        None => Some(None),
    };
    let mut report = JourneyReport {
        query: journey.clone(),
        visits: 0,
        steps: Vec::new(),
        title: time_range::title(&question.range),
    };
    // A page that no event ever had is on no journey.
    let Some(page) = page else { return Ok(report) };

    let way = Way {
        page,
        direction: journey.direction,
        steps: journey.steps,
    };
    let mut needed = Needed::default();
    for column in [
        ColumnId::Visit,
        ColumnId::Name,
        ColumnId::Page,
        ColumnId::StartedAt,
        ColumnId::OverlapId,
    ] {
        needed.add(column);
    }
    let fresh = || Walk {
        question: &question,
        way,
        steps: Steps::default(),
        open: FxHashMap::default(),
    };
    let job = question.job(db);
    let walk = job
        .each_day(&question.range, needed, fresh, Walk::follow)
        .await?;
    let steps = walk.finish();
    if steps.is_cut() {
        let reason = format!(
            "journeys have more than {COMBINATION_LIMIT} combinations of steps and pages in this range; take a shorter one, fewer steps, or filters"
        );
        return Err(ServiceError::invalid("query", reason));
    }
    report.visits = steps.visits();
    report.steps = steps.name(db, question.site.id).await?;
    Ok(report)
}

struct Walk<'a> {
    question: &'a Question,
    way: Way,
    steps: Steps,
    /// Visits that lie in several days, by the identifiers of [`ColumnId::OverlapId`].
    open: FxHashMap<i64, Trail>,
}

impl Walk<'_> {
    fn follow(&mut self, day: &Day) {
        let is_selected = self.question.ask(day);
        let in_range = self.question.in_range(day);
        let kinds = self.question.names.kinds(day.words(ColumnId::Name));
        let pages = day.words(ColumnId::Page);
        let mut trails = self.trails(day);
        for (event, visit) in day.indexes(ColumnId::Visit).iter().enumerate() {
            let Some(trail) = &mut trails[*visit as usize] else {
                continue;
            };
            trail.is_selected |= is_selected[event];
            if in_range[event] && kinds[event] == Kind::Pageview {
                let page = pages.values[pages.codes[event] as usize];
                trail.view(page, &self.way);
            }
        }
        let overlaps = day.numbers(ColumnId::OverlapId);
        for (trail, overlap) in trails.into_iter().zip(overlaps) {
            let Some(trail) = trail else { continue };
            if *overlap == 0 {
                self.steps.add(&trail, &self.way);
            } else {
                self.open.insert(*overlap, trail);
            }
        }
    }

    /// How far each visit of a day has come; `None` for those that do not count.
    fn trails(&self, day: &Day) -> Vec<Option<Trail>> {
        let starts = day.numbers(ColumnId::StartedAt).iter();
        let overlaps = day.numbers(ColumnId::OverlapId);
        let from = time_range::timestamp(&self.question.range.from).0;
        let visits = starts.zip(overlaps).map(|(start, overlap)| {
            let is_counted = *start >= 0 && day.from + start >= from;
            let fresh = is_counted.then(Trail::default);
            self.open.get(overlap).copied().or(fresh)
        });
        visits.collect()
    }

    fn finish(mut self) -> Steps {
        for trail in self.open.values() {
            self.steps.add(trail, &self.way);
        }
        self.steps
    }
}
