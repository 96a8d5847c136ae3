//! What ingestion needs to know about its surroundings.

use std::{fmt, path::PathBuf};

use sha2::{Digest, Sha256};

use super::{DatabaseConfig, RawConfig, TrustedProxies, write_setting};

/// Settings of ingestion.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// `geoip-file`: a country database in MMDB format. Default none: the country of visitors stays unknown, unless a trusted
    /// proxy names it.
    pub geoip_file: Option<PathBuf>,
    /// `key-file`: where the day's visitor keys are kept across a restart, mode 0600. Never in the data folder, where backups
    /// would keep the keys that are to be destroyed. Default a file a database under `$RUNTIME_DIRECTORY`,
    /// `$XDG_RUNTIME_DIR` or `/dev/shm`, which all live in memory.
    pub key_file: PathBuf,
    /// `trusted-proxies`: addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Default none.
    pub trusted_proxies: TrustedProxies,
}

impl IngestConfig {
    pub(super) fn resolve(
        raw: &RawConfig,
        database: &DatabaseConfig,
        errors: &mut Vec<String>,
    ) -> Self {
        let proxies = raw.trusted_proxies.as_deref().unwrap_or_default();
        let (trusted_proxies, wrong) = TrustedProxies::parse(proxies);
        errors.extend(
            wrong
                .into_iter()
                .map(|error| format!("trusted-proxies: {error}")),
        );
        let geoip_file = raw.geoip_file.as_ref().map(PathBuf::from);
        if let Some(path) = geoip_file.as_ref().filter(|path| !path.is_file()) {
            errors.push(format!("geoip-file: there is no file `{}`", path.display()));
        }
        let key_file = match &raw.key_file {
            Some(path) => {
                let path = PathBuf::from(path);
                if database.holds(&path) {
                    errors.push(format!(
                        "key-file: `{}` lies in the data folder, where backups would keep the keys; choose another place",
                        path.display()
                    ));
                }
                path
            }
            None => default_key_file(database, |name| std::env::var_os(name).map(PathBuf::from)),
        };
        Self {
            geoip_file,
            key_file,
            trusted_proxies,
        }
    }
}

/// A file in memory that two programs with different databases do not share.
fn default_key_file(
    database: &DatabaseConfig,
    environment: impl Fn(&str) -> Option<PathBuf>,
) -> PathBuf {
    let place = std::path::absolute(&database.data_dir)
        .unwrap_or_else(|_| database.data_dir.clone())
        .components()
        .collect::<PathBuf>();
    let digest = Sha256::digest(format!("{}\n{}", place.display(), database.url));
    let name = digest[..6]
        .iter()
        .fold(String::from("trackflow-"), |name, byte| {
            format!("{name}{byte:02x}")
        });
    ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"]
        .into_iter()
        .filter_map(environment)
        .find(|folder| folder.is_absolute())
        .unwrap_or_else(|| "/dev/shm".into())
        .join(name)
        .with_extension("keys")
}

impl fmt::Display for IngestConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "trusted-proxies = {}", self.trusted_proxies)?;
        let geoip_file = self.geoip_file.as_ref().map(|path| path.display());
        write_setting(
            f,
            "geoip-file",
            geoip_file.as_ref().map(|path| path as &dyn fmt::Display),
        )?;
        write_setting(f, "key-file", Some(&self.key_file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_key_file_lies_in_memory_and_differs_by_database() {
        let database = |url: &str| DatabaseConfig {
            url: url.parse().expect("a valid URL"),
            data_dir: ".".into(),
        };
        let real = default_key_file(&database("sqlite:a.db"), |_| None);
        let demo = default_key_file(&database("sqlite:b.db"), |_| None);
        assert!(real.starts_with("/dev/shm") && real != demo);
        let run = default_key_file(&database("sqlite:a.db"), |name| {
            (name == "RUNTIME_DIRECTORY").then(|| "/run/trackflow".into())
        });
        assert!(run.starts_with("/run/trackflow"));
    }
}
