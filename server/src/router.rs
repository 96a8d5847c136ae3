//! Every path of TrackFlow and what stands before it.
//!
//! Two halves: the *public* one is open to every site and visitor (beacons, beacon script, static files, health); the
//! *dashboard* is Leptos' pages and server functions, behind the same-origin check and the session.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Method, StatusCode};
use leptos::context::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{
    middleware::{access_log, body, csrf, headers, is_html, panic_answer, principal},
    routes::{annotations, demo, event, files, health, live, metrics, stats_api},
    state::AppState,
};

/// Builds the whole service. Handlers find the peer's address in `ConnectInfo<SocketAddr>`, which
/// [`serve`](crate::serve::serve) adds.
pub fn router(state: AppState) -> Router {
    let routes = public(&state)
        .merge(dashboard(&state))
        .merge(stats_api::routes(&state))
        .with_state(state.clone())
        .merge(event::routes(&state));
    // The level is fixed at start, so that nobody else pays for the log.
    if tracing::enabled!(tracing::Level::DEBUG) {
        routes.layer(from_fn(access_log::log))
    } else {
        routes
    }
}

fn public(state: &AppState) -> Router<AppState> {
    let demo = if state.context.demo.is_some() {
        demo::routes()
    } else {
        Router::new()
    };
    Router::new()
        .route("/js/script.js", get(files::script))
        .route("/js/vitals.js", get(files::vitals))
        .route("/pkg/{*path}", get(files::pkg))
        .route("/favicon.svg", get(files::favicon))
        .route("/theme.js", get(files::theme))
        .route("/robots.txt", get(files::robots))
        .route("/api/health", get(health::check))
        .route("/api/health/live", get(health::live))
        .route("/api/health/ready", get(health::ready))
        .merge(metrics::beside_the_dashboard(state))
        .merge(demo)
        .layer(CatchPanicLayer::custom(panic_answer::answer))
        .layer(map_response(headers::set_public))
        .with_state(state.clone())
}

fn dashboard(state: &AppState) -> Router<AppState> {
    let routes = generate_route_list(app::App);
    let context = state.context.clone();
    let options = state.leptos.clone();
    Router::new()
        .leptos_routes_with_context(
            state,
            routes,
            move || provide_context(context.clone()),
            move || app::shell(options.clone()),
        )
        .route(live::PATH, get(live::watch))
        .merge(annotations::routes())
        .merge(stats_api::export_routes())
        .fallback(unknown_page)
        .layer(from_fn_with_state(state.clone(), principal::find))
        .layer(from_fn(body::bound))
        .layer(csrf::layer(state.surroundings.public_url.as_ref()))
        .layer(map_response(csrf::explain))
        // Pages hold no secrets that could be guessed by their compressed size (BREACH): tokens are in cookies only, and that of a
        // secret link in the pages below it, which nobody can ask for without it.
        .layer(CompressionLayer::new().compress_when(is_html))
        .layer(CatchPanicLayer::custom(panic_answer::answer))
        .layer(map_response(headers::set_private))
}

/// Renders the app's page for unknown addresses, with the right status whatever the page says.
async fn unknown_page(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let AppState {
        context, leptos, ..
    } = state;
    let render = render_app_async_with_context(
        move || provide_context(context.clone()),
        move || app::shell(leptos.clone()),
    );
    let mut response: Response<Body> = render(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
