//! Web vitals of one site.

use leptos::prelude::server;
use leptos::server_fn::codec::Json;
use trackflow::{
    domain::{VitalsQuery, VitalsReport},
    services::vitals_service,
};

use super::{ApiError, answer, site::reader};

/// Most rows of an answer.
pub const ROW_LIMIT: usize = 100;

/// Gets the web vitals of a site with the 100 values of a dimension that were measured most.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Invalid`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_vitals", input = Json)]
pub async fn get_vitals(domain: String, query: VitalsQuery) -> Result<VitalsReport, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let (db, now) = (&context.db, context.now());
    answer(vitals_service::get_report(db, &principal, &domain, &query, ROW_LIMIT, now).await)
}
