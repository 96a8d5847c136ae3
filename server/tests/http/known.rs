//! A TrackFlow with a site whose traffic is known, at noon of 24 November 2026, on either database. The examples of docs/api.md are
//! told of it.

use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::body::Body;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use trackflow::{
    config::RawConfig,
    domain::{ApiScope, Condition, Dimension, Filter, GoalKind, Principal, Role, Timestamp},
    ingest::{Client, ClientIp, Outcome},
    services::{
        api_key_service::{self, NewApiKey},
        goal_service, segment_service, site_service, user_service,
    },
};

use crate::support::{Answer, BROWSER, TestServer};

/// 2026-11-24T12:00:00Z, in milliseconds.
const NOON: i64 = 1_795_521_600_000;

pub(crate) fn noon() -> Timestamp {
    Timestamp(NOON)
}

/// What came: days before today, time of day, visitor, country, event.
const TRAFFIC: [(i64, &str, u8, &str, &str); 11] = [
    (
        2,
        "08:00",
        4,
        "DE",
        r#"{"n":"pageview","u":"https://example.com/"}"#,
    ),
    (
        1,
        "09:00",
        1,
        "DE",
        r#"{"n":"pageview","u":"https://example.com/","r":"https://www.google.com/"}"#,
    ),
    (
        1,
        "09:01",
        1,
        "DE",
        r#"{"n":"pageview","u":"https://example.com/pricing"}"#,
    ),
    (
        1,
        "09:02",
        1,
        "DE",
        r#"{"n":"Signup","u":"https://example.com/pricing","p":{"plan":"pro","a:b":"1"},"$":{"amount":"29.00","currency":"EUR"}}"#,
    ),
    (
        1,
        "10:00",
        2,
        "FR",
        r#"{"n":"pageview","u":"https://example.com/"}"#,
    ),
    (
        0,
        "10:00",
        5,
        "",
        r#"{"n":"pageview","u":"https://example.com/?utm_source=letter&utm_campaign=%3D1%2B1"}"#,
    ),
    (
        0,
        "10:30",
        6,
        "DE",
        r#"{"n":"pageview","u":"https://example.com/%3Dcmd"}"#,
    ),
    (
        0,
        "11:00",
        3,
        "DE",
        r#"{"n":"pageview","u":"https://example.com/pricing"}"#,
    ),
    (
        0,
        "11:01",
        3,
        "DE",
        r#"{"n":"engagement","u":"https://example.com/pricing","e":30000,"sd":80}"#,
    ),
    (
        0,
        "11:02",
        3,
        "DE",
        r#"{"n":"Signup","u":"https://example.com/pricing","p":{"plan":"free"},"$":{"amount":9.5,"currency":"EUR"}}"#,
    ),
    (
        0,
        "11:58",
        7,
        "FR",
        r#"{"n":"pageview","u":"https://example.com/pricing"}"#,
    ),
];

/// What browsers measured today: time of day, country, message.
const VITALS: [(&str, &str, &str); 3] = [
    (
        "11:03",
        "DE",
        r#"{"n":"vitals","u":"https://example.com/pricing","v":{"lcp":1810,"inp":64,"cls":0.02,"fcp":904,"ttfb":121.5}}"#,
    ),
    (
        "11:59",
        "FR",
        r#"{"n":"vitals","u":"https://example.com/pricing","v":{"lcp":2710,"cls":0.31,"fcp":1306,"ttfb":240}}"#,
    ),
    (
        "11:59",
        "DE",
        r#"{"n":"vitals","u":"https://example.com/","v":{"lcp":2400,"ttfb":88}}"#,
    ),
];

/// A server with the known traffic and a key.
pub(crate) struct Known {
    pub(crate) server: TestServer,
    pub(crate) key: String,
}

impl Known {
    /// On SQLite.
    pub(crate) async fn start() -> Self {
        Self::start_with(RawConfig::default()).await
    }

    pub(crate) async fn start_with(raw: RawConfig) -> Self {
        let server = TestServer::start_at(raw, noon).await;
        let vitals = VITALS.map(|(time, country, event)| (0, time, 8, country, event));
        for (days, time, visitor, country, event) in TRAFFIC.into_iter().chain(vitals) {
            let client = Client {
                ip: ClientIp::new([198, 51, visitor, 7].into()),
                user_agent: BROWSER,
                country_header: Some(country),
                language_header: None,
                has_opted_out: false,
            };
            let (hours, minutes) = time.split_once(':').expect("a time");
            let number = |text: &str| text.parse::<i64>().expect("a number");
            let minutes = (number(hours) - 12) * 60 + number(minutes);
            let at = noon().plus_ms((minutes - days * 24 * 60) * 60_000);
            let outcome = server.ingest.accept(event.as_bytes(), &client, at).await;
            let outcome = outcome.map_err(|error| format!("{event}: {error:?}"));
            assert_eq!(outcome, Ok(Outcome::Stored), "{event}");
        }
        server.log_in("ada@x.test", Role::Admin).await;
        let key = make_key(&server, &ApiScope::ALL).await;
        keep_names(&server).await;
        Self { server, key }
    }

