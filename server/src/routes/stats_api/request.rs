//! What `POST /api/v2/query` takes, as it is on the wire. Unknown keys are refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trackflow::domain::StatsQuery;
use utoipa::ToSchema;

/// A question about one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "site_id": "example.com",
    "metrics": ["visitors", "pageviews", "bounce_rate"],
    "date_range": "7d",
    "dimensions": ["visit:source"],
    "filters": [["is", "visit:country", ["DE", "AT"]]]
}))]
pub(super) struct QueryRequest {
    /// Domain of the site.
    #[schema(example = "example.com")]
    pub(super) site_id: String,
    /// Figures of each row, in this order: `visitors`, `visits`, `pageviews`, `views_per_visit`, `bounce_rate`, `visit_duration`, `events`,
    /// `time_on_page`, `scroll_depth`, `percentage`, `total_revenue`, `average_revenue`, and of goals `conversion_rate`,
    /// `group_conversion_rate`. None twice.
    #[schema(min_items = 1)]
    pub(super) metrics: Vec<String>,
    /// day, 24h, month, year, all, Nd (the last N days without today), Nmo (the last N whole months), two dates, or two instants
    /// with an offset; both ends are included. In the site's time zone.
    #[schema(value_type = DateRangeInput)]
    pub(super) date_range: Value,
    /// A row for each combination of these; without any one row of totals. At most 5, none twice. `event:goal` has a row for each goal.
    #[serde(default)]
    pub(super) dimensions: Vec<String>,
    /// All must hold. A filter is `[OPERATOR, DIMENSION, [VALUE, …]]` with `is`, `is_not`, `contains`, `contains_not`, `matches` or `matches_not`, perhaps
    /// with `{"case_sensitive": false}` behind it; or `["and", [FILTER, …]]`, `["or", [FILTER, …]]`, `["not", FILTER]`,
    /// `["has_done", FILTER]`, `["has_not_done", FILTER]`. `["is", "event:goal", [NAME, …]]` (or contains) is of events that reach a goal,
    /// `["is", "segment", [NUMBER, …]]` is of saved filters. At most 100, nested at most 10 deep.
    #[serde(default)]
    #[schema(value_type = Vec<Vec<Value>>)]
    pub(super) filters: Vec<Value>,
    /// What rows are ordered by: metrics and dimensions of this request, each with asc or desc. Default: time ascending, else the first metric
    /// descending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Vec<String>>, example = json!([["visitors", "desc"]]))]
    pub(super) order_by: Option<Vec<(String, String)>>,
    /// What else to tell.
    #[serde(default)]
    pub(super) include: Include,
    /// Which rows.
    #[serde(default)]
    pub(super) pagination: Pagination,
}

/// A name, or two ends.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "describes what is read by hand, with better words where it is wrong"
)]
pub(super) enum DateRangeInput {
    /// day, 24h, 7d, 28d, 30d, 91d, month, 6mo, 12mo, year, all, …
    #[schema(example = "7d")]
    Name(String),
    /// Two dates or two instants with an offset, both included.
    #[schema(example = json!(["2026-11-01", "2026-11-24"]))]
    Ends([String; 2]),
}

/// What to tell beside the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Include {
    /// Taken for Plausible's clients: there are no imports, and `meta` says so.
    #[serde(skip_serializing_if = "is_off")]
    pub(super) imports: bool,
    /// All buckets of time in `meta.time_labels`, empty ones too. Needs a dimension of time.
    #[serde(skip_serializing_if = "is_off")]
    pub(super) time_labels: bool,
    /// The number of all rows in `meta.total_rows`.
    #[serde(skip_serializing_if = "is_off")]
    pub(super) total_rows: bool,
    /// The `query.date_range` of a range that is still open ends now. Buckets of time always do.
    #[serde(skip_serializing_if = "is_off")]
    pub(super) trim_relative_date_range: bool,
    /// The figures of an earlier range with each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comparisons: Option<Comparisons>,
    /// How the question was answered, in `meta.plan`. Not Plausible's.
    #[serde(skip_serializing_if = "is_off")]
    pub(super) plan: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_off(flag: &bool) -> bool {
    !flag
}

/// What to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Comparisons {
    /// Which range.
    pub(super) mode: ComparisonMode,
    /// Moves the range by up to three days, so that both begin on the same day of the week; further back where it would reach into the
    /// range itself.
    #[serde(default)]
    pub(super) match_day_of_week: bool,
    /// Two dates, both included; with the mode custom only. At most 5,000 days, none after today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) date_range: Option<[String; 2]>,
}

/// Which range to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ComparisonMode {
    /// The equally long range before.
    PreviousPeriod,
    /// The same dates a year earlier.
    YearOverYear,
    /// `date_range`.
    Custom,
}

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pagination {
    /// Most rows.
    #[schema(minimum = 1, maximum = 10_000, default = 10_000)]
    pub(super) limit: usize,
    /// Rows to leave out.
    #[schema(default = 0)]
    pub(super) offset: usize,
}

impl Default for Pagination {
    fn default() -> Self {
        Self {
            limit: StatsQuery::ROW_LIMIT,
            offset: 0,
        }
    }
}
