//! Handlers outside the dashboard, one path or group of paths a file.

pub(crate) mod annotations;
pub(crate) mod demo;
pub(crate) mod event;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod stats_api;
