//! A shared dashboard in a frame of another site: `embed=true` in its address, and `theme`.
//!
//! Such a page is answered as to somebody without an account, whoever is signed in: another site may show it, and lay what it
//! wants over it.

use http::Uri;
use trackflow::domain::Dimension;

use crate::query::{encode, find_value, format_pairs, parse_pairs};

const EMBED: &str = "embed";
const THEME: &str = "theme";

/// The colours of an embedded page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Those that the reader's system prefers.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How a page is embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embed {
    /// Its colours.
    pub theme: Theme,
}

impl Embed {
    /// Reads the address of a request; `None` unless it is that of a dashboard or its details, with `embed=true`.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        let raw = uri.query().unwrap_or_default();
        if !is_dashboard(uri.path()) || find_value(raw, EMBED) != "true" {
            return None;
        }
        let key = find_value(raw, THEME);
        let theme = Theme::ALL.into_iter().find(|theme| theme.key() == key);
        Some(Self {
            theme: theme.unwrap_or_default(),
        })
    }

    /// What the links of an embedded page carry on.
    #[must_use]
    pub fn pairs(self) -> Vec<(&'static str, String)> {
        vec![
            (EMBED, "true".to_owned()),
            (THEME, self.theme.key().to_owned()),
        ]
    }

    /// The address of the same view as a page of its own.
    #[must_use]
    pub fn full_view(uri: &Uri) -> String {
        let pairs = parse_pairs(uri.query().unwrap_or_default());
        let kept: Vec<_> = pairs
            .iter()
            .filter(|(name, _)| name != EMBED && name != THEME)
            .map(|(name, value)| (encode(name), value))
            .collect();
        let query = format_pairs(&kept);
        format!("{}{}", uri.path(), query.trim_end_matches('?'))
    }
}

fn is_dashboard(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["sites" | "share", of] => !of.is_empty(),
        ["sites" | "share", _, dimension] => Dimension::from_key(dimension).is_some(),
        ["sites" | "share", _, "properties", _] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().expect("an address")
    }

    #[test]
    fn only_dashboards_are_embedded_and_only_if_asked() {
        for (address, theme) in [
            ("/sites/a.example?embed=true", Some(Theme::System)),
            (
                "/sites/a.example/page?embed=true&theme=dark",
                Some(Theme::Dark),
            ),
            (
                "/share/0a?period=7d&theme=light&embed=true",
                Some(Theme::Light),
            ),
            ("/share/0a?embed=true&theme=blue", Some(Theme::System)),
            ("/share/0a?embed=1", None),
            ("/share/0a", None),
            ("/login?embed=true", None),
            ("/share/0a/properties/plan?embed=true", Some(Theme::System)),
            ("/sites/a.example/settings?embed=true", None),
            ("/sites/a.example/live?embed=true", None),
            ("/sites?embed=true", None),
            ("/sites/?embed=true", None),
            ("/?embed=true&next=/sites/a.example", None),
        ] {
            let found = Embed::of(&uri(address)).map(|embed| embed.theme);
            assert_eq!(found, theme, "{address}");
        }
    }

    #[test]
    fn the_full_view_shows_the_same() {
        for (address, expected) in [
            ("/share/0a?embed=true&theme=dark", "/share/0a"),
            (
                "/sites/a.example/page?period=7d&embed=true&filter=page:is:/a%26b",
                "/sites/a.example/page?period=7d&filter=page:is:/a%26b",
            ),
        ] {
            assert_eq!(Embed::full_view(&uri(address)), expected);
        }
    }
}
