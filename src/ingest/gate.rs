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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        domain::{SiteId, Timestamp},
        ingest::client::ClientIp,
    };

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

    fn a_client(user_agent: &str, has_opted_out: bool) -> Client<'_> {
        Client {
            ip: ClientIp::new("203.0.113.7".parse().unwrap()),
            user_agent,
            country_header: None,
            has_opted_out,
        }
    }

    fn a_site() -> Site {
        Site {
            id: SiteId(7),
            domain: "example.org".to_owned(),
            name: "Example".to_owned(),
            time_zone: "UTC".to_owned(),
            created_at: Timestamp(0),
        }
    }

    fn a_beacon(fields: &str) -> Beacon {
        Beacon::parse(format!(r#"{{"u":"https://example.org/a",{fields}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn a_beacon_is_refused_for_the_first_reason_that_applies() {
        let site = a_site();
        for (name, fields, client, site, expected) in [
            (
                "wanted",
                r#""n":"pageview""#,
                a_client(FIREFOX, false),
                Some(&site),
                None,
            ),
            (
                "wanted engagement",
                r#""n":"engagement","e":0"#,
                a_client(FIREFOX, false),
                Some(&site),
                None,
            ),
            (
                "custom event",
                r#""n":"Buy""#,
                a_client(FIREFOX, false),
                Some(&site),
                None,
            ),
            (
                "no site",
                r#""n":"pageview""#,
                a_client("", true),
                None,
                Some(DropReason::UnknownSite),
            ),
            (
                "opted out",
                r#""n":"pageview""#,
                a_client("", true),
                Some(&site),
                Some(DropReason::OptedOut),
            ),
            (
                "bot",
                r#""n":"pageview""#,
                a_client("curl/8.5.0", false),
                Some(&site),
                Some(DropReason::Bot),
            ),
            (
                "spam",
                r#""n":"pageview","r":"https://semalt.com/""#,
                a_client(FIREFOX, false),
                Some(&site),
                Some(DropReason::SpamReferrer),
            ),
            (
                "empty engagement",
                r#""n":"engagement","e":-1"#,
                a_client(FIREFOX, false),
                Some(&site),
                Some(DropReason::EmptyEngagement),
            ),
        ] {
            let result = admit(a_beacon(fields), &client, site);
            assert_eq!(result.err(), expected, "{name}");
        }
    }

    #[test]
    fn every_reason_has_a_key_of_its_own() {
        let keys: HashSet<_> = DropReason::ALL.into_iter().map(DropReason::key).collect();
        assert_eq!(keys.len(), DropReason::ALL.len());
        assert!(keys.iter().all(|key| {
            key.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        }));
    }
}
