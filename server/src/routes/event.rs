//! `POST /api/event`: one beacon in, "202 means stored" out.
//!
//! The wire format and everything that happens to a beacon is in `trackflow::ingest`; this is HTTP only.

use std::sync::Arc;

use app::context::AppContext;
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use trackflow::ingest::{Ingest, IngestError, Outcome, gate::DROPPED_HEADER};

use crate::{middleware::peer, state::Surroundings};

/// Takes a beacon of any content type: `text/plain` spares browsers the preflight.
pub(crate) async fn accept(
    State(ingest): State<Arc<Ingest>>,
    State(surroundings): State<Arc<Surroundings>>,
    State(context): State<AppContext>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let client = peer::client(&surroundings, peer::address(&extensions), &headers);
    let result = ingest.accept(&body, &client, (context.clock)()).await;
    match result {
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
pub(crate) async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Every page may send beacons and read the answer, but never with credentials: cookies of the dashboard stay out of it.
pub(crate) async fn allow_every_origin(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "x-trackflow-dropped, retry-after",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
