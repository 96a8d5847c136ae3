//! The answer to `POST /api/v2/query`, as it is on the wire.

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use trackflow::domain::{Plan, RevenueByCurrency, StatsAnswer, StatsRow, Timestamp};
use utoipa::ToSchema;

use super::{
    figures,
    names::DimensionKind,
    question::Question,
    request::{Include, Pagination, QueryRequest},
};

/// Rows, what else was asked for, and the question as it was understood.
#[derive(Serialize, ToSchema)]
pub(super) struct QueryAnswer {
    pub(super) results: Vec<ResultRow>,
    pub(super) meta: Meta,
    pub(super) query: ResolvedQuery,
}

/// A row.
#[derive(Serialize, ToSchema)]
pub(super) struct ResultRow {
    /// The values of the dimensions, in their order. Without a value: `Direct / None` of sources and referrers, `(none)` of properties,
    /// else `(not set)`. Buckets of time are `2026-11-24`, hours `2026-11-24 13:00:00`.
    pub(super) dimensions: Vec<String>,
    /// The metrics, in their order: rates in percent, times in seconds, `null` where there is no figure.
    #[schema(value_type = Vec<Option<Figure>>)]
    pub(super) metrics: Vec<Value>,
    /// With `include.comparisons`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comparison: Option<ComparedRow>,
}

/// The same row of the range that is compared with.
#[derive(Serialize, ToSchema)]
pub(super) struct ComparedRow {
    /// Buckets of time are those of the other range; where it has none at this place, the name is empty and the metrics are null.
    pub(super) dimensions: Vec<String>,
    #[schema(value_type = Vec<Option<Figure>>)]
    pub(super) metrics: Vec<Value>,
    /// In percent, of rates in percentage points.
    #[schema(value_type = Vec<Option<f64>>)]
    pub(super) change: Vec<Value>,
}

/// A figure of a row.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `figures` writes")]
pub(super) enum Figure {
    /// All but revenue.
    Number(f64),
    /// Revenue in one currency.
    Revenue(RevenueFigure),
    /// Revenue in several currencies, which are not summed.
    Revenues(Vec<RevenueFigure>),
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(super) struct RevenueFigure {
    /// In units of the currency.
    value: f64,
    /// Code of ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    /// In words.
    #[schema(example = "EUR 12.3k")]
    short: String,
    /// In words, with all decimals of the currency.
    #[schema(example = "EUR 12,345.60")]
    long: String,
}

/// What was asked for beside the rows.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    imports_included: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imports_skip_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imports_warning: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_labels: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_rows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanMeta>,
}

/// How the question was answered.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanMeta {
    /// Days read from roll-ups.
    rolled_up_days: usize,
    /// Whole months among them that were read as one.
    rolled_up_months: usize,
    /// Days read from day blocks.
    block_days: usize,
    /// Days left out, since nothing in them can satisfy the filters.
    skipped_days: usize,
    /// Days read from rows.
    row_days: usize,
    /// Events looked at, those of roll-ups aside.
    events: u64,
    /// Bytes of blocks and roll-ups read.
    bytes: u64,
    /// Columns of blocks and rows looked at.
    columns: Vec<String>,
}

/// The question as it was understood.
#[derive(Serialize, ToSchema)]
pub(super) struct ResolvedQuery {
    site_id: String,
    metrics: Vec<String>,
    /// First and last second, in the site's time zone.
    date_range: [String; 2],
    #[schema(value_type = Vec<Vec<Value>>)]
    filters: Vec<Value>,
    dimensions: Vec<String>,
    #[schema(value_type = Vec<Vec<String>>)]
    order_by: Vec<(String, &'static str)>,
    include: Include,
    pagination: Pagination,
}

/// Writes an answer.
pub(super) fn write(
    request: QueryRequest,
    question: &Question,
    answer: StatsAnswer,
    now: Timestamp,
) -> QueryAnswer {
    let include = &request.include;
    let is_cut = include.trim_relative_date_range;
    let until = if is_cut && answer.to > now {
        now
    } else {
        answer.to
    };
    let meta = Meta {
        imports_included: include.imports.then_some(false),
        imports_skip_reason: include.imports.then_some("no_imported_data"),
        imports_warning: include
            .imports
            .then_some("There are no imported statistics for this site."),
        time_labels: include.time_labels.then(|| answer.time_labels.clone()),
        total_rows: include.total_rows.then_some(answer.total_rows),
        plan: include.plan.then(|| plan(&answer.plan)),
    };
    let rows = answer.rows.iter();
    QueryAnswer {
        results: rows.map(|row| write_row(question, row, &answer)).collect(),
        meta,
        query: ResolvedQuery {
            site_id: question.site.domain.clone(),
            metrics: request.metrics,
            date_range: [
                instant(answer.from, &question.zone),
                instant(until.plus_ms(-1_000), &question.zone),
            ],
            filters: request.filters,
            dimensions: question
                .dimensions
                .iter()
                .map(|dimension| dimension.name.clone())
                .collect(),
            order_by: question.order.clone(),
            include: request.include,
            pagination: request.pagination,
        },
    }
}

fn plan(plan: &Plan) -> PlanMeta {
    PlanMeta {
        rolled_up_days: plan.rolled_up_days,
        rolled_up_months: plan.rolled_up_months,
        block_days: plan.block_days,
        skipped_days: plan.skipped_days,
        row_days: plan.row_days,
        events: plan.events,
        bytes: plan.bytes,
        columns: plan.columns.clone(),
    }
}

fn write_row(question: &Question, row: &StatsRow, answer: &StatsAnswer) -> ResultRow {
    let metrics = &question.query.metrics;
    let write = |values: &[Option<f64>], revenue: &RevenueByCurrency| -> Vec<Value> {
        let pairs = metrics.iter().zip(values);
        pairs
            .map(|(metric, value)| figures::write(*metric, *value, revenue))
            .collect()
    };
    let now = write(&row.metrics, &row.revenue);
    let comparison = row.previous.as_ref().map(|(values, revenue)| {
        let before = write(values, revenue);
        let pairs = metrics.iter().zip(now.iter().zip(&before));
        ComparedRow {
            dimensions: compared_dimensions(question, row, answer),
            change: pairs
                .map(|(metric, (now, before))| figures::change(*metric, now, before))
                .collect(),
            metrics: before,
        }
    });
    ResultRow {
        dimensions: labels(question, row),
        metrics: now,
        comparison,
    }
}

fn labels(question: &Question, row: &StatsRow) -> Vec<String> {
    let dimensions = question.dimensions.iter().zip(&row.groups);
    dimensions
        .map(|(dimension, value)| dimension.label(value))
        .collect()
}

/// A bucket of time stands beside the one that is as far from the start of the other range.
fn compared_dimensions(question: &Question, row: &StatsRow, answer: &StatsAnswer) -> Vec<String> {
    let dimensions = question.dimensions.iter().zip(&row.groups);
    dimensions
        .map(|(dimension, value)| match dimension.kind {
            DimensionKind::Time(_) => {
                let at = answer.time_labels.iter().position(|label| label == value);
                let label = at.and_then(|at| answer.compared_labels.get(at));
                label.cloned().unwrap_or_default()
            }
            _ => dimension.label(value),
        })
        .collect()
}

/// As RFC 3339 writes it, with the zone's offset.
pub(super) fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    let at = at.to_zoned_datetime(zone.clone());
    at.strftime("%FT%T%:z").to_string()
}
