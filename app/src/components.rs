//! The building blocks of pages, all rendered on the server. Each has the classes of the stylesheet of the same stem.
#![expect(
    unreachable_pub,
    reason = "the component macro leaves a public function behind that nothing exports"
)]

mod cards;
mod chart;
mod empty;
mod entries;
mod export_links;
mod figure;
mod filters;
mod footer;
mod form;
mod goals;
mod header;
mod icon;
mod journeys;
mod layout;
mod map;
mod notice;
mod panel;
mod period_picker;
mod prefetch;
mod properties;
mod refusals;
mod rules;
mod settings_layout;
mod settings_tabs;
mod shortcuts;
mod snippet;
mod table;
mod vital_cards;

pub use cards::Cards;
pub use chart::Chart;
pub use empty::EmptyArt;
pub use entries::{Entries, Entry};
pub use export_links::ExportLinks;
pub(crate) use figure::amounts;
pub use figure::{ChangeFigure, FigureText};
pub use filters::{Chips, FilterMenu, Saved};
pub(crate) use filters::{named_chip, value_words};
pub use footer::Footer;
pub use form::{TextField, TimeZoneField};
pub use goals::GoalsPanel;
pub use header::{AccountMenu, AppHeader, Brand, DashboardHeader, SiteSwitcher};
pub use icon::{Icon, IconName};
pub use journeys::JourneyTable;
pub use layout::Layout;
pub use map::WorldMap;
pub use notice::{Notice, Tone};
pub use panel::Panel;
pub use period_picker::{ComparisonPicker, PeriodPicker};
pub use prefetch::Prefetch;
pub use properties::PropertiesPanel;
pub use refusals::Refusals;
pub use rules::{RuleOffer, RuleOutcome, RuleSection};
pub use settings_layout::SettingsLayout;
pub use settings_tabs::SettingsTab;
pub(crate) use settings_tabs::SettingsTabs;
pub use shortcuts::Shortcuts;
pub use snippet::{FirstVisit, Snippet};
pub use table::{BarCell, BreakdownTable, NameCell, ValueCell};
pub use vital_cards::{VitalCards, VitalCell};
