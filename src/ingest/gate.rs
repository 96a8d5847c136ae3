//! The second station: lets wanted beacons through as [`Hit`]s and gives the others a [`DropReason`].
//!
//! A refused beacon is no error: it is answered 202 with the header [`DROPPED_HEADER`] and counted by its reason, so that
//! an owner can see why figures are low. Comes in: a [`Beacon`], its [`Client`] and the site with its owner's rules. Next:
//! [`enrich`](super::enrich).

use super::{beacon::Beacon, bots, client::Client, sites::KnownSite, spam};
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
    /// The site's owner blocks the address or its network.
    BlockedAddress,
    /// The site's owner blocks the country.
    BlockedCountry,
    /// The site's owner blocks the page.
    BlockedPage,
    /// An `engagement` with neither time nor scroll depth.
    EmptyEngagement,
    /// An `engagement` of a visitor without an open visit.
    NoVisit,
    /// Too many events from one network. Answered 429: it may be sent again.
    RateLimited,
    /// More events than the site's owner allows. Answered 429: it may be sent again.
    SiteRateLimited,
}

impl DropReason {
    /// All reasons, in the order in which the ledger lists them.
    pub const ALL: [Self; 12] = [
        Self::UnknownSite,
        Self::OptedOut,
        Self::Bot,
        Self::SpamReferrer,
        Self::HostNotAllowed,
        Self::BlockedAddress,
        Self::BlockedCountry,
        Self::BlockedPage,
        Self::EmptyEngagement,
        Self::NoVisit,
        Self::RateLimited,
        Self::SiteRateLimited,
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
            Self::BlockedAddress => "blocked_address",
            Self::BlockedCountry => "blocked_country",
            Self::BlockedPage => "blocked_page",
            Self::EmptyEngagement => "empty_engagement",
            Self::NoVisit => "no_visit",
            Self::RateLimited => "rate_limited",
            Self::SiteRateLimited => "site_rate_limited",
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
    /// The country, if a rule asked for it: it is not looked up twice.
    pub country: Option<String>,
}

/// Decides whether a beacon is wanted. `site` is the one whose domain the beacon names, if there is one; `country_of` is
/// called only if the site blocks countries.
///
/// # Errors
///
/// The first [`DropReason`] that applies, the cheap questions first.
pub(super) fn admit<'a>(
    beacon: Beacon,
    client: &Client<'_>,
    site: Option<&'a KnownSite>,
    country_of: impl FnOnce(&Client<'_>) -> String,
) -> Result<Hit<'a>, DropReason> {
    let KnownSite { site, rules, .. } = site.ok_or(DropReason::UnknownSite)?;
    let is_empty_engagement =
        beacon.name == "engagement" && beacon.scroll_depth.is_none() && beacon.engaged_ms.is_none();
    let refusal = if client.has_opted_out {
        Some(DropReason::OptedOut)
    } else if is_empty_engagement {
        Some(DropReason::EmptyEngagement)
    } else {
        rules
            .refuse_address(client.ip)
            .or_else(|| rules.refuse_page(&beacon))
            .or_else(|| is_spam(&beacon).then_some(DropReason::SpamReferrer))
            .or_else(|| bots::is_bot(client.user_agent).then_some(DropReason::Bot))
    };
    if let Some(reason) = refusal {
        return Err(reason);
    }
    let country = rules.has_countries().then(|| country_of(client));
    match country
        .as_deref()
        .and_then(|code| rules.refuse_country(code))
    {
        Some(reason) => Err(reason),
        None => Ok(Hit {
            site,
            beacon,
            country,
        }),
    }
}

