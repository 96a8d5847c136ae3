//! Pages and forms over HTTP, without the server's own middleware: what a browser gets with and without a session.

#[path = "pages/kept.rs"]
mod kept;

use std::sync::Arc;

use app::context::{AppContext, AssetUrls, DemoAccount, RequestInfo};
use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower::ServiceExt;
use trackflow::{
    db::{DatabaseUrl, Db, run_migrations},
    domain::{EventId, NewSite, Principal, RefusalReason, Role, Site, Timestamp, UserId, VisitId},
    ingest::{Client, ClientIp, Ingest, IngestSettings},
    services::{
        event_service::{Batch, DictionaryRow, EventRow, EventWriter, VisitRow},
        refusal_service::{self, RefusalRow},
        rule_service, site_service, user_service,
    },
};

const NOW: Timestamp = Timestamp(1_795_520_000_000);

const EMAIL: &str = "ada@a.example";
const PASSWORD: &str = "a long secret";

struct Pages {
    router: Router,
    db: Db,
    _folder: tempfile::TempDir,
}

async fn pages() -> Pages {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let url: DatabaseUrl = format!("sqlite:{}", path.display()).parse().expect("a URL");
    run_migrations(&url).await.expect("a schema");
    let db = Db::new(&url).expect("a pool");
    let site = NewSite {
        domain: "a.example".into(),
        name: "A & <b>".into(),
        time_zone: "Europe/Berlin".into(),
    };
    let system = Principal::System;
    let site = site_service::create(&db, &system, &site, NOW)
        .await
        .expect("a site");
    store_one_view(&db, &site).await;
    user_service::create_first_admin(&db, EMAIL, PASSWORD, NOW)
        .await
        .expect("an admin");
    let ingest = Ingest::start(&db, &IngestSettings::default(), NOW).await;
    let context = AppContext {
        live: Default::default(),
        db: db.clone(),
        ingest: Arc::new(ingest.expect("ingestion starts")),
        login_limiter: Arc::default(),
        public_url: Some("https://stats.example/".into()),
        demo: Some(DemoAccount {
            email: "demo@a.example".into(),
            password: "demo".into(),
            page_url: "/demo/".into(),
        }),
        geoip_attribution: None,
        assets: Arc::new(AssetUrls::in_folder("/pkg/1")),
        api_description: Arc::default(),
        clock: || NOW,
    };
    let options = LeptosOptions::builder()
        .output_name("trackflow")
        .site_pkg_dir("pkg/1")
        .build();
    let provide = move || provide_context(context.clone());
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let fallback = render_app_async_with_context(provide.clone(), shell.clone());
    let router = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), provide, shell)
        .fallback(fallback)
        .with_state(options);
    Pages {
        router,
        db,
        _folder: folder,
    }
}

/// One visitor from Germany, a minute ago, on `/hello`.
async fn store_one_view(db: &Db, site: &Site) {
    let at = NOW.plus_ms(-60_000);
    let words = ["pageview", "/hello", "DE", "Direct"];
    let dictionary = (1..).zip(words).map(|(id, value)| DictionaryRow {
        site_id: site.id.0,
        id,
        value: value.into(),
    });
    let visit = VisitRow {
        site_id: site.id.0,
        id: VisitId::first_at(at).0,
        visitor_id: 7,
        last_at: at.0,
        pageviews: 1,
        events: 1,
        engaged_ms: 0,
        is_bounce: true,
        entry_page: 2,
        exit_page: 2,
        source: 0,
        channel: 4,
        referrer: 0,
        utm_source: 0,
        utm_medium: 0,
        utm_campaign: 0,
        utm_content: 0,
        utm_term: 0,
        country: 3,
        browser: 0,
        browser_version: 0,
        system: 0,
        system_version: 0,
        device: 0,
    };
    let event = EventRow {
        site_id: site.id.0,
        id: EventId::first_at(at).0,
        visit_id: visit.id,
        visitor_id: 7,
        name: 1,
        hostname: 0,
        page: 2,
        engaged_ms: 0,
        scroll_depth: None,
        is_interactive: false,
        props: None,
        revenue_amount: None,
        revenue_currency: None,
    };
    let batch = Batch {
        dictionary: dictionary.collect(),
        new_visits: vec![visit],
        events: vec![event],
        ..Batch::default()
    };
    let mut writer = EventWriter::open(db).await.expect("a writer");
    writer.write(&batch).await.expect("stored");
}

