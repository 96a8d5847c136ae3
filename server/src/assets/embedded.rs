//! The site inside the program.

use std::borrow::Cow;

use axum::body::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// `build.rs` says where the built site is.
#[derive(RustEmbed)]
#[folder = "$TRACKFLOW_SITE_ROOT"]
struct Site;

/// Finds a file by its path inside the site; nothing is copied.
pub(super) fn read(path: &str) -> Option<Bytes> {
    Site::get(path).map(|file| match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    })
}

/// Names this build's files: SHA-256 over all names and contents, cut to 16 hexadecimal digits.
pub(super) fn content_hash() -> String {
    let mut names: Vec<_> = Site::iter().collect();
    names.sort_unstable();
    let mut hasher = Sha256::new();
    for name in names {
        let file = Site::get(&name).expect("listed by the folder itself");
        hasher.update((name.len() as u64).to_be_bytes());
        hasher.update(name.as_bytes());
        hasher.update(file.metadata.sha256_hash());
    }
    let digest = hasher.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
