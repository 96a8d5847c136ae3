//! How people reach the dashboard.

use std::{fmt, str::FromStr};

use super::{RawConfig, parse_or, write_setting};

/// Settings of the dashboard.
#[derive(Clone, Debug)]
pub struct DashboardConfig {
    /// `public-url`: scheme and host under which browsers reach TrackFlow, such as `https://data.example.com`. Default none:
    /// what the request says. Used for the snippet to embed and to tell whether cookies can be `Secure`.
    pub public_url: Option<PublicUrl>,
}

/// An origin: scheme, host and perhaps a port, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// As browsers write it in `Origin`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is reached over HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = url::Url::parse(text.trim()).ok();
        let origin = url.as_ref().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        origin
            .map(|url| Self(url.origin().ascii_serialization()))
            .ok_or_else(|| {
                "must be scheme and host alone, such as https://data.example.com".to_owned()
            })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DashboardConfig {
    pub(super) fn resolve(raw: &RawConfig, errors: &mut Vec<String>) -> Self {
        let public_url = parse_or(
            "public-url",
            raw.public_url.as_deref(),
            None,
            errors,
            |text| text.parse().map(Some),
        );
        Self { public_url }
    }
}

impl fmt::Display for DashboardConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.public_url.as_ref();
        write_setting(f, "public-url", url.map(|url| url as &dyn fmt::Display))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for (text, origin) in [
            (
                "https://Data.Example.com/",
                Some("https://data.example.com"),
            ),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://example.com:443", Some("https://example.com")),
            ("https://example.com/stats", None),
            ("https://me:pw@example.com", None),
            ("ftp://example.com", None),
            ("data.example.com", None),
        ] {
            let url = text.parse::<PublicUrl>().ok();
            assert_eq!(url.as_ref().map(PublicUrl::as_str), origin, "{text}");
        }
    }
}
