//! How figures are written: units and decimals are Plausible's. An undefined figure is `null`, never 0.

use serde_json::Value;
use trackflow::domain::Metric;

/// A figure as answers have it: rates in percent, times in seconds.
pub(super) fn write(metric: Metric, value: Option<f64>) -> Value {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return Value::Null;
    };
    match metric {
        Metric::ViewsPerVisit => decimal(value, 100.0),
        Metric::BounceRate => whole(value * 100.0),
        Metric::Percentage | Metric::ConversionRate | Metric::GroupConversionRate => {
            decimal(value * 100.0, 10.0)
        }
        _ => whole(value),
    }
}

/// How a written figure changed: rates by points, everything else in percent of the earlier one. From nothing to something is
/// 100, as in Plausible.
pub(super) fn change(metric: Metric, now: &Value, before: &Value) -> Value {
    let (Some(now), Some(before)) = (now.as_f64(), before.as_f64()) else {
        return Value::Null;
    };
    match metric {
        Metric::BounceRate => whole(now - before),
        Metric::Percentage | Metric::ConversionRate | Metric::GroupConversionRate => {
            decimal(now - before, 10.0)
        }
        _ if before == 0.0 => whole(if now > 0.0 { 100.0 } else { 0.0 }),
        _ => whole((now - before) / before * 100.0),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "counts stay far below 2^53"
)]
fn whole(value: f64) -> Value {
    (value.round() as i64).into()
}

fn decimal(value: f64, factor: f64) -> Value {
    ((value * factor).round() / factor).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_written_as_by_plausible() {
        for (metric, value, expected) in [
            (Metric::Visitors, Some(3.0), json!(3)),
            (Metric::ViewsPerVisit, Some(1.0 / 3.0), json!(0.33)),
            (Metric::ViewsPerVisit, Some(2.0), json!(2.0)),
            (Metric::BounceRate, Some(0.625), json!(63)),
            (Metric::VisitDuration, Some(59.5), json!(60)),
            (Metric::TimeOnPage, Some(0.4), json!(0)),
            (Metric::ScrollDepth, Some(66.6), json!(67)),
            (Metric::Percentage, Some(1.0 / 3.0), json!(33.3)),
            (Metric::ConversionRate, Some(2.0 / 3.0), json!(66.7)),
            (Metric::BounceRate, None, json!(null)),
            (Metric::Visitors, Some(f64::NAN), json!(null)),
        ] {
            assert_eq!(write(metric, value), expected, "{metric:?}");
        }
    }

    #[test]
    fn changes_are_percent_and_of_rates_points() {
        for (metric, now, before, expected) in [
            (Metric::Visitors, json!(150), json!(100), json!(50)),
            (Metric::Visitors, json!(1), json!(3), json!(-67)),
            (Metric::Visitors, json!(5), json!(0), json!(100)),
            (Metric::Visitors, json!(0), json!(0), json!(0)),
            (Metric::BounceRate, json!(40), json!(55), json!(-15)),
            (Metric::Percentage, json!(33.3), json!(30.1), json!(3.2)),
            (
                Metric::GroupConversionRate,
                json!(0.0),
                json!(50.0),
                json!(-50.0),
            ),
            (Metric::BounceRate, json!(40), json!(null), json!(null)),
        ] {
            assert_eq!(change(metric, &now, &before), expected, "{metric:?}");
        }
    }
}
