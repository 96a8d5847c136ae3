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

/// For search engines are the way in, with what it needs to be drawn, and dashboards if they are public, which their answers say. Of these only the
/// plain address: filters and details are addresses without end, each a question to the statistics.
const ROBOTS: &str = "User-agent: *\nAllow: /login\nAllow: /docs/\nAllow: /pkg/\nAllow: /theme.js\nAllow: /sites/\n\
                      Disallow: /sites/*/\nDisallow: /sites/*?\nDisallow: /\n";

/// `/robots.txt`.
pub(crate) async fn robots() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, ONE_DAY),
    ];
    (headers, ROBOTS).into_response()
}
