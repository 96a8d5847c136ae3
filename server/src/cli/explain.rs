//! `trackflow explain`: asks a question and tells how it was answered.

use std::time::Instant;

use anyhow::Context;
use clap::Args;
use trackflow::{
    config::Config,
    domain::{
        Condition, DateRange, Filter, Group, Interval, Metric, Period, Principal, StatsAnswer,
        StatsQuery, Subject,
    },
    services::{ServiceError, stats_service},
};

use super::open;
use crate::clock;

/// A question, in the words of the dashboard's address.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Domain of the site
    #[arg(long, value_name = "DOMAIN")]
    site: String,
    /// today, 24h, 7d, 28d, 12mo, all … as in the dashboard's address, or custom with --from and --to
    #[arg(long, value_name = "PERIOD", default_value = "28d")]
    period: String,
    /// First day of the period custom
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day of the period custom
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// A filter as in the dashboard's address, such as country:is:DE; all must hold
    #[arg(long = "filter", value_name = "FILTER")]
    filters: Vec<String>,
    /// What rows are by: a dimension, property.NAME, goal, or time:hour, time:day, time:week, time:month
    #[arg(long = "group", value_name = "DIMENSION")]
    groups: Vec<String>,
    /// A figure of each row
    #[arg(long = "metric", value_name = "METRIC", default_values = ["visitors"])]
    metrics: Vec<String>,
}

pub(super) async fn run(config: &Config, explain: &Explain) -> anyhow::Result<()> {
    let query = explain.query()?;
    let db = open::database(&config.database).await?;
    let (system, now) = (Principal::System, clock::now());
    let started = Instant::now();
    let answer = stats_service::answer(&db, &system, &explain.site, &query, now).await;
    let took_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let answer = answer.context("the question cannot be answered")?;
    for (name, value) in lines(&answer, took_ms) {
        println!("{name:<18}{value}");
    }
    Ok(())
}

impl Explain {
    fn query(&self) -> Result<StatsQuery, ServiceError> {
        let period = Period::parse(Some(&self.period), self.from.as_deref(), self.to.as_deref());
        let period = period.map_err(|error| invalid("period", error.0))?;
        let filters = self.filters.iter().map(|text| Filter::parse(text));
        let filters = filters.collect::<Result<Vec<_>, _>>();
        let filters = filters.map_err(|error| invalid("filter", error.0))?;
        let metrics = self.metrics.iter().map(|key| {
            let allowed = Metric::ALL.map(Metric::key).join(", ");
            Metric::from_key(key)
                .ok_or_else(|| invalid("metric", format!("`{key}` must be one of {allowed}")))
        });
        let groups = self.groups.iter().map(|key| group(key));
        let query = StatsQuery {
            groups: groups.collect::<Result<_, _>>()?,
            condition: Condition::all(&filters),
            ..StatsQuery::totals(
                DateRange::Period(period),
                metrics.collect::<Result<_, _>>()?,
            )
        };
        let checked = query.check();
        checked.map_err(|error| invalid("query", error.0))?;
        Ok(query)
    }
}

fn group(key: &str) -> Result<Group, ServiceError> {
    let known = match key.strip_prefix("time:") {
        _ if key == "goal" => Some(Group::Goal),
        Some(interval) => Interval::from_key(interval).map(Group::Time),
        None => Subject::from_key(key).map(Group::Subject),
    };
    known.ok_or_else(|| {
        invalid(
            "group",
            format!(
                "`{key}` must be a dimension such as page, property.NAME, goal, or time:hour, time:day, time:week, time:month"
            ),
        )
    })
}

fn invalid(field: &'static str, reason: String) -> ServiceError {
    ServiceError::Invalid { field, reason }
}

/// What is printed: names and values.
fn lines(answer: &StatsAnswer, took_ms: f64) -> Vec<(&'static str, String)> {
    let plan = &answer.plan;
    let count = |number: usize| number.to_string();
    let columns = match plan.columns.is_empty() {
        true => "none".into(),
        false => plan.columns.join(", "),
    };
    vec![
        ("from", instant(answer.from.0)),
        ("to", instant(answer.to.0)),
        ("rows", count(answer.total_rows)),
        ("months rolled up", count(plan.rolled_up_months)),
        ("days rolled up", count(plan.rolled_up_days)),
        ("days in blocks", count(plan.block_days)),
        ("days skipped", count(plan.skipped_days)),
        ("days in rows", count(plan.row_days)),
        ("events", plan.events.to_string()),
        ("bytes", plan.bytes.to_string()),
        ("columns", columns),
        ("took", format!("{took_ms:.1} ms")),
    ]
}

fn instant(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}
