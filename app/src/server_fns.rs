//! What the browser may ask of the server: one file a noun, each function a handful of lines.
//!
//! Mutations are posted by plain forms and answer with a redirect, on success and on failure alike (Post/Redirect/Get):
//! never to the `Referer`. Reads are called by the pages while they render, and by `public/dashboard.src.js`. The server's
//! same-origin check stands before all of them.
#![expect(
    missing_docs,
    reason = "the server macro makes a struct with a field an argument; the functions document them"
)]

pub mod annotation;
pub mod api_key;
mod error;
pub mod funnel;
pub mod goal;
pub mod ingestion;
pub mod privacy;
mod redirect;
pub mod rule;
pub mod segment;
pub mod session;
pub mod setup;
pub mod sharing;
pub mod site;
pub mod stats;
pub mod vitals;

pub use error::ApiError;
pub use redirect::{safe_next, see_other};

use error::answer;

/// Where all server functions are mounted.
pub const PREFIX: &str = "/api/app";
