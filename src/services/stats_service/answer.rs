//! Any question in its general form.

use std::cmp::Ordering;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    axis::Axis,
    breakdown::compare,
    measures::Measures,
    question::Question,
    segments::Segments,
    selection::time_text,
    tally::{self, Counts, Tally},
    time_range::{Bucket, TimeRange, timestamp},
    words,
};
use crate::{
    db::{Db, DbError},
    domain::{
        ComparedRange, Figures, Group, Interval, Metric, OrderBy, Plan, Principal, StatsAnswer,
        StatsQuery, StatsRow, Subject, Timestamp,
    },
    services::ServiceError,
};

/// Answers a question about a site.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site; [`ServiceError::Invalid`] for a question that cannot be answered, with
/// what is allowed.
pub async fn answer(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &StatsQuery,
    now: Timestamp,
) -> Result<StatsAnswer, ServiceError> {
    query
        .check()
        .map_err(|error| ServiceError::invalid("query", error.0))?;
    let question =
        Question::prepare(db, principal, domain, query.range, &query.condition, now).await?;
    let range = &question.range;
    let compared = range.compared_range(query.range, query.comparison, now);
    let (mut counts, labels_of, mut plan) = count(db, &question, query, range).await?;
    let total = counts
        .pop()
        .map_or_else(Figures::default, |all| all.total());
    let mut counts = counts.pop();
    let mut rows = vec![Row::of_everything(total)];
    let mut total_rows = rows.len();
    if let Some(counts) = &mut counts {
        total_rows = counts.rows.len();
        cut(query, &mut counts.rows, &total);
        rows = named(db, &question, query, counts, &labels_of).await?;
    }
    let mut previous = None;
    if let Some(range) = &compared {
        let (mut earlier, labels_of, other) = count(db, &question, query, range).await?;
        plan += other;
        let total = earlier
            .pop()
            .map_or_else(Figures::default, |all| all.total());
        let mut rows = vec![Row::of_everything(total)];
        if let (Some(counts), Some(earlier)) = (&counts, &mut earlier.pop()) {
            if has_lasting_keys(query) {
                let shown: FxHashSet<_> = counts.rows.iter().map(|(keys, _)| keys).collect();
                earlier.rows.retain(|(keys, _)| shown.contains(keys));
            }
            rows = named(db, &question, query, earlier, &labels_of).await?;
        }
        let rows: FxHashMap<_, _> = rows
            .into_iter()
            .map(|row| (row.identity, row.figures))
            .collect();
        previous = Some((rows, total));
    }

    sort(query, &mut rows, &total);
    let interval = query.groups.iter().find_map(|group| match group {
        Group::Time(interval) => Some(*interval),
        Group::Subject(_) => None,
    });
    let labels = |range: &TimeRange| interval.map_or_else(Vec::new, |of| labels(range, of));
    let time_labels = labels(range);
    let compared_labels = compared.as_ref().map_or_else(Vec::new, labels);
    let is_beyond = |row: &Row| {
        let bucket = time_at(query).and_then(|at| row.identity[at].parse::<usize>().ok());
        bucket.is_some_and(|bucket| bucket >= compared_labels.len())
    };
    let metrics = |figures: &Figures, total: &Figures| {
        let values = query.metrics.iter();
        values
            .map(|metric| value(query, *metric, figures, total))
            .collect::<Vec<_>>()
    };
    let rows = rows
        .into_iter()
        .skip(query.offset)
        .take(query.limit)
        .map(|row| StatsRow {
            metrics: metrics(&row.figures, &total),
            previous: previous.as_ref().map(|(rows, total)| {
                if is_beyond(&row) {
                    return vec![None; query.metrics.len()];
                }
                let figures = rows.get(&row.identity).copied().unwrap_or_default();
                metrics(&figures, total)
            }),
            groups: row.groups,
        })
        .collect();
    Ok(StatsAnswer {
        rows,
        total_rows,
        from: timestamp(&range.from),
        to: timestamp(&range.to),
        time_labels,
        compared_labels,
        plan,
    })
}

