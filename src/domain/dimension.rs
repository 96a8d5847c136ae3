//! What a report can be broken down by and filtered by.

use serde::{Deserialize, Serialize};

/// A dimension: a property of events ([`Dimension::Page`] …) or of the visit they belong to (all others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Path of a pageview, without host, query and fragment.
    Page,
    /// Title of a page when it was viewed.
    Title,
    /// Host of a pageview, without `www.`.
    Hostname,
    /// Name of a custom event.
    Event,
    /// First page of the visit.
    EntryPage,
    /// Last page of the visit.
    ExitPage,
    /// Where the visit came from, by name.
    Source,
    /// Coarse class of the source, see [`super::Channel`].
    Channel,
    /// Referrer without scheme, query and fragment.
    Referrer,
    /// `utm_campaign`.
    Campaign,
    /// `utm_source`.
    UtmSource,
    /// `utm_medium`.
    UtmMedium,
    /// `utm_content`.
    UtmContent,
    /// `utm_term`.
    UtmTerm,
    /// ISO 3166-1 alpha-2 code.
    Country,
    /// Region by name, with its country: `Bavaria, DE`.
    Region,
    /// City by name, with its region and country: `Munich, Bavaria, DE`.
    City,
    /// Browser family.
    Browser,
    /// Major version of the browser; which browser is for a filter to say.
    BrowserVersion,
    /// Operating system family.
    System,
    /// Version of the operating system; which system is for a filter to say.
    SystemVersion,
    /// Desktop, mobile, tablet …
    Device,
    /// Class of the window's width.
    Screen,
    /// Preferred language, with its region if it names one: `de`, `pt-BR`.
    Language,
    /// Hour of the day in the site's zone, `00` to `23`. Visits count in the hour in which they started.
    Hour,
    /// Day of the week in the site's zone, `1` Monday to `7` Sunday. Visits count on the day on which they started.
    Weekday,
}

/// A panel of the dashboard: the dimensions that share a place, as its tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DimensionGroup {
    /// Where visits come from.
    Sources,
    /// What they look at.
    Pages,
    /// Where they are.
    Locations,
    /// What they use.
    Devices,
}

impl Dimension {
    /// All dimensions, in the order in which menus list them.
    pub const ALL: [Self; 26] = [
        Self::Page,
        Self::Title,
        Self::EntryPage,
        Self::ExitPage,
        Self::Source,
        Self::Channel,
        Self::Referrer,
        Self::Campaign,
        Self::UtmSource,
        Self::UtmMedium,
        Self::UtmContent,
        Self::UtmTerm,
        Self::Country,
        Self::Region,
        Self::City,
        Self::Browser,
        Self::BrowserVersion,
        Self::System,
        Self::SystemVersion,
        Self::Device,
        Self::Screen,
        Self::Language,
        Self::Hostname,
        Self::Event,
        Self::Hour,
        Self::Weekday,
    ];

