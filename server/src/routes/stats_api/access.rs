//! Who may ask: from `Authorization: Bearer` to a key, within its limit and its scopes.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{FromRef, FromRequestParts},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, request::Parts};
use trackflow::{
    domain::{ApiScope, Principal},
    services::api_key_service,
};

use super::{StatsApi, error::ApiError};
use crate::state::AppState;

pub(super) const MISSING_KEY: &str =
    "the API key is missing; send it as `Authorization: Bearer KEY`";
/// One text for both, so that nobody learns which sites there are.
pub(super) const WRONG_KEY_OR_SITE: &str =
    "the API key is wrong or has ended, or it does not open this site";

/// One who may read statistics.
pub(super) struct StatsReader(pub(super) Principal);

/// One who may list sites.
pub(super) struct SitesReader(pub(super) Principal);

impl<S: Send + Sync> FromRequestParts<S> for StatsReader
where
    AppState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        find(
            &parts.headers,
            &AppState::from_ref(state),
            ApiScope::StatsRead,
        )
        .await
        .map(Self)
        .map_err(IntoResponse::into_response)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SitesReader
where
    AppState: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        find(
            &parts.headers,
            &AppState::from_ref(state),
            ApiScope::SitesRead,
        )
        .await
        .map(Self)
        .map_err(IntoResponse::into_response)
    }
}

async fn find(
    headers: &HeaderMap,
    state: &AppState,
    scope: ApiScope,
) -> Result<Principal, ApiError> {
    let token = bearer(headers).ok_or_else(|| ApiError::unauthorized(MISSING_KEY))?;
    let now = (state.context.clock)();
    let key = api_key_service::find_by_token(&state.context.db, token, now)
        .await?
        .ok_or_else(|| ApiError::unauthorized(WRONG_KEY_OR_SITE))?;
    let api: &Arc<StatsApi> = &state.api;
    api.limiter.take(key.id, Instant::now()).map_err(|wait| {
        let message = format!(
            "too many requests: a key may send {} an hour",
            api.limiter.per_hour()
        );
        ApiError::limited(message, wait.as_secs().max(1))
    })?;
    if !key.scopes.contains(&scope) {
        let message = format!("this API key has not the scope {}", scope.key());
        return Err(ApiError::unauthorized(&message));
    }
    Ok(api_key_service::principal_of(&key))
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750 §2.1); the scheme's letter case does not matter.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
