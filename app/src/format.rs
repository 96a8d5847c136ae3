//! Figures in words: short for the eye, exact for the title and for screen readers.
//!
//! Pure functions from values to text; `components::figure` puts them into the page.

use trackflow::domain::{Change, Metric, Vital};

mod money;

pub use money::money;

/// What stands where a figure is unknown or undefined.
pub const UNKNOWN: &str = "–";

/// A figure in two lengths; equal where the short one loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What is shown: `12.3k`.
    pub short: String,
    /// The whole: `12,345`.
    pub exact: String,
}

/// Groups digits by thousands: `1,234,567`.
#[must_use]
pub fn exact(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Shortens to about three digits from 10,000 up: `9,999`, `12.3k`, `124k`, `1.2M`, `1.2B`.
#[must_use]
pub fn short(number: u64) -> String {
    let tenths = |unit: u64, name: &str| {
        let tenths = (number + unit / 20) / (unit / 10);
        format!("{}.{}{name}", exact(tenths / 10), tenths % 10)
    };
    match number {
        0..10_000 => exact(number),
        10_000..99_950 => tenths(1_000, "k"),
        99_950..999_500 => format!("{}k", (number + 500) / 1_000),
        999_500..999_950_000 => tenths(1_000_000, "M"),
        _ => tenths(1_000_000_000, "B"),
    }
}

/// A count.
#[must_use]
pub fn count(number: u64) -> Figure {
    Figure {
        short: short(number),
        exact: exact(number),
    }
}

/// A share of a whole, 0.0 to 1.0, in percent: one decimal below 10 %, none from there.
#[must_use]
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent == 0.0 {
        "0%".into()
    } else if percent < 9.95 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// `part` ÷ `whole` in percent; unknown without a whole.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        UNKNOWN.into()
    } else {
        percent(part as f64 / whole as f64)
    }
}

/// A span of time: `0s`, `47s`, `1m 23s`, `2h 5m`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "spans are positive and short"
)]
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m {rest}s"),
        _ => format!("{hours}h {minutes}m"),
    }
}

/// How long ago something was, in one unit: `3 seconds ago`, `1 minute ago`, `5 days ago`.
#[must_use]
pub fn ago(ms: i64) -> String {
    let seconds = u64::try_from(ms / 1_000).unwrap_or_default();
    let (number, unit) = match seconds {
        0 => return "just now".into(),
        1..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {unit}{plural} ago", exact(number))
}

/// Milliseconds: one decimal below 10, `1.2s` from a second up.
#[must_use]
pub fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    }
}

/// A web vital: `820 ms`, `2.45 s`; layout shifts `0.084`, from 0.1 with two decimals.
#[must_use]
pub fn vital(vital: Vital, value: Option<f64>) -> String {
    match (vital, value) {
        (_, None) => UNKNOWN.into(),
        (Vital::Cls, Some(value)) if value < 0.000_5 => "0".into(),
        (Vital::Cls, Some(value)) if value < 0.0995 => format!("{value:.3}"),
        (Vital::Cls, Some(value)) => format!("{value:.2}"),
        (_, Some(ms)) if ms < 999.5 => format!("{ms:.0} ms"),
        (_, Some(ms)) if ms < 9_995.0 => format!("{:.2} s", ms / 1_000.0),
        (_, Some(ms)) => format!("{:.1} s", ms / 1_000.0),
    }
}

/// A value of a metric as [`trackflow::domain::Figures::value`] gives it.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, positive and far below 2^53"
)]
pub fn metric(metric: Metric, value: Option<f64>) -> Figure {
    let same = |text: String| Figure {
        short: text.clone(),
        exact: text,
    };
    let Some(value) = value else {
        return same(UNKNOWN.into());
    };
    match metric {
        Metric::Visitors | Metric::Visits | Metric::Pageviews | Metric::Events => {
            count(value.round() as u64)
        }
        Metric::ViewsPerVisit => same(format!("{value:.2}")),
        Metric::BounceRate
        | Metric::Percentage
        | Metric::ConversionRate
        | Metric::GroupConversionRate => same(percent(value)),
        // Money has a currency: `money`.
        Metric::TotalRevenue | Metric::AverageRevenue => same(UNKNOWN.into()),
        Metric::ScrollDepth => same(percent(value / 100.0)),
        Metric::VisitDuration | Metric::TimeOnPage => same(duration(value)),
    }
}

/// A value with what it counts: "1,234 visitors", "1 visit", "41% bounce rate", "1m 23s".
#[must_use]
pub fn with_unit(metric: Metric, value: Option<f64>) -> String {
    let words = self::metric(metric, value).exact;
    let unit = match (metric, words == "1") {
        (Metric::Visitors, false) => " visitors",
        (Metric::Visitors, true) => " visitor",
        (Metric::Visits, false) => " visits",
        (Metric::Visits, true) => " visit",
        (Metric::Pageviews, false) => " pageviews",
        (Metric::Pageviews, true) => " pageview",
        (Metric::ViewsPerVisit, _) => " views per visit",
        (Metric::BounceRate, _) => " bounce rate",
        (Metric::Events, false) => " events",
        (Metric::Events, true) => " event",
        (Metric::Percentage, _) => " of the visitors",
        (Metric::ConversionRate | Metric::GroupConversionRate, _) => " conversion rate",
        (Metric::ScrollDepth, _) => " scroll depth",
        (
            Metric::VisitDuration
            | Metric::TimeOnPage
            | Metric::TotalRevenue
            | Metric::AverageRevenue,
            _,
        ) => "",
    };
    words + unit
}

