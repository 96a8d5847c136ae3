//! What the reader must know, in place.

use leptos::prelude::*;

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Good,
    /// Something needs care.
    Warn,
    /// Something failed.
    Bad,
}

/// A notice with a heading and one or two sentences.
#[component]
pub fn Notice(tone: Tone, #[prop(into)] heading: String, children: Children) -> impl IntoView {
    let (class, role) = match tone {
        Tone::Good => ("notice good", "status"),
        Tone::Warn => ("notice warn", "note"),
        Tone::Bad => ("notice bad", "alert"),
    };
    view! {
        <div class=class role=role>
            <strong>{heading}</strong>
            {children()}
        </div>
    }
    .into_any()
}
