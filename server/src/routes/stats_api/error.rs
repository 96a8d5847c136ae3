//! Why a request of the stats API is not answered, in Plausible's form: `{"error": "…"}`.

use axum::{
    body::Body,
    extract::{Request, rejection::PathRejection},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::json;
use trackflow::{
    ingest::beacon::BODY_LIMIT_BYTES,
    services::{Busy, ServiceError},
};
use utoipa::ToSchema;

use crate::middleware::body;

/// A failure in words for the one who asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
    pub(super) retry_after_s: Option<u64>,
}

/// What is answered when a request cannot be.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"error": "unknown metric `users`; use one of visitors, visits, pageviews"}))]
pub(super) struct Error {
    /// What is wrong and what is allowed.
    error: String,
}

/// The longest text of a request that is told again, in letters.
const ECHO_LIMIT: usize = 100;

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// The request cannot be meant.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A name that nothing has, with those there are.
    pub(super) fn unknown(what: &str, name: &str, allowed: &[impl AsRef<str>]) -> Self {
        let allowed: Vec<_> = allowed.iter().map(AsRef::as_ref).collect();
        let name = shortened(name);
        Self::invalid(format!(
            "unknown {what} `{name}`; use one of {}",
            allowed.join(", ")
        ))
    }

    /// Nobody is known by the key that came, or it opens something else. Whether a site exists is not told.
    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// Too much was asked.
    pub(super) fn limited(message: impl Into<String>, retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, message)
        }
    }

    /// Nothing can be answered now.
    pub(super) fn unavailable(message: &str, retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }
}

/// A text of the request, fit to be told again.
pub(super) fn shortened(text: &str) -> String {
    let letters = text.chars().map(|letter| {
        if letter.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            letter
        }
    });
    let mut short: String = letters.take(ECHO_LIMIT).collect();
    if text.chars().nth(ECHO_LIMIT).is_some() {
        short.push('…');
    }
    short
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            // The key may be right: a program that asks for the wrong site is told the same either way.
            ServiceError::NotFound("site") => Self::unauthorized(super::access::WRONG_KEY_OR_SITE),
            ServiceError::NotFound(what) => {
                Self::new(StatusCode::NOT_FOUND, format!("{what} not found"))
            }
            ServiceError::Invalid {
                field: "query",
                reason,
            } => Self::invalid(reason),
            ServiceError::Invalid { field, reason } => Self::invalid(format!("{field}: {reason}")),
            ServiceError::Conflict(message) => Self::new(StatusCode::CONFLICT, message),
            error @ ServiceError::ReadOnly => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            ServiceError::Database(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a question could not be answered"
                );
                Self::unavailable(
                    "the database did not answer in time; ask for a shorter range, or try again",
                    5,
                )
            }
        }
    }
}

impl From<Busy> for ApiError {
    fn from(busy: Busy) -> Self {
        Self::unavailable("too many questions at once; try again", busy.retry_after_s)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = axum::Json(json!({ "error": self.message }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let value = http::HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// Another method than the path has.
pub(super) async fn wrong_method() -> ApiError {
    let message = "this path has another method; see /docs/api";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message)
}

/// Bounds every body as elsewhere, with refusals in the form of this API.
pub(super) async fn bound_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let refused = match body::read(&parts.headers, body).await {
        Ok(body) => return next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(refusal) => refusal.status(),
    };
    let message = match refused {
        StatusCode::PAYLOAD_TOO_LARGE => {
            format!("the body must have at most {BODY_LIMIT_BYTES} bytes")
        }
        StatusCode::REQUEST_TIMEOUT => "the body did not arrive in time".into(),
        _ => "the body could not be read".into(),
    };
    let mut response = ApiError::new(refused, message).into_response();
    // The rest of the body may still be on its way.
    let close = http::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::invalid("the path is not UTF-8")
    }
}
