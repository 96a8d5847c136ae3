//! Dashboards that are read without an account.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
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

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_link_is_made_shown_once_and_revoked() {
    let pages = pages().await;
    let admin = Some(Role::Admin);
    let form = "domain=a.example&name=Agency&password=&segment=&life_days=30";
    let (answer, _) = pages.post("/api/app/create_share_link", form, admin).await;
    assert_eq!(location(&answer), format!("{SHARING}?done=created"));
    let cookie = answer.headers()[header::SET_COOKIE]
        .to_str()
        .expect("ASCII");
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let (_, token) = pair.split_once('=').expect("a pair");
    let request = Request::get(SHARING)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, &pair);
    let request = request.body(Body::empty()).expect("a request");
    let (answer, html) = pages.send(request, admin).await;
    assert!(html.contains(&format!("https://stats.example/share/{token}")));
    let cleared = answer.headers()[header::SET_COOKIE]
        .to_str()
        .expect("ASCII");
    assert!(cleared.contains("Max-Age=0"), "{cleared}");

    let (_, html) = pages.get(SHARING, admin).await;
    assert!(!html.contains(token), "its token was shown already");
    for words in [
        "Agency",
        "Shows all visits · without a password",
        "never used",
    ] {
        assert!(html.contains(words), "the page lacks {words}");
    }
    let (_, html) = pages.get(SHARING, Some(Role::Viewer)).await;
    assert!(!html.contains("Agency") && !html.contains("New link"));

    let form = "domain=a.example&id=1";
    let (answer, _) = pages
        .post("/api/app/revoke_share_link", form, Some(Role::Viewer))
        .await;
    assert_eq!(location(&answer), format!("{SHARING}?error=read_only"));
    let (answer, _) = pages.post("/api/app/revoke_share_link", form, admin).await;
    assert_eq!(location(&answer), format!("{SHARING}?done=revoked"));
    let (_, html) = pages.get(SHARING, admin).await;
    assert!(html.contains("There is no link yet."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_cannot_be_is_said_at_its_field() {
    let pages = pages().await;
    for (fields, code, words) in [
        ("name=", "name", "A name must have 1 to 100 characters."),
        (
            "name=a&password=short",
            "password",
            "A password must have 8 to 1,024 bytes",
        ),
        (
            "name=a&segment=7",
            "segment",
            "The segment is gone or cannot be used.",
        ),
        (
            "name=a&life_days=0",
            "life_days",
            "A link can live for 1 to 3650 days.",
        ),
    ] {
        let form = format!("domain=a.example&{fields}");
        let (answer, _) = pages
            .post("/api/app/create_share_link", &form, Some(Role::Admin))
            .await;
        let path = location(&answer).to_owned();
        assert!(
            path.starts_with(&format!("{SHARING}?error={code}")),
            "{path}"
        );
        let path = path.trim_end_matches("#new");
        let (_, html) = pages.get(path, Some(Role::Admin)).await;
        assert!(html.contains(words), "{path} lacks {words}");
    }
}
