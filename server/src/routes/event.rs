//! `POST /api/event`: one beacon in, "202 means stored" out.
//!
//! The wire format and everything that happens to a beacon is in `trackflow::ingest`; this is HTTP only.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use trackflow::{
    domain::Timestamp,
    ingest::{Ingest, IngestError, Outcome, gate::DROPPED_HEADER},
};

use crate::{
    middleware::{body, headers, panic_answer, peer},
    state::{AppState, Surroundings},
};

/// What the endpoint needs. Its own state and few layers: cloning all parts of the program and walking through the
/// middleware of other routes would take a quarter of an event's time.
struct Endpoint {
    ingest: Arc<Ingest>,
    surroundings: Arc<Surroundings>,
    clock: fn() -> Timestamp,
}

/// Every page may send beacons and read the answer, but never with credentials: cookies of the dashboard stay out of it.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "x-trackflow-dropped, retry-after",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// The route. Not behind the same-origin check: a beacon comes from another site by design.
pub(crate) fn routes(state: &AppState) -> Router {
    let endpoint = Endpoint {
        ingest: Arc::clone(&state.ingest),
        surroundings: Arc::clone(&state.surroundings),
        clock: state.context.clock,
    };
    let set = |(name, value): &(HeaderName, &'static str)| {
        SetResponseHeaderLayer::overriding(name.clone(), HeaderValue::from_static(value))
    };
    let [origin, exposed, cache] = &HEADERS;
    let [sniffing, policy] = &headers::PUBLIC;
    let ours = (set(origin), set(exposed), set(cache));
    // One layer of layers: each call of `layer` costs a box and a clone a request.
    let layers = (
        ours,
        (set(sniffing), set(policy)),
        CatchPanicLayer::custom(panic_answer::answer),
    );
    Router::new()
        .route("/api/event", post(accept).options(preflight))
        .layer(layers)
        .with_state(Arc::new(endpoint))
}

/// Takes a beacon of any content type: `text/plain` spares browsers the preflight.
async fn accept(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match body::read(&parts.headers, body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let address = peer::address(&parts.extensions);
    let client = peer::client(&endpoint.surroundings, address, &parts.headers);
    let now = (endpoint.clock)();
    match endpoint.ingest.accept(&body, &client, now).await {
        Ok(Outcome::Stored) => (StatusCode::ACCEPTED, "ok").into_response(),
        Ok(Outcome::Dropped(reason)) => {
            let headers = [(DROPPED_HEADER, reason.key())];
            (StatusCode::ACCEPTED, headers, "ok").into_response()
        }
        Err(IngestError::Invalid(error)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::BAD_REQUEST, json, error.to_json()).into_response()
        }
        Err(IngestError::Limited {
            reason,
            retry_after_s,
        }) => {
            let headers = [
                (header::RETRY_AFTER, retry_after_s.to_string()),
                (HeaderName::from_static(DROPPED_HEADER), reason.key().into()),
            ];
            (StatusCode::TOO_MANY_REQUESTS, headers, "too many events").into_response()
        }
        Err(IngestError::Overloaded) => retry_after("1"),
        Err(IngestError::Unavailable) => retry_after("5"),
    }
}

fn retry_after(seconds: &'static str) -> Response {
    let headers = [(header::RETRY_AFTER, seconds)];
    (StatusCode::SERVICE_UNAVAILABLE, headers, "try again").into_response()
}

/// Answers a browser that asks whether it may send JSON.
async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
