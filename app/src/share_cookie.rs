//! The cookie that holds the pass of a secret link with a password. Links without one set nothing.
//!
//! Its path is the link's: it is sent nowhere else, and each link has its own.

use http::{HeaderMap, HeaderValue};
use trackflow::services::share_link_service::pass::{LIFE_SECONDS, Pass};

use crate::cookie;

const NAME: &str = "trackflow-share";

/// Finds the pass in a request's headers.
#[must_use]
pub fn find(headers: &HeaderMap) -> Option<String> {
    cookie::values(headers, NAME).next().map(str::to_owned)
}

/// The `Set-Cookie` header with a pass.
///
/// # Panics
/// If the token holds more than letters and digits; those of links are hexadecimal.
#[must_use]
pub fn set(token: &str, pass: &Pass, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!(
        "{NAME}={pass}; Path=/share/{token}; HttpOnly; SameSite=Lax; Max-Age={LIFE_SECONDS}{secure}"
    );
    HeaderValue::from_str(&text).expect("token and pass are plain ASCII")
}
