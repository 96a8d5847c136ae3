//! The columns of a day, and which of them a question needs.

use crate::domain::{Dimension, Subject};

/// A column of a day. The numbers are part of the format of day blocks (docs/block-format.md): they never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub(super) enum ColumnId {
    /// Of an event: where its visit stands among the day's visits.
    Visit = 0,
    /// Of an event: the visitor, numbered from 0 within the day. Ascending, which makes distinct counts one pass.
    Visitor = 1,
    /// Of an event: milliseconds since the day's start.
    At = 2,
    /// Of an event: its name.
    Name = 3,
    /// Of an event.
    Hostname = 4,
    /// Of an event.
    Page = 5,
    /// Of an event: engaged time in milliseconds.
    EngagedMs = 6,
    /// Of an event: deepest scroll in percent, −1 where none was sent.
    ScrollDepth = 7,
    /// Of an event: 1 if it was an interaction.
    IsInteractive = 8,
    /// Of an event: the bits of an `f64`, 0 for none.
    RevenueAmount = 9,
    /// Of an event: ISO 4217 code, a text; empty for none.
    RevenueCurrency = 10,
    /// Of an event: the title of a viewed page.
    Title = 11,
    /// Of a visit: its start in milliseconds since the day's start, negative if it began the day before.
    StartedAt = 32,
    /// Of a visit: last − first activity in milliseconds.
    DurationMs = 33,
    /// Of a visit.
    Pageviews = 34,
    /// Of a visit.
    Events = 35,
    /// Of a visit: engaged time in milliseconds.
    VisitEngagedMs = 36,
    /// Of a visit: 1 if it bounced.
    IsBounce = 37,
    /// Of a visit that lies in two days: its identifier, so that it is counted once; 0 for all others.
    OverlapId = 38,
    /// Of a visit, like all that follows.
    EntryPage = 39,
    ExitPage = 40,
    Source = 41,
    Channel = 42,
    Referrer = 43,
    UtmSource = 44,
    UtmMedium = 45,
    UtmCampaign = 46,
    UtmContent = 47,
    UtmTerm = 48,
    Country = 49,
    Browser = 50,
    BrowserVersion = 51,
    System = 52,
    SystemVersion = 53,
    Device = 54,
    Screen = 55,
    Language = 56,
    Region = 57,
    City = 58,
}

impl ColumnId {
    /// All columns, those of events first.
    pub(super) const ALL: [Self; 39] = [
        Self::Visit,
        Self::Visitor,
        Self::At,
        Self::Name,
        Self::Hostname,
        Self::Page,
        Self::EngagedMs,
        Self::ScrollDepth,
        Self::IsInteractive,
        Self::RevenueAmount,
        Self::RevenueCurrency,
        Self::Title,
        Self::StartedAt,
        Self::DurationMs,
        Self::Pageviews,
        Self::Events,
        Self::VisitEngagedMs,
        Self::IsBounce,
        Self::OverlapId,
        Self::EntryPage,
        Self::ExitPage,
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
        Self::Screen,
        Self::Language,
        Self::Region,
        Self::City,
    ];

    /// Whether it has one entry an event; else one a visit.
    pub(super) fn is_of_event(self) -> bool {
        (self as u16) < Self::StartedAt as u16
    }

    /// Whether it holds places among the day's visits or visitors, which fit into 32 bits.
    pub(super) fn is_index(self) -> bool {
        matches!(self, Self::Visit | Self::Visitor)
    }

    /// Whether blocks from before the column was stored lack it; all its words are then the empty one.
    pub(super) fn is_added(self) -> bool {
        matches!(
            self,
            Self::Title | Self::Screen | Self::Language | Self::Region | Self::City
        )
    }

    /// The column of a dimension; `None` for those that are derived from the time.
    pub(super) fn of(dimension: Dimension) -> Option<Self> {
        Some(match dimension {
            Dimension::Page => Self::Page,
            Dimension::Title => Self::Title,
            Dimension::Hostname => Self::Hostname,
            Dimension::Event => Self::Name,
            Dimension::EntryPage => Self::EntryPage,
            Dimension::ExitPage => Self::ExitPage,
            Dimension::Source => Self::Source,
            Dimension::Channel => Self::Channel,
            Dimension::Referrer => Self::Referrer,
            Dimension::Campaign => Self::UtmCampaign,
            Dimension::UtmSource => Self::UtmSource,
            Dimension::UtmMedium => Self::UtmMedium,
            Dimension::UtmContent => Self::UtmContent,
            Dimension::UtmTerm => Self::UtmTerm,
            Dimension::Country => Self::Country,
            Dimension::Region => Self::Region,
            Dimension::City => Self::City,
            Dimension::Browser => Self::Browser,
            Dimension::BrowserVersion => Self::BrowserVersion,
            Dimension::System => Self::System,
            Dimension::SystemVersion => Self::SystemVersion,
            Dimension::Device => Self::Device,
            Dimension::Screen => Self::Screen,
            Dimension::Language => Self::Language,
            Dimension::Hour | Dimension::Weekday => return None,
        })
    }
}

/// What a question needs of each day.
#[derive(Clone, Debug, Default)]
pub(super) struct Needed {
    columns: u64,
    /// Names of custom properties, without repeats.
    properties: Vec<String>,
    has_all_properties: bool,
}

impl Needed {
    /// Adds a column.
    pub(super) fn add(&mut self, column: ColumnId) {
        self.columns |= 1 << column as u16;
    }

    /// Adds a custom property.
    pub(super) fn add_property(&mut self, name: &str) {
        if !self.properties.iter().any(|known| known == name) {
            self.properties.push(name.to_owned());
        }
    }

    /// Everything that there is.
    pub(super) fn everything() -> Self {
        let mut needed = Self {
            has_all_properties: true,
            ..Self::default()
        };
        ColumnId::ALL.into_iter().for_each(|id| needed.add(id));
        needed
    }

    /// Whether any custom property is among them.
    pub(super) fn has_properties(&self) -> bool {
        self.has_all_properties || !self.properties.is_empty()
    }

    /// Whether a custom property is among them.
    pub(super) fn has_property(&self, name: &str) -> bool {
        self.has_all_properties || self.properties.iter().any(|known| known == name)
    }

    /// What is among them, by name: columns as `EngagedMs`, properties as in filters.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let columns = ColumnId::ALL.into_iter().filter(|id| self.has(*id));
        let properties = self.properties.iter().cloned();
        columns
            .map(|id| format!("{id:?}"))
            .chain(properties.map(|name| Subject::Property(name).key().into_owned()))
    }

    /// Whether a column is among them.
    pub(super) fn has(&self, column: ColumnId) -> bool {
        self.columns & (1 << column as u16) != 0
    }
}
