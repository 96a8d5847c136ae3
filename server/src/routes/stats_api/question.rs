//! From a request to the domain's [`StatsQuery`]: names, range, buckets and order are resolved and checked.

use jiff::tz::TimeZone;
use trackflow::{
    domain::{
        Condition, DateRange, Group, Interval, Metric, OrderBy, Principal, Site, StatsQuery,
        Timestamp,
    },
    services::{site_service, stats_service},
};

use super::{
    error::ApiError,
    filters,
    names::{DimensionKind, NamedDimension, parse_metric},
    range::{self, AskedRange},
    request::QueryRequest,
};
use crate::state::AppState;

/// A question that can be asked, with what its answer is written with.
pub(super) struct Question {
    pub(super) site: Site,
    pub(super) zone: TimeZone,
    pub(super) query: StatsQuery,
    /// `time` is resolved to its buckets.
    pub(super) dimensions: Vec<NamedDimension>,
    /// With the default filled in.
    pub(super) order: Vec<(String, &'static str)>,
}

/// Who asks, of what, and when.
pub(super) struct Asker<'a> {
    pub(super) state: &'a AppState,
    pub(super) principal: &'a Principal,
    pub(super) now: Timestamp,
}

impl<'a> Asker<'a> {
    pub(super) fn new(state: &'a AppState, principal: &'a Principal) -> Self {
        Self {
            state,
            principal,
            now: (state.context.clock)(),
        }
    }

    /// The site and its time zone.
    pub(super) async fn site(&self, domain: &str) -> Result<(Site, TimeZone), ApiError> {
        let db = &self.state.context.db;
        let site = site_service::get_by_domain(db, self.principal, domain).await?;
        let zone = site_service::zone_of(&site);
        Ok((site, zone))
    }

    /// Hours of a range, at most; asks the database where only it knows since when there are events.
    async fn hours(&self, site: &Site, asked: AskedRange) -> Result<i64, ApiError> {
        if let Some(hours) = asked.hours {
            return Ok(hours);
        }
        let db = &self.state.context.db;
        let (from, to) = stats_service::find_ends(db, site, asked.range, self.now).await?;
        Ok((to.0 - from.0) / 3_600_000)
    }

    /// Gives buckets of time their width.
    pub(super) async fn resolve_times(
        &self,
        site: &Site,
        asked: AskedRange,
        dimensions: &mut [NamedDimension],
    ) -> Result<(), ApiError> {
        let times = dimensions
            .iter_mut()
            .filter_map(|dimension| match &mut dimension.kind {
                DimensionKind::Time(interval) => Some((&mut dimension.name, interval)),
                _ => None,
            });
        let mut times: Vec<_> = times.collect();
        if times.len() > 1 {
            return Err(ApiError::invalid(
                "a query has at most one dimension of time",
            ));
        }
        for (name, interval) in &mut times {
            let width = match **interval {
                Some(width) => width,
                None => range::default_interval(self.hours(site, asked).await?),
            };
            **interval = Some(width);
            **name = format!("time:{}", width.key());
        }
        Ok(())
    }
}

/// Resolves and checks a request.
pub(super) async fn prepare(
    asker: &Asker<'_>,
    request: &QueryRequest,
) -> Result<Question, ApiError> {
    let metrics = parse_metrics(&request.metrics)?;
    let mut dimensions = parse_dimensions(&request.dimensions)?;
    if metrics.contains(&Metric::Percentage) && dimensions.is_empty() {
        return Err(ApiError::invalid(
            "`percentage` needs a dimension: it is the share of a row",
        ));
    }
    let condition = filters::parse(&request.filters)?;
    let is_timed = |dimension: &NamedDimension| matches!(dimension.kind, DimensionKind::Time(_));
    if request.include.time_labels && !dimensions.iter().any(is_timed) {
        return Err(ApiError::invalid(
            "`include.time_labels` needs a dimension of time, such as time:day",
        ));
    }
    let (site, zone) = asker.site(&request.site_id).await?;
    let today = range::date_at(asker.now, &zone);
    let comparison = range::parse_comparisons(request.include.comparisons.as_ref(), today)?;
    let asked = range::parse(&request.date_range, today)?;
    let named = dimensions.clone();
    asker.resolve_times(&site, asked, &mut dimensions).await?;
    let order = match &request.order_by {
        Some(order) if !order.is_empty() => parse_order(order, &request.metrics, &named)?,
        _ => default_order(&request.metrics, &dimensions),
    };
    let query = StatsQuery {
        comparison,
        order: order
            .iter()
            .map(|(by, _, word)| (*by, *word == "desc"))
            .collect(),
        limit: request.pagination.limit,
        offset: request.pagination.offset,
        ..query(asked.range, metrics, &dimensions, condition)
    };
    query.check().map_err(|error| ApiError::invalid(error.0))?;
    Ok(Question {
        site,
        zone,
        query,
        dimensions,
        order: order
            .into_iter()
            .map(|(_, name, word)| (name, word))
            .collect(),
    })
}

