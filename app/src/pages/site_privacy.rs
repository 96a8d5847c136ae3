//! What is kept of a site's visitors and for how long, how old today's key is, and a test visit that proves it.

mod kept;
mod keys;
mod test_visit;

use leptos::prelude::*;

use super::{PageError, page, param, require_principal, switcher_sites};
use crate::{
    components::{SettingsLayout, SettingsTab},
    context::{self, AppContext},
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
        Ok::<_, PageError>(
            view! {
                <SettingsLayout
                    principal=principal
                    site=site.clone()
                    sites=sites
                    current=SettingsTab::Privacy
                >
                    {keys::section(&site, report.keys, now)}
                    {kept::section(&site, &report.kept)}
                    {test_visit::section(&site, report.test_visit, can_write, &raw)}
                </SettingsLayout>
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
