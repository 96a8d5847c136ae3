//! The vertical axis: a round maximum that four lines divide into round steps.

use trackflow::domain::{Metric, Timeseries};

use crate::format;

/// Steps between the bottom and the top line.
pub(super) const STEPS: u32 = 4;

/// Where the axis ends, in the metric's own unit (rates are fractions, durations seconds).
pub(super) fn round_maximum(timeseries: &Timeseries, metric: Metric) -> f64 {
    let values = timeseries.points.iter().flat_map(|point| {
        let previous = point.previous.as_ref();
        let previous = previous.and_then(|(_, figures)| figures.value(metric));
        [point.figures.value(metric), previous]
    });
    let highest = values.flatten().fold(0.0, f64::max);
    let candidates: &[f64] = match metric {
        Metric::BounceRate => &[0.2, 0.4, 0.6, 0.8, 1.0],
        // Seconds whose quarters are whole seconds, minutes or hours.
        Metric::VisitDuration => &[
            20.0, 40.0, 60.0, 120.0, 240.0, 480.0, 720.0, 1_200.0, 2_400.0, 3_600.0, 7_200.0,
            14_400.0, 28_800.0, 57_600.0, 86_400.0,
        ],
        _ => &[],
    };
    let listed = candidates.iter().copied().find(|top| *top >= highest);
    listed.unwrap_or_else(|| round_count(highest))
}

/// The words at the lines, bottom first.
pub(super) fn labels(metric: Metric, maximum: f64) -> Vec<String> {
    let label = |step: u32| {
        let value = maximum * f64::from(step) / f64::from(STEPS);
        match metric {
            Metric::ViewsPerVisit if maximum > 10.0 => format!("{value:.0}"),
            Metric::ViewsPerVisit => format!("{value:.1}"),
            Metric::BounceRate => format!("{:.0}%", value * 100.0),
            _ => format::metric(metric, Some(value)).short,
        }
    };
    (0..=STEPS).map(label).collect()
}

/// The smallest of 4, 8, 12, 16, 20, 24, 32, 40, 60, 80 … that is not below `highest`: its quarters are whole.
pub(super) fn round_count(highest: f64) -> f64 {
    if highest <= 4.0 {
        return 4.0;
    }
    let mut unit = 1.0;
    loop {
        for factor in [8.0, 12.0, 16.0, 20.0, 24.0, 32.0, 40.0, 60.0] {
            if factor * unit >= highest {
                return factor * unit;
            }
        }
        unit *= 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn the_quarters_of_a_count_are_whole() {
        for (highest, top) in [
            (0.0, 4.0),
            (4.0, 4.0),
            (5.0, 8.0),
            (44.0, 60.0),
            (61.0, 80.0),
            (1_721.0, 2_000.0),
            (1_234_567.0, 1_600_000.0),
        ] {
            assert!((round_count(highest) - top).abs() < 0.001, "{highest}");
        }
    }

    #[test]
    fn each_metric_has_an_axis_in_its_own_unit() {
        let timeseries = fixtures::timeseries();
        for (metric, words) in [
            (Metric::Visitors, "2,000"),
            (Metric::ViewsPerVisit, "4.0"),
            (Metric::BounceRate, "60%"),
            (Metric::VisitDuration, "4m 0s"),
        ] {
            let labels = labels(metric, round_maximum(&timeseries, metric));
            assert_eq!(labels.last().map(String::as_str), Some(words));
            assert_eq!(labels.len(), 5);
        }
    }
}
