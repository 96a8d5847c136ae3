//! Invented reports for the tests of charts, whose snapshots are the gallery's: the same figures every time.

use crate::annotations::{Mark, Note};
use trackflow::domain::{
    BreakdownRow, Figures, Interval, RevenueByCurrency, Timeseries, TimeseriesPoint, Timestamp,
};

const DAY_MS: i64 = 86_400_000;
/// 24 November 2026, 00:00 UTC.
const TODAY: i64 = 1_795_478_400_000;
const VISITORS: [u64; 28] = [
    812, 790, 934, 1011, 1180, 742, 655, 980, 1042, 1113, 1090, 1204, 821, 760, 1130, 1244, 1310,
    1287, 1402, 930, 848, 1390, 1468, 1530, 1489, 1721, 1102, 640,
];
const PREVIOUS: [u64; 28] = [
    700, 720, 860, 901, 930, 690, 610, 820, 899, 960, 944, 1011, 760, 690, 905, 980, 1030, 1044,
    1101, 780, 705, 1002, 1076, 1120, 1099, 1180, 905, 884,
];

/// Figures in the proportions of a blog.
pub(crate) fn figures(visitors: u64) -> Figures {
    let visits = visitors * 5 / 4;
    Figures {
        visitors,
        visits,
        pageviews: visitors * 3,
        events: visitors * 3 + visitors / 9,
        bounces: visits * 41 / 100,
        duration_ms: visits * 167_000,
        engaged_ms: visits * 97_000,
        ..Figures::default()
    }
}

/// 28 days up to 24 November 2026, compared, the last one open.
pub(crate) fn timeseries() -> Timeseries {
    timeseries_of(&VISITORS, Some(&PREVIOUS))
}

/// What is noted in [`timeseries`].
pub(crate) fn marks() -> Vec<Mark> {
    let note = |when: &str, text: &str| Note {
        when: when.into(),
        text: text.into(),
    };
    vec![
        Mark {
            bucket: 9,
            notes: vec![note("6 November 2026", "Version 2 was released")],
        },
        Mark {
            bucket: 23,
            notes: vec![
                note("20 November 2026", "Newsletter"),
                note("20 November 2026, 14:05", "First page of <News>"),
            ],
        },
    ]
}

/// A day by hours with two hours without visits, not compared.
pub(crate) fn hourly_timeseries() -> Timeseries {
    let visitors = [3, 1, 0, 0, 2, 4, 9, 17, 31, 40, 44, 38];
    let mut timeseries = timeseries_of(&visitors, None);
    timeseries.interval = Interval::Hour;
    timeseries.intervals = vec![Interval::Hour];
    for (hour, point) in (0..).zip(&mut timeseries.points) {
        point.at = Timestamp(TODAY + hour * 3_600_000);
        point.label = format!("{hour:02}:00");
        point.title = format!("Tue 24 Nov 2026, {hour:02}:00");
    }
    timeseries
}

/// One bucket, closed.
pub(crate) fn single_timeseries() -> Timeseries {
    let mut timeseries = timeseries_of(&[1], None);
    timeseries.is_last_open = false;
    timeseries
}

fn timeseries_of(visitors: &[u64], previous: Option<&[u64]>) -> Timeseries {
    let count = i64::try_from(visitors.len()).expect("a few");
    let points = visitors.iter().enumerate().map(|(at, visitors)| {
        let days_ago = count - 1 - i64::try_from(at).expect("a few");
        let label = day_label(days_ago);
        TimeseriesPoint {
            at: Timestamp(TODAY - days_ago * DAY_MS),
            title: format!("{label} 2026"),
            label,
            figures: figures(*visitors),
            previous: previous.map(|previous| {
                let words = format!("{} 2026", day_label(days_ago + count));
                (words, figures(previous[at]))
            }),
        }
    });
    Timeseries {
        interval: Interval::Day,
        intervals: vec![Interval::Day, Interval::Week],
        points: points.collect(),
        is_last_open: true,
    }
}

/// "24 Nov" and days before it, back to 1 September.
fn day_label(days_ago: i64) -> String {
    match 24 - days_ago {
        day @ 1.. => format!("{day} Nov"),
        day @ -30..=0 => format!("{} Oct", day + 31),
        day => format!("{} Sep", day + 61),
    }
}

/// Countries by visitors, descending.
pub(crate) fn country_rows() -> Vec<BreakdownRow> {
    let codes = [
        "US", "DE", "GB", "FR", "NL", "IN", "CA", "PL", "BR", "SE", "AU", "JP", "ES", "IT", "MX",
    ];
    let rows = (1u64..).zip(codes).map(|(rank, code)| BreakdownRow {
        value: code.to_owned(),
        figures: figures(11_204 / rank),
        revenue: RevenueByCurrency::default(),
    });
    rows.collect()
}
