//! Any question in its general form.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::{
    breakdown::compare,
    counted_rows::{Asked, Row, Rows, amount},
    time_range::{Bucket, TimeRange, timestamp},
};
use crate::{
    db::Db,
    domain::{
        ComparedRange, Figures, Group, Interval, OrderBy, Principal, RevenueByCurrency,
        StatsAnswer, StatsQuery, StatsRow, Timestamp,
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
    let asked = Asked::prepare(db, principal, domain, query, now).await?;
    let range = &asked.question.range;
    let compared = range.compared_range(query.range, query.comparison, now);
    let mut counted = asked.count(db, range, true).await?;
    let mut plan = std::mem::take(&mut counted.plan);
    let mut previous = None;
    if let Some(range) = &compared {
        let mut counted = asked.count(db, range, false).await?;
        plan += std::mem::take(&mut counted.plan);
        let rows = std::mem::take(&mut counted.rows).into_iter();
        let rows: FxHashMap<_, _> = rows
            .map(|row| (row.identity, (row.figures, row.revenue)))
            .collect();
        previous = Some((counted, rows));
    }

    let interval = query.groups.iter().find_map(|group| match group {
        Group::Time(interval) => Some(*interval),
        Group::Subject(_) | Group::Goal => None,
    });
    let labels = |range: &TimeRange| interval.map_or_else(Vec::new, |of| labels(range, of));
    let time_labels = labels(range);
    let compared_labels = compared.as_ref().map_or_else(Vec::new, labels);
    let is_beyond = |row: &Row| {
        let bucket = time_at(query).and_then(|at| row.identity[at].parse::<usize>().ok());
        bucket.is_some_and(|bucket| bucket >= compared_labels.len())
    };
    let mut rows = std::mem::take(&mut counted.rows);
    sort(query, &mut rows, &counted);
    let total_rows = counted.total_rows;
    let rows = rows.into_iter().skip(query.offset).take(query.limit);
    let rows = rows.map(|row| {
        let metrics = |counted: &Rows, figures: &Figures| -> Vec<Option<f64>> {
            let value = |metric| counted.value(metric, figures, &row.identity);
            query.metrics.iter().copied().map(value).collect()
        };
        StatsRow {
            metrics: metrics(&counted, &row.figures),
            previous: previous.as_ref().map(|(counted, rows)| {
                if is_beyond(&row) {
                    return (vec![None; query.metrics.len()], Default::default());
                }
                let (figures, revenue) = rows.get(&row.identity).cloned().unwrap_or_default();
                (metrics(counted, &figures), revenue)
            }),
            groups: row.groups,
            revenue: row.revenue,
        }
    });
    let rows = rows.collect();
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

/// Which group is of buckets of time.
fn time_at(query: &StatsQuery) -> Option<usize> {
    let mut groups = query.groups.iter();
    groups.position(|group| matches!(group, Group::Time(_)))
}

/// What rows are sorted by first; without an order that is the time, or else the first metric, most first.
pub(super) fn first_order(query: &StatsQuery) -> (OrderBy, bool) {
    let default = || match time_at(query) {
        Some(at) => (OrderBy::Group(at), false),
        None => (OrderBy::Metric(query.metrics[0]), true),
    };
    query.order.first().copied().unwrap_or_else(default)
}

/// Sorts as the question says.
fn sort(query: &StatsQuery, rows: &mut [Row], counted: &Rows) {
    let order = if query.order.is_empty() {
        vec![first_order(query)]
    } else {
        query.order.clone()
    };
    let currency = commonest_currency(rows);
    rows.sort_by(|a, b| {
        let by_order = order.iter().map(|(order, is_descending)| match order {
            OrderBy::Group(at) if *is_descending => b.groups[*at].cmp(&a.groups[*at]),
            OrderBy::Group(at) => a.groups[*at].cmp(&b.groups[*at]),
            OrderBy::Metric(metric) if metric.is_revenue() => {
                let value = |row: &Row| amount(*metric, &row.revenue, currency.as_deref()?);
                compare(value(a), value(b), !is_descending)
            }
            OrderBy::Metric(metric) => {
                let value = |row: &Row| counted.value(*metric, &row.figures, &row.identity);
                compare(value(a), value(b), !is_descending)
            }
        });
        by_order
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| a.groups.cmp(&b.groups))
    });
}

/// The currency of most events, which rows are ordered by; of equally common ones the first.
fn commonest_currency(rows: &[Row]) -> Option<String> {
    let mut all = RevenueByCurrency::default();
    rows.iter().for_each(|row| all += &row.revenue);
    let totals = all.totals().iter().rev();
    let commonest = totals.max_by_key(|entry| entry.events);
    commonest.map(|entry| entry.total.currency.clone())
}

fn labels(range: &TimeRange, interval: Interval) -> Vec<String> {
    let buckets = range.all_buckets(interval).unwrap_or_default();
    labels_of_buckets(&buckets, interval)
}

/// What buckets are called, see [`Bucket::key`].
pub(super) fn labels_of_buckets(buckets: &[Bucket], interval: Interval) -> Vec<String> {
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
