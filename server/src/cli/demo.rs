//! `trackflow demo`: invented sites, filled up to now, then served with visitors that go on coming.

use anyhow::Context;
use app::context::DemoAccount;
use trackflow::{
    config::{Config, RawConfig},
    seed::demo,
};

use super::{open, progress::Progress, serve};
use crate::{clock, routes::demo::PAGE_PATH};

/// What differs from a real start: a database of its own, so that a later real start begins empty.
pub(super) fn defaults() -> RawConfig {
    RawConfig {
        database_url: Some("sqlite:demo.db".into()),
        ..RawConfig::default()
    }
}

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    let mut shown = Progress::new("days");
    let prepared = demo::prepare(&db, clock::now(), |progress| {
        shown.show(progress.days_done, progress.days_total);
    })
    .await;
    drop(shown);
    let summary = prepared.context("the demo's traffic cannot be written")?;
    if summary.events > 0 {
        tracing::info!("{} events of demo traffic written", summary.events);
    }
    tracing::info!(
        "log in as {} with the password {}",
        demo::EMAIL,
        demo::PASSWORD
    );
    let account = DemoAccount {
        email: demo::EMAIL.into(),
        password: demo::PASSWORD.into(),
        page_url: PAGE_PATH.into(),
    };
    serve::run(config, Some(account)).await
}