/// A row of the answer before its metrics are taken.
struct Row {
    /// What tells which row of the comparison is the same: the values, buckets of time by their places.
    identity: Vec<String>,
    groups: Vec<String>,
    figures: Figures,
}

impl Row {
    /// The only row of a question without groups.
    fn of_everything(figures: Figures) -> Self {
        Self {
            identity: Vec::new(),
            groups: Vec::new(),
            figures,
        }
    }
}

/// The value of a metric in a row.
fn value(query: &StatsQuery, metric: Metric, figures: &Figures, total: &Figures) -> Option<f64> {
    if metric == Metric::TimeOnPage && !query.has_time_on_page() {
        return None;
    }
    if metric != Metric::Percentage {
        return figures.value(metric);
    }
    let visitors = |figures: &Figures| figures.value(Metric::Visitors);
    let all = visitors(total).filter(|all| *all > 0.0)?;
    Some(visitors(figures)? / all)
}

/// Counts a range: by the groups, if there are any, and in all, if there are none or shares are asked for, always last. With them the
/// labels of buckets of time by the place of the group.
async fn count(
    db: &Db,
    question: &Question,
    query: &StatsQuery,
    range: &TimeRange,
) -> Result<(Vec<Counts>, Vec<Vec<String>>, Plan), ServiceError> {
    let mut labels_of = Vec::with_capacity(query.groups.len());
    let mut axes = Vec::with_capacity(query.groups.len());
    for group in &query.groups {
        let (axis, labels) = match group {
            Group::Subject(subject) => (Axis::of(subject), Vec::new()),
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
                (
                    Axis::Buckets(Segments::of_buckets(&buckets)),
                    labels_of_buckets(&buckets, *interval),
                )
            }
        };
        axes.push(axis);
        labels_of.push(labels);
    }
    let ordered_by = query.order.iter().filter_map(|(order, _)| match order {
        OrderBy::Metric(metric) => Some(*metric),
        OrderBy::Group(_) => None,
    });
    let metrics: Vec<Metric> = query.metrics.iter().copied().chain(ordered_by).collect();
    let mut tallies = vec![Tally::new(axes, Measures::of(metrics.iter().copied()))];
    if !query.groups.is_empty() {
        let is_share = metrics.contains(&Metric::Percentage);
        tallies.extend(is_share.then(|| Tally::new(Vec::new(), Measures::VISITORS)));
    }
    let (mut counts, plan) = question.count(db, range, tallies).await?;
    if counts[0].is_cut {
        let reason = format!(
            "these dimensions have more than {} combinations in this range; take a shorter one, fewer dimensions, or filters",
            tally::COMBINATION_LIMIT
        );
        return Err(ServiceError::invalid("query", reason));
    }
    if !query.groups.is_empty() && counts.len() == 1 {
        counts.push(Counts::default());
    }
    Ok((counts, labels_of, plan))
}

/// Whether the keys of rows mean the same in every range; those of properties are numbered anew.
fn has_lasting_keys(query: &StatsQuery) -> bool {
    let is_property = |group: &Group| matches!(group, Group::Subject(Subject::Property(_)));
    !query.groups.iter().any(is_property)
}

/// Leaves the rows that can be among those that are shown, so that no others need a name.
fn cut(query: &StatsQuery, rows: &mut Vec<(Vec<i64>, Figures)>, total: &Figures) {
    let shown = query.offset.saturating_add(query.limit);
    let (OrderBy::Metric(metric), is_descending) = first_order(query) else {
        return;
    };
    if shown == 0 || rows.len() <= shown {
        return;
    }
    let value = |figures: &Figures| value(query, metric, figures, total);
    let order = |a: &Option<f64>, b: &Option<f64>| compare(*a, *b, !is_descending);
    let mut values: Vec<Option<f64>> = rows.iter().map(|(_, figures)| value(figures)).collect();
    let (_, last, _) = values.select_nth_unstable_by(shown - 1, order);
    let last = *last;
    rows.retain(|(_, figures)| order(&value(figures), &last).is_le());
}

