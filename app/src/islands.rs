//! What moves in the browser: chart islands and nothing else. The only module that WebAssembly gets.
#![expect(
    unreachable_pub,
    reason = "the component macro leaves a public function behind that nothing exports"
)]

mod timeseries_chart;

pub use timeseries_chart::TimeseriesChart;
#[cfg(feature = "hydrate")]
pub use timeseries_chart::wake_on_touch;
