//! The line of HTML to paste, and the wait for the first visit.

use leptos::prelude::*;
use trackflow::domain::Site;

use crate::{context::AppContext, format::escape, query::encode};

/// The snippet of a site with a button that copies it.
#[component]
pub fn Snippet(
    site: Site,
    /// Which script.
    #[prop(default = "script.js")]
    file: &'static str,
) -> impl IntoView {
    let origin = AppContext::current().origin();
    let line = format!(
        "<script defer data-domain=\"{}\" src=\"{}/js/{file}\"></script>",
        escape(&site.domain),
        escape(&origin)
    );
    view! {
        <div class="snippet">
            <pre>
                <code id="snippet">{line}</code>
            </pre>
            <div class="form-actions">
                <button type="button" class="button needs-script" data-copy="#snippet">
                    "Copy snippet"
                </button>
                <span class="hint" role="status" data-copy-status=""></span>
            </div>
        </div>
    }
    .into_any()
}

/// "Waiting for the first visit… received": the script asks, without it a reload does.
#[component]
pub fn FirstVisit(site: Site, is_received: bool) -> impl IntoView {
    let domain = encode(&site.domain);
    let class = if is_received {
        "first-visit received"
    } else {
        "first-visit"
    };
    view! {
        <div
            class=class
            role="status"
            data-check-url=format!("/api/app/has_first_visit?domain={domain}")
        >
            <span class="pulse" aria-hidden="true"></span>
            <p class="when-waiting">
                <b>"Waiting for the first visit…"</b>
                <span class="muted">
                    "Open a page of the site in another tab; it appears here within seconds."
                </span>
                <noscript>
                    <br/>
                    "Reload this page to check again."
                </noscript>
            </p>
            <p class="when-received">
                <b>"First visit received"</b>
                <span class="muted">"The script works and everything is counted."</span>
            </p>
            <a class="button primary when-received" href=format!("/sites/{domain}")>
                "Open dashboard"
            </a>
        </div>
    }
    .into_any()
}
