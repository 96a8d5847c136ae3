//! The rows of a question in its general form: what is counted for them, what they are called, and what their shares are of.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    answer::{first_order, labels_of_buckets},
    axis::Axis,
    breakdown::compare,
    goals::resolve_goals,
    measures::Measures,
    question::Question,
    segments::Segments,
    selection::{Selection, time_text},
    tally::{self, Counts, Tally},
    time_range::TimeRange,
    words,
};
use crate::{
    db::{Db, DbError},
    domain::{
        Condition, Figures, Group, Metric, NamedGoals, OrderBy, Plan, Principal, RevenueByCurrency,
        StatsQuery, Subject, Timestamp,
    },
    services::{ServiceError, goal_service},
};

/// A question in its general form with everything looked up.
pub(super) struct Asked<'a> {
    pub(super) question: Question,
    query: &'a StatsQuery,
    /// The goals that all events must reach, where the question's own condition leaves them out since rates are asked for.
    reached: Vec<Arc<Selection>>,
    /// Goals that rows are of, by name; `None` if they are no group.
    goals: Option<Vec<(String, Arc<Selection>)>>,
    is_of_goals: bool,
}

/// A row before its metrics are taken.
pub(super) struct Row {
    /// What tells which row of the comparison is the same: the values, buckets of time by their places.
    pub(super) identity: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) figures: Figures,
    pub(super) revenue: RevenueByCurrency,
}

/// All rows of a range, and what their shares are of.
pub(super) struct Rows {
    /// Those that can be among the ones that the question shows.
    pub(super) rows: Vec<Row>,
    /// How many there are in all.
    pub(super) total_rows: usize,
    pub(super) plan: Plan,
    /// Visitors of the whole question.
    selected: u64,
    /// Those of it without its goals.
    everybody: u64,
    /// The same for each row, goals aside.
    of_row: FxHashMap<Vec<String>, u64>,
    goal_at: Option<usize>,
    has_time_on_page: bool,
}

/// The amount of a row in a currency, for rows to be ordered by.
pub(super) fn amount(metric: Metric, revenue: &RevenueByCurrency, currency: &str) -> Option<f64> {
    let entry = revenue.of(currency)?;
    Some(match metric {
        Metric::AverageRevenue => entry.average().value(),
        _ => entry.total.value(),
    })
}

impl Rows {
    /// The value of a metric in a row.
    pub(super) fn value(
        &self,
        metric: Metric,
        figures: &Figures,
        identity: &[String],
    ) -> Option<f64> {
        let whole = match metric {
            Metric::Percentage => self.selected,
            Metric::ConversionRate => self.everybody,
            Metric::GroupConversionRate => {
                let mut identity = identity.to_vec();
                if let Some(at) = self.goal_at {
                    identity.remove(at);
                }
                self.of_row.get(&identity).copied().unwrap_or_default()
            }
            Metric::TimeOnPage if !self.has_time_on_page => return None,
            _ => return figures.value(metric),
        };
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        (whole > 0).then(|| figures.visitors as f64 / whole as f64)
    }
}

impl<'a> Asked<'a> {
    /// # Errors
    /// As [`super::answer`].
    pub(super) async fn prepare(
        db: &Db,
        principal: &Principal,
        domain: &str,
        query: &'a StatsQuery,
        now: Timestamp,
    ) -> Result<Self, ServiceError> {
        let (base, named) = query.condition.without_goals();
        // Only rates need to know those who did not reach the goals: without them, days in which nobody did are left out.
        let is_rated = Metric::ALL
            .into_iter()
            .any(|metric| metric.is_of_goal() && query.has(metric));
        let condition = if is_rated { &base } else { &query.condition };
        let question =
            Question::prepare(db, principal, domain, query.range, condition, now).await?;
        let mut reached = Vec::new();
        if is_rated && !named.is_empty() {
            let goals = Condition::All(named.iter().cloned().map(Condition::Goals).collect());
            let selection = question.select(db, principal, &goals).await?;
            reached.push(Arc::new(selection));
        }
        let goals = match query.groups.contains(&Group::Goal) {
            true => Some(find_goals(db, principal, &question, &named).await?),
            false => None,
        };
        Ok(Self {
            is_of_goals: goals.is_some() || !named.is_empty(),
            question,
            query,
            reached,
            goals,
        })
    }

