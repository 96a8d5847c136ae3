//! Logging in and out.

use std::time::Instant;

use http::{header::SET_COOKIE, request::Parts};
use leptos::prelude::{expect_context, server, use_context};
use leptos_axum::ResponseOptions;
use trackflow::services::session_service::{self, Login, LoginError};

use super::{ApiError, safe_next, see_other};
use crate::{
    context::{AppContext, RequestInfo},
    query::format_pairs,
    session_cookie,
};

/// Logs in and goes to `next`; back to the login page with an error's code otherwise.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "log_in")]
pub async fn log_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let context = AppContext::current();
    let info = RequestInfo::current();
    let previous = cookie_token();
    let login = Login {
        email: &email,
        password: &password,
        client_prefix: info.client_prefix,
        previous_token: previous.as_deref(),
    };
    let limiter = &context.login_limiter;
    let result =
        session_service::log_in(&context.db, limiter, &login, context.now(), Instant::now()).await;
    let error = match result {
        Ok((_, token)) => {
            start(token.as_str());
            see_other(safe_next(&next));
            return Ok(());
        }
        Err(LoginError::WrongCredentials) => ("credentials".to_owned(), String::new()),
        Err(LoginError::TooManyAttempts(limit)) => {
            ("limited".to_owned(), limit.retry_after_s.to_string())
        }
        Err(LoginError::Service(error)) => (ApiError::from(error).code().to_owned(), String::new()),
    };
    let pairs = [
        ("error", error.0.as_str()),
        ("wait", &error.1),
        ("email", &email),
        ("next", safe_next(&next)),
    ];
    see_other(&format!("/login{}", format_pairs(&pairs)));
    Ok(())
}

/// Ends the session and goes to the login page.
///
/// # Errors
/// [`ApiError::Unavailable`]: the session could not be ended.
#[server(prefix = "/api/app", endpoint = "log_out")]
pub async fn log_out() -> Result<(), ApiError> {
    let context = AppContext::current();
    if let Some(token) = cookie_token() {
        session_service::delete(&context.db, &token).await?;
    }
    let cookie = session_cookie::clear(RequestInfo::current().is_secure);
    expect_context::<ResponseOptions>().append_header(SET_COOKIE, cookie);
    see_other("/login");
    Ok(())
}

/// Gives the browser its session.
pub(super) fn start(token: &str) {
    let cookie = session_cookie::set(token, RequestInfo::current().is_secure);
    expect_context::<ResponseOptions>().append_header(SET_COOKIE, cookie);
}

/// The token that came with the request.
pub(super) fn cookie_token() -> Option<String> {
    let parts = use_context::<Parts>()?;
    session_cookie::find_token(&parts.headers, RequestInfo::current().is_secure)
}
