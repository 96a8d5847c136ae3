//! The values of one dimension: the first few for a panel, or a page of all.

use super::{
    axis::Axis,
    dashboard,
    measures::Measures,
    selected::EventNames,
    selection::time_text,
    tally::{Counts, Tally},
    words,
};
use crate::{
    db::{Db, DbError},
    domain::{
        Breakdown, BreakdownOrder, BreakdownPage, BreakdownRow, Country, DashboardQuery, Dimension,
        Figures, Metric, Principal, SiteId, Timestamp, language_name,
    },
    services::ServiceError,
};

/// A value of a dimension by its key, and its figures.
type Row = (i64, Figures);

/// Gets a page of all values of one dimension.
///
/// # Errors
/// As [`super::get_dashboard`].
pub async fn get_breakdown(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    dimension: Dimension,
    page: &BreakdownPage,
    now: Timestamp,
) -> Result<Breakdown, ServiceError> {
    let question = dashboard::prepare(db, principal, domain, query, now).await?;
    let measures = if dimension == Dimension::Page {
        Measures::ALL
    } else {
        Measures::FIGURES
    };
    let tally = Tally::new(vec![Axis::of(&dimension.into())], measures);
    let (counts, _) = question.count(db, &question.range, vec![tally]).await?;
    let rows = rows_of(question.names, dimension, &counts[0]);
    let mut rows = named(db, question.site.id, dimension, rows).await?;
    let search = page.search.to_lowercase();
    if !search.is_empty() {
        rows.retain(|row| is_found(dimension, &row.value, &search));
    }
    sort(&mut rows, page.order, page.is_ascending);
    Ok(Breakdown {
        dimension,
        total_rows: rows.len(),
        has_time_on_page: question.has_time_on_page,
        max_visitors: rows
            .iter()
            .map(|row| row.figures.visitors)
            .max()
            .unwrap_or(0),
        rows: rows
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .collect(),
    })
}

/// Whether a value has a lower-case text as a part, as stored or, for a country or language, by its name: tables show that.
fn is_found(dimension: Dimension, value: &str, search: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(search);
    has(value)
        || match dimension {
            Dimension::Country => Country::find(value).is_some_and(|country| has(country.name)),
            Dimension::Language => language_name(value).is_some_and(|name| has(&name)),
            _ => false,
        }
}

/// The rows that tables of a dimension show: events are custom events.
fn rows_of(names: EventNames, dimension: Dimension, counts: &Counts) -> Vec<Row> {
    counts
        .rows
        .iter()
        .map(|(keys, figures)| (keys[0], *figures))
        .filter(|(key, _)| dimension != Dimension::Event || Some(*key) != names.pageview)
        .collect()
}

/// The `limit` rows with most visitors, for tables that show no more of them. Only strings that can be among them are read.
pub(super) async fn top_rows(
    db: &Db,
    site: SiteId,
    names: EventNames,
    dimension: Dimension,
    counts: &Counts,
    limit: usize,
) -> Result<Breakdown, DbError> {
    let mut rows = rows_of(names, dimension, counts);
    rows.sort_unstable_by_key(|(_, figures)| std::cmp::Reverse(figures.visitors));
    let total_rows = rows.len();
    let max_visitors = rows.first().map_or(0, |(_, figures)| figures.visitors);
    if let Some(least) = limit
        .checked_sub(1)
        .and_then(|last| rows.get(last))
        .map(|(_, figures)| figures.visitors)
    {
        rows.retain(|(_, figures)| figures.visitors >= least);
    }
    let mut rows = named(db, site, dimension, rows).await?;
    sort(&mut rows, BreakdownOrder::Metric(Metric::Visitors), false);
    rows.truncate(limit);
    Ok(Breakdown {
        dimension,
        rows,
        total_rows,
        max_visitors,
        has_time_on_page: true,
    })
}

async fn named(
    db: &Db,
    site: SiteId,
    dimension: Dimension,
    rows: Vec<Row>,
) -> Result<Vec<BreakdownRow>, DbError> {
    if dimension.is_of_time() {
        let rows = rows.into_iter().map(|(key, figures)| BreakdownRow {
            value: time_text(dimension, key),
            figures,
        });
        return Ok(rows.collect());
    }
    let values = words::find_values(db, site, rows.iter().map(|row| row.0)).await?;
    let rows = rows.into_iter().map(|(key, figures)| BreakdownRow {
        value: values.get(&key).cloned().unwrap_or_default(),
        figures,
    });
    Ok(rows.collect())
}

/// Sorts by one column, equal rows by value; undefined figures come last either way.
fn sort(rows: &mut [BreakdownRow], order: BreakdownOrder, is_ascending: bool) {
    let column = |row: &BreakdownRow| match order {
        BreakdownOrder::Value => None,
        BreakdownOrder::Metric(metric) => row.figures.value(metric),
    };
    rows.sort_by(|a, b| {
        let by_column = compare(column(a), column(b), is_ascending);
        let by_value = a.value.cmp(&b.value);
        let is_reversed = order == BreakdownOrder::Value && !is_ascending;
        by_column.then(if is_reversed {
            by_value.reverse()
        } else {
            by_value
        })
    });
}

/// Compares two figures; undefined ones come last either way.
pub(super) fn compare(a: Option<f64>, b: Option<f64>, is_ascending: bool) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) if is_ascending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
