//! The main chart as ECharts draws it: a charming `Chart`, and the words and figures that `public/charts.src.js` adds.

use charming::{
    Chart,
    component::{Axis, Grid},
    datatype::CompositeValue,
    element::{AreaStyle, AxisType, LineStyle, LineStyleType},
    series::Line,
};
use serde::Serialize;
use trackflow::domain::{Metric, Timeseries};

use super::{
    scale::{STEPS, round_maximum},
    timeseries_svg::previous_value,
};

/// What the shim needs to say a point in words; its names are the shim's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    metric: &'static str,
    label: String,
    labels: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_labels: Option<Vec<&'a str>>,
    partial: bool,
}

/// Builds the chart: the comparison in grey, the closed buckets as a line over an area, the open one dashed.
#[must_use]
pub fn timeseries_option(timeseries: &Timeseries, metric: Metric) -> Chart {
    let points = &timeseries.points;
    let labels: Vec<_> = points.iter().map(|point| point.label.clone()).collect();
    let maximum = round_maximum(timeseries, metric);
    let values: Vec<_> = points
        .iter()
        .map(|point| point.figures.value(metric))
        .collect();
    let mut chart = Chart::new()
        // Close to the box of the server's drawing, so that little moves when this one takes over.
        .grid(
            Grid::new()
                .left(0)
                .right(18)
                .top(6)
                .bottom(4)
                .contain_label(true),
        )
        .x_axis(
            Axis::new()
                .type_(AxisType::Category)
                .boundary_gap(false)
                .data(labels),
        )
        .y_axis(
            Axis::new()
                .type_(AxisType::Value)
                .min(0)
                .max(maximum)
                .interval(maximum / f64::from(STEPS)),
        );
    if has_comparison(timeseries) {
        let previous = points
            .iter()
            .map(|point| previous_value(point, metric))
            .collect();
        chart = chart.series(
            line("previous", previous)
                .line_style(LineStyle::new().color("var(--chart-compare)").width(1.25)),
        );
    }
    let count = values.len();
    let is_split = timeseries.is_last_open && count > 1;
    let current = LineStyle::new().color("var(--chart-line)").width(2);
    let mut closed = values.clone();
    if is_split {
        closed[count - 1] = None;
    }
    chart = chart.series(
        line("current", closed)
            .line_style(current.clone())
            .area_style(AreaStyle::new().color("var(--chart-area)").opacity(1.0)),
    );
    if is_split {
        let mut open = vec![None; count];
        open[count - 2..].copy_from_slice(&values[count - 2..]);
        let dashed = current.type_(LineStyleType::Dashed);
        chart = chart.series(line("open", open).line_style(dashed));
    }
    chart
}

/// The option as the island takes it: the chart and, under `trackflow`, its words.
///
/// # Panics
/// Never: a chart is made of text and finite numbers.
#[must_use]
pub fn timeseries_json(timeseries: &Timeseries, metric: Metric) -> String {
    let points = &timeseries.points;
    let previous = has_comparison(timeseries);
    let about = About {
        metric: metric.key(),
        label: metric.label().to_lowercase(),
        labels: points.iter().map(|point| point.title.as_str()).collect(),
        previous: previous.then(|| {
            points
                .iter()
                .map(|point| previous_value(point, metric))
                .collect()
        }),
        previous_labels: previous.then(|| {
            let words = points.iter().map(|point| point.previous.as_ref());
            words
                .map(|words| words.map_or("", |(words, _)| words))
                .collect()
        }),
        partial: timeseries.is_last_open,
    };
    let chart = timeseries_option(timeseries, metric);
    let mut option = serde_json::to_value(chart).expect("a chart is text and numbers");
    option["trackflow"] = serde_json::to_value(about).expect("words are text and numbers");
    option.to_string()
}

fn has_comparison(timeseries: &Timeseries) -> bool {
    timeseries
        .points
        .iter()
        .any(|point| point.previous.is_some())
}

fn line(name: &str, values: Vec<Option<f64>>) -> Line {
    let data: Vec<CompositeValue> = values.into_iter().map(number).collect();
    Line::new()
        .id(name)
        .name(name)
        .show_symbol(false)
        .connect_nulls(false)
        .data(data)
}

/// Whole numbers without a fraction, others with four digits: shorter JSON, the same line.
#[expect(
    clippy::cast_possible_truncation,
    reason = "counts stay far below 2^53"
)]
fn number(value: Option<f64>) -> CompositeValue {
    match value {
        None => CompositeValue::OptionalNumber(None),
        Some(value) if value.fract() == 0.0 => CompositeValue::from(value as i64),
        Some(value) => CompositeValue::from((value * 10_000.0).round() / 10_000.0),
    }
}
