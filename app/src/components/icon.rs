//! Small line drawings, 16 × 16, in the colour of the text around them.

use leptos::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    /// Opens a menu.
    Chevron,
    /// The filter menu.
    Filter,
    /// Removes or closes.
    Cross,
    /// Adds.
    Plus,
    /// Settings.
    Gear,
    /// Goes back.
    Back,
    /// Goes on.
    Next,
    /// The period picker.
    Calendar,
    /// Sorted, largest first.
    Descending,
    /// Sorted, smallest first.
    Ascending,
}

/// An icon. Decoration: words stand beside it or name its button.
#[component]
pub fn Icon(name: IconName) -> impl IntoView {
    let (class, shapes) = match name {
        IconName::Chevron => ("icon chevron", r#"<path d="m3.5 6 4.5 4.5L12.5 6"/>"#),
        IconName::Filter => ("icon", r#"<path d="M2 4h12M4.5 8h7M7 12h2"/>"#),
        IconName::Cross => ("icon", r#"<path d="m4.5 4.5 7 7m0-7-7 7"/>"#),
        IconName::Plus => ("icon", r#"<path d="M8 3v10M3 8h10"/>"#),
        IconName::Gear => (
            "icon",
            r#"<path d="M2 4.5h7m3 0h2M2 11.5h2m3 0h7"/><circle cx="10.5" cy="4.5" r="1.75"/><circle cx="5.5" cy="11.5" r="1.75"/>"#,
        ),
        IconName::Back => ("icon", r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#),
        IconName::Next => ("icon", r#"<path d="M6 3.5 10.5 8 6 12.5"/>"#),
        IconName::Calendar => (
            "icon",
            r#"<rect x="2" y="3" width="12" height="11" rx="2"/><path d="M2 6.5h12M5.5 1.5V4m5-2.5V4"/>"#,
        ),
        IconName::Descending => ("icon chevron", r#"<path d="M8 3v10m-4-4 4 4 4-4"/>"#),
        IconName::Ascending => ("icon chevron", r#"<path d="M8 13V3M4 7l4-4 4 4"/>"#),
    };
    view! { <svg class=class viewBox="0 0 16 16" aria-hidden="true" inner_html=shapes></svg> }
        .into_any()
}
