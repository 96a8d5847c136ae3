//! The drawing of empty states.

use leptos::prelude::*;

/// A line that has yet to rise.
#[component]
pub fn EmptyArt() -> impl IntoView {
    view! {
        <svg viewBox="0 0 120 48" aria-hidden="true">
            <path d="M4 38h22c26 0 22-26 50-26h30"></path>
            <circle cx="112" cy="12" r="5"></circle>
        </svg>
    }
    .into_any()
}