    fn has_revenue(&self) -> bool {
        let mut metrics = Metric::ALL.into_iter();
        metrics.any(|metric| metric.is_revenue() && self.query.has(metric))
    }

    /// The groups that are axes: all but goals.
    fn groups(&self) -> impl Iterator<Item = &'a Group> {
        let groups = self.query.groups.iter();
        groups.filter(|group| **group != Group::Goal)
    }

    /// Counts a range: its rows, and what their shares are of. Rows that are shown are only those that can be among the first.
    pub(super) async fn count(
        &self,
        db: &Db,
        range: &TimeRange,
        is_shown: bool,
    ) -> Result<Rows, ServiceError> {
        let (axes, labels) = self.axes(range)?;
        let has = |metric| self.query.has(metric);
        let has_revenue = self.has_revenue();
        let is_grouped = !self.query.groups.is_empty();
        let of_rows = Measures::of(Metric::ALL.into_iter().filter(|metric| has(*metric)));
        let tally = |axes: &[Axis], is_of_rows: bool, further: Option<&Arc<Selection>>| {
            let measures = if is_of_rows {
                of_rows
            } else {
                Measures::VISITORS
            };
            let tally = Tally::new(axes.to_vec(), measures);
            let tally = match self.is_of_goals {
                true => tally.of_all_events(),
                false => tally,
            };
            let tally = tally.with_revenue(is_of_rows && has_revenue);
            tally.narrowed(self.reached.iter().chain(further).cloned().collect())
        };
        let mut tallies: Vec<Tally> = match &self.goals {
            None => vec![tally(&axes, true, None)],
            Some(goals) => goals
                .iter()
                .map(|(_, goal)| tally(&axes, true, Some(goal)))
                .collect(),
        };
        let rows_of = tallies.len();
        if is_grouped && has(Metric::Percentage) {
            tallies.push(tally(&[], false, None));
        }
        if has(Metric::ConversionRate) {
            tallies.push(Tally::new(Vec::new(), Measures::VISITORS));
        }
        if has(Metric::GroupConversionRate) {
            tallies.push(Tally::new(axes, Measures::VISITORS).of_all_events());
        }
        let (mut counts, plan) = self.question.count(db, range, tallies).await?;
        if counts.iter().any(|counts| counts.is_cut) {
            let reason = format!(
                "these dimensions have more than {} combinations in this range; take a shorter one, fewer dimensions, or filters",
                tally::COMBINATION_LIMIT
            );
            return Err(ServiceError::invalid("query", reason));
        }
        let mut wholes = counts.split_off(rows_of).into_iter();

        let mut found = Rows {
            rows: Vec::new(),
            total_rows: 0,
            has_time_on_page: self.query.has_time_on_page() && self.question.has_time_on_page,
            plan,
            selected: counts.first().map_or(0, |counts| counts.total().visitors),
            everybody: 0,
            of_row: FxHashMap::default(),
            goal_at: (self.query.groups.iter()).position(|group| *group == Group::Goal),
        };
        let mut whole = |metric| has(metric).then(|| wholes.next()).flatten();
        if is_grouped && let Some(counts) = whole(Metric::Percentage) {
            found.selected = counts.total().visitors;
        }
        if let Some(counts) = whole(Metric::ConversionRate) {
            found.everybody = counts.total().visitors;
        }
        if let Some(counts) = whole(Metric::GroupConversionRate) {
            let rows = self.named(db, &counts, &labels).await?.into_iter();
            found.of_row = rows
                .map(|row| (row.identity, row.figures.visitors))
                .collect();
        }
        match &self.goals {
            None if !is_grouped => found.rows.push(Row {
                identity: Vec::new(),
                groups: Vec::new(),
                figures: counts[0].total(),
                revenue: counts[0]
                    .revenue
                    .get(&Vec::new())
                    .cloned()
                    .unwrap_or_default(),
            }),
            None => {
                found.total_rows = counts[0].rows.len();
                if is_shown {
                    self.cut(&mut counts[0].rows, &found);
                }
                found.rows = self.named(db, &counts[0], &labels).await?;
            }
            Some(goals) => {
                let at = found.goal_at.unwrap_or_default();
                for ((name, _), counts) in goals.iter().zip(&counts) {
                    for mut row in self.named(db, counts, &labels).await? {
                        row.groups.insert(at, name.clone());
                        row.identity.insert(at, name.clone());
                        found.rows.push(row);
                    }
                }
            }
        }
        found.total_rows = found.total_rows.max(found.rows.len());
        Ok(found)
    }

    /// Leaves the rows that can be among those that are shown, so that no others need a name.
    fn cut(&self, rows: &mut Vec<(Vec<i64>, Figures)>, counted: &Rows) {
        let shown = self.query.offset.saturating_add(self.query.limit);
        let (OrderBy::Metric(metric), is_descending) = first_order(self.query) else {
            return;
        };
        // Money and shares of a row's own whole are not told by the figures alone.
        if metric.is_revenue() || metric == Metric::GroupConversionRate {
            return;
        }
        if shown == 0 || rows.len() <= shown {
            return;
        }
        let value = |figures: &Figures| counted.value(metric, figures, &[]);
        let order = |a: &Option<f64>, b: &Option<f64>| compare(*a, *b, !is_descending);
        let mut values: Vec<Option<f64>> = rows.iter().map(|(_, row)| value(row)).collect();
        let (_, last, _) = values.select_nth_unstable_by(shown - 1, order);
        let last = *last;
        rows.retain(|(_, figures)| order(&value(figures), &last).is_le());
    }

    /// What rows are counted by, goals aside, and for buckets of time what they are called.
    fn axes(&self, range: &TimeRange) -> Result<(Vec<Axis>, Vec<Vec<String>>), ServiceError> {
        let axis = |group: &Group| match group {
            Group::Subject(subject) => Ok((Axis::of(subject), Vec::new())),
            Group::Time(interval) => {
                let buckets = range.all_buckets(*interval).ok_or_else(|| {
                    ServiceError::invalid(
                        "query",
                        format!(
                            "the range has too many intervals of one {}; take a longer interval or a shorter range",
                            interval.key()
                        ),
                    )
                })?;
                let labels = labels_of_buckets(&buckets, *interval);
                Ok((Axis::Buckets(Segments::of_buckets(&buckets)), labels))
            }
            Group::Goal => unreachable!("goals are no axis"),
        };
        self.groups().map(axis).collect()
    }

    /// Gives the keys of rows their names.
    async fn named(
        &self,
        db: &Db,
        counts: &Counts,
        labels_of: &[Vec<String>],
    ) -> Result<Vec<Row>, DbError> {
        let groups: Vec<&Group> = self.groups().collect();
        let mut wanted = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            if matches!(group, Group::Subject(Subject::Dimension(of)) if !of.is_of_time()) {
                wanted.extend(counts.rows.iter().map(|(keys, _)| keys[at]));
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let values = words::find_values(db, self.question.site.id, wanted).await?;
        let name = |at: usize, key: i64| match groups[at] {
            Group::Subject(Subject::Property(_)) => counts.texts.get(key).clone(),
            Group::Subject(Subject::Dimension(of)) if of.is_of_time() => time_text(*of, key),
            Group::Subject(Subject::Dimension(_)) => values.get(&key).cloned().unwrap_or_default(),
            Group::Time(_) | Group::Goal => {
                let labels = &labels_of[at];
                let label = usize::try_from(key).ok().and_then(|key| labels.get(key));
                label.cloned().unwrap_or_default()
            }
        };
        let rows = counts.rows.iter().map(|(keys, figures)| {
            let names = |(at, key): (usize, &i64)| name(at, *key);
            let names: Vec<String> = keys.iter().enumerate().map(names).collect();
            let identity = (0..keys.len()).map(|at| match groups[at] {
                Group::Time(_) => keys[at].to_string(),
                _ => names[at].clone(),
            });
            Row {
                identity: identity.collect(),
                groups: names,
                figures: *figures,
                revenue: counts.revenue.get(keys).cloned().unwrap_or_default(),
            }
        });
        Ok(rows.collect())
    }
}

/// The goals that rows are of: those that the question names, or all.
async fn find_goals(
    db: &Db,
    principal: &Principal,
    question: &Question,
    named: &[NamedGoals],
) -> Result<Vec<(String, Arc<Selection>)>, ServiceError> {
    let site = question.site.id;
    let mut goals = goal_service::find_all(db, principal, site).await?;
    goals.retain(|goal| named.is_empty() || named.iter().any(|named| named.has(&goal.name)));
    let selections = resolve_goals(db, site, &goals, &question.zone).await?;
    let goals = goals.into_iter().zip(selections);
    Ok(goals
        .map(|(goal, selection)| (goal.name, Arc::new(selection)))
        .collect())
}
