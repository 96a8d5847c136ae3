//! Who may read a site's dashboard without an account.

use http::{header::SET_COOKIE, request::Parts};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_axum::ResponseOptions;
use trackflow::domain::Site;

use super::{form_notice, settings_page};
use crate::{
    components::{Notice, SettingsTab, Tone},
    context::{self, AppContext, RequestInfo},
    once_cookie::NEW_LINK,
    query::{encode, find_value},
    server_fns::{
        segment::find_segments,
        sharing::{SetPublic, find_share_links},
    },
};

mod frame;
mod links;

/// The page. Read-only accounts see who may read and no form.
#[component]
pub fn SiteSharingPage() -> impl IntoView {
    settings_page(SettingsTab::Sharing, async |site, can_write| {
        let raw = context::raw_query();
        let new = new_token();
        let is_shown = new.is_some();
        let links = if can_write {
            let links = find_share_links(site.domain.clone()).await?;
            let segments = find_segments(site.domain.clone()).await?;
            let now = AppContext::current().now();
            Some((
                links::list(&site, &links, now),
                links::form(&site, &segments, &raw),
            ))
        } else {
            None
        };
        Ok(view! {
            {new.map(|token| links::new_link(&site, &token))}
            {outcome(&raw, is_shown)}
            {public(&site, can_write)}
            {links}
        }
        .into_any())
    })
}

/// What became of the form that was posted before.
fn outcome(raw: &str, is_shown: bool) -> Option<AnyView> {
    let (heading, words) = match find_value(raw, "done").as_str() {
        "public" => (
            "The dashboard is public",
            "Anybody can read it at the address below.",
        ),
        "private" => (
            "The dashboard is private",
            "Only those who sign in can read it.",
        ),
        "revoked" => ("Revoked", "The link leads nowhere any more."),
        "created" if !is_shown => {
            return warning(
                "The link was shown already",
                "If it was not copied, revoke it and make another one.",
            );
        }
        _ => {
            return match find_value(raw, "error").as_str() {
                "links" => warning(
                    "No link was made",
                    "The site has as many as it can have; revoke some first.",
                ),
                "segment" | "filters" => {
                    warning("No link was made", "The segment is gone or cannot be used.")
                }
                "life_days" => warning("No link was made", "A link can live for 1 to 3650 days."),
                _ => form_notice(raw, "", ""),
            };
        }
    };
    Some(view! { <Notice tone=Tone::Good heading=heading>{words}</Notice> }.into_any())
}

fn warning(heading: &'static str, words: &'static str) -> Option<AnyView> {
    Some(view! { <Notice tone=Tone::Warn heading=heading>{words}</Notice> }.into_any())
}

/// The token of the link that was just made. Showing it takes it away.
fn new_token() -> Option<String> {
    let parts = use_context::<Parts>();
    let token = NEW_LINK.find(&parts.as_ref()?.headers)?;
    let clear = NEW_LINK.clear(RequestInfo::current().is_secure);
    use_context::<ResponseOptions>()?.append_header(SET_COOKIE, clear);
    Some(token)
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
                        {frame::snippet(site, &address, "public-frame", "")}
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
