//! Who may read a site's dashboard without an account.

use leptos::prelude::server;
use trackflow::services::site_service;

use super::{ApiError, see_other, site::signed_in};
use crate::query::encode;

/// Makes a site's dashboard public if `public` is `yes` and private otherwise, and goes back to the page of sharing, with an error's
/// code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "set_public")]
pub async fn set_public(
    #[server(default)] domain: String,
    #[server(default)] public: String,
) -> Result<(), ApiError> {
    let sharing = format!("/sites/{}/settings/sharing", encode(&domain));
    let is_public = public == "yes";
    match set(&domain, is_public).await {
        Ok(()) => see_other(&format!(
            "{sharing}?done={}",
            if is_public { "public" } else { "private" }
        )),
        Err(error) => see_other(&format!("{sharing}?error={}", error.code())),
    }
    Ok(())
}

async fn set(domain: &str, is_public: bool) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(site_service::set_public(&context.db, &principal, site.id, is_public).await?)
}
