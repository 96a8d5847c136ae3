//! The settings as flags and environment variables, and the file below them.

use std::path::{Path, PathBuf};

use clap::Args;
use trackflow::config::RawConfig;

/// The two upper layers. Types and checks are in `trackflow::config`, so that all mistakes are reported at once.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (flag > environment > file > default)")]
pub(super) struct Settings {
    /// TOML file with settings, named like the flags without their hyphens in front [default: none]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "TRACKFLOW_CONFIG",
        hide_env_values = true
    )]
    config: Option<PathBuf>,

    /// IP address and port to listen on; put HTTPS in front or listen on 0.0.0.0 [default: 127.0.0.1:3000]
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        env = "TRACKFLOW_LISTEN",
        hide_env_values = true
    )]
    listen: Option<String>,

    /// sqlite:PATH (created if absent, relative to the data folder) or postgres://… [default:
    /// sqlite:trackflow.db]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true
    )]
    database_url: Option<String>,

    /// full: an accepted event survives a power cut; relaxed: faster, survives the end of the program only
    /// [default: full]
    #[arg(
        long,
        global = true,
        value_name = "MODE",
        env = "TRACKFLOW_DURABILITY",
        hide_env_values = true
    )]
    durability: Option<String>,

    /// Folder of all data that must survive, created if absent [default: the current folder]
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "TRACKFLOW_DATA_DIR",
        hide_env_values = true
    )]
    data_dir: Option<String>,

    /// Scheme and host under which browsers reach the dashboard, such as <https://data.example.com>; used
    /// for the snippet to embed and for secure cookies [default: what the request says]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "TRACKFLOW_PUBLIC_URL",
        hide_env_values = true
    )]
    public_url: Option<String>,

    /// Addresses, networks (10.0.0.0/8) or the names loopback and private, separated by commas, of proxies
    /// whose X-Forwarded-For and X-Forwarded-Proto are believed [default: none]
    #[arg(
        long,
        global = true,
        value_name = "LIST",
        env = "TRACKFLOW_TRUSTED_PROXIES",
        value_delimiter = ',',
        hide_env_values = true
    )]
    trusted_proxies: Option<Vec<String>>,

    /// Country database in MMDB format; without it countries stay unknown [default: none]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "TRACKFLOW_GEOIP_FILE",
        hide_env_values = true
    )]
    geoip_file: Option<String>,

    /// Where the day's visitor keys are kept over a restart, mode 0600; not in the data folder, where
    /// backups would keep what must be destroyed [default: a file in `$RUNTIME_DIRECTORY`, `$XDG_RUNTIME_DIR`
    /// or /dev/shm]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "TRACKFLOW_KEY_FILE",
        hide_env_values = true
    )]
    key_file: Option<String>,

    /// Events a second that one network (/24, /64) may send, averaged over ten seconds; 0 does not limit
    /// [default: 50]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TRACKFLOW_RATE_LIMIT",
        hide_env_values = true
    )]
    rate_limit: Option<String>,

    /// Requests an hour that one API key may send; 0 does not limit [default: 600]
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        env = "TRACKFLOW_API_RATE_LIMIT",
        hide_env_values = true
    )]
    api_rate_limit: Option<String>,

    /// IP address and port of a listener of its own for /metrics (Prometheus) [default: none]
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        env = "TRACKFLOW_METRICS_LISTEN",
        hide_env_values = true
    )]
    metrics_listen: Option<String>,

    /// What requests for /metrics bring as `Authorization: Bearer TOKEN`; without --metrics-listen it opens
    /// /metrics beside the dashboard. Better in the environment than here, where the process list shows it
    /// [default: none]
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "TRACKFLOW_METRICS_TOKEN",
        hide_env_values = true
    )]
    metrics_token: Option<String>,

    /// error, warn, info, debug or trace; no level logs personal data [default: info]
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "TRACKFLOW_LOG_LEVEL",
        hide_env_values = true
    )]
    log_level: Option<String>,

    /// text or json, one line an entry, on standard error [default: text]
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "TRACKFLOW_LOG_FORMAT",
        hide_env_values = true
    )]
    log_format: Option<String>,
}

impl Settings {
    /// Puts the file, if one is named, below flags and environment.
    pub(super) fn load(self) -> Result<RawConfig, String> {
        let file = self.config.filter(|path| !path.as_os_str().is_empty());
        let file = match file {
            Some(path) => read(&path)?,
            None => RawConfig::default(),
        };
        let upper = RawConfig {
            listen: self.listen,
            database_url: self.database_url,
            durability: self.durability,
            data_dir: self.data_dir,
            public_url: self.public_url,
            trusted_proxies: self.trusted_proxies,
            geoip_file: self.geoip_file,
            key_file: self.key_file,
            rate_limit: self.rate_limit,
            api_rate_limit: self.api_rate_limit,
            metrics_listen: self.metrics_listen,
            metrics_token: self.metrics_token,
            log_level: self.log_level,
            log_format: self.log_format,
        };
        Ok(upper.or(file))
    }
}

fn read(path: &Path) -> Result<RawConfig, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("config: `{}` cannot be read: {error}", path.display()))?;
    RawConfig::from_toml(&text).map_err(|error| format!("config: `{}`, {error}", path.display()))
}
