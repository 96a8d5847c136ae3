//! One entry a request at level debug: method, route, status and time. Never address, user agent, query or parameters.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

pub(crate) async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let started_at = Instant::now();
    let response = next.run(request).await;
    tracing::debug!(
        %method,
        route = route.as_ref().map_or("unknown", MatchedPath::as_str),
        status = response.status().as_u16(),
        ms = started_at.elapsed().as_secs_f64() * 1000.0,
        "answered"
    );
    response
}
