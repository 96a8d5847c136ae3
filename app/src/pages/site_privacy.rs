//! What is kept of a site's visitors and for how long, how old today's key is, and a test visit that proves it.

mod kept;
mod keys;
mod test_visit;

use leptos::prelude::*;

use super::{PageError, page, param, require_principal, switcher_sites};
use crate::{
    components::{AppHeader, Icon, IconName, Layout, SettingsTab, SettingsTabs, SiteSwitcher},
    context::{self, AppContext},
    query::encode,
    server_fns::{privacy::get_privacy, site::get_site},
};

/// The page. Read-only accounts see everything but the test visit, whose rows are of the browser that sent it.
#[component]
pub fn SitePrivacyPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let site = get_site(domain).await?;
        let report = get_privacy(site.domain.clone()).await?;
        let sites = switcher_sites().await?;
        let raw = context::raw_query();
        let now = AppContext::current().now();
        let can_write = principal.can_write();
        let crumb = view! { <SiteSwitcher site=site.clone() sites=sites can_write=can_write/> };
        let header = view! { <AppHeader principal=principal crumb=crumb.into_any()/> }.into_any();
        Ok::<_, PageError>(
            view! {
                <Layout title=format!("Privacy of {}", site.name) header=header main_class="settings">
                    <div class="page-head">
                        <div>
                            <a class="back" href=format!("/sites/{}", encode(&site.domain))>
                                <Icon name=IconName::Back/>
                                "Dashboard"
                            </a>
                            <h1>{format!("Settings of {}", site.name)}</h1>
                        </div>
                    </div>
                    <SettingsTabs site=site.clone() current=SettingsTab::Privacy/>
                    {keys::section(&site, report.keys, now)}
                    {kept::section(&site, &report.kept)}
                    {test_visit::section(&site, report.test_visit, can_write, &raw)}
                </Layout>
            }
            .into_any(),
        )
    })
}

/// A table of facts: a heading and its value a row, which fits a phone.
fn facts(caption: &'static str, rows: Vec<AnyView>) -> AnyView {
    view! {
        <table class="facts">
            <caption class="visually-hidden">{caption}</caption>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// One row of [`facts`].
fn fact(name: impl IntoView + 'static, value: impl IntoView + 'static) -> AnyView {
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{value}</td>
        </tr>
    }
    .into_any()
}
