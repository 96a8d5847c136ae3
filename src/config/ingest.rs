//! What ingestion needs to know about its surroundings.

use std::{fmt, path::PathBuf};

use super::{DatabaseConfig, RawConfig, parse_or, write_setting};
use crate::ingest::{client::TrustedProxies, default_key_file};

/// Settings of ingestion.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// `geoip-file`: a country database in MMDB format. Default none: the country of visitors stays unknown, unless a trusted
    /// proxy names it.
    pub geoip_file: Option<PathBuf>,
    /// `key-file`: where the day's visitor keys are kept across a restart, mode 0600. Never in the data folder, where backups
    /// would keep the keys that are to be destroyed. Default a file a database in `$RUNTIME_DIRECTORY`, `$XDG_RUNTIME_DIR`
    /// or `/dev/shm`, which all live in memory; without any of them the keys end with the program.
    pub key_file: Option<PathBuf>,
    /// `trusted-proxies`: addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; `loopback` and
    /// `private` name the usual ones. Default none.
    pub trusted_proxies: TrustedProxies,
    trusted_proxies_as_written: String,
    /// `rate-limit`: events a second that one network (/24 or /64) may send to all sites together, averaged over ten seconds;
    /// 0 does not limit. Default 50: a school or an office behind one address stays below it, a script that invents events
    /// does not.
    pub rate_limit: u32,
}

const DEFAULT_RATE_LIMIT: u32 = 50;
/// More than one machine takes from all networks together.
const MAX_RATE_LIMIT: u32 = 1_000_000;

impl IngestConfig {
    pub(super) fn resolve(
        raw: &RawConfig,
        database: &DatabaseConfig,
        errors: &mut Vec<String>,
    ) -> Self {
        let proxies = raw.trusted_proxies.as_deref().unwrap_or_default();
        for entry in proxies {
            if let Err(error) = entry.parse::<TrustedProxies>() {
                errors.push(format!("trusted-proxies: {error}"));
            }
        }
        let proxies = proxies.join(",");
        let geoip_file = raw.geoip_file.as_ref().map(PathBuf::from);
        if let Some(path) = geoip_file.as_ref().filter(|path| !path.is_file()) {
            errors.push(format!("geoip-file: there is no file `{}`", path.display()));
        }
        let key_file = raw.key_file.as_ref().map(PathBuf::from);
        if let Some(path) = key_file.as_ref().filter(|path| database.holds(path)) {
            errors.push(format!(
                "key-file: `{}` lies in the data folder, where backups would keep the keys; choose another place",
                path.display()
            ));
        }
        let rate_limit = parse_or(
            "rate-limit",
            raw.rate_limit.as_deref(),
            DEFAULT_RATE_LIMIT,
            errors,
            |text| {
                let number = text.trim().parse().ok();
                number.filter(|rate| *rate <= MAX_RATE_LIMIT).ok_or_else(|| {
                    format!("`{text}` is no whole number of events a second from 0 (no limit) to {MAX_RATE_LIMIT}")
                })
            },
        );
        Self {
            geoip_file,
            rate_limit,
            key_file: key_file.or_else(|| {
                let runtime = std::env::var("RUNTIME_DIRECTORY").ok();
                let xdg_runtime = std::env::var("XDG_RUNTIME_DIR").ok();
                let place = database.absolute_url().to_string();
                default_key_file(&place, runtime.as_deref(), xdg_runtime.as_deref())
            }),
            trusted_proxies: proxies.parse().unwrap_or_default(),
            trusted_proxies_as_written: proxies,
        }
    }
}

impl fmt::Display for IngestConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxies = self.trusted_proxies_as_written.split(',').map(str::trim);
        let proxies: Vec<_> = proxies.filter(|proxy| !proxy.is_empty()).collect();
        writeln!(f, "trusted-proxies = {}", serde_json::json!(proxies))?;
        let geoip_file = self.geoip_file.as_ref().map(|path| path.display());
        let key_file = self.key_file.as_ref().map(|path| path.display());
        write_setting(f, "geoip-file", geoip_file.as_ref().map(|path| path as _))?;
        write_setting(f, "key-file", key_file.as_ref().map(|path| path as _))?;
        writeln!(f, "rate-limit = {}", self.rate_limit)
    }
}
