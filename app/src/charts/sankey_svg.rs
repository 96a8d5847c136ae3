//! Journeys as a Sankey diagram, complete without a script: a column a step, a bar a page, ribbons from page to page.

use std::fmt::Write;

use trackflow::domain::{JourneyDirection, JourneyPlace, JourneyReport, JourneyStep};

use crate::format::{self, escape};

/// All of it, in units that are pixels on a screen of 1,280.
const WIDTH: f64 = 1_144.0;
const HEIGHT: f64 = 460.0;
/// Above the bars, for what the columns are called.
const HEAD: f64 = 30.0;
/// Right of the last column, for its words.
const MARGIN: f64 = 164.0;
const BAR: f64 = 10.0;
const GAP: f64 = 10.0;
/// The two lines of words beside a bar.
const WORDS: f64 = 32.0;
/// Between a bar and its words.
const PAD: f64 = 8.0;
/// Width of a letter, on average.
const LETTER: f64 = 7.0;

/// Where a bar stands: from `y`, `height` high, its words around `middle`.
#[derive(Clone, Copy)]
struct Place {
    y: f64,
    height: f64,
    middle: f64,
}

/// Draws the columns in order of time, which for journeys that are followed back is the other way round. `link` gives the address of
/// the journeys of a page, `name` says to those who do not see it what it shows.
#[must_use]
pub fn sankey_svg(report: &JourneyReport, name: &str, link: impl Fn(&str) -> String) -> String {
    let steps = &report.steps;
    let scale = scale(steps);
    let places: Vec<Vec<Place>> = steps.iter().map(|step| places(step, scale)).collect();
    let column = column_width(steps.len());
    let mut svg = format!(
        "<svg class=\"sankey\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"group\" aria-label=\"{}\">",
        escape(name)
    );
    for (at, step) in steps.iter().enumerate() {
        if let (Some(places_after), Some(after)) = (places.get(at + 1), steps.get(at + 1)) {
            let ends = [x_of(report, at), x_of(report, at + 1)];
            push_flows(
                &mut svg,
                report,
                [step, after],
                [&places[at], places_after],
                ends,
                scale,
            );
        }
    }
    for (at, (step, places)) in steps.iter().zip(&places).enumerate() {
        let x = x_of(report, at);
        let title = step_label(report.query.direction, at);
        push(
            &mut svg,
            format_args!("<text class=\"step\" x=\"{x:.0}\" y=\"14\">{title}</text>"),
        );
        for (node, place) in step.nodes.iter().zip(places) {
            let words = Words {
                label: node.place.label(report.query.direction),
                figures: figures(node.visits, report.visits),
                step: &title,
            };
            let link = node.place.page().map(&link);
            push_node(&mut svg, &node.place, *place, x, column, &words, link);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// What a step is called: "Step 1", and of journeys that are followed back "Last step", "1 step before".
#[must_use]
pub fn step_label(direction: JourneyDirection, at: usize) -> String {
    match (direction, at) {
        (JourneyDirection::Forward, at) => format!("Step {}", at + 1),
        (JourneyDirection::Back, 0) => "Last step".to_owned(),
        (JourneyDirection::Back, 1) => "1 step before".to_owned(),
        (JourneyDirection::Back, at) => format!("{at} steps before"),
    }
}

struct Words<'a> {
    label: &'a str,
    figures: String,
    step: &'a str,
}

fn figures(visits: u64, all: u64) -> String {
    format!("{} · {}", format::exact(visits), format::share(visits, all))
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(visits: u64) -> f64 {
    visits as f64
}

/// The largest height of one visit at which every column has room, words included.
fn scale(steps: &[JourneyStep]) -> f64 {
    let needed = |step: &JourneyStep, scale: f64| -> f64 {
        let slots = step.nodes.iter();
        slots
            .map(|node| (number(node.visits) * scale).max(WORDS) + GAP)
            .sum()
    };
    let (mut low, mut high) = (0.0, HEIGHT);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let fits = |step| needed(step, middle) <= HEIGHT - HEAD + GAP;
        if steps.iter().all(fits) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn places(step: &JourneyStep, scale: f64) -> Vec<Place> {
    let mut top = HEAD;
    let nodes = step.nodes.iter().map(|node| {
        let height = number(node.visits) * scale;
        let slot = height.max(WORDS);
        let place = Place {
            y: top + (slot - height) / 2.0,
            height,
            middle: top + slot.min(height.max(WORDS)) / 2.0,
        };
        top += slot + GAP;
        place
    });
    nodes.collect()
}

#[expect(clippy::cast_precision_loss, reason = "there are at most six columns")]
fn column_width(columns: usize) -> f64 {
    (WIDTH - MARGIN - BAR) / columns.saturating_sub(1).max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "there are at most six columns")]
fn x_of(report: &JourneyReport, at: usize) -> f64 {
    let columns = report.steps.len();
    let at = match report.query.direction {
        JourneyDirection::Forward => at,
        JourneyDirection::Back => columns - 1 - at,
    };
    at as f64 * column_width(columns)
}

fn push_flows(
    svg: &mut String,
    report: &JourneyReport,
    steps: [&JourneyStep; 2],
    places: [&[Place]; 2],
    ends: [f64; 2],
    scale: f64,
) {
    let direction = report.query.direction;
    let mut used = places.map(|places| vec![0.0; places.len()]);
    for flow in &steps[0].flows {
        let nodes = [flow.from, flow.to];
        let thickness = number(flow.visits) * scale;
        let mut tops = [0.0; 2];
        for side in 0..2 {
            tops[side] = places[side][nodes[side]].y + used[side][nodes[side]];
            used[side][nodes[side]] += thickness;
        }
        let [from, to] = [0, 1].map(|side| steps[side].nodes[nodes[side]].place.label(direction));
        // In order of time, left to right.
        let ([left, right], [from, to]) = match direction {
            JourneyDirection::Forward => ([0, 1], [from, to]),
            JourneyDirection::Back => ([1, 0], [to, from]),
        };
        let (x0, x1) = (ends[left] + BAR, ends[right]);
        let (y0, y1) = (tops[left], tops[right]);
        let bend = f64::midpoint(x0, x1);
        let is_outside = steps[1].nodes[flow.to].place == JourneyPlace::Outside;
        let class = if is_outside { "flow outside" } else { "flow" };
        let thickness = thickness.max(0.75);
        let (low0, low1) = (y0 + thickness, y1 + thickness);
        let title = escape(&format!(
            "{from} → {to}: {}",
            figures(flow.visits, report.visits)
        ));
        push(
            svg,
            format_args!(
                "<path class=\"{class}\" d=\"M{x0:.1} {y0:.1}C{bend:.1} {y0:.1} {bend:.1} {y1:.1} {x1:.1} {y1:.1}V{low1:.1}C{bend:.1} {low1:.1} {bend:.1} {low0:.1} {x0:.1} {low0:.1}Z\"><title>{title}</title></path>"
            ),
        );
    }
}

fn push_node(
    svg: &mut String,
    at: &JourneyPlace,
    place: Place,
    x: f64,
    column: f64,
    words: &Words<'_>,
    link: Option<String>,
) {
    let class = match at {
        JourneyPlace::Page(_) => "node",
        JourneyPlace::Other => "node other",
        JourneyPlace::Outside => "node outside",
    };
    let Words {
        label,
        figures,
        step,
    } = words;
    let title = escape(&format!("{label}, {}: {figures}", step.to_lowercase()));
    // The words are links of the table beneath, too: the keyboard meets each once.
    match &link {
        Some(link) => push(
            svg,
            format_args!(
                "<a class=\"{class}\" href=\"{}\" tabindex=\"-1\" aria-label=\"{title}\">",
                escape(link)
            ),
        ),
        None => push(svg, format_args!("<g class=\"{class}\">")),
    }
    let (height, y) = (place.height.max(2.0), place.y);
    let text_x = x + BAR + PAD;
    let (first, second) = (place.middle - 3.0, place.middle + 12.0);
    let label = escape(&shortened(
        label,
        column.min(MARGIN.max(column)) - BAR - 2.0 * PAD,
    ));
    push(
        svg,
        format_args!(
            "<title>{title}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{BAR}\" height=\"{height:.1}\" rx=\"2\"/><text x=\"{text_x:.1}\" y=\"{first:.1}\">{label}<tspan class=\"figures\" x=\"{text_x:.1}\" y=\"{second:.1}\">{figures}</tspan></text>"
        ),
    );
    svg.push_str(if link.is_some() { "</a>" } else { "</g>" });
}

/// As much of a text as has room, its end rather than its beginning: paths begin alike.
fn shortened(text: &str, room: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a column has room for some dozen letters"
    )]
    let letters = (room / LETTER) as usize;
    let count = text.chars().count();
    if count <= letters {
        return text.to_owned();
    }
    let end: String = text.chars().skip(count + 1 - letters).collect();
    format!("…{end}")
}

fn push(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    svg.write_fmt(arguments).expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use trackflow::domain::{JourneyFlow, JourneyNode, JourneyQuery};

    use super::*;

    fn node(page: Option<&str>, visits: u64) -> JourneyNode {
        let place = match page {
            Some(page) => JourneyPlace::Page(page.into()),
            None => JourneyPlace::Outside,
        };
        JourneyNode { place, visits }
    }

    fn report(direction: JourneyDirection) -> JourneyReport {
        let flow = |to, visits| JourneyFlow {
            from: 0,
            to,
            visits,
        };
        JourneyReport {
            query: JourneyQuery {
                direction,
                ..JourneyQuery::default()
            },
            visits: 40,
            steps: vec![
                JourneyStep {
                    nodes: vec![node(Some("/<a>"), 40)],
                    flows: vec![flow(0, 30), flow(1, 10)],
                },
                JourneyStep {
                    nodes: vec![node(Some("/b"), 30), node(None, 10)],
                    flows: Vec::new(),
                },
            ],
            title: String::new(),
        }
    }

    fn drawn(report: &JourneyReport) -> String {
        sankey_svg(report, "Journeys & more", |page| format!("?page={page}"))
    }

    #[test]
    fn columns_stand_in_order_of_time_with_their_figures() {
        let svg = drawn(&report(JourneyDirection::Forward));
        assert!(svg.contains("aria-label=\"Journeys &amp; more\""));
        assert!(svg.contains("<text class=\"step\" x=\"0\" y=\"14\">Step 1</text>"));
        assert!(
            svg.contains("<title>/&lt;a&gt; → /b: 30 · 75%</title>"),
            "{svg}"
        );
        assert!(svg.contains("/&lt;a&gt; → (end): 10 · 25%"));
        assert_eq!(svg.matches("<a ").count(), 2);
        assert!(!svg.contains("<a>") && svg.contains("href=\"?page=/b\""));
        let svg = drawn(&report(JourneyDirection::Back));
        assert!(svg.contains("<text class=\"step\" x=\"0\" y=\"14\">1 step before</text>"));
        assert!(svg.contains("/b → /&lt;a&gt;: 30") && svg.contains("(start) → /&lt;a&gt;: 10"));
    }

    #[test]
    fn the_fullest_column_fits_and_nothing_is_no_chart_of_nan() {
        let mut many = report(JourneyDirection::Forward);
        many.steps[1].nodes = (0..8).map(|at| node(Some("/a"), 1 << (3 * at))).collect();
        let places = places(&many.steps[1], scale(&many.steps));
        let last = places[7];
        assert!(
            last.middle + WORDS / 2.0 <= HEIGHT + 0.01 && last.y + last.height <= HEIGHT + 0.01
        );
        many.steps.clear();
        assert!(!drawn(&many).contains("NaN"));
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(shortened("/docs/long/path", 70.0), "…long/path");
        assert_eq!(shortened("/docs", 70.0), "/docs");
        assert_eq!(shortened("/über/äöü", 42.0), "…r/äöü");
    }
}
