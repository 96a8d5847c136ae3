//! Who may read the metrics of the running program.

use std::{fmt, net::SocketAddr};

use sha2::{Digest, Sha256};

use super::{RawConfig, parse_or, write_setting};

/// The shortest token that is taken: shorter ones can be guessed.
const SHORTEST_TOKEN_BYTES: usize = 16;

/// Settings of `/metrics`. Neither set: there is no such path.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    /// `metrics-listen`: IP address and port of a listener that has nothing but `/metrics`. Default none.
    pub listen: Option<SocketAddr>,
    /// `metrics-token`: what a request has to bring as `Authorization: Bearer TOKEN`, at least 16 bytes. Without `metrics-listen`
    /// it opens `/metrics` where the dashboard is; with it, it is asked for there. Default none.
    pub token: Option<MetricsToken>,
}

/// A token, as its hash: comparing hashes takes a time that tells nothing of the token.
#[derive(Clone, PartialEq, Eq)]
pub struct MetricsToken([u8; 32]);

impl MetricsToken {
    /// The token that a text is.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Whether a text is this token.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        *self == Self::new(text)
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsToken(…)")
    }
}

impl MetricsConfig {
    pub(super) fn resolve(raw: &RawConfig, errors: &mut Vec<String>) -> Self {
        let listen = raw.metrics_listen.as_deref();
        let listen = parse_or("metrics-listen", listen, None, errors, |text| {
            text.trim().parse().map(Some).map_err(|_| {
                format!("`{text}` is no IP address with a port; use for example 127.0.0.1:9100")
            })
        });
        let token = raw.metrics_token.as_deref();
        let token = parse_or("metrics-token", token, None, errors, |text| {
            let text = text.trim();
            let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
            if text.len() < SHORTEST_TOKEN_BYTES || !is_plain {
                return Err(format!(
                    "must be at least {SHORTEST_TOKEN_BYTES} letters, digits and signs, without blanks; \
                     use for example `openssl rand -hex 32`"
                ));
            }
            Ok(Some(MetricsToken::new(text)))
        });
        Self { listen, token }
    }
}

impl fmt::Display for MetricsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listen = self.listen.as_ref().map(|listen| listen as _);
        write_setting(f, "metrics-listen", listen)?;
        let is = if self.token.is_some() {
            "is set, and kept secret"
        } else {
            "is not set"
        };
        writeln!(f, "# metrics-token {is}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(listen: &str, token: &str) -> Result<MetricsConfig, Vec<String>> {
        let raw = RawConfig {
            metrics_listen: Some(listen.into()),
            metrics_token: Some(token.into()),
            ..RawConfig::default()
        };
        let mut errors = Vec::new();
        let config = MetricsConfig::resolve(&raw.or(RawConfig::default()), &mut errors);
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(errors)
        }
    }

    #[test]
    fn a_token_is_long_and_never_printed() {
        let config = resolve("127.0.0.1:9100", "0123456789abcdef").expect("valid");
        let token = config.token.clone().expect("a token");
        assert!(token.matches("0123456789abcdef") && !token.matches("0123456789abcdeF"));
        for printed in [config.to_string(), format!("{config:?}")] {
            assert!(!printed.contains("0123456789"), "{printed}");
        }
        let errors = resolve("localhost", "short").expect_err("nothing is right");
        assert_eq!(errors.len(), 2);
        assert!(!errors[1].contains("short"), "{}", errors[1]);
        let config = resolve("", " ").expect("blank is absent");
        assert!(config.listen.is_none() && config.token.is_none());
    }
}
