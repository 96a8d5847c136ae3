//! A site: what is measured.

use serde::{Deserialize, Serialize};

use super::{SiteId, Timestamp};

/// A site whose visits are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Immutable number.
    pub id: SiteId,
    /// Host name without `www.`, lower case, unique; what `data-domain` says.
    pub domain: String,
    /// What the dashboard calls it.
    pub name: String,
    /// IANA time zone; its midnights bound the days.
    pub time_zone: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Whether anybody may read its dashboard without an account.
    pub is_public: bool,
}

/// A site to be added; not yet validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSite {
    /// Host name; scheme, `www.` and path are taken off.
    pub domain: String,
    /// What the dashboard calls it; empty means the domain.
    pub name: String,
    /// IANA time zone; empty means UTC.
    pub time_zone: String,
}

/// A row of the list of sites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteOverview {
    /// The site.
    pub site: Site,
    /// Visitors of each of the last 28 days, today last.
    pub daily_visitors: Vec<u64>,
    /// Visitors since local midnight.
    pub visitors_today: u64,
    /// Pageviews since local midnight.
    pub pageviews_today: u64,
    /// Visitors of yesterday up to the same time of day.
    pub visitors_yesterday: u64,
    /// Distinct visitors with an event in the last 5 minutes.
    pub current_visitors: u64,
    /// Whether any event was ever received.
    pub has_events: bool,
}
