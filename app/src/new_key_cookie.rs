//! The cookie that carries the token of a new API key from the form that made it to the page that shows it once.
//!
//! The form is answered with a redirect, so that a reload makes no second key; in an address the token would stay in histories and
//! logs. The page takes the cookie away as it shows the token; unread it ends after a minute.

use http::{HeaderMap, HeaderValue, header::COOKIE};

const NAME: &str = "trackflow-new-key";
/// Where the page is: the cookie is sent nowhere else.
pub const PAGE: &str = "/settings/api-keys";

/// The `Set-Cookie` header with a token.
///
/// # Panics
/// If the token holds more than letters, digits and underscores.
#[must_use]
pub fn set(token: &str, is_secure: bool) -> HeaderValue {
    header(token, 60, is_secure)
}

/// The `Set-Cookie` header that takes it away.
#[must_use]
pub fn clear(is_secure: bool) -> HeaderValue {
    header("", 0, is_secure)
}

/// Finds the token in a request's headers; nothing that could not be one.
#[must_use]
pub fn find(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == NAME);
    let token = values.next().map(|(_, value)| value)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (token.starts_with("tf_") && token.len() == 67 && token.bytes().all(is_plain))
        .then(|| token.to_owned())
}

fn header(value: &str, max_age: u32, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!(
        "{NAME}={value}; Path={PAGE}; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}"
    );
    HeaderValue::from_str(&text).expect("a key's token is plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_token_is_shown() {
        let token = format!("tf_{}", "0a".repeat(32));
        for (cookie, expected) in [
            (format!("a=b; {NAME}={token}"), Some(token.as_str())),
            (format!("{NAME}=tf_call-this-number"), None),
            (format!("{NAME}="), None),
            ("a=b".into(), None),
        ] {
            let value = HeaderValue::from_str(&cookie).expect("ASCII");
            let headers = HeaderMap::from_iter([(COOKIE, value)]);
            assert_eq!(find(&headers).as_deref(), expected, "{cookie}");
        }
    }

    #[test]
    fn no_script_reads_the_cookie_and_no_other_page_gets_it() {
        let set = set("tf_0", true);
        let text = set.to_str().expect("ASCII");
        for part in [
            "HttpOnly",
            "SameSite=Strict",
            "Secure",
            "Path=/settings/api-keys",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
