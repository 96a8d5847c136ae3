//! The frame of a site's settings pages: header, way back, heading, and the ways between them.

use leptos::prelude::*;
use trackflow::domain::{Principal, Site};

use super::{AppHeader, Icon, IconName, Layout, SettingsTab, SettingsTabs, SiteSwitcher};
use crate::query::encode;

/// A settings page of a site around its sections.
#[component]
pub fn SettingsLayout(
    principal: Principal,
    site: Site,
    /// All sites, for the switcher.
    sites: Vec<Site>,
    /// Which page it is.
    current: SettingsTab,
    /// Class of `<main>`; begins with `settings`.
    #[prop(default = "settings")]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let can_write = principal.can_write();
    let crumb = view! { <SiteSwitcher site=site.clone() sites=sites can_write=can_write/> };
    let header = view! { <AppHeader principal=principal crumb=crumb.into_any()/> }.into_any();
    let heading = format!("Settings of {}", site.name);
    let title = match current {
        SettingsTab::General => heading.clone(),
        tab => format!("{} of {}", tab.label(), site.name),
    };
    view! {
        <Layout title=title header=header main_class=class>
            <div class="page-head">
                <div>
                    <a class="back" href=format!("/sites/{}", encode(&site.domain))>
                        <Icon name=IconName::Back/>
                        "Dashboard"
                    </a>
                    <h1>{heading}</h1>
                </div>
            </div>
            <SettingsTabs site=site current=current/>
            {children()}
        </Layout>
    }
    .into_any()
}
