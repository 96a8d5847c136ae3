//! Keys of the stats API: listing, making and revoking them.

use http::header::SET_COOKIE;
use leptos::prelude::{expect_context, server};
use leptos::server_fn::codec::GetUrl;
use leptos_axum::ResponseOptions;
use trackflow::{
    domain::{ApiKey, ApiKeyId, ApiScope, Principal},
    services::api_key_service::{self, ApiToken, NewApiKey},
};

use super::{ApiError, answer, see_other, site::signed_in};
use crate::{context::RequestInfo, once_cookie::NEW_KEY, query::format_pairs};

/// The page of keys.
const PAGE: &str = "/settings/api-keys";
/// How much of a refused name comes back to its form.
const ECHO_LIMIT_CHARS: usize = 120;

/// Finds all keys, the newest first.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::ReadOnly`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_api_keys", input = GetUrl)]
pub async fn find_api_keys() -> Result<Vec<ApiKey>, ApiError> {
    let (context, principal) = signed_in()?;
    answer(api_key_service::find_all(&context.db, &principal).await)
}

/// Makes a key for the one who asks and goes back to the page, which shows its token once; with an error's code if it was
/// refused. A scope is chosen by any text; `life_days` is blank for a key that does not end.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "create_api_key")]
pub async fn create_api_key(
    #[server(default)] name: String,
    #[server(default)] stats_read: String,
    #[server(default)] sites_read: String,
    #[server(default)] life_days: String,
) -> Result<(), ApiError> {
    let chosen = [
        (ApiScope::StatsRead, stats_read),
        (ApiScope::SitesRead, sites_read),
    ];
    let scopes: Vec<_> = chosen
        .into_iter()
        .filter(|(_, choice)| !choice.is_empty())
        .map(|(scope, _)| scope)
        .collect();
    match create(&name, &scopes, &life_days).await {
        Ok(token) => {
            let cookie = NEW_KEY.set(token.as_str(), RequestInfo::current().is_secure);
            expect_context::<ResponseOptions>().append_header(SET_COOKIE, cookie);
            see_other(&format!("{PAGE}?done=created"));
        }
        Err(error) => {
            let name: String = name.chars().take(ECHO_LIMIT_CHARS).collect();
            let pairs = [("error", error.code()), ("name", &name)];
            see_other(&format!("{PAGE}{}#new", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Revokes a key and goes back to the page, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "revoke_api_key")]
pub async fn revoke_api_key(#[server(default)] id: String) -> Result<(), ApiError> {
    match revoke(&id).await {
        Ok(()) => see_other(&format!("{PAGE}?done=revoked")),
        Err(error) => {
            let pairs = [("error", error.code())];
            see_other(&format!("{PAGE}{}", format_pairs(&pairs)));
        }
    }
    Ok(())
}

async fn create(name: &str, scopes: &[ApiScope], life_days: &str) -> Result<ApiToken, ApiError> {
    let (context, principal) = signed_in()?;
    let Principal::User { id, .. } = principal else {
        return Err(ApiError::NotSignedIn);
    };
    let life_days = match life_days {
        "" => None,
        text => Some(text.parse().map_err(|_| ApiError::Invalid {
            field: "life_days".into(),
            reason: "must be a number of days".into(),
        })?),
    };
    let new = NewApiKey {
        name,
        user: id,
        scopes,
        life_days,
    };
    let (_, token) = api_key_service::create(&context.db, &principal, &new, context.now()).await?;
    Ok(token)
}

async fn revoke(id: &str) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let id = id.parse().map_err(|_| ApiError::BadRequest {
        message: "there is no such key".into(),
    })?;
    Ok(api_key_service::delete(&context.db, &principal, ApiKeyId(id)).await?)
}
