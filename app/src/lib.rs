//! TrackFlow's dashboard: pages, components, charts, server functions, and the islands that the browser hydrates.
//!
//! With `ssr` everything compiles, for the server; with `hydrate` only [`islands`], for WebAssembly: pages are rendered
//! on the server and their forms and links need no script, so the browser gets the moving parts alone. Calls
//! `trackflow::services` through [`server_fns`] and knows no database.

#![recursion_limit = "256"]

pub mod islands;

#[cfg(feature = "ssr")]
pub mod annotations;
#[cfg(feature = "ssr")]
pub mod api_description;
#[cfg(feature = "ssr")]
pub mod charts;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
mod cookie;
#[cfg(feature = "ssr")]
pub mod details_query;
#[cfg(feature = "ssr")]
pub mod embed;
#[cfg(all(test, feature = "ssr"))]
mod fixtures;
#[cfg(feature = "ssr")]
pub mod format;
#[cfg(feature = "ssr")]
pub mod funnel_form;
#[cfg(feature = "ssr")]
pub mod goal_form;
#[cfg(feature = "ssr")]
pub mod journey_query;
#[cfg(feature = "ssr")]
pub mod once_cookie;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod query;
#[cfg(feature = "ssr")]
pub mod server_fns;
#[cfg(feature = "ssr")]
pub mod session_cookie;
#[cfg(feature = "ssr")]
pub mod share_cookie;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod time_zones;
#[cfg(feature = "ssr")]
pub mod vitals_query;

#[cfg(feature = "ssr")]
pub use shell::{App, shell};
