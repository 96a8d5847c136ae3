//! `trackflow demo`.

use trackflow::config::{Config, RawConfig};

/// What differs from a real start: a database of its own, so that a later real start begins empty.
pub(super) fn defaults() -> RawConfig {
    RawConfig {
        database_url: Some("sqlite:demo.db".into()),
        ..RawConfig::default()
    }
}

pub(super) async fn run(_config: &Config) -> anyhow::Result<()> {
    anyhow::bail!("`demo` is not part of this build yet")
}
