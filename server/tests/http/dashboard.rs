//! What stands before pages and server functions.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use trackflow::{config::RawConfig, domain::Role};

use crate::support::{HOST, TestServer};

fn post(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request =
        Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body("a=b".into()).expect("a valid request")
}

#[tokio::test(flavor = "multi_thread")]
async fn unsafe_methods_from_other_sites_are_refused() {
    let server = TestServer::start().await;
    let same = format!("http://{HOST}");
    for (headers, is_refused) in [
        (&[("sec-fetch-site", "cross-site")] as &[_], true),
        (&[("sec-fetch-site", "same-site")], true),
        (&[("origin", "https://evil.test")], true),
        (&[("origin", "null")], true),
        (&[("origin", "http://sub.stats.test:3000")], true),
        (&[("sec-fetch-site", "same-origin")], false),
        (&[("sec-fetch-site", "none")], false),
        (&[("origin", same.as_str())], false),
        (&[], false),
    ] {
        for path in ["/api/app/log_in", "/", "/no/such/page"] {
            let answer = server.send(post(path, headers)).await;
            let is_forbidden = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(is_forbidden, is_refused, "{path} {headers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_url_is_the_same_site_behind_a_proxy_that_changes_the_host() {
    let server = TestServer::start_with(RawConfig {
        public_url: Some("https://data.example.com".into()),
        ..RawConfig::default()
    })
    .await;
    let ours = [("origin", "https://data.example.com"), ("host", "10.0.0.5")];
    let answer = server.send(post("/api/app/log_in", &ours)).await;
    assert_ne!(answer.status, StatusCode::FORBIDDEN);
    let other = [("origin", "https://example.com"), ("host", "10.0.0.5")];
    let answer = server.send(post("/api/app/log_in", &other)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_security_headers() {
    let server = TestServer::start().await;
    let refused = post("/", &[("sec-fetch-site", "cross-site")]);
    for answer in [
        server.get("/login").await,
        server.get("/no/such/page").await,
        server.send(refused).await,
    ] {
        for (name, expected) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), expected, "{name}");
        }
        let csp = answer.header("content-security-policy");
        assert!(csp.contains("frame-ancestors 'none'"), "{csp}");
        assert!(csp.contains("base-uri 'none'"), "{csp}");
        assert!(
            answer
                .header("permissions-policy")
                .contains("geolocation=()")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_page_is_answered_404() {
    let server = TestServer::start().await;
    assert_eq!(
        server.get("/no/such/page").await.status,
        StatusCode::NOT_FOUND
    );
    let request = Request::builder()
        .method(Method::DELETE)
        .uri("/no/such/page");
    let request = request.body(Body::empty()).expect("a valid request");
    assert_eq!(server.send(request).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_64_kib_is_refused_everywhere() {
    let server = TestServer::start().await;
    let request = Request::post("/api/app/log_in").body("x".repeat(65_537).into());
    let answer = server.send(request.expect("a valid request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_compressed_when_the_browser_takes_it() {
    let server = TestServer::start().await;
    let request = Request::get("/no/such/page").header(header::ACCEPT_ENCODING, "gzip, br");
    let request = request.body(Body::empty()).expect("a valid request");
    let answer = server.send(request).await;
    assert_eq!(answer.header(header::CONTENT_ENCODING), "br");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_found_by_the_cookie_of_its_connection_only() {
    let server = TestServer::start().await;
    let token = server.log_in("ada@x.test", Role::Admin).await;
    let unknown = "0".repeat(64);
    for (host, cookie, is_known) in [
        (HOST, format!("trackflow={token}"), true),
        (HOST, format!("a=b; trackflow={token}; c=d"), true),
        (HOST, format!("__Host-trackflow={token}"), false),
        ("localhost:3000", format!("__Host-trackflow={token}"), true),
        ("127.0.0.1:3000", format!("__Host-trackflow={token}"), true),
        ("localhost:3000", format!("trackflow={token}"), false),
        (HOST, format!("trackflow={unknown}"), false),
        (HOST, "trackflow=' or 1=1--".into(), false),
        (HOST, "trackflow".into(), false),
    ] {
        let request = Request::get("/sites")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, &cookie);
        let request = request.header(header::HOST, host).body(Body::empty());
        let answer = server.send(request.expect("a valid request")).await;
        if is_known {
            assert_eq!(answer.status, StatusCode::OK, "{host} {cookie}");
        } else {
            assert!(answer.status.is_redirection(), "{host} {cookie}");
            assert!(answer.header(header::LOCATION).starts_with("/login"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_scheme_is_believed_from_a_trusted_proxy_only() {
    for (proxies, is_believed) in [(vec!["203.0.113.0/24".into()], true), (vec![], false)] {
        let server = TestServer::start_with(RawConfig {
            trusted_proxies: Some(proxies),
            ..RawConfig::default()
        })
        .await;
        let token = server.log_in("ada@x.test", Role::Admin).await;
        let request = Request::get("/sites")
            .header(header::ACCEPT, "text/html")
            .header("x-forwarded-proto", "https")
            .header(header::COOKIE, format!("__Host-trackflow={token}"))
            .body(Body::empty());
        let answer = server.send(request.expect("a valid request")).await;
        assert_eq!(answer.status == StatusCode::OK, is_believed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_none_is_refused() {
    let server = TestServer::start().await;
    for host in ["evil.test/abc?x=", "a@evil.test", "<script>", " "] {
        let request = Request::get("/sites").header(header::HOST, host);
        let request = request.body(Body::empty()).expect("a valid request");
        let status = server.send(request).await.status;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{host}");
    }
}
