//! The same-origin check on every unsafe method. Leptos' server functions have none of their own.

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
