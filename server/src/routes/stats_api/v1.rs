//! `GET /api/v1/stats/…`: Plausible's older API, answered by the same questions.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use jiff::{ToSpan, civil};
use serde_json::{Map, Value, json};
use trackflow::{
    domain::{
        ComparedRange, Comparison, Condition, Date, DateRange, Figures, Interval, Metric, OrderBy,
        Period, Site, StatsAnswer, StatsQuery,
    },
    services::stats_service,
};

use super::{
    StatsApi,
    access::StatsReader,
    error::{ApiError, Error, shortened},
    figures,
    names::{DimensionKind, NamedDimension, PROPERTY},
    parameters::Parameters,
    question::{self, Asker, parse_metrics},
    range::{self, AskedRange},
    v1_filters,
};
use crate::state::AppState;

/// What every question may say.
const COMMON: [&str; 6] = [
    "site_id",
    "period",
    "date",
    "metrics",
    "filters",
    "with_imported",
];

const PERIODS: &str = "use day, 7d, 30d or another number of days, month, 6mo, 12mo or another number of months, year, all, or custom";

/// A question as the parameters put it.
struct Asked {
    site: Site,
    metrics: Vec<Metric>,
    range: AskedRange,
    condition: Condition,
}

/// Count current visitors.
///
/// Distinct visitors with an event in the last five minutes, as a bare number.
#[utoipa::path(
    get,
    path = "/api/v1/stats/realtime/visitors",
    tag = "Statistics, version 1",
    params(("site_id" = String, Query, description = "Domain of the site")),
    responses(
        (status = 200, description = "The number", body = u64, example = json!(21)),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "As of /api/v2/query", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn current_visitors(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    RawQuery(raw): RawQuery,
) -> Result<Json<u64>, ApiError> {
    let parameters = Parameters::parse(raw.as_deref(), &["site_id"])?;
    let asker = Asker::new(&state, &principal);
    let domain = parameters.site()?;
    let db = &state.context.db;
    let count = stats_service::count_current_visitors(db, &principal, domain, asker.now).await?;
    Ok(Json(count))
}

/// Get totals.
///
/// One figure for each metric.
#[utoipa::path(
    get,
    path = "/api/v1/stats/aggregate",
    tag = "Statistics, version 1",
    params(
        ("site_id" = String, Query, description = "Domain of the site"),
        ("period" = Option<String>, Query, description = "day, 7d, 30d (default), month, 6mo, 12mo, year, all or custom; days and months leave out today and this month"),
        ("date" = Option<String>, Query, description = "What the period is counted from, today by default; of custom two dates with a comma between"),
        ("metrics" = Option<String>, Query, description = "With commas between; visitors by default"),
        ("filters" = Option<String>, Query, description = "`event:page==/blog*;visit:country!=DE|AT`: all must hold; * is any text"),
        ("compare" = Option<String>, Query, description = "previous_period adds the change against the equally long period before"),
        ("with_imported" = Option<bool>, Query, description = "Without effect: there are no imports"),
    ),
    responses(
        (status = 200, description = "The figures", body = Object, example = json!({"results": {"visitors": {"value": 412, "change": 7}}})),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "As of /api/v2/query", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn aggregate(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let parameters = parse(raw.as_deref(), &["compare"])?;
    let asker = Asker::new(&state, &principal);
    let asked = ask(&asker, &parameters).await?;
    let comparison = match parameters.find("compare") {
        None => ComparedRange::Off,
        Some("previous_period") => ComparedRange::Comparison {
            comparison: Comparison::Previous,
            is_weekday_matched: false,
        },
        Some(other) => return Err(ApiError::unknown("comparison", other, &["previous_period"])),
    };
    let query = StatsQuery {
        comparison,
        ..question::query(
            asked.range.range,
            asked.metrics.clone(),
            &[],
            asked.condition,
        )
    };
    let answer = answer(&asker, &asked.site, &query).await?;
    let row = answer.rows.first();
    let mut results = Map::new();
    for (at, metric) in asked.metrics.iter().enumerate() {
        let write = |values: &[Option<f64>], revenue| {
            figures::write(*metric, values.get(at).copied().flatten(), revenue)
        };
        let value = row.map(|row| write(&row.metrics, &row.revenue));
        let value = value.unwrap_or_default();
        let mut figure = Map::new();
        if comparison != ComparedRange::Off {
            let before = row.and_then(|row| row.previous.as_ref());
            let before = before.map(|(values, revenue)| write(values, revenue));
            let change = figures::change(*metric, &value, &before.unwrap_or_default());
            figure.insert("change".into(), change);
        }
        figure.insert("value".into(), value);
        results.insert(metric.key().into(), figure.into());
    }
    Ok(Json(json!({ "results": results })))
}

/// Get figures over time.
///
/// One entry for each bucket of time, empty ones too.
#[utoipa::path(
    get,
    path = "/api/v1/stats/timeseries",
    tag = "Statistics, version 1",
    params(
        ("site_id" = String, Query, description = "Domain of the site"),
        ("period" = Option<String>, Query, description = "As of aggregate"),
        ("date" = Option<String>, Query, description = "As of aggregate"),
        ("metrics" = Option<String>, Query, description = "With commas between; visitors by default"),
        ("filters" = Option<String>, Query, description = "As of aggregate"),
        ("interval" = Option<String>, Query, description = "day or month; by default month for 6mo, 12mo, year and all, the hours of a day, else day"),
        ("with_imported" = Option<bool>, Query, description = "Without effect: there are no imports"),
    ),
    responses(
        (status = 200, description = "The entries", body = Object, example = json!({"results": [{"date": "2026-11-23", "visitors": 58}, {"date": "2026-11-24", "visitors": 61}]})),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "As of /api/v2/query", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn timeseries(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let parameters = parse(raw.as_deref(), &["interval"])?;
    let asker = Asker::new(&state, &principal);
    let asked = ask(&asker, &parameters).await?;
    let interval = match parameters.find("interval") {
        None => default_interval(&parameters),
        Some("day" | "date") => Interval::Day,
        Some("month") => Interval::Month,
        Some(other) => return Err(ApiError::unknown("interval", other, &["day", "month"])),
    };
    let dimensions = [NamedDimension {
        name: String::new(),
        kind: DimensionKind::Time(Some(interval)),
    }];
    let metrics = asked.metrics;
    // A point has the rate of its own interval, as in Plausible.
    let of_points = metrics.iter().map(|metric| match metric {
        Metric::ConversionRate => Metric::GroupConversionRate,
        other => *other,
    });
    let query = StatsQuery {
        order: vec![(OrderBy::Group(0), false)],
        ..question::query(
            asked.range.range,
            of_points.collect(),
            &dimensions,
            asked.condition,
        )
    };
    let answer = answer(&asker, &asked.site, &query).await?;
    let mut rows = answer.rows.iter().peekable();
    let results = answer.time_labels.iter().map(|label| {
        let row = rows.next_if(|row| row.groups.first() == Some(label));
        let mut entry = Map::new();
        entry.insert("date".into(), label.as_str().into());
        for (at, metric) in metrics.iter().enumerate() {
            let value = match row {
                Some(row) => {
                    let value = row.metrics.get(at).copied().flatten();
                    figures::write(*metric, value, &row.revenue)
                }
                None => figures::number(*metric, Figures::default().value(*metric)),
            };
            entry.insert(metric.key().into(), value);
        }
        Value::Object(entry)
    });
    let results: Vec<_> = results.collect();
    Ok(Json(json!({ "results": results })))
}

/// Get the values of a property.
///
/// One entry for each value, the first metric's largest first.
#[utoipa::path(
    get,
    path = "/api/v1/stats/breakdown",
    tag = "Statistics, version 1",
    params(
        ("site_id" = String, Query, description = "Domain of the site"),
        ("property" = String, Query, description = "A dimension, such as visit:source or event:props:plan"),
        ("period" = Option<String>, Query, description = "As of aggregate"),
        ("date" = Option<String>, Query, description = "As of aggregate"),
        ("metrics" = Option<String>, Query, description = "With commas between; visitors by default"),
        ("filters" = Option<String>, Query, description = "As of aggregate"),
        ("limit" = Option<usize>, Query, description = "Most entries, 1 to 1000; 100 by default"),
        ("page" = Option<usize>, Query, description = "From 1"),
        ("with_imported" = Option<bool>, Query, description = "Without effect: there are no imports"),
    ),
    responses(
        (status = 200, description = "The entries", body = Object, example = json!({"results": [{"source": "Google", "visitors": 412}, {"source": "Direct / None", "visitors": 377}]})),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "As of /api/v2/query", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn breakdown(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    RawQuery(raw): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let parameters = parse(raw.as_deref(), &["property", "limit", "page"])?;
    let property = parameters
        .find("property")
        .ok_or_else(|| ApiError::invalid("`property` is missing: what to break down by"))?;
    let dimension = NamedDimension::parse(property)?;
    if matches!(dimension.kind, DimensionKind::Time(_)) {
        return Err(ApiError::invalid(
            "`property` cannot be time; ask for the timeseries",
        ));
    }
    let limit = parameters.number("limit", 1..=1_000)?.unwrap_or(100);
    let page = parameters.number("page", 1..=1_000_000)?.unwrap_or(1);
    let asker = Asker::new(&state, &principal);
    let asked = ask(&asker, &parameters).await?;
    let metrics = asked.metrics;
    // The name of a property is the sender's, colons and all.
    let key = property.strip_prefix(PROPERTY).unwrap_or_else(|| {
        let parts = property.rsplit_once(':');
        parts.map_or(property, |(_, key)| key)
    });
    if metrics.iter().any(|metric| metric.key() == key) {
        return Err(ApiError::invalid(format!(
            "`{key}` would be both the metric and the property of an entry; ask /api/v2/query, which keeps them apart"
        )));
    }
    let dimensions = [dimension];
    let query = StatsQuery {
        order: vec![(OrderBy::Metric(metrics[0]), true)],
        limit,
        offset: (page - 1) * limit,
        ..question::query(
            asked.range.range,
            metrics.clone(),
            &dimensions,
            asked.condition,
        )
    };
    let answer = answer(&asker, &asked.site, &query).await?;
    let [dimension] = dimensions;
    let results = answer.rows.iter().map(|row| {
        let mut entry = Map::new();
        for (metric, value) in metrics.iter().zip(&row.metrics) {
            let value = figures::write(*metric, *value, &row.revenue);
            entry.insert(metric.key().into(), value);
        }
        let value = row.groups.first().map(String::as_str);
        let label = dimension.label(value.unwrap_or_default());
        entry.insert(key.into(), label.into());
        Value::Object(entry)
    });
    let results: Vec<_> = results.collect();
    Ok(Json(json!({ "results": results })))
}

fn parse(raw: Option<&str>, more: &[&str]) -> Result<Parameters, ApiError> {
    let allowed = [&COMMON[..], more].concat();
    Parameters::parse(raw, &allowed)
}

async fn ask(asker: &Asker<'_>, parameters: &Parameters) -> Result<Asked, ApiError> {
    let names: Vec<_> = parameters
        .find("metrics")
        .unwrap_or("visitors")
        .split(',')
        .map(str::trim)
        .collect();
    let metrics = parse_metrics(&names)?;
    let condition = match parameters.find("filters") {
        Some(text) => v1_filters::parse(text)?,
        None => Condition::All(Vec::new()),
    };
    let (site, zone) = asker.site(parameters.site()?).await?;
    let range = parse_period(parameters, range::date_at(asker.now, &zone))?;
    Ok(Asked {
        site,
        metrics,
        range,
        condition,
    })
}

async fn answer(
    asker: &Asker<'_>,
    site: &Site,
    query: &StatsQuery,
) -> Result<StatsAnswer, ApiError> {
    query.check().map_err(|error| ApiError::invalid(error.0))?;
    StatsApi::ask(asker, site, query).await
}

/// `period` counted from `date`.
fn parse_period(parameters: &Parameters, today: civil::Date) -> Result<AskedRange, ApiError> {
    let name = parameters.find("period").unwrap_or("30d");
    let wrong = || {
        let shown = shortened(name);
        ApiError::invalid(format!("`period` cannot be {shown}; {PERIODS}"))
    };
    let date = parameters.find("date");
    if name == "custom" {
        let text = date.and_then(|date| date.split_once(','));
        let ends = text.map(|(from, to)| json!([from.trim(), to.trim()]));
        return ends
            .ok_or_else(|| {
                ApiError::invalid(
                    "`date` must be two dates with a comma between, such as 2026-11-01,2026-11-24",
                )
            })
            .and_then(|ends| range::parse(&ends, today));
    }
    let Some(date) = date.filter(|date| *date != "today") else {
        let is_known = !matches!(name, "24h" | "realtime");
        return match range::parse(&Value::from(name), today) {
            Ok(asked) if is_known => Ok(asked),
            _ => Err(wrong()),
        };
    };
    let date = Date::parse(date)
        .map(|date| civil::date(date.year(), date.month(), date.day()))
        .ok_or_else(|| ApiError::invalid("`date` must be a date such as 2026-11-24"))?;
    counted_from(name, date).ok_or_else(wrong)
}

/// A period that belongs to a date instead of to today.
fn counted_from(name: &str, date: civil::Date) -> Option<AskedRange> {
    match name {
        "day" => range::dates(date, date),
        "month" => range::dates(date.first_of_month(), date.last_of_month()),
        "year" => range::dates(date.first_of_year(), date.last_of_year()),
        _ => match range::parse(&Value::from(name), date).ok()?.range {
            DateRange::LastDays(days) => {
                let from = date.checked_sub(i32::from(days).days()).ok()?;
                range::dates(from, date.yesterday().ok()?)
            }
            DateRange::Period(period @ Period::Custom { .. }) => {
                range::parse(&Value::from(name), date)
                    .ok()
                    .filter(|asked| asked.range == DateRange::Period(period))
            }
            _ => None,
        },
    }
}

fn default_interval(parameters: &Parameters) -> Interval {
    match parameters.find("period").unwrap_or("30d") {
        "day" => Interval::Hour,
        "year" | "all" => Interval::Month,
        period if period.ends_with("mo") => Interval::Month,
        _ => Interval::Day,
    }
}
