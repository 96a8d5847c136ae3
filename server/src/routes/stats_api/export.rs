//! Exports: a table of the dashboard, its goals, a custom property, journeys, or its main chart, as CSV or JSON.
//!
//! `/sites/{domain}/export/page.csv?period=7d&filter=…` for one who is logged in, `/api/v2/export/page.csv?site_id=…` with a key. The
//! address says the same as that of the page, which decides columns and order. Figures are written as by the stats API.

use std::borrow::Cow;

use app::{
    details_query::{DetailsAddress, column_key, columns},
    journey_query::JourneyAddress,
    query::{DashboardAddress, format_pairs},
};
use axum::{
    Extension, Router,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{StatusCode, Uri};
use serde_json::Value;
use trackflow::{
    domain::{
        BreakdownOrder, BreakdownPage, Country, DashboardQuery, DateRange, Dimension, JourneyQuery,
        Metric, Principal, Site, Subject,
    },
    services::{Asking, ServiceError, site_service, stats_service},
};

use super::{
    access::StatsReader,
    error::{ApiError, Error},
    figures,
    names::{DimensionKind, NamedDimension},
    parameters,
    question::Asker,
    range,
};
use crate::state::AppState;

mod conversions;
mod file;
mod journeys;

use file::{Format, Table};

/// Most rows of a file: as many pages as a site may have on a day. All are in memory while it is written.
const ROW_LIMIT: usize = 100_000;

/// What is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
enum View {
    /// The main chart.
    Timeseries,
    /// The panel of goals.
    Goals,
    /// The page of journeys.
    Journeys,
    /// All values of a dimension or custom property.
    Values(Subject),
}

impl View {
    fn key(&self) -> Cow<'static, str> {
        match self {
            Self::Timeseries => "timeseries".into(),
            Self::Goals => "goals".into(),
            Self::Journeys => "journeys".into(),
            Self::Values(subject) => subject.key(),
        }
    }

    /// Reads the name of a file: `page.csv`, `property.plan.csv`.
    fn parse(file: &str) -> Result<(Self, Format), ApiError> {
        let parts = file.rsplit_once('.');
        let format = parts.and_then(|(_, ending)| Format::from_key(ending));
        let view = parts.and_then(|(key, _)| match key {
            "timeseries" => Some(Self::Timeseries),
            "goals" => Some(Self::Goals),
            "journeys" => Some(Self::Journeys),
            key => Subject::from_key(key).map(Self::Values),
        });
        view.zip(format).ok_or_else(|| {
            let mut allowed = vec!["timeseries", "goals", "journeys", "property.NAME"];
            allowed.extend(Dimension::ALL.map(Dimension::key));
            let mut error = ApiError::unknown("export", file, &allowed);
            error.message.push_str("; with .csv or .json behind it");
            error
        })
    }
}

/// The route for people: behind the session, unless the dashboard is public.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/sites/{domain}/export/{file}", get(by_session))
}

