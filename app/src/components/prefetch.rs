//! Pages are fetched while the pointer rests on their link.

use leptos::{nonce::use_nonce, prelude::*};

/// "moderate" is a pointer that rests on the link for 200 ms, or a press: each page is work for the server. Only pages of
/// sites, which change nothing by being read; no exports, and not the link that was just followed, on which the pointer still
/// rests. Browsers leave it out when the reader saves data or power.
const RULES: &str = r#"{"prefetch":[{"where":{"and":[{"href_matches":"/sites{/*}?"},{"not":{"selector_matches":"[download], [aria-current]"}}]},"eagerness":"moderate"}]}"#;

/// The rules for the browser. Not `<link rel="prefetch">`: pages are `no-store`, which only speculation rules can keep for the
/// one navigation that follows. Browsers without them ignore the element.
#[component]
pub fn Prefetch() -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    view! { <script type="speculationrules" nonce=nonce inner_html=RULES></script> }.into_any()
}
