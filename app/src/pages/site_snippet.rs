//! The line of HTML to paste, right after a site was added.

use leptos::prelude::*;

use super::{page, param, require_principal};
use crate::{
    components::{AppHeader, FirstVisit, Icon, IconName, Layout, Snippet},
    server_fns::{site::get_site, stats::has_first_visit},
};

/// The snippet and the wait for the first visit.
#[component]
pub fn SiteSnippetPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let site = get_site(domain).await?;
        let received = has_first_visit(site.domain.clone()).await?.received;
        let header = view! { <AppHeader principal=principal/> }.into_any();
        Ok(view! {
            <Layout title="Site added" header=header main_class="settings">
                <div class="page-head">
                    <div>
                        <a class="back" href="/sites">
                            <Icon name=IconName::Back/>
                            "All sites"
                        </a>
                        <h1>{format!("{} is ready", site.name)}</h1>
                    </div>
                </div>
                <section class="section" aria-labelledby="sn">
                    <header>
                        <h2 id="sn">"Add this line to every page"</h2>
                        <p class="hint">
                            "Put it inside "<code>"<head>"</code>
                            ". It sets no cookie and stores nothing on the visitor's device. \
                            Scripts and clients of Plausible work too: change only the address."
                        </p>
                    </header>
                    <Snippet site=site.clone()/>
                </section>
                <FirstVisit site=site is_received=received/>
            </Layout>
        }
        .into_any())
    })
}
