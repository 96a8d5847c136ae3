//! `GET /api/v1/sites…`: which sites there are.

use axum::{
    Json,
    extract::{Path, RawQuery, State, rejection::PathRejection},
};
use serde::Serialize;
use trackflow::{domain::Site, services::site_service};
use utoipa::ToSchema;

use super::{
    access::SitesReader,
    error::{ApiError, Error},
    parameters::Parameters,
};
use crate::state::AppState;

const LIMIT: usize = 1_000;
const DEFAULT_LIMIT: usize = 100;

/// Sites, by domain.
#[derive(Serialize, ToSchema)]
pub(super) struct SiteList {
    sites: Vec<ListedSite>,
    meta: ListMeta,
}

/// A site.
#[derive(Serialize, ToSchema)]
pub(super) struct ListedSite {
    #[schema(example = "example.com")]
    domain: String,
    /// IANA time zone.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
}

/// Where the list goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct ListMeta {
    /// What to send as `after` for the next sites; null at the end.
    after: Option<String>,
    limit: usize,
}

impl From<Site> for ListedSite {
    fn from(site: Site) -> Self {
        Self {
            domain: site.domain,
            timezone: site.time_zone,
        }
    }
}

/// List sites.
///
/// By domain. Needs the scope sites:read.
#[utoipa::path(
    get,
    path = "/api/v1/sites",
    tag = "Sites",
    params(
        ("limit" = Option<usize>, Query, description = "Most sites, 1 to 1000; 100 by default"),
        ("after" = Option<String>, Query, description = "Only sites behind this domain: `meta.after` of the answer before"),
    ),
    responses(
        (status = 200, description = "The sites", body = SiteList),
        (status = 400, description = "A parameter cannot be used", body = Error),
        (status = 401, description = "The key is missing, wrong, has ended, or lacks the scope sites:read", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn list(
    State(state): State<AppState>,
    SitesReader(principal): SitesReader,
    RawQuery(raw): RawQuery,
) -> Result<Json<SiteList>, ApiError> {
    let parameters = Parameters::parse(raw.as_deref(), &["limit", "after"])?;
    let limit = parameters
        .number("limit", 1..=LIMIT)?
        .unwrap_or(DEFAULT_LIMIT);
    let after = parameters.find("after").unwrap_or_default();
    let mut sites = site_service::find_all(&state.context.db, &principal).await?;
    sites.sort_by(|a, b| a.domain.cmp(&b.domain));
    sites.retain(|site| site.domain.as_str() > after);
    let has_more = sites.len() > limit;
    sites.truncate(limit);
    let last = sites.last().map(|site| site.domain.clone());
    Ok(Json(SiteList {
        sites: sites.into_iter().map(ListedSite::from).collect(),
        meta: ListMeta {
            after: last.filter(|_| has_more),
            limit,
        },
    }))
}

/// Get a site.
///
/// Needs the scope sites:read.
#[utoipa::path(
    get,
    path = "/api/v1/sites/{domain}",
    tag = "Sites",
    params(("domain" = String, Path, description = "Domain of the site")),
    responses(
        (status = 200, description = "The site", body = ListedSite),
        (status = 401, description = "The key is missing, wrong, has ended, lacks the scope sites:read, or does not open the site", body = Error),
        (status = 429, description = "Too many requests of this key", body = Error),
    )
)]
pub(super) async fn get(
    State(state): State<AppState>,
    SitesReader(principal): SitesReader,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<ListedSite>, ApiError> {
    let Path(domain) = path?;
    let site = site_service::get_by_domain(&state.context.db, &principal, &domain).await?;
    Ok(Json(site.into()))
}
