//! Goals and custom properties as tables.

use app::format;
use serde_json::Value;
use trackflow::{
    domain::{
        DashboardQuery, DateRange, Group, Metric, RevenueByCurrency, Site, StatsQuery, Subject,
    },
    services::{segment_service, stats_service},
};

use super::{
    super::{error::ApiError, figures, names::empty_label, question::Asker},
    file::Table,
};

/// The figures of a custom property's values.
const OF_PROPERTY: [Metric; 3] = [Metric::Visitors, Metric::Events, Metric::Percentage];

/// All goals, as the dashboard's panel has them.
pub(super) async fn goals(
    asker: &Asker<'_>,
    site: &Site,
    query: &DashboardQuery,
) -> Result<Table, ApiError> {
    let db = &asker.state.context.db;
    let (principal, domain) = (asker.principal, &site.domain);
    let reports = stats_service::count_goals(db, principal, domain, query, asker.now).await?;
    let mut table = Table::new(reports.len());
    table.head.extend([
        "goal",
        "visitors",
        "conversions",
        Metric::ConversionRate.key(),
        "revenue",
    ]);
    for report in reports {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let rate =
            (report.all_visitors > 0).then(|| report.visitors as f64 / report.all_visitors as f64);
        table.rows.push(vec![
            report.goal.name.into(),
            report.visitors.into(),
            report.conversions.into(),
            figures::number(Metric::ConversionRate, rate),
            in_words(&report.revenue),
        ]);
    }
    Ok(table)
}

/// Amounts of all currencies in one cell: a column for each would differ from day to day.
fn in_words(revenue: &RevenueByCurrency) -> Value {
    let totals = revenue.totals().iter();
    let words = totals.map(|entry| format::money(&entry.total).exact);
    words.collect::<Vec<_>>().join("; ").into()
}

/// The values of a custom property, most visitors first.
pub(super) async fn property(
    asker: &Asker<'_>,
    site: &Site,
    query: &DashboardQuery,
    name: &str,
) -> Result<Table, ApiError> {
    let db = &asker.state.context.db;
    let subject = Subject::Property(name.to_owned());
    let question = StatsQuery {
        groups: vec![Group::Subject(subject.clone())],
        condition: segment_service::condition_of(db, asker.principal, site.id, query).await?,
        ..StatsQuery::totals(DateRange::Period(query.period), OF_PROPERTY.to_vec())
    };
    let (principal, domain) = (asker.principal, &site.domain);
    let answer = stats_service::answer(db, principal, domain, &question, asker.now).await?;
    let mut table = Table::new(answer.total_rows);
    table.head.push("value");
    table.head.extend(OF_PROPERTY.map(Metric::key));
    for row in answer.rows {
        let value = row.groups.first().map_or("", String::as_str);
        let value = match value {
            "" => empty_label(&subject),
            value => value,
        };
        let mut cells: Vec<Value> = vec![value.into()];
        let pairs = OF_PROPERTY.iter().zip(row.metrics);
        cells.extend(pairs.map(|(metric, value)| figures::number(*metric, value)));
        table.rows.push(cells);
    }
    Ok(table)
}
