//! All chart islands with fixture data, for `trunk serve`: a chart can be looked at, touched and restyled without a server.
//!
//! The fixtures are the reviewed snapshots of the chart tests (`app/src/charts/snapshots`), so what the tests hold is what
//! is seen here. `cargo insta review` changes both.

use app::islands::wake_on_touch;
use leptos::prelude::*;

/// A chart with the text of its two snapshots.
struct Fixture {
    title: &'static str,
    option: &'static str,
    drawing: &'static str,
}

macro_rules! fixture {
    ($title:literal, $name:literal) => {
        Fixture {
            title: $title,
            option: include_str!(concat!(
                "../../src/charts/snapshots/app__charts__tests__option_",
                $name,
                ".snap"
            )),
            drawing: include_str!(concat!(
                "../../src/charts/snapshots/app__charts__tests__svg_",
                $name,
                ".snap"
            )),
        }
    };
}

const FIXTURES: [Fixture; 5] = [
    fixture!("Visitors per day, compared", "visitors_compared"),
    fixture!("Bounce rate per day, compared", "bounce_rate_compared"),
    fixture!(
        "Visit duration per day, compared",
        "visit_duration_compared"
    ),
    fixture!("Visitors per hour", "visitors_hourly"),
    fixture!(
        "Views per visit per hour, with gaps",
        "views_per_visit_hourly"
    ),
];

fn main() {
    leptos::mount::mount_to_body(Gallery);
}

/// One figure a fixture, in the frame that the dashboard gives it.
#[component]
fn Gallery() -> impl IntoView {
    let charts = FIXTURES.map(|fixture| view! { <ChartFigure fixture=fixture/> });
    view! {
        <main id="main">
            <div class="page-head">
                <h1>"Charts"</h1>
            </div>
            {charts.collect_view()}
        </main>
    }
}

#[component]
fn ChartFigure(fixture: Fixture) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if let Some(place) = place.get() {
            wake_on_touch(&place);
        }
    });
    view! {
        <section class="section">
            <h2>{fixture.title}</h2>
            <figure class="chart" aria-label=fixture.title>
                <div class="chart-live" node_ref=place>
                    <div
                        class="chart-body"
                        data-option=content(fixture.option)
                        data-script="/charts.js"
                        data-label=fixture.title
                        inner_html=content(fixture.drawing)
                    ></div>
                </div>
            </figure>
        </section>
    }
}

/// A snapshot without insta's head, which ends at the second `---`.
fn content(snapshot: &'static str) -> &'static str {
    snapshot
        .splitn(3, "---\n")
        .nth(2)
        .unwrap_or_default()
        .trim_end()
}
