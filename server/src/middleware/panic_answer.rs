//! The answer when a handler panicked: it says nothing about why.

use std::any::Any;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};

/// The panic's own message was written by the panic hook; a value in it could be a visitor's, so it is not repeated.
pub(crate) fn answer(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request handler panicked");
    let mut response = Response::new(Body::from("internal error\n"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
