//! The small line beside a site's name.

use std::fmt::Write;

/// Draws one value a day as a line over an area: the inside of an `svg.sparkline` of 100 × 32, which the style stretches.
/// Decoration: the figure beside it says what matters.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn sparkline_shapes(values: &[u64]) -> String {
    let highest = values.iter().copied().max().unwrap_or_default();
    if highest == 0 || values.len() < 2 {
        return "<path class=\"line flat\" d=\"M0 30L100 30\"/>".into();
    }
    let mut path = String::new();
    for (at, value) in values.iter().enumerate() {
        let x = at as f64 * 100.0 / (values.len() - 1) as f64;
        let y = 30.0 - *value as f64 / highest as f64 * 27.0;
        let command = if at == 0 { 'M' } else { 'L' };
        write!(path, "{command}{x:.1} {y:.1}").expect("a string takes everything");
    }
    format!("<path class=\"area\" d=\"{path}L100 32L0 32Z\"/><path class=\"line\" d=\"{path}\"/>")
}
