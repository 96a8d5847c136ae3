//! Why events were not counted, and how the ledger of refusals reports it.
//!
//! The gate decides with its own `DropReason`; the ledger counts all of those, and what was refused before or behind the gate.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Why an event was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The user agent is a machine's.
    Bot,
    /// The browser asks not to be tracked.
    OptedOut,
    /// The referrer is known to advertise itself in statistics.
    SpamReferrer,
    /// The page's host is not one that the site allows.
    HostNotAllowed,
    /// The site's owner blocked the sender's address.
    BlockedAddress,
    /// The site's owner blocked the visitor's country.
    BlockedCountry,
    /// The site's owner blocked the page.
    BlockedPage,
    /// Too many events from one network.
    RateLimited,
    /// More events than the site's own limit.
    SiteRateLimited,
    /// An `engagement` that reports nothing.
    EmptyEngagement,
    /// An `engagement` without an open visit.
    NoVisit,
    /// No site has the domain.
    UnknownSite,
    /// The message breaks the wire format.
    Invalid,
    /// The queue was full.
    Overloaded,
    /// The database did not take it.
    Unavailable,
}

impl RefusalReason {
    /// All reasons.
    pub const ALL: [Self; 15] = [
        Self::Bot,
        Self::OptedOut,
        Self::SpamReferrer,
        Self::HostNotAllowed,
        Self::BlockedAddress,
        Self::BlockedCountry,
        Self::BlockedPage,
        Self::RateLimited,
        Self::SiteRateLimited,
        Self::EmptyEngagement,
        Self::NoVisit,
        Self::UnknownSite,
        Self::Invalid,
        Self::Overloaded,
        Self::Unavailable,
    ];

    /// The name in the ledger, in metrics and in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::OptedOut => "opted_out",
            Self::SpamReferrer => "spam_referrer",
            Self::HostNotAllowed => "host_not_allowed",
            Self::BlockedAddress => "blocked_address",
            Self::BlockedCountry => "blocked_country",
            Self::BlockedPage => "blocked_page",
            Self::RateLimited => "rate_limited",
            Self::SiteRateLimited => "site_rate_limited",
            Self::EmptyEngagement => "empty_engagement",
            Self::NoVisit => "no_visit",
            Self::UnknownSite => "unknown_site",
            Self::Invalid => "invalid",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
        }
    }

    /// The reason of a [`RefusalReason::key`].
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.key() == key)
    }

    /// Whether such a refusal may have cost the figures a real visitor; the others are kept out as intended.
    #[must_use]
    pub fn may_be_visitor(self) -> bool {
        matches!(
            self,
            Self::HostNotAllowed
                | Self::RateLimited
                | Self::SiteRateLimited
                | Self::Invalid
                | Self::Overloaded
                | Self::Unavailable
        )
    }
}

/// The span of time that a [`RefusalReport`] looks back over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalPeriod {
    /// Hour by hour.
    #[default]
    #[serde(rename = "24h")]
    Hours24,
    /// In steps of six hours.
    #[serde(rename = "7d")]
    Days7,
    /// Day by day.
    #[serde(rename = "30d")]
    Days30,
}

impl RefusalPeriod {
    /// All periods, the shortest first.
    pub const ALL: [Self; 3] = [Self::Hours24, Self::Days7, Self::Days30];

    /// The name in addresses.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Hours24 => "24h",
            Self::Days7 => "7d",
            Self::Days30 => "30d",
        }
    }

    /// The period of a [`RefusalPeriod::key`].
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.key() == key)
    }

    /// How many hours it looks back, the present one included.
    #[must_use]
    pub fn hours(self) -> i32 {
        match self {
            Self::Hours24 => 24,
            Self::Days7 => 7 * 24,
            Self::Days30 => 30 * 24,
        }
    }
}

/// Refusals in one step of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalBucket {
    /// When it begins, in the site's zone: "24 Nov, 14:00".
    pub label: String,
    /// Kept out as intended.
    pub intended: u64,
    /// Perhaps real visitors ([`RefusalReason::may_be_visitor`]).
    pub suspect: u64,
}

/// What the ledger says of a site and a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalReport {
    /// The period.
    pub period: RefusalPeriod,
    /// One entry a step, ascending, without gaps.
    pub buckets: Vec<RefusalBucket>,
    /// Counts by reason, largest first; reasons without any are left out.
    pub reasons: Vec<(RefusalReason, u64)>,
    /// Refused bots by name, largest first, at most 50.
    pub bots: Vec<(String, u64)>,
    /// Events of all senders that named no site of this server, or could not be read at all.
    pub without_site: u64,
    /// When the report was made.
    pub made_at: Timestamp,
}

impl RefusalReport {
    /// All refusals of the period.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.reasons.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_and_period_is_found_by_its_key() {
        for reason in RefusalReason::ALL {
            assert_eq!(RefusalReason::parse(reason.key()), Some(reason));
        }
        for (at, reason) in RefusalReason::ALL.into_iter().enumerate() {
            assert_eq!(
                reason as usize, at,
                "ALL stands in the order of the variants"
            );
        }
        for period in RefusalPeriod::ALL {
            assert_eq!(RefusalPeriod::parse(period.key()), Some(period));
        }
        assert_eq!(RefusalReason::parse("other"), None);
    }
}
