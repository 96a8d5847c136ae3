//! The API of annotations: who may, what comes back, and what is refused with which words.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use trackflow::domain::Role;

use crate::support::{Answer, TestServer};

const PATH: &str = "/api/v1/sites/example.com/annotations";

async fn send(
    server: &TestServer,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::COOKIE, format!("trackflow={token}"));
    }
    let request = request.body(Body::from(body.to_owned()));
    server.send(request.expect("a valid request")).await
}

fn read(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_are_added_listed_and_removed() {
    let server = TestServer::start().await;
    let admin = server.log_in("ada@example.com", Role::Admin).await;
    let admin = Some(admin.as_str());
    let day = r#"{"date":"2026-11-24","text":" Version\n2 "}"#;
    let answer = send(&server, Method::POST, PATH, admin, day).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let added = read(&answer);
    let id = added["id"].as_i64().expect("a number");
    assert_eq!(
        added,
        json!({
            "id": id, "date": "2026-11-24", "at": "2026-11-24T00:00:00Z", "text": "Version 2",
            "author": "ada@example.com",
        })
    );
    let moment = r#"{"date":"2026-11-24","time":"14:05","text":"Newsletter"}"#;
    let answer = send(&server, Method::POST, PATH, admin, moment).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());

    let viewer = server.log_in("vic@example.com", Role::Viewer).await;
    let answer = send(&server, Method::GET, PATH, Some(&viewer), "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let listed = read(&answer);
    let times: Vec<_> = listed["annotations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|annotation| annotation["at"].as_str().expect("an instant"))
        .collect();
    assert_eq!(times, ["2026-11-24T14:05:00Z", "2026-11-24T00:00:00Z"]);

    let one = format!("{PATH}/{id}");
    let answer = send(&server, Method::DELETE, &one, admin, "").await;
    assert_eq!((answer.status, answer.text()), (StatusCode::NO_CONTENT, ""));
    let answer = send(&server, Method::DELETE, &one, admin, "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_say_what_is_allowed() {
    let server = TestServer::start().await;
    let admin = server.log_in("ada@example.com", Role::Admin).await;
    let viewer = server.log_in("vic@example.com", Role::Viewer).await;
    let (admin, viewer) = (Some(admin.as_str()), Some(viewer.as_str()));
    let good = r#"{"date":"2026-11-24","text":"a"}"#;
    let long = format!(r#"{{"date":"2026-11-24","text":"{}"}}"#, "a".repeat(301));
    let one = format!("{PATH}/1");
    let elsewhere = "/api/v1/sites/example.org/annotations";
    for (method, path, token, body, status, words) in [
        (Method::GET, PATH, None, "", 401, "sign in"),
        (Method::POST, PATH, None, good, 401, "sign in"),
        (Method::POST, PATH, viewer, good, 403, "not change anything"),
        (Method::DELETE, &one, viewer, "", 403, "look"),
        (Method::POST, PATH, admin, "{", 400, "JSON object"),
        (Method::POST, PATH, admin, "[]", 400, "JSON object"),
        (
            Method::POST,
            PATH,
            admin,
            r#"{"date":"2026-11-24"}"#,
            400,
            "`text`",
        ),
        (
            Method::POST,
            PATH,
            admin,
            r#"{"date":"2026-11-24","text":"a","colour":"red"}"#,
            400,
            "colour",
        ),
        (
            Method::POST,
            PATH,
            admin,
            r#"{"date":"2026-02-30","text":"a"}"#,
            400,
            "2026-11-24",
        ),
        (
            Method::POST,
            PATH,
            admin,
            r#"{"date":"2026-11-24","time":"25:00","text":"a"}"#,
            400,
            "14:05",
        ),
        (
            Method::POST,
            PATH,
            admin,
            r#"{"date":"2026-11-24","text":" "}"#,
            400,
            "1 to 300",
        ),
        (Method::POST, PATH, admin, &long, 400, "1 to 300"),
        (Method::GET, elsewhere, admin, "", 404, "site"),
        (Method::DELETE, &one, admin, "", 404, "annotation"),
        (
            Method::DELETE,
            &format!("{PATH}/x"),
            admin,
            "",
            404,
            "annotation",
        ),
        (Method::GET, &one, admin, "", 405, "deleted"),
    ] {
        let answer = send(&server, method.clone(), path, token, body).await;
        let told = read(&answer);
        let told = told["error"].as_str().unwrap_or_default();
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{method} {path} {body}: {told}"
        );
        assert!(told.contains(words), "{method} {path} {body}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_make_a_browser_annotate() {
    let server = TestServer::start().await;
    let admin = server.log_in("ada@example.com", Role::Admin).await;
    let request = Request::post(PATH)
        .header(header::COOKIE, format!("trackflow={admin}"))
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(r#"{"date":"2026-11-24","text":"a"}"#))
        .expect("a valid request");
    assert_eq!(server.send(request).await.status, StatusCode::FORBIDDEN);
}
