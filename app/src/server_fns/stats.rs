//! Reports of one site.

use std::sync::Arc;

use leptos::prelude::server;
use leptos::server_fn::codec::{GetUrl, Json};
use serde::{Deserialize, Serialize};
use trackflow::{
    domain::{
        Breakdown, BreakdownPage, Dashboard, DashboardQuery, Dimension, Extras, Filter, FunnelId,
        FunnelReport, GoalReport, JourneyQuery, JourneyReport, Period, Realtime, Subject,
    },
    services::{Asking, site_service, stats_service},
};

use super::{
    ApiError, answer,
    site::{reader, signed_in},
};

/// Rows of a panel.
pub const PANEL_ROWS: usize = 10;
/// Most rows of one answer.
const ROW_LIMIT: usize = 1_000;

/// The answer to "has anything arrived yet?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstVisit {
    /// Whether any event of the site was ever received.
    pub received: bool,
}

/// Gets what a dashboard shows, with ten rows of each subject.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Busy`],
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_dashboard", input = Json)]
pub async fn get_dashboard(
    domain: String,
    query: DashboardQuery,
    subjects: Vec<Subject>,
) -> Result<Dashboard, ApiError> {
    let (context, principal) = reader(&domain).await?;
    answer(check(&query, subjects.len()))?;
    let _turn = answer(context.turns.take(Asking::of_reader(&principal)).await)?;
    let (db, now) = (&context.db, context.now());
    answer(
        stats_service::get_dashboard(db, &principal, &domain, &query, &subjects, PANEL_ROWS, now)
            .await,
    )
}

/// Gets a page of the values of one dimension or property, at most 1,000 rows.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Busy`],
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_breakdown", input = Json)]
pub async fn get_breakdown(
    domain: String,
    query: DashboardQuery,
    subject: Subject,
    page: BreakdownPage,
) -> Result<Breakdown, ApiError> {
    let (context, principal) = reader(&domain).await?;
    answer(check(&query, 1))?;
    let page = BreakdownPage {
        limit: page.limit.min(ROW_LIMIT),
        ..page
    };
    let _turn = answer(context.turns.take(Asking::of_reader(&principal)).await)?;
    let (db, now) = (&context.db, context.now());
    answer(stats_service::get_breakdown(db, &principal, &domain, &query, subject, &page, now).await)
}

/// Counts the goals of a site, by name, under the filters of a dashboard.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Busy`],
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "count_goals", input = Json)]
pub async fn count_goals(
    domain: String,
    query: DashboardQuery,
) -> Result<Vec<GoalReport>, ApiError> {
    let (context, principal) = reader(&domain).await?;
    answer(check(&query, 1))?;
    let _turn = answer(context.turns.take(Asking::of_reader(&principal)).await)?;
    let (db, now) = (&context.db, context.now());
    answer(stats_service::count_goals(db, &principal, &domain, &query, now).await)
}

/// Counts the visitors of values under the filters of a dashboard, whether or not they reached its goal.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Busy`],
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "count_visitors_of", input = Json)]
pub async fn count_visitors_of(
    domain: String,
    query: DashboardQuery,
    values: Vec<(Subject, Vec<String>)>,
) -> Result<Vec<Vec<u64>>, ApiError> {
    let (context, principal) = reader(&domain).await?;
    answer(check(&query, values.len()))?;
    if values.iter().any(|(_, values)| values.len() > ROW_LIMIT) {
        return answer(Err(ApiError::BadRequest {
            message: format!("at most {ROW_LIMIT} values of a dimension"),
        }));
    }
    let _turn = answer(context.turns.take(Asking::of_reader(&principal)).await)?;
    let (db, now) = (&context.db, context.now());
    answer(stats_service::count_visitors_of(db, &principal, &domain, &query, &values, now).await)
}

/// Finds which custom properties the events of a period have, and whether amounts of money.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Busy`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_extras", input = Json)]
pub async fn find_extras(domain: String, period: Period) -> Result<Extras, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let _turn = answer(context.turns.take(Asking::of_reader(&principal)).await)?;
    let (db, now) = (&context.db, context.now());
    answer(stats_service::find_extras(db, &principal, &domain, period, now).await)
}

/// Counts the steps of a funnel under the filters of a dashboard.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Busy`],
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_funnel", input = Json)]
pub async fn get_funnel(
    domain: String,
    query: DashboardQuery,
    id: FunnelId,
) -> Result<FunnelReport, ApiError> {
    let (context, principal) = signed_in()?;
    answer(check(&query, 1))?;
    let _turn = answer(context.turns.take(Asking::Person).await)?;
    let (db, now) = (&context.db, context.now());
    answer(stats_service::get_funnel(db, &principal, &domain, &query, id, now).await)
}

/// Follows the visits that the filters of a dashboard choose from page to page.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Busy`],
/// [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_journeys", input = Json)]
pub async fn get_journeys(
    domain: String,
    query: DashboardQuery,
    journey: JourneyQuery,
) -> Result<JourneyReport, ApiError> {
    let (context, principal) = reader(&domain).await?;
    answer(check(&query, 1))?;
    let _turn = answer(context.turns.take(Asking::of_reader(&principal)).await)?;
    let (db, now) = (&context.db, context.now());
    answer(stats_service::get_journeys(db, &principal, &domain, &query, &journey, now).await)
}

/// Counts the current visitors of a site.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "count_current_visitors", input = GetUrl)]
pub async fn count_current_visitors(domain: String) -> Result<u64, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let site = site_service::get_by_domain(&context.db, &principal, &domain).await;
    let site = answer(site)?;
    answer(context.live.count(&context.db, &site, context.now()).await)
}

/// Gets who is on the site now.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_realtime", input = GetUrl)]
pub async fn get_realtime(domain: String) -> Result<Realtime, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let site = site_service::get_by_domain(&context.db, &principal, &domain).await;
    let site = answer(site)?;
    let realtime = context.live.get(&context.db, &site, context.now()).await;
    answer(realtime).map(Arc::unwrap_or_clone)
}

/// Tells whether a site's first event has arrived.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "has_first_visit", input = GetUrl)]
pub async fn has_first_visit(domain: String) -> Result<FirstVisit, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let received = stats_service::has_events(&context.db, &principal, &domain).await;
    answer(received).map(|received| FirstVisit { received })
}

/// Refuses questions that no page asks: each filter and each dimension costs a pass over the rows.
fn check(query: &DashboardQuery, dimensions: usize) -> Result<(), ApiError> {
    let has_too_many = query.filters.len() > DashboardQuery::FILTER_LIMIT;
    let are_usable = |filter: &Filter| Filter::parse(&filter.to_string()).is_ok();
    if has_too_many || dimensions > Dimension::ALL.len() || !query.filters.iter().all(are_usable) {
        return Err(ApiError::BadRequest {
            message: "too many filters or dimensions, or a filter that cannot be used".into(),
        });
    }
    Ok(())
}