/// The browser of all requests.
fn sender() -> Client<'static> {
    Client {
        ip: ClientIp::new([203, 0, 113, 7].into()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        country_header: None,
        has_opted_out: false,
    }
}

fn principal(role: Role) -> Principal {
    Principal::User {
        id: UserId(1),
        email: EMAIL.into(),
        role,
    }
}

impl Pages {
    async fn send(&self, mut request: Request<Body>, role: Option<Role>) -> (Response<()>, String) {
        let extensions = request.extensions_mut();
        extensions.insert(RequestInfo {
            is_secure: true,
            origin: "https://127.0.0.1".into(),
            client_prefix: 1,
            sender: sender().into(),
        });
        if let Some(role) = role {
            extensions.insert(principal(role));
        }
        let answer = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (Response::from_parts(parts, ()), text)
    }

    async fn get(&self, path: &str, role: Option<Role>) -> (Response<()>, String) {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        self.send(request.body(Body::empty()).expect("a request"), role)
            .await
    }

    async fn post(&self, path: &str, form: &str, role: Option<Role>) -> (Response<()>, String) {
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, "https://evil.example/")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        self.send(request.expect("a request"), role).await
    }
}

fn location(answer: &Response<()>) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().expect("ASCII")
}

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
        ("/sites/a.example/privacy", 200, "Send a test visit"),
        ("/sites/a.example/snippet", 200, "First visit received"),
        ("/docs/metrics", 200, "id=\"bounce_rate\""),
        ("/docs/metrics", 200, "id=\"current_visitors\""),
        ("/docs/metrics", 200, "id=\"scroll_depth\""),
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
async fn a_test_visit_shows_its_rows_and_what_is_not_in_them_until_it_is_deleted() {
    let pages = pages().await;
    let admin = Some(Role::Admin);
    let path = "/sites/a.example/privacy";
    let form = "domain=a.example";
    let (answer, _) = pages.post("/api/app/send_test_visit", form, admin).await;
    assert_eq!(
        location(&answer),
        "/sites/a.example/privacy?sent=1#test-visit"
    );
    let (_, html) = pages.get(path, admin).await;
    for words in [
        "/trackflow-test-visit<",
        "search.example/results<",
        ">Firefox<",
        ">203.0.113.7<",
        "Not in the rows",
        "sqlite3 -readonly",
    ] {
        assert!(html.contains(words), "the page lacks {words}");
    }
    assert!(!html.contains("Found in the rows"));
    let (_, dashboard) = pages.get("/sites/a.example?period=all", admin).await;
    assert!(!dashboard.contains("trackflow-test-visit"));

    let (_, other) = pages.get(path, Some(Role::Viewer)).await;
    assert!(
        !other.contains("trackflow-test-visit"),
        "rows of another person"
    );

    let (answer, _) = pages.post("/api/app/delete_test_visit", form, admin).await;
    assert_eq!(
        location(&answer),
        "/sites/a.example/privacy?deleted=1#test-visit"
    );
    let (_, html) = pages.get(path, admin).await;
    assert!(!html.contains("trackflow-test-visit"));
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
async fn ingestion_tells_each_reason_and_what_to_do() {
    let pages = pages().await;
    let site = site_service::get_by_domain(&pages.db, &Principal::System, "a.example")
        .await
        .expect("the site");
    let row = |site_id, reason: &str, detail: &str, count| RefusalRow {
        site_id,
        hour: refusal_service::hour_of(NOW),
        reason: reason.into(),
        detail: detail.into(),
        count,
    };
    let mut rows: Vec<_> = RefusalReason::ALL
        .into_iter()
        .map(|reason| row(site.id.0, reason.key(), "", 10))
        .collect();
    rows.push(row(site.id.0, "bot", "Googlebot", 1_234));
    rows.push(row(0, "unknown_site", "", 77));
    refusal_service::add(&pages.db, rows)
        .await
        .expect("written");
    let (_, html) = pages
        .get("/sites/a.example/ingestion?period=7d", Some(Role::Viewer))
        .await;
    for words in [
        "1,384 in the last 7 days",
        "Googlebot",
        "Asked not to be tracked",
        "Wrong host",
        "Malformed events",
        "received 77 events",
        "Worth a look",
        "data-refresh-seconds=\"10\"",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(html.contains("href=\"/sites/a.example/ingestion?period=7d\" aria-current=\"true\""));
    let request = Request::get("/api/app/get_ingestion?domain=a.example&period=7d")
        .header(header::ACCEPT, "application/json")
        .body(Body::empty());
    let (_, body) = pages
        .send(request.expect("a request"), Some(Role::Viewer))
        .await;
    let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(json["status"]["writer"], "writing");
    assert_eq!(json["refusals"]["period"], "7d");
    assert_eq!(
        json["refusals"]["reasons"][0],
        serde_json::json!(["bot", 1_244])
    );
    assert_eq!(json["accepted_today"], 1);
    assert_eq!(json["minutes"].as_array().map(Vec::len), Some(60));
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

#[tokio::test(flavor = "multi_thread")]
async fn rules_come_and_go_by_forms_and_errors_stand_at_their_field() {
    let pages = pages().await;
    let admin = Some(Role::Admin);
    let long = format!("/{}", "x".repeat(2_000));
    let rules = "/sites/a.example/rules";
    for (function, form, query, words) in [
        (
            "add_rule",
            "kind=allowed_host&value=https://www.B.example/x",
            "kind=allowed_host&done=added#allowed_host",
            &[
                "b.example</span>",
                "since 24 November 2026",
                "a.example is not on the list",
            ] as &[_],
        ),
        (
            "add_rule",
            "kind=allowed_host&value=b.example",
            "kind=allowed_host&error=taken&value=b.example#allowed_host",
            &["This is on the list already.", "value=\"b.example\""],
        ),
        (
            "add_rule",
            "kind=blocked_address&value=203.0.113.0/40",
            "kind=blocked_address&error=value&value=203.0.113.0/40#blocked_address",
            &[
                "This must have a number up to 32 behind the slash.",
                "value=\"203.0.113.0/40\"",
                "aria-describedby=\"blocked_address-error blocked_address-hint\"",
                "Block my network",
            ],
        ),
        (
            "add_rule",
            "kind=blocked_address&value=203.0.113.0/24",
            "kind=blocked_address&done=added#blocked_address",
            &["203.0.113.0/24</span>", "and your visits are left out"],
        ),
        (
            "add_rule",
            "kind=blocked_country&value=DE",
            "kind=blocked_country&done=added#blocked_country",
            &["Germany (DE)", "Countries are not looked up"],
        ),
        (
            "add_rule",
            "kind=blocked_page&value=%22%3E%3Cscript%3E",
            "kind=blocked_page&error=value&value=%22%3E%3Cscript%3E#blocked_page",
            &[
                "beginning with / or *",
                "value=\"&quot;&gt;&lt;script&gt;\"",
            ],
        ),
        (
            "add_rule",
            "kind=rate_limit&value=20",
            "kind=rate_limit&done=added#rate_limit",
            &["20 events a second"],
        ),
        (
            "remove_rule",
            "kind=rate_limit&value=20",
            "kind=rate_limit&done=removed#rate_limit",
            &["The site takes as many events as come."],
        ),
        (
            "remove_rule",
            "kind=rate_limit&value=20",
            "kind=rate_limit&error=not_found&value=#rate_limit",
            &["The rule was gone already."],
        ),
        (
            "add_rule",
            "kind=evil&value=1",
            "kind=&error=bad_request&value=1#",
            &["There is no such kind of rule."],
        ),
        ("add_rule", "", "kind=&error=bad_request&value=#", &[]),
    ] {
        let form = format!("domain=a.example&{form}");
        let path = format!("/api/app/{function}");
        let (answer, _) = pages.post(&path, &form, admin).await;
        assert_eq!(location(&answer), format!("{rules}?{query}"), "{form}");
        let (_, html) = pages.get(&format!("{rules}?{query}"), admin).await;
        for part in words {
            assert!(html.contains(part), "{form}: no {part}");
        }
    }
    let form = format!("domain=a.example&kind=blocked_page&value={long}");
    let (answer, _) = pages.post("/api/app/add_rule", &form, admin).await;
    assert!(
        location(&answer).len() < 1_000,
        "fits into a request's head"
    );
    // What an address says is never shown as words of the page.
    let path = format!("{rules}?kind=blocked_page&error=Call+this+number&value=/a");
    let (_, html) = pages.get(&path, admin).await;
    assert!(!html.contains("Call this number"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_made_shown_once_and_revoked() {
    let pages = pages().await;
    let admin = Some(Role::Admin);
    let page = "/settings/api-keys";
    let (answer, html) = pages.get(page, Some(Role::Viewer)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(html.contains("This account can look but not change anything"));
    let (_, html) = pages.get(page, admin).await;
    assert!(html.contains("There is no key yet."));

    for (form, query, words) in [
        (
            "name=+&stats_read=1",
            "error=name&name=%20#new",
            "A name must have 1 to 100",
        ),
        (
            "name=report",
            "error=scopes&name=report#new",
            "Choose at least one.",
        ),
        (
            "name=r&stats_read=1&life_days=0",
            "error=life_days&name=r#new",
            "1 to 3650 days",
        ),
        (
            "name=r&stats_read=1&life_days=x",
            "error=life_days&name=r#new",
            "1 to 3650 days",
        ),
    ] {
        let (answer, _) = pages.post("/api/app/create_api_key", form, admin).await;
        assert_eq!(location(&answer), format!("{page}?{query}"), "{form}");
        let (_, html) = pages.get(&format!("{page}?{query}"), admin).await;
        assert!(html.contains(words), "{form}: no {words}");
    }
    let form = "name=report&stats_read=1&life_days=90";
    let (answer, _) = pages
        .post("/api/app/create_api_key", form, Some(Role::Viewer))
        .await;
    assert!(location(&answer).contains("error=read_only"));

    let (answer, _) = pages.post("/api/app/create_api_key", form, admin).await;
    let created = location(&answer).to_owned();
    assert_eq!(created, format!("{page}?done=created"));
    let cookie = answer.headers()[header::SET_COOKIE]
        .to_str()
        .expect("ASCII");
    let pair = cookie.split(';').next().expect("a cookie").to_owned();
    let token = pair.split_once('=').expect("a value").1.to_owned();
    let request = Request::get(created.as_str())
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, &pair)
        .body(Body::empty());
    let (answer, html) = pages.send(request.expect("a request"), admin).await;
    assert!(html.contains(&token), "the key is shown");
    let cleared = answer.headers()[header::SET_COOKIE]
        .to_str()
        .expect("ASCII");
    assert!(
        cleared.contains("=;") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
    let (_, html) = pages.get(&created, admin).await;
    assert!(!html.contains(&token), "the key is shown once");
    for part in [
        "The key was shown already",
        "stats:read · ada@a.example",
        "never used",
        "ends 22 February 2027",
    ] {
        assert!(html.contains(part), "no {part}");
    }

    let (answer, _) = pages
        .post("/api/app/revoke_api_key", "id=1", Some(Role::Viewer))
        .await;
    assert!(location(&answer).contains("error=read_only"));
    for (form, query) in [
        ("id=1", "done=revoked"),
        ("id=1", "error=not_found"),
        ("id=x", "error=bad_request"),
    ] {
        let (answer, _) = pages.post("/api/app/revoke_api_key", form, admin).await;
        assert_eq!(location(&answer), format!("{page}?{query}"));
    }
    let (_, html) = pages.get(page, admin).await;
    assert!(html.contains("There is no key yet."));
}
