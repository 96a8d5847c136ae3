//! Charts as pure functions: from a report to the SVG that the server draws and to the option that an island draws with.
//!
//! Nothing here reads a clock, a request or the theme: colours are classes of `style/chart.css` and custom properties that
//! `public/charts.src.js` resolves. Snapshots of the results are the fixtures of the gallery.

mod bars_svg;
mod sankey_svg;
mod scale;
mod sparkline;
mod timeseries_option;
mod timeseries_svg;
mod world_map;

pub use bars_svg::{Bar, bars_svg};
pub use sankey_svg::{sankey_svg, step_label};
pub use sparkline::sparkline_shapes;
pub use timeseries_option::{timeseries_json, timeseries_option};
pub use timeseries_svg::timeseries_svg;
pub use world_map::{Country, world_map_svg};

#[cfg(test)]
mod tests;
