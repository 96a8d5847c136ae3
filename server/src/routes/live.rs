//! `GET /api/app/live?domain=…`: server-sent events for those who look at a dashboard. One message whenever the number of current
//! visitors changed; with `tables=true` whenever anything of the live page did. At most one a second, fewer where looks take long.
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
    /// Whether the live page's tables are watched, too: a look at 30 minutes instead of 5.
    #[serde(default)]
    tables: bool,
}

/// A stream between two messages.
struct Watch {
    state: AppState,
    site: Site,
    ticks: Interval,
    end: Instant,
    has_tables: bool,
    sent: Option<Seen>,
}

/// What a look found.
#[derive(PartialEq)]
enum Seen {
    Count(u64),
    All(Arc<Realtime>),
}

impl Seen {
    fn current_visitors(&self) -> u64 {
        match self {
            Self::Count(count) => *count,
            Self::All(realtime) => realtime.current_visitors,
        }
    }
}

/// Opens a stream; 401 without a session unless the dashboard is public, 404 for an unknown site.
pub(crate) async fn watch(
    State(state): State<AppState>,
    principal: Option<Extension<Principal>>,
    Query(asked): Query<Asked>,
) -> Response {
    let principal = principal.map_or(Principal::Anyone, |Extension(principal)| principal);
    let found = site_service::get_by_domain(&state.context.db, &principal, &asked.domain).await;
    let site = match found {
        Ok(site) => site,
        Err(ServiceError::NotFound(_)) if principal.is_guest() => {
            return (StatusCode::UNAUTHORIZED, "log in first\n").into_response();
        }
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
        has_tables: asked.tables,
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
            let (live, db, site) = (&context.live, &context.db, &self.site);
            let seen = if self.has_tables {
                live.get(db, site, now).await.map(Seen::All)
            } else {
                live.count(db, site, now).await.map(Seen::Count)
            };
            let Ok(seen) = seen else { continue };
            if self.sent.as_ref() == Some(&seen) {
                continue;
            }
            let data = json!({ "current_visitors": seen.current_visitors() }).to_string();
            self.sent = Some(seen);
            return Some(Event::default().data(data));
        }
    }
}
