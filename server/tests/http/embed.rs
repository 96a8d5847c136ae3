//! Shared dashboards in frames of other sites: which answers may be framed, and that they are nobody's.

use axum::body::Body;
use http::{Request, StatusCode, header};
use trackflow::{
    domain::{Principal, Role},
    services::{
        share_link_service::{self, NewShareLink},
        site_service,
    },
};

use crate::support::{Answer, TestServer, now};

fn may_be_framed(answer: &Answer) -> bool {
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    let is_open = policy.contains("frame-ancestors *;");
    assert_eq!(policy.contains("frame-ancestors 'none'"), !is_open);
    let old = if is_open { "" } else { "DENY" };
    assert_eq!(answer.header(header::X_FRAME_OPTIONS), old);
    is_open
}

/// A link to `example.com`.
async fn a_link(server: &TestServer, password: &str) -> String {
    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    let new = NewShareLink {
        name: "Blog",
        password,
        condition: None,
        life_days: None,
    };
    let site = site.expect("the site").id;
    let made = share_link_service::create(db, &system, site, &new, now()).await;
    format!("/share/{}", made.expect("a link").1.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_embedded_may_be_framed() {
    let server = TestServer::start().await;
    let session = server.log_in("a@example.com", Role::Admin).await;
    let (link, locked) = (
        a_link(&server, "").await,
        a_link(&server, "correct horse").await,
    );
    for (path, status, is_open) in [
        (format!("{link}?embed=true"), StatusCode::OK, true),
        (
            format!("{link}/page?theme=dark&embed=true"),
            StatusCode::OK,
            true,
        ),
        (
            format!("{link}/nothing?embed=true"),
            StatusCode::NOT_FOUND,
            false,
        ),
        (format!("{locked}?embed=true"), StatusCode::OK, true),
        ("/share/0a?embed=true".into(), StatusCode::NOT_FOUND, true),
        (link.clone(), StatusCode::OK, false),
        (format!("{link}?embed=false"), StatusCode::OK, false),
        (locked, StatusCode::OK, false),
        ("/sites/example.com".into(), StatusCode::OK, false),
        ("/sites?embed=true".into(), StatusCode::OK, false),
        ("/login?embed=true".into(), StatusCode::SEE_OTHER, false),
        (
            "/settings/api-keys?embed=true".into(),
            StatusCode::OK,
            false,
        ),
        (
            "/sites/example.com/settings?embed=true".into(),
            StatusCode::OK,
            false,
        ),
        (
            "/sites/example.com/export/page.csv?embed=true".into(),
            StatusCode::OK,
            false,
        ),
        (
            "/api/app/get_site?domain=example.com&embed=true".into(),
            StatusCode::OK,
            false,
        ),
    ] {
        let request = Request::get(&path).header(header::COOKIE, format!("trackflow={session}"));
        let answer = server
            .send(request.body(Body::empty()).expect("valid"))
            .await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(may_be_framed(&answer), is_open, "{path}");
        if is_open {
            assert!(!answer.text().contains("a@example.com"), "{path}");
            assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_shows_nobody_more_than_everybody() {
    let server = TestServer::start().await;
    let session = server.log_in("a@example.com", Role::Admin).await;
    let framed = async |path: &str| {
        let request = Request::get(path).header(header::COOKIE, format!("trackflow={session}"));
        server
            .send(request.body(Body::empty()).expect("valid"))
            .await
    };
    let path = "/sites/example.com?embed=true&theme=light";
    let (private, unknown) = (
        framed(path).await,
        framed("/sites/nothing.example?embed=true&theme=light").await,
    );
    for answer in [&private, &unknown] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.text().contains("It may no longer be shared"));
        assert!(!answer.text().contains("Waiting for"), "nor the dashboard");
    }
    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    site_service::set_public(db, &system, site.expect("the site").id, true)
        .await
        .expect("the site is public");
    let answer = framed(path).await;
    assert_eq!(answer.status, StatusCode::OK);
    let html = answer.text();
    assert!(html.contains(r#"data-theme="light""#));
    for private in [
        "a@example.com",
        "Sign in",
        "/settings",
        "/export/",
        "Shortcuts",
    ] {
        assert!(!html.contains(private), "a frame has {private}");
    }
}
