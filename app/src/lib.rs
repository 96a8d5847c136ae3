//! STUB of the dashboard on the branch `server`: replaced by the branch `app` in the merge.

#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod session_cookie;

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

/// STUB.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=|| "not found">
                <Route path=path!("/") view=|| view! { <h1>"TrackFlow"</h1> } ssr=leptos_router::SsrMode::Async/>
                <Route path=path!("/sites") view=Sites ssr=leptos_router::SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// STUB.
#[cfg(feature = "ssr")]
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <HydrationScripts options islands=true/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// STUB.
#[component]
fn Sites() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if context::principal().is_none() {
        leptos_axum::redirect("/login");
    }
    "sites"
}
