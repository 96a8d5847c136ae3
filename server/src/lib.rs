//! TrackFlow's edge: HTTP in, HTTP out, and the command line. Parses, calls one service, translates the result.
//!
//! Start reading at [`router::router`], which names every path, or at [`cli::run`], which names every command.

pub mod assets;
pub mod cli;
pub mod hardening;
pub mod memory;
pub mod router;
pub mod serve;
pub mod state;

mod clock;
mod logging;
mod middleware;
mod routes;
