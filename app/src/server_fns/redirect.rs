//! Redirects after a form was posted: always to a page of this server.

use http::{HeaderValue, StatusCode, header::LOCATION};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

/// Sends the browser to a page with a GET (303). `path` must begin with `/`; what cannot be a header goes to the start page.
pub fn see_other(path: &str) {
    let response = expect_context::<ResponseOptions>();
    let value = HeaderValue::from_str(path);
    response.insert_header(LOCATION, value.unwrap_or(HeaderValue::from_static("/")));
    response.set_status(StatusCode::SEE_OTHER);
}

/// The page to go to after logging in: `next` if it is one of ours, else the start page.
///
/// A path that begins with `//` or `/\` is another host to browsers.
#[must_use]
pub fn safe_next(next: &str) -> &str {
    let mut letters = next.chars();
    let is_path = letters.next() == Some('/') && !matches!(letters.next(), Some('/' | '\\'));
    if is_path && !next.chars().any(char::is_control) {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_followed() {
        for (next, goes_to) in [
            (
                "/sites/example.com?period=7d",
                "/sites/example.com?period=7d",
            ),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/\t/evil.example", "/"),
            ("/a\r\nset-cookie: b=c", "/"),
        ] {
            assert_eq!(safe_next(next), goes_to, "{next:?}");
        }
    }
}
