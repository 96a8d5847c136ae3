//! `GET /api/health`: for balancers and monitors.

use app::context::AppContext;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use trackflow::services::user_service;

/// 200 when the database answers a query, else 503.
pub(crate) async fn check(State(context): State<AppContext>) -> Response {
    let (status, text) = match user_service::count(&context.db).await {
        Ok(_) => (StatusCode::OK, r#"{"status":"ok"}"#),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"status":"unavailable"}"#,
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}
