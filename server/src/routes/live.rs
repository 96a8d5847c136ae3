//! `GET /api/app/live?domain=…`: server-sent events for those who look at a dashboard. One message whenever what happens on the site
//! changed, at most one a second.
//!
//! A stream ends after ten minutes, so that whoever was logged out does not watch for ever; browsers come back by themselves.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Extension, Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use trackflow::{
    domain::{Principal, Realtime, Site, WriterState},
    services::{ServiceError, site_service},
};

use crate::state::AppState;

/// The path.
pub(crate) const PATH: &str = "/api/app/live";

const INTERVAL: Duration = Duration::from_secs(1);

/// Below the time after which proxies take a silent connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const LONGEST: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
pub(crate) struct Asked {
    domain: String,
}

/// A stream between two messages.
struct Watch {
    state: AppState,
    site: Site,
    ticks: Interval,
    end: Instant,
    sent: Option<Arc<Realtime>>,
}

/// Opens a stream; 401 without a session, 404 for an unknown site.
pub(crate) async fn watch(
    State(state): State<AppState>,
    principal: Option<Extension<Principal>>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(Extension(principal)) = principal else {
        return (StatusCode::UNAUTHORIZED, "log in first\n").into_response();
    };
    let found = site_service::get_by_domain(&state.context.db, &principal, &asked.domain).await;
    let site = match found {
        Ok(site) => site,
        Err(ServiceError::NotFound(_)) => {
            return (StatusCode::NOT_FOUND, "there is no such site\n").into_response();
        }
        Err(_) => {
            let headers = [(header::RETRY_AFTER, "5")];
            return (StatusCode::SERVICE_UNAVAILABLE, headers, "try again\n").into_response();
        }
    };
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch {
        state,
        site,
        ticks,
        end: Instant::now() + LONGEST,
        sent: None,
    };
    let messages = futures::stream::unfold(watch, |mut watch| async move {
        let message = watch.next().await?;
        Some((Ok::<_, Infallible>(message), watch))
    });
    Sse::new(messages)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

impl Watch {
    /// Waits for the next change; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.ticks.tick().await;
            let context = &self.state.context;
            let now = context.now();
            let is_stopping = context.ingest.status(now).writer == WriterState::Stopping;
            if is_stopping || Instant::now() >= self.end {
                return None;
            }
            // The database may be away for a while; the stream waits for it.
            let Ok(found) = context.live.get(&context.db, &self.site, now).await else {
                continue;
            };
            if self.sent.as_ref().is_some_and(|sent| **sent == *found) {
                continue;
            }
            let data = json!({ "current_visitors": found.current_visitors }).to_string();
            self.sent = Some(found);
            return Some(Event::default().data(data));
        }
    }
}
