//! `GET /api/v1/stats/vitals`: how fast pages feel. Ours; the address says the same as that of the dashboard's page.

use app::vitals_query::VitalsAddress;
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde_json::{Map, Value, json};
use trackflow::{
    domain::{Vital, VitalFigures},
    services::{Asking, vitals_service},
};

use super::{
    access::StatsReader,
    error::{ApiError, Error},
    parameters::Parameters,
    question::Asker,
};
use crate::state::AppState;

const PARAMETERS: [&str; 9] = [
    "site_id", "period", "from", "to", "by", "page", "country", "device", "limit",
];

const LIMIT: usize = 1_000;
const DEFAULT_LIMIT: usize = 100;

/// Get web vitals.
///
/// The 75th percentile of what browsers measured (milliseconds, cls without a unit), its rating, and how many measurements were good, in need of
/// improvement and poor: of all, and by page, country or device, the most measured first.
#[utoipa::path(
    get,
    path = "/api/v1/stats/vitals",
    tag = "Statistics",
    params(
        ("site_id" = String, Query, description = "Domain of the site"),
        ("period" = Option<String>, Query, description = "today, yesterday, 24h, 7d, 28d (default), 30d, 91d, month, last_month, year, 12mo, all or custom; of whole days, today among them"),
        ("from" = Option<String>, Query, description = "First day of the period custom"),
        ("to" = Option<String>, Query, description = "Last day of the period custom"),
        ("by" = Option<String>, Query, description = "page (default), country or device"),
        ("page" = Option<String>, Query, description = "Only this page"),
        ("country" = Option<String>, Query, description = "Only this country, by its code of two letters"),
        ("device" = Option<String>, Query, description = "Only this class: Desktop, Mobile, Tablet, TV, Console"),
        ("limit" = Option<usize>, Query, description = "Most rows, 1 to 1000; 100 by default"),
    ),
    responses(
        (status = 200, description = "The figures", body = Object, example = json!({
            "total": {"lcp": {"p75": 2450.0, "rating": "good", "good": 310, "needs_improvement": 52, "poor": 11}},
            "results": [{"page": "/", "lcp": {"p75": 1975.0, "rating": "good", "good": 190, "needs_improvement": 8, "poor": 1}}],
            "total_rows": 1
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
    let limit = parameters.number("limit", 1..=LIMIT)?;
    let (address, problems) = VitalsAddress::parse(raw.as_deref().unwrap_or_default());
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems.join("; ")));
    }
    let asker = Asker::new(&state, &principal);
    let turn = state.context.turns.take(Asking::Program).await?;
    let report = vitals_service::get_report(
        &state.context.db,
        &principal,
        domain,
        &address.query,
        limit.unwrap_or(DEFAULT_LIMIT),
        asker.now,
    )
    .await?;
    drop(turn);
    let by = address.query.by.key();
    let rows = report.rows.into_iter().map(|row| {
        let mut fields = figures(&row.figures);
        fields.insert(by.into(), row.value.into());
        Value::from(fields)
    });
    Ok(Json(json!({
        "total": figures(&report.figures),
        "results": rows.collect::<Vec<_>>(),
        "total_rows": report.total_rows,
    })))
}

/// The figures of each vital by its key.
fn figures(figures: &[VitalFigures; 5]) -> Map<String, Value> {
    let named = Vital::ALL.into_iter().zip(figures);
    let written = named.map(|(vital, figures)| {
        let rating = figures.p75.map(|p75| vital.rate(p75).key());
        let value = json!({
            "p75": figures.p75,
            "rating": rating,
            "good": figures.good,
            "needs_improvement": figures.needs_improvement,
            "poor": figures.poor,
        });
        (vital.key().to_owned(), value)
    });
    written.collect()
}
