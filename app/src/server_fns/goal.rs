//! Goals of a site: reading, adding and removing them.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{Goal, GoalId},
    services::{ServiceError, goal_service, site_service},
};

use super::{
    ApiError, answer, see_other,
    site::{reader, signed_in},
};
use crate::{
    goal_form::{GoalFields, PropertyFields},
    query::{encode, format_pairs},
};

/// Finds the goals of a site, by name.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_goals", input = GetUrl)]
pub async fn find_goals(domain: String) -> Result<Vec<Goal>, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(goal_service::find_all(&context.db, &principal, site.id).await)
}

/// Adds a goal and goes back to the site's goals, with an error's code and what was typed if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "add_goal")]
pub async fn add_goal(
    #[server(default)] domain: String,
    #[server(default)] kind: String,
    #[server(default)] pattern: String,
    #[server(default)] event: String,
    #[server(default)] properties: Vec<PropertyFields>,
    #[server(default)] percent: String,
    #[server(default)] name: String,
) -> Result<(), ApiError> {
    let fields = GoalFields {
        kind,
        pattern,
        event,
        properties,
        percent,
        name,
    };
    let goals = format!("/sites/{}/goals", encode(&domain));
    match add(&domain, &fields).await {
        Ok(_) => see_other(&format!("{goals}?done=added")),
        Err(error) => {
            let mut pairs = vec![("error", error.code().to_owned())];
            pairs.extend(fields.pairs());
            see_other(&format!("{goals}{}#new", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Removes a goal and goes back to the site's goals, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "remove_goal")]
pub async fn remove_goal(
    #[server(default)] domain: String,
    #[server(default)] id: i64,
) -> Result<(), ApiError> {
    let goals = format!("/sites/{}/goals", encode(&domain));
    match remove(&domain, GoalId(id)).await {
        Ok(()) => see_other(&format!("{goals}?done=removed")),
        Err(error) => see_other(&format!("{goals}?error={}", error.code())),
    }
    Ok(())
}

async fn add(domain: &str, fields: &GoalFields) -> Result<Goal, ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    let kind = fields.goal_kind().map_err(ServiceError::from)?;
    let (db, now) = (&context.db, context.now());
    Ok(goal_service::create(db, &principal, site.id, &fields.name, &kind, now).await?)
}

async fn remove(domain: &str, id: GoalId) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(goal_service::delete(&context.db, &principal, site.id, id).await?)
}
