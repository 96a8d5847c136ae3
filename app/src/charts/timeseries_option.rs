//! The main chart as ECharts draws it: a charming `Chart`, and the words and figures that `public/charts.src.js` adds.

use charming::{
    Chart,
    component::{Axis, Grid},
    datatype::CompositeValue,
    element::{
        AreaStyle, AxisType, Label, LineStyle, LineStyleType, MarkLine, MarkLineData,
        MarkLineVariant, Symbol,
    },
    series::Line,
};
use serde::Serialize;
use trackflow::domain::{Metric, Timeseries};

use crate::annotations::Mark;

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
    /// Bucket and words of what is noted there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<(usize, Vec<&'a str>)>,
}

/// Builds the chart: the comparison in grey, the closed buckets as a line over an area, the open one dashed, annotations as
/// upright lines.
#[must_use]
pub fn timeseries_option(timeseries: &Timeseries, metric: Metric, marks: &[Mark]) -> Chart {
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
    let mut closed = line("current", closed)
        .line_style(current.clone())
        .area_style(AreaStyle::new().color("var(--chart-area)").opacity(1.0));
    if !marks.is_empty() {
        closed = closed.mark_line(mark_line(marks));
    }
    chart = chart.series(closed);
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
pub fn timeseries_json(timeseries: &Timeseries, metric: Metric, marks: &[Mark]) -> String {
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
        notes: marks
            .iter()
            .map(|mark| {
                let texts = mark.notes.iter().map(|note| note.text.as_str());
                (mark.bucket, texts.collect())
            })
            .collect(),
    };
    let chart = timeseries_option(timeseries, metric, marks);
    let mut option = serde_json::to_value(chart).expect("a chart is text and numbers");
    option["trackflow"] = serde_json::to_value(about).expect("words are text and numbers");
    option.to_string()
}

/// Their words are the tooltip's and the list's below the chart.
fn mark_line(marks: &[Mark]) -> MarkLine {
    let data = marks.iter().map(|mark| {
        let bucket = i64::try_from(mark.bucket).expect("a chart has some hundred buckets");
        MarkLineVariant::Simple(MarkLineData::new().x_axis(bucket))
    });
    MarkLine::new()
        .symbol(vec![Symbol::None, Symbol::Diamond])
        .label(Label::new().show(false))
        .line_style(
            LineStyle::new()
                .color("var(--warn)")
                .type_(LineStyleType::Dashed)
                .width(1),
        )
        .data(data.collect::<Vec<_>>())
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
