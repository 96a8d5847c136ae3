//! The links that store what is seen as a file.

use leptos::prelude::*;
use trackflow::domain::Site;

use crate::{context, query::encode};

/// CSV and JSON of a view, nothing for who gets the dashboard only; `query` is the page's own, with its question mark.
#[component]
pub fn ExportLinks(
    site: Site,
    #[prop(into)] view: String,
    #[prop(into)] query: String,
    /// What is stored, where a page has several such links.
    #[prop(optional)]
    of: Option<&'static str>,
) -> impl IntoView {
    if context::is_dashboard_only() {
        return ().into_any();
    }
    let of = of.map_or_else(String::new, |of| format!("{of} "));
    let query = query.trim_end_matches('?').to_owned();
    let links = [("csv", "CSV"), ("json", "JSON")].map(|(ending, label)| {
        let (domain, view) = (encode(&site.domain), encode(&view).replace('/', "%2F"));
        let href = format!("/sites/{domain}/export/{view}.{ending}{query}");
        view! {
            <a href=href download="" aria-label=format!("Export {of}as {label}")>
                {label}
            </a>
        }
    });
    view! {
        <p class="exports" data-commands="Export">
            <span aria-hidden="true">"Export"</span>
            {links.collect_view()}
        </p>
    }
    .into_any()
}