/// A question without comparison and order.
pub(super) fn query(
    range: DateRange,
    metrics: Vec<Metric>,
    dimensions: &[NamedDimension],
    condition: Condition,
) -> StatsQuery {
    StatsQuery {
        groups: dimensions.iter().map(group).collect(),
        condition,
        ..StatsQuery::totals(range, metrics)
    }
}

fn group(dimension: &NamedDimension) -> Group {
    match (&dimension.kind, dimension.subject()) {
        (_, Some(subject)) => Group::Subject(subject),
        (DimensionKind::Goals, _) => Group::Goal,
        (DimensionKind::Time(Some(interval)), _) => Group::Time(*interval),
        _ => Group::Time(Interval::Day),
    }
}

/// Metrics by name, at least one and none twice.
pub(super) fn parse_metrics<T: AsRef<str>>(names: &[T]) -> Result<Vec<Metric>, ApiError> {
    if names.is_empty() {
        return Err(ApiError::invalid("`metrics` must name at least one metric"));
    }
    let mut metrics = Vec::new();
    for name in names {
        let metric = parse_metric(name.as_ref())?;
        if metrics.contains(&metric) {
            let message = format!("`metrics` names {} twice", metric.key());
            return Err(ApiError::invalid(message));
        }
        metrics.push(metric);
    }
    Ok(metrics)
}

fn parse_dimensions(names: &[String]) -> Result<Vec<NamedDimension>, ApiError> {
    let limit = StatsQuery::GROUP_LIMIT;
    if names.len() > limit {
        let message = format!("a query has at most {limit} dimensions");
        return Err(ApiError::invalid(message));
    }
    let mut dimensions: Vec<NamedDimension> = Vec::new();
    for name in names {
        let dimension = NamedDimension::parse(name)?;
        if dimensions.iter().any(|other| other.kind == dimension.kind) {
            let message = format!("`dimensions` names {name} twice");
            return Err(ApiError::invalid(message));
        }
        dimensions.push(dimension);
    }
    Ok(dimensions)
}

type Order = Vec<(OrderBy, String, &'static str)>;

fn parse_order(
    order: &[(String, String)],
    metrics: &[String],
    dimensions: &[NamedDimension],
) -> Result<Order, ApiError> {
    let names: Vec<_> = dimensions
        .iter()
        .map(|dimension| dimension.name.as_str())
        .collect();
    if order.len() > metrics.len() + names.len() {
        return Err(ApiError::invalid(
            "`order_by` names more than the query has",
        ));
    }
    order
        .iter()
        .map(|(name, word)| {
            let by = if metrics.contains(name) {
                OrderBy::Metric(parse_metric(name)?)
            } else if let Some(at) = names.iter().position(|known| known == name) {
                OrderBy::Group(at)
            } else {
                let allowed: Vec<_> = metrics.iter().map(String::as_str).collect();
                let allowed = [allowed, names.clone()].concat();
                return Err(ApiError::unknown("order", name, &allowed));
            };
            let words = ["asc", "desc"];
            let known = words.into_iter().find(|known| known == word);
            let known = known.ok_or_else(|| ApiError::unknown("direction", word, &words));
            Ok((by, name.clone(), known?))
        })
        .collect()
}

/// Time ascending, else the first metric descending, as in Plausible.
fn default_order(metrics: &[String], dimensions: &[NamedDimension]) -> Order {
    let mut order = Vec::new();
    let time = dimensions
        .iter()
        .position(|dimension| matches!(dimension.kind, DimensionKind::Time(_)));
    if let Some(at) = time {
        order.push((OrderBy::Group(at), dimensions[at].name.clone(), "asc"));
    }
    if let Some(Ok(metric)) = metrics.first().map(|name| parse_metric(name)) {
        order.push((OrderBy::Metric(metric), metrics[0].clone(), "desc"));
    }
    order
}
