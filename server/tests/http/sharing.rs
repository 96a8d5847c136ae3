//! What can be read without an account over the whole server.

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode, header};
use tower::ServiceExt;
use trackflow::{domain::Principal, services::site_service};

use crate::support::{HOST, PEER, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn exports_and_the_live_stream_of_a_public_dashboard_need_no_account() {
    let server = TestServer::start().await;
    let export = "/sites/example.com/export/page.csv";
    let live = "/api/app/live?domain=example.com";
    assert_eq!(server.get(export).await.status, StatusCode::SEE_OTHER);
    assert_eq!(server.get(live).await.status, StatusCode::UNAUTHORIZED);

    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    site_service::set_public(db, &system, site.expect("the site").id, true)
        .await
        .expect("the site is public");
    let answer = server.get(export).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().starts_with("\"page\",\"visitors\""));
    let mut request = Request::get(live)
        .header(header::HOST, HOST)
        .body(Body::empty())
        .expect("a valid request");
    request.extensions_mut().insert(ConnectInfo(PEER));
    let stream = server.router.clone().oneshot(request).await;
    let stream = stream.expect("the router never fails");
    assert_eq!(stream.status(), StatusCode::OK);

    for (path, status) in [
        (
            "/sites/other.example/export/page.csv",
            StatusCode::SEE_OTHER,
        ),
        (
            "/api/app/live?domain=other.example",
            StatusCode::UNAUTHORIZED,
        ),
        (
            "/api/v2/export/page.csv?site_id=example.com",
            StatusCode::UNAUTHORIZED,
        ),
        (
            "/api/v1/sites/example.com/annotations",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        assert_eq!(server.get(path).await.status, status, "{path}");
    }
}
