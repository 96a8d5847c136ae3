//! Where the data is.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{RawConfig, parse_or, write_setting};
use crate::db::{DatabaseUrl, Durability};

/// Settings of the database.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `database-url`: `sqlite:PATH` for an embedded file, which is created if absent, or `postgres://…`. Default
    /// `sqlite:trackflow.db`. A relative path starts at `data-dir`. May hold a password; printing leaves it out.
    pub url: DatabaseUrl,
    /// `data-dir`: folder of everything that must survive a restart, created if absent. Default `.`, the current folder.
    pub data_dir: PathBuf,
    /// `durability`: `full`, an accepted event survives a power cut, or `relaxed`, it survives the end of the program only,
    /// and a power cut may take the last moments. Default `full`.
    pub durability: Durability,
}

impl DatabaseConfig {
    pub(super) fn resolve(raw: &RawConfig, errors: &mut Vec<String>) -> Self {
        let default = PathBuf::from(".");
        let data_dir = parse_or(
            "data-dir",
            raw.data_dir.as_deref(),
            default,
            errors,
            |text| {
                let path = PathBuf::from(text);
                if path.exists() && !path.is_dir() {
                    return Err(format!("`{text}` exists and is no folder"));
                }
                Ok(path)
            },
        );
        let default = DatabaseUrl::Sqlite("trackflow.db".into());
        let url = parse_or(
            "database-url",
            raw.database_url.as_deref(),
            default,
            errors,
            |text| text.trim().parse().map_err(|error| format!("{error}")),
        );
        let url = match url {
            DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(data_dir.join(path)),
            postgres @ DatabaseUrl::Postgres(_) => postgres,
        };
        Self {
            url,
            data_dir,
            durability: parse_or(
                "durability",
                raw.durability.as_deref(),
                Durability::Full,
                errors,
                str::parse,
            ),
        }
    }

    /// The URL with the file's absolute path: what identifies this database.
    pub(super) fn absolute_url(&self) -> DatabaseUrl {
        match &self.url {
            DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(absolute(path)),
            postgres @ DatabaseUrl::Postgres(_) => postgres.clone(),
        }
    }

    /// Whether a path lies in the data folder, so that a backup of it would take the file along.
    pub(super) fn holds(&self, path: &Path) -> bool {
        absolute(path).starts_with(absolute(&self.data_dir))
    }
}

/// The path from the root, without `.` in it.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    path.components().collect()
}

impl fmt::Display for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Absolute, since a relative path of the URL would start at the data folder once more.
        write_setting(f, "data-dir", Some(&absolute(&self.data_dir).display()))?;
        write_setting(f, "database-url", Some(&self.absolute_url()))?;
        write_setting(f, "durability", Some(&self.durability.key()))
    }
}
