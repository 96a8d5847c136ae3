//! The demo's own little site: a page that embeds the beacon script, so that a visitor can watch their own visit arrive.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;

use crate::state::AppState;

/// Address of its first page.
pub(crate) const PAGE_PATH: &str = "/demo/";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Its paths; only the demo has them.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(PAGE_PATH, get(page))
        .route("/demo/{page}", get(page))
        .route(
            "/demo/demo.css",
            get(|| file("text/css", include_str!("demo/demo.css"))),
        )
        .route(
            "/demo/demo.js",
            get(|| file("text/javascript", include_str!("demo/demo.js"))),
        )
}

/// Every page is the same document: its script shows what the address names, as single-page apps do.
async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("demo/index.html")).into_response()
}

async fn file(content_type: &'static str, content: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        content,
    )
        .into_response()
}
