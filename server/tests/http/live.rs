//! Server-sent events of what happens on a site.

use std::time::Duration;

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use trackflow::domain::Role;

use crate::support::{BROWSER, HOST, PEER, TestServer};

const PATH: &str = "/api/app/live?domain=example.com";

async fn open(server: &TestServer, token: &str, path: &str) -> Response<Body> {
    let mut request = Request::get(path)
        .header(header::HOST, HOST)
        .header(header::COOKIE, format!("trackflow={token}"))
        .body(Body::empty())
        .expect("a valid request");
    request.extensions_mut().insert(ConnectInfo(PEER));
    let answer = server.router.clone().oneshot(request).await;
    answer.expect("the router never fails")
}

/// The next message of a stream; `None` at its end.
async fn next(stream: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(10), stream.frame()).await;
    let frame = frame.expect("a message within ten seconds")?;
    let data = frame.expect("no error").into_data().expect("data");
    Some(String::from_utf8(data.to_vec()).expect("UTF-8"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_of_each_change_and_ends_with_the_program() {
    let server = TestServer::start().await;
    let token = server.log_in("a@example.com", Role::Viewer).await;
    let answer = open(&server, &token, PATH).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = answer.into_body();
    let mut tables = open(&server, &token, &format!("{PATH}&tables=true"))
        .await
        .into_body();
    next(&mut tables).await.expect("the state at the start");
    let first = next(&mut stream).await.expect("the state at the start");
    assert!(first.contains(r#"{"current_visitors":0}"#), "{first}");

    let body = r#"{"n":"pageview","u":"https://example.com/","d":"example.com"}"#;
    let event = Request::post("/api/event").header(header::USER_AGENT, BROWSER);
    let event = event.body(body.into()).expect("a valid request");
    assert_eq!(server.send(event).await.status, StatusCode::ACCEPTED);
    let second = next(&mut stream).await.expect("the visit");
    assert!(second.contains(r#"{"current_visitors":1}"#), "{second}");
    next(&mut tables).await.expect("the visit");

    // Another page of the same visitor changes the tables, and not the number.
    let event = Request::post("/api/event").header(header::USER_AGENT, BROWSER);
    let event = event.body(body.replace("com/", "com/b").into());
    let event = event.expect("a valid request");
    assert_eq!(server.send(event).await.status, StatusCode::ACCEPTED);
    let third = next(&mut tables).await.expect("the page");
    assert!(third.contains(r#"{"current_visitors":1}"#), "{third}");
    let fourth = tokio::time::timeout(Duration::from_millis(1_500), stream.frame()).await;
    assert!(fourth.is_err(), "the number is as before: {fourth:?}");

    server.ingest.announce_end();
    assert_eq!(next(&mut stream).await, None);
    assert_eq!(next(&mut tables).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_unknown_sites_get_no_stream() {
    let server = TestServer::start().await;
    let token = server.log_in("a@example.com", Role::Viewer).await;
    for (token, path, status) in [
        ("", PATH, StatusCode::UNAUTHORIZED),
        ("wrong", PATH, StatusCode::UNAUTHORIZED),
        (
            &token,
            "/api/app/live?domain=other.example",
            StatusCode::NOT_FOUND,
        ),
        (&token, "/api/app/live", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(open(&server, token, path).await.status(), status, "{path}");
    }
}
