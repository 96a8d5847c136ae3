//! Where the site's files come from.

use std::path::PathBuf;

use axum::body::Bytes;

pub(super) enum Source {
    Disk(PathBuf),
    #[cfg(feature = "embed")]
    Embedded,
}

impl Source {
    /// Reads a file by its path inside the site. The path is ours or passed `is_file_name`: it cannot leave the folder.
    pub(super) async fn read(&self, path: &str) -> Option<Bytes> {
        match self {
            Self::Disk(root) => tokio::fs::read(root.join(path)).await.ok().map(Bytes::from),
            #[cfg(feature = "embed")]
            Self::Embedded => super::embedded::read(path),
        }
    }
}
