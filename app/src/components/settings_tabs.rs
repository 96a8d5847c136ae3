//! The ways between the settings pages of a site.

use leptos::prelude::*;
use trackflow::domain::Site;

use crate::query::encode;

/// A settings page of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsTab {
    /// Name, time zone, snippet, deletion.
    General,
    /// Which events are counted.
    Rules,
    /// What visitors are meant to do.
    Goals,
    /// Steps that lead there.
    Funnels,
    /// Saved filters.
    Segments,
    /// Notes in the chart.
    Annotations,
    /// How events come in and why some are refused.
    Ingestion,
    /// Who reads the dashboard without an account.
    Sharing,
    /// Keys, what is kept, the test visit.
    Privacy,
}

impl SettingsTab {
    const ALL: [Self; 9] = [
        Self::General,
        Self::Goals,
        Self::Funnels,
        Self::Segments,
        Self::Annotations,
        Self::Sharing,
        Self::Rules,
        Self::Ingestion,
        Self::Privacy,
    ];

    /// What the tab is called.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Rules => "Rules",
            Self::Goals => "Goals",
            Self::Funnels => "Funnels",
            Self::Segments => "Segments",
            Self::Annotations => "Annotations",
            Self::Ingestion => "Ingestion",
            Self::Sharing => "Sharing",
            Self::Privacy => "Privacy",
        }
    }

    /// The page's address.
    #[must_use]
    pub fn path(self, site: &Site) -> String {
        let domain = encode(&site.domain);
        match self {
            Self::General => format!("/sites/{domain}/settings"),
            Self::Rules => format!("/sites/{domain}/rules"),
            Self::Goals => format!("/sites/{domain}/goals"),
            Self::Funnels => format!("/sites/{domain}/funnels"),
            Self::Segments => format!("/sites/{domain}/segments"),
            Self::Annotations => format!("/sites/{domain}/annotations"),
            Self::Ingestion => format!("/sites/{domain}/ingestion"),
            Self::Sharing => format!("/sites/{domain}/settings/sharing"),
            Self::Privacy => format!("/sites/{domain}/privacy"),
        }
    }
}

/// Links to all settings pages; the `current` one is marked.
#[component]
pub fn SettingsTabs(site: Site, current: SettingsTab) -> impl IntoView {
    let links = SettingsTab::ALL.map(|tab| {
        let is_current = (tab == current).then_some("page");
        view! {
            <a href=tab.path(&site) aria-current=is_current>
                {tab.label()}
            </a>
        }
    });
    view! {
        <nav class="settings-tabs" aria-label="Settings" data-commands="Settings">
            {links.collect_view()}
        </nav>
    }
    .into_any()
}