/// Gives the keys of rows their names.
async fn named(
    db: &Db,
    question: &Question,
    query: &StatsQuery,
    counts: &Counts,
    labels_of: &[Vec<String>],
) -> Result<Vec<Row>, DbError> {
    let mut wanted = Vec::new();
    for (at, group) in query.groups.iter().enumerate() {
        if matches!(group, Group::Subject(Subject::Dimension(of)) if !of.is_of_time()) {
            wanted.extend(counts.rows.iter().map(|(keys, _)| keys[at]));
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    let values = words::find_values(db, question.site.id, wanted).await?;
    let name = |at: usize, key: i64| match &query.groups[at] {
        Group::Subject(Subject::Property(_)) => counts.texts.get(key).clone(),
        Group::Subject(Subject::Dimension(of)) if of.is_of_time() => time_text(*of, key),
        Group::Subject(Subject::Dimension(_)) => values.get(&key).cloned().unwrap_or_default(),
        Group::Time(_) => {
            let labels = &labels_of[at];
            let label = usize::try_from(key).ok().and_then(|key| labels.get(key));
            label.cloned().unwrap_or_default()
        }
    };
    let rows = counts.rows.iter().map(|(keys, figures)| {
        let groups: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| name(at, *key))
            .collect();
        let identity = (0..keys.len())
            .map(|at| match query.groups[at] {
                Group::Time(_) => keys[at].to_string(),
                Group::Subject(_) => groups[at].clone(),
            })
            .collect();
        Row {
            identity,
            groups,
            figures: *figures,
        }
    });
    Ok(rows.collect())
}

/// Which group is of buckets of time.
fn time_at(query: &StatsQuery) -> Option<usize> {
    let mut groups = query.groups.iter();
    groups.position(|group| matches!(group, Group::Time(_)))
}

/// What rows are sorted by first; without an order that is the time, or else the first metric, most first.
fn first_order(query: &StatsQuery) -> (OrderBy, bool) {
    let default = || match time_at(query) {
        Some(at) => (OrderBy::Group(at), false),
        None => (OrderBy::Metric(query.metrics[0]), true),
    };
    query.order.first().copied().unwrap_or_else(default)
}

/// Sorts as the question says.
fn sort(query: &StatsQuery, rows: &mut [Row], total: &Figures) {
    let order = if query.order.is_empty() {
        vec![first_order(query)]
    } else {
        query.order.clone()
    };
    rows.sort_by(|a, b| {
        let by_order = order.iter().map(|(order, is_descending)| match order {
            OrderBy::Group(at) if *is_descending => b.groups[*at].cmp(&a.groups[*at]),
            OrderBy::Group(at) => a.groups[*at].cmp(&b.groups[*at]),
            OrderBy::Metric(metric) => {
                let value = |row: &Row| value(query, *metric, &row.figures, total);
                compare(value(a), value(b), !is_descending)
            }
        });
        by_order
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| a.groups.cmp(&b.groups))
    });
}

fn labels(range: &TimeRange, interval: Interval) -> Vec<String> {
    let buckets = range.all_buckets(interval).unwrap_or_default();
    labels_of_buckets(&buckets, interval)
}

fn labels_of_buckets(buckets: &[Bucket], interval: Interval) -> Vec<String> {
    let keys = buckets.iter().map(|bucket| bucket.key(interval));
    keys.collect()
}

impl TimeRange {
    /// The range that a question's is compared with.
    fn compared_range(
        &self,
        range: crate::domain::DateRange,
        compared: ComparedRange,
        now: Timestamp,
    ) -> Option<Self> {
        match compared {
            ComparedRange::Off => None,
            ComparedRange::Custom { from, to } => Some(self.of_dates(from, to, now)),
            ComparedRange::Comparison {
                comparison,
                is_weekday_matched,
            } => {
                let other = self.compared_as(range, comparison)?;
                Some(if is_weekday_matched {
                    other.on_weekday_of(self)
                } else {
                    other
                })
            }
        }
    }
}
