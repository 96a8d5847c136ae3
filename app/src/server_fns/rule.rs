//! Rules of a site: reading, adding and removing them.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{Rule, RuleKind},
    services::{rule_service, site_service},
};

use super::{ApiError, answer, see_other, site::signed_in};
use crate::query::{encode, format_pairs};

/// How much of a refused value comes back to its form. The longest that could be right is shorter, and the address has to fit
/// into a request's head.
const ECHO_LIMIT_CHARS: usize = 600;

/// Finds the rules of a site, by kind, then value.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_rules", input = GetUrl)]
pub async fn find_rules(domain: String) -> Result<Vec<Rule>, ApiError> {
    let (context, principal) = signed_in()?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(rule_service::find_all(&context.db, &principal, site.id).await)
}

/// Adds a rule and goes back to the site's rules, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "add_rule")]
pub async fn add_rule(
    #[server(default)] domain: String,
    #[server(default)] kind: String,
    #[server(default)] value: String,
) -> Result<(), ApiError> {
    let outcome = add(&domain, &kind, &value).await.map(|()| "added");
    go_back(&domain, &kind, &value, outcome);
    Ok(())
}

/// Removes a rule and goes back to the site's rules, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "remove_rule")]
pub async fn remove_rule(
    #[server(default)] domain: String,
    #[server(default)] kind: String,
    #[server(default)] value: String,
) -> Result<(), ApiError> {
    let outcome = remove(&domain, &kind, &value).await.map(|()| "removed");
    go_back(&domain, &kind, "", outcome);
    Ok(())
}

async fn add(domain: &str, kind: &str, value: &str) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let kind = find_kind(kind)?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    let now = context.now();
    rule_service::create(&context.db, &principal, site.id, kind, value, now).await?;
    Ok(())
}

async fn remove(domain: &str, kind: &str, value: &str) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let kind = find_kind(kind)?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(rule_service::delete(&context.db, &principal, site.id, kind, value).await?)
}

fn find_kind(key: &str) -> Result<RuleKind, ApiError> {
    RuleKind::from_key(key).ok_or_else(|| ApiError::BadRequest {
        message: "there is no such kind of rule".into(),
    })
}

/// To the section of the kind; `value` is what to show there again.
fn go_back(domain: &str, kind: &str, value: &str, outcome: Result<&str, ApiError>) {
    let kind = RuleKind::from_key(kind).map_or("", RuleKind::key);
    let value: String = value.chars().take(ECHO_LIMIT_CHARS).collect();
    let mut pairs = vec![("kind", kind)];
    match &outcome {
        Ok(done) => pairs.push(("done", done)),
        Err(error) => pairs.extend([("error", error.code()), ("value", &value)]),
    }
    let query = format_pairs(&pairs);
    see_other(&format!("/sites/{}/rules{query}#{kind}", encode(domain)));
}
