//! The stats API: keys, questions and answers in Plausible's form, on both databases.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use trackflow::{
    config::RawConfig,
    domain::{ApiScope, Role, Timestamp},
};

use crate::{
    known::{Known, error_of, json_of, make_key, noon, on_both, send_as},
    support::{HOST, TestServer},
};

const QUESTION: &str = r#"{"site_id":"example.com","metrics":["visitors"],"date_range":"day"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn only_a_key_opens_the_api_and_only_what_its_scopes_say() {
    let known = Known::start().await;
    let server = &known.server;
    let session = server.log_in("eve@x.test", Role::Admin).await;
    let anonymous = Request::post("/api/v2/query")
        .header(header::COOKIE, format!("trackflow={session}"))
        .body(Body::from(QUESTION));
    let answer = server.send(anonymous.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    assert!(error_of(&answer).contains("missing"));

    let unknown = format!("tf_{}", "0".repeat(64));
    let mut texts = Vec::new();
    for key in [&unknown, "x", &session] {
        let answer = send_as(server, key, "POST", "/api/v2/query", QUESTION).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{key}");
        texts.push(error_of(&answer));
    }
    // A wrong site is told the same: nobody learns which ones there are.
    let other = QUESTION.replace("example.com", "other.example");
    let answer = known.send("POST", "/api/v2/query", &other).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    texts.push(error_of(&answer));
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");

    for (scope, opened, closed) in [
        (
            ApiScope::StatsRead,
            "/api/v1/stats/aggregate?site_id=example.com",
            "/api/v1/sites",
        ),
        (
            ApiScope::SitesRead,
            "/api/v1/sites/example.com",
            "/api/v1/stats/aggregate?site_id=example.com",
        ),
    ] {
        let key = make_key(server, &[scope]).await;
        let answer = send_as(server, &key, "GET", opened, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{opened}: {}", answer.text());
        let answer = send_as(server, &key, "GET", closed, "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{closed}");
        assert!(error_of(&answer).contains("scope"));
        // No key opens what the dashboard does.
        for path in ["/api/app/find_sites", "/api/app/find_api_keys"] {
            let answer = send_as(server, &key, "GET", path, "").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends() {
    let server = TestServer::start_at(RawConfig::default(), || {
        Timestamp(noon().0 + 24 * 60 * 60 * 1_000)
    })
    .await;
    server.log_in("ada@x.test", Role::Admin).await;
    let key = make_key(&server, &ApiScope::ALL).await;
    let answer = send_as(&server, &key, "GET", "/api/v1/sites", "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_send_so_many_requests_an_hour() {
    let known = Known::start_with(RawConfig {
        api_rate_limit: Some("3".into()),
        ..RawConfig::default()
    })
    .await;
    for expected in [200, 400, 200] {
        let body = if expected == 200 { QUESTION } else { "{}" };
        let answer = known.send("POST", "/api/v2/query", body).await;
        assert_eq!(answer.status.as_u16(), expected);
    }
    let answer = known.send("POST", "/api/v2/query", QUESTION).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(error_of(&answer).contains("3 an hour"));
    let wait: u64 = answer.header(header::RETRY_AFTER).parse().expect("seconds");
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    // Another key has its own hour.
    let key = make_key(&known.server, &[ApiScope::StatsRead]).await;
    let answer = send_as(&known.server, &key, "POST", "/api/v2/query", QUESTION).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_in_plausibles_form() {
    on_both(|known| async move {
        for (query, expected) in [
            (
                json!({"metrics": ["visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate", "visit_duration"]}),
                json!([[[], [7, 7, 8, 10, 1.14, 71, 34]]]),
            ),
            (
                json!({"dimensions": ["visit:source"]}),
                json!([[["Direct / None"], [5]], [["Google"], [1]], [["letter"], [1]]]),
            ),
            (
                json!({"dimensions": ["visit:country_name"], "metrics": ["visitors", "percentage"]}),
                json!([[["Germany"], [4, 57.1]], [["France"], [2, 28.6]], [["(not set)"], [1, 14.3]]]),
            ),
            (
                json!({"dimensions": ["event:page"], "metrics": ["pageviews", "visitors", "time_on_page", "scroll_depth"],
                       "filters": [["is", "event:page", ["/pricing"]]]}),
                json!([[["/pricing"], [3, 3, 10, 80]]]),
            ),
            (
                json!({"dimensions": ["event:props:plan"], "metrics": ["pageviews", "time_on_page"]}),
                json!([[["free"], [0, null]], [["pro"], [0, null]]]),
            ),
            (
                json!({"dimensions": ["event:name"], "metrics": ["pageviews", "time_on_page"], "filters": [["is", "event:name", ["pageview"]]]}),
                json!([[["pageview"], [8, null]]]),
            ),
            (
                json!({"metrics": ["pageviews", "time_on_page"], "filters": [["is_not", "event:props:plan", ["pro"]]]}),
                json!([[[], [8, null]]]),
            ),
            (
                json!({"dimensions": ["event:props:plan"], "metrics": ["events"], "filters": [["is", "event:name", ["Signup"]]]}),
                json!([[["free"], [1]], [["pro"], [1]]]),
            ),
            (
                json!({"dimensions": ["time:day"], "metrics": ["visitors", "pageviews"]}),
                json!([[["2026-11-22"], [1, 1]], [["2026-11-23"], [2, 3]], [["2026-11-24"], [4, 4]]]),
            ),
            (
                json!({"dimensions": ["time"], "date_range": ["2026-11-23", "2026-11-23"]}),
                json!([[["2026-11-23 09:00:00"], [1]], [["2026-11-23 10:00:00"], [1]]]),
            ),
            (
                json!({"dimensions": ["visit:country", "visit:source"], "order_by": [["visit:country", "asc"], ["visitors", "desc"]],
                       "filters": [["is_not", "visit:country", ["(not set)"]]]}),
                json!([[["DE", "Direct / None"], [3]], [["DE", "Google"], [1]], [["FR", "Direct / None"], [2]]]),
            ),
            (
                json!({"date_range": ["2026-11-23T09:00:00Z", "2026-11-23T10:59:59+01:00"]}),
                json!([[[], [1]]]),
            ),
            (json!({"date_range": "day"}), json!([[[], [4]]])),
            (json!({"date_range": "24h"}), json!([[[], [4]]])),
            (json!({"date_range": "2d"}), json!([[[], [3]]])),
            (json!({"date_range": "month"}), json!([[[], [7]]])),
            (json!({"date_range": "1mo"}), json!([[[], [0]]])),
            (json!({"date_range": "all"}), json!([[[], [7]]])),
            (
                json!({"filters": [["or", [["is", "visit:country_name", ["France"]], ["contains", "visit:source", ["GOOG"], {"case_sensitive": false}]]]]}),
                json!([[[], [3]]]),
            ),
            (
                json!({"filters": [["has_done", ["is", "event:name", ["Signup"]]], ["not", ["matches", "visit:source", ["^Goo"]]]]}),
                json!([[[], [1]]]),
            ),
            (
                json!({"filters": [["has_not_done", ["is", "event:name", ["Signup"]]]], "metrics": ["visits"]}),
                json!([[[], [5]]]),
            ),
            (
                json!({"dimensions": ["visit:country"], "pagination": {"limit": 1, "offset": 1}}),
                json!([[["FR"], [2]]]),
            ),
            (
                json!({"dimensions": ["event:goal"], "metrics": ["visitors", "events", "conversion_rate"]}),
                json!([[["Visit /pricing"], [3, 3, 42.9]], [["Signup"], [2, 2, 28.6]]]),
            ),
            (
                json!({"dimensions": ["visit:source"], "metrics": ["visitors", "conversion_rate", "group_conversion_rate"],
                       "filters": [["is", "event:goal", ["Signup"]]]}),
                json!([[["Direct / None"], [1, 14.3, 20.0]], [["Google"], [1, 14.3, 100.0]]]),
            ),
            (
                json!({"metrics": ["visitors", "visits", "conversion_rate"],
                       "filters": [["contains", "event:goal", ["PRICING"], {"case_sensitive": false}], ["is", "segment", [1]]]}),
                json!([[[], [2, 2, 50.0]]]),
            ),
            (
                json!({"metrics": ["total_revenue"], "dimensions": ["visit:source"]}),
                json!([
                    [["Google"], [{"value": 29.0, "currency": "EUR", "short": "EUR 29.00", "long": "EUR 29.00"}]],
                    [["Direct / None"], [{"value": 9.5, "currency": "EUR", "short": "EUR 9.50", "long": "EUR 9.50"}]],
                    [["letter"], [null]],
                ]),
            ),
            (
                json!({"metrics": ["visitors", "pageviews"], "filters": [["has_done", ["is", "event:goal", ["Signup"]]]]}),
                json!([[[], [2, 3]]]),
            ),
            (
                json!({"metrics": ["visitors"], "filters": [["has_not_done", ["is", "event:goal", ["Signup", "Visit /pricing"]]], ["is", "segment", [1]]]}),
                json!([[[], [2]]]),
            ),
            (
                json!({"date_range": ["2026-11-01", "2026-11-02"], "metrics": ["visitors", "bounce_rate", "visit_duration"]}),
                json!([[[], [0, null, null]]]),
            ),
        ] {
            assert_eq!(Value::from(known.rows(query.clone()).await), expected, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_repeats_the_question_as_it_was_understood() {
    let known = Known::start().await;
    let answer = known
        .query(json!({
            "date_range": "7d",
            "dimensions": ["time"],
            "filters": [["is", "visit:country", ["DE"]]],
            "include": {"imports": true, "time_labels": true, "total_rows": true, "plan": true},
        }))
        .await;
    let answer = json_of(&answer);
    assert_eq!(
        answer["query"],
        json!({
            "site_id": "example.com",
            "metrics": ["visitors"],
            "date_range": ["2026-11-17T00:00:00+00:00", "2026-11-23T23:59:59+00:00"],
            "filters": [["is", "visit:country", ["DE"]]],
            "dimensions": ["time:day"],
            "order_by": [["time:day", "asc"], ["visitors", "desc"]],
            "include": {"imports": true, "time_labels": true, "total_rows": true, "plan": true},
            "pagination": {"limit": 10_000, "offset": 0},
        })
    );
    let meta = &answer["meta"];
    assert_eq!(meta["imports_included"], false);
    assert_eq!(meta["imports_skip_reason"], "no_imported_data");
    assert_eq!(meta["total_rows"], 2);
    let labels = meta["time_labels"].as_array().expect("labels");
    assert_eq!(labels.len(), 7);
    assert_eq!(labels[0], "2026-11-17");
    let days = ["rolled_up_days", "block_days", "skipped_days", "row_days"];
    let days = days.map(|name| meta["plan"][name].as_u64().expect("a number"));
    assert!((1..=7).contains(&days.iter().sum::<u64>()), "{meta}");
    // What was not asked for is not told.
    let answer = json_of(&known.query(json!({})).await);
    assert_eq!(answer["meta"], json!({}));

    let trimmed = json!({"date_range": "day", "include": {"trim_relative_date_range": true}});
    let answer = json_of(&known.query(trimmed).await);
    let range = &answer["query"]["date_range"];
    assert_eq!(
        *range,
        json!(["2026-11-24T00:00:00+00:00", "2026-11-24T11:59:59+00:00"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stand_beside_those_of_an_earlier_range() {
    on_both(|known| async move {
        let ask = async |query: Value| json_of(&known.query(query).await)["results"].clone();
        let totals = ask(json!({
            "date_range": ["2026-11-23", "2026-11-23"],
            "metrics": ["visitors", "bounce_rate"],
            "include": {"comparisons": {"mode": "previous_period"}},
        }))
        .await;
        assert_eq!(
            totals,
            json!([{
                "dimensions": [],
                "metrics": [2, 50],
                "comparison": {"dimensions": [], "metrics": [1, 100], "change": [100, -50]},
            }])
        );
        let days = ask(json!({
            "date_range": ["2026-11-23", "2026-11-24"],
            "dimensions": ["time:day"],
            "include": {"comparisons": {"mode": "custom", "date_range": ["2026-11-21", "2026-11-22"]}},
        }))
        .await;
        assert_eq!(
            days,
            json!([
                {"dimensions": ["2026-11-23"], "metrics": [2],
                 "comparison": {"dimensions": ["2026-11-21"], "metrics": [0], "change": [100]}},
                {"dimensions": ["2026-11-24"], "metrics": [4],
                 "comparison": {"dimensions": ["2026-11-22"], "metrics": [1], "change": [300]}},
            ])
        );
        // Nothing stands beside a day for which the other range has none.
        let longer = ask(json!({
            "date_range": ["2026-11-23", "2026-11-24"],
            "dimensions": ["time:day"],
            "include": {"comparisons": {"mode": "custom", "date_range": ["2026-11-22", "2026-11-22"]}},
        }))
        .await;
        assert_eq!(
            longer[1]["comparison"],
            json!({"dimensions": [""], "metrics": [null], "change": [null]})
        );
        let sources = ask(json!({
            "date_range": ["2026-11-23", "2026-11-23"],
            "dimensions": ["visit:source"],
            "include": {"comparisons": {"mode": "year_over_year", "match_day_of_week": true}},
        }))
        .await;
        assert_eq!(sources[0]["comparison"]["dimensions"], json!(["Direct / None"]));
        assert_eq!(sources[0]["comparison"]["metrics"], json!([0]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_1_is_answered_by_the_same_questions() {
    on_both(|known| async move {
        let site = "site_id=example.com";
        for (path, expected) in [
            (format!("realtime/visitors?{site}"), json!(1)),
            (
                format!("aggregate?{site}&period=day&date=2026-11-23&metrics=visitors,pageviews,bounce_rate"),
                json!({"results": {"visitors": {"value": 2}, "pageviews": {"value": 3}, "bounce_rate": {"value": 50}}}),
            ),
            (
                format!("aggregate?{site}&period=day&date=2026-11-23&compare=previous_period"),
                json!({"results": {"visitors": {"value": 2, "change": 100}}}),
            ),
            (
                format!("aggregate?{site}&period=7d&filters=event:page==/pri*;visit:source==Google|Bing"),
                json!({"results": {"visitors": {"value": 1}}}),
            ),
            (
                format!("aggregate?{site}&period=7d&date=2026-11-25&with_imported=true"),
                json!({"results": {"visitors": {"value": 7}}}),
            ),
            (
                format!("aggregate?{site}&period=year&date=2026-03-01"),
                json!({"results": {"visitors": {"value": 7}}}),
            ),
            (
                format!("timeseries?{site}&period=custom&date=2026-11-21,2026-11-24"),
                json!({"results": [
                    {"date": "2026-11-21", "visitors": 0}, {"date": "2026-11-22", "visitors": 1},
                    {"date": "2026-11-23", "visitors": 2}, {"date": "2026-11-24", "visitors": 4},
                ]}),
            ),
            (
                format!("timeseries?{site}&period=custom&date=2026-11-21,2026-11-24&interval=month&metrics=visits"),
                json!({"results": [{"date": "2026-11-01", "visits": 7}]}),
            ),
            (
                format!("breakdown?{site}&property=visit:source&period=custom&date=2026-11-22,2026-11-24&metrics=visitors,bounce_rate&limit=2"),
                json!({"results": [
                    {"source": "Direct / None", "visitors": 5, "bounce_rate": 80},
                    {"source": "Google", "visitors": 1, "bounce_rate": 0},
                ]}),
            ),
            (
                format!("breakdown?{site}&property=visit:country&period=month&limit=1&page=2"),
                json!({"results": [{"country": "FR", "visitors": 2}]}),
            ),
            (
                format!("breakdown?{site}&property=event:props:plan&period=month&filters=event:name==Signup&metrics=events"),
                json!({"results": [{"plan": "free", "events": 1}, {"plan": "pro", "events": 1}]}),
            ),
            (
                format!("breakdown?{site}&property=event:props:a:b&period=month&metrics=events"),
                json!({"results": [{"a:b": "1", "events": 1}]}),
            ),
            (
                format!("breakdown?{site}&property=event:goal&period=month&metrics=visitors,events,conversion_rate"),
                json!({"results": [
                    {"goal": "Visit /pricing", "visitors": 3, "events": 3, "conversion_rate": 42.9},
                    {"goal": "Signup", "visitors": 2, "events": 2, "conversion_rate": 28.6},
                ]}),
            ),
            (
                format!("aggregate?{site}&period=day&date=2026-11-23&metrics=average_revenue&compare=previous_period"),
                json!({"results": {"average_revenue": {
                    "value": {"value": 29.0, "currency": "EUR", "short": "EUR 29.00", "long": "EUR 29.00"},
                    "change": null,
                }}}),
            ),
            (
                format!("timeseries?{site}&period=custom&date=2026-11-22,2026-11-23&metrics=visitors,conversion_rate&filters=event:goal==Signup"),
                json!({"results": [
                    {"date": "2026-11-22", "visitors": 0, "conversion_rate": null},
                    {"date": "2026-11-23", "visitors": 1, "conversion_rate": 50.0},
                ]}),
            ),
        ] {
            let answer = known.get(&format!("/api/v1/stats/{path}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
            assert_eq!(json_of(&answer), expected, "{path}");
        }
        let answer = known.get(&format!("/api/v1/stats/timeseries?{site}&period=day")).await;
        let hours = json_of(&answer)["results"].as_array().expect("hours").len();
        assert_eq!(hours, 12);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_are_answered_from_page_to_page() {
    on_both(|known| async move {
        let asked = "/api/v1/stats/journeys?site_id=example.com&period=7d";
        let node = |page: &str, visits: u64, next: &[(&str, u64)]| {
            let next = next
                .iter()
                .map(|(page, visits)| json!({"page": page, "visits": visits}));
            json!({"page": page, "visits": visits, "next": next.collect::<Vec<_>>()})
        };
        for (query, visits, steps) in [
            (
                "&steps=2",
                7,
                vec![
                    vec![
                        node("/", 4, &[("(end)", 3), ("/pricing", 1)]),
                        node("/pricing", 2, &[("(end)", 2)]),
                        node("/=cmd", 1, &[("(end)", 1)]),
                    ],
                    vec![node("/pricing", 1, &[]), node("(end)", 6, &[])],
                ],
            ),
            (
                "&page=/pricing&direction=back&filter=country:is:DE&filter=source:is:Google",
                1,
                vec![
                    vec![node("/pricing", 1, &[("/", 1)])],
                    vec![node("/", 1, &[("(start)", 1)])],
                    vec![node("(start)", 1, &[])],
                ],
            ),
            ("&page=/nowhere", 0, vec![]),
        ] {
            let answer = known.get(&format!("{asked}{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
            let steps = (1..)
                .zip(steps)
                .map(|(step, nodes)| json!({"step": step, "nodes": nodes}));
            let expected = json!({"visits": visits, "results": steps.collect::<Vec<_>>()});
            assert_eq!(json_of(&answer), expected, "{query}");
        }
        for (query, part) in [
            ("&steps=7", "`steps` must be a number from 2 to 6"),
            ("&steps=many", "`steps` must be a number from 2 to 6"),
            ("&direction=up", "`direction` must be one of forward, back"),
            ("&filter=page:like:x", "is, is_not"),
            ("&from=x&period=custom", "`from` must be a date"),
            ("&goal=99", "goal"),
            ("&steps=2&steps=3", "`steps` is there twice"),
            ("&limit=3", "use one of site_id, period"),
        ] {
            let answer = known
                .get(&format!("{asked}{query}").replacen("&period=7d", "", 1))
                .await;
            assert!(
                answer.status.is_client_error(),
                "{query}: {}",
                answer.text()
            );
            assert!(
                error_of(&answer).contains(part),
                "{query}: {}",
                answer.text()
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_are_listed_by_domain_and_in_pages() {
    let known = Known::start().await;
    let answer = json_of(&known.get("/api/v1/sites").await);
    let example = json!({"domain": "example.com", "timezone": "UTC"});
    assert_eq!(
        answer,
        json!({"sites": [example], "meta": {"after": null, "limit": 100}})
    );
    let answer = json_of(&known.get("/api/v1/sites?after=example.com&limit=1").await);
    assert_eq!(answer["sites"], json!([]));
    assert_eq!(
        json_of(&known.get("/api/v1/sites/example.com").await),
        example
    );
    let answer = known.get("/api/v1/sites/other.example").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_scripts_read_nothing() {
    let known = Known::start().await;
    for (method, path) in [
        ("POST", "/api/v2/query"),
        ("OPTIONS", "/api/v2/query"),
        ("GET", "/api/v1/sites"),
        ("GET", "/api/openapi.json"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ORIGIN, "https://evil.test")
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", known.key))
            .body(Body::from(QUESTION));
        let answer = known.server.send(request.expect("a request")).await;
        assert_eq!(
            answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
            "",
            "{method} {path}"
        );
        assert_eq!(
            answer.header(header::CACHE_CONTROL),
            "no-store",
            "{method} {path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}
