//! The page of web vitals.

use trackflow::{
    domain::{Principal, Role, VitalValues},
    services::{
        site_service,
        vitals_service::{self, NewVitals, day_of},
    },
};

use crate::support::{NOW, Pages, pages};

/// Three page views of today and one of long ago.
async fn measure(pages: &Pages) {
    let site = site_service::get_by_domain(&pages.db, &Principal::System, "a.example").await;
    let site = site.expect("the site");
    let zone = jiff::tz::TimeZone::get(&site.time_zone).expect("a zone");
    let today = day_of(NOW, &zone);
    let view = |day, page: &str, country: &str, lcp, cls| NewVitals {
        site_id: site.id,
        day,
        page: page.into(),
        country: country.into(),
        device: "Mobile".into(),
        values: VitalValues([Some(lcp), None, Some(cls), None, None]),
    };
    let views = [
        view(today, "/hello", "DE", 2_500.0, 0.12),
        view(today, "/hello", "DE", 1_000.0, 0.12),
        view(today, "/<b>", "", 5_000.0, 0.12),
        view(today - 300, "/old", "FR", 1.0, 0.0),
    ];
    let missing = vitals_service::add(&pages.db, &views).await;
    assert_eq!(missing.expect("they are added"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn vitals_are_shown_with_their_ratings_and_told_apart() {
    let pages = pages().await;
    measure(&pages).await;
    let viewer = Some(Role::Viewer);
    let (_, html) = pages.get("/sites/a.example/vitals", viewer).await;
    for words in [
        "Largest Contentful Paint",
        ">4.95 s<",
        "67% good of 3 measurements",
        "aria-label=\"2 good, 0 needs improvement, 1 poor\"",
        ">0.12<",
        "0% good of 3 measurements",
        "Needs improvement",
        "Not measured",
        "href=\"?page=/hello\"",
        "/&lt;b&gt;",
        "href=\"?by=country#by\"",
        "href=\"?period=7d\"",
    ] {
        assert!(html.contains(words), "the page lacks {words}");
    }
    assert!(!html.contains("/old"));

    let (_, html) = pages
        .get(
            "/sites/a.example/vitals?period=all&by=country&device=Mobile",
            viewer,
        )
        .await;
    for words in [
        "Germany",
        "France",
        "(unknown)",
        "href=\"?period=7d&amp;by=country&amp;device=Mobile\"",
        "name=\"device\" value=\"Mobile\"",
        "Remove device: Mobile",
    ] {
        assert!(html.contains(words), "the page lacks {words}");
    }

    let (_, html) = pages
        .get("/sites/a.example/vitals?page=/hello&country=FR", viewer)
        .await;
    assert!(html.contains("Nothing was measured: "));
    assert!(html.contains("Remove the filters"));
}
