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
