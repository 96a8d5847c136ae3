//! Rules of a site: which events its owner wants counted.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A host whose pages count, or `*.` and a host below which all count. Without such a rule every host does.
    AllowedHost,
    /// An address or network whose events do not count.
    BlockedAddress,
    /// A country (ISO 3166-1 alpha-2) whose events do not count.
    BlockedCountry,
    /// A page whose events do not count; `*` stands for any text.
    BlockedPage,
    /// How many events a second the site takes. A site has at most one.
    RateLimit,
}

/// One rule of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it is about.
    pub kind: RuleKind,
    /// The host, network, country, pattern or number, in the form in which values are compared.
    pub value: String,
    /// When it was added.
    pub created_at: Timestamp,
}

impl RuleKind {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::AllowedHost,
        Self::BlockedAddress,
        Self::BlockedCountry,
        Self::BlockedPage,
        Self::RateLimit,
    ];

    /// The name that is stored and that forms and the command line take.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::AllowedHost => "allowed_host",
            Self::BlockedAddress => "blocked_address",
            Self::BlockedCountry => "blocked_country",
            Self::BlockedPage => "blocked_page",
            Self::RateLimit => "rate_limit",
        }
    }

    /// The kind of a [`RuleKind::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

impl Rule {
    /// Whether an [`RuleKind::AllowedHost`] of this value allows a host.
    ///
    /// ```
    /// use trackflow::domain::Rule;
    /// assert!(Rule::allows_host("*.example.com", "shop.example.com"));
    /// assert!(!Rule::allows_host("*.example.com", "example.com"));
    /// ```
    #[must_use]
    pub fn allows_host(value: &str, host: &str) -> bool {
        match value.strip_prefix('*') {
            Some(below) => host.len() > below.len() && host.ends_with(below),
            None => value == host,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_allowed_by_its_name_or_by_a_star_above_it() {
        for (value, host, expected) in [
            ("example.com", "example.com", true),
            ("example.com", "shop.example.com", false),
            ("example.com", "notexample.com", false),
            ("*.example.com", "shop.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "notexample.com", false),
            ("*.example.com", "example.com.evil.test", false),
            ("example.com", "(none)", false),
        ] {
            let allows = Rule::allows_host(value, host);
            assert_eq!(allows, expected, "{value} and {host}");
        }
    }

    #[test]
    fn kinds_are_found_by_their_keys() {
        for kind in RuleKind::ALL {
            assert_eq!(RuleKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(RuleKind::from_key("blocked"), None);
    }
}
