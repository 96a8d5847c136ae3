//! What limits events, through the whole router: the rate of one network, and the rules of a site.
//!
//! The rate is one a second here, ten of which may come at once, and the tests allow for the time that they take themselves.

use std::time::{Duration, Instant};

use http::{Request, StatusCode, header};
use trackflow::{
    config::RawConfig,
    domain::{Principal, Role},
    services::stats_service,
};

use crate::support::{Answer, BROWSER, HOST, PEER, TestServer, now};

const BURST: usize = 10;

async fn server() -> TestServer {
    TestServer::start_with(RawConfig {
        rate_limit: Some("1".into()),
        trusted_proxies: Some(vec![PEER.ip().to_string()]),
        ..RawConfig::default()
    })
    .await
}

/// Sends a pageview of a visitor at an address, through the trusted proxy.
async fn visit(server: &TestServer, address: &str) -> Answer {
    let body = r#"{"n":"pageview","u":"https://example.com/","d":"example.com"}"#;
    let request = Request::post("/api/event")
        .header(header::USER_AGENT, BROWSER)
        .header(header::ORIGIN, "https://example.com")
        .header("x-forwarded-for", address)
        .body(body.into());
    server.send(request.expect("a valid request")).await
}

/// How many can have been taken since then at most.
fn most(since: Instant) -> usize {
    BURST + since.elapsed().as_secs() as usize + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_one_network_costs_no_other_visitor_an_event() {
    let server = server().await;
    let since = Instant::now();
    let mut taken = 0;
    for round in 0..4 {
        for other in 0..50 {
            for flood in 0..5 {
                let answer = visit(&server, &format!("198.51.100.{}", flood * 50)).await;
                match answer.status {
                    StatusCode::ACCEPTED => taken += 1,
                    status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
                }
            }
            let answer = visit(&server, &format!("192.0.{other}.7")).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{other} in {round}");
            assert_eq!(answer.header("x-trackflow-dropped"), "");
        }
    }
    assert!((BURST..=most(since)).contains(&taken), "{taken} of 1000");
    let visitors =
        stats_service::count_current_visitors(&server.db, &Principal::System, "example.com", now());
    assert_eq!(visitors.await.expect("the query runs"), 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_many_is_answered_429_with_the_reason_and_when_to_try_again() {
    let server = server().await;
    let since = Instant::now();
    let answer = loop {
        let answer = visit(&server, "198.51.100.7").await;
        if answer.status != StatusCode::ACCEPTED {
            break answer;
        }
        assert!(since.elapsed().as_secs() < 60, "nothing was refused");
    };
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header(header::RETRY_AFTER), "1");
    assert_eq!(answer.header("x-trackflow-dropped"), "rate_limited");
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "");
    let exposed = answer.header(header::ACCESS_CONTROL_EXPOSE_HEADERS);
    assert_eq!(exposed, "x-trackflow-dropped, retry-after");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_addresses_of_a_64_nor_headers_go_around_the_limit() {
    let server = server().await;
    for (name, address) in [
        (
            "IPv6",
            (|n| format!("2001:db8:1:2:{n:x}:{n:x}::{n:x}")) as fn(u32) -> String,
        ),
        ("IPv4", |n| format!("198.51.100.{n}")),
        ("forged on the left", |n| {
            format!("192.0.{n}.7, 203.0.114.9")
        }),
        ("IPv4 in IPv6", |n| format!("::ffff:203.0.115.{n}")),
    ] {
        let since = Instant::now();
        let mut taken = 0;
        for number in 0..100 {
            let answer = visit(&server, &address(number)).await;
            taken += usize::from(answer.status == StatusCode::ACCEPTED);
        }
        assert!((BURST..=most(since)).contains(&taken), "{name}: {taken}");
    }
    // Another spelling of the path is another path.
    let request = Request::post("/API/Event").header("x-forwarded-for", "198.51.100.7");
    let request = request.body("{}".into()).expect("a valid request");
    assert_eq!(server.send(request).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_a_stranger_changes_nothing_and_an_internal_peer_is_not_limited() {
    // Nobody is trusted: the peer is the client, whatever it writes.
    let server = TestServer::start_with(RawConfig {
        rate_limit: Some("1".into()),
        ..RawConfig::default()
    })
    .await;
    let since = Instant::now();
    let mut taken = 0;
    for number in 0..100 {
        let answer = visit(&server, &format!("192.0.{number}.7")).await;
        taken += usize::from(answer.status == StatusCode::ACCEPTED);
    }
    assert!((BURST..=most(since)).contains(&taken), "{taken}");

    // Somebody else's proxy stands for all its visitors.
    let server = self::server().await;
    for _ in 0..100 {
        assert_eq!(
            visit(&server, "10.0.0.5").await.status,
            StatusCode::ACCEPTED
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_was_posted_is_followed_without_a_restart() {
    let server = TestServer::start().await;
    let token = server.log_in("ada@x.test", Role::Admin).await;
    let post = async |function: &str| {
        let request = Request::post(format!("/api/app/{function}"))
            .header(header::COOKIE, format!("trackflow={token}"))
            .header(header::ORIGIN, format!("http://{HOST}"))
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("domain=example.com&kind=blocked_address&value=203.0.113.0/24".into());
        let answer = server.send(request.expect("a valid request")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.header(header::LOCATION).contains("&done="));
    };
    let until = async |reason: &str| {
        let since = Instant::now();
        loop {
            let answer = visit(&server, "").await;
            assert_eq!(answer.status, StatusCode::ACCEPTED);
            if answer.header("x-trackflow-dropped") == reason {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(30), "never {reason}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    until("").await;
    post("add_rule").await;
    until("blocked_address").await;
    post("remove_rule").await;
    until("").await;
}