    /// Sends a request with the key.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        send_as(&self.server, &self.key, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    /// Asks about `example.com` from 22 to 24 November, and what else is said.
    pub(crate) async fn query(&self, more: Value) -> Answer {
        let mut query = json!({
            "site_id": "example.com",
            "metrics": ["visitors"],
            "date_range": ["2026-11-22", "2026-11-24"],
        });
        let more = more.as_object().expect("an object").clone();
        query.as_object_mut().expect("an object").extend(more);
        self.send("POST", "/api/v2/query", &query.to_string()).await
    }

    /// [`Known::query`], answered; its rows as pairs of dimensions and metrics.
    pub(crate) async fn rows(&self, more: Value) -> Vec<Value> {
        let answer = self.query(more.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{more}: {}", answer.text());
        let answer: Value = json_of(&answer);
        let rows = answer["results"].as_array().expect("rows").iter();
        rows.map(|row| json!([row["dimensions"], row["metrics"]]))
            .collect()
    }
}

/// Adds the goals "Signup" and "Visit /pricing", and the segment "German".
async fn keep_names(server: &TestServer) {
    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    let site = site.expect("the site").id;
    let event = GoalKind::Event {
        name: "Signup".into(),
        properties: Vec::new(),
    };
    let page = GoalKind::Page {
        pattern: "/pricing".into(),
    };
    for kind in [event, page] {
        let goal = goal_service::create(db, &system, site, "", &kind, noon()).await;
        goal.expect("a goal");
    }
    let german = Condition::Filter(Filter::is(Dimension::Country, "DE"));
    let segment =
        segment_service::create(db, &system, site, "German", &german, false, noon()).await;
    segment.expect("a segment");
}

/// A key of the first user.
pub(crate) async fn make_key(server: &TestServer, scopes: &[ApiScope]) -> String {
    let system = Principal::System;
    let users = user_service::find_all(&server.db, &system).await;
    let new = NewApiKey {
        name: "test",
        user: users.expect("users")[0].id,
        scopes,
        life_days: Some(1),
    };
    let made = api_key_service::create(&server.db, &system, &new, noon()).await;
    made.expect("a key").1.as_str().to_owned()
}

pub(crate) async fn send_as(
    server: &TestServer,
    key: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .body(Body::from(body.to_owned()));
    server.send(request.expect("a valid request")).await
}

/// The body of an answer.
pub(crate) fn json_of(answer: &Answer) -> Value {
    assert!(
        answer
            .header(header::CONTENT_TYPE)
            .starts_with("application/json"),
        "{} {}",
        answer.status,
        answer.text()
    );
    serde_json::from_slice(&answer.body).expect("valid JSON")
}

/// The text of a refusal.
pub(crate) fn error_of(answer: &Answer) -> String {
    let body = json_of(answer);
    let fields = body.as_object().expect("an object");
    assert_eq!(fields.len(), 1, "{body}");
    fields["error"].as_str().expect("a text").to_owned()
}

/// Runs a body on SQLite, then on a PostgreSQL database of its own (`TRACKFLOW_TEST_SQLITE_ONLY=1` leaves that out).
pub(crate) async fn on_both<F, B>(body: B)
where
    F: Future<Output = ()> + Send + 'static,
    B: Fn(Known) -> F,
{
    body(Known::start().await).await;
    if std::env::var("TRACKFLOW_TEST_SQLITE_ONLY").is_ok_and(|only| only == "1") {
        return;
    }
    let server = std::env::var("TRACKFLOW_TEST_POSTGRES")
        .expect("TRACKFLOW_TEST_POSTGRES names a PostgreSQL server");
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("tf_http_{}_{number}", std::process::id());
    administrate(&server, &format!("create database {name}")).await;
    let (place, _) = server.rsplit_once('/').expect("a database behind a slash");
    let known = Known::start_with(RawConfig {
        database_url: Some(format!("{place}/{name}")),
        ..RawConfig::default()
    })
    .await;
    let result = tokio::spawn(body(known)).await;
    administrate(&server, &format!("drop database {name} with (force)")).await;
    if let Err(error) = result {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn administrate(server: &str, statement: &str) {
    let mut conn = AsyncPgConnection::establish(server)
        .await
        .expect("PostgreSQL answers");
    let done = conn.batch_execute(statement).await;
    done.unwrap_or_else(|error| panic!("`{statement}` failed: {error}"));
}
