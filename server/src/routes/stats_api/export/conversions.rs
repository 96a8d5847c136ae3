//! Goals and custom properties as tables.

use app::format;
use serde_json::Value;
use trackflow::{
    domain::{BreakdownPage, DashboardQuery, Metric, RevenueByCurrency, Site, Subject},
    services::stats_service,
};

use super::{
    super::{error::ApiError, figures, names::empty_label, question::Asker},
    file::Table,
};

/// The figures of a custom property's values.
const OF_PROPERTY: [Metric; 3] = [Metric::Visitors, Metric::Events, Metric::Percentage];

/// Those that stand behind them if there is any.
const OF_REVENUE: [Metric; 2] = [Metric::TotalRevenue, Metric::AverageRevenue];

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
        let rate = rate(report.visitors, report.all_visitors);
        table.rows.push(vec![
            report.goal.name.into(),
            report.visitors.into(),
            report.conversions.into(),
            figures::number(Metric::ConversionRate, rate),
            in_words(&report.revenue, Metric::TotalRevenue),
        ]);
    }
    Ok(table)
}

/// What events were worth, in all or on average, of all currencies in one cell: a column for each would differ from day to day.
pub(super) fn in_words(revenue: &RevenueByCurrency, metric: Metric) -> Value {
    let totals = revenue.totals().iter();
    let words = totals.map(|entry| match metric {
        Metric::AverageRevenue => format::money(&entry.average()).exact,
        _ => format::money(&entry.total).exact,
    });
    words.collect::<Vec<_>>().join("; ").into()
}

/// The values of a custom property, as its page has them, with their shares of all visitors.
pub(super) async fn property(
    asker: &Asker<'_>,
    site: &Site,
    query: &DashboardQuery,
    subject: &Subject,
    page: &BreakdownPage,
) -> Result<Table, ApiError> {
    let db = &asker.state.context.db;
    let (principal, domain, now) = (asker.principal, &site.domain, asker.now);
    let of = subject.clone();
    let breakdown =
        stats_service::get_breakdown(db, principal, domain, query, of, page, now).await?;
    let whole = stats_service::get_dashboard(db, principal, domain, query, &[], 0, now).await?;
    let all = whole.figures.visitors;
    let mut table = Table::new(breakdown.total_rows);
    table.head.push("value");
    table.head.extend(OF_PROPERTY.map(Metric::key));
    if page.has_revenue {
        table.head.extend(OF_REVENUE.map(Metric::key));
    }
    for row in breakdown.rows {
        let value = match row.value.as_str() {
            "" => empty_label(subject).into(),
            _ => row.value,
        };
        let mut cells: Vec<Value> = vec![value.into()];
        cells.extend(OF_PROPERTY.map(|metric| {
            let value = match metric {
                Metric::Percentage => rate(row.figures.visitors, all),
                _ => row.figures.value(metric),
            };
            figures::number(metric, value)
        }));
        if page.has_revenue {
            cells.extend(OF_REVENUE.map(|metric| in_words(&row.revenue, metric)));
        }
        table.rows.push(cells);
    }
    Ok(table)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
