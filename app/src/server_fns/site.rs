//! Sites: reading, adding, changing and deleting them.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{NewSite, Principal, Site, SiteOverview},
    services::{Asking, ServiceError, site_service, stats_service},
};

use super::{ApiError, answer, see_other};
use crate::{
    context::{AppContext, principal},
    query::{encode, format_pairs},
};

/// Lists all sites with today's figures.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::Busy`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "list_sites", input = GetUrl)]
pub async fn list_sites() -> Result<Vec<SiteOverview>, ApiError> {
    let (context, principal) = signed_in()?;
    let _turn = answer(context.turns.take(Asking::Person).await)?;
    answer(stats_service::list_overviews(&context.db, &principal, context.now()).await)
}

/// Finds all sites, for the header's menu.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_sites", input = GetUrl)]
pub async fn find_sites() -> Result<Vec<Site>, ApiError> {
    let (context, principal) = signed_in()?;
    answer(site_service::find_all(&context.db, &principal).await)
}

/// Gets one site.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_site", input = GetUrl)]
pub async fn get_site(domain: String) -> Result<Site, ApiError> {
    let (context, principal) = reader(&domain).await?;
    answer(site_service::get_by_domain(&context.db, &principal, &domain).await)
}

/// Adds a site and goes to its snippet; back to the form with an error's code otherwise.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "add_site")]
pub async fn add_site(
    #[server(default)] domain: String,
    #[server(default)] name: String,
    #[server(default)] time_zone: String,
) -> Result<(), ApiError> {
    let new = NewSite {
        domain,
        name,
        time_zone,
    };
    match create(&new).await {
        Ok(site) => see_other(&format!("/sites/{}/snippet", encode(&site.domain))),
        Err(error) => {
            let pairs = [
                ("error", error.code()),
                ("domain", &new.domain),
                ("name", &new.name),
                ("time_zone", &new.time_zone),
            ];
            see_other(&format!("/add-site{}", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Changes a site's name and time zone and goes back to its settings.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "update_site")]
pub async fn update_site(
    #[server(default)] domain: String,
    #[server(default)] name: String,
    #[server(default)] time_zone: String,
) -> Result<(), ApiError> {
    let settings = format!("/sites/{}/settings", encode(&domain));
    match update(&domain, &name, &time_zone).await {
        Ok(_) => see_other(&format!("{settings}?saved=1")),
        Err(error) => {
            let pairs = [
                ("error", error.code()),
                ("name", &name),
                ("time_zone", &time_zone),
            ];
            see_other(&format!("{settings}{}", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Deletes a site if `confirm` is its domain, and goes to the list; back to its settings otherwise.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "delete_site")]
pub async fn delete_site(
    #[server(default)] domain: String,
    #[server(default)] confirm: String,
) -> Result<(), ApiError> {
    match delete(&domain, &confirm).await {
        Ok(()) => {
            let pairs = [("deleted", domain.as_str())];
            see_other(&format!("/sites{}", format_pairs(&pairs)));
        }
        Err(error) => {
            let pairs = [("error", error.code())];
            let settings = format!("/sites/{}/settings", encode(&domain));
            see_other(&format!("{settings}{}#delete", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// The program's parts and who asks.
pub(super) fn signed_in() -> Result<(AppContext, Principal), ApiError> {
    let principal = answer(principal().ok_or(ApiError::NotSignedIn))?;
    Ok((AppContext::current(), principal))
}

/// The program's parts and who asks about a site: without an account those of which the dashboard is public.
pub(super) async fn reader(domain: &str) -> Result<(AppContext, Principal), ApiError> {
    let context = AppContext::current();
    if let Some(principal) = principal() {
        return Ok((context, principal));
    }
    let found = site_service::get_by_domain(&context.db, &Principal::Anyone, domain).await;
    match found {
        Ok(_) => Ok((context, Principal::Anyone)),
        Err(ServiceError::NotFound(_)) => answer(Err(ApiError::NotSignedIn)),
        Err(error) => answer(Err(error)),
    }
}

async fn create(new: &NewSite) -> Result<Site, ApiError> {
    let (context, principal) = signed_in()?;
    Ok(site_service::create(&context.db, &principal, new, context.now()).await?)
}

async fn update(domain: &str, name: &str, time_zone: &str) -> Result<Site, ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(site_service::update(&context.db, &principal, site.id, name, time_zone).await?)
}

async fn delete(domain: &str, confirm: &str) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    if site_service::normalize_domain(confirm).as_deref() != Some(site.domain.as_str()) {
        return Err(ApiError::Invalid {
            field: "confirm".into(),
            reason: format!("must be {}", site.domain),
        });
    }
    Ok(site_service::delete(&context.db, &principal, site.id).await?)
}
