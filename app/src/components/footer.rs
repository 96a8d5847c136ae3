//! The foot of every page: version, definitions, what the data's licences ask for.

use leptos::prelude::*;

use crate::context::AppContext;

/// The footer.
#[component]
pub fn Footer(
    /// Whether the page has shortcuts to list.
    has_shortcuts: bool,
) -> impl IntoView {
    let context = AppContext::current();
    let demo_page = context
        .demo
        .map(|demo| view! { <a href=demo.page_url>"Demo page"</a> });
    let attribution = context
        .geoip_attribution
        .filter(|link| link.url.starts_with("https://"))
        .map(|link| view! { <a href=link.url rel="noopener noreferrer">{link.text}</a> });
    let shortcuts = has_shortcuts.then(|| {
        view! {
            <button
                type="button"
                class="button ghost needs-script end"
                data-shortcuts=""
                data-shortcut="?"
                data-commands="Help"
                data-label="Keyboard shortcuts"
            >
                "Shortcuts "
                <kbd>"?"</kbd>
            </button>
        }
    });
    view! {
        <footer class="footer">
            <div>
                <span>{concat!("TrackFlow ", env!("CARGO_PKG_VERSION"))}</span>
                <a href="/docs/metrics" data-commands="Help">"How figures are counted"</a>
                <a href="/docs/api" data-commands="Help">"API"</a>
                {demo_page}
                {shortcuts}
                {attribution}
            </div>
        </footer>
    }
    .into_any()
}
