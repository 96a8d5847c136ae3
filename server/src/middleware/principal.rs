//! Finds out who asks: from the session's cookie to a [`Principal`](trackflow::domain::Principal) in the request's extensions.
//!
//! At the address of a secret link it is the link's reader, and in a frame of another site nobody, whatever the cookie says. Absent
//! means anonymous. Pages and server functions decide what that means; nothing is refused here.

use app::{embed::Embed, session_cookie};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use trackflow::services::session_service;

use super::{peer, share};
use crate::state::AppState;

pub(crate) async fn find(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(info) = peer::request_info(&state.surroundings, &parts) else {
        return (
            StatusCode::BAD_REQUEST,
            "the header Host is missing or none\n",
        )
            .into_response();
    };
    let link = share::token_of(parts.uri.path());
    let is_embedded = Embed::of(&parts.uri).is_some();
    let token = session_cookie::find_token(&parts.headers, info.is_secure);
    let token = token.filter(|_| !is_embedded);
    parts.extensions.insert(info);
    if let Some(link) = link {
        return match share::find(&state, link, &mut parts).await {
            Ok(()) => share::answer(Request::from_parts(parts, body), next).await,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no secret link could be looked up"
                );
                unavailable()
            }
        };
    }
    if let Some(token) = token {
        let now = (state.context.clock)();
        match session_service::find_principal(&state.context.db, &token, now).await {
            Ok(Some(principal)) => {
                parts.extensions.insert(principal);
            }
            Ok(None) => {}
            Err(error) => {
                // Not anonymous: a logged-in person must not be sent to the login page because the database is away.
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no session could be looked up"
                );
                return unavailable();
            }
        }
    }
    next.run(Request::from_parts(parts, body)).await
}

fn unavailable() -> Response {
    let headers = [(header::RETRY_AFTER, "5")];
    let text = "the database does not answer; try again in a few seconds\n";
    (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
}
