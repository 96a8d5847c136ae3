//! The world by visitors: shapes of `world.svg` by country code, coloured by quantile class, each a link that filters.

use std::fmt::Write;

use trackflow::domain::{BreakdownRow, Metric, countries};

use crate::format::{self, escape};

/// Countries that the keyboard reaches; the table beside the map has them all.
const TAB_STOPS: usize = 10;
/// Classes with visitors; `q0` is nobody.
const CLASSES: usize = 6;

/// A country of the map with visitors.
pub struct Country<'a> {
    /// Its row, most visitors first.
    pub row: &'a BreakdownRow,
    /// Where its link leads.
    pub link: String,
}

/// Draws the map and its scale: the inside of `.map`. `rows` are ordered by visitors, descending; `visitors` is the whole
/// whose shares are told.
#[must_use]
pub fn world_map_svg(rows: &[Country<'_>], visitors: u64, world_url: &str) -> String {
    let url = escape(world_url);
    let mut svg = String::from(
        "<svg viewBox=\"0 0 1000 487\" role=\"group\" aria-label=\"World map of visitors; the Countries tab holds the same figures as a table\">",
    );
    let find = |code: &str| rows.iter().position(|country| country.row.value == code);
    let mut shown: Vec<(usize, &'static str, &'static str)> = Vec::new();
    for country in countries().filter(|country| country.is_on_map) {
        match find(country.code) {
            Some(rank) => shown.push((rank, country.code, country.name)),
            None => push(
                &mut svg,
                format_args!("<use href=\"{url}#{}\" class=\"q0\"/>", country.code),
            ),
        }
    }
    shown.sort_unstable();
    for (place, (rank, code, name)) in shown.iter().enumerate() {
        let count = rows[*rank].row.figures.visitors;
        let words = format!(
            "{name}: {}, {}",
            format::with_unit(
                Metric::Visitors,
                rows[*rank].row.figures.value(Metric::Visitors)
            ),
            format::share(count, visitors)
        );
        let (words, link) = (escape(&words), escape(&rows[*rank].link));
        let class = quantile(rows, *rank);
        let focus = if place < TAB_STOPS {
            ""
        } else {
            " tabindex=\"-1\""
        };
        push(
            &mut svg,
            format_args!(
                "<a href=\"{link}\" aria-label=\"{words}\"{focus}><use href=\"{url}#{code}\" class=\"q{class}\"/><title>{words}</title></a>"
            ),
        );
    }
    svg.push_str("</svg>");
    push_foot(&mut svg, rows);
    svg
}

fn push(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    svg.write_fmt(arguments).expect("a string takes everything");
}

/// 6 for the top sixth of the countries down to 1; equal counts share the better class.
fn quantile(rows: &[Country<'_>], rank: usize) -> usize {
    let count = rows[rank].row.figures.visitors;
    let first = rows
        .iter()
        .position(|country| country.row.figures.visitors == count);
    CLASSES - first.unwrap_or(rank) * CLASSES / rows.len()
}

fn push_foot(svg: &mut String, rows: &[Country<'_>]) {
    let count = |country: Option<&Country<'_>>| {
        format::short(country.map_or(0, |country| country.row.figures.visitors))
    };
    let (least, most) = (count(rows.last()), count(rows.first()));
    let noun = if rows.len() == 1 {
        "country"
    } else {
        "countries"
    };
    push(
        svg,
        format_args!(
            "<div class=\"map-foot\"><output class=\"map-readout\" data-map-readout>{} {noun}</output>",
            rows.len()
        ),
    );
    if rows.len() > 1 {
        push(
            svg,
            format_args!(
                "<span class=\"map-scale\">{least}<svg viewBox=\"0 0 60 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            ),
        );
        for class in 1..=CLASSES {
            let x = (class - 1) * 10;
            push(
                svg,
                format_args!("<rect class=\"q{class}\" x=\"{x}\" width=\"10\" height=\"6\"/>"),
            );
        }
        push(svg, format_args!("</svg>{most}</span>"));
    }
    svg.push_str("</div>");
}
