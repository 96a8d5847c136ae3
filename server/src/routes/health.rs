//! `GET /api/health…`: for balancers, service managers and monitors. Answered from memory, so at once under any load.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::{Value, json};
use trackflow::{
    domain::{IngestionStatus, WriterState},
    ingest::Ingest,
};

use crate::clock;

/// `/api/health/live`: the process answers. Says nothing of the database, since a restart would not mend it.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, &json!({ "status": "live" }))
}

/// `/api/health/ready`: 200 if this process should get events and readers, else 503 with the reason.
pub(crate) async fn ready(State(ingest): State<Arc<Ingest>>) -> Response {
    match unready(&ingest.status(clock::now()), ingest.can_read()) {
        None => answer(StatusCode::OK, &json!({ "status": "ready" })),
        Some((reason, message)) => {
            let body = json!({ "status": "unavailable", "reason": reason, "message": message });
            answer(StatusCode::SERVICE_UNAVAILABLE, &body)
        }
    }
}

/// `/api/health`: 200 while the database can be read, since dashboards then work; the body tells of the writer too.
pub(crate) async fn check(State(ingest): State<Arc<Ingest>>) -> Response {
    let can_read = ingest.can_read();
    let status = ingest.status(clock::now());
    let (code, word) = if can_read {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let mut body = json!({ "status": word, "writer": status.writer.key() });
    if let Some((reason, message)) = unready(&status, can_read) {
        body["reason"] = reason.into();
        body["message"] = message.into();
    }
    answer(code, &body)
}

/// Why this process should get nothing new.
fn unready(status: &IngestionStatus, can_read: bool) -> Option<(&'static str, &'static str)> {
    match status.writer {
        WriterState::Stopping => Some(("stopping", "the program is about to end")),
        _ if !can_read => Some(("database_unavailable", "the database does not answer")),
        WriterState::Writing => None,
        WriterState::StandingBy => Some((
            "standing_by",
            "another process takes the events of this database; this one serves the dashboard and takes over when it ends",
        )),
        WriterState::Failing => Some(
            status
                .failure
                .map_or(("other", "the last write failed"), |failure| {
                    (failure.key(), failure.words())
                }),
        ),
    }
}

fn answer(code: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (code, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trackflow::domain::DatabaseFailure;

    #[test]
    fn the_gravest_reason_is_told() {
        let status = |writer, failure| IngestionStatus {
            writer,
            failure,
            queued: 0,
            queue_limit: 1,
            latency_p50_ms: None,
            latency_p99_ms: None,
        };
        let full = Some(DatabaseFailure::DiskFull);
        for (writer, failure, can_read, expected) in [
            (WriterState::Writing, None, true, None),
            (
                WriterState::Writing,
                None,
                false,
                Some("database_unavailable"),
            ),
            (WriterState::StandingBy, None, true, Some("standing_by")),
            (WriterState::Failing, full, true, Some("disk_full")),
            (WriterState::Stopping, None, false, Some("stopping")),
        ] {
            let reason = unready(&status(writer, failure), can_read);
            assert_eq!(reason.map(|(key, _)| key), expected);
        }
    }
}
