//! The cookies that carry a new secret from the form that made it to the page that shows it once.
//!
//! The form is answered with a redirect, so that a reload makes no second one; in an address the secret would stay in histories and
//! logs. The page takes the cookie away as it shows the secret; unread it ends after a minute.

use http::{HeaderMap, HeaderValue};

use crate::cookie;

/// A cookie that is read once.
#[derive(Clone, Copy, Debug)]
pub struct OnceCookie {
    name: &'static str,
    /// Where the page is: the cookie is sent nowhere else.
    path: &'static str,
    /// What the secret begins with; 64 hexadecimal digits follow.
    prefix: &'static str,
}

/// Of a new API key.
pub const NEW_KEY: OnceCookie = OnceCookie {
    name: "trackflow-new-key",
    path: "/settings/api-keys",
    prefix: "tf_",
};

/// Of a new secret link: the token of its address.
pub const NEW_LINK: OnceCookie = OnceCookie {
    name: "trackflow-new-link",
    path: "/sites",
    prefix: "",
};

impl OnceCookie {
    /// The `Set-Cookie` header with a secret.
    ///
    /// # Panics
    /// If the secret holds more than letters, digits and underscores.
    #[must_use]
    pub fn set(&self, secret: &str, is_secure: bool) -> HeaderValue {
        self.header(secret, 60, is_secure)
    }

    /// The `Set-Cookie` header that takes it away.
    #[must_use]
    pub fn clear(&self, is_secure: bool) -> HeaderValue {
        self.header("", 0, is_secure)
    }

    /// Finds the secret in a request's headers; nothing that could not be one.
    #[must_use]
    pub fn find(&self, headers: &HeaderMap) -> Option<String> {
        let secret = cookie::values(headers, self.name).next()?;
        let digits = secret.strip_prefix(self.prefix)?;
        let is_one = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| secret.to_owned())
    }

    fn header(&self, value: &str, max_age: u32, is_secure: bool) -> HeaderValue {
        let Self { name, path, .. } = self;
        let secure = if is_secure { "; Secure" } else { "" };
        let text = format!(
            "{name}={value}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}"
        );
        HeaderValue::from_str(&text).expect("a secret is plain ASCII")
    }
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;

    #[test]
    fn only_what_could_be_a_secret_is_shown() {
        let digits = "0a".repeat(32);
        let token = format!("tf_{digits}");
        for (kind, cookie, expected) in [
            (
                NEW_KEY,
                format!("a=b; trackflow-new-key={token}"),
                Some(&token),
            ),
            (
                NEW_KEY,
                "trackflow-new-key=tf_call-this-number".into(),
                None,
            ),
            (NEW_KEY, "trackflow-new-key=".into(), None),
            (NEW_KEY, "a=b".into(), None),
            (
                NEW_LINK,
                format!("trackflow-new-link={digits}"),
                Some(&digits),
            ),
            (NEW_LINK, format!("trackflow-new-link={token}"), None),
        ] {
            let value = HeaderValue::from_str(&cookie).expect("ASCII");
            let headers = HeaderMap::from_iter([(COOKIE, value)]);
            assert_eq!(kind.find(&headers).as_ref(), expected, "{cookie}");
        }
    }

    #[test]
    fn no_script_reads_the_cookie_and_no_other_page_gets_it() {
        let set = NEW_KEY.set("tf_0", true);
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
