//! Users: people who log in to the dashboard, never visitors.

use serde::{Deserialize, Serialize};

use super::{Condition, Site, SiteId, Timestamp, UserId};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads all sites, writes nowhere; the public demo account is one.
    Viewer,
}

/// A user without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Number.
    pub id: UserId,
    /// E-mail address, lower case, unique; the name to log in with. Nothing is ever sent to it.
    pub email: String,
    /// What the user may do.
    pub role: Role,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Who asks: every service that reads or writes for a person takes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// A logged-in user.
    User {
        /// Number.
        id: UserId,
        /// E-mail address, for the page's header.
        email: String,
        /// What the user may do.
        role: Role,
    },
    /// The program itself: command line, background jobs.
    System,
    /// Somebody without an account: reads the dashboards that are public.
    Anyone,
    /// Whoever has a secret link: reads one site's dashboard.
    LinkReader {
        /// The site.
        site: SiteId,
        /// Its domain.
        domain: String,
        /// What always holds of what is read; `None` is everything.
        condition: Option<Condition>,
    },
}

impl Principal {
    /// Whether it may read the site's dashboard.
    #[must_use]
    pub fn can_read(&self, site: &Site) -> bool {
        match self {
            Self::User { .. } | Self::System => true,
            Self::Anyone => site.is_public,
            Self::LinkReader { site: of, .. } => site.id == *of,
        }
    }

    /// Whether it has no account: sees figures and nothing of what the owner keeps beside them (segments, notes, settings).
    #[must_use]
    pub fn is_guest(&self) -> bool {
        match self {
            Self::User { .. } | Self::System => false,
            Self::Anyone | Self::LinkReader { .. } => true,
        }
    }

    /// What always holds of what it reads, whatever it asks for.
    #[must_use]
    pub fn fixed_condition(&self) -> Option<&Condition> {
        match self {
            Self::LinkReader { condition, .. } => condition.as_ref(),
            Self::User { .. } | Self::System | Self::Anyone => None,
        }
    }

    /// Whether it may change anything.
    #[must_use]
    pub fn can_write(&self) -> bool {
        matches!(
            self,
            Self::System
                | Self::User {
                    role: Role::Admin,
                    ..
                }
        )
    }
}

impl Role {
    /// The name that is stored and that the command line takes.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// The role of a [`Role::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Admin, Self::Viewer]
            .into_iter()
            .find(|role| role.key() == key)
    }
}
