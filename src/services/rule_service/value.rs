//! What the value of a rule may be, and the form in which it is stored and compared.

use crate::{
    domain::{Country, InvalidNetwork, Network, RuleKind},
    services::{ServiceError, site_service::normalize_domain},
};

/// Longest page pattern. Our number: pages are cut at 2,000 bytes, and nobody types the tenth of it.
const PAGE_LIMIT_CHARS: usize = 500;
/// Highest rate limit: far above what one machine takes.
const RATE_LIMIT_MAX: u32 = 100_000;
/// A shorter network is a mistake rather than a wish: the largest that one holder has is about a /8 (IPv4) or /16 (IPv6).
const SHORTEST_IPV4: u8 = 8;
const SHORTEST_IPV6: u8 = 16;

/// Brings a typed value to the form in which it is stored.
///
/// ```
/// use trackflow::{domain::RuleKind, services::rule_service::normalize};
/// assert_eq!(normalize(RuleKind::AllowedHost, "https://www.Example.com/a").unwrap(), "example.com");
/// assert_eq!(normalize(RuleKind::BlockedAddress, "203.0.113.7/24").unwrap(), "203.0.113.0/24");
/// ```
///
/// # Errors
/// [`ServiceError::Invalid`] for `value`; the reason says what is allowed.
pub fn normalize(kind: RuleKind, typed: &str) -> Result<String, ServiceError> {
    let typed = typed.trim();
    match kind {
        RuleKind::AllowedHost => host(typed),
        RuleKind::BlockedAddress => network(typed),
        RuleKind::BlockedCountry => country(typed),
        RuleKind::BlockedPage => page(typed),
        RuleKind::RateLimit => rate(typed),
    }
    .map_err(|reason| ServiceError::invalid("value", reason))
}

fn host(typed: &str) -> Result<String, String> {
    let (wildcard, rest) = match typed.strip_prefix("*.") {
        Some(rest) => ("*.", rest),
        None => ("", typed),
    };
    normalize_domain(rest)
        .map(|host| format!("{wildcard}{host}"))
        .ok_or_else(|| {
            "must be a host name such as example.com, or *.example.com for all hosts below it"
                .to_owned()
        })
}

fn network(typed: &str) -> Result<String, String> {
    let network: Network = typed.parse().map_err(|error| match error {
        InvalidNetwork::Address => {
            "must be an address such as 203.0.113.7 or a network such as 203.0.113.0/24 or 2001:db8::/48"
                .to_owned()
        }
        InvalidNetwork::Length { most } => {
            format!("must have a number up to {most} behind the slash")
        }
    })?;
    let shortest = if network.is_ipv4() {
        SHORTEST_IPV4
    } else {
        SHORTEST_IPV6
    };
    if network.bits() < shortest {
        return Err(format!(
            "must have at least {shortest} bits behind the slash; a larger network would leave out too many people"
        ));
    }
    Ok(network.to_string())
}

fn country(typed: &str) -> Result<String, String> {
    Country::find(&typed.to_ascii_uppercase())
        .map(|country| country.code.to_owned())
        .ok_or_else(|| "must be a country's code of two letters (ISO 3166-1) such as DE".to_owned())
}

fn page(typed: &str) -> Result<String, String> {
    let is_fit = typed.starts_with(['/', '*'])
        && typed.chars().count() <= PAGE_LIMIT_CHARS
        && !typed.contains(char::is_control);
    if !is_fit {
        return Err(format!(
            "must be a path such as /admin or a pattern such as /admin/*, beginning with / or *, of at most {PAGE_LIMIT_CHARS} characters"
        ));
    }
    if typed.contains('?') {
        return Err(
            "must be a path without ? and what follows: queries are never looked at".into(),
        );
    }
    if typed.chars().all(|letter| matches!(letter, '*' | '/')) && typed.contains('*') {
        return Err("must leave some pages to be counted; this pattern fits all".into());
    }
    let mut pattern = String::with_capacity(typed.len());
    for letter in typed.chars() {
        if letter != '*' || !pattern.ends_with('*') {
            pattern.push(letter);
        }
    }
    Ok(pattern)
}

fn rate(typed: &str) -> Result<String, String> {
    typed
        .parse::<u32>()
        .ok()
        .filter(|rate| (1..=RATE_LIMIT_MAX).contains(rate))
        .map(|rate| rate.to_string())
        .ok_or_else(|| format!("must be a whole number of events a second, 1 to {RATE_LIMIT_MAX}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RuleKind::{AllowedHost, BlockedAddress, BlockedCountry, BlockedPage, RateLimit};

    #[test]
    fn typed_values_are_brought_to_one_form() {
        for (kind, typed, stored) in [
            (
                AllowedHost,
                " https://www.Example.com:8080/a ",
                "example.com",
            ),
            (AllowedHost, "*.Example.com", "*.example.com"),
            (AllowedHost, "münchen.de", "xn--mnchen-3ya.de"),
            (AllowedHost, "192.168.1.5:8080", "192.168.1.5"),
            (BlockedAddress, "203.0.113.7", "203.0.113.7"),
            (BlockedAddress, "203.0.113.7/24", "203.0.113.0/24"),
            (BlockedAddress, "2001:DB8::1/48", "2001:db8::/48"),
            (BlockedAddress, "::ffff:203.0.113.7", "203.0.113.7"),
            (BlockedCountry, "de", "DE"),
            (BlockedPage, "/admin/**", "/admin/*"),
            (BlockedPage, "/", "/"),
            (BlockedPage, "*/draft", "*/draft"),
            (RateLimit, "0100", "100"),
        ] {
            let normal = normalize(kind, typed);
            assert_eq!(normal.ok().as_deref(), Some(stored), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_a_rule_is_refused_with_what_is_allowed() {
        for (kind, typed, part) in [
            (AllowedHost, "", "a host name such as"),
            (AllowedHost, "two words", "a host name such as"),
            (AllowedHost, "*", "*.example.com for all"),
            (AllowedHost, "*.", "*.example.com for all"),
            (AllowedHost, "a.*.example.com", "*.example.com for all"),
            (BlockedAddress, "example.com", "an address such as"),
            (BlockedAddress, "203.0.113.0/33", "up to 32"),
            (BlockedAddress, "0.0.0.0/0", "at least 8"),
            (BlockedAddress, "::/0", "at least 16"),
            (BlockedCountry, "Germany", "two letters"),
            (BlockedCountry, "XX", "two letters"),
            (BlockedPage, "", "beginning with / or *"),
            (BlockedPage, "admin", "beginning with / or *"),
            (
                BlockedPage,
                "https://example.com/a",
                "beginning with / or *",
            ),
            (BlockedPage, "/a\u{7}", "beginning with / or *"),
            (BlockedPage, "/a?b=*", "without ?"),
            (BlockedPage, "/*", "fits all"),
            (BlockedPage, "**", "fits all"),
            (RateLimit, "0", "1 to 100000"),
            (RateLimit, "1.5", "1 to 100000"),
            (RateLimit, "1e9", "1 to 100000"),
            (RateLimit, "-1", "1 to 100000"),
        ] {
            match normalize(kind, typed) {
                Err(ServiceError::Invalid { field, reason }) => {
                    assert_eq!(field, "value");
                    assert!(reason.contains(part), "{typed}: {reason}");
                }
                other => panic!("{typed}: {other:?}"),
            }
        }
        let long = format!("/{}", "x".repeat(PAGE_LIMIT_CHARS));
        assert!(normalize(BlockedPage, &long).is_err());
    }
}
