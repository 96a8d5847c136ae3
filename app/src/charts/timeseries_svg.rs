//! The main chart as the server draws it: complete without a script, and what stands under an island until it is touched.
//!
//! Shapes lie in a stretched inner SVG, words and points in percentages beside it, so that nothing is distorted at any
//! width and no inline style is needed.

use std::fmt::Write;

use trackflow::domain::{Change, Metric, Timeseries, TimeseriesPoint};

use super::scale::{STEPS, labels, round_maximum};
use crate::{
    annotations::Mark,
    format::{self, escape},
};

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 300.0;
/// More points than this get no mark to hover: they would lie closer than a pointer can tell, and make the page heavy.
const POINT_LIMIT: usize = 200;

/// The area's gradient; its stops are coloured by the style. One a page, since there is one main chart.
const FADE: &str = "<defs><linearGradient id=\"chart-fade\" x2=\"0\" y2=\"1\"><stop class=\"fade-top\"/>\
                    <stop class=\"fade-bottom\" offset=\"1\"/></linearGradient></defs>";

/// Draws the plot with its marks and both axes: the inside of `.chart-body`.
#[must_use]
pub fn timeseries_svg(
    timeseries: &Timeseries,
    metric: Metric,
    name: &str,
    marks: &[Mark],
) -> String {
    let maximum = round_maximum(timeseries, metric);
    let points = &timeseries.points;
    let mut svg = String::new();
    svg.push_str("<div class=\"chart-y\" aria-hidden=\"true\">");
    for label in labels(metric, maximum).iter().rev() {
        push(&mut svg, format_args!("<span>{}</span>", escape(label)));
    }
    push(
        &mut svg,
        format_args!(
            "</div><svg class=\"chart-plot\" role=\"img\" aria-label=\"{}: the figures stand in the table below the chart\">",
            escape(name)
        ),
    );
    for step in 0..=STEPS {
        let y = step * 100 / STEPS;
        push(
            &mut svg,
            format_args!("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y}%\" y2=\"{y}%\"/>"),
        );
    }
    push_shapes(&mut svg, timeseries, metric, maximum);
    if points.len() <= POINT_LIMIT {
        for at in 0..points.len() {
            push_point(&mut svg, timeseries, metric, maximum, at);
        }
    }
    // Last, so that they lie above what a pointer hovers over.
    for mark in marks.iter().filter(|mark| mark.bucket < points.len()) {
        push_mark(&mut svg, mark, points.len());
    }
    svg.push_str("</svg>");
    push_axis(&mut svg, points);
    svg
}

fn push(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    svg.write_fmt(arguments).expect("a string takes everything");
}

/// Where the `at`th of `count` buckets lies, 0.0 to 1.0; a single one in the middle.
#[expect(
    clippy::cast_precision_loss,
    reason = "a chart has some hundred buckets"
)]
fn place(at: usize, count: usize) -> f64 {
    if count < 2 {
        0.5
    } else {
        at as f64 / (count - 1) as f64
    }
}

/// A line through the values; where there is none, it is interrupted.
fn path(values: &[Option<f64>], maximum: f64, from: usize, count: usize) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_open = false;
            continue;
        };
        let command = if is_open { 'L' } else { 'M' };
        is_open = true;
        let x = place(from + at, count) * WIDTH;
        let y = HEIGHT - value / maximum * HEIGHT;
        push(&mut path, format_args!("{command}{x:.1} {y:.1}"));
    }
    path
}

fn push_shapes(svg: &mut String, timeseries: &Timeseries, metric: Metric, maximum: f64) {
    let points = &timeseries.points;
    let count = points.len();
    if count < 2 {
        return;
    }
    push(
        svg,
        format_args!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"100%\" height=\"100%\" preserveAspectRatio=\"none\" overflow=\"visible\">{FADE}"
        ),
    );
    let values: Vec<_> = points
        .iter()
        .map(|point| point.figures.value(metric))
        .collect();
    if values.iter().all(Option::is_some) {
        let line = path(&values, maximum, 0, count);
        push(
            svg,
            format_args!(
                "<path class=\"area\" fill=\"url(#chart-fade)\" d=\"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z\"/>"
            ),
        );
    }
    let previous: Vec<_> = points
        .iter()
        .map(|point| previous_value(point, metric))
        .collect();
    if previous.iter().any(Option::is_some) {
        let line = path(&previous, maximum, 0, count);
        push(svg, format_args!("<path class=\"compare\" d=\"{line}\"/>"));
    }
    let closed = count - usize::from(timeseries.is_last_open);
    let line = path(&values[..closed], maximum, 0, count);
    push(svg, format_args!("<path class=\"line\" d=\"{line}\"/>"));
    if timeseries.is_last_open {
        let line = path(&values[count - 2..], maximum, count - 2, count);
        push(
            svg,
            format_args!("<path class=\"line open\" d=\"{line}\"/>"),
        );
    }
    svg.push_str("</svg>");
}