/// A change with its sign: `+12%`, `−3 pts`, `0%`.
#[must_use]
pub fn change(change: Change) -> String {
    let (value, unit) = match change {
        Change::Relative(ratio) => ((ratio * 100.0).round(), "%"),
        Change::Points(points) => (points.round(), " pts"),
    };
    let sign = match value {
        value if value > 0.0 => "+",
        value if value < 0.0 => "−",
        _ => "",
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, which is what a change of a trillion percent deserves"
    )]
    let digits = exact(value.abs() as u64);
    format!("{sign}{digits}{unit}")
}

/// Whether a change, as rounded for the eye, goes up (1), down (−1) or nowhere (0).
#[must_use]
pub fn direction(change: Change) -> i8 {
    let value = match change {
        Change::Relative(ratio) => (ratio * 100.0).round(),
        Change::Points(points) => points.round(),
    };
    if value > 0.0 {
        1
    } else if value < 0.0 {
        -1
    } else {
        0
    }
}

/// Escapes text for HTML and SVG, attribute values included.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short_for_the_eye_and_exact_for_the_title() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_234, "1,234"),
            (9_999, "9,999"),
            (12_345, "12.3k"),
            (99_949, "99.9k"),
            (99_950, "100k"),
            (999_499, "999k"),
            (999_500, "1.0M"),
            (1_234_567, "1.2M"),
            (999_949_999, "999.9M"),
            (999_950_000, "1.0B"),
            (98_765_432_109, "98.8B"),
        ] {
            assert_eq!(short(number), text, "{number}");
        }
        assert_eq!(exact(1_234_567), "1,234,567");
    }

    #[test]
    fn percentages_lose_their_decimals_above_ten() {
        for (ratio, text) in [
            (0.0, "0%"),
            (0.001, "0.1%"),
            (0.0994, "9.9%"),
            (0.0996, "10%"),
            (0.414, "41%"),
            (1.0, "100%"),
        ] {
            assert_eq!(percent(ratio), text, "{ratio}");
        }
        assert_eq!(share(1, 0), UNKNOWN);
    }

    #[test]
    fn durations_name_two_units_at_most() {
        for (seconds, text) in [
            (0.0, "0s"),
            (59.4, "59s"),
            (59.6, "1m 0s"),
            (83.0, "1m 23s"),
            (3_600.0, "1h 0m"),
            (445_620.0, "123h 47m"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn spans_since_are_told_in_one_unit() {
        for (ms, text) in [
            (-5, "just now"),
            (999, "just now"),
            (1_000, "1 second ago"),
            (119_000, "1 minute ago"),
            (7_200_000, "2 hours ago"),
            (200_000_000, "2 days ago"),
        ] {
            assert_eq!(ago(ms), text, "{ms}");
        }
        for (ms, text) in [(0.44, "0.4 ms"), (12.4, "12 ms"), (1_234.0, "1.2 s")] {
            assert_eq!(milliseconds(ms), text);
        }
    }

    #[test]
    fn changes_have_a_sign_unless_they_round_to_nothing() {
        for (value, text, way) in [
            (Change::Relative(0.144), "+14%", 1),
            (Change::Relative(-0.99), "−99%", -1),
            (Change::Relative(0.004), "0%", 0),
            (Change::Relative(12.34), "+1,234%", 1),
            (Change::Points(-3.0), "−3 pts", -1),
        ] {
            assert_eq!((change(value), direction(value)), (text.into(), way));
        }
    }

    #[test]
    fn web_vitals_are_as_precise_as_they_are_known() {
        for (name, value, text) in [
            (Vital::Lcp, Some(0.0), "0 ms"),
            (Vital::Inp, Some(102.5), "102 ms"),
            (Vital::Lcp, Some(999.5), "1.00 s"),
            (Vital::Lcp, Some(2_450.0), "2.45 s"),
            (Vital::Ttfb, Some(10_250.0), "10.2 s"),
            (Vital::Cls, Some(0.0), "0"),
            (Vital::Cls, Some(0.084), "0.084"),
            (Vital::Cls, Some(0.117_5), "0.12"),
            (Vital::Cls, None, UNKNOWN),
        ] {
            assert_eq!(vital(name, value), text);
        }
    }

    #[test]
    fn undefined_values_are_a_dash() {
        assert_eq!(metric(Metric::BounceRate, None).short, "–");
        assert_eq!(metric(Metric::Visitors, Some(0.0)).short, "0");
        assert_eq!(metric(Metric::ViewsPerVisit, Some(2.376)).short, "2.38");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(with_unit(Metric::Visits, Some(1.0)), "1 visit");
        assert_eq!(with_unit(Metric::Visitors, Some(0.0)), "0 visitors");
        assert_eq!(with_unit(Metric::BounceRate, None), "– bounce rate");
    }

    #[test]
    fn text_cannot_leave_its_attribute() {
        assert_eq!(escape("<a b='c\">&"), "&lt;a b=&#39;c&quot;&gt;&amp;");
    }
}
