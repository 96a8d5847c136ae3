//! Dashboards that are read without an account.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use trackflow::domain::Role;

use crate::support::{Pages, location, pages};

const SHARING: &str = "/sites/a.example/settings/sharing";

async fn make_public(pages: &Pages) {
    let form = "domain=a.example&public=yes";
    let (answer, _) = pages
        .post("/api/app/set_public", form, Some(Role::Admin))
        .await;
    assert_eq!(location(&answer), format!("{SHARING}?done=public"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_dashboard_is_read_without_an_account_and_nothing_else_is() {
    let pages = pages().await;
    let (answer, _) = pages.get("/sites/a.example", None).await;
    assert_eq!(location(&answer), "/login?next=/sites/a.example");
    make_public(&pages).await;
    for (path, words) in [
        ("/sites/a.example", "Germany: 1 visitor, 100%"),
        ("/sites/a.example?filter=page:is:/hello", "Germany"),
        ("/sites/a.example/page", "/hello"),
        ("/sites/a.example/live", "current visitor"),
        ("/sites/a.example/journeys", "Journeys"),
        ("/sites/a.example/vitals", "Web vitals"),
    ] {
        let (answer, html) = pages.get(path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(html.contains(words), "{path} lacks {words}");
        for private in [
            "/settings",
            "/funnels",
            "/api-keys",
            "add-site",
            "Signed in as",
        ] {
            assert!(!html.contains(private), "{path} has {private}");
        }
        let is_indexed = !answer.headers().contains_key("x-robots-tag");
        assert_eq!(is_indexed, path == "/sites/a.example", "{path}");
    }
    for path in [
        "/sites",
        "/sites/other.example",
        "/sites/a.example/settings",
        SHARING,
        "/sites/a.example/goals",
        "/sites/a.example/funnels",
        "/sites/a.example/funnels/1",
        "/sites/a.example/segments",
        "/sites/a.example/annotations",
        "/sites/a.example/rules",
        "/sites/a.example/ingestion",
        "/sites/a.example/privacy",
        "/sites/a.example/snippet",
        "/settings/api-keys",
        "/add-site",
    ] {
        let (answer, _) = pages.get(path, None).await;
        assert_eq!(location(&answer), format!("/login?next={path}"));
    }
    for (function, status) in [
        ("get_site?domain=a.example", 200),
        ("get_realtime?domain=a.example", 200),
        ("get_site?domain=other.example", 401),
        ("find_annotations?domain=a.example", 401),
        ("find_sites", 401),
        ("list_sites", 401),
    ] {
        let request = Request::get(format!("/api/app/{function}")).body(Body::empty());
        let (answer, _) = pages.send(request.expect("a request"), None).await;
        assert_eq!(answer.status().as_u16(), status, "{function}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_make_a_dashboard_public() {
    let pages = pages().await;
    let (_, html) = pages.get(SHARING, Some(Role::Admin)).await;
    assert!(html.contains("Make public") && html.contains("Only those who sign in can read it."));
    let (_, html) = pages.get(SHARING, Some(Role::Viewer)).await;
    assert!(html.contains("Public dashboard") && !html.contains("Make public"));
    for (role, code) in [(Some(Role::Viewer), "read_only"), (None, "not_signed_in")] {
        let form = "domain=a.example&public=yes";
        let (answer, _) = pages.post("/api/app/set_public", form, role).await;
        assert_eq!(location(&answer), format!("{SHARING}?error={code}"));
    }
    let (answer, _) = pages.get("/sites/a.example", None).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);

    make_public(&pages).await;
    let (_, html) = pages.get(SHARING, Some(Role::Admin)).await;
    assert!(
        html.contains("https://stats.example/sites/a.example") && html.contains("Make private")
    );
    let form = "domain=a.example&public=no";
    let (answer, _) = pages
        .post("/api/app/set_public", form, Some(Role::Admin))
        .await;
    assert_eq!(location(&answer), format!("{SHARING}?done=private"));
    let (answer, _) = pages.get("/sites/a.example", None).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}
