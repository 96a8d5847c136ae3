//! TrackFlow's domain: what a site, a visit and a report are, how events come in and how questions are answered.
//!
//! Knows neither Leptos nor axum. Inside, imports run one way: `seed → ingest → services → db → domain`. Without the feature
//! `server` only [`domain`] compiles, which is all that the WebAssembly side gets.

pub mod domain;

#[cfg(feature = "server")]
pub mod blocks;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod db;
#[cfg(feature = "server")]
pub mod ingest;
#[cfg(feature = "server")]
pub mod seed;
#[cfg(feature = "server")]
pub mod services;

#[cfg(all(test, feature = "server"))]
mod tests;
