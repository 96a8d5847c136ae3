//! Bounds every body in size and time, before any handler sees it.
//!
//! Handlers get the whole body or none: nothing of TrackFlow takes more than 64 KiB, and a sender that dribbles must not
//! hold a handler. Reading ends at the limit; what comes after it is never taken from the socket.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;
use trackflow::ingest::beacon::BODY_LIMIT_BYTES;

/// Our number: a beacon takes milliseconds even on a bad connection.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn bound(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read(&parts.headers, body).await {
        Ok(body) => {
            let request = Request::from_parts(parts, Body::from(body));
            next.run(request).await
        }
        Err(refusal) => refusal,
    }
}

/// The whole body, or the answer that refuses it.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Response> {
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT_BYTES as u64) {
        return Err(too_large());
    }
    let read = Limited::new(body, BODY_LIMIT_BYTES).collect();
    match tokio::time::timeout(READ_TIMEOUT, read).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(refuse(
            StatusCode::BAD_REQUEST,
            "the body could not be read".into(),
        )),
        Err(_) => Err(refuse(
            StatusCode::REQUEST_TIMEOUT,
            format!(
                "the body did not arrive within {} s",
                READ_TIMEOUT.as_secs()
            ),
        )),
    }
}

fn too_large() -> Response {
    refuse(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body must have at most {BODY_LIMIT_BYTES} bytes"),
    )
}

/// In the form of the ingestion's other errors. The connection ends, since the rest of the body may still be on its way.
fn refuse(status: StatusCode, reason: String) -> Response {
    let body = axum::Json(json!({ "errors": { "request": [reason] } }));
    (status, [(header::CONNECTION, "close")], body).into_response()
}
