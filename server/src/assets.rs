//! The site's static files: found by name, answered in the best encoding the browser takes.
//!
//! The built site is a folder with `pkg/` (WebAssembly, its JavaScript, the style sheet), `built/` (scripts, chart bundle, map)
//! and files at its root; beside a file lie `.br` and `.gz` made by the build. With the feature `embed` it is part of the
//! program, and everything is served under one folder named by the hash of all files, cached for ever. Without, it is read
//! from the disk under `/pkg/` and never cached, which `cargo leptos watch` needs to exchange style sheets.

mod encoding;
mod source;

#[cfg(feature = "embed")]
mod embedded;

use std::path::PathBuf;

use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use source::Source;

/// The name of the WebAssembly module's files, as `[[workspace.metadata.leptos]]` says.
pub const OUTPUT_NAME: &str = "trackflow";

/// The site's files.
pub struct Assets {
    source: Source,
    pkg_dir: String,
}

impl Assets {
    /// Reads from a folder, each file at each request.
    #[must_use]
    pub fn from_disk(site_root: PathBuf) -> Self {
        Self {
            source: Source::Disk(site_root),
            pkg_dir: "pkg".into(),
        }
    }

    /// The files inside the program.
    #[cfg(feature = "embed")]
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            source: Source::Embedded,
            pkg_dir: format!("pkg/{}", embedded::content_hash()),
        }
    }

    /// The folder of all assets, for `LeptosOptions::site_pkg_dir`: `pkg/3f2a…` if embedded, `pkg` if read from the disk.
    #[must_use]
    pub fn pkg_dir(&self) -> &str {
        &self.pkg_dir
    }

    /// The value of `Cache-Control` for files below [`Assets::pkg_dir`].
    fn pkg_cache(&self) -> &'static str {
        match &self.source {
            Source::Disk(_) => "no-cache",
            #[cfg(feature = "embed")]
            Source::Embedded => "public, max-age=31536000, immutable",
        }
    }

    /// Answers with a file below `/pkg/`; `path` is what follows, the hash included.
    pub(crate) async fn serve_pkg(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let folder = self.pkg_dir.strip_prefix("pkg").unwrap_or_default();
        let name = match folder.strip_prefix('/') {
            Some(hash) => path
                .strip_prefix(hash)
                .and_then(|rest| rest.strip_prefix('/')),
            None => Some(path),
        };
        let Some(name) = name.filter(|name| is_file_name(name)) else {
            return not_found();
        };
        // Leptos asks for `trackflow_bg.wasm` unless the build set LEPTOS_OUTPUT_NAME; the build may leave either.
        let wasm = name
            .strip_suffix("_bg.wasm")
            .map(|stem| format!("{stem}.wasm"));
        let places = [
            Some(format!("pkg/{name}")),
            wasm.map(|name| format!("pkg/{name}")),
            Some(format!("built/{name}")),
            Some(name.to_owned()),
        ];
        for place in places.into_iter().flatten() {
            if let Some(answer) = self.find(&place, headers, self.pkg_cache()).await {
                return answer;
            }
        }
        not_found()
    }

    /// Answers with one file of the site, under a name of its own.
    pub(crate) async fn serve(
        &self,
        file: &str,
        headers: &HeaderMap,
        cache: &'static str,
    ) -> Response<Body> {
        self.find(file, headers, cache)
            .await
            .unwrap_or_else(not_found)
    }

    async fn find(
        &self,
        file: &str,
        headers: &HeaderMap,
        cache: &'static str,
    ) -> Option<Response<Body>> {
        for encoding in encoding::accepted(headers) {
            let file_name = format!("{file}{}", encoding.suffix());
            if let Some(content) = self.source.read(&file_name).await {
                return Some(answer(file, content, encoding.header(), cache));
            }
        }
        None
    }
}

/// Whether the last part of a path can name a file of the site: one segment, none that is hidden, nothing encoded.
fn is_file_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain)
}

fn answer(
    file: &str,
    content: Bytes,
    encoding: Option<&'static str>,
    cache: &'static str,
) -> Response<Body> {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert(header::CONTENT_TYPE, fixed(content_type(file)));
    headers.insert(header::CACHE_CONTROL, fixed(cache));
    headers.insert(header::VARY, fixed("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, fixed(encoding));
    }
    response
}

fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::from("not found\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_looked_up() {
        for (name, is_valid) in [
            ("trackflow.js", true),
            ("world-110m_2.svg", true),
            ("", false),
            (".env", false),
            ("..", false),
            ("a/b", false),
            ("a\\b", false),
            ("%2e%2e", false),
        ] {
            assert_eq!(is_file_name(name), is_valid, "{name}");
        }
    }
}
