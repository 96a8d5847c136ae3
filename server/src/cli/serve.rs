//! `trackflow serve`: opens everything, serves until told to stop, closes everything.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use app::context::DemoAccount;
use tokio::net::TcpListener;
use trackflow::{config::Config, ingest::Ingest, services::user_service};

use super::open;
use crate::{
    assets::Assets,
    router::router,
    serve::{serve, shutdown_signal},
    state::AppState,
};

/// Serves. With `demo`, the login page shows that account.
pub(super) async fn run(config: &Config, demo: Option<DemoAccount>) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    // Before anything is started: an address in use is the likeliest failure.
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.http.listen))?;
    let address = listener.local_addr()?;
    let ingest = Arc::new(Ingest::new(db.clone()));
    let users = user_service::count(&db).await?;
    let state = AppState::new(config, db, ingest, site_files(), demo);
    announce(config, address, users);
    serve(listener, router(state), shutdown_signal()).await;
    tracing::info!("stopped");
    Ok(())
}

#[cfg(feature = "embed")]
fn site_files() -> Assets {
    Assets::embedded()
}

#[cfg(not(feature = "embed"))]
fn site_files() -> Assets {
    let root = trackflow::config::LeptosEnvironment::read().site_root;
    if !root.join("pkg").is_dir() {
        tracing::warn!(
            "the built site is missing in {}: pages come without style and charts",
            root.display()
        );
    }
    Assets::from_disk(root)
}

fn announce(config: &Config, address: SocketAddr, users: u64) {
    let public_url = config.dashboard.public_url.as_ref();
    let url = public_url.map_or_else(|| format!("http://{address}"), ToString::to_string);
    tracing::info!(database = %config.database.url, "TrackFlow is at {url}");
    if users == 0 {
        tracing::info!("open {url} to create the first account");
    }
    if !address.ip().is_loopback() && public_url.is_none_or(|url| !url.is_https()) {
        tracing::warn!(
            "reachable from elsewhere over plain HTTP: passwords travel in clear; put HTTPS in front and set --public-url"
        );
    }
}
