//! The page of journeys.

use axum::http::StatusCode;
use trackflow::{domain::Role, ingest::Outcome};

use crate::support::{NOW, Pages, pages, sender};

/// One visitor today: from `/<b>` to `/pricing` and back, beside the one who saw `/hello` alone.
async fn walk(pages: &Pages) {
    for (ms, path) in [
        (9_000, "/%3Cb%3E"),
        (8_000, "/pricing"),
        (7_000, "/%3Cb%3E"),
    ] {
        let event = format!(r#"{{"n":"pageview","u":"https://a.example{path}"}}"#);
        let at = NOW.plus_ms(-ms);
        let stored = pages.ingest.accept(event.as_bytes(), &sender(), at).await;
        assert_eq!(stored.expect("an answer"), Outcome::Stored);
    }
}

async fn get(pages: &Pages, query: &str) -> (StatusCode, String) {
    let path = format!("/sites/a.example/journeys{query}");
    let (answer, html) = pages.get(&path, Some(Role::Viewer)).await;
    assert!(!html.contains(" style="), "{path} has an inline style");
    (answer.status(), html)
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_are_drawn_told_and_listed() {
    let pages = pages().await;
    walk(&pages).await;
    let (status, html) = get(&pages, "?period=today").await;
    assert_eq!(status, StatusCode::OK);
    for words in [
        "2 visits from their first page on.",
        "50% saw no further page.",
        "class=\"sankey\"",
        "Step 4",
        "aria-label=\"/hello, step 1: 1 · 50%\"",
        "href=\"?period=today&amp;page=/pricing\"",
        "/sites/a.example/export/journeys.csv?period=today",
        "name=\"period\" value=\"today\"",
    ] {
        assert!(html.contains(words), "the page lacks {words}");
    }

    let (_, html) = get(&pages, "?period=today&page=/pricing&direction=back&steps=2").await;
    for words in [
        "1 visit from their first view of /pricing back.",
        "Most often they came to /pricing from /",
        "1 step before",
        "value=\"/pricing\"",
        "href=\"?period=7d&amp;page=/pricing&amp;direction=back&amp;steps=2\"",
    ] {
        assert!(html.contains(words), "the page lacks {words}");
    }
    assert!(!html.contains("/hello"));

    // The menu of filters keeps what the journeys are.
    let fields = "filter_dimension=page&filter_operator=is&filter_value=/hello";
    let path = format!("/sites/a.example/journeys?period=today&steps=3&{fields}");
    let (answer, _) = pages.get(&path, Some(Role::Viewer)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let to = answer.headers()["location"].to_str().expect("ASCII");
    assert!(
        to.ends_with("/journeys?period=today&filter=page:is:/hello&steps=3"),
        "{to}"
    );
    let (_, html) = get(&pages, "?period=today&filter=page:is:/hello&steps=3").await;
    assert!(html.contains("1 visit from their first page on. 100% saw no further page."));
    assert!(
        html.contains("href=\"?period=today&amp;steps=3\""),
        "the chip's way out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn views_without_journeys_and_wrong_addresses_say_so() {
    let pages = pages().await;
    for (query, status, words) in [
        ("?period=yesterday", 200, "No visits in this view"),
        (
            "?page=/%3Cb%3E",
            200,
            "No visit saw /&lt;b&gt; in this view",
        ),
        ("?page=/x", 200, "Journeys of all pages"),
        ("?steps=9", 400, "`steps` must be a number from 2 to 6"),
        (
            "?direction=up",
            400,
            "`direction` must be one of forward, back",
        ),
        ("?goal=7", 400, "there is no such goal"),
    ] {
        let (found, html) = get(&pages, query).await;
        assert_eq!(found.as_u16(), status, "{query}");
        assert!(html.contains(words), "{query} lacks {words}");
    }
    let (answer, _) = pages.get("/sites/a.example/journeys", None).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}
