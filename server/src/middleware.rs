//! What stands between the wire and the handlers, one station a file.

pub(crate) mod access_log;
pub(crate) mod body;
pub(crate) mod csrf;
pub(crate) mod headers;
pub(crate) mod panic_answer;
pub(crate) mod peer;
pub(crate) mod principal;
mod share;

use http::{Extensions, HeaderMap, StatusCode, Version, header};

/// Whether an answer is a page. Static files were compressed by the build, and other answers are small.
pub(crate) fn is_html(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}
