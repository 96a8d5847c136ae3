//! Static files under names that do not change, and the folder of those that do.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};

use crate::assets::Assets;

/// A day: a new version reaches all visitors by tomorrow. Without ETag, which would be a cookie in disguise.
const ONE_DAY: &str = "public, max-age=86400";

/// `/js/script.js`: what pages of other sites embed.
pub(crate) async fn script(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    embedded_elsewhere(&assets, "built/script.js", &headers).await
}

/// `/js/vitals.js`: what pages of other sites may embed too.
pub(crate) async fn vitals(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    embedded_elsewhere(&assets, "built/vitals.js", &headers).await
}

async fn embedded_elsewhere(assets: &Assets, file: &str, headers: &HeaderMap) -> Response {
    let mut response = assets.serve(file, headers, ONE_DAY).await;
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN.as_str(), "*"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// `/pkg/…`: the dashboard's files, in a folder that the build's hash names.
pub(crate) async fn pkg(
    State(assets): State<Arc<Assets>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    assets.serve_pkg(&path, &headers).await
}

/// `/favicon.svg`.
pub(crate) async fn favicon(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    assets.serve("favicon.svg", &headers, ONE_DAY).await
}

/// `/theme.js`: sets the stored theme before the first paint.
pub(crate) async fn theme(State(assets): State<Arc<Assets>>, headers: HeaderMap) -> Response {
    assets.serve("theme.js", &headers, ONE_DAY).await
}

/// `/robots.txt`: of a dashboard only the way in is for search engines, with what it needs to be drawn.
pub(crate) async fn robots() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, ONE_DAY),
    ];
    (headers, "User-agent: *\nAllow: /login\nAllow: /docs/\nAllow: /pkg/\nAllow: /theme.js\nDisallow: /\n").into_response()
}
