//! How many visitors reached each goal of a site, and what their rate is of.

use super::{
    axis::Axis,
    column::{ColumnId, Needed},
    dashboard,
    day::Day,
    measures::Measures,
    money,
    question::Question,
    selected::{EventNames, Kind},
    selection::{Selection, expand, visits_with},
    tally::Tally,
    words,
};
use crate::{
    db::Db,
    domain::{
        Condition, DashboardQuery, Goal, GoalReport, Principal, RevenueByCurrency, SiteId, Subject,
        Timestamp,
    },
    services::{ServiceError, goal_service},
};
use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

/// Counts each goal of a site, by name, under the filters of a dashboard; its own goal is set aside.
///
/// A visitor reached a goal in a visit that has an event for it and satisfies the filters. Conversions are the events for the
/// goal in such visits; a page counts once a visit for goals of scrolling, which tell their depth again and again. Revenue
/// is what these events were worth.
///
/// Cost: the events of the period once, whatever the number of goals.
///
/// # Errors
/// As [`super::get_dashboard`].
pub async fn count_goals(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    now: Timestamp,
) -> Result<Vec<GoalReport>, ServiceError> {
    let query = DashboardQuery {
        goal: None,
        ..query.clone()
    };
    let question = dashboard::prepare(db, principal, domain, &query, now).await?;
    let goals = goal_service::find_all(db, principal, question.site.id).await?;
    if goals.is_empty() {
        return Ok(Vec::new());
    }
    let selections = resolve_goals(db, question.site.id, &goals, &question.zone).await?;
    let mut needed = Needed::default();
    for column in [
        ColumnId::Visit,
        ColumnId::Visitor,
        ColumnId::Name,
        ColumnId::Page,
    ] {
        needed.add(column);
    }
    money::need(&mut needed);
    selections
        .iter()
        .for_each(|selection| selection.need(&mut needed));
    let fresh = || Counter {
        question: &question,
        selections: &selections,
        names: question.names,
        all_visitors: 0,
        counts: vec![Count::default(); goals.len()],
    };
    let job = question.job(db);
    let counter = job
        .each_day(&question.range, needed, fresh, Counter::count)
        .await?;
    let all_visitors = counter.all_visitors;
    let reports = goals.into_iter().zip(counter.counts);
    Ok(reports
        .map(|(goal, count)| GoalReport {
            goal,
            visitors: count.visitors,
            conversions: count.conversions,
            revenue: count.revenue,
            all_visitors,
        })
        .collect())
}

/// Counts the visitors of values of some dimensions and properties under the filters of a dashboard, whether or not they reached its goal. One
/// list for each, in the order of its values.
///
/// # Errors
/// As [`super::get_dashboard`].
pub async fn count_visitors_of(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    values: &[(Subject, Vec<String>)],
    now: Timestamp,
) -> Result<Vec<Vec<u64>>, ServiceError> {
    let query = DashboardQuery {
        goal: None,
        ..query.clone()
    };
    let question = dashboard::prepare(db, principal, domain, &query, now).await?;
    let axes = values.iter().map(|(subject, _)| Axis::of(subject));
    let tallies = axes.map(|axis| Tally::new(vec![axis], Measures::VISITORS));
    let (counts, _) = question
        .count(db, &question.range, tallies.collect())
        .await?;
    let mut found = Vec::with_capacity(values.len());
    for ((subject, values), counts) in values.iter().zip(counts) {
        let of_key: FxHashMap<i64, u64> = counts
            .rows
            .iter()
            .map(|(keys, figures)| (keys[0], figures.visitors))
            .collect();
        let mut visitors = Vec::with_capacity(values.len());
        for value in values {
            let key = match subject {
                Subject::Property(_) => counts.texts.find(value),
                Subject::Dimension(of) if of.is_of_time() => value.parse().ok(),
                Subject::Dimension(_) => words::find(db, question.site.id, value).await?,
            };
            let count = key.and_then(|key| of_key.get(&key));
            visitors.push(count.copied().unwrap_or_default());
        }
        found.push(visitors);
    }
    Ok(found)
}

/// Looks the conditions of goals up, each a selection of its own.
pub(super) async fn resolve_goals(
    db: &Db,
    site: SiteId,
    goals: &[Goal],
    zone: &TimeZone,
) -> Result<Vec<Selection>, ServiceError> {
    let conditions = goals.iter().map(Goal::condition).collect();
    resolve_each(db, site, conditions, zone).await
}

/// Looks several conditions up at once, each a selection of its own.
pub(super) async fn resolve_each(
    db: &Db,
    site: SiteId,
    conditions: Vec<Condition>,
    zone: &TimeZone,
) -> Result<Vec<Selection>, ServiceError> {
    match Selection::resolve(db, site, &Condition::Any(conditions), zone).await? {
        Selection::Any(selections) => Ok(selections),
        _ => unreachable!("a condition of several is a selection of as many"),
    }
}

struct Counter<'a> {
    question: &'a Question,
    selections: &'a [Selection],
    names: EventNames,
    all_visitors: u64,
    /// One entry a goal.
    counts: Vec<Count>,
}

/// What was counted of a goal.
#[derive(Clone, Default)]
struct Count {
    visitors: u64,
    conversions: u64,
    revenue: RevenueByCurrency,
}

impl Counter<'_> {
    fn count(&mut self, day: &Day) {
        let in_range = self.question.in_range(day);
        let base = self.question.ask(day);
        let visits = day.indexes(ColumnId::Visit);
        let visitors = day.indexes(ColumnId::Visitor);
        let kinds = self.names.kinds(day.words(ColumnId::Name));
        let pages = &day.words(ColumnId::Page).codes;
        let of_base = expand(day, &visits_with(day, &base));
        self.all_visitors += distinct(visitors, |event| base[event]);
        let amounts: Vec<_> = money::amounts(day).collect();
        for (selection, count) in self.selections.iter().zip(&mut self.counts) {
            let reached = selection.ask(day);
            let of_goal = expand(day, &visits_with(day, &reached));
            count.visitors += distinct(visitors, |event| base[event] && of_goal[event]);
            let is_counted = |event: usize| reached[event] && in_range[event] && of_base[event];
            let mut scrolled = FxHashSet::default();
            let conversions = (0..day.events).filter(|&event| {
                is_counted(event)
                    && (kinds[event] != Kind::Engagement
                        || scrolled.insert((visits[event], pages[event])))
            });
            count.conversions += conversions.count() as u64;
            let amounts = amounts.iter().filter(|(event, ..)| is_counted(*event));
            amounts.for_each(|(_, currency, amount)| count.revenue.add(currency, *amount));
        }
    }
}

/// How many visitors have an event that is taken; events stand visitor by visitor.
fn distinct(visitors: &[u32], is_taken: impl Fn(usize) -> bool) -> u64 {
    let mut last = None;
    let mut count = 0;
    for (event, visitor) in visitors.iter().enumerate() {
        if is_taken(event) && last != Some(visitor) {
            last = Some(visitor);
            count += 1;
        }
    }
    count
}
