//! Keys with which programs ask the stats API.

use serde::{Deserialize, Serialize};

use super::{ApiKeyId, Timestamp, UserId};

/// What a key is good for. All of it is reading: nothing can be changed with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiScope {
    /// Figures of all sites that the owner sees.
    StatsRead,
    /// The list of these sites.
    SitesRead,
}

/// A key without its token, which nobody can get back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Number.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// On whose behalf it asks; it ends with this user.
    pub user: UserId,
    /// The owner's e-mail address.
    pub email: String,
    /// What it is good for, at least one.
    pub scopes: Vec<ApiScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Midnight (UTC) of the day on which it was last used.
    pub last_used_day: Option<Timestamp>,
}

impl ApiScope {
    /// All scopes, in the order of the form.
    pub const ALL: [Self; 2] = [Self::StatsRead, Self::SitesRead];

    /// The name that is stored and that the command line takes.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::StatsRead => "stats:read",
            Self::SitesRead => "sites:read",
        }
    }

    /// The scope of an [`ApiScope::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.key() == key)
    }

    /// What it allows, sentence case.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::StatsRead => "Read statistics",
            Self::SitesRead => "List sites",
        }
    }
}
