//! The frame of every page: skip link, header, main, footer.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Footer, Prefetch, Shortcuts};
use crate::{context, format::escape};

/// Keeps search engines off by header: `leptos_meta` drops `<Meta>` of views that are rendered asynchronously.
fn forbid_indexing() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.insert_header(
            http::HeaderName::from_static("x-robots-tag"),
            http::HeaderValue::from_static("noindex, nofollow"),
        );
    }
}

/// A page. Everything but the log-in and public dashboards is private: not for search engines. Embedded in another page, it has no
/// foot and no shortcuts, and a link to the same view as a page of its own.
#[component]
pub fn Layout(
    /// Title of the window, without the product's name.
    #[prop(into)]
    title: String,
    /// What stands above.
    #[prop(optional)]
    header: Option<AnyView>,
    /// Class of `<main>`.
    #[prop(optional)]
    main_class: &'static str,
    /// Whether the page may be found by search engines and needs no shortcuts.
    #[prop(optional)]
    is_public: bool,
    /// Whether a page with shortcuts may be found by search engines too.
    #[prop(optional)]
    is_indexed: bool,
    children: Children,
) -> impl IntoView {
    let class = (!main_class.is_empty()).then_some(main_class);
    if !is_public && !is_indexed {
        forbid_indexing();
    }
    let foot = if context::embed().is_some() {
        full_view().into_any()
    } else {
        view! {
            <Footer has_shortcuts=!is_public/>
            {(!is_public)
                .then(|| {
                    view! {
                        <Shortcuts/>
                        <Prefetch/>
                    }
                })}
        }
        .into_any()
    };
    view! {
        // `leptos_meta` writes the text into the head as it is.
        <Title text=escape(&format!("{title} · TrackFlow"))/>
        <a class="skip-link visually-hidden" href="#main">
            "Skip to content"
        </a>
        {header}
        <main id="main" tabindex="-1" class=class>
            {children()}
        </main>
        {foot}
    }
    .into_any()
}

fn full_view() -> impl IntoView {
    view! {
        <footer class="footer">
            <div>
                <a href=context::full_view() target="_blank" rel="noopener">
                    "Full view in TrackFlow"
                    <span class="visually-hidden">" (opens a new tab)"</span>
                </a>
            </div>
        </footer>
    }
}
