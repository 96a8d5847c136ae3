//! How much the stats API answers.

use std::fmt;

use super::{RawConfig, parse_or};

/// Settings of the stats API.
#[derive(Clone, Copy, Debug)]
pub struct ApiConfig {
    /// `api-rate-limit`: requests an hour that one API key may send; 0 does not limit. Default 600, as Plausible's.
    pub rate_limit: u32,
}

const DEFAULT_RATE_LIMIT: u32 = 600;
/// Nearly 300 a second: more than one machine answers.
const MAX_RATE_LIMIT: u32 = 1_000_000;

impl ApiConfig {
    pub(super) fn resolve(raw: &RawConfig, errors: &mut Vec<String>) -> Self {
        let rate_limit = parse_or(
            "api-rate-limit",
            raw.api_rate_limit.as_deref(),
            DEFAULT_RATE_LIMIT,
            errors,
            |text| {
                let number = text.trim().parse().ok();
                number.filter(|rate| *rate <= MAX_RATE_LIMIT).ok_or_else(|| {
                    format!("`{text}` is no whole number of requests an hour from 0 (no limit) to {MAX_RATE_LIMIT}")
                })
            },
        );
        Self { rate_limit }
    }
}

impl fmt::Display for ApiConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "api-rate-limit = {}", self.rate_limit)
    }
}