async fn by_session(
    State(state): State<AppState>,
    principal: Option<Extension<Principal>>,
    Path((domain, file)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    uri: Uri,
) -> Response {
    let principal = principal.map_or(Principal::Anyone, |Extension(principal)| principal);
    let asker = Asker::new(&state, &principal);
    let raw = raw.unwrap_or_default();
    let answer = answer(&asker, &domain, &file, &raw, Asking::of_reader(&principal)).await;
    let is_refused = matches!(&answer, Err(error) if error.status == StatusCode::UNAUTHORIZED);
    if is_refused && principal.is_guest() {
        let next = format_pairs(&[("next", uri.to_string())]);
        return Redirect::to(&format!("/login{next}")).into_response();
    }
    // Who is logged in may know which sites there are.
    let told = answer.map_err(|error| match error.status {
        StatusCode::UNAUTHORIZED => ServiceError::NotFound("page").into(),
        _ => error,
    });
    told.into_response()
}

/// Export a table or the main chart.
///
/// A file of the same figures that the dashboard shows, at most 100,000 rows. In CSV a text that a spreadsheet would take for a formula has an
/// apostrophe before it. All other parameters of the dashboard's address can be used too.
#[utoipa::path(
    get,
    path = "/api/v2/export/{file}",
    tag = "Statistics",
    params(
        ("file" = String, Path, description = "timeseries, goals, journeys, a dimension of the dashboard (page, source, country …) or property.NAME, with .csv or .json", example = "page.csv"),
        ("site_id" = String, Query, description = "Domain of the site"),
        ("period" = Option<String>, Query, description = "today, yesterday, 24h, 7d, 28d (default), 30d, 91d, month, last_month, year, 12mo, all or custom; as on the dashboard, today is among them"),
        ("from" = Option<String>, Query, description = "First day of the period custom"),
        ("to" = Option<String>, Query, description = "Last day of the period custom"),
        ("filter" = Option<Vec<String>>, Query, description = "DIMENSION:OPERATOR:VALUE, as in the dashboard's address; can be repeated"),
        ("sort" = Option<String>, Query, description = "A column; visitors by default"),
        ("order" = Option<String>, Query, description = "ascending"),
        ("search" = Option<String>, Query, description = "Only values that have this as a part"),
    ),
    responses(
        (status = 200, description = "The file, of type text/csv or application/json; x-trackflow-total-rows says how many rows there are", content_type = "text/csv", body = String, example = json!("page,visitors,pageviews,time_on_page,scroll_depth\r\n/,412,903,41,66\r\n")),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "As of /api/v2/query", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn by_key(
    State(state): State<AppState>,
    StatsReader(principal): StatsReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let Path(file) = path?;
    let raw = raw.unwrap_or_default();
    let domain = parameters::site_of(&raw)?;
    let asker = Asker::new(&state, &principal);
    answer(&asker, &domain, &file, &raw, Asking::Program).await
}

async fn answer(
    asker: &Asker<'_>,
    domain: &str,
    file: &str,
    raw: &str,
    asking: Asking,
) -> Result<Response, ApiError> {
    let (view, format) = View::parse(file)?;
    let (site, _) = asker.site(domain).await?;
    let Asked {
        query,
        mut page,
        journey,
    } = Asked::parse(&view, raw)?;
    let turn = asker.state.context.turns.take(asking).await?;
    if let View::Values(_) = view {
        let (db, principal) = (&asker.state.context.db, asker.principal);
        let found =
            stats_service::find_extras(db, principal, &site.domain, query.period, asker.now);
        page.has_revenue = found.await?.has_revenue;
    }
    let table = match &view {
        View::Timeseries => timeseries(asker, &site, &query).await?,
        View::Goals => conversions::goals(asker, &site, &query).await?,
        View::Journeys => journeys::table(asker, &site, &query, &journey).await?,
        View::Values(Subject::Dimension(of)) => breakdown(asker, &site, &query, *of, &page).await?,
        View::Values(property) => {
            conversions::property(asker, &site, &query, property, &page).await?
        }
    };
    drop(turn);
    let name = file_name(asker, &site, &view, &query).await?;
    Ok(table.into_response(format, &name))
}

/// The state of the page that the address names.
#[derive(Default)]
struct Asked {
    query: DashboardQuery,
    /// Of all values.
    page: BreakdownPage,
    /// Of journeys.
    journey: JourneyQuery,
}

impl Asked {
    /// A page replaces what it cannot use, an export refuses it.
    fn parse(view: &View, raw: &str) -> Result<Self, ApiError> {
        let (asked, problems) = match view {
            View::Timeseries | View::Goals => {
                let parsed = DashboardAddress::parse(raw);
                let asked = Self {
                    query: parsed.address.query,
                    ..Self::default()
                };
                (asked, parsed.problems)
            }
            View::Journeys => {
                let (address, problems) = JourneyAddress::parse(raw);
                let asked = Self {
                    query: address.dashboard.query,
                    journey: address.query,
                    ..Self::default()
                };
                (asked, problems)
            }
            View::Values(subject) => {
                let (address, problems) = DetailsAddress::parse(raw, subject);
                let page = BreakdownPage {
                    offset: 0,
                    limit: ROW_LIMIT,
                    ..address.breakdown_page(false)
                };
                let asked = Self {
                    query: address.dashboard.query,
                    page,
                    ..Self::default()
                };
                (asked, problems)
            }
        };
        if problems.is_empty() {
            Ok(asked)
        } else {
            Err(ApiError::invalid(problems.join("; ")))
        }
    }
}

async fn breakdown(
    asker: &Asker<'_>,
    site: &Site,
    query: &DashboardQuery,
    dimension: Dimension,
    page: &BreakdownPage,
) -> Result<Table, ApiError> {
    let db = &asker.state.context.db;
    let (principal, domain) = (asker.principal, &site.domain);
    let mut breakdown =
        stats_service::get_breakdown(db, principal, domain, query, dimension, page, asker.now)
            .await?;
    let named = NamedDimension {
        name: String::new(),
        kind: DimensionKind::Values(dimension.into()),
    };
    let metrics: Vec<Metric> = columns(&dimension.into(), page.has_revenue)
        .into_iter()
        .filter_map(|column| match column {
            BreakdownOrder::Metric(metric) => Some(metric),
            BreakdownOrder::Value => None,
        })
        .collect();
    let is_country = dimension == Dimension::Country;
    let mut table = Table::new(breakdown.total_rows);
    table.head.push(dimension.key());
    if is_country {
        table.head.push("country_name");
    }
    let keys = metrics.iter().map(|metric| BreakdownOrder::Metric(*metric));
    table.head.extend(keys.map(column_key));
    for row in std::mem::take(&mut breakdown.rows) {
        let mut cells: Vec<Value> = vec![named.label(&row.value).into()];
        if is_country {
            let country = Country::find(&row.value);
            cells.push(
                country
                    .map_or_else(String::new, |found| found.name.into())
                    .into(),
            );
        }
        cells.extend(metrics.iter().map(|metric| match metric.is_revenue() {
            true => conversions::in_words(&row.revenue, *metric),
            false => figures::number(*metric, breakdown.value(*metric, &row.figures)),
        }));
        table.rows.push(cells);
    }
    Ok(table)
}

async fn timeseries(
    asker: &Asker<'_>,
    site: &Site,
    query: &DashboardQuery,
) -> Result<Table, ApiError> {
    let db = &asker.state.context.db;
    let (principal, domain) = (asker.principal, &site.domain);
    let dashboard =
        stats_service::get_dashboard(db, principal, domain, query, &[], 0, asker.now).await?;
    let series = dashboard.timeseries;
    let mut table = Table::new(series.points.len());
    table.head.push("time");
    table.head.extend(Metric::CARDS.map(Metric::key));
    let zone = site_service::zone_of(site);
    for point in series.points {
        let label = stats_service::bucket_key(point.at, series.interval, &zone);
        let values =
            Metric::CARDS.map(|metric| figures::number(metric, point.figures.value(metric)));
        let mut cells: Vec<Value> = vec![label.into()];
        cells.extend(values);
        table.rows.push(cells);
    }
    Ok(table)
}

/// Site, view and the days of the period: `example.com-page-2026-11-18-2026-11-24`.
async fn file_name(
    asker: &Asker<'_>,
    site: &Site,
    view: &View,
    query: &DashboardQuery,
) -> Result<String, ApiError> {
    let db = &asker.state.context.db;
    let range = DateRange::Period(query.period);
    let (from, to) = stats_service::find_ends(db, site, range, asker.now).await?;
    let zone = site_service::zone_of(site);
    let last = to.plus_ms(-1).min(asker.now).max(from);
    Ok(format!(
        "{}-{}-{}-{}",
        site.domain,
        view.key(),
        range::date_at(from, &zone),
        range::date_at(last, &zone)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_view_and_format() {
        for (file, expected) in [
            (
                "page.csv",
                Some((View::Values(Dimension::Page.into()), Format::Csv)),
            ),
            ("timeseries.json", Some((View::Timeseries, Format::Json))),
            ("goals.csv", Some((View::Goals, Format::Csv))),
            ("journeys.csv", Some((View::Journeys, Format::Csv))),
            (
                "property.a.b.json",
                Some((View::Values(Subject::Property("a.b".into())), Format::Json)),
            ),
            ("property..csv", None),
            ("page", None),
            ("page.xml", None),
            (".csv", None),
            ("events; drop table event.csv", None),
        ] {
            assert_eq!(View::parse(file).ok(), expected, "{file}");
        }
        let error = View::parse("pages.csv").expect_err("unknown").message;
        assert!(
            error.contains("timeseries, goals, journeys, property.NAME, page"),
            "{error}"
        );
    }
}
