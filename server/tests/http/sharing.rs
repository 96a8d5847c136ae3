//! What can be read without an account over the whole server.

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode, header};
use tower::ServiceExt;
use trackflow::{
    domain::{Condition, Dimension, Filter, Principal, Role},
    services::{
        share_link_service::{self, NewShareLink},
        site_service,
    },
};

use crate::support::{BROWSER, HOST, PEER, TestServer, now};

#[tokio::test(flavor = "multi_thread")]
async fn exports_and_the_live_stream_of_a_public_dashboard_need_no_account() {
    let server = TestServer::start().await;
    let export = "/sites/example.com/export/page.csv";
    let live = "/api/app/live?domain=example.com";
    assert_eq!(server.get(export).await.status, StatusCode::SEE_OTHER);
    assert_eq!(server.get(live).await.status, StatusCode::UNAUTHORIZED);

    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    site_service::set_public(db, &system, site.expect("the site").id, true)
        .await
        .expect("the site is public");
    let answer = server.get(export).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().starts_with("\"page\",\"visitors\""));
    let mut request = Request::get(live)
        .header(header::HOST, HOST)
        .body(Body::empty())
        .expect("a valid request");
    request.extensions_mut().insert(ConnectInfo(PEER));
    let stream = server.router.clone().oneshot(request).await;
    let stream = stream.expect("the router never fails");
    assert_eq!(stream.status(), StatusCode::OK);

    for (path, status) in [
        (
            "/sites/other.example/export/page.csv",
            StatusCode::SEE_OTHER,
        ),
        (
            "/api/app/live?domain=other.example",
            StatusCode::UNAUTHORIZED,
        ),
        (
            "/api/v2/export/page.csv?site_id=example.com",
            StatusCode::UNAUTHORIZED,
        ),
        (
            "/api/v1/sites/example.com/annotations",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        assert_eq!(server.get(path).await.status, status, "{path}");
    }
}

/// A server with a link to `example.com` that shows visits from Germany only, and the address of the link.
async fn with_link(password: &str) -> (TestServer, String) {
    let server = TestServer::start().await;
    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    let condition = Condition::all(&[Filter::is(Dimension::Country, "DE")]);
    let new = NewShareLink {
        name: "Agency",
        password,
        condition: Some(&condition),
        life_days: None,
    };
    let site = site.expect("the site").id;
    let made = share_link_service::create(db, &system, site, &new, now()).await;
    let link = format!("/share/{}", made.expect("a link").1.as_str());
    (server, link)
}

