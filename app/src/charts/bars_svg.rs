//! Counts by time as bars, complete without a script: events a minute, refusals an hour.

use std::fmt::Write;

use super::scale::{STEPS, round_count};
use crate::format::{self, escape};

/// One bar: at most two parts, one upon the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// At the axis: "14:00".
    pub label: String,
    /// What the pointer is told: "24 Nov 14:00: 12 kept out".
    pub title: String,
    /// The lower part.
    pub lower: u64,
    /// The upper part, in the colour of what needs a look.
    pub upper: u64,
}

/// Draws the plot and both axes: the inside of `.chart-body`. `name` says to those who do not see it what it shows.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn bars_svg(bars: &[Bar], name: &str) -> String {
    let highest = bars.iter().map(|bar| bar.lower + bar.upper).max();
    let maximum = round_count(highest.unwrap_or_default() as f64);
    let mut svg = String::from("<div class=\"chart-y\" aria-hidden=\"true\">");
    for step in (0..=STEPS).rev() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the quarters of the axis are whole and positive"
        )]
        let value = (maximum * f64::from(step) / f64::from(STEPS)) as u64;
        push(
            &mut svg,
            format_args!("<span>{}</span>", format::short(value)),
        );
    }
    let name = escape(name);
    push(
        &mut svg,
        format_args!("</div><svg class=\"chart-plot\" role=\"img\" aria-label=\"{name}\">"),
    );
    for step in 0..=STEPS {
        let y = step * 100 / STEPS;
        push(
            &mut svg,
            format_args!("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y}%\" y2=\"{y}%\"/>"),
        );
    }
    let width = 100.0 / bars.len().max(1) as f64;
    for (at, bar) in bars.iter().enumerate() {
        push_bar(&mut svg, bar, at as f64 * width, width, maximum);
    }
    svg.push_str("</svg>");
    push_axis(&mut svg, bars, width);
    svg
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn push_bar(svg: &mut String, bar: &Bar, x: f64, width: f64, maximum: f64) {
    let title = escape(&bar.title);
    push(
        svg,
        format_args!(
            "<g class=\"column\"><title>{title}</title><rect class=\"hit\" x=\"{x:.2}%\" width=\"{width:.2}%\" height=\"100%\"/>"
        ),
    );
    let mut top = 100.0;
    let (inner, inner_width) = (x + width * 0.12, width * 0.76);
    for (class, count) in [("lower", bar.lower), ("upper", bar.upper)] {
        if count > 0 {
            let height = count as f64 / maximum * 100.0;
            top -= height;
            push(
                svg,
                format_args!(
                    "<rect class=\"{class}\" x=\"{inner:.2}%\" width=\"{inner_width:.2}%\" y=\"{top:.2}%\" height=\"{height:.2}%\"/>"
                ),
            );
        }
    }
    svg.push_str("</g>");
}

/// At most six labels, at most three of them on a phone. A label that repeats stands once.
#[expect(clippy::cast_precision_loss, reason = "a chart has some dozen bars")]
fn push_axis(svg: &mut String, bars: &[Bar], width: f64) {
    let mut places: Vec<(usize, &str)> = Vec::new();
    for (at, bar) in bars.iter().enumerate() {
        if places.last().is_none_or(|(_, label)| *label != bar.label) {
            places.push((at, &bar.label));
        }
    }
    let every = places.len().div_ceil(6).max(1);
    svg.push_str("<svg class=\"chart-x\" aria-hidden=\"true\">");
    for (number, (at, label)) in places.iter().step_by(every).enumerate() {
        let is_last = *at + 1 == bars.len() && number > 0;
        let (class, x) = match number {
            0 => (" class=\"first\"", 0.0),
            _ if is_last && number % 2 == 1 => (" class=\"last minor\"", 100.0),
            _ if is_last => (" class=\"last\"", 100.0),
            _ if number % 2 == 1 => (" class=\"minor\"", (*at as f64 + 0.5) * width),
            _ => ("", (*at as f64 + 0.5) * width),
        };
        let label = escape(label);
        push(
            svg,
            format_args!("<text{class} x=\"{x:.2}%\" y=\"18\">{label}</text>"),
        );
    }
    svg.push_str("</svg>");
}

fn push(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    svg.write_fmt(arguments).expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, lower: u64, upper: u64) -> Bar {
        Bar {
            label: label.into(),
            title: format!("{label} & <more>"),
            lower,
            upper,
        }
    }

    #[test]
    fn parts_stand_upon_each_other_up_to_a_round_maximum() {
        let svg = bars_svg(&[bar("a", 4, 2), bar("b", 0, 0), bar("c", 0, 8)], "Refused");
        assert!(svg.contains(
            "<rect class=\"lower\" x=\"4.00%\" width=\"25.33%\" y=\"50.00%\" height=\"50.00%\"/>"
        ));
        assert!(svg.contains("y=\"25.00%\" height=\"25.00%\"/>"), "{svg}");
        assert!(svg.contains("y=\"0.00%\" height=\"100.00%\"/>"));
        assert_eq!(svg.matches("class=\"upper\"").count(), 2);
        assert!(svg.contains("a &amp; &lt;more&gt;") && !svg.contains("<more>"));
    }

    #[test]
    fn a_label_that_repeats_stands_once_and_none_is_no_chart_of_nan() {
        let days: Vec<_> = (0..28)
            .map(|at| bar(&format!("{} Nov", at / 4), 1, 0))
            .collect();
        let svg = bars_svg(&days, "Refused");
        assert_eq!(svg.matches("<text").count(), 4);
        assert!(!bars_svg(&[], "Refused").contains("NaN"));
    }
}
