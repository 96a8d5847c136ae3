//! The ceiling: an axum handler that parses the same JSON and answers as the program does, but does nothing with it.
//!
//! The allocator, the threads and the socket's settings are those of the program; middleware, limits and time-outs are not there:
//! they are part of what TrackFlow costs.

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    routing::post,
    serve::{ListenerExt, serve as axum_serve},
};
use http::StatusCode;
use serde::Deserialize;
use tokio::net::TcpListener;

/// The fields that public/script.src.js sends.
#[derive(Deserialize)]
#[expect(dead_code, reason = "parsing is what is measured")]
struct Beacon {
    n: String,
    u: String,
    d: String,
    r: Option<String>,
    e: Option<u64>,
    sd: Option<u8>,
}

async fn accept(body: Bytes) -> (StatusCode, &'static str) {
    match serde_json::from_slice::<Beacon>(&body) {
        Ok(beacon) => {
            // The compiler must not find out that nobody reads it.
            std::hint::black_box(beacon);
            (StatusCode::ACCEPTED, "ok")
        }
        Err(_) => (StatusCode::BAD_REQUEST, "invalid"),
    }
}

/// Serves until it is killed.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("port {port}"))?
        .tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
    let router = Router::new().route("/api/event", post(accept));
    Ok(axum_serve(listener, router).await?)
}
