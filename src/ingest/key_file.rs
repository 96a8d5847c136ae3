//! The file that carries visitor keys over a restart.
//!
//! It holds living keys only and is rewritten as a whole whenever they change: a temporary file beside it (0600, never
//! an existing one), then a rename. Its place is a memory file system that no backup takes: `$RUNTIME_DIRECTORY`,
//! `$XDG_RUNTIME_DIR` or `/dev/shm`. Nothing is synced: what a power cut takes, it should take. Neighbour:
//! [`keys`](super::keys), which decides what lives.
//!
//! Beside the keys it holds one instant: when a key was last destroyed, which the privacy page tells.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use url::Url;
use zeroize::Zeroizing;

use super::keys::{DayKey, Secret};
use crate::domain::Timestamp;

/// The first line; another one means another format, and then the keys start anew.
const HEADER: &str = "trackflow visitor keys 1";
/// Begins the line of the last destruction. No zone is called so, and the line has too few columns for a key: programs
/// that do not know it pass over it.
const DESTROYED: &str = "destroyed";
const SIZE_LIMIT_BYTES: u64 = 1024 * 1024;

/// Where the keys of a database are kept unless the configuration says otherwise; `None` if there is no memory file system.
///
/// The first of `runtime_directory` (systemd's; of a list the first), `xdg_runtime_dir` and `/dev/shm` that exists. The
/// name contains a hash of the database's address without user and password, so that two instances have two files; give a
/// file's address in absolute form.
#[must_use]
pub fn default_key_file(
    database: &str,
    runtime_directory: Option<&str>,
    xdg_runtime_dir: Option<&str>,
) -> Option<PathBuf> {
    let runtime_directory = runtime_directory.and_then(|list| list.split(':').next());
    let directory = [runtime_directory, xdg_runtime_dir, Some("/dev/shm")]
        .into_iter()
        .flatten()
        .map(Path::new)
        .find(|directory| directory.is_absolute() && directory.is_dir())?;
    let mut address = Zeroizing::new(database.to_owned());
    if let Ok(mut url) = Url::parse(database)
        && url.set_username("").is_ok()
        && url.set_password(None).is_ok()
    {
        address = Zeroizing::new(url.into());
    }
    let hash = Sha256::digest(address.as_bytes());
    let name: String = hash.iter().take(8).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    });
    Some(directory.join(format!("trackflow-{name}.keys")))
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// All keys, dead ones too.
    pub(super) keys: Vec<DayKey>,
    /// When a key was last destroyed.
    pub(super) last_destroyed_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    temporary: PathBuf,
}

impl KeyFile {
    pub(super) fn new(path: &Path) -> Self {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        Self {
            path: path.to_owned(),
            temporary: temporary.into(),
        }
    }

    /// Reports that the file could not be used.
    pub(super) fn warn(&self, what: &str, error: &io::Error) {
        let path = self.path.display();
        tracing::warn!(%error, "cannot {what} the visitor keys in `{path}`; a restart will split open visits");
    }

    /// What is in the file; nothing if there is no file or it has another format.
    ///
    /// Refuses what somebody else may have put there to know our keys: a link, a file of another user, a file that others
    /// may read or write.
    pub(super) fn load(&self) -> io::Result<Content> {
        let metadata = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::default()),
            Err(error) => return Err(error),
        };
        let is_private = metadata.is_file() && metadata.permissions().mode() & 0o077 == 0;
        if !is_private || metadata.uid() != self.own_uid()? || metadata.len() > SIZE_LIMIT_BYTES {
            return Err(io::Error::other("it is not a private file of this user"));
        }
        let mut text = Zeroizing::new(String::with_capacity(metadata.len() as usize));
        File::open(&self.path)?.read_to_string(&mut text)?;
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Ok(Content::default());
        }
        let last_destroyed_at = text
            .lines()
            .filter_map(|line| line.strip_prefix(DESTROYED)?.trim().parse().ok())
            .next_back()
            .map(Timestamp);
        Ok(Content {
            keys: lines.filter_map(parse_line).collect(),
            last_destroyed_at,
        })
    }

    /// Replaces the file. If that fails, the old file is removed, for it may hold keys that must not live on.
    pub(super) fn store(
        &self,
        keys: &[DayKey],
        last_destroyed_at: Option<Timestamp>,
    ) -> io::Result<()> {
        let result = self.replace(keys, last_destroyed_at);
        if result.is_err() {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(&self.temporary);
        }
        result
    }

    fn replace(&self, keys: &[DayKey], last_destroyed_at: Option<Timestamp>) -> io::Result<()> {
        // Reserved at once, so that growing leaves no copies behind.
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + 64 + keys.len() * 256));
        text.push_str(HEADER);
        text.push('\n');
        if let Some(at) = last_destroyed_at {
            let _ = writeln!(text, "{DESTROYED}\t{}", at.0);
        }
        for key in keys {
            write_line(&mut text, key);
        }
        self.create_temporary()?.write_all(text.as_bytes())?;
        fs::rename(&self.temporary, &self.path)
    }

    fn create_temporary(&self) -> io::Result<File> {
        // One that was left by a crash may be ours; one that cannot be removed is not, and is not written to.
        match fs::remove_file(&self.temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.temporary)
    }

    /// The user that this program runs as: the owner of a file it makes.
    fn own_uid(&self) -> io::Result<u32> {
        let uid = self.create_temporary()?.metadata()?.uid();
        fs::remove_file(&self.temporary)?;
        Ok(uid)
    }
}

fn write_line(text: &mut String, key: &DayKey) {
    let DayKey {
        zone_name,
        day,
        created_at,
        dies_at,
        secret,
    } = key;
    let _ = write!(
        text,
        "{zone_name}\t{day}\t{}\t{}\t",
        created_at.0, dies_at.0
    );
    for byte in secret.bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
}

fn parse_line(line: &str) -> Option<DayKey> {
    let mut columns = line.split('\t');
    let key = DayKey {
        zone_name: columns.next()?.to_owned(),
        day: columns.next()?.parse().ok()?,
        created_at: Timestamp(columns.next()?.parse().ok()?),
        dies_at: Timestamp(columns.next()?.parse().ok()?),
        secret: parse_secret(columns.next()?)?,
    };
    columns.next().is_none().then_some(key)
}

fn parse_secret(hex: &str) -> Option<Secret> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut secret = Secret::zero();
    for (position, byte) in secret.bytes_mut().iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * position..2 * position + 2], 16).ok()?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_place_is_the_first_runtime_directory_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        let list = format!("{folder}:/other");
        for (name, runtime, xdg, expected) in [
            ("systemd", Some(list.as_str()), Some("/tmp"), folder),
            (
                "systemd's is missing",
                Some("/nowhere"),
                Some(folder),
                folder,
            ),
            ("session", None, Some(folder), folder),
            ("relative", Some("relative"), Some(folder), folder),
            ("none", None, None, "/dev/shm"),
        ] {
            let path = default_key_file("sqlite:/data/trackflow.db", runtime, xdg).unwrap();
            assert_eq!(path.parent().unwrap(), Path::new(expected), "{name}");
        }
    }

    #[test]
    fn each_database_has_its_own_file_whatever_the_password() {
        let path = |database| default_key_file(database, None, None).unwrap();
        assert_ne!(path("sqlite:/a.db"), path("sqlite:/b.db"));
        assert_eq!(
            path("postgres://u:one@host/db"),
            path("postgres://u:two@host/db")
        );
        assert_ne!(
            path("postgres://u:one@host/db"),
            path("postgres://u:one@host/other")
        );
    }
}
