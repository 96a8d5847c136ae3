//! What is logged and how. Logs go to standard error and hold no personal data at any level.

use std::fmt;

use super::{RawConfig, parse_or, write_setting};

/// Settings of the log.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `log-level`: `error`, `warn`, `info`, `debug` or `trace`. Default `info`.
    pub level: LogLevel,
    /// `log-format`: `text` for people, `json` for programs, one line an entry either way. Default `text`.
    pub format: LogFormat,
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$choice_doc:meta])* $choice:ident = $key:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$choice_doc])* $choice),+ }

        impl $name {
            /// As the configuration writes it.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$choice => $key),+ }
            }

            fn parse(text: &str) -> Result<Self, String> {
                match text.trim() {
                    $($key => Ok(Self::$choice),)+
                    other => Err(format!("`{other}` is unknown; use one of {}", [$($key),+].join(", "))),
                }
            }
        }
    };
}

choices! {
    /// From which importance on entries are written.
    LogLevel {
        /// What failed.
        Error = "error",
        /// And what is suspicious.
        Warn = "warn",
        /// And what happens seldom.
        Info = "info",
        /// And each request, without address, user agent and query.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

choices! {
    /// How entries are written.
    LogFormat {
        /// For people.
        Text = "text",
        /// For programs.
        Json = "json",
    }
}

impl LogConfig {
    pub(super) fn resolve(raw: &RawConfig, errors: &mut Vec<String>) -> Self {
        let level = raw.log_level.as_deref();
        let format = raw.log_format.as_deref();
        Self {
            level: parse_or("log-level", level, LogLevel::Info, errors, LogLevel::parse),
            format: parse_or(
                "log-format",
                format,
                LogFormat::Text,
                errors,
                LogFormat::parse,
            ),
        }
    }
}

impl fmt::Display for LogConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_setting(f, "log-level", Some(&self.level.key()))?;
        write_setting(f, "log-format", Some(&self.format.key()))
    }
}
