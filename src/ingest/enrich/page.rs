//! Which page an event belongs to: host and path, without what the query or the fragment may tell about a person.

use url::Url;

use crate::ingest::{
    beacon::NO_HOST,
    text::{cut, percent_decoded, without_control, without_emails},
};

const PAGE_LIMIT_BYTES: usize = 2000;
/// RFC 1035 §2.3.4.
const HOSTNAME_LIMIT_BYTES: usize = 253;

/// The page's host, lower case and without `www.`; [`NO_HOST`] if it has none. Ports do not count.
#[must_use]
pub fn hostname(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_lowercase();
    let host = host.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let host = if host.is_empty() { NO_HOST } else { host };
    cut(host, HOSTNAME_LIMIT_BYTES).to_owned()
}

/// The page's path: decoded, without space at its end, without e-mail addresses, at most 2000 bytes, never empty.
///
/// With hash routing the fragment up to its own `?` belongs to it.
///
/// ```
/// use trackflow::ingest::enrich::page::page;
///
/// let url = "https://example.org/caf%C3%A9/jane@example.org?token=1#/menu?id=2".parse().unwrap();
/// assert_eq!(page(&url, false), "/café/[email]");
/// assert_eq!(page(&url, true), "/café/[email]#/menu");
/// ```
#[must_use]
pub fn page(url: &Url, has_hash_routing: bool) -> String {
    let mut page = fit(url.path());
    if !page.starts_with('/') {
        page.insert(0, '/');
    }
    if has_hash_routing && let Some(fragment) = url.fragment() {
        let route = fragment.split('?').next().unwrap_or_default();
        page.push('#');
        page.push_str(&fit(route));
    }
    cut(&page, PAGE_LIMIT_BYTES).trim_end().to_owned()
}

fn fit(encoded: &str) -> String {
    let decoded = percent_decoded(encoded);
    let clean = without_control(&decoded);
    without_emails(clean.trim_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_decoded_path() {
        for (name, url, has_hash_routing, expected) in [
            ("root", "https://a.org", false, "/"),
            ("query", "https://a.org/x?mail=a@b.de", false, "/x"),
            ("trailing slash stays", "https://a.org/x/", false, "/x/"),
            ("decoded", "https://a.org/%E4%BD%A0/b%20c", false, "/你/b c"),
            ("space at the end", "https://a.org/x%20%20", false, "/x"),
            ("not UTF-8", "https://a.org/%ff", false, "/%ff"),
            ("NUL", "https://a.org/a%00b", false, "/ab"),
            ("line break", "https://a.org/a%0d%0aINFO", false, "/aINFO"),
            (
                "encoded address",
                "https://a.org/u/jane%40b.de/x",
                false,
                "/u/[email]/x",
            ),
            ("fragment", "https://a.org/x#top", false, "/x"),
            ("hash route", "https://a.org/#/a%20b", true, "/#/a b"),
            (
                "hash route with query",
                "https://a.org/#/a?token=1",
                true,
                "/#/a",
            ),
            ("no hash to route", "https://a.org/x", true, "/x"),
            ("app", "app://screen/home", false, "/home"),
            ("no path", "mailto:x", false, "/x"),
            ("dots", "https://a.org/a/../b", false, "/b"),
        ] {
            assert_eq!(
                page(&url.parse().unwrap(), has_hash_routing),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn a_long_page_is_cut_between_characters() {
        let url = format!("https://a.org/{}", "%F0%9F%98%80".repeat(600))
            .parse()
            .unwrap();
        let page = page(&url, false);
        assert_eq!(page.len(), 1997);
        assert!(page.ends_with('😀'));
    }

    #[test]
    fn a_hostname_is_lower_case_without_www_port_and_final_dot() {
        for (url, expected) in [
            ("https://WWW.Example.ORG:8443/", "example.org"),
            ("https://example.org./", "example.org"),
            ("https://müller.example/", "xn--mller-kva.example"),
            ("https://www.www.org/", "www.org"),
            ("https://[2001:db8::1]/", "[2001:db8::1]"),
            ("file:///home/jane/index.html", "(none)"),
            ("app:/x", "(none)"),
        ] {
            assert_eq!(hostname(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
