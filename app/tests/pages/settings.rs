//! The pages of a site's settings and of API keys: what they show, and their forms.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use trackflow::{
    domain::{Principal, RefusalReason, Role},
    services::{
        refusal_service::{self, RefusalRow},
        site_service,
    },
};

use crate::support::{NOW, location, pages};

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
