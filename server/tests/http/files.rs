//! Static files.

use axum::body::Body;
use http::{Request, StatusCode, header};

use crate::support::{Answer, TestServer};

async fn get_encoded(server: &TestServer, path: &str, accepted: &str) -> Answer {
    let request = Request::get(path).header(header::ACCEPT_ENCODING, accepted);
    let request = request.body(Body::empty()).expect("a valid request");
    server.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_sites_are_open_to_all_and_carry_no_etag() {
    let server = TestServer::start().await;
    for (path, text) in [
        ("/js/script.js", "beacon script"),
        ("/js/vitals.js", "vitals script"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.text(), text);
        assert_is_open(&answer);
    }
}

fn assert_is_open(answer: &Answer) {
    for (name, expected) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=86400"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("etag", ""),
        ("last-modified", ""),
        ("set-cookie", ""),
    ] {
        assert_eq!(answer.header(name), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_in_the_best_encoding_that_the_browser_takes() {
    let server = TestServer::start().await;
    for (accepted, body, encoding) in [
        ("gzip, deflate, br", "brotli", "br"),
        ("gzip", "gzip", "gzip"),
        ("identity", "identity", ""),
    ] {
        let answer = get_encoded(&server, "/pkg/trackflow.js", accepted).await;
        assert_eq!(answer.text(), body);
        assert_eq!(answer.header(header::CONTENT_ENCODING), encoding);
        assert_eq!(answer.header(header::VARY), "accept-encoding");
        let content_type = answer.header(header::CONTENT_TYPE);
        assert_eq!(content_type, "text/javascript; charset=utf-8");
    }
    let answer = get_encoded(&server, "/pkg/charts.js", "br").await;
    assert_eq!(
        (answer.text(), answer.header(header::CONTENT_ENCODING)),
        ("charts", "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn all_assets_are_in_one_folder_and_the_module_has_both_names() {
    let server = TestServer::start().await;
    for (path, body) in [
        ("/pkg/trackflow.wasm", "wasm"),
        ("/pkg/trackflow_bg.wasm", "wasm"),
        ("/pkg/trackflow.css", "css"),
        ("/pkg/charts.js", "charts"),
        ("/pkg/theme.js", "theme"),
        ("/theme.js", "theme"),
        ("/favicon.svg", "<svg/>"),
        (
            "/robots.txt",
            "User-agent: *\nAllow: /login\nAllow: /docs/\nAllow: /pkg/\nAllow: /theme.js\nAllow: /sites/\nDisallow: /sites/*/\nDisallow: /sites/*?\nDisallow: /\n",
        ),
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status, answer.text()),
            (StatusCode::OK, body),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_cannot_leave_the_folder() {
    let server = TestServer::start().await;
    for path in [
        "/pkg/../../etc/passwd",
        "/pkg/../trackflow.db",
        "/pkg/%2e%2e%2f%2e%2e%2ftrackflow.db",
        "/pkg/..%2ftrackflow.db",
        "/pkg/..%5ctrackflow.db",
        "/pkg//etc/passwd",
        "/pkg/.env",
        "/pkg/pkg/trackflow.js",
        "/pkg/%00",
        "/pkg/%ff",
        "/pkg/",
        "/pkg",
    ] {
        let answer = server.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
}
