//! A question to the statistics in its general form, as the stats API takes it, and its answer.

use std::{fmt, ops::AddAssign};

use serde::{Deserialize, Serialize};

use super::{
    Comparison, Condition, Date, Dimension, Interval, Metric, Period, RevenueByCurrency, Subject,
    Timestamp,
};

/// The time that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateRange {
    /// As the dashboard names it.
    Period(Period),
    /// The last so many whole local days; today is not among them.
    LastDays(u16),
    /// From one instant to another, the end excluded.
    Instants {
        /// Start.
        from: Timestamp,
        /// End, after the start.
        to: Timestamp,
    },
}

/// What a question's answer is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedRange {
    /// Nothing.
    #[default]
    Off,
    /// As the dashboard compares. With `is_weekday_matched` it is moved by up to three days so that both begin on the same day
    /// of the week, or by up to six back where three ahead would reach into the range itself.
    Comparison {
        /// How.
        comparison: Comparison,
        /// Whether days of the week stand beside each other.
        is_weekday_matched: bool,
    },
    /// Two dates of the reader's choice, both included.
    Custom {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

/// What an answer has a row for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Each value of a dimension or property.
    Subject(Subject),
    /// Each bucket of time.
    Time(Interval),
    /// Each goal of the site, by its name: those that the condition names if it does, else all. An event may reach several.
    Goal,
}

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    /// The `n`th of the question's groups, by its value.
    Group(usize),
    /// A metric, which need not be asked for.
    Metric(Metric),
}

/// A question about one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatsQuery {
    /// When.
    pub range: DateRange,
    /// Which figures, in this order; at least one.
    pub metrics: Vec<Metric>,
    /// A row for each combination of these; none at all gives one row. At most [`StatsQuery::GROUP_LIMIT`].
    pub groups: Vec<Group>,
    /// What events must satisfy.
    pub condition: Condition,
    /// What the figures are compared with.
    pub comparison: ComparedRange,
    /// Most important first, `true` for descending. Rows that are equal in all are ordered by their groups' values.
    pub order: Vec<(OrderBy, bool)>,
    /// Most rows.
    pub limit: usize,
    /// Rows to skip.
    pub offset: usize,
}

/// A question that cannot be answered, in words for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidQuery(pub String);

impl fmt::Display for InvalidQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StatsQuery {
    /// Most groups of a question.
    pub const GROUP_LIMIT: usize = 5;

    /// Most rows of an answer.
    pub const ROW_LIMIT: usize = 10_000;

    /// Asks for totals of a range, unfiltered.
    #[must_use]
    pub fn totals(range: DateRange, metrics: Vec<Metric>) -> Self {
        Self {
            range,
            metrics,
            groups: Vec::new(),
            condition: Condition::All(Vec::new()),
            comparison: ComparedRange::Off,
            order: Vec::new(),
            limit: Self::ROW_LIMIT,
            offset: 0,
        }
    }

    /// Whether the time on a page can be told: the messages that carry it must be counted with the views that they belong to.
    #[must_use]
    pub fn has_time_on_page(&self) -> bool {
        let parts_views = |group: &Group| match group {
            Group::Subject(subject) => subject.parts_views(),
            Group::Time(_) => false,
            Group::Goal => true,
        };
        !self.condition.parts_views() && !self.groups.iter().any(parts_views)
    }

    /// Checks everything that needs no database: sizes, and which metrics go with which groups.
    ///
    /// # Errors
    /// Says what is wrong and what is allowed.
    pub fn check(&self) -> Result<(), InvalidQuery> {
        let invalid = |text: String| Err(InvalidQuery(text));
        if self.metrics.is_empty() {
            return invalid("a query asks for at least one metric".into());
        }
        if self.groups.len() > Self::GROUP_LIMIT {
            let limit = Self::GROUP_LIMIT;
            return invalid(format!("a query has at most {limit} dimensions"));
        }
        if self.limit == 0 || self.limit > Self::ROW_LIMIT {
            let limit = Self::ROW_LIMIT;
            return invalid(format!("a query's limit is 1 to {limit}"));
        }
        if let DateRange::Instants { from, to } = self.range
            && from >= to
        {
            return invalid("a date range ends after it starts".into());
        }
        for (order, _) in &self.order {
            match order {
                OrderBy::Group(at) if *at >= self.groups.len() => {
                    return invalid(
                        "rows can be ordered by the query's own dimensions only".into(),
                    );
                }
                _ => {}
            }
        }
        let goals = self.groups.iter().filter(|group| **group == Group::Goal);
        let count = goals.count();
        if count > 1 {
            return invalid("a query has the dimension of goals once".into());
        }
        self.check_rates(count == 1)?;
        let event_group = self.groups.iter().find_map(|group| match group {
            Group::Subject(subject)
                if subject.is_of_event()
                    && subject.dimension().is_none_or(|of| !of.is_of_time()) =>
            {
                Some(subject.key())
            }
            Group::Goal => Some("goal".into()),
            _ => None,
        });
        let visit_metric = self.metrics.iter().find(|metric| metric.is_of_visit());
        if let (Some(subject), Some(metric)) = (event_group, visit_metric) {
            return invalid(format!(
                "`{}` is counted from visits and cannot be broken down by `{}`, which is a dimension of events; ask for \
                 visitors, pageviews, events, time_on_page, scroll_depth, percentage or revenue, or break down by a dimension of visits",
                metric.key(),
                subject,
            ));
        }
        let has_titles = self
            .groups
            .contains(&Group::Subject(Dimension::Title.into()));
        let reading = [Metric::TimeOnPage, Metric::ScrollDepth];
        if let Some(metric) = self.metrics.iter().find(|metric| reading.contains(metric))
            && has_titles
        {
            return invalid(format!(
                "`{}` cannot be broken down by `title`: how long and how far a page was read is told without its title; \
                 break down by `page`",
                metric.key(),
            ));
        }
        self.condition
            .check()
            .map_err(|error| InvalidQuery(error.0))
    }

