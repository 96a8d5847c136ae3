//! How a site's events come in.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{Ingestion, RefusalPeriod},
    services::ingestion_service::{self, Live},
};

use super::{ApiError, answer, site::signed_in};

/// Gets when a site's last event came, how many come a minute, what was refused and why, and how the program fares.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::BadRequest`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_ingestion", input = GetUrl)]
pub async fn get_ingestion(
    domain: String,
    #[server(default)] period: RefusalPeriod,
) -> Result<Ingestion, ApiError> {
    let (context, principal) = signed_in()?;
    let (ingest, now) = (&context.ingest, context.now());
    let live = |site| Live {
        status: ingest.status(now),
        minutes: ingest.meter().minutes(site, now),
        writing_since: ingest.writing_since(),
    };
    let db = &context.db;
    answer(ingestion_service::get_ingestion(db, &principal, &domain, period, live, now).await)
}
