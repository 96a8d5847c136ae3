//! Snapshots of the charts. The gallery shows them, so each one is looked at, too.

use trackflow::domain::Metric;

use super::{Country, sparkline_shapes, timeseries_json, timeseries_svg, world_map_svg};
use crate::fixtures;

fn pretty(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    serde_json::to_string_pretty(&value).expect("JSON")
}

#[test]
fn options_are_as_reviewed() {
    let compared = fixtures::timeseries();
    let hourly = fixtures::hourly_timeseries();
    for (name, timeseries, metric) in [
        ("visitors_compared", &compared, Metric::Visitors),
        ("bounce_rate_compared", &compared, Metric::BounceRate),
        ("visit_duration_compared", &compared, Metric::VisitDuration),
        ("visitors_hourly", &hourly, Metric::Visitors),
        ("views_per_visit_hourly", &hourly, Metric::ViewsPerVisit),
    ] {
        let json = timeseries_json(timeseries, metric, &[]);
        insta::assert_snapshot!(format!("option_{name}"), pretty(&json));
        let svg = timeseries_svg(timeseries, metric, metric.label(), &[]);
        insta::assert_snapshot!(format!("svg_{name}"), svg);
    }
}

#[test]
fn annotations_are_marked_as_reviewed() {
    let (timeseries, marks) = (fixtures::timeseries(), fixtures::marks());
    let json = timeseries_json(&timeseries, Metric::Visitors, &marks);
    insta::assert_snapshot!("option_visitors_annotated", pretty(&json));
    let svg = timeseries_svg(&timeseries, Metric::Visitors, "Visitors", &marks);
    insta::assert_snapshot!("svg_visitors_annotated", svg);
}

#[test]
fn a_single_bucket_is_a_point() {
    let svg = timeseries_svg(
        &fixtures::single_timeseries(),
        Metric::Visitors,
        "Visitors",
        &[],
    );
    assert!(svg.contains("point single"));
    assert!(!svg.contains("<path"));
}

#[test]
fn an_empty_chart_has_its_axes() {
    let mut timeseries = fixtures::timeseries();
    timeseries.points.clear();
    let svg = timeseries_svg(
        &timeseries,
        Metric::Visitors,
        "Visitors",
        &fixtures::marks(),
    );
    assert!(svg.contains("chart-y") && !svg.contains("NaN"));
}

#[test]
fn undefined_values_interrupt_the_line() {
    let svg = timeseries_svg(
        &fixtures::hourly_timeseries(),
        Metric::BounceRate,
        "Bounce rate",
        &[],
    );
    let line = svg.split("class=\"line\" d=\"").nth(1).expect("a line");
    let line = line.split('"').next().expect("its path");
    assert_eq!(line.matches('M').count(), 2, "{line}");
}

#[test]
fn words_of_points_are_escaped() {
    let mut timeseries = fixtures::single_timeseries();
    timeseries.points[0].title = "<script>".into();
    let mut marks = fixtures::marks();
    marks.truncate(1);
    marks[0].bucket = 0;
    marks[0].notes[0].text = "</title><script>".into();
    let svg = timeseries_svg(&timeseries, Metric::Visitors, "\"><script>", &marks);
    assert!(svg.contains("class=\"annotation\""));
    assert!(!svg.contains("<script>"));
}

#[test]
fn sparklines_are_flat_without_visits() {
    assert!(sparkline_shapes(&[0, 0, 0]).contains("line flat"));
    assert!(sparkline_shapes(&[]).contains("line flat"));
    insta::assert_snapshot!("sparkline", sparkline_shapes(&[0, 4, 2, 8]));
}

#[test]
fn the_map_links_the_countries_with_visitors() {
    let rows = fixtures::country_rows();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| Country {
            row,
            link: format!("?filter=country:is:{}", row.value),
        })
        .collect();
    let svg = world_map_svg(&shown, 40_000, "/pkg/a/world.svg");
    assert!(
        svg.contains("href=\"/pkg/a/world.svg#DE\" class=\"q6\""),
        "{svg}"
    );
    assert!(svg.contains("Germany: 5,602 visitors, 14%"));
}
