//! Who may read a site's dashboard without an account.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::Site;

use super::{form_notice, settings_page};
use crate::{
    components::{Notice, SettingsTab, Tone},
    context::{self, AppContext},
    query::{encode, find_value},
    server_fns::sharing::SetPublic,
};

/// The page. Read-only accounts see who may read and no form.
#[component]
pub fn SiteSharingPage() -> impl IntoView {
    settings_page(SettingsTab::Sharing, async |site, can_write| {
        let raw = context::raw_query();
        Ok(view! {
            {outcome(&raw)}
            {public(&site, can_write)}
        }
        .into_any())
    })
}

/// What became of the form that was posted before.
fn outcome(raw: &str) -> Option<AnyView> {
    let (heading, words) = match find_value(raw, "done").as_str() {
        "public" => (
            "The dashboard is public",
            "Anybody can read it at the address below.",
        ),
        "private" => (
            "The dashboard is private",
            "Only those who sign in can read it.",
        ),
        _ => return form_notice(raw, "", ""),
    };
    Some(view! { <Notice tone=Tone::Good heading=heading>{words}</Notice> }.into_any())
}

fn public(site: &Site, can_write: bool) -> AnyView {
    let address = format!(
        "{}/sites/{}",
        AppContext::current().origin(),
        encode(&site.domain)
    );
    let (state, next, button, class) = if site.is_public {
        (
            "Anybody can read it without signing in, and search engines may list it.",
            "no",
            "Make private",
            "button",
        )
    } else {
        (
            "Only those who sign in can read it.",
            "yes",
            "Make public",
            "button primary",
        )
    };
    view! {
        <section class="section" aria-labelledby="public">
            <header>
                <h2 id="public">"Public dashboard"</h2>
                <p class="hint">{state}</p>
            </header>
            {site
                .is_public
                .then(|| {
                    view! {
                        <p class="address">
                            <a href=address.clone()>{address.clone()}</a>
                        </p>
                    }
                })}
            <p class="hint">
                "Readers without an account see all figures of this site with every filter, its goals, journeys and web vitals, and \
                can export them. They see no other site, no settings, segments, funnels or notes, and change nothing."
            </p>
            {can_write
                .then(|| {
                    view! {
                        <form class="form" method="post" action=SetPublic::PATH>
                            <input type="hidden" name="domain" value=site.domain.clone()/>
                            <input type="hidden" name="public" value=next/>
                            <div class="form-actions">
                                <button class=class>{button}</button>
                            </div>
                        </form>
                    }
                })}
        </section>
    }
    .into_any()
}
