//! The fifth station: strings become numbers of the site's dictionary, as far as its memory knows them.
//!
//! Comes in: an [`EnrichedHit`]. Goes out: a [`CodedHit`], small enough that thousands may wait. Runs in parallel, before the
//! one writer, which then meets new strings only. Next: [`visit`](super::visit).

use super::{beacon::Revenue, enrich::EnrichedHit, visitor::Visitor, words::Words};
use crate::domain::{EventKey, SiteId, Timestamp};

/// What the dictionary numbers of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Name,
    Hostname,
    Page,
    Source,
    Channel,
    Referrer,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmContent,
    UtmTerm,
    Country,
    Browser,
    BrowserVersion,
    System,
    SystemVersion,
    Device,
    Title,
    Screen,
    Language,
    Region,
    City,
}

impl Column {
    pub(super) const ALL: [Self; 22] = [
        Self::Name,
        Self::Hostname,
        Self::Page,
        Self::Source,
        Self::Channel,
        Self::Referrer,
        Self::UtmSource,
        Self::UtmMedium,
        Self::UtmCampaign,
        Self::UtmContent,
        Self::UtmTerm,
        Self::Country,
        Self::Browser,
        Self::BrowserVersion,
        Self::System,
        Self::SystemVersion,
        Self::Device,
        Self::Title,
        Self::Screen,
        Self::Language,
        Self::Region,
        Self::City,
    ];

    fn of(self, hit: &EnrichedHit) -> &str {
        match self {
            Self::Name => &hit.name,
            Self::Hostname => &hit.hostname,
            Self::Page => &hit.page,
            Self::Source => &hit.source,
            Self::Channel => hit.channel.name(),
            Self::Referrer => &hit.referrer,
            Self::UtmSource => &hit.utm_source,
            Self::UtmMedium => &hit.utm_medium,
            Self::UtmCampaign => &hit.utm_campaign,
            Self::UtmContent => &hit.utm_content,
            Self::UtmTerm => &hit.utm_term,
            Self::Country => &hit.country,
            Self::Browser => &hit.browser,
            Self::BrowserVersion => &hit.browser_version,
            Self::System => &hit.system,
            Self::SystemVersion => &hit.system_version,
            Self::Device => &hit.device,
            Self::Title => &hit.title,
            Self::Screen => hit.screen,
            Self::Language => &hit.language,
            Self::Region => &hit.region,
            Self::City => &hit.city,
        }
    }
}

/// A string of a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Its number in the site's dictionary; 0 is the empty string.
    Known(i64),
    /// A string that the dictionary's memory does not know; the writer asks the database.
    New(Box<str>),
}

/// A hit as the writer takes it.
#[derive(Clone, Debug)]
pub(crate) struct CodedHit {
    pub(super) site_id: SiteId,
    pub(super) at: Timestamp,
    pub(super) visitor: Visitor,
    pub(super) key: Option<EventKey>,
    pub(super) is_pageview: bool,
    pub(super) is_engagement: bool,
    words: [Word; Column::ALL.len()],
    pub(super) engaged_ms: Option<u32>,
    pub(super) scroll_depth: Option<u8>,
    pub(super) is_interactive: bool,
    pub(super) props: Option<String>,
    pub(super) revenue: Option<Revenue>,
}

impl CodedHit {
    /// Looks the strings up in memory.
    pub(super) fn new(hit: EnrichedHit, words: &Words) -> Self {
        let words = words.look_up(hit.site_id, Column::ALL.map(|column| column.of(&hit)));
        Self {
            site_id: hit.site_id,
            at: hit.at,
            visitor: hit.visitor,
            key: hit.key,
            is_pageview: hit.is_pageview(),
            is_engagement: hit.is_engagement(),
            words,
            engaged_ms: hit.engaged_ms,
            scroll_depth: hit.scroll_depth,
            is_interactive: hit.is_interactive,
            props: hit.props,
            revenue: hit.revenue,
        }
    }

    /// One of its strings.
    pub(super) fn word(&self, column: Column) -> &Word {
        &self.words[column as usize]
    }

    /// The strings that memory did not know.
    pub(super) fn new_words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter_map(|word| match word {
            Word::Known(_) => None,
            Word::New(text) => Some(&**text),
        })
    }

    /// About how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        let words: usize = self.new_words().map(str::len).sum();
        size_of::<Self>() + words + self.props.as_ref().map_or(0, String::len)
    }
}
