//! The whole state of a dashboard: what its address says.

use serde::{Deserialize, Serialize};

use super::{Comparison, Filter, GoalId, Interval, Metric, Period, SegmentId};

/// A question about one site. The address of the dashboard is its written form.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DashboardQuery {
    /// The period asked for.
    pub period: Period,
    /// What it is compared with.
    pub comparison: Comparison,
    /// The metric of the main chart.
    pub metric: Metric,
    /// The chart's buckets; `None` lets the period decide.
    pub interval: Option<Interval>,
    /// All must hold; at most [`DashboardQuery::FILTER_LIMIT`].
    pub filters: Vec<Filter>,
    /// Saved filters that must hold, too.
    pub segment: Option<SegmentId>,
    /// A goal that the visit must have reached.
    pub goal: Option<GoalId>,
}

impl DashboardQuery {
    /// Most filters of one question.
    pub const FILTER_LIMIT: usize = 20;
}
