//! The list of keyboard shortcuts, opened by `?` (public/dashboard.src.js).

use leptos::prelude::*;

use super::{Icon, IconName};

/// What it does and the keys: one after the other, those of one stroke joined by `+`.
type Row = (&'static str, &'static str);

const GROUPS: [(&str, &[Row]); 4] = [
    (
        "Everywhere",
        &[
            ("Command palette", "Ctrl+K"),
            ("This list", "?"),
            ("Add filter", "/"),
            ("Close menu", "Esc"),
        ],
    ),
    (
        "Period",
        &[
            ("Today", "D"),
            ("Yesterday", "E"),
            ("Last 7 days", "W"),
            ("Last 28 days", "T"),
            ("This month", "M"),
            ("This year", "Y"),
            ("All time", "A"),
            ("Comparison on or off", "C"),
        ],
    ),
    (
        "Go to",
        &[
            ("Dashboard", "G D"),
            ("Current visitors", "G L"),
            ("Journeys", "G J"),
            ("Web vitals", "G V"),
            ("Settings", "G S"),
            ("All sites", "G A"),
        ],
    ),
    (
        "On the page",
        &[
            ("First to ninth panel", "1 – 9"),
            ("Row of a table", "↓ ↑"),
            ("Metric, tab, point of a chart", "← →"),
            ("First and last of them", "Home End"),
        ],
    ),
];

/// The dialog.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let groups = GROUPS.map(|(label, rows)| {
        view! {
            <section>
                <h3>{label}</h3>
                <dl>{rows.iter().map(row).collect_view()}</dl>
            </section>
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
            <div class="shortcuts-groups">{groups.collect_view()}</div>
            <div class="check">
                <input type="checkbox" id="single-keys" data-single-keys="" checked/>
                <label for="single-keys">
                    "Shortcuts of one key"
                    <span class="hint">
                        "Switch them off if they get in the way of speech input or of a slip of the hand. "
                        "The command palette stays. Kept in this browser."
                    </span>
                </label>
            </div>
        </dialog>
    }
    .into_any()
}

fn row((words, keys): &Row) -> impl IntoView + use<> {
    let keys: Vec<_> = keys.split(' ').map(stroke).collect();
    view! {
        <div>
            <dt>{*words}</dt>
            <dd>{keys}</dd>
        </div>
    }
}

fn stroke(keys: &'static str) -> impl IntoView {
    if keys == "–" {
        return view! { "– " }.into_any();
    }
    let keys: Vec<_> = keys
        .split('+')
        .map(|key| {
            // Apple's keyboards have another one: the script knows on which it runs
            let is_modifier = (key == "Ctrl").then_some("");
            view! {
                <kbd data-modifier=is_modifier>{key}</kbd>
                " "
            }
        })
        .collect();
    view! { {keys} }.into_any()
}
