//! Exports: what a page shows, as a file that no spreadsheet executes.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use trackflow::domain::Role;

use crate::{
    known::{Known, error_of, json_of, on_both},
    support::{Answer, HOST},
};

async fn get_as(known: &Known, session: &str, path: &str) -> Answer {
    let request = Request::get(path)
        .header(header::HOST, HOST)
        .header(header::COOKIE, format!("trackflow={session}"))
        .body(Body::empty());
    known.server.send(request.expect("a request")).await
}

const RANGE: &str = "period=custom&from=2026-11-22&to=2026-11-24";

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_the_chart_are_files_for_people_and_programs() {
    on_both(|known| async move {
        let session = known.server.log_in("vic@x.test", Role::Viewer).await;
        for (file, query, name, expected) in [
            (
                "page.csv",
                "",
                "page-2026-11-22-2026-11-24.csv",
                "\"page\",\"visitors\",\"pageviews\",\"time_on_page\",\"scroll_depth\",\"total_revenue\",\"average_revenue\"\r\n\"/\",4,4,0,\"\",\"\",\"\"\r\n\"/pricing\",3,3,10,80,\"EUR 38.50\",\"EUR 19.25\"\r\n\"/=cmd\",1,1,0,\"\",\"\",\"\"\r\n",
            ),
            (
                "campaign.csv",
                "&sort=name&order=ascending",
                "campaign-2026-11-22-2026-11-24.csv",
                "\"campaign\",\"visitors\",\"visits\",\"pageviews\",\"bounce_rate\",\"visit_duration\",\"total_revenue\",\"average_revenue\"\r\n\"(not set)\",6,6,7,67,40,\"EUR 38.50\",\"EUR 19.25\"\r\n\"'=1+1\",1,1,1,100,0,\"\",\"\"\r\n",
            ),
            (
                "country.csv",
                "&search=fra",
                "country-2026-11-22-2026-11-24.csv",
                "\"country\",\"country_name\",\"visitors\",\"visits\",\"pageviews\",\"bounce_rate\",\"visit_duration\",\"total_revenue\",\"average_revenue\"\r\n\"FR\",\"France\",2,2,2,100,0,\"\",\"\"\r\n",
            ),
            // The time that views of a property took is not told apart.
            (
                "page.csv",
                "&filter=event:is:pageview&search=pri",
                "page-2026-11-22-2026-11-24.csv",
                "\"page\",\"visitors\",\"pageviews\",\"time_on_page\",\"scroll_depth\",\"total_revenue\",\"average_revenue\"\r\n\"/pricing\",3,3,\"\",\"\",\"\",\"\"\r\n",
            ),
            (
                "goals.csv",
                "&filter=country:is:DE",
                "goals-2026-11-22-2026-11-24.csv",
                "\"goal\",\"visitors\",\"conversions\",\"conversion_rate\",\"revenue\"\r\n\"Signup\",2,2,50.0,\"EUR 38.50\"\r\n\"Visit /pricing\",2,2,50.0,\"\"\r\n",
            ),
            (
                "journeys.csv",
                "&page=/pricing&direction=back&steps=2",
                "journeys-2026-11-22-2026-11-24.csv",
                "\"step\",\"page\",\"visits\",\"percentage\",\"next_page\",\"next_visits\"\r\n\
                 1,\"/pricing\",3,100.0,\"(start)\",2\r\n1,\"/pricing\",3,100.0,\"/\",1\r\n\
                 2,\"/\",1,33.3,\"\",\"\"\r\n2,\"(start)\",2,66.7,\"\",\"\"\r\n",
            ),
            (
                "property.plan.csv",
                "",
                "property.plan-2026-11-22-2026-11-24.csv",
                "\"value\",\"visitors\",\"events\",\"percentage\",\"total_revenue\",\"average_revenue\"\r\n\"free\",1,1,14.3,\"EUR 9.50\",\"EUR 9.50\"\r\n\"pro\",1,1,14.3,\"EUR 29.00\",\"EUR 29.00\"\r\n",
            ),
            (
                "timeseries.csv",
                "&filter=country:is:FR",
                "timeseries-2026-11-22-2026-11-24.csv",
                "\"time\",\"visitors\",\"visits\",\"pageviews\",\"views_per_visit\",\"bounce_rate\",\"visit_duration\"\r\n\"2026-11-22\",0,0,0,\"\",\"\",\"\"\r\n\
                 \"2026-11-23\",1,1,1,1.0,100,0\r\n\"2026-11-24\",1,1,1,1.0,100,0\r\n",
            ),
        ] {
            let path = format!("/sites/example.com/export/{file}?{RANGE}{query}");
            let answer = get_as(&known, &session, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
            assert_eq!(answer.text(), expected, "{path}");
            assert!(answer.header(header::CONTENT_TYPE).starts_with("text/csv"));
            assert_eq!(
                answer.header(header::CONTENT_DISPOSITION),
                format!("attachment; filename=\"example.com-{name}\"")
            );
            let path = format!("/api/v2/export/{file}?site_id=example.com&{RANGE}{query}");
            let by_key = known.get(&path).await;
            assert_eq!(by_key.text(), expected, "{path}");
        }
        let path = format!("/api/v2/export/page.json?site_id=example.com&{RANGE}");
        let answer = known.get(&path).await;
        assert_eq!(answer.header("x-trackflow-total-rows"), "3");
        let rows: Value = json_of(&answer);
        assert_eq!(rows[2], json!({"page": "/=cmd", "visitors": 1, "pageviews": 1, "time_on_page": 0, "scroll_depth": null, "total_revenue": "", "average_revenue": ""}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_refused() {
    let known = Known::start().await;
    let path = format!("/sites/example.com/export/page.csv?{RANGE}");
    let answer = known.server.get(&path).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let login = answer.header(header::LOCATION);
    assert!(
        login.starts_with("/login?next=/sites/example.com/export/page.csv%3F"),
        "{login}"
    );

    let session = known.server.log_in("vic@x.test", Role::Viewer).await;
    for (path, status, part) in [
        (
            "/sites/example.com/export/page.xml",
            400,
            "with .csv or .json",
        ),
        (
            "/sites/example.com/export/pages.csv",
            400,
            "use one of timeseries, goals, journeys, property.NAME, page",
        ),
        (
            "/sites/example.com/export/page.csv?period=x",
            400,
            "`period` must be one of",
        ),
        (
            "/sites/example.com/export/page.csv?sort=x",
            400,
            "`sort` must be one of",
        ),
        (
            "/sites/example.com/export/journeys.csv?steps=1",
            400,
            "`steps` must be a number from 2 to 6",
        ),
        (
            "/sites/example.com/export/page.csv?filter=page:like:x",
            400,
            "is, is_not",
        ),
    ] {
        let answer = get_as(&known, &session, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let error = error_of(&answer);
        assert!(error.contains(part), "{path}: {error}");
    }
    let answer = get_as(&known, &session, "/sites/other.example/export/page.csv").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = known.get("/api/v2/export/page.csv").await;
    assert!(error_of(&answer).contains("`site_id` is missing"));
}
