//! Recognises referrers that exist only to be seen in statistics.

use std::{collections::HashSet, sync::LazyLock};

use url::Url;

static DOMAINS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("data/spam_referrers.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect()
});

/// Whether a referrer's host is one of the known domains or below one.
#[must_use]
pub fn is_spam(referrer: &str) -> bool {
    let Ok(url) = Url::parse(referrer) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    host_and_parents(host).any(|domain| DOMAINS.contains(domain))
}

/// `a.b.c`, `b.c`, `c`.
pub(crate) fn host_and_parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |host| {
        host.split_once('.').map(|(_, parent)| parent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_domain_and_its_subdomains_are_spam_and_its_lookalikes_are_not() {
        for (referrer, expected) in [
            ("https://semalt.com/", true),
            ("http://crawler.SEMALT.com/x?u=https://example.org", true),
            ("https://semalt.com./", true),
            ("https://notsemalt.com/", false),
            ("https://semalt.com.example.org/", false),
            ("https://example.org/semalt.com", false),
            ("semalt", false),
            ("", false),
        ] {
            assert_eq!(is_spam(referrer), expected, "{referrer}");
        }
    }
}
