//! The cookie that holds a session's token: its name, its attributes, and how it is found in a request.
//!
//! Written by `server_fns::session`, read by the server's middleware. The token is a secret: it is never logged.

use http::{HeaderMap, HeaderValue};

use crate::cookie;

/// Over HTTPS and on loopback: `__Host-` binds it to this host, the whole path and `Secure` (RFC 6265bis §4.1.3.2).
const SECURE_NAME: &str = "__Host-trackflow";
/// On plain HTTP elsewhere, where browsers refuse `Secure` cookies.
const PLAIN_NAME: &str = "trackflow";
/// How long a browser keeps it, in seconds: 30 days, as long as a session lives.
const MAX_AGE_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Finds the token in a request's headers. On a secure request only the `__Host-` cookie counts: an unprefixed one
/// could have been set by a neighbouring subdomain.
#[must_use]
pub fn find_token(headers: &HeaderMap, is_secure: bool) -> Option<String> {
    let name = if is_secure { SECURE_NAME } else { PLAIN_NAME };
    cookie::values(headers, name).next().map(str::to_owned)
}

/// The `Set-Cookie` header of a new session.
///
/// # Panics
/// If the token holds more than URL-safe ASCII; tokens are base64url or hexadecimal.
#[must_use]
pub fn set(token: &str, is_secure: bool) -> HeaderValue {
    header(token, MAX_AGE_SECONDS, is_secure)
}

/// The `Set-Cookie` header that ends a session.
#[must_use]
pub fn clear(is_secure: bool) -> HeaderValue {
    header("", 0, is_secure)
}

fn header(value: &str, max_age: u32, is_secure: bool) -> HeaderValue {
    let (name, secure) = if is_secure {
        (SECURE_NAME, "; Secure")
    } else {
        (PLAIN_NAME, "")
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
    HeaderValue::from_str(&text).expect("a session token is plain ASCII")
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        let value = HeaderValue::from_str(cookie).expect("ASCII");
        HeaderMap::from_iter([(COOKIE, value)])
    }

    #[test]
    fn only_the_prefixed_cookie_counts_on_a_secure_request() {
        let both = headers("a=b; trackflow=plain; __Host-trackflow=secure");
        assert_eq!(find_token(&both, true).as_deref(), Some("secure"));
        assert_eq!(find_token(&both, false).as_deref(), Some("plain"));
        assert_eq!(find_token(&headers("trackflow=plain"), true), None);
        assert_eq!(find_token(&headers("__Host-trackflow="), true), None);
    }

    #[test]
    fn scripts_cannot_read_it_and_other_sites_cannot_send_it() {
        let header = set("abc", true);
        let text = header.to_str().expect("ASCII");
        for part in [
            "__Host-trackflow=abc",
            "Path=/",
            "HttpOnly",
            "SameSite=Lax",
            "Secure",
        ] {
            assert!(text.contains(part), "{text} lacks {part}");
        }
        assert!(
            !set("abc", false)
                .to_str()
                .expect("ASCII")
                .contains("Secure")
        );
    }
}
