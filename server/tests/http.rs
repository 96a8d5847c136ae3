//! TrackFlow over HTTP: `router(state).oneshot(request)`, and a real socket where time matters.

#[path = "http/support.rs"]
mod support;

#[path = "http/event.rs"]
mod event;

#[path = "http/dashboard.rs"]
mod dashboard;

#[path = "http/annotations.rs"]
mod annotations;

#[path = "http/files.rs"]
mod files;

#[path = "http/live.rs"]
mod live;

#[path = "http/limits.rs"]
mod limits;

#[path = "http/program.rs"]
mod program;

#[path = "http/socket.rs"]
mod socket;

#[path = "http/operations.rs"]
mod operations;

#[path = "http/known.rs"]
mod known;

#[path = "http/stats_api.rs"]
mod stats_api;

#[path = "http/hostile_queries.rs"]
mod hostile_queries;

#[path = "http/export.rs"]
mod export;

#[path = "http/api_docs.rs"]
mod api_docs;

#[path = "http/sharing.rs"]
mod sharing;

#[path = "http/embed.rs"]
mod embed;
