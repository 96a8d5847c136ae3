//! The settings as they were written, before anything is checked: one option a setting, the same in every layer.

use serde::{Deserialize, Deserializer};

/// Settings of one layer or of several merged ones. In a TOML file the names have hyphens, as the flags do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawConfig {
    /// See [`HttpConfig::listen`](super::HttpConfig::listen).
    pub listen: Option<String>,
    /// See [`DatabaseConfig::url`](super::DatabaseConfig::url).
    pub database_url: Option<String>,
    /// See [`DatabaseConfig::durability`](super::DatabaseConfig::durability).
    pub durability: Option<String>,
    /// See [`DatabaseConfig::data_dir`](super::DatabaseConfig::data_dir).
    pub data_dir: Option<String>,
    /// See [`DashboardConfig::public_url`](super::DashboardConfig::public_url).
    pub public_url: Option<String>,
    /// See [`IngestConfig::trusted_proxies`](super::IngestConfig::trusted_proxies).
    #[serde(deserialize_with = "array_or_text")]
    pub trusted_proxies: Option<Vec<String>>,
    /// See [`IngestConfig::geoip_file`](super::IngestConfig::geoip_file).
    pub geoip_file: Option<String>,
    /// See [`IngestConfig::key_file`](super::IngestConfig::key_file).
    pub key_file: Option<String>,
    /// See [`IngestConfig::rate_limit`](super::IngestConfig::rate_limit).
    #[serde(deserialize_with = "number_or_text")]
    pub rate_limit: Option<String>,
    /// See [`ApiConfig::rate_limit`](super::ApiConfig::rate_limit).
    #[serde(deserialize_with = "number_or_text")]
    pub api_rate_limit: Option<String>,
    /// See [`MetricsConfig::listen`](super::MetricsConfig::listen).
    pub metrics_listen: Option<String>,
    /// See [`MetricsConfig::token`](super::MetricsConfig::token).
    pub metrics_token: Option<String>,
    /// See [`LogConfig::level`](super::LogConfig::level).
    pub log_level: Option<String>,
    /// See [`LogConfig::format`](super::LogConfig::format).
    pub log_format: Option<String>,
}

impl RawConfig {
    /// Reads a layer from TOML.
    ///
    /// # Errors
    /// Where the text is no TOML, or which key is unknown and which ones there are; one line.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map(|span| 1 + text[..span.start].matches('\n').count());
            let place = line.map_or(String::new(), |line| format!("line {line}: "));
            format!("{place}{}", error.message().replace('\n', " "))
        })
    }

    /// This layer, and where it says nothing, the `lower` one. Blank values say nothing.
    #[must_use]
    pub fn or(self, lower: Self) -> Self {
        Self {
            listen: first(self.listen, lower.listen),
            database_url: first(self.database_url, lower.database_url),
            durability: first(self.durability, lower.durability),
            data_dir: first(self.data_dir, lower.data_dir),
            public_url: first(self.public_url, lower.public_url),
            trusted_proxies: self
                .trusted_proxies
                .filter(|proxies| proxies.iter().any(|proxy| !proxy.trim().is_empty()))
                .or(lower.trusted_proxies),
            geoip_file: first(self.geoip_file, lower.geoip_file),
            key_file: first(self.key_file, lower.key_file),
            rate_limit: first(self.rate_limit, lower.rate_limit),
            api_rate_limit: first(self.api_rate_limit, lower.api_rate_limit),
            metrics_listen: first(self.metrics_listen, lower.metrics_listen),
            metrics_token: first(self.metrics_token, lower.metrics_token),
            log_level: first(self.log_level, lower.log_level),
            log_format: first(self.log_format, lower.log_format),
        }
    }
}

/// Reads an array of texts, or one text with commas as flag and environment have it.
fn array_or_text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "must be an array of texts, or a text with commas"
    )]
    enum List {
        Array(Vec<String>),
        Text(String),
    }
    Ok(Some(match List::deserialize(value)? {
        List::Array(entries) => entries,
        List::Text(text) => text.split(',').map(str::to_owned).collect(),
    }))
}

/// Reads a number, or a text that holds one as flag and environment have it.
fn number_or_text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "must be a whole number")]
    enum Value {
        Number(i64),
        Text(String),
    }
    Ok(Some(match Value::deserialize(value)? {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text,
    }))
}

fn first(upper: Option<String>, lower: Option<String>) -> Option<String> {
    upper.filter(|text| !text.trim().is_empty()).or(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_known_ones() {
        let error = RawConfig::from_toml("listen = '127.0.0.1:1'\nport = 80").unwrap_err();
        assert!(error.starts_with("line 2: unknown field `port`"), "{error}");
        assert!(error.contains("`database-url`"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}
