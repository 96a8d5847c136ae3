//! Configuration, one struct a concern: parsed once, all mistakes reported at once, before anything is opened.
//!
//! Layers: flag > environment > TOML file > default. The command line fills a [`RawConfig`] from flags and environment,
//! [`RawConfig::or`] puts the file below, [`Config::resolve`] checks everything. Nothing else reads the environment.

mod api;
mod dashboard;
mod database;
mod http;
mod ingest;
mod leptos;
mod log;
mod metrics;
mod raw;

use std::fmt;

pub use api::ApiConfig;
pub use dashboard::{DashboardConfig, PublicUrl};
pub use database::DatabaseConfig;
pub use http::HttpConfig;
pub use ingest::IngestConfig;
pub use leptos::LeptosEnvironment;
pub use log::{LogConfig, LogFormat, LogLevel};
pub use metrics::{MetricsConfig, MetricsToken};
pub use raw::RawConfig;

/// The effective configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the program listens.
    pub http: HttpConfig,
    /// Where the data is.
    pub database: DatabaseConfig,
    /// What ingestion needs to know about its surroundings.
    pub ingest: IngestConfig,
    /// How people reach the dashboard.
    pub dashboard: DashboardConfig,
    /// How much the stats API answers.
    pub api: ApiConfig,
    /// Who may read the metrics.
    pub metrics: MetricsConfig,
    /// What is logged and how.
    pub log: LogConfig,
}

impl Config {
    /// Checks every value and fills in the defaults. Opens nothing; only looks whether named files exist.
    ///
    /// # Errors
    /// One line for each wrong value, ready to print.
    pub fn resolve(raw: RawConfig) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let database = DatabaseConfig::resolve(&raw, &mut errors);
        let ingest = IngestConfig::resolve(&raw, &database, &mut errors);
        let config = Self {
            http: HttpConfig::resolve(&raw, &mut errors),
            dashboard: DashboardConfig::resolve(&raw, &mut errors),
            api: ApiConfig::resolve(&raw, &mut errors),
            metrics: MetricsConfig::resolve(&raw, &mut errors),
            log: LogConfig::resolve(&raw, &mut errors),
            database,
            ingest,
        };
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(errors)
        }
    }
}

/// As a configuration file that means the same, with passwords left out: what `check-config` prints.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            http,
            database,
            ingest,
            dashboard,
            api,
            metrics,
            log,
        } = self;
        write!(f, "{http}{database}{ingest}{dashboard}{api}{metrics}{log}")
    }
}

