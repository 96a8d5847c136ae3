//! Custom properties on the dashboard, their own pages, and in the filter menu.

use axum::http::StatusCode;
use trackflow::domain::Role;

use super::support::{Pages, location, pages, send_signups};

/// Names that mean something in addresses, paths or HTML, and the last parts of their addresses.
const HOSTILE: [(&str, &str); 8] = [
    ("a/b c", "a%2Fb%20c"),
    ("..", "%252E%252E"),
    (".", "%252E"),
    ("100%", "100%2525"),
    ("%2F", "%25252F"),
    ("a:b", "a%253Ab"),
    ("<b>?#&=+", "%3Cb%3E%3F%23%26%3D%2B"),
    ("Größe", "Gr%C3%B6%C3%9Fe"),
];

async fn html(pages: &Pages, path: &str) -> String {
    let (answer, html) = pages.get(path, Some(Role::Viewer)).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    html
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_is_there_if_the_period_has_properties() {
    let pages = pages().await;
    let path = "/sites/a.example?period=today";
    assert!(!html(&pages, path).await.contains("properties-title"));
    send_signups(
        &pages,
        &[
            r#"{"plan":"pro & more","author":"Ada"}"#,
            r#"{"plan":"free"}"#,
        ],
    )
    .await;
    let shown = html(&pages, path).await;
    for part in [
        "properties-title",
        // The first name's values are shown; the others are a click away.
        "?period=today&amp;filter=property.author:is:Ada",
        "?period=today&amp;properties=plan#properties-title",
        "/sites/a.example/properties/author?period=today",
        r#"<option value="property.plan">plan</option>"#,
    ] {
        assert!(shown.contains(part), "lacks {part}");
    }
    let shown = html(&pages, "/sites/a.example?period=today&properties=plan").await;
    for part in [
        "properties=plan&amp;filter=property.plan:is:pro%20%26%20more",
        "/sites/a.example/properties/plan?period=today&amp;properties=plan",
    ] {
        assert!(shown.contains(part), "lacks {part}");
    }
    // One that the period does not have is said to be empty.
    let shown = html(&pages, "/sites/a.example?period=today&properties=size").await;
    assert!(shown.contains("No values of size in this period"));
    assert!(
        !html(&pages, "/sites/a.example?period=yesterday")
            .await
            .contains("properties-title")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_has_a_page_whatever_its_name() {
    let pages = pages().await;
    for (name, segment) in HOSTILE {
        let props = serde_json::json!({ name: "Ein Wert|2" });
        send_signups(&pages, &[&props.to_string()]).await;
        let address = format!("/sites/a.example/properties/{segment}");
        let shown = html(&pages, &format!("{address}?period=today")).await;
        assert!(shown.contains("Ein Wert|2"), "{name}: {address}");
        assert!(!shown.contains("<b>?"), "{name} is not escaped");
        let query = app::query::format_pairs(&[("period", "today"), ("properties", name)]);
        let dashboard = html(&pages, &format!("/sites/a.example{query}")).await;
        assert!(dashboard.contains(&format!("{address}?")), "{name}");
        // The filter of the row leads to a view with something in it, and its page too.
        let filter = dashboard
            .split("filter=property.")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a row");
        let narrowed = format!("{address}?period=today&filter=property.{filter}");
        assert!(
            html(&pages, &narrowed).await.contains("Ein Wert|2"),
            "{narrowed}"
        );
    }
    let (answer, _) = pages
        .get("/sites/a.example/properties/", Some(Role::Viewer))
        .await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let long = "a".repeat(301);
    let path = format!("/sites/a.example/properties/{long}");
    let (answer, _) = pages.get(&path, Some(Role::Viewer)).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_property_is_searched_sorted_and_exported() {
    let pages = pages().await;
    send_signups(
        &pages,
        &[
            r#"{"plan":"pro"}"#,
            r#"{"plan":"pro"}"#,
            r#"{"plan":"free"}"#,
        ],
    )
    .await;
    let path = "/sites/a.example/properties/plan?period=today";
    let shown = html(&pages, path).await;
    for part in [
        "Values of plan",
        "/sites/a.example/export/property.plan.csv?period=today",
        "?period=today&amp;sort=events",
        "/sites/a.example?period=today&amp;filter=property.plan:is:free",
    ] {
        assert!(shown.contains(part), "lacks {part}");
    }
    let found = html(&pages, &format!("{path}&search=FR")).await;
    assert!(found.contains("property.plan:is:free") && !found.contains("property.plan:is:pro"));
    let none = html(&pages, &format!("{path}&search=x")).await;
    assert!(none.contains("No values of plan with “x”"));
    let (answer, wrong) = pages
        .get(&format!("{path}&sort=visits"), Some(Role::Viewer))
        .await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(wrong.contains("`sort` must be one of name, visitors, events"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_takes_properties_and_several_values() {
    let pages = pages().await;
    send_signups(&pages, &[r#"{"plan":"pro"}"#]).await;
    for page in [
        "/sites/a.example",
        "/sites/a.example/source",
        "/sites/a.example/properties/a%2Fb",
    ] {
        let form = "filter_dimension=property.plan&filter_operator=is&filter_value=pro\
                    &filter_values=free%0D%0Aa%7Cb";
        let (answer, _) = pages
            .get(&format!("{page}?{form}"), Some(Role::Viewer))
            .await;
        let expected = format!("{page}?filter=property.plan:is:pro%7Cfree%7Ca%5C%7Cb");
        assert_eq!(location(&answer), expected);
    }
    let path = "/sites/a.example?period=today&filter=property.plan:is:pro%7Cfree%7Cx%7Cy";
    let shown = html(&pages, path).await;
    assert!(shown.contains("Remove filter: plan is pro or free or 2 more"));
    assert!(shown.contains(r#"title="pro or free or x or y""#));
}
