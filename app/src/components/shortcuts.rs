//! The list of keyboard shortcuts, opened by `?` (public/dashboard.src.js).

use leptos::prelude::*;

use super::{Icon, IconName};

const SHORTCUTS: [(&str, &str); 12] = [
    ("Today", "D"),
    ("Yesterday", "E"),
    ("Last 7 days", "W"),
    ("Last 28 days", "T"),
    ("This month", "M"),
    ("This year", "Y"),
    ("All time", "A"),
    ("Comparison on or off", "C"),
    ("Add filter", "/"),
    ("Next and previous row", "↓ ↑"),
    ("Close menu", "Esc"),
    ("This list", "?"),
];

/// The dialog.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let rows = SHORTCUTS.map(|(words, keys)| {
        let keys: Vec<_> = keys
            .split(' ')
            .map(|key| view! { <kbd>{key}</kbd>" " })
            .collect();
        view! {
            <div>
                <dt>{words}</dt>
                <dd>{keys}</dd>
            </div>
        }
    });
    view! {
        <dialog class="shortcuts" id="shortcuts" aria-labelledby="shortcuts-title">
            <header>
                <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
                <form method="dialog">
                    <button class="button ghost" aria-label="Close">
                        <Icon name=IconName::Cross/>
                    </button>
                </form>
            </header>
            <dl>{rows.collect_view()}</dl>
        </dialog>
    }
    .into_any()
}
