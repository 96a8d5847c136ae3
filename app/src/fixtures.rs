//! Invented reports for tests, chart snapshots and the gallery: the same figures every time.
//!
//! Sites whose domain starts with `empty.`, `one.`, `long.` or `new.` give the states that a designer wants to see.

use trackflow::domain::{
    Breakdown, BreakdownRow, Change, Dashboard, DashboardQuery, Dimension, Figures, Interval,
    Metric, Period, Site, SiteOverview, Timeseries, TimeseriesPoint, Timestamp,
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
#[must_use]
pub fn figures(visitors: u64) -> Figures {
    let visits = visitors * 5 / 4;
    Figures {
        visitors,
        visits,
        pageviews: visitors * 3,
        events: visitors * 3 + visitors / 9,
        bounces: visits * 41 / 100,
        duration_ms: visits * 167_000,
        engaged_ms: visits * 97_000,
    }
}

/// 28 days up to 24 November 2026, compared, the last one open.
#[must_use]
pub fn timeseries() -> Timeseries {
    timeseries_of(&VISITORS, Some(&PREVIOUS))
}

/// A day by hours with two hours without visits, not compared.
#[must_use]
pub fn hourly_timeseries() -> Timeseries {
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
#[must_use]
pub fn single_timeseries() -> Timeseries {
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

/// The values of a dimension.
#[must_use]
pub fn breakdown(domain: &str, dimension: Dimension, limit: usize) -> Breakdown {
    let long = "/de/produkte/datenschutzfreundliche-besucherauswertung/vergleichstabellen/selbstgehostete-loesungen-ohne-cookies-und-ohne-einwilligungsbanner/ausfuehrliche-betrachtung-mit-messwerten-und-quellenangaben-2025";
    let mut values: Vec<&str> = match dimension {
        Dimension::Page | Dimension::EntryPage | Dimension::ExitPage => vec![
            "/",
            "/2025/11/embedded-analytics-in-one-file",
            "/docs/getting-started",
            "/pricing",
            "/about",
            "/changelog",
            "/contact",
            "/blog",
            "/2024/12/a-year-without-cookies",
            "/docs",
            "/docs/self-hosting",
            "/search",
        ],
        Dimension::Country => vec![
            "US", "DE", "GB", "FR", "NL", "IN", "CA", "PL", "BR", "SE", "AU", "JP", "ES", "IT",
            "MX", "AR", "ZA", "KE", "ID", "CN",
        ],
        Dimension::Browser => vec![
            "Chrome",
            "Safari",
            "Firefox",
            "Edge",
            "Samsung Internet",
            "Opera",
            "Vivaldi",
        ],
        Dimension::System => vec!["Windows", "iOS", "macOS", "Android", "Linux"],
        Dimension::Device => vec!["Desktop", "Mobile", "Tablet"],
        Dimension::Channel => vec!["Direct", "Search", "Social", "AI assistant", "Referral"],
        Dimension::Source => vec![
            "",
            "Google",
            "Hacker News",
            "GitHub",
            "DuckDuckGo",
            "Bing",
            "lobste.rs",
            "ChatGPT",
            "Mastodon",
            "LinkedIn",
            "Reddit",
            "Kagi",
        ],
        Dimension::Hostname => vec!["blog.northwind.example"],
        _ => vec!["", "spring", "newsletter-2026-11"],
    };
    if domain.starts_with("long.") {
        values.insert(0, long);
    }
    if domain.starts_with("one.") {
        values.truncate(1);
    }
    let total_rows = values.len();
    let rows: Vec<_> = (1u64..)
        .zip(values)
        .take(limit)
        .map(|(rank, value)| BreakdownRow {
            value: value.to_owned(),
            figures: figures(if domain.starts_with("one.") {
                1
            } else {
                11_204 / rank
            }),
            scroll_depth: (dimension == Dimension::Page).then_some(63.0),
        })
        .collect();
    let max_visitors = rows.first().map_or(0, |row| row.figures.visitors);
    Breakdown {
        dimension,
        rows,
        total_rows,
        max_visitors,
    }
}

/// A whole dashboard.
#[must_use]
pub fn dashboard(
    domain: &str,
    query: &DashboardQuery,
    dimensions: &[Dimension],
    row_limit: usize,
) -> Dashboard {
    let is_empty = domain.starts_with("empty.") || query.filters.len() > 2;
    let is_new = domain.starts_with("new.");
    let mut timeseries = match query.period {
        _ if domain.starts_with("one.") => single_timeseries(),
        Period::Today | Period::Yesterday | Period::Hours24 => hourly_timeseries(),
        _ => timeseries(),
    };
    let mut total = figures(
        timeseries
            .points
            .iter()
            .map(|point| point.figures.visitors)
            .sum(),
    );
    if is_empty || is_new {
        total = Figures::default();
        timeseries.points.clear();
    }
    let previous = timeseries
        .points
        .iter()
        .filter_map(|point| point.previous.as_ref());
    let previous: u64 = previous.map(|(_, figures)| figures.visitors).sum();
    let breakdowns = dimensions
        .iter()
        .map(|dimension| breakdown(domain, *dimension, row_limit));
    Dashboard {
        from: Timestamp(TODAY - 27 * DAY_MS),
        to: Timestamp(TODAY + DAY_MS),
        title: "28 Oct – 24 Nov 2026".into(),
        comparison_title: (previous > 0).then(|| "30 Sep – 27 Oct 2026".into()),
        figures: total,
        previous: (previous > 0).then(|| figures(previous)),
        timeseries,
        breakdowns: breakdowns.collect(),
        current_visitors: if is_new { 0 } else { 23 },
        first_event_at: (!is_new).then_some(Timestamp(TODAY - 200 * DAY_MS)),
        last_event_at: (!is_new).then_some(Timestamp(TODAY - 3 * DAY_MS)),
    }
}

/// A row of the list of sites.
#[must_use]
pub fn overview(site: Site) -> SiteOverview {
    let is_new = site.domain.starts_with("new.");
    SiteOverview {
        site,
        daily_visitors: if is_new {
            vec![0; 28]
        } else {
            VISITORS.to_vec()
        },
        visitors_today: if is_new { 0 } else { 12_640 },
        pageviews_today: if is_new { 0 } else { 20_040 },
        visitors_yesterday: if is_new { 0 } else { 11_702 },
        current_visitors: if is_new { 0 } else { 23 },
        has_events: !is_new,
    }
}

/// The change of the fixture's visitors, for tests of words.
#[must_use]
pub fn change() -> Option<Change> {
    Change::of(Metric::Visitors, &figures(110), &figures(100))
}
