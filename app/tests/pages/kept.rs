//! Goals, funnels, segments and annotations: their pages, their forms, and what the dashboard makes of them.

use axum::http::StatusCode;
use trackflow::domain::Role;

use crate::support::{Pages, location, pages, send_purchases};

const ADMIN: Option<Role> = Some(Role::Admin);
const VIEWER: Option<Role> = Some(Role::Viewer);

/// Posts a form of the site and gives where it leads.
async fn posted(pages: &Pages, action: &str, form: &str) -> String {
    let form = format!("domain=a.example&{form}");
    let (answer, _) = pages
        .post(&format!("/api/app/{action}"), &form, ADMIN)
        .await;
    location(&answer).to_owned()
}

async fn shown(pages: &Pages, path: &str) -> String {
    let (answer, html) = pages.get(&format!("/sites/a.example{path}"), ADMIN).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert!(!html.contains(" style="), "{path} has an inline style");
    html
}

/// The page of a form that was refused, without the fragment.
async fn refused(pages: &Pages, action: &str, form: &str) -> String {
    let back = posted(pages, action, form).await;
    assert!(back.contains("error="), "{back}");
    let path = back.split('#').next().unwrap_or_default();
    let (_, html) = pages.get(path, ADMIN).await;
    html
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_pages_say_what_they_are_for() {
    let pages = pages().await;
    for (path, words) in [
        ("/goals", "There is no goal yet."),
        ("/funnels", "There is no funnel yet."),
        ("/segments", "There is no segment yet."),
        ("/annotations", "There is no annotation yet."),
        ("", "Add a goal"),
    ] {
        let html = shown(&pages, path).await;
        assert!(html.contains(words), "{path} lacks {words}");
    }
    for path in [
        "/goals",
        "/funnels",
        "/segments?filter=page:is:/",
        "/annotations",
        "",
    ] {
        let path = format!("/sites/a.example{path}");
        let (answer, html) = pages.get(&path, VIEWER).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        for control in [
            "/api/app/add_",
            "/api/app/remove_",
            "Add a goal",
            "Save filters",
        ] {
            assert!(!html.contains(control), "{path} has {control}");
        }
    }
    let (answer, _) = pages.get("/sites/a.example/funnels/1", ADMIN).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let (answer, _) = pages.get("/sites/a.example/funnels/x", ADMIN).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn goals_with_revenue_show_it_by_currency() {
    let pages = pages().await;
    for form in ["kind=page&pattern=/hello", "kind=event&event=Buy"] {
        posted(&pages, "add_goal", form).await;
    }
    let html = shown(&pages, "?period=today").await;
    assert!(!html.contains("#total_revenue"), "no goal has revenue");
    let amounts = [("29.00", "EUR"), ("12345.6", "EUR"), ("500", "JPY")];
    send_purchases(&pages, &amounts).await;
    let html = shown(&pages, "?period=today").await;
    assert!(html.contains("#total_revenue") && html.contains("#average_revenue"));
    for words in ["EUR 12.4k", "EUR 12,374.60", "EUR 6,187.30", "JPY 500"] {
        assert!(html.contains(words), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_is_counted_on_the_dashboard_and_narrows_it() {
    let pages = pages().await;
    let form = "kind=page&pattern=/hello";
    assert_eq!(
        posted(&pages, "add_goal", form).await,
        "/sites/a.example/goals?done=added"
    );
    let form = "kind=event&event=Signup&name=Join&properties%5B0%5D%5Bproperty%5D=plan\
                &properties%5B0%5D%5Boperator%5D=is&properties%5B0%5D%5Bvalue%5D=pro";
    posted(&pages, "add_goal", form).await;
    let html = shown(&pages, "/goals?done=added").await;
    for words in ["Visit /hello", "Join", "Signup where plan = pro", "Saved"] {
        assert!(html.contains(words), "{words}");
    }

    let html = shown(&pages, "?period=today").await;
    assert!(html.contains("href=\"?period=today&amp;goal=1\""));
    assert!(html.contains("/sites/a.example/export/goals.csv?period=today"));
    let html = shown(&pages, "?period=today&goal=1").await;
    assert!(html.contains("Remove goal: Visit /hello"));
    assert!(html.contains("Reached it") && html.contains(">100%<"));
    let html = shown(&pages, "?period=today&goal=2").await;
    assert!(html.contains("No visit matches these filters"));
    let (answer, html) = pages.get("/sites/a.example?goal=99", ADMIN).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(html.contains("there is no such goal"));
    let html = shown(&pages, "/page?period=today&goal=1").await;
    assert!(html.contains("/hello") && html.contains(">Rate<") && html.contains(">100%<"));

    assert_eq!(
        posted(&pages, "remove_goal", "id=1").await,
        "/sites/a.example/goals?done=removed"
    );
    assert_eq!(
        posted(&pages, "remove_goal", "id=1").await,
        "/sites/a.example/goals?error=not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_goals_come_back_with_what_was_typed() {
    let pages = pages().await;
    for (form, words, typed) in [
        (
            "kind=page&pattern=hello",
            "This must begin with /",
            "value=\"hello\"",
        ),
        ("kind=page", "This must begin with /", "name=\"pattern\""),
        (
            "kind=event&event=pageview",
            "sent by every page",
            "value=\"pageview\"",
        ),
        (
            "kind=scroll&pattern=/a&percent=200",
            "from 1 to 100",
            "value=\"200\"",
        ),
        (
            "kind=scroll&pattern=%22%3E%3Cb%3E&percent=20",
            "must begin with /",
            "&quot;&gt;",
        ),
    ] {
        let html = refused(&pages, "add_goal", form).await;
        assert!(html.contains(words), "{form} lacks {words}");
        assert!(html.contains(typed), "{form} lacks {typed}");
        assert!(html.contains("aria-invalid=\"true\""), "{form}");
    }
    // Of several properties the one that is wrong is told, to those who hear the page, too.
    let property = |at: usize, name: &str, operator: &str, value: &str| {
        let field = |part: &str, value: &str| format!("&properties%5B{at}%5D%5B{part}%5D={value}");
        field("property", name) + &field("operator", operator) + &field("value", value)
    };
    let form = "kind=event&event=Signup".to_owned()
        + &property(0, "plan", "is", "pro")
        + &property(1, "code", "matches", "(");
    let html = refused(&pages, "add_goal", &form).await;
    assert!(html.contains("unclosed group"), "the reason");
    assert!(html.contains("aria-describedby=\"property-error property-hint\""));
    assert_eq!(html.matches("id=\"property-error\"").count(), 1);
    for (label, is_wrong) in [
        ("Property 1", false),
        ("Property 2", true),
        ("Value of property 2", true),
        ("Property 3", false),
    ] {
        let of_label = format!("aria-label=\"{label}\"");
        let tag = html.split('<').find(|tag| tag.contains(&of_label));
        let tag = tag.expect("the field");
        assert_eq!(tag.contains("aria-invalid"), is_wrong, "{tag}");
        assert_eq!(tag.contains("property-error"), is_wrong, "{tag}");
    }
    posted(&pages, "add_goal", "kind=page&pattern=/a&name=A").await;
    let html = refused(&pages, "add_goal", "kind=page&pattern=/b&name=A").await;
    assert!(html.contains("There is a goal of this name already."));
    // Nobody can put a sentence of their own on the page.
    let html = shown(&pages, "/goals?error=pattern&kind=page&pattern=/fine").await;
    assert!(!html.contains("field-error"));
    let back = posted(&pages, "add_goal", "kind=colour").await;
    assert!(back.contains("error=kind"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_funnel_grows_by_round_trips_and_is_counted() {
    let pages = pages().await;
    posted(&pages, "add_goal", "kind=page&pattern=/hello").await;
    let form = "name=Way&scope=day&steps%5B0%5D%5Bwhat%5D=goal:1&steps%5B1%5D%5Bwhat%5D=event\
                &steps%5B1%5D%5Bvalue%5D=Signup";
    let html = shown(&pages, &format!("/funnels?{form}&add=1")).await;
    assert!(html.contains("name=\"steps[2][what]\"") && html.contains("value=\"Way\""));
    assert!(html.contains("Remove step 3") && html.contains("value=\"Signup\""));
    let html = shown(&pages, "/funnels").await;
    assert!(!html.contains("Remove step 1"));

    let shown_at = posted(&pages, "add_funnel", form).await;
    assert_eq!(shown_at, "/sites/a.example/funnels/1");
    let html = shown(&pages, "/funnels/1?period=today").await;
    assert!(html.contains("1 of 1 visitors took the first step; 0% of those took them all."));
    let html = shown(&pages, "/funnels/1?period=yesterday").await;
    assert!(html.contains("No visits in this view"));
    let html = shown(&pages, "/funnels").await;
    assert!(html.contains("Visit /hello → Signup, within one day"));

    for (form, words) in [
        ("name=&scope=visit", "This must have 1 to 120 characters."),
        (
            "name=B&steps%5B0%5D%5Bwhat%5D=goal:1",
            "A funnel has 2 to 10 steps.",
        ),
        (
            "name=B&steps%5B0%5D%5Bwhat%5D=page&steps%5B0%5D%5Bvalue%5D=x",
            "Step 1 must begin with /",
        ),
        (
            "name=B&steps%5B0%5D%5Bwhat%5D=goal:1&steps%5B1%5D%5Bwhat%5D=goal:77",
            "A step is a goal that was removed.",
        ),
        (
            "name=Way&steps%5B0%5D%5Bwhat%5D=goal:1&steps%5B1%5D%5Bwhat%5D=goal:1",
            "There is a funnel of this name already.",
        ),
    ] {
        let html = refused(&pages, "add_funnel", form).await;
        assert!(html.contains(words), "{form} lacks {words}");
    }
    let back = posted(&pages, "remove_goal", "id=1").await;
    assert_eq!(back, "/sites/a.example/goals?error=taken");
    let html = shown(&pages, "/goals?error=taken").await;
    assert!(html.contains("A funnel uses this goal"));
    posted(&pages, "remove_funnel", "id=1").await;
    posted(&pages, "remove_goal", "id=1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_saved_as_a_segment_and_asked_for_by_its_number() {
    let pages = pages().await;
    let html = shown(&pages, "?filter=country:is:DE").await;
    assert!(html.contains("/sites/a.example/segments?filter=country:is:DE#new"));
    let html = shown(&pages, "/segments?filter=country:is:DE").await;
    assert!(html.contains("Remove filter: Country is Germany") && html.contains("Save segment"));
    let form = "name=German&scope=site&query=period%3Dtoday%26filter%3Dcountry%3Ais%3ADE";
    assert_eq!(
        posted(&pages, "add_segment", form).await,
        "/sites/a.example?period=today&segment=1"
    );
    let html = shown(&pages, "?period=today&segment=1").await;
    assert!(html.contains("Remove segment: German") && html.contains("Germany: 1 visitor"));
    let html = shown(&pages, "?period=today&segment=1&filter=page:is:/none").await;
    assert!(html.contains("No visit satisfies all 2."));
    // A segment of a segment and a filter.
    let form = "name=Both&scope=personal&query=segment%3D1%26filter%3Dpage%3Ais%3A%2Fhello";
    posted(&pages, "add_segment", form).await;
    let html = shown(&pages, "/segments").await;
    assert!(
        html.contains("Only you: Page is /hello and Country is DE"),
        "{html}"
    );
    let html = refused(
        &pages,
        "add_segment",
        "name=German&scope=site&query=segment%3D1",
    )
    .await;
    assert!(html.contains("There is a segment of this name already."));
    let back = posted(&pages, "add_segment", "name=C&query=").await;
    assert!(back.contains("error=filters"), "{back}");

    let (answer, html) = pages.get("/sites/a.example?segment=77", ADMIN).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(html.contains("there is no such segment"));
    posted(&pages, "remove_segment", "id=1").await;
    let html = shown(&pages, "/segments").await;
    assert!(!html.contains("German<"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_is_in_the_chart_and_below_it() {
    let pages = pages().await;
    let form = "date=2026-11-24&time=10:30&text=%3CVersion%3E+2";
    assert_eq!(
        posted(&pages, "add_annotation", form).await,
        "/sites/a.example/annotations?done=added"
    );
    posted(
        &pages,
        "add_annotation",
        "date=2026-11-01&text=Some+weeks+ago",
    )
    .await;
    let html = shown(&pages, "/annotations").await;
    assert!(html.contains("24 November 2026, 10:30, by ada@a.example"));
    assert!(html.contains("&lt;Version&gt; 2"));
    let html = shown(&pages, "?period=today").await;
    assert!(html.contains("class=\"annotation\"") && html.contains("aria-label=\"Annotations\""));
    assert!(!html.contains("Some weeks ago"));
    // What is to come has no place in the chart yet.
    posted(&pages, "add_annotation", "date=2026-11-26&text=To+come").await;
    let html = shown(&pages, "?period=month").await;
    assert!(html.contains("Some weeks ago") && !html.contains("To come"));
    for (form, words) in [
        ("date=x&text=a", "This must be a date."),
        (
            "date=2026-11-24&time=x&text=a",
            "This must be a time of day.",
        ),
        (
            "date=2026-11-24&text=",
            "This must have 1 to 300 characters.",
        ),
    ] {
        let html = refused(&pages, "add_annotation", form).await;
        assert!(html.contains(words), "{form} lacks {words}");
    }
    posted(&pages, "remove_annotation", "id=1").await;
    let html = shown(&pages, "?period=today").await;
    assert!(!html.contains("class=\"annotation\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_can_neither_keep_nor_remove() {
    let pages = pages().await;
    for (action, form) in [
        ("add_goal", "kind=page&pattern=/a"),
        ("remove_goal", "id=1"),
        (
            "add_funnel",
            "name=a&steps%5B0%5D%5Bwhat%5D=goal:1&steps%5B1%5D%5Bwhat%5D=goal:1",
        ),
        ("remove_funnel", "id=1"),
        ("add_segment", "name=a&query=filter%3Dpage%3Ais%3A%2F"),
        ("remove_segment", "id=1"),
        ("add_annotation", "date=2026-11-24&text=a"),
        ("remove_annotation", "id=1"),
    ] {
        let form = format!("domain=a.example&{form}");
        let path = format!("/api/app/{action}");
        let (answer, _) = pages.post(&path, &form, VIEWER).await;
        assert!(location(&answer).contains("error=read_only"), "{action}");
        let (answer, _) = pages.post(&path, &form, None).await;
        assert!(
            location(&answer).contains("error=not_signed_in"),
            "{action}"
        );
    }
}
