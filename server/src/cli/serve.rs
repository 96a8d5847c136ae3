//! `trackflow serve`: opens everything, serves until told to stop, closes everything.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use app::context::DemoAccount;
use tokio::{net::TcpListener, task::JoinHandle};
use trackflow::{
    config::Config,
    db::Db,
    ingest::{Ingest, IngestSettings},
    seed::demo,
    services::{test_visit_service, user_service},
};

use super::open;
use crate::{
    assets::Assets,
    clock,
    router::router,
    routes::metrics,
    serve::{serve, shutdown_signal},
    state::AppState,
};

/// How long the database may take at the end to write the ledger of refusals.
const LEDGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves. With `account`, the login page shows it, and invented visitors go on coming.
pub(super) async fn run(config: &Config, account: Option<DemoAccount>) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    // Before anything is started: an address in use is the likeliest failure.
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.http.listen))?;
    let address = listener.local_addr()?;
    let ingest = start_ingest(config, &db).await?;
    let users = user_service::count(&db).await?;
    let trickle = account
        .is_some()
        .then(|| tokio::spawn(demo::play(Arc::clone(&ingest), db.clone(), clock::now)));
    let state = AppState::new(
        config,
        db.clone(),
        Arc::clone(&ingest),
        site_files(),
        account,
    );
    let metrics = serve_metrics(config, &state).await?;
    announce(config, address, users);
    let upkeep = tokio::spawn(keep_up(Arc::clone(&ingest), db));
    let closer = tokio::spawn(close_days(Arc::clone(&ingest)));
    let end = async {
        shutdown_signal().await;
        // Health checks say so to whoever asks on a connection that is still open.
        ingest.announce_end();
    };
    serve(listener, router(state), end).await;
    write_ledger(Arc::clone(&ingest)).await;
    upkeep.abort();
    closer.abort();
    ingest.stop().await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    if let Some(trickle) = trickle {
        trickle.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

/// Writes the last second's refusals, if the database takes them soon: counts are not worth an end that hangs.
async fn write_ledger(ingest: Arc<Ingest>) {
    let written = tokio::spawn(async move { ingest.flush_ledger().await });
    if tokio::time::timeout(LEDGER_TIMEOUT, written).await.is_err() {
        tracing::warn!("the refusals of the last second were not written");
    }
}

async fn start_ingest(config: &Config, db: &Db) -> anyhow::Result<Arc<Ingest>> {
    let settings = IngestSettings {
        geoip_file: config.ingest.geoip_file.clone(),
        key_file: config.ingest.key_file.clone(),
        rate_limit: config.ingest.rate_limit,
    };
    let ingest = Ingest::start(db, &settings, clock::now()).await;
    Ok(Arc::new(ingest.context("ingestion cannot start")?))
}

/// Opens the listener for metrics, if there is to be one.
async fn serve_metrics(
    config: &Config,
    state: &AppState,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let Some(listen) = config.metrics.listen else {
        return Ok(None);
    };
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} for metrics"))?;
    tracing::info!("metrics are at http://{}/metrics", listener.local_addr()?);
    let router = metrics::alone(state.clone());
    Ok(Some(tokio::spawn(serve(
        listener,
        router,
        std::future::pending(),
    ))))
}

/// Once a minute keeps the promises that visitor keys and test visits end, also when nobody comes; once an hour shortens the ledger.
async fn keep_up(ingest: Arc<Ingest>, db: Db) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    for minute in 0_u64.. {
        minutes.tick().await;
        ingest.destroy_old_keys(clock::now());
        if let Err(error) = test_visit_service::delete_old(&db, clock::now()).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "test visits are kept longer than promised");
        }
        if minute.is_multiple_of(60) {
            ingest.prune_ledger(clock::now()).await;
        }
    }
}

/// Once a minute closes the days that are over. What is interrupted anywhere goes on at the next start.
async fn close_days(ingest: Arc<Ingest>) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        minutes.tick().await;
        let ingest = Arc::clone(&ingest);
        let closing = tokio::spawn(async move { ingest.close_days(clock::now()).await });
        match closing.await {
            Ok(0) => {}
            Ok(days) => tracing::info!(days, "closed days"),
            // Said where it happened; the next minute tries again.
            Err(_) => tracing::error!("closing days was broken off"),
        }
    }
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
