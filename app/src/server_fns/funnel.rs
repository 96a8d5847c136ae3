//! Funnels of a site: reading, adding and removing them.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{Funnel, FunnelId, NewFunnel},
    services::{ServiceError, funnel_service, site_service},
};

use super::{ApiError, answer, see_other, site::signed_in};
use crate::{
    funnel_form::{FunnelFields, StepFields},
    query::{encode, format_pairs},
};

/// Finds the funnels of a site, by name.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_funnels", input = GetUrl)]
pub async fn find_funnels(domain: String) -> Result<Vec<Funnel>, ApiError> {
    let (context, principal) = signed_in()?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(funnel_service::find_all(&context.db, &principal, site.id).await)
}

/// Adds a funnel and shows it; back to its form with an error's code and what was typed if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "add_funnel")]
pub async fn add_funnel(
    #[server(default)] domain: String,
    #[server(default)] name: String,
    #[server(default)] scope: String,
    #[server(default)] steps: Vec<StepFields>,
) -> Result<(), ApiError> {
    let fields = FunnelFields { name, scope, steps };
    let funnels = format!("/sites/{}/funnels", encode(&domain));
    match add(&domain, &fields).await {
        Ok(funnel) => see_other(&format!("{funnels}/{}", funnel.id.0)),
        Err(error) => {
            let mut pairs = vec![("error".to_owned(), error.code().to_owned())];
            pairs.extend(fields.pairs());
            see_other(&format!("{funnels}{}#new", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Removes a funnel and goes back to the site's funnels, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "remove_funnel")]
pub async fn remove_funnel(
    #[server(default)] domain: String,
    #[server(default)] id: i64,
) -> Result<(), ApiError> {
    let funnels = format!("/sites/{}/funnels", encode(&domain));
    match remove(&domain, FunnelId(id)).await {
        Ok(()) => see_other(&format!("{funnels}?done=removed")),
        Err(error) => see_other(&format!("{funnels}?error={}", error.code())),
    }
    Ok(())
}

async fn add(domain: &str, fields: &FunnelFields) -> Result<Funnel, ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    let steps = fields.funnel_steps();
    let steps = steps.map_err(|(_, reason)| ServiceError::Invalid {
        field: "steps",
        reason,
    })?;
    let new = NewFunnel {
        name: fields.name.clone(),
        scope: fields.scope(),
        steps,
    };
    let (db, now) = (&context.db, context.now());
    Ok(funnel_service::create(db, &principal, site.id, &new, now).await?)
}

async fn remove(domain: &str, id: FunnelId) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(funnel_service::delete(&context.db, &principal, site.id, id).await?)
}
