//! `GET /api/v1/stats/journeys`: which pages visits walk through. Ours; the address says the same as that of the dashboard's page.

use app::journey_query::JourneyAddress;
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde_json::{Value, json};
use trackflow::{
    domain::JourneyReport,
    services::{Asking, stats_service},
};

use super::{
    access::StatsReader,
    error::{ApiError, Error},
    parameters::Parameters,
    question::Asker,
};
use crate::state::AppState;

const PARAMETERS: [&str; 10] = [
    "site_id",
    "period",
    "from",
    "to",
    "filter",
    "segment",
    "goal",
    "page",
    "direction",
    "steps",
];

/// Get journeys.
///
/// Which pages visits walk through, one after another: at each step the six most visited pages, the others together as `(other)`, and as `(end)`, or followed back
/// as `(start)`, the visits without a further page; and for each of them where its visits are at the next step.
#[utoipa::path(
    get,
    path = "/api/v1/stats/journeys",
    tag = "Statistics",
    params(
        ("site_id" = String, Query, description = "Domain of the site"),
        ("period" = Option<String>, Query, description = "today, yesterday, 24h, 7d, 28d (default), 30d, 91d, month, last_month, year, 12mo, all or custom; as on the dashboard, today is among them"),
        ("from" = Option<String>, Query, description = "First day of the period custom"),
        ("to" = Option<String>, Query, description = "Last day of the period custom"),
        ("filter" = Option<Vec<String>>, Query, description = "DIMENSION:OPERATOR:VALUE, as in the dashboard's address; can be repeated. Filters choose visits"),
        ("segment" = Option<i64>, Query, description = "Only visits of this segment"),
        ("goal" = Option<i64>, Query, description = "Only visits that reached this goal"),
        ("page" = Option<String>, Query, description = "Where journeys begin or, followed back, end: at the first view of this page. Without it at the first or last page of the visit"),
        ("direction" = Option<String>, Query, description = "forward (default) or back"),
        ("steps" = Option<usize>, Query, description = "2 to 6; 4 by default"),
    ),
    responses(
        (status = 200, description = "The journeys", body = Object, example = json!({
            "visits": 40,
            "results": [
                {"step": 1, "nodes": [{"page": "/pricing", "visits": 40, "next": [{"page": "/signup", "visits": 30}, {"page": "(end)", "visits": 10}]}]},
                {"step": 2, "nodes": [{"page": "/signup", "visits": 30, "next": []}, {"page": "(end)", "visits": 10, "next": []}]}
            ]
        })),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "As of /api/v2/query", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn get(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let parameters = Parameters::parse(raw.as_deref(), &PARAMETERS)?;
    let domain = parameters.site()?;
    let (address, problems) = JourneyAddress::parse(raw.as_deref().unwrap_or_default());
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems.join("; ")));
    }
    let asker = Asker::new(&state, &principal);
    let turn = state.context.turns.take(Asking::Program).await?;
    let report = stats_service::get_journeys(
        &state.context.db,
        &principal,
        domain,
        &address.dashboard.query,
        &address.query,
        asker.now,
    )
    .await?;
    drop(turn);
    let steps = (0..report.steps.len()).map(|at| {
        let nodes = report.steps[at].nodes.len();
        let nodes: Vec<_> = (0..nodes).map(|node| written(&report, at, node)).collect();
        json!({"step": at + 1, "nodes": nodes})
    });
    Ok(Json(json!({
        "visits": report.visits,
        "results": steps.collect::<Vec<_>>(),
    })))
}

/// A node of a step and where its visits go, most visits first.
fn written(report: &JourneyReport, at: usize, node: usize) -> Value {
    let direction = report.query.direction;
    let next = report.steps[at].next_of(node).into_iter().map(|flow| {
        let place = &report.steps[at + 1].nodes[flow.to].place;
        json!({"page": place.label(direction), "visits": flow.visits})
    });
    let next: Vec<_> = next.collect();
    let node = &report.steps[at].nodes[node];
    json!({"page": node.place.label(direction), "visits": node.visits, "next": next})
}
