//! The values of one dimension or property: the first few for a panel, or a page of all.

use super::{
    axis::Axis,
    counted_rows::amount,
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
        Figures, Metric, Principal, RevenueByCurrency, SiteId, Subject, Timestamp, language_name,
    },
    services::ServiceError,
};

/// A value by its key, and its figures.
type Row = (i64, Figures);

/// Gets a page of all values of one dimension or property.
///
/// # Errors
/// As [`super::get_dashboard`].
pub async fn get_breakdown(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    subject: impl Into<Subject>,
    page: &BreakdownPage,
    now: Timestamp,
) -> Result<Breakdown, ServiceError> {
    let subject = subject.into();
    let question = dashboard::prepare(db, principal, domain, query, now).await?;
    let measures = match subject.dimension() {
        Some(Dimension::Page) => Measures::ALL,
        _ => measures_of(&subject),
    };
    let tally = Tally::new(vec![Axis::of(&subject)], measures).with_revenue(page.has_revenue);
    let (counts, _) = question.count(db, &question.range, vec![tally]).await?;
    let rows = rows_of(question.names, &subject, &counts[0]);
    let mut rows = named(db, question.site.id, &subject, &counts[0], rows).await?;
    let search = page.search.to_lowercase();
    if !search.is_empty() {
        rows.retain(|row| is_found(&subject, &row.value, &search));
    }
    sort(&mut rows, page.order, page.is_ascending);
    Ok(Breakdown {
        subject,
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

/// What tables count for each value: properties are of events alone, which needs fewer columns.
pub(super) fn measures_of(subject: &Subject) -> Measures {
    match subject {
        Subject::Dimension(_) => Measures::FIGURES,
        Subject::Property(_) => Measures::of([Metric::Visitors, Metric::Events]),
    }
}

/// Whether a value has a lower-case text as a part, as stored or, for a country or language, by its name: tables show that.
fn is_found(subject: &Subject, value: &str, search: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(search);
    has(value)
        || match subject.dimension() {
            Some(Dimension::Country) => {
                Country::find(value).is_some_and(|country| has(country.name))
            }
            Some(Dimension::Language) => language_name(value).is_some_and(|name| has(&name)),
            _ => false,
        }
}

/// The rows that tables of a dimension show: events are custom events.
fn rows_of(names: EventNames, subject: &Subject, counts: &Counts) -> Vec<Row> {
    let is_of_names = subject.dimension() == Some(Dimension::Event);
    counts
        .rows
        .iter()
        .map(|(keys, figures)| (keys[0], *figures))
        .filter(|(key, _)| !is_of_names || Some(*key) != names.pageview)
        .collect()
}

/// The `limit` rows with most visitors, for tables that show no more of them. Only strings that can be among them are read.
pub(super) async fn top_rows(
    db: &Db,
    site: SiteId,
    names: EventNames,
    subject: &Subject,
    counts: &Counts,
    limit: usize,
) -> Result<Breakdown, DbError> {
    let mut rows = rows_of(names, subject, counts);
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
    let mut rows = named(db, site, subject, counts, rows).await?;
    sort(&mut rows, BreakdownOrder::Metric(Metric::Visitors), false);
    rows.truncate(limit);
    Ok(Breakdown {
        subject: subject.clone(),
        rows,
        total_rows,
        max_visitors,
        has_time_on_page: true,
    })
}

async fn named(
    db: &Db,
    site: SiteId,
    subject: &Subject,
    counts: &Counts,
    rows: Vec<Row>,
) -> Result<Vec<BreakdownRow>, DbError> {
    let has_words = subject.dimension().is_some_and(|of| !of.is_of_time());
    let keys = rows.iter().map(|row| row.0).filter(|_| has_words);
    let values = words::find_values(db, site, keys).await?;
    let value = |key: i64| match subject {
        Subject::Property(_) => counts.texts.get(key).clone(),
        Subject::Dimension(of) if of.is_of_time() => time_text(*of, key),
        Subject::Dimension(_) => values.get(&key).cloned().unwrap_or_default(),
    };
    let rows = rows.into_iter().map(|(key, figures)| BreakdownRow {
        value: value(key),
        figures,
        revenue: counts
            .revenue
            .get([key].as_slice())
            .cloned()
            .unwrap_or_default(),
    });
    Ok(rows.collect())
}

/// The currency of most events, of several the first.
fn main_currency(rows: &[BreakdownRow]) -> Option<String> {
    let mut all = RevenueByCurrency::default();
    rows.iter().for_each(|row| all += &row.revenue);
    let totals = all.totals().iter().rev();
    let main = totals.max_by_key(|entry| entry.events)?;
    Some(main.total.currency.clone())
}

/// Sorts by one column, equal rows by value; undefined figures come last either way.
fn sort(rows: &mut [BreakdownRow], order: BreakdownOrder, is_ascending: bool) {
    let currency = match order {
        BreakdownOrder::Metric(metric) if metric.is_revenue() => main_currency(rows),
        _ => None,
    };
    let column = |row: &BreakdownRow| match order {
        BreakdownOrder::Value => None,
        BreakdownOrder::Metric(metric) if metric.is_revenue() => {
            amount(metric, &row.revenue, currency.as_deref()?)
        }
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
