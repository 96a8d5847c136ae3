//! The table of known sources and how hosts and names are looked up in it.

use std::{collections::HashMap, sync::LazyLock};

use crate::ingest::spam::host_and_parents;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Search,
    Social,
    Email,
    Ai,
    Ad,
    Other,
}

/// A known source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) class: Class,
}

struct Table {
    /// By host, or by host with `.*` for the suffix.
    hosts: HashMap<&'static str, Known>,
    /// By short name and by name, in lower case without spaces.
    names: HashMap<String, Known>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        hosts: HashMap::new(),
        names: HashMap::new(),
    };
    for (key, known) in rows() {
        // `or_insert`: of several classes under one name the first row counts.
        table.names.entry(folded(known.name)).or_insert(known);
        if key.contains('.') {
            table.hosts.insert(key, known);
        } else {
            table.names.insert(folded(key), known);
        }
    }
    table
});

/// The rows of the data file; a malformed one is left out, which a test would notice.
fn rows() -> impl Iterator<Item = (&'static str, Known)> {
    include_str!("../../data/sources.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (key, name) = (columns.next()?, columns.next()?);
            let class = match columns.next()? {
                "search" => Class::Search,
                "social" => Class::Social,
                "email" => Class::Email,
                "ai" => Class::Ai,
                "ad" => Class::Ad,
                "other" => Class::Other,
                _ => return None,
            };
            Some((key, Known { name, class }))
        })
}

impl Known {
    /// The source of a host, by the longest part of it that has a row.
    pub(super) fn by_host(host: &str) -> Option<Self> {
        let suffix = country_suffix(host);
        host_and_parents(host).find_map(|part| {
            let exact = TABLE.hosts.get(part);
            exact.copied().or_else(|| {
                let name = part.strip_suffix(suffix?)?.strip_suffix('.')?;
                TABLE.hosts.get(format!("{name}.*").as_str()).copied()
            })
        })
    }

    /// The source that a link names: a host, a short name or a name.
    pub(super) fn by_tag(tag: &str) -> Option<Self> {
        if tag.is_empty() {
            return None;
        }
        let tag = tag.to_lowercase();
        let by_name = TABLE.names.get(&folded(&tag)).copied();
        by_name.or_else(|| tag.contains('.').then(|| Self::by_host(&tag))?)
    }
}

fn folded(name: &str) -> String {
    name.to_lowercase().replace(' ', "")
}

/// The public suffix of a host if it is `com` or a country's. The others are left out so that `google.github.io` is not
/// taken for Google.
fn country_suffix(host: &str) -> Option<&str> {
    let suffix = psl::suffix(host.as_bytes())?;
    let text = std::str::from_utf8(suffix.as_bytes()).ok()?;
    let top_level = text.rsplit('.').next()?;
    let is_public = suffix.typ() == Some(psl::Type::Icann);
    (is_public && (text == "com" || top_level.len() == 2)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_and_unique() {
        let lines = include_str!("../../data/sources.tsv").lines();
        let lines = lines.filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().count(), lines);
        let keys: std::collections::HashSet<_> = rows().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), lines);
        assert!(
            rows().all(|(key, known)| key == key.to_lowercase() && known.name.trim() == known.name)
        );
    }

    #[test]
    fn the_longest_known_part_of_a_host_decides() {
        for (host, expected) in [
            ("google.com", Some("Google")),
            ("google.co.uk", Some("Google")),
            ("google.com.br", Some("Google")),
            ("maps.google.de", Some("Google Maps")),
            ("mail.google.com", Some("Gmail")),
            ("gemini.google.com", Some("Gemini")),
            ("news.google.com", Some("Google News")),
            ("something.google.fr", Some("Google")),
            ("google.github.io", None),
            ("google.shop", None),
            ("notgoogle.com", None),
            ("google.com.example.org", None),
            ("blog.google", None),
            ("bing.com", Some("Bing")),
            ("cn.bing.com", Some("Bing")),
            ("edgeservices.bing.com", Some("Copilot")),
            ("de.search.yahoo.com", Some("Yahoo!")),
            ("search.yahoo.co.jp", Some("Yahoo!")),
            ("yandex.ru", Some("Yandex")),
            ("yandex.com.tr", Some("Yandex")),
            ("m.baidu.com", Some("Baidu")),
            ("l.facebook.com", Some("Facebook")),
            ("m.facebook.com", Some("Facebook")),
            ("t.co", Some("X")),
            ("pinterest.de", Some("Pinterest")),
            ("en.m.wikipedia.org", Some("Wikipedia")),
            ("amazon.co.jp", Some("Amazon")),
            ("com.google.android.gm", Some("Gmail")),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(
                Known::by_host(host).map(|known| known.name),
                expected,
                "{host}"
            );
        }
    }

    #[test]
    fn a_tag_may_be_a_host_a_short_name_or_a_name() {
        for (tag, expected) in [
            ("chatgpt.com", Some("ChatGPT")),
            ("perplexity", Some("Perplexity")),
            ("Google", Some("Google")),
            ("fb", Some("Facebook")),
            ("IG", Some("Instagram")),
            ("hacker news", Some("Hacker News")),
            ("hackernews", Some("Hacker News")),
            ("twitter", Some("X")),
            ("www.google.de", Some("Google")),
            ("newsletter", Some("Newsletter")),
            ("my-partner", None),
            ("example.org", None),
            ("", None),
        ] {
            assert_eq!(
                Known::by_tag(tag).map(|known| known.name),
                expected,
                "{tag}"
            );
        }
    }
}
