//! The second station: lets wanted beacons through as [`Hit`]s and gives the others a [`DropReason`].
//!
//! A refused beacon is no error: it is answered 202 with the header [`DROPPED_HEADER`] and counted by its reason, so that
//! an owner can see why figures are low. Comes in: a [`Beacon`] and its [`Client`]. Next: [`enrich`](super::enrich).

use super::{beacon::Beacon, bots, client::Client, spam};
use crate::domain::Site;

/// The header of the answer that names the [`DropReason::key`].
pub const DROPPED_HEADER: &str = "x-trackflow-dropped";

/// Why a valid beacon was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// No site has this domain.
    UnknownSite,
    /// The browser says `DNT: 1` or `Sec-GPC: 1`.
    OptedOut,
    /// The user agent is a machine's.
    Bot,
    /// The referrer is known to advertise itself in statistics.
    SpamReferrer,
    /// The page's host is not one that the site allows.
    HostNotAllowed,
    /// An `engagement` with neither time nor scroll depth.
    EmptyEngagement,
    /// An `engagement` of a visitor without an open visit.
    NoVisit,
}

impl DropReason {
    /// All reasons, in the order in which the ledger lists them.
    pub const ALL: [Self; 7] = [
        Self::UnknownSite,
        Self::OptedOut,
        Self::Bot,
        Self::SpamReferrer,
        Self::HostNotAllowed,
        Self::EmptyEngagement,
        Self::NoVisit,
    ];

    /// The name in the answer's header, in metrics and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::UnknownSite => "unknown_site",
            Self::OptedOut => "opted_out",
            Self::Bot => "bot",
            Self::SpamReferrer => "spam_referrer",
            Self::HostNotAllowed => "host_not_allowed",
            Self::EmptyEngagement => "empty_engagement",
            Self::NoVisit => "no_visit",
        }
    }
}

/// An accepted beacon and the site that it counts for.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'a> {
    /// The site.
    pub site: &'a Site,
    /// What was sent.
    pub beacon: Beacon,
}

/// Decides whether a beacon is wanted. `site` is the one whose domain the beacon names, if there is one.
///
/// # Errors
///
/// The first [`DropReason`] that applies, the cheap questions first.
pub fn admit<'a>(
    beacon: Beacon,
    client: &Client<'_>,
    site: Option<&'a Site>,
) -> Result<Hit<'a>, DropReason> {
    let site = site.ok_or(DropReason::UnknownSite)?;
    let is_empty_engagement =
        beacon.name == "engagement" && beacon.scroll_depth.is_none() && beacon.engaged_ms.is_none();
    let refusal = if client.has_opted_out {
        Some(DropReason::OptedOut)
    } else if is_empty_engagement {
        Some(DropReason::EmptyEngagement)
    } else if beacon.referrer.as_deref().is_some_and(spam::is_spam) {
        Some(DropReason::SpamReferrer)
    } else if bots::is_bot(client.user_agent) {
        Some(DropReason::Bot)
    } else {
        None
    };
    refusal.map_or(Ok(Hit { site, beacon }), Err)
}
