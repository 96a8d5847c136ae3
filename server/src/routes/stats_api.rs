//! The stats API: what programs ask with a key. Plausible's `POST /api/v2/query` and its older `GET /api/v1/stats/…`, exports, the list of
//! sites, and the description of all of it.
//!
//! A request is read ([`request`], [`filters`], [`range`], [`names`]), becomes a `StatsQuery` ([`question`]), is answered by
//! `trackflow::services::stats_service`, and written ([`answer`], [`figures`]). Every failure is `{"error": "…"}`.

mod access;
mod answer;
mod error;
mod export;
mod figures;
mod filters;
mod journeys;
mod limiter;
mod names;
mod openapi;
mod parameters;
mod question;
mod range;
mod request;
mod sites;
mod v1;
mod v1_filters;
mod v2;
mod vitals;

use axum::{
    Router,
    middleware::{from_fn, map_response},
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;
use trackflow::{
    config::ApiConfig,
    domain::{Site, StatsAnswer, StatsQuery},
    services::{Asking, stats_service},
};

use self::{error::ApiError, limiter::KeyLimiter, question::Asker};
use crate::{
    middleware::{headers, panic_answer},
    state::AppState,
};

pub(crate) use export::routes as export_routes;
pub(crate) use openapi::describe;

/// What the stats API keeps between requests.
pub struct StatsApi {
    limiter: KeyLimiter,
}

impl StatsApi {
    /// With the settings of the API.
    #[must_use]
    pub fn new(config: &ApiConfig) -> Self {
        Self {
            limiter: KeyLimiter::new(config.rate_limit),
        }
    }

    /// Asks a question when it is its turn.
    async fn ask(
        asker: &Asker<'_>,
        site: &Site,
        query: &StatsQuery,
    ) -> Result<StatsAnswer, ApiError> {
        let _turn = asker.state.context.turns.take(Asking::Program).await?;
        let db = &asker.state.context.db;
        let (domain, now) = (&site.domain, asker.now);
        Ok(stats_service::answer(db, asker.principal, domain, query, now).await?)
    }
}

/// The routes for programs. They take keys and no cookies, so the same-origin check has nothing to protect here.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/api/v2/query", post(v2::query))
        .route("/api/v2/export/{file}", get(export::by_key))
        .route("/api/v1/stats/realtime/visitors", get(v1::current_visitors))
        .route("/api/v1/stats/aggregate", get(v1::aggregate))
        .route("/api/v1/stats/timeseries", get(v1::timeseries))
        .route("/api/v1/stats/breakdown", get(v1::breakdown))
        .route("/api/v1/stats/journeys", get(journeys::get))
        .route("/api/v1/stats/vitals", get(vitals::get))
        .route("/api/v1/sites", get(sites::list))
        .route("/api/v1/sites/{domain}", get(sites::get))
        .route("/api/openapi.json", get(openapi::document))
        .method_not_allowed_fallback(error::wrong_method)
        .layer(from_fn(error::bound_body))
        .layer(CatchPanicLayer::custom(panic_answer::answer))
        .layer(map_response(headers::set_private))
        .with_state(state.clone())
}
