//! `POST /api/event`.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::Body;
use http::{Method, Request, StatusCode, header};

use trackflow::{domain::Principal, services::stats_service};

use crate::support::{Answer, BROWSER, TestServer, now};

const BEACON: &str =
    r#"{"n":"pageview","u":"https://example.com/pricing","d":"example.com","r":null}"#;

async fn post(server: &TestServer, body: impl Into<Body>) -> Answer {
    let request = Request::post("/api/event")
        .header(header::USER_AGENT, BROWSER)
        .header(header::CONTENT_TYPE, "text/plain")
        .header(header::ORIGIN, "https://example.com")
        .header("sec-fetch-site", "cross-site")
        .body(body.into());
    server.send(request.expect("a valid request")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beacon_from_another_site_is_answered_202_and_in_the_report() {
    let server = TestServer::start().await;
    let answer = post(&server, BEACON).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.text(), "ok");
    assert_eq!(answer.header("x-trackflow-dropped"), "");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(answer.header(header::SET_COOKIE), "");

    // 202 means stored: whoever asks now gets it.
    let count =
        stats_service::count_current_visitors(&server.db, &Principal::System, "example.com", now());
    assert_eq!(count.await.expect("the query runs"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unwanted_beacon_is_answered_202_with_the_reason() {
    let server = TestServer::start().await;
    let answer = post(
        &server,
        BEACON.replace("\"d\":\"example.com\"", "\"d\":\"other.test\""),
    )
    .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.header("x-trackflow-dropped"), "unknown_site");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_beacon_is_answered_400_with_field_and_reason() {
    let server = TestServer::start().await;
    for body in ["", "{", "[]", r#"{"n":"pageview"}"#] {
        let answer = post(&server, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
        let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(json["errors"].is_object(), "{json}");
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_64_kib_is_answered_413_with_the_limit() {
    let server = TestServer::start().await;
    let at_limit = format!("{BEACON}{}", " ".repeat(65_536 - BEACON.len()));
    assert_eq!(
        post(&server, at_limit.clone()).await.status,
        StatusCode::ACCEPTED
    );

    // Announced, and not announced (chunked).
    let too_large = format!("{at_limit} ");
    let request = Request::post("/api/event")
        .header(header::CONTENT_LENGTH, too_large.len())
        .body(too_large.clone().into());
    let announced = server.send(request.expect("a valid request")).await;
    let chunked = post(&server, too_large).await;
    for answer in [announced, chunked] {
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.text().contains("65536 bytes"), "{}", answer.text());
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_read_little_beyond_the_limit() {
    const CHUNK: usize = 16 * 1024;
    let server = TestServer::start().await;
    let taken = Arc::new(AtomicUsize::new(0));
    let chunks = futures::stream::repeat_with({
        let taken = Arc::clone(&taken);
        move || {
            taken.fetch_add(CHUNK, Ordering::Relaxed);
            Ok::<_, Infallible>(vec![b' '; CHUNK])
        }
    });
    let answer = post(&server, Body::from_stream(chunks)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken <= 65_536 + CHUNK, "{taken} bytes were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ingestion_answers_other_origins_and_never_with_credentials() {
    let server = TestServer::start().await;
    let preflight = async |path: &str| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header(header::ORIGIN, "https://evil.test")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type")
            .body(Body::empty());
        server.send(request.expect("a valid request")).await
    };
    let answer = preflight("/api/event").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_METHODS), "POST");
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "");
    for path in [
        "/",
        "/login",
        "/api/app/log_in",
        "/api/health",
        "/sites/example.com",
    ] {
        let answer = preflight(path).await;
        assert_eq!(
            answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
            "",
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_answered_405() {
    let server = TestServer::start().await;
    assert_eq!(
        server.get("/api/event").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
