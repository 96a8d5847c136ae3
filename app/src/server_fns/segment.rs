//! Segments of a site: reading, saving and removing them.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{DashboardQuery, Segment, SegmentId},
    services::{segment_service, site_service},
};

use super::{
    ApiError, answer, see_other,
    site::{reader, signed_in},
};
use crate::query::{DashboardAddress, encode, format_pairs};

/// How much of a refused name comes back to its form.
const ECHO_LIMIT_CHARS: usize = 300;

/// Finds the segments of a site that the reader may see.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_segments", input = GetUrl)]
pub async fn find_segments(domain: String) -> Result<Vec<Segment>, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(segment_service::find_all(&context.db, &principal, site.id).await)
}

/// Saves the filters of a dashboard's address (`query`) and shows the dashboard of the new segment; back to the form with an
/// error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "add_segment")]
pub async fn add_segment(
    #[server(default)] domain: String,
    #[server(default)] name: String,
    #[server(default)] scope: String,
    #[server(default)] query: String,
) -> Result<(), ApiError> {
    let address = DashboardAddress::parse(&query).address;
    let site = format!("/sites/{}", encode(&domain));
    match add(&domain, &name, scope == "personal", &address.query).await {
        Ok(segment) => {
            let next = address.without_filters().with_segment(Some(segment.id));
            see_other(&format!("{site}{}", next.link()));
        }
        Err(error) => {
            let mut pairs = address.pairs();
            let name = name.chars().take(ECHO_LIMIT_CHARS).collect();
            let scope = scope.chars().take(20).collect();
            pairs.extend([
                ("error", error.code().to_owned()),
                ("name", name),
                ("scope", scope),
            ]);
            see_other(&format!("{site}/segments{}#new", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Removes a segment and goes back to the site's segments, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "remove_segment")]
pub async fn remove_segment(
    #[server(default)] domain: String,
    #[server(default)] id: i64,
) -> Result<(), ApiError> {
    let segments = format!("/sites/{}/segments", encode(&domain));
    match remove(&domain, SegmentId(id)).await {
        Ok(()) => see_other(&format!("{segments}?done=removed")),
        Err(error) => see_other(&format!("{segments}?error={}", error.code())),
    }
    Ok(())
}

async fn add(
    domain: &str,
    name: &str,
    is_personal: bool,
    query: &DashboardQuery,
) -> Result<Segment, ApiError> {
    let (context, principal) = signed_in()?;
    let (db, now) = (&context.db, context.now());
    let site = site_service::get_by_domain(db, &principal, domain).await?;
    let query = DashboardQuery {
        goal: None,
        ..query.clone()
    };
    let condition = segment_service::condition_of(db, &principal, site.id, &query).await?;
    let segment =
        segment_service::create(db, &principal, site.id, name, &condition, is_personal, now).await;
    Ok(segment?)
}

async fn remove(domain: &str, id: SegmentId) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(segment_service::delete(&context.db, &principal, site.id, id).await?)
}
