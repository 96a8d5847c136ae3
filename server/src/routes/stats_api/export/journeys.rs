//! Journeys as a table: a row for each way from a page of a step to one of the next.

use serde_json::Value;
use trackflow::{
    domain::{DashboardQuery, JourneyQuery, Metric, Site},
    services::stats_service,
};

use super::{
    super::{error::ApiError, figures, question::Asker},
    file::Table,
};

/// All steps in the direction of the question. A place that nothing follows has one row, whose last two cells are empty.
pub(super) async fn table(
    asker: &Asker<'_>,
    site: &Site,
    query: &DashboardQuery,
    journey: &JourneyQuery,
) -> Result<Table, ApiError> {
    let db = &asker.state.context.db;
    let (principal, domain) = (asker.principal, &site.domain);
    let report =
        stats_service::get_journeys(db, principal, domain, query, journey, asker.now).await?;
    let direction = journey.direction;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for (at, step) in report.steps.iter().enumerate() {
        for (number, node) in step.nodes.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            let share = node.visits as f64 / report.visits as f64;
            let cells = [
                (at + 1).into(),
                node.place.label(direction).into(),
                node.visits.into(),
                figures::number(Metric::Percentage, Some(share)),
            ];
            let next = step.next_of(number).into_iter().map(|flow| {
                let place = &report.steps[at + 1].nodes[flow.to].place;
                [place.label(direction).into(), flow.visits.into()]
            });
            let mut next: Vec<[Value; 2]> = next.collect();
            if next.is_empty() {
                next.push(["".into(), Value::Null]);
            }
            rows.extend(next.into_iter().map(|next| [&cells[..], &next].concat()));
        }
    }
    let mut table = Table::new(rows.len());
    let share = Metric::Percentage.key();
    table
        .head
        .extend(["step", "page", "visits", share, "next_page", "next_visits"]);
    table.rows = rows;
    Ok(table)
}
