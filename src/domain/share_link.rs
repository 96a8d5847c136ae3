//! Secret links to a site's dashboard.

use serde::{Deserialize, Serialize};

use super::{Condition, ShareLinkId, Timestamp};

/// A link without its token, which nobody can get back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLink {
    /// Number.
    pub id: ShareLinkId,
    /// What its maker calls it; readers do not see it.
    pub name: String,
    /// Whether readers are asked for a password.
    pub has_password: bool,
    /// What always holds for its readers; `None` shows all visits. One that cannot be read shows nothing, and says why.
    pub condition: Option<Result<Condition, String>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Midnight (UTC) of the day on which it was last used.
    pub last_used_day: Option<Timestamp>,
}

impl ShareLink {
    /// Links of one site. Our choice: more are lost sight of.
    pub const LIMIT: usize = 100;
    /// Characters of a name.
    pub const NAME_LIMIT: usize = 100;
    /// The longest life that can be asked for, in days; without one a link lives until it is revoked.
    pub const MAX_LIFE_DAYS: u16 = 3_650;
}
