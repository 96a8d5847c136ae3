//! The document around every page and the routes between them.
#![expect(
    unreachable_pub,
    reason = "the component macro leaves a public function behind that nothing exports"
)]

use http::{HeaderValue, header::CONTENT_SECURITY_POLICY};
use leptos::{
    config::LeptosOptions,
    hydration::{AutoReload, HydrationScripts},
    nonce::use_nonce,
    prelude::*,
};
use leptos_axum::ResponseOptions;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::{
    context::{self, AppContext},
    pages::{
        ApiDocsPage, ApiKeysPage, DashboardPage, DetailsPage, IngestionPage, LivePage, LoginPage,
        MetricsPage, NotFoundPage, PropertyPage, SetupPage, SiteAnnotationsPage, SiteFunnelPage,
        SiteFunnelsPage, SiteGoalsPage, SiteJourneysPage, SiteNewPage, SitePrivacyPage,
        SiteRulesPage, SiteSegmentsPage, SiteSettingsPage, SiteSharingPage, SiteSnippetPage,
        SitesPage, StartPage, VitalsPage,
    },
};

/// The document. Sets the Content-Security-Policy of the response with this response's nonce.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let assets = AppContext::current().assets;
    let theme = context::embed().map(|embed| embed.theme.key());
    set_content_security_policy();
    provide_context(options.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta
                    name="description"
                    content="TrackFlow: privacy-first web analytics without cookies."
                />
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href=assets.favicon.clone() type="image/svg+xml"/>
                <link rel="stylesheet" href=assets.stylesheet.clone()/>
                <script src=assets.theme_script.clone()></script>
                <script src=assets.dashboard_script.clone() type="module"></script>
                <AutoReload options=options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The routes. All pages are whole before they are sent, so that they are complete without a script.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=|| view! { <NotFoundPage/> }>
                <Route path=path!("/") view=StartPage ssr=SsrMode::Async/>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async/>
                <Route path=path!("/docs/metrics") view=MetricsPage ssr=SsrMode::Async/>
                <Route path=path!("/docs/api") view=ApiDocsPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/api-keys") view=ApiKeysPage ssr=SsrMode::Async/>
                <Route path=path!("/add-site") view=SiteNewPage ssr=SsrMode::Async/>
                <Route path=path!("/share/:token") view=DashboardPage ssr=SsrMode::Async/>
                <Route
                    path=path!("/share/:token/properties/:property")
                    view=PropertyPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/share/:token/:dimension") view=DetailsPage ssr=SsrMode::Async/>
                <Route path=path!("/sites") view=SitesPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:domain") view=DashboardPage ssr=SsrMode::Async/>
                <Route
                    path=path!("/sites/:domain/settings")
                    view=SiteSettingsPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/settings/sharing")
                    view=SiteSharingPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/sites/:domain/live") view=LivePage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:domain/vitals") view=VitalsPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:domain/rules") view=SiteRulesPage ssr=SsrMode::Async/>
                <Route path=path!("/sites/:domain/goals") view=SiteGoalsPage ssr=SsrMode::Async/>
                <Route
                    path=path!("/sites/:domain/funnels")
                    view=SiteFunnelsPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/funnels/:id")
                    view=SiteFunnelPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/journeys")
                    view=SiteJourneysPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/segments")
                    view=SiteSegmentsPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/annotations")
                    view=SiteAnnotationsPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/ingestion")
                    view=IngestionPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/privacy")
                    view=SitePrivacyPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/snippet")
                    view=SiteSnippetPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/properties/:property")
                    view=PropertyPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=path!("/sites/:domain/:dimension")
                    view=DetailsPage
                    ssr=SsrMode::Async
                />
            </Routes>
        </Router>
    }
}

/// What starts the islands; only pages with a chart have it, all others stay free of WebAssembly.
#[component]
pub fn IslandScripts() -> impl IntoView {
    let options = use_context::<LeptosOptions>();
    options.map(|options| view! { <HydrationScripts options=options islands=true/> })
}

fn set_content_security_policy() {
    let Some(response) = use_context::<ResponseOptions>() else {
        return;
    };
    let nonce = use_nonce()
        .map(|nonce| nonce.to_string())
        .unwrap_or_default();
    // `cargo leptos watch` reloads over a WebSocket on a port of its own.
    let is_watched = cfg!(debug_assertions) && std::env::var_os("LEPTOS_WATCH").is_some();
    let policy = content_security_policy(&nonce, is_watched, context::embed().is_some());
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}

/// Everything from this server; scripts by file or nonce; WebAssembly but no `eval`. In frames only what is embedded, which shows
/// nobody more than it shows everybody.
fn content_security_policy(nonce: &str, is_watched: bool, is_embedded: bool) -> String {
    let ancestors = if is_embedded { "*" } else { "'none'" };
    let connect = if is_watched {
        "'self' ws: wss:"
    } else {
        "'self'"
    };
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src {connect}; frame-ancestors {ancestors}; base-uri 'none'; form-action 'self'; \
         object-src 'none'"
    )
}
