//! Dashboards in frames of other sites.

use axum::http::StatusCode;
use trackflow::domain::Role;

use crate::support::pages;

/// The tags that lead somewhere.
fn ways(html: &str) -> impl Iterator<Item = &str> {
    let (_, body) = html.split_once("<body").expect("a page");
    let tags = body.split('<').filter(|tag| tag.starts_with("a "));
    tags.map(|tag| tag.split_once('>').map_or(tag, |(tag, _)| tag))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_stays_embedded_or_leads_to_a_window_of_its_own() {
    let pages = pages().await;
    for form in ["kind=page&pattern=/hello", "kind=event&event=Signup"] {
        let form = format!("domain=a.example&{form}");
        pages
            .post("/api/app/add_goal", &form, Some(Role::Admin))
            .await;
    }
    let form = "domain=a.example&public=yes";
    pages
        .post("/api/app/set_public", form, Some(Role::Admin))
        .await;
    let mut stay = 0;
    for (path, words) in [
        ("/sites/a.example?embed=true&theme=dark", "Germany"),
        ("/sites/a.example?embed=true&theme=dark&goal=1", "Rate"),
        (
            "/sites/a.example?embed=true&theme=dark&filter=page:is:/nothing",
            "Clear",
        ),
        (
            "/sites/a.example?embed=true&theme=dark&period=custom&from=2020-01-01&to=2020-01-02",
            "No visits",
        ),
        ("/sites/a.example/page?embed=true&theme=dark", "/hello"),
        (
            "/sites/a.example/country?embed=true&theme=dark&goal=1",
            "Germany",
        ),
    ] {
        let (answer, html) = pages.get(path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(html.contains(words), "{path} lacks {words}");
        assert!(html.contains(r#"<html lang="en" data-theme="dark""#));
        for tag in ways(&html) {
            let is_kept = tag.contains("embed=true&amp;theme=dark");
            let is_near = tag.contains(r##"href="#"##);
            let leaves = tag.contains(r#"target="_blank""#);
            assert!(is_kept || is_near || leaves, "{path}: {tag}");
            stay += usize::from(is_kept);
        }
        let forms = html.matches("<form").count();
        let kept = html.matches(r#"name="embed" value="true""#).count();
        assert_eq!(forms, kept, "{path}");
        for absent in [
            "CSV",
            "Sign in",
            "current visitors",
            "Journeys",
            "Shortcuts",
            "brand",
        ] {
            assert!(!html.contains(absent), "{path} has {absent}");
        }
        let full = path.replace("embed=true&theme=dark", "").replace("?&", "?");
        let full = full.trim_end_matches('?').replace('&', "&amp;");
        let foot = format!(r#"<a href="{full}" target="_blank""#);
        assert!(html.contains(&foot), "{path} lacks {foot}");
    }
    assert!(stay > 100, "{stay} ways were looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_gets_the_line_to_paste() {
    let pages = pages().await;
    let sharing = "/sites/a.example/settings/sharing";
    let (_, html) = pages.get(sharing, Some(Role::Admin)).await;
    assert!(!html.contains("iframe"), "nothing is shared yet");
    let form = "domain=a.example&public=yes";
    pages
        .post("/api/app/set_public", form, Some(Role::Admin))
        .await;
    let (_, html) = pages.get(sharing, Some(Role::Viewer)).await;
    // Escaped once for the frame's attribute, and once for the page.
    let line = "src=\"https://stats.example/sites/a.example?embed=true&amp;amp;theme=system\"";
    assert!(html.contains(line), "the page lacks {line}");
}
