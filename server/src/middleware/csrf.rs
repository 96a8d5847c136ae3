//! The same-origin check on every unsafe method. Leptos' server functions have none of their own.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tower_http::csrf::CsrfLayer;
use trackflow::config::PublicUrl;

/// Refuses with 403 what another site made a browser send. The public URL counts as ours even if a proxy changed `Host`.
pub(crate) fn layer(public_url: Option<&PublicUrl>) -> CsrfLayer {
    let layer = CsrfLayer::new();
    match public_url {
        Some(url) => layer
            .add_trusted_origin(url.as_str())
            .expect("a public URL is an ASCII origin"),
        None => layer,
    }
}

/// Gives the refusal words: without a body browsers show an error page of their own.
pub(crate) async fn explain(response: Response) -> Response {
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    if response.status() == StatusCode::FORBIDDEN && is_bare {
        return (
            StatusCode::FORBIDDEN,
            "This request came from another site, so nothing was changed. Open TrackFlow and try there.\n",
        )
            .into_response();
    }
    response
}