/// Parses one value, or notes what is wrong with it and goes on with the default, so that all mistakes are found at once.
fn parse_or<T>(
    setting: &str,
    text: Option<&str>,
    default: T,
    errors: &mut Vec<String>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> T {
    match text.map(parse) {
        None => default,
        Some(Ok(value)) => value,
        Some(Err(error)) => {
            errors.push(format!("{setting}: {error}"));
            default
        }
    }
}

/// Writes `name = "value"` as TOML, or a comment that there is none. A JSON string is a TOML string too.
fn write_setting(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    value: Option<&dyn fmt::Display>,
) -> fmt::Result {
    match value {
        Some(value) => writeln!(
            f,
            "{name} = {}",
            serde_json::Value::String(value.to_string())
        ),
        None => writeln!(f, "# {name} is not set"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_file(text: &str) -> RawConfig {
        RawConfig::from_toml(text).expect("valid TOML")
    }

    #[test]
    fn an_empty_configuration_listens_on_loopback_with_sqlite() {
        let config = Config::resolve(RawConfig::default()).expect("the defaults are valid");
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.database.url.to_string(), "sqlite:./trackflow.db");
        assert_eq!(config.dashboard.public_url, None);
        assert!(
            !config
                .ingest
                .trusted_proxies
                .contains([127, 0, 0, 1].into())
        );
    }

    #[test]
    fn flags_win_over_the_file_and_blank_values_count_as_absent() {
        let file = a_file("listen = '0.0.0.0:1'\nlog-level = 'warn'\ndata-dir = '/tmp'");
        let flags = RawConfig {
            listen: Some("[::1]:2".into()),
            log_level: Some("  ".into()),
            ..RawConfig::default()
        };
        let config = Config::resolve(flags.or(file)).expect("valid");
        assert_eq!(config.http.listen.to_string(), "[::1]:2");
        assert_eq!(config.log.level, LogLevel::Warn);
        assert_eq!(config.database.url.to_string(), "sqlite:/tmp/trackflow.db");
    }

    #[test]
    fn all_wrong_values_are_reported_one_line_each() {
        let raw = a_file(
            "listen = 'localhost'\ndatabase-url = 'postgre://me:secret@x'\npublic-url = 'data.example.com'\n\
             trusted-proxies = ['10.0.0.0/33', 'nginx']\ngeoip-file = '/no/such/file'\nkey-file = './keys'\n\
             rate-limit = -1\napi-rate-limit = 'many'\nlog-level = 'loud'\nlog-format = 'xml'\ndurability = 'none'",
        );
        let errors = Config::resolve(raw).expect_err("nothing is right");
        let starts = [
            "database-url:",
            "durability:",
            "trusted-proxies:",
            "trusted-proxies:",
            "geoip-file:",
            "key-file:",
            "rate-limit:",
            "listen:",
            "public-url:",
            "api-rate-limit:",
            "log-level:",
            "log-format:",
        ];
        assert_eq!(errors.len(), starts.len(), "{errors:#?}");
        for (error, start) in errors.iter().zip(starts) {
            assert!(error.starts_with(start), "{error}");
            assert!(
                !error.contains('\n') && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn trusted_proxies_are_an_array_or_a_text_and_printed_as_an_array() {
        for (written, printed) in [
            ("['loopback', '10.0.0.0/8']", r#"["loopback","10.0.0.0/8"]"#),
            ("'loopback, 10.0.0.0/8'", r#"["loopback","10.0.0.0/8"]"#),
            ("''", "[]"),
        ] {
            let config = Config::resolve(a_file(&format!("trusted-proxies = {written}")));
            let text = config.expect("valid").to_string();
            let line = format!("trusted-proxies = {printed}\n");
            assert!(text.contains(&line), "{written}: {text}");
        }
        let error = RawConfig::from_toml("trusted-proxies = 7").expect_err("no list");
        assert!(error.contains("must be an array of texts"), "{error}");
    }

    #[test]
    fn a_rate_limit_is_a_number_or_a_text_and_zero_is_one_too() {
        for (written, rate) in [("", 50), ("rate-limit = 0", 0), ("rate-limit = '200'", 200)] {
            let config = Config::resolve(a_file(written)).expect("valid");
            assert_eq!(config.ingest.rate_limit, rate, "{written}");
            assert!(
                config
                    .to_string()
                    .contains(&format!("rate-limit = {rate}\n"))
            );
        }
        for written in ["rate-limit = true", "rate-limit = 1.5"] {
            let error = RawConfig::from_toml(written).expect_err("no whole number");
            assert!(error.contains("must be a whole number"), "{error}");
        }
    }

    #[test]
    fn what_is_printed_means_the_same_and_hides_the_password() {
        let raw = a_file(
            "database-url = 'postgres://me:secret@db.test/tf'\npublic-url = 'https://data.example.com/'\n\
             trusted-proxies = ['127.0.0.1', 'fd00::/8']\nkey-file = '/run/trackflow/keys'\nlog-format = 'json'",
        );
        let printed = Config::resolve(raw).expect("valid").to_string();
        assert!(!printed.contains("secret"), "{printed}");
        let again = Config::resolve(a_file(&printed))
            .expect("valid")
            .to_string();
        assert_eq!(printed, again);
    }
}
