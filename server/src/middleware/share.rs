//! Secret links: from the token in `/share/TOKEN` to a [`Principal`](trackflow::domain::Principal) who reads one site.
//!
//! On these addresses nobody is who the session's cookie says: an admin sees what the link's readers see, and no more.

use app::{
    context::{SharedBy, SharedState},
    share_cookie,
};
use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, header, request::Parts};
use trackflow::services::{
    ServiceError,
    share_link_service::{self, Opened},
};

use crate::state::AppState;

/// The token of an address that begins as those of links do.
pub(crate) fn token_of(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/share/")?;
    Some(rest.split('/').next().unwrap_or_default().to_owned())
}

/// Puts into the request's extensions who asks and by which link.
///
/// # Errors
/// [`ServiceError::Database`].
pub(crate) async fn find(
    state: &AppState,
    token: String,
    parts: &mut Parts,
) -> Result<(), ServiceError> {
    let pass = share_cookie::find(&parts.headers);
    let now = (state.context.clock)();
    let opened = share_link_service::open(&state.context.db, &token, pass.as_deref(), now).await;
    let state = match opened {
        Ok(Opened::Reader(principal)) => {
            parts.extensions.insert(principal);
            SharedState::Open
        }
        Ok(Opened::Locked) => SharedState::Locked,
        Err(ServiceError::NotFound(_)) => SharedState::Unknown,
        Err(error) => return Err(error),
    };
    parts.extensions.insert(SharedBy { token, state });
    Ok(())
}

/// Answers, and keeps the address, which is the secret, from whatever its page links to. The page that asks for the password
/// keeps the default: with `no-referrer` browsers send its form without an origin, which the same-origin check needs.
pub(crate) async fn answer(request: Request, next: Next) -> Response {
    let shared = request.extensions().get::<SharedBy>();
    let is_locked = shared.is_some_and(|shared| shared.state == SharedState::Locked);
    let mut response = next.run(request).await;
    if !is_locked {
        let value = HeaderValue::from_static("no-referrer");
        response
            .headers_mut()
            .insert(header::REFERRER_POLICY, value);
    }
    response
}