    /// The name in addresses and filters, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Title => "title",
            Self::Hostname => "hostname",
            Self::Event => "event",
            Self::EntryPage => "entry_page",
            Self::ExitPage => "exit_page",
            Self::Source => "source",
            Self::Channel => "channel",
            Self::Referrer => "referrer",
            Self::Campaign => "campaign",
            Self::UtmSource => "utm_source",
            Self::UtmMedium => "utm_medium",
            Self::UtmContent => "utm_content",
            Self::UtmTerm => "utm_term",
            Self::Country => "country",
            Self::Region => "region",
            Self::City => "city",
            Self::Browser => "browser",
            Self::BrowserVersion => "browser_version",
            Self::System => "system",
            Self::SystemVersion => "system_version",
            Self::Device => "device",
            Self::Screen => "screen",
            Self::Language => "language",
            Self::Hour => "hour",
            Self::Weekday => "weekday",
        }
    }

    /// The dimension of a [`Dimension::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.key() == key)
    }

    /// Singular, sentence case: "Entry page".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Page => "Page",
            Self::Title => "Title",
            Self::Hostname => "Hostname",
            Self::Event => "Event",
            Self::EntryPage => "Entry page",
            Self::ExitPage => "Exit page",
            Self::Source => "Source",
            Self::Channel => "Channel",
            Self::Referrer => "Referrer",
            Self::Campaign => "Campaign",
            Self::UtmSource => "UTM source",
            Self::UtmMedium => "UTM medium",
            Self::UtmContent => "UTM content",
            Self::UtmTerm => "UTM term",
            Self::Country => "Country",
            Self::Region => "Region",
            Self::City => "City",
            Self::Browser => "Browser",
            Self::BrowserVersion => "Browser version",
            Self::System => "System",
            Self::SystemVersion => "System version",
            Self::Device => "Device",
            Self::Screen => "Screen",
            Self::Language => "Language",
            Self::Hour => "Hour",
            Self::Weekday => "Weekday",
        }
    }

    /// Plural, as the name of a tab: "Entry pages".
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Page => "Pages",
            Self::Title => "Titles",
            Self::Hostname => "Hostnames",
            Self::Event => "Events",
            Self::EntryPage => "Entry pages",
            Self::ExitPage => "Exit pages",
            Self::Source => "Sources",
            Self::Channel => "Channels",
            Self::Referrer => "Referrers",
            Self::Campaign => "Campaigns",
            Self::UtmSource => "UTM sources",
            Self::UtmMedium => "UTM mediums",
            Self::UtmContent => "UTM contents",
            Self::UtmTerm => "UTM terms",
            Self::Country => "Countries",
            Self::Region => "Regions",
            Self::City => "Cities",
            Self::Browser => "Browsers",
            Self::BrowserVersion => "Browser versions",
            Self::System => "Systems",
            Self::SystemVersion => "System versions",
            Self::Device => "Devices",
            Self::Screen => "Screens",
            Self::Language => "Languages",
            Self::Hour => "Hours",
            Self::Weekday => "Weekdays",
        }
    }

    /// Whether it belongs to single events; all others belong to the visit.
    #[must_use]
    pub fn is_of_event(self) -> bool {
        matches!(
            self,
            Self::Page | Self::Title | Self::Hostname | Self::Event
        ) || self.is_of_time()
    }

    /// Whether it is a part of the time: of events when they came, of visits when they started.
    #[must_use]
    pub fn is_of_time(self) -> bool {
        matches!(self, Self::Hour | Self::Weekday)
    }

    /// What a value of this dimension is called when there is none, as shown and as used in filters.
    #[must_use]
    pub fn empty_label(self) -> &'static str {
        match self {
            Self::Source | Self::Referrer => "Direct / None",
            Self::Campaign
            | Self::UtmSource
            | Self::UtmMedium
            | Self::UtmContent
            | Self::UtmTerm => "(not set)",
            _ => "(unknown)",
        }
    }
}

impl DimensionGroup {
    /// All panels, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Sources, Self::Pages, Self::Locations, Self::Devices];

    /// The name in addresses (`?sources=channel`), lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Pages => "pages",
            Self::Locations => "locations",
            Self::Devices => "devices",
        }
    }

    /// Heading of the panel.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Sources => "Sources",
            Self::Pages => "Pages",
            Self::Locations => "Locations",
            Self::Devices => "Devices",
        }
    }

    /// Its tabs; the first is shown unless the address says otherwise.
    #[must_use]
    pub fn dimensions(self) -> &'static [Dimension] {
        match self {
            Self::Sources => &[
                Dimension::Source,
                Dimension::Channel,
                Dimension::Campaign,
                Dimension::UtmSource,
                Dimension::UtmMedium,
                Dimension::UtmContent,
                Dimension::UtmTerm,
                Dimension::Referrer,
            ],
            Self::Pages => &[
                Dimension::Page,
                Dimension::EntryPage,
                Dimension::ExitPage,
                Dimension::Title,
                Dimension::Hostname,
            ],
            Self::Locations => &[Dimension::Country, Dimension::Region, Dimension::City],
            Self::Devices => &[
                Dimension::Browser,
                Dimension::System,
                Dimension::Device,
                Dimension::Screen,
                Dimension::Language,
            ],
        }
    }
}
