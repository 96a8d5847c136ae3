//! What an accepted event survives.

use std::str::FromStr;

/// What an accepted event survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A power cut: it is synced to the disk before it is answered.
    #[default]
    Full,
    /// The end of the program in any way; a power cut may take the last moments. The database stays whole.
    Relaxed,
}

impl Durability {
    /// As the configuration writes it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Relaxed => "relaxed",
        }
    }

    /// The setting of the connection that writes events.
    pub(crate) fn sqlite_pragma(self) -> &'static str {
        match self {
            Self::Full => "pragma synchronous = full",
            Self::Relaxed => "pragma synchronous = normal",
        }
    }

    /// The setting of the connection that writes events. `full` overrules a server whose commits are not synced, and leaves
    /// one alone that waits for its replicas too.
    pub(crate) fn postgres_setting(self) -> &'static str {
        match self {
            Self::Full => {
                "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'"
            }
            Self::Relaxed => "set synchronous_commit = off",
        }
    }
}

impl FromStr for Durability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "full" => Ok(Self::Full),
            "relaxed" => Ok(Self::Relaxed),
            other => Err(format!("`{other}` is unknown; use one of full, relaxed")),
        }
    }
}