async fn visit(server: &TestServer, page: &str) {
    let body = format!(r#"{{"n":"pageview","u":"https://example.com{page}","d":"example.com"}}"#);
    let event = Request::post("/api/event").header(header::USER_AGENT, BROWSER);
    let event = event.body(body.into()).expect("a valid request");
    assert_eq!(server.send(event).await.status, StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_its_dashboard_and_nowhere_else() {
    let (server, link) = with_link("").await;
    // From nowhere that is known, so the link shows none of it.
    visit(&server, "/hidden").await;
    let session = server.log_in("a@example.com", Role::Admin).await;
    for (path, words) in [
        ("", "Country is DE"),
        ("?period=all", "Country is DE"),
        ("?filter=country:is_not:DE", "Country is DE"),
        ("?filter=page:is:/hidden", "Country is DE"),
        ("/page", "No pages in this period"),
        ("/country?period=all", "No countries in this period"),
        ("/properties/plan", "Country is DE"),
    ] {
        let address = format!("{link}{path}");
        for cookie in ["", &format!("trackflow={session}")] {
            let request = Request::get(&address).header(header::COOKIE, cookie);
            let answer = server
                .send(request.body(Body::empty()).expect("valid"))
                .await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
            assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
            assert_eq!(answer.header(header::SET_COOKIE), "");
            let html = answer.text();
            assert!(html.contains(words), "{path} lacks {words}");
            let shown = html.replace("filter=page:is:/hidden", "");
            assert!(
                !shown.contains(">/hidden<") || path.contains("hidden"),
                "{path}"
            );
            for private in [
                "/sites/example.com",
                "/export/",
                "data-live-stream",
                "Signed in as",
                "/settings",
            ] {
                assert!(!html.contains(private), "{path} has {private}");
            }
        }
    }
    // The link's token opens no other address.
    for (path, status) in [
        ("/settings", StatusCode::NOT_FOUND),
        ("/goals", StatusCode::NOT_FOUND),
        ("/live", StatusCode::NOT_FOUND),
        ("/vitals", StatusCode::NOT_FOUND),
        ("/journeys", StatusCode::NOT_FOUND),
        ("/export/page.csv", StatusCode::NOT_FOUND),
        ("/sites/example.com/export/page.csv", StatusCode::NOT_FOUND),
    ] {
        let answer = server.get(&format!("{link}{path}")).await;
        assert_eq!(answer.status, status, "{path}");
    }
    for path in [
        "/sites/example.com",
        "/sites/example.com/settings/sharing",
        "/sites/example.com/export/page.csv",
    ] {
        assert_eq!(
            server.get(path).await.status,
            StatusCode::SEE_OTHER,
            "{path}"
        );
    }
    for path in [
        "/api/app/get_site?domain=example.com",
        "/api/app/find_share_links?domain=example.com",
        "/api/app/live?domain=example.com",
    ] {
        let request = Request::get(path).header(header::REFERER, &link);
        let answer = server
            .send(request.body(Body::empty()).expect("valid"))
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_lead_nowhere_are_alike() {
    let (server, link) = with_link("").await;
    let (db, system) = (&server.db, Principal::System);
    let site = site_service::get_by_domain(db, &system, "example.com").await;
    let site = site.expect("the site").id;
    let links = share_link_service::find_all(db, &system, site).await;
    let id = links.expect("the links")[0].id;
    share_link_service::delete(db, &system, site, id)
        .await
        .expect("revoked");
    let never = format!("/share/{}", "0".repeat(64));
    let mut pages = Vec::new();
    for path in [&link, &never, "/share/x", &format!("{link}/page")] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().contains("may have ended or been revoked"));
        let text = answer.text();
        let (_, main) = text.split_once("<main").expect("a page");
        let (main, _) = main.split_once("</main>").expect("its end");
        pages.push(main.to_owned());
    }
    for page in &pages {
        assert_eq!(*page, pages[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_a_password_opens_after_it_for_this_link_only() {
    let (server, link) = with_link("correct horse").await;
    let token = link.trim_start_matches("/share/");
    for path in ["", "/page", "?period=all"] {
        let answer = server.get(&format!("{link}{path}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains("Whoever sent you this link"));
        assert!(!answer.text().contains("example.com"), "nor whose it is");
        assert_eq!(answer.header(header::REFERRER_POLICY), "same-origin");
    }
    let unlock = async |password: &str| {
        let form = format!("token={token}&password={password}");
        let request = Request::post("/api/app/open_share_link")
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        server.send(request.body(form.into()).expect("valid")).await
    };
    let answer = unlock("wrong+horse").await;
    assert_eq!(
        answer.header(header::LOCATION),
        format!("{link}?error=password")
    );
    assert_eq!(answer.header(header::SET_COOKIE), "");
    let answer = unlock("correct+horse").await;
    assert_eq!(answer.header(header::LOCATION), link);
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    for part in [
        format!("Path={link};"),
        "HttpOnly".into(),
        "SameSite=Lax".into(),
        "Max-Age=43200".into(),
    ] {
        assert!(cookie.contains(&part), "{cookie} lacks {part}");
    }
    let pair = cookie.split(';').next().expect("a pair");
    let request = Request::get(&link).header(header::COOKIE, pair);
    let answer = server
        .send(request.body(Body::empty()).expect("valid"))
        .await;
    assert!(answer.text().contains("Country is DE"));
    for _ in 0..10 {
        unlock("wrong+horse").await;
    }
    let answer = unlock("correct+horse").await;
    let location = answer.header(header::LOCATION);
    assert!(
        location.starts_with(&format!("{link}?error=limited&wait=")),
        "{location}"
    );
}
