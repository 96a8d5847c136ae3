//! How figures are written: units and decimals are Plausible's. An undefined figure is `null`, never 0.

use app::format;
use serde_json::{Value, json};
use trackflow::domain::{Metric, RevenueByCurrency, RevenueTotal};

/// A figure as answers have it: rates in percent, times in seconds, money with its currency. Money in several currencies is a
/// list: Plausible converts it, which would be a guess.
pub(super) fn write(metric: Metric, value: Option<f64>, revenue: &RevenueByCurrency) -> Value {
    match metric {
        Metric::TotalRevenue | Metric::AverageRevenue => match revenue.totals() {
            [] => Value::Null,
            [entry] => amount(metric, entry),
            all => all.iter().map(|entry| amount(metric, entry)).collect(),
        },
        _ => number(metric, value),
    }
}

fn amount(metric: Metric, entry: &RevenueTotal) -> Value {
    let money = match metric {
        Metric::AverageRevenue => entry.average(),
        _ => entry.total.clone(),
    };
    let words = format::money(&money);
    json!({
        "value": money.value(),
        "currency": money.currency,
        "short": words.short,
        "long": words.exact,
    })
}

/// A figure that is a number.
pub(super) fn number(metric: Metric, value: Option<f64>) -> Value {
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
/// 100, as in Plausible. Of money only where both are of one and the same currency.
pub(super) fn change(metric: Metric, now: &Value, before: &Value) -> Value {
    let number = |value: &Value| value.as_f64().or_else(|| value["value"].as_f64());
    let is_comparable = now["currency"] == before["currency"];
    let (Some(now), Some(before), true) = (number(now), number(before), is_comparable) else {
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
            let none = RevenueByCurrency::default();
            assert_eq!(write(metric, value, &none), expected, "{metric:?}");
        }
    }

    #[test]
    fn money_is_an_object_and_of_several_currencies_a_list() {
        let mut revenue = RevenueByCurrency::default();
        let write = |metric, revenue: &RevenueByCurrency| write(metric, None, revenue);
        assert_eq!(write(Metric::TotalRevenue, &revenue), json!(null));
        revenue.add("EUR", 12_000.5);
        revenue.add("EUR", 0.5);
        let euros = json!({"value": 12001.0, "currency": "EUR", "short": "EUR 12.0k", "long": "EUR 12,001.00"});
        assert_eq!(write(Metric::TotalRevenue, &revenue), euros);
        let mean = write(Metric::AverageRevenue, &revenue);
        assert_eq!(mean["value"], json!(6000.5));
        assert_eq!(mean["short"], "EUR 6,000.50");
        let mut more = revenue.clone();
        more.add("JPY", -300.0);
        let yen =
            json!({"value": -300.0, "currency": "JPY", "short": "JPY −300", "long": "JPY −300"});
        let list = write(Metric::TotalRevenue, &more);
        assert_eq!(list, json!([euros, yen]));
        for (now, before, expected) in [
            (&euros, &mean, json!(100)),
            (&euros, &yen, json!(null)),
            (&euros, &list, json!(null)),
            (&euros, &json!(null), json!(null)),
        ] {
            assert_eq!(change(Metric::TotalRevenue, now, before), expected);
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