fn push_point(svg: &mut String, timeseries: &Timeseries, metric: Metric, maximum: f64, at: usize) {
    let (point, count) = (&timeseries.points[at], timeseries.points.len());
    let Some(value) = point.figures.value(metric) else {
        return;
    };
    let x = place(at, count) * 100.0;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a chart has some hundred buckets"
    )]
    let width = 100.0 / (count.max(2) - 1) as f64;
    let left = if count == 1 { 0.0 } else { x - width / 2.0 };
    let y = 100.0 - value / maximum * 100.0;
    let class = if count == 1 { "point single" } else { "point" };
    let words = escape(&point_words(point, metric));
    push(
        svg,
        format_args!(
            "<g class=\"{class}\"><rect x=\"{left:.2}%\" width=\"{width:.2}%\" height=\"100%\"><title>{words}</title></rect>\
             <line x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"100%\"/><circle cx=\"{x:.2}%\" cy=\"{y:.2}%\" r=\"4.5\"/></g>"
        ),
    );
}

/// A dashed line with a diamond on top, larger under the pointer than it looks.
fn push_mark(svg: &mut String, mark: &Mark, count: usize) {
    let x = place(mark.bucket, count) * 100.0;
    let notes = mark.notes.iter();
    let notes: Vec<_> = notes
        .map(|note| format!("{}: {}", note.when, note.text))
        .collect();
    let words = escape(&notes.join("\n"));
    push(
        svg,
        format_args!(
            "<g class=\"annotation\"><line x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"100%\"/>\
             <svg x=\"{x:.2}%\" overflow=\"visible\"><path d=\"M0-5 5 0 0 5-5 0z\"/><circle r=\"12\"><title>{words}</title></circle></svg></g>"
        ),
    );
}

/// "24 Nov 2026: 640 visitors, before 884 (−28%)".
fn point_words(point: &TimeseriesPoint, metric: Metric) -> String {
    let value = format::with_unit(metric, point.figures.value(metric));
    let mut text = format!("{}: {value}", point.title);
    if let Some((_, previous)) = &point.previous {
        let before = format::metric(metric, previous.value(metric)).exact;
        push(&mut text, format_args!(", before {before}"));
        if let Some(change) = Change::of(metric, &point.figures, previous) {
            push(&mut text, format_args!(" ({})", format::change(change)));
        }
    }
    text
}

pub(super) fn previous_value(point: &TimeseriesPoint, metric: Metric) -> Option<f64> {
    let (_, figures) = point.previous.as_ref()?;
    figures.value(metric)
}

/// At most seven labels, at most four of them on a phone.
fn push_axis(svg: &mut String, points: &[TimeseriesPoint]) {
    let count = points.len();
    let every = count.div_ceil(7).max(1);
    svg.push_str("<svg class=\"chart-x\" aria-hidden=\"true\">");
    for (at, point) in points.iter().enumerate().step_by(every) {
        let mut classes = Vec::new();
        if count > 1 && at == 0 {
            classes.push("first");
        }
        if count > 1 && at == count - 1 {
            classes.push("last");
        }
        if count > 4 && (at / every) % 2 == 1 {
            classes.push("minor");
        }
        let class = if classes.is_empty() {
            String::new()
        } else {
            format!(" class=\"{}\"", classes.join(" "))
        };
        let x = place(at, count) * 100.0;
        let label = escape(&point.label);
        push(
            svg,
            format_args!("<text{class} x=\"{x:.2}%\" y=\"18\">{label}</text>"),
        );
    }
    svg.push_str("</svg>");
}
