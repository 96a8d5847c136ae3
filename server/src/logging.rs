//! Logging to standard error. No entry holds an address, a user agent, a query, a token or a cookie.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;
use trackflow::config::{LogConfig, LogFormat, LogLevel};

/// Starts logging. Later calls change nothing.
pub(crate) fn init(config: &LogConfig) {
    let level = match config.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Libraries may log what they are given, so below warnings only our own crates speak.
    let ours = ["trackflow", "server", "app"].map(|name| (name, level));
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(ours);
    let (text, json) = match config.format {
        LogFormat::Text => {
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_target(false)
                .with_ansi(std::io::stderr().is_terminal());
            (Some(layer), None)
        }
        LogFormat::Json => {
            let layer = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(std::io::stderr);
            (None, Some(layer))
        }
    };
    let subscriber = tracing_subscriber::registry()
        .with(filter)
        .with(text)
        .with(json);
    // An error means that a subscriber is set already, by a test.
    let _ = subscriber.try_init();
}
