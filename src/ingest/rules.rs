//! The rules of one site, ready to be applied to each event.
//!
//! Comes in: the [`Rule`]s as stored, once for each reading of the sites. Goes out: answers to the
//! [`gate`](super::gate), which asks the cheap ones first. A site without rules costs a few comparisons with empty lists
//! and nothing on the heap.

use super::{
    beacon::Beacon, client::ClientIp, enrich::page, gate::DropReason, text::percent_decoded,
};
use crate::domain::{Network, Rule, RuleKind};

/// What a site's owner wants counted. The default counts everything.
#[derive(Debug, Default)]
pub(super) struct Rules {
    hosts: Vec<String>,
    networks: Vec<Network>,
    countries: Vec<String>,
    pages: Vec<PagePattern>,
}

impl Rules {
    /// Compiles the rules. Rate limits are not among them: they have a state (see [`sites`](super::sites)).
    pub(super) fn compile(rules: &[Rule]) -> Self {
        let mut compiled = Self::default();
        for Rule { kind, value, .. } in rules {
            match kind {
                RuleKind::AllowedHost => compiled.hosts.push(value.clone()),
                RuleKind::BlockedAddress => compiled.networks.extend(value.parse::<Network>()),
                RuleKind::BlockedCountry => compiled.countries.push(value.clone()),
                RuleKind::BlockedPage => compiled.pages.push(PagePattern::new(value)),
                RuleKind::RateLimit => {}
            }
        }
        compiled
    }

    /// Whether events from this address are not wanted.
    pub(super) fn refuse_address(&self, ip: ClientIp) -> Option<DropReason> {
        let mut networks = self.networks.iter();
        let is_blocked = networks.any(|network| network.contains(ip.expose()));
        is_blocked.then_some(DropReason::BlockedAddress)
    }

    /// Whether events of this host or page are not wanted. They are compared as they would be stored.
    pub(super) fn refuse_page(&self, beacon: &Beacon) -> Option<DropReason> {
        if !self.hosts.is_empty() {
            let host = page::hostname(&beacon.url);
            let mut hosts = self.hosts.iter();
            if !hosts.any(|allowed| Rule::allows_host(allowed, &host)) {
                return Some(DropReason::HostNotAllowed);
            }
        }
        if !self.pages.is_empty() {
            let page = page::page(&beacon.url, beacon.has_hash_routing);
            if self.pages.iter().any(|pattern| pattern.fits(&page)) {
                return Some(DropReason::BlockedPage);
            }
        }
        None
    }

    /// Whether the country has to be known to decide.
    pub(super) fn has_countries(&self) -> bool {
        !self.countries.is_empty()
    }

    /// Whether events from this country are not wanted. An unknown country, an empty code, is on no list.
    pub(super) fn refuse_country(&self, code: &str) -> Option<DropReason> {
        let is_blocked = self.countries.iter().any(|blocked| blocked == code);
        is_blocked.then_some(DropReason::BlockedCountry)
    }
}

/// A page in which `*` stands for any text, also for none and for slashes. Cut at its stars.
#[derive(Debug)]
struct PagePattern {
    beginning: String,
    middle: Vec<String>,
    /// Absent if there is no star.
    end: Option<String>,
}

impl PagePattern {
    fn new(value: &str) -> Self {
        // As pages are: a pattern that was copied from an address bar may be encoded.
        let value = percent_decoded(value);
        let mut parts: Vec<_> = value.split('*').map(str::to_owned).collect();
        let beginning = parts.remove(0);
        Self {
            beginning,
            end: parts.pop(),
            middle: parts,
        }
    }

    /// Looks for the parts between the stars one after the other, each as far left as possible: never goes back, so that no
    /// pattern and page take long together.
    fn fits(&self, page: &str) -> bool {
        let Some(rest) = page.strip_prefix(self.beginning.as_str()) else {
            return false;
        };
        let Some(end) = &self.end else {
            return rest.is_empty();
        };
        let Some(mut rest) = rest.strip_suffix(end.as_str()) else {
            return false;
        };
        self.middle
            .iter()
            .all(|part| match rest.find(part.as_str()) {
                Some(at) => {
                    rest = &rest[at + part.len()..];
                    true
                }
                None => false,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_page_pattern_stands_for_any_text() {
        for (pattern, page, expected) in [
            ("/admin", "/admin", true),
            ("/admin", "/admin/", false),
            ("/admin", "/Admin", false),
            ("/admin/*", "/admin/users", true),
            ("/admin/*", "/admin/", true),
            ("/admin/*", "/admin", false),
            ("/admin*", "/administration", true),
            ("*/draft", "/blog/2026/draft", true),
            ("*/draft", "/draft/1", false),
            ("/a/*/z", "/a/b/c/z", true),
            ("/a/*/z", "/a/z", false),
            ("/ab*ba", "/aba", false),
            ("*preview*", "/x/preview/1", true),
            ("/a*b*c", "/axxbxxc", true),
            ("/a*b*c", "/axxcxxb", false),
            ("/a*b*c", "/abbc", true),
            ("/caf%C3%A9/*", "/café/menu", true),
            ("/#/intern*", "/#/intern/1", true),
            ("/100%", "/100%", true),
        ] {
            let fits = PagePattern::new(pattern).fits(page);
            assert_eq!(fits, expected, "{pattern} and {page}");
        }
    }
}
