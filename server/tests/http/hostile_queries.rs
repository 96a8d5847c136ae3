//! Questions that mean harm: names and values that would be SQL, time zones that are none, and more than a machine should do. On
//! both databases each is refused with what is allowed, or taken literally; nothing fails.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use trackflow::domain::{NewSite, Principal};
use trackflow::services::{ServiceError, site_service};

use crate::known::{Known, error_of, noon, on_both};

/// A query string's value.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_would_be_sql_are_refused_with_those_there_are() {
    on_both(|known| async move {
        let metric = "visitors)from(users";
        let dimension = "event:page;DROP TABLE event--";
        for (query, part) in [
            (json!({"metrics": [metric]}), "use one of visitors, visits"),
            (json!({"metrics": ["visitors", "visitors"]}), "twice"),
            (json!({"metrics": []}), "at least one metric"),
            (
                json!({"metrics": ["conversion_rate"]}),
                "needs a filter on event:goal",
            ),
            (
                json!({"filters": [["is", "event:goal", ["Signup'; DROP TABLE goal--"]]]}),
                "the site has Signup, Visit /pricing",
            ),
            (
                json!({"filters": [["has_done", ["is", "segment", [9]]]]}),
                "the site has 1 (German)",
            ),
            (
                json!({"dimensions": ["event:goal"], "metrics": ["bounce_rate"]}),
                "break down by a dimension of visits",
            ),
            (json!({"metrics": ["percentage"]}), "needs a dimension"),
            (
                json!({"dimensions": [dimension]}),
                "use one of event:page, event:title, event:hostname",
            ),
            (json!({"dimensions": ["pragma"]}), "use one of event:page"),
            (
                json!({"dimensions": ["visit:exit_page_hostname"]}),
                "does not collect",
            ),
            (
                json!({"dimensions": ["time:day", "time:hour"]}),
                "at most one dimension of time",
            ),
            (json!({"dimensions": ["time:minute"]}), "time:hour"),
            (
                json!({"dimensions": ["event:page"], "metrics": ["bounce_rate"]}),
                "break down by a dimension of visits",
            ),
            (
                json!({"order_by": [["visitors desc,(select 1)", "asc"]]}),
                "use one of visitors",
            ),
            (
                json!({"order_by": [["visitors", "desc;select pg_sleep(5)"]]}),
                "use one of asc, desc",
            ),
            (
                json!({"metrics": ["visitors", "pageviews"], "order_by": [["visitors", "desc"], ["pageviews", "sideways"]]}),
                "sideways",
            ),
            (
                json!({"order_by": [["pageviews", "desc"]]}),
                "use one of visitors",
            ),
            (
                json!({"filters": [["is", dimension, ["x"]]]}),
                "use one of event:page",
            ),
            (
                json!({"filters": [["is';--", "event:page", ["x"]]]}),
                "use one of is, is_not",
            ),
            (
                json!({"include": {"time_labels": true}}),
                "needs a dimension of time",
            ),
            (json!({"include": {"x": true}}), "expected one of `imports`"),
            (
                json!({"include": {"comparisons": {"mode": "x"}}}),
                "expected one of `previous_period`",
            ),
            (
                json!({"include": {"comparisons": {"mode": "custom"}}}),
                "two dates",
            ),
            (
                json!({"sort": "visitors desc"}),
                "expected one of `site_id`",
            ),
        ] {
            let answer = known.query(query.clone()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
            let error = error_of(&answer);
            assert!(error.contains(part), "{query}: {error}");
        }
        let site = "site_id=example.com";
        for (path, part) in [
            (
                format!("aggregate?{site}&filter[page;DROP TABLE events--]=x"),
                "use one of site_id, period",
            ),
            (
                format!("aggregate?{site}&metrics=visitors)from(users"),
                "use one of visitors",
            ),
            (format!("aggregate?{site}&period=1 day"), "use day, 7d"),
            (format!("aggregate?{site}&period=24h"), "use day, 7d"),
            (format!("aggregate?{site}&period=custom"), "two dates"),
            (
                format!("aggregate?{site}&period=custom&date=2026-01-01"),
                "two dates",
            ),
            (
                format!("aggregate?{site}&period=day&date=tomorrow"),
                "must be a date",
            ),
            (format!("aggregate?{site}&compare=year"), "previous_period"),
            (format!("aggregate?{site}&{site}"), "twice"),
            ("aggregate".into(), "`site_id` is missing"),
            (
                format!("timeseries?{site}&interval=minute"),
                "use one of day, month",
            ),
            (format!("breakdown?{site}"), "`property` is missing"),
            (
                format!("breakdown?{site}&property=pragma"),
                "use one of event:page",
            ),
            (format!("breakdown?{site}&property=time:day"), "timeseries"),
            (
                format!("breakdown?{site}&property=event:page&limit=1001"),
                "from 1 to 1000",
            ),
            (
                format!("breakdown?{site}&property=event:page&page=0"),
                "from 1",
            ),
            (
                format!("breakdown?{site}&property=event:props:visitors"),
                "both the metric and the property",
            ),
            (
                format!("breakdown?{site}&property=event:page&filters=a'b\"c"),
                "DIMENSION==VALUE",
            ),
        ] {
            let path = path.replace(' ', "%20").replace('"', "%22");
            let answer = known.get(&format!("/api/v1/stats/{path}")).await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{path}: {}",
                answer.text()
            );
            let error = error_of(&answer);
            assert!(error.contains(part), "{path}: {error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_would_be_sql_are_taken_literally() {
    on_both(|known| async move {
        for value in [
            "' OR 1=1--",
            "%",
            "_",
            "\\",
            "a' COLLATE NOCASE--",
            "/pric%",
            "\u{1F40D}\u{202E}",
        ] {
            for operator in ["is", "contains"] {
                let filters = json!([[operator, "event:page", [value]]]);
                let rows = known.rows(json!({ "filters": filters })).await;
                assert_eq!(rows, [json!([[], [0]])], "{operator} {value}");
            }
            let property = json!([["is", format!("event:props:{value}"), ["x"]]]);
            let rows = known.rows(json!({ "filters": property })).await;
            assert_eq!(rows, [json!([[], [0]])], "property {value}");
            let property = json!([format!("event:props:{value}")]);
            let rows = known.rows(json!({ "dimensions": property })).await;
            assert!(rows.is_empty(), "property {value}: {rows:?}");
            let path = format!(
                "/api/v1/stats/aggregate?site_id=example.com&filters=event:page=={}",
                encoded(value)
            );
            let answer = known.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
            assert!(
                answer.text().contains(r#"{"value":0}"#),
                "{}",
                answer.text()
            );
        }
        for (value, part) in [
            ("x".repeat(10_000), "2000 bytes"),
            ("a\0b".into(), "U+0000"),
        ] {
            let answer = known
                .query(json!({"filters": [["is", "event:page", [value]]]}))
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            let error = error_of(&answer);
            assert!(error.contains(part), "{error}");
        }
        for site in [
            "' OR 1=1--",
            "example.com\0",
            "EXAMPLE.com/../x",
            &"a".repeat(1_000),
        ] {
            let answer = known.query(json!({ "site_id": site })).await;
            assert!(
                matches!(answer.status.as_u16(), 200 | 401),
                "{site}: {}",
                answer.text()
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_zones_are_checked_before_anything_is_asked() {
    on_both(|known| async move {
        let db = &known.server.db;
        let with_zone = async |domain: &str, zone: &str| {
            let new = NewSite {
                domain: domain.into(),
                name: String::new(),
                time_zone: zone.into(),
            };
            site_service::create(db, &Principal::System, &new, noon()).await
        };
        for zone in [
            "UTC'; select 1--",
            "../../etc/passwd",
            "/etc/passwd",
            "Mars/Base",
            "+25:00",
        ] {
            let refused = with_zone("zone.example", zone).await;
            let is_refused = matches!(
                refused,
                Err(ServiceError::Invalid {
                    field: "time_zone",
                    ..
                })
            );
            assert!(is_refused, "{zone}: {refused:?}");
        }
        // An old alias works, as do blanks around a name and no name at all.
        for (domain, zone, offset) in [
            ("saigon.example", "Asia/Saigon", "+07:00"),
            ("paris.example", "Europe/Paris ", "+01:00"),
            ("none.example", "", "+00:00"),
        ] {
            with_zone(domain, zone).await.expect("a site");
            let answer = known
                .query(json!({"site_id": domain, "dimensions": ["time:hour"], "date_range": "day"}))
                .await;
            assert_eq!(answer.status, StatusCode::OK, "{zone}: {}", answer.text());
            let range = format!("T00:00:00{offset}");
            assert!(answer.text().contains(&range), "{zone}: {}", answer.text());
        }
        for end in [
            "2026-11-23T00:00:00[Mars/Base]",
            "2026-11-23T00:00:00 Europe/Paris ",
            "2026-11-23T25:00:00Z",
        ] {
            let answer = known
                .query(json!({"date_range": ["2026-11-22T00:00:00Z", end]}))
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{end}");
            assert!(error_of(&answer).contains("two instants"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_costs_no_more_than_it_may() {
    on_both(|known| async move {
        let page = json!(["is", "event:page", ["/"]]);
        let nested = (0..60).fold(page.clone(), |inner, _| json!(["not", inner]));
        let pattern = |pattern: &str| json!({"filters": [["matches", "event:page", [pattern]]]});
        for (query, part) in [
            (json!({"date_range": ["0001-01-01", "9999-12-31"]}), "two dates"),
            (json!({"date_range": ["1970-01-01", "2026-12-31"], "dimensions": ["time:hour"]}), "longer interval or a shorter range"),
            (json!({"date_range": "5001d"}), "a number of days"),
            (json!({"include": {"comparisons": {"mode": "custom", "date_range": ["1970-01-01", "9998-12-31"]}}}), "after today"),
            (json!({"include": {"comparisons": {"mode": "custom", "date_range": ["2010-01-01", "2026-11-24"]}}}), "at most 5000 days"),
            (json!({"pagination": {"limit": 1_000_000_000}}), "1 to 10000"),
            (json!({"pagination": {"limit": 0}}), "1 to 10000"),
            (json!({"filters": vec![page.clone(); 500]}), "at most 100 filters"),
            (json!({"filters": [["or", vec![page.clone(); 101]]]}), "at most 100 filters"),
            (json!({"filters": [["and", vec![page.clone(); 60]], ["and", vec![page.clone(); 60]]]}), "at most 100 filters"),
            (json!({"filters": [["is", "event:page", vec!["/"; 101]]]}), "1 to 100 values"),
            (json!({"filters": [nested]}), "10 deep"),
            (json!({"dimensions": ["event:page", "visit:os", "visit:device", "visit:browser", "visit:source", "visit:channel"]}), "at most 5 dimensions"),
            (pattern(&"(a{1000}){1000}".repeat(3)), "regular expression"),
            (pattern("("), "regular expression"),
            (pattern("(?=a)"), "regular expression"),
        ] {
            let answer = known.query(query.clone()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
            let error = error_of(&answer);
            assert!(error.contains(part), "{part}: {error}");
        }
        // Linear in any case: the pattern that is exponential elsewhere.
        let answer = known.query(pattern("(a+)+$")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let answer = known.query(json!({"date_range": ["1970-01-01", "9998-12-31"], "dimensions": ["time"]})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let far = json!({"date_range": ["1970-01-01", "9998-12-31"], "include": {"comparisons": {"mode": "previous_period"}}});
        let answer = known.query(far).await;
        assert!(answer.text().contains(r#""comparison":{"dimensions":[],"metrics":[0]"#), "{}", answer.text());
        let answer = known.query(json!({"pagination": {"limit": 10, "offset": usize::MAX}})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());

        let large = format!(r#"{{"site_id":"{}"}}"#, "x".repeat(65_536));
        let answer = known.send("POST", "/api/v2/query", &large).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(error_of(&answer).contains("65536 bytes"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_is_answered_in_json_and_never_by_a_failure() {
    let known = Known::start().await;
    let deep = "[".repeat(60_000);
    let bodies: [&[u8]; 10] = [
        b"",
        b"\xff\xfe",
        b"null",
        b"{\"site_id\":\"\\ud800\"}",
        b"{\"site_id\":1e400}",
        deep.as_bytes(),
        b"{\"site_id\":\"a\",\"metrics\":[[]],\"date_range\":{}}",
        b"{\"site_id\":\"a\",\"metrics\":{},\"date_range\":7}",
        b"{\"site_id\":\"a\",\"metrics\":[\"visitors\"],\"date_range\":\"day\",\"filters\":{}}",
        b"{\"site_id\":\"a\",\"metrics\":[\"visitors\"],\"date_range\":\"day\",\"pagination\":{\"offset\":1e99}}",
    ];
    for body in bodies {
        let request = Request::post("/api/v2/query")
            .header(header::AUTHORIZATION, format!("Bearer {}", known.key))
            .body(Body::from(body.to_vec()));
        let answer = known.server.send(request.expect("a request")).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}");
        error_of(&answer);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = known.send(method.as_str(), "/api/v2/query", "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        error_of(&answer);
    }
    for authorization in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer \u{e9}"] {
        let value = header::HeaderValue::from_bytes(authorization.as_bytes()).expect("bytes");
        let request = Request::get("/api/v1/sites")
            .header(header::AUTHORIZATION, value)
            .body(Body::empty());
        let answer = known.server.send(request.expect("a request")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
        error_of(&answer);
    }
    for path in [
        "/api/v1/sites/%ff",
        "/api/v2/export/%ff.csv?site_id=example.com",
    ] {
        let answer = known.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        error_of(&answer);
    }
    let _: Value =
        serde_json::from_slice(&known.get("/api/openapi.json").await.body).expect("JSON");
}
