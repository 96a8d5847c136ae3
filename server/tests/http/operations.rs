//! What monitors and balancers ask: health and metrics.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use axum::body::Body;
use http::{Request, StatusCode, header};
use trackflow::config::RawConfig;

use crate::support::{Answer, BROWSER, TestServer};

const TOKEN: &str = "0123456789abcdef";

async fn post(server: &TestServer, user_agent: &str, body: &str) -> Answer {
    let request = Request::post("/api/event")
        .header(header::USER_AGENT, user_agent)
        .body(Body::from(body.to_owned()));
    server.send(request.expect("a valid request")).await
}

async fn read_metrics(server: &TestServer, authorization: &str) -> Answer {
    let request = Request::get("/metrics")
        .header(header::AUTHORIZATION, authorization)
        .body(Body::empty());
    server.send(request.expect("a valid request")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_ok_while_the_database_answers_and_events_are_stored() {
    let server = TestServer::start().await;
    for (path, body) in [
        ("/api/health", r#"{"status":"ok","writer":"writing"}"#),
        ("/api/health/live", r#"{"status":"live"}"#),
        ("/api/health/ready", r#"{"status":"ready"}"#),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.text(), body);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_about_to_end_is_alive_but_not_ready() {
    let server = TestServer::start().await;
    server.ingest.announce_end();
    let ready = server.get("/api/health/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let json: serde_json::Value = serde_json::from_slice(&ready.body).expect("JSON");
    assert_eq!(json["reason"], "stopping");
    assert_eq!(server.get("/api/health/live").await.status, StatusCode::OK);
    let health = server.get("/api/health").await;
    assert_eq!(health.status, StatusCode::OK);
    assert!(health.text().contains(r#""writer":"stopping""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_or_a_listener_of_its_own_there_are_no_metrics() {
    let server = TestServer::start().await;
    let answer = read_metrics(&server, &format!("Bearer {TOKEN}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.text().contains("trackflow_events"));
    // With a listener of its own the token is asked for there, and the dashboard's has none.
    let server = TestServer::start_with(RawConfig {
        metrics_token: Some(TOKEN.into()),
        metrics_listen: Some("127.0.0.1:0".into()),
        ..RawConfig::default()
    })
    .await;
    let answer = read_metrics(&server, &format!("Bearer {TOKEN}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_was_accepted_and_refused_for_who_has_the_token() {
    let server = TestServer::start_with(RawConfig {
        metrics_token: Some(TOKEN.into()),
        ..RawConfig::default()
    })
    .await;
    let view = r#"{"n":"pageview","u":"https://example.com/","d":"example.com"}"#;
    post(&server, BROWSER, view).await;
    post(&server, BROWSER, view).await;
    post(&server, "curl/8.5.0", view).await;
    post(&server, BROWSER, "{").await;
    for wrong in [
        "",
        "Bearer",
        "Bearer 0123456789abcdeF",
        "Basic 0123456789abcdef",
    ] {
        let answer = read_metrics(&server, wrong).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
    let answer = read_metrics(&server, &format!("Bearer {TOKEN}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .header(header::CONTENT_TYPE)
            .starts_with("text/plain; version=0.0.4")
    );
    let text = answer.text();
    for line in [
        "trackflow_events_accepted_total 2",
        "trackflow_events_refused_total{reason=\"bot\"} 1",
        "trackflow_events_refused_total{reason=\"invalid\"} 1",
        "trackflow_events_refused_total{reason=\"opted_out\"} 0",
        "trackflow_batch_events_bucket{le=\"1\"} 2",
        "trackflow_batch_events_count 2",
        "trackflow_station_seconds_count{station=\"commit\"} 2",
        "trackflow_station_seconds_count{station=\"parse\"} 1",
        "trackflow_open_visits 1",
        "trackflow_queue_events 0",
        "trackflow_writer_up 1",
        "trackflow_database_up 1",
        "# TYPE trackflow_station_seconds histogram",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(
        !text.contains("example.com") && !text.contains("203.0.113"),
        "{text}"
    );
    check_format(text);
}

/// Each line is a comment or a name, labels and a number, and each histogram's buckets ascend to its count.
fn check_format(text: &str) {
    assert!(text.ends_with('\n'));
    let mut last = ("", 0.0);
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        let value: f64 = value.parse().expect("a number");
        assert!(value.is_finite() && value >= 0.0, "{line}");
        let Some((series, _)) = name.split_once("le=\"") else {
            continue;
        };
        if last.0 == series {
            assert!(value >= last.1, "{line}");
        }
        last = (series, value);
    }
}

#[test]
fn metrics_have_a_listener_of_their_own_and_the_program_ends_by_sigterm() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut program = Command::new(env!("CARGO_BIN_EXE_trackflow"))
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--metrics-listen",
            "127.0.0.1:0",
        ])
        .env_clear()
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let (metrics, dashboard) = addresses(&mut program);
    let answer = get(&metrics, "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("trackflow_build_info{version="));
    assert!(get(&metrics, "/sites").starts_with("HTTP/1.1 404"));
    assert!(get(&dashboard, "/metrics").starts_with("HTTP/1.1 404"));
    assert!(get(&dashboard, "/api/health/ready").starts_with("HTTP/1.1 200"));
    let pid = program.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(killed.expect("the command runs").success());
    let status = program.wait().expect("the program ends");
    assert_eq!(status.code(), Some(0));
}

/// Where the program says that it listens: metrics and dashboard. Goes on reading its log, so that it is not held up.
fn addresses(program: &mut Child) -> (String, String) {
    let log = BufReader::new(program.stderr.take().expect("piped"));
    let mut lines = log.lines().map(|line| line.expect("UTF-8"));
    let mut find = |words: &str| {
        let line = lines.find(|line| line.contains(words)).expect(words);
        let (_, rest) = line.split_once("http://").expect("an address");
        rest.split(['/', ' '])
            .next()
            .expect("host and port")
            .to_owned()
    };
    let found = (find("metrics are at"), find("TrackFlow is at"));
    std::thread::spawn(move || lines.count());
    found
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("an answer in UTF-8");
    answer
}
