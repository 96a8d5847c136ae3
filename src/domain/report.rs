//! What the reader sees: figures, series and tables, ready to be shown.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Interval, Metric, RevenueByCurrency, Subject, Timestamp};

/// The figures of some events and the visits they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Distinct visitor ids.
    pub visitors: u64,
    /// Visits that started in the period.
    pub visits: u64,
    /// Events named `pageview`.
    pub pageviews: u64,
    /// All events except `engagement`, pageviews included.
    pub events: u64,
    /// Visits that bounced.
    pub bounces: u64,
    /// Sum over the visits of last − first activity, in milliseconds.
    pub duration_ms: u64,
    /// Engaged (visible and focused) time, in milliseconds.
    pub engaged_ms: u64,
    /// Sum over visits and their pages of the deepest scroll, in percent.
    pub scroll_percents: u64,
    /// How many depths that sum has.
    pub scrolls: u64,
}

impl Figures {
    /// The value of a metric; `None` where it is undefined: a rate without visits, shares and conversion rates, which need
    /// the whole, and revenue, which needs currencies.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        match metric {
            Metric::Visitors => ratio(self.visitors, 1),
            Metric::Visits => ratio(self.visits, 1),
            Metric::Pageviews => ratio(self.pageviews, 1),
            Metric::ViewsPerVisit => ratio(self.pageviews, self.visits),
            Metric::BounceRate => ratio(self.bounces, self.visits),
            Metric::VisitDuration => ratio(self.duration_ms, self.visits).map(|ms| ms / 1_000.0),
            Metric::Events => ratio(self.events, 1),
            Metric::TimeOnPage => ratio(self.engaged_ms, self.pageviews).map(|ms| ms / 1_000.0),
            Metric::ScrollDepth => ratio(self.scroll_percents, self.scrolls),
            Metric::Percentage
            | Metric::ConversionRate
            | Metric::GroupConversionRate
            | Metric::TotalRevenue
            | Metric::AverageRevenue => None,
        }
    }
}

impl AddAssign for Figures {
    /// Adds the figures of another day or of events that have none of these.
    fn add_assign(&mut self, other: Self) {
        self.visitors += other.visitors;
        self.visits += other.visits;
        self.pageviews += other.pageviews;
        self.events += other.events;
        self.bounces += other.bounces;
        self.duration_ms += other.duration_ms;
        self.engaged_ms += other.engaged_ms;
        self.scroll_percents += other.scroll_percents;
        self.scrolls += other.scrolls;
    }
}

/// What a table of a dimension is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakdownOrder {
    /// The value itself.
    Value,
    /// A metric; revenue by the currency of most events, as nothing is summed across.
    Metric(Metric),
}

/// A page of the table of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakdownPage {
    /// Sorted by.
    pub order: BreakdownOrder,
    /// Smallest first.
    pub is_ascending: bool,
    /// Only values that have this as a part, letter case aside; of countries the name counts too. Empty for all.
    pub search: String,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to give.
    pub limit: usize,
    /// Also says what events were worth. Roll-ups do not know that: each day of the period is read.
    pub has_revenue: bool,
}

impl Default for BreakdownPage {
    /// The first hundred by visitors.
    fn default() -> Self {
        Self {
            order: BreakdownOrder::Metric(Metric::Visitors),
            is_ascending: false,
            search: String::new(),
            offset: 0,
            limit: 100,
            has_revenue: false,
        }
    }
}

/// How a figure changed against the comparison period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Relative change, 0.12 for +12 %.
    Relative(f64),
    /// Difference of two rates in percentage points, 3.0 for +3 points.
    Points(f64),
}

impl Change {
    /// The change of a metric; `None` without a comparison or where the earlier figure is zero or undefined.
    #[must_use]
    pub fn of(metric: Metric, now: &Figures, before: &Figures) -> Option<Self> {
        let (now, before) = (now.value(metric)?, before.value(metric)?);
        if metric == Metric::BounceRate {
            return Some(Self::Points((now - before) * 100.0));
        }
        (before > 0.0).then(|| Self::Relative((now - before) / before))
    }
}

/// One bucket of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeseriesPoint {
    /// Start of the bucket.
    pub at: Timestamp,
    /// Short label for the axis: "14:00", "24 Nov", "Nov 2026".
    pub label: String,
    /// The bucket in words: "Tue 24 Nov 2026, 14:00".
    pub title: String,
    /// Its figures. Visits and their derived figures count in the bucket in which the visit started.
    pub figures: Figures,
    /// The same bucket of the comparison period, with its words.
    pub previous: Option<(String, Figures)>,
}

/// One entry per bucket, ascending, empty buckets filled with zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeseries {
    /// Width of the buckets.
    pub interval: Interval,
    /// The intervals that suit the period, ascending; never empty.
    pub intervals: Vec<Interval>,
    /// The buckets; all begin before now.
    pub points: Vec<TimeseriesPoint>,
    /// Whether the last bucket is still open.
    pub is_last_open: bool,
}

/// One value of a dimension or property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreakdownRow {
    /// The value as stored and as filters take it; empty for "none".
    pub value: String,
    /// Its figures.
    pub figures: Figures,
    /// What its events were worth; empty unless [`BreakdownPage::has_revenue`] asks for it.
    pub revenue: RevenueByCurrency,
}

/// The values of a dimension or property, most visitors first, then by value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// What was broken down.
    pub subject: Subject,
    /// The rows asked for.
    pub rows: Vec<BreakdownRow>,
    /// How many values there are in all.
    pub total_rows: usize,
    /// The largest number of visitors of a row: the full width of the bars.
    pub max_visitors: u64,
    /// Whether the time on a page can be told: not under a filter on names or properties of events.
    pub has_time_on_page: bool,
}

impl Breakdown {
    /// The value of a metric in a row; `None` where it is undefined.
    #[must_use]
    pub fn value(&self, metric: Metric, figures: &Figures) -> Option<f64> {
        let is_known = metric != Metric::TimeOnPage || self.has_time_on_page;
        is_known.then(|| figures.value(metric)).flatten()
    }
}

/// What the events of a period carry beside the dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extras {
    /// Names of custom properties, ascending; of more than [`Extras::PROPERTY_LIMIT`] those that most days have.
    pub properties: Vec<String>,
    /// Whether any event has an amount of money.
    pub has_revenue: bool,
}

impl Extras {
    /// Most names of properties that are listed: as many as a day keeps.
    pub const PROPERTY_LIMIT: usize = 300;
}

/// Everything that a dashboard's page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Start of the period.
    pub from: Timestamp,
    /// End of the last bucket, excluded: of a period that goes on, that of the current one.
    pub to: Timestamp,
    /// The period in dates of the site's zone: "28 Oct – 24 Nov 2026".
    pub title: String,
    /// The comparison period in dates.
    pub comparison_title: Option<String>,
    /// Totals of the period.
    pub figures: Figures,
    /// Totals of the comparison period.
    pub previous: Option<Figures>,
    /// The main chart.
    pub timeseries: Timeseries,
    /// One per dimension asked for, in that order.
    pub breakdowns: Vec<Breakdown>,
    /// Distinct visitors with an event in the last 5 minutes, filters aside.
    pub current_visitors: u64,
    /// When the site's first event came; `None` before it.
    pub first_event_at: Option<Timestamp>,
    /// When the site's last event came.
    pub last_event_at: Option<Timestamp>,
}
