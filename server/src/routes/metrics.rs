//! `GET /metrics`: the counters of ingestion in the text format of Prometheus, and who may read them.
//!
//! Written by hand: the counters are our own atomics, and the format is lines of text. No label names a site or a visitor.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use trackflow::{config::MetricsConfig, ingest::Ingest};

use crate::{clock, middleware::access_log, state::AppState};

mod text;

const PATH: &str = "/metrics";

/// The path on the dashboard's listener: only with a token, and only if there is no listener of its own.
pub(crate) fn beside_the_dashboard(state: &AppState) -> Router<AppState> {
    if state.metrics.token.is_some() && state.metrics.listen.is_none() {
        Router::new().route(PATH, get(read))
    } else {
        Router::new()
    }
}

/// The whole service of the listener for metrics.
pub(crate) fn alone(state: AppState) -> Router {
    Router::new()
        .route(PATH, get(read))
        .layer(from_fn(access_log::log))
        .with_state(state)
}

async fn read(
    State(config): State<Arc<MetricsConfig>>,
    State(ingest): State<Arc<Ingest>>,
    headers: HeaderMap,
) -> Response {
    if !is_allowed(&config, &headers) {
        let headers = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (
            StatusCode::UNAUTHORIZED,
            headers,
            "the token is missing or wrong\n",
        )
            .into_response();
    }
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text::write(&ingest, clock::now())).into_response()
}

fn is_allowed(config: &MetricsConfig, headers: &HeaderMap) -> bool {
    let Some(token) = &config.token else {
        return true;
    };
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.split_once(' '));
    given.is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case("bearer") && token.matches(given.trim())
    })
}