fn is_spam(beacon: &Beacon) -> bool {
    beacon.referrer.as_deref().is_some_and(spam::is_spam)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::HashSet, time::Instant};

    use super::*;
    use crate::{
        domain::{Rule, RuleKind, SiteId, Timestamp},
        ingest::client::ClientIp,
    };

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

    fn a_client(user_agent: &str, has_opted_out: bool) -> Client<'_> {
        Client {
            ip: ClientIp::new("203.0.113.7".parse().unwrap()),
            user_agent,
            country_header: None,
            language_header: None,
            has_opted_out,
        }
    }

    fn a_site(rules: &[(RuleKind, &str)]) -> KnownSite {
        let site = Site {
            id: SiteId(7),
            domain: "example.org".to_owned(),
            name: "Example".to_owned(),
            time_zone: "UTC".to_owned(),
            created_at: Timestamp(0),
            is_public: false,
        };
        let rules: Vec<_> = rules
            .iter()
            .map(|(kind, value)| Rule {
                kind: *kind,
                value: (*value).to_owned(),
                created_at: Timestamp(0),
            })
            .collect();
        KnownSite::new(site, &rules, None, Instant::now())
    }

    fn a_beacon(fields: &str) -> Beacon {
        Beacon::parse(format!(r#"{{"u":"https://example.org/a",{fields}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn a_beacon_is_refused_for_the_first_reason_that_applies() {
        let site = a_site(&[]);
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
            let nobody_asks = |_: &Client<'_>| panic!("no rule is about countries");
            let result = admit(a_beacon(fields), &client, site, nobody_asks);
            assert_eq!(result.err(), expected, "{name}");
        }
    }

    #[test]
    fn a_beacon_has_to_fit_all_rules_of_its_site() {
        use RuleKind::{AllowedHost, BlockedAddress, BlockedCountry, BlockedPage, RateLimit};
        for (name, rules, expected) in [
            ("none", &[] as &[_], None),
            ("allowed host", &[(AllowedHost, "example.org")], None),
            (
                "one of two hosts",
                &[(AllowedHost, "a.test"), (AllowedHost, "example.org")],
                None,
            ),
            (
                "below an allowed host",
                &[(AllowedHost, "*.example.org")],
                Some(DropReason::HostNotAllowed),
            ),
            (
                "another host",
                &[(AllowedHost, "shop.example.org")],
                Some(DropReason::HostNotAllowed),
            ),
            (
                "address",
                &[(BlockedAddress, "203.0.113.7")],
                Some(DropReason::BlockedAddress),
            ),
            (
                "network",
                &[(BlockedAddress, "203.0.112.0/23")],
                Some(DropReason::BlockedAddress),
            ),
            ("other network", &[(BlockedAddress, "203.0.114.0/24")], None),
            (
                "page",
                &[(BlockedPage, "/a*")],
                Some(DropReason::BlockedPage),
            ),
            ("other page", &[(BlockedPage, "/b*")], None),
            (
                "country",
                &[(BlockedCountry, "FR"), (BlockedCountry, "DE")],
                Some(DropReason::BlockedCountry),
            ),
            ("other country", &[(BlockedCountry, "FR")], None),
            (
                "the address comes first",
                &[(BlockedPage, "/a"), (BlockedAddress, "203.0.113.0/24")],
                Some(DropReason::BlockedAddress),
            ),
            ("limits are not the gate's", &[(RateLimit, "1")], None),
            (
                "what cannot be read blocks nobody",
                &[(BlockedAddress, "everyone")],
                None,
            ),
        ] {
            let site = a_site(rules);
            for body in [r#""n":"pageview""#, r#""n":"engagement","e":9"#] {
                let client = a_client(FIREFOX, false);
                let hit = admit(a_beacon(body), &client, Some(&site), |_| "DE".into());
                assert_eq!(hit.err(), expected, "{name}");
            }
        }
    }

    #[test]
    fn the_country_is_looked_up_once_and_only_for_events_that_fit_everything_else() {
        use RuleKind::{BlockedAddress, BlockedCountry};
        for (name, rules, code, country, times) in [
            ("no rule", &[] as &[_], "DE", Ok(None), 0),
            ("fits", &[(BlockedCountry, "FR")], "DE", Ok(Some("DE")), 1),
            ("unknown", &[(BlockedCountry, "FR")], "", Ok(Some("")), 1),
            (
                "blocked by address",
                &[(BlockedCountry, "FR"), (BlockedAddress, "203.0.113.7")],
                "DE",
                Err(DropReason::BlockedAddress),
                0,
            ),
        ] {
            let site = a_site(rules);
            let asked = Cell::new(0);
            let country_of = |_: &Client<'_>| {
                asked.set(asked.get() + 1);
                code.to_owned()
            };
            let beacon = a_beacon(r#""n":"pageview""#);
            let hit = admit(beacon, &a_client(FIREFOX, false), Some(&site), country_of);
            let found = hit.map(|hit| hit.country);
            let expected = country.map(|code| code.map(str::to_owned));
            assert_eq!((found, asked.get()), (expected, times), "{name}");
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