    /// Whether it asks for a metric, be it to order rows by.
    #[must_use]
    pub fn has(&self, metric: Metric) -> bool {
        let by = |(by, _): &(OrderBy, bool)| *by == OrderBy::Metric(metric);
        self.metrics.contains(&metric) || self.order.iter().any(by)
    }

    /// Conversion rates need a goal, and that of a row needs rows.
    fn check_rates(&self, has_goal_group: bool) -> Result<(), InvalidQuery> {
        let rates = [Metric::ConversionRate, Metric::GroupConversionRate];
        let Some(metric) = rates.into_iter().find(|metric| self.has(*metric)) else {
            return Ok(());
        };
        let key = metric.key();
        if !has_goal_group && self.condition.without_goals().1.is_empty() {
            return Err(InvalidQuery(format!(
                "`{key}` is of those who reach a goal: it needs a filter on event:goal that all must pass, or the dimension event:goal"
            )));
        }
        if self.has(Metric::GroupConversionRate) && self.groups.is_empty() {
            return Err(InvalidQuery(
                "`group_conversion_rate` needs a dimension: it is the rate of a row".into(),
            ));
        }
        Ok(())
    }
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatsRow {
    /// The values of the groups, in the question's order. A bucket of time is `2026-11-24` or, for hours, `2026-11-24 13:00:00`.
    pub groups: Vec<String>,
    /// The metrics, in the question's order; `None` where one is undefined, and for those of `revenue`.
    pub metrics: Vec<Option<f64>>,
    /// What the row's events were worth, if a metric asks for it.
    pub revenue: RevenueByCurrency,
    /// Metrics and revenue of the comparison range; `None` without one. See [`StatsAnswer::compared_labels`].
    pub previous: Option<(Vec<Option<f64>>, RevenueByCurrency)>,
}

/// How a question was answered.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Days read from roll-ups (whole months count with their days).
    pub rolled_up_days: usize,
    /// Whole months among them that were read as one.
    pub rolled_up_months: usize,
    /// Days read from day blocks.
    pub block_days: usize,
    /// Days of blocks that were left out, as nothing in them can satisfy the condition.
    pub skipped_days: usize,
    /// Days read from rows.
    pub row_days: usize,
    /// Events looked at, those of roll-ups aside.
    pub events: u64,
    /// Bytes of blocks and roll-ups read.
    pub bytes: u64,
    /// Columns of blocks and rows looked at, by name, ascending.
    pub columns: Vec<String>,
}

impl Plan {
    /// Adds columns to those looked at.
    pub(crate) fn add_columns(&mut self, columns: impl IntoIterator<Item = String>) {
        self.columns.extend(columns);
        self.columns.sort_unstable();
        self.columns.dedup();
    }
}

impl AddAssign for Plan {
    fn add_assign(&mut self, other: Self) {
        self.rolled_up_days += other.rolled_up_days;
        self.rolled_up_months += other.rolled_up_months;
        self.block_days += other.block_days;
        self.skipped_days += other.skipped_days;
        self.row_days += other.row_days;
        self.events += other.events;
        self.bytes += other.bytes;
        self.add_columns(other.columns);
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatsAnswer {
    /// The rows asked for.
    pub rows: Vec<StatsRow>,
    /// How many there are in all.
    pub total_rows: usize,
    /// Start of the range.
    pub from: Timestamp,
    /// End of the range, excluded.
    pub to: Timestamp,
    /// All buckets of the first group by time, empty ones too.
    pub time_labels: Vec<String>,
    /// The same of the comparison range, which can have fewer or more. A row's earlier figures are of the bucket at the same
    /// place; beyond the last all of them are `None`.
    pub compared_labels: Vec<String>,
    /// How it was answered.
    pub plan: Plan,
}
