//! Opens the database, as every command does that needs it.

use anyhow::Context;
use trackflow::{
    config::DatabaseConfig,
    db::{Db, run_migrations},
};

/// Creates the data folder, brings the schema up to date and gives the pools.
pub(super) async fn database(config: &DatabaseConfig) -> anyhow::Result<Db> {
    migrate(config).await?;
    Db::with_durability(&config.url, config.durability)
        .with_context(|| format!("{} cannot be used", config.url))
}

/// Brings the schema up to date and returns the names of the migrations that ran.
pub(super) async fn migrate(config: &DatabaseConfig) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(&config.data_dir).with_context(|| {
        format!(
            "the data folder {} cannot be created",
            config.data_dir.display()
        )
    })?;
    let ran = run_migrations(&config.url)
        .await
        .with_context(|| format!("{} cannot be used", config.url))?;
    for name in &ran {
        tracing::info!(migration = name, "the schema was brought up to date");
    }
    Ok(ran)
}
