//! Pages and forms over HTTP, without the server's own middleware: what a browser gets with and without a session.

#[path = "pages/kept.rs"]
mod kept;

#[path = "pages/properties.rs"]
mod properties;

#[path = "pages/settings.rs"]
mod settings;

#[path = "pages/sharing.rs"]
mod sharing;

#[path = "pages/embed.rs"]
mod embed;

#[path = "pages/support.rs"]
mod support;

#[path = "pages/journeys.rs"]
mod journeys;
#[path = "pages/vitals.rs"]
mod vitals;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use trackflow::{
    domain::{Principal, Role},
    services::{rule_service, site_service},
};

use support::{location, pages};

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_people_are_sent_to_the_login_page_and_back() {
    let pages = pages().await;
    for (path, goes_to) in [
        ("/", "/login?next=/"),
        ("/sites", "/login?next=/sites"),
        (
            "/sites/a.example?period=7d",
            "/login?next=/sites/a.example%3Fperiod%3D7d",
        ),
        (
            "/sites/unknown.example",
            "/login?next=/sites/unknown.example",
        ),
        ("/add-site", "/login?next=/add-site"),
    ] {
        let (answer, _) = pages.get(path, None).await;
        assert_eq!(location(&answer), goes_to, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_complete_and_has_a_strict_policy() {
    let pages = pages().await;
    for (path, status, words) in [
        ("/sites", 200, "A &amp; &lt;b&gt;"),
        ("/add-site", 200, "Europe/Berlin (UTC+1)"),
        ("/sites/a.example", 200, "Germany: 1 visitor, 100%"),
        (
            "/sites/a.example?period=9d",
            400,
            "`period` must be one of today",
        ),
        ("/sites/a.example/page?sort=name", 200, "/hello"),
        (
            "/sites/a.example/page?search=nothing",
            200,
            "No pages with “nothing”",
        ),
        (
            "/sites/a.example?filter=page:is:/x",
            200,
            "No visit matches these filters",
        ),
        (
            "/sites/a.example?period=yesterday",
            200,
            "The last visit came on 24 November 2026",
        ),
        (
            "/sites/a.example/settings",
            200,
            "https://stats.example/js/script.js",
        ),
        (
            "/sites/a.example/rules",
            200,
            "Pages of every host are counted.",
        ),
        (
            "/sites/a.example/ingestion",
            200,
            "1 in the last 60 minutes, at most 1 a minute.",
        ),
        (
            "/sites/a.example/ingestion?period=9d",
            400,
            "`period` must be one of 24h, 7d, 30d",
        ),
        ("/sites/a.example/live", 200, "data-live-pause"),
        ("/sites/a.example/privacy", 200, "Send a test visit"),
        ("/sites/a.example/snippet", 200, "First visit received"),
        ("/docs/metrics", 200, "id=\"bounce_rate\""),
        ("/docs/metrics", 200, "id=\"current_visitors\""),
        ("/docs/metrics", 200, "id=\"scroll_depth\""),
        ("/docs/metrics", 200, "id=\"web-vitals\""),
        ("/docs/metrics", 200, "id=\"journeys\""),
        (
            "/sites/a.example",
            200,
            "href=\"/sites/a.example/journeys\"",
        ),
        (
            "/sites/a.example/page",
            200,
            "href=\"/sites/a.example/journeys\"",
        ),
        ("/sites/a.example", 200, "Web vitals: how fast pages feel"),
        (
            "/sites/a.example/vitals",
            200,
            "https://stats.example/js/vitals.js",
        ),
        (
            "/sites/a.example/vitals?by=browser",
            400,
            "`by` must be one of page, country, device",
        ),
        ("/sites/unknown.example", 404, "No page at this address"),
        ("/sites/a.example/nothing", 404, "No page at this address"),
        ("/nowhere", 404, "No page at this address"),
    ] {
        let (answer, html) = pages.get(path, Some(Role::Admin)).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert!(html.contains(words), "{path} lacks {words}");
        assert_eq!(
            answer.headers()["x-robots-tag"],
            "noindex, nofollow",
            "{path}"
        );
        assert!(!html.contains(" style="), "{path} has an inline style");
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("ASCII");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next());
        let nonce = nonce.expect("a nonce");
        for script in html.split("<script").skip(1) {
            let tag = script.split('>').next().expect("a tag");
            assert!(tag.contains("src=") || tag.contains(nonce), "{path}: {tag}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_with_a_chart_load_webassembly() {
    let pages = pages().await;
    let (_, login) = pages.get("/login", None).await;
    assert!(!login.contains(".wasm") && login.contains("demo@a.example"));
    let (_, sites) = pages.get("/sites", Some(Role::Admin)).await;
    assert!(!sites.contains(".wasm"));
    let (_, dashboard) = pages.get("/sites/a.example", Some(Role::Admin)).await;
    assert!(dashboard.contains("/pkg/1/trackflow"));
    assert_eq!(dashboard.matches("<leptos-island").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_see_no_control_that_writes_and_cannot_write() {
    let pages = pages().await;
    for path in [
        "/sites",
        "/sites/a.example",
        "/sites/a.example/settings",
        "/sites/a.example/rules",
        "/sites/a.example/ingestion",
        "/sites/a.example/privacy",
    ] {
        let (_, html) = pages.get(path, Some(Role::Viewer)).await;
        for control in [
            "/add-site",
            "update_site",
            "delete_site",
            "_rule\"",
            "_test_visit",
            "203.0.113",
        ] {
            assert!(!html.contains(control), "{path} has {control}");
        }
    }
    let (answer, _) = pages.get("/add-site", Some(Role::Viewer)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let viewer = Some(Role::Viewer);
    let form = "domain=b.example&name=&time_zone=UTC";
    let (answer, _) = pages.post("/api/app/add_site", form, viewer).await;
    assert!(location(&answer).starts_with("/add-site?error=read_only"));
    let form = "domain=a.example&confirm=a.example";
    let (answer, _) = pages.post("/api/app/delete_site", form, viewer).await;
    assert_eq!(
        location(&answer),
        "/sites/a.example/settings?error=read_only#delete"
    );
    for (path, code) in [("add_rule", "read_only"), ("remove_rule", "read_only")] {
        let form = "domain=a.example&kind=blocked_page&value=/x";
        let (answer, _) = pages.post(&format!("/api/app/{path}"), form, viewer).await;
        assert!(
            location(&answer).contains(&format!("error={code}")),
            "{path}"
        );
    }
    for action in ["send_test_visit", "delete_test_visit"] {
        let form = "domain=a.example";
        let (answer, _) = pages
            .post(&format!("/api/app/{action}"), form, viewer)
            .await;
        assert_eq!(
            location(&answer),
            "/sites/a.example/privacy?error=read_only#test-visit"
        );
    }
    let sites = site_service::find_all(&pages.db, &Principal::System)
        .await
        .expect("sites");
    assert_eq!(sites.len(), 1);
    let rules = rule_service::find_all(&pages.db, &Principal::System, sites[0].id).await;
    assert_eq!(rules.expect("rules"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_answer_with_redirects_and_never_to_the_referer() {
    let pages = pages().await;
    let admin = Some(Role::Admin);
    for (path, form, goes_to) in [
        (
            "add_site",
            "domain=no%20host&name=N&time_zone=UTC",
            "/add-site?error=domain&domain=no%20host&name=N&time_zone=UTC",
        ),
        (
            "add_site",
            "",
            "/add-site?error=domain&domain=&name=&time_zone=",
        ),
        ("add_site", "domain=b.example", "/sites/b.example/snippet"),
        (
            "add_site",
            "domain=b.example",
            "/add-site?error=taken&domain=b.example&name=&time_zone=",
        ),
        (
            "update_site",
            "domain=b.example&name=&time_zone=UTC",
            "/sites/b.example/settings?error=name&name=&time_zone=UTC",
        ),
        (
            "update_site",
            "domain=b.example&name=B&time_zone=Asia/Tokyo",
            "/sites/b.example/settings?saved=1",
        ),
        (
            "delete_site",
            "domain=b.example&confirm=a.example",
            "/sites/b.example/settings?error=confirm#delete",
        ),
        (
            "delete_site",
            "domain=b.example&confirm=b.example",
            "/sites?deleted=b.example",
        ),
        ("log_out", "", "/login"),
    ] {
        let (answer, _) = pages.post(&format!("/api/app/{path}"), form, admin).await;
        assert_eq!(location(&answer), goes_to, "{path} {form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_in_sets_the_cookie_and_follows_only_own_paths() {
    let pages = pages().await;
    for (next, goes_to) in [
        ("/sites/a.example", "/sites/a.example"),
        ("//evil.example", "/"),
    ] {
        let form = format!("email=ada%40a.example&password=a+long+secret&next={next}");
        let (answer, _) = pages.post("/api/app/log_in", &form, None).await;
        assert_eq!(location(&answer), goes_to);
        let cookie = answer.headers()[header::SET_COOKIE]
            .to_str()
            .expect("ASCII");
        assert!(cookie.starts_with("__Host-trackflow=") && cookie.contains("HttpOnly"));
    }
    let (answer, _) = pages
        .post("/api/app/log_in", "email=a%40a.example&password=x", None)
        .await;
    let back = location(&answer).to_owned();
    assert_eq!(
        back,
        "/login?error=credentials&wait=&email=a%40a.example&next=/"
    );
    assert!(!answer.headers().contains_key(header::SET_COOKIE));
    let (_, html) = pages.get(&back, None).await;
    assert!(html.contains("do not match") && html.contains("value=\"a@a.example\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_get_json_with_the_right_status() {
    let pages = pages().await;
    for (path, role, status, json) in [
        ("get_realtime?domain=a.example", Some(Role::Viewer), 200, ""),
        (
            "count_current_visitors?domain=a.example",
            Some(Role::Viewer),
            200,
            "1",
        ),
        (
            "has_first_visit?domain=a.example",
            Some(Role::Viewer),
            200,
            r#"{"received":true}"#,
        ),
        (
            "has_first_visit?domain=x.example",
            Some(Role::Viewer),
            404,
            r#"{"error":"not_found","what":"site"}"#,
        ),
        (
            "get_ingestion?domain=a.example&period=9d",
            Some(Role::Viewer),
            400,
            "",
        ),
        (
            "get_ingestion?domain=x.example",
            Some(Role::Viewer),
            404,
            r#"{"error":"not_found","what":"site"}"#,
        ),
        ("list_sites", None, 401, r#"{"error":"not_signed_in"}"#),
    ] {
        let request = Request::get(format!("/api/app/{path}"))
            .header(header::ACCEPT, "application/json")
            .body(Body::empty());
        let (answer, body) = pages.send(request.expect("a request"), role).await;
        assert_eq!(answer.status().as_u16(), status, "{path}: {body}");
        if !json.is_empty() {
            assert_eq!(body, json, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_form_leads_to_the_canonical_address() {
    let pages = pages().await;
    let path =
        "/sites/a.example?period=7d&filter_dimension=page&filter_operator=is&filter_value=%2Fa";
    let (answer, _) = pages.get(path, Some(Role::Admin)).await;
    assert_eq!(
        location(&answer),
        "/sites/a.example?period=7d&filter=page:is:/a"
    );
    let path = "/sites/a.example/source?sort=visits&filter_dimension=page&filter_value=%2Fa";
    let (answer, _) = pages.get(path, Some(Role::Admin)).await;
    assert_eq!(
        location(&answer),
        "/sites/a.example/source?filter=page:is:/a&sort=visits"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_page_is_open_only_before_the_first_account() {
    let pages = pages().await;
    let (answer, _) = pages.get("/setup", None).await;
    assert_eq!(location(&answer), "/login");
    let form = "email=b%40b.example&password=another+secret&password_again=another+secret";
    let (answer, _) = pages.post("/api/app/set_up", form, None).await;
    assert_eq!(location(&answer), "/setup?error=taken&email=b%40b.example");
}
