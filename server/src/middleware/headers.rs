//! Security headers. They fill in what an answer lacks; an answer that says something itself is left alone.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

/// For answers that are no pages. Pages bring their own policy with a nonce, from the app's shell.
const FALLBACK_CSP: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

const PRIVATE: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, FALLBACK_CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: server functions lead a plain form back to its page by the referrer.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

pub(crate) const PUBLIC: [(HeaderName, &str); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, FALLBACK_CSP),
];

/// For everything of the dashboard.
pub(crate) async fn set_private(response: Response) -> Response {
    let mut response = set_missing(response, &PRIVATE);
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY);
    let policy = policy.and_then(|value| value.to_str().ok());
    // A page for frames says so in its policy; the older header knows no "everywhere".
    if policy.is_some_and(|policy| policy.contains("frame-ancestors *;")) {
        response.headers_mut().remove(header::X_FRAME_OPTIONS);
    }
    response
}

/// For what everybody may have.
pub(crate) async fn set_public(response: Response) -> Response {
    set_missing(response, &PUBLIC)
}

fn set_missing(mut response: Response, defaults: &[(HeaderName, &'static str)]) -> Response {
    for (name, value) in defaults {
        let entry = response.headers_mut().entry(name);
        entry.or_insert(HeaderValue::from_static(value));
    }
    response
}
