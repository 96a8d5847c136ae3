//! What cargo-leptos tells the program that it starts. Not settings: nobody but the build sets these.

use std::path::PathBuf;

/// The development server's variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeptosEnvironment {
    /// `LEPTOS_SITE_ROOT`: where the site's files are read from, unless they are embedded. Default `target/site`.
    pub site_root: PathBuf,
    /// `LEPTOS_RELOAD_PORT`: port of the live reload. Default 3001.
    pub reload_port: u32,
    /// `LEPTOS_WATCH`: whether `cargo leptos watch` started the program.
    pub is_watching: bool,
}

impl LeptosEnvironment {
    /// Reads the variables.
    #[must_use]
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok();
        let reload_port = variable("LEPTOS_RELOAD_PORT").and_then(|port| port.parse().ok());
        Self {
            site_root: variable("LEPTOS_SITE_ROOT").map_or("target/site".into(), PathBuf::from),
            reload_port: reload_port.unwrap_or(3001),
            is_watching: variable("LEPTOS_WATCH").is_some(),
        }
    }
}
