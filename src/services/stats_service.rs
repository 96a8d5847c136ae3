//! Answers questions about a site: the dashboard, one dimension in full, who is there now.
//!
//! Reads rows through [`facts`], the seam behind which their form may change, and counts them in [`aggregate`].

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;

use super::{ServiceError, site_service};
use crate::{
    db::{Db, DbError, schema::event, with_conn},
    domain::{
        Breakdown, BreakdownOrder, BreakdownPage, BreakdownRow, Comparison, Country, Dashboard,
        DashboardQuery, Dimension, EventId, Figures, Metric, Period, Principal, Site, SiteId,
        SiteOverview, Timeseries, TimeseriesPoint, Timestamp,
    },
};

mod aggregate;
mod facts;
mod selection;
mod time_range;
mod words;

use aggregate::{EventNames, Row};
use facts::Facts;
use selection::Selection;
use time_range::{Bucket, TimeRange, timestamp};

/// How long an event makes its visitor a current one (docs/metrics.md).
const CURRENT_MS: i64 = 5 * 60 * 1_000;

/// Gets everything that the dashboard of a site shows, with the first `row_limit` rows of each of `dimensions`.
///
/// Cost: reads the events of the period and of the comparison period once each.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site; [`ServiceError::Invalid`] for too many filters.
pub async fn get_dashboard(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    dimensions: &[Dimension],
    row_limit: usize,
    now: Timestamp,
) -> Result<Dashboard, ServiceError> {
    let question = Question::prepare(db, principal, domain, query, now).await?;
    let range = &question.range;
    let (intervals, default_interval) = range.intervals();
    let interval = query
        .interval
        .filter(|interval| intervals.contains(interval))
        .unwrap_or(default_interval);
    let buckets = range.buckets(interval);
    let compared = range.compared(query.period, query.comparison);
    let compared_buckets = compared
        .as_ref()
        .map_or_else(Vec::new, |range| range.buckets(interval));
    let (counts, earlier) =
        tokio::try_join!(question.count(db, range, &buckets, dimensions), async {
            match &compared {
                Some(range) => Ok(Some(
                    question.count(db, range, &compared_buckets, &[]).await?,
                )),
                None => Ok(None),
            }
        })?;

    let mut breakdowns = Vec::with_capacity(dimensions.len());
    for (&dimension, rows) in dimensions.iter().zip(counts.by_dimension) {
        breakdowns.push(top_rows(db, question.site.id, dimension, rows, row_limit).await?);
    }
    let (previous, previous_points) = earlier.map_or((None, Vec::new()), |counts| {
        let titles = compared_buckets.iter().map(|bucket| bucket.title(interval));
        (
            Some(counts.totals),
            titles.zip(counts.by_bucket).collect::<Vec<_>>(),
        )
    });

    let is_last_open = buckets
        .last()
        .is_some_and(|bucket| bucket.to > range.passed);
    Ok(Dashboard {
        from: timestamp(&range.from),
        to: timestamp(&range.to),
        title: time_range::title(range),
        comparison_title: compared.as_ref().map(time_range::title),
        figures: counts.totals,
        previous,
        timeseries: Timeseries {
            interval,
            intervals,
            points: points(&buckets, interval, counts.by_bucket, previous_points),
            is_last_open,
        },
        breakdowns,
        current_visitors: current_visitors(db, question.site.id, now).await?,
        first_event_at: question.first_event_at,
        last_event_at: edge_event_at(db, question.site.id, Edge::Last).await?,
    })
}

/// Gets a page of all values of one dimension.
///
/// # Errors
/// As [`get_dashboard`].
pub async fn get_breakdown(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    dimension: Dimension,
    page: &BreakdownPage,
    now: Timestamp,
) -> Result<Breakdown, ServiceError> {
    let question = Question::prepare(db, principal, domain, query, now).await?;
    let mut counts = question
        .count(db, &question.range, &[], &[dimension])
        .await?;
    let rows = counts.by_dimension.pop().unwrap_or_default();
    let mut rows = named(db, question.site.id, rows).await?;
    let search = page.search.to_lowercase();
    if !search.is_empty() {
        rows.retain(|row| is_found(dimension, &row.value, &search));
    }
    sort(&mut rows, page.order, page.is_ascending);
    Ok(Breakdown {
        dimension,
        total_rows: rows.len(),
        max_visitors: rows
            .iter()
            .map(|row| row.figures.visitors)
            .max()
            .unwrap_or(0),
        rows: rows
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .collect(),
    })
}

/// Whether a value has a lower-case text as a part, as stored or, for a country, by its name: tables show that.
fn is_found(dimension: Dimension, value: &str, search: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(search);
    let is_named = || Country::find(value).is_some_and(|country| has(country.name));
    has(value) || (dimension == Dimension::Country && is_named())
}

/// Counts the distinct visitors with an event in the last 5 minutes.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site.
pub async fn count_current_visitors(
    db: &Db,
    principal: &Principal,
    domain: &str,
    now: Timestamp,
) -> Result<u64, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    Ok(current_visitors(db, site.id, now).await?)
}

/// Says whether a site has ever received an event.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site.
pub async fn has_events(
    db: &Db,
    principal: &Principal,
    domain: &str,
) -> Result<bool, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    Ok(edge_event_at(db, site.id, Edge::First).await?.is_some())
}

/// Lists all sites with what their row of the list of sites shows, in the order of [`site_service::find_all`].
///
/// Cost: reads the events of the last 28 days of every site.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn list_overviews(
    db: &Db,
    principal: &Principal,
    now: Timestamp,
) -> Result<Vec<SiteOverview>, ServiceError> {
    let mut overviews = Vec::new();
    for site in site_service::find_all(db, principal).await? {
        let zone = zone_of(&site);
        let range = TimeRange::of(Period::Days28, now, &zone, None);
        let today = TimeRange::of(Period::Today, now, &zone, None);
        let names = event_names(db, site.id).await?;
        let facts = Facts::read(
            db,
            site.id,
            timestamp(&range.from),
            timestamp(&range.passed),
        )
        .await?;
        let selected = Selection::everything().apply(&facts);
        let days = aggregate::by_bucket(
            &facts,
            &selected,
            names,
            &range.buckets(crate::domain::Interval::Day),
        );
        let yesterday = today
            .compared(Period::Today, Comparison::Previous)
            .map(|range| {
                let bucket = Bucket {
                    from: range.from.clone(),
                    to: range.passed,
                };
                let before = Bucket {
                    from: range.from.clone(),
                    to: range.from,
                };
                // The first bucket takes what came before yesterday's start.
                aggregate::by_bucket(&facts, &selected, names, &[before, bucket])[1].visitors
            });
        let last = days.last().copied().unwrap_or_default();
        overviews.push(SiteOverview {
            daily_visitors: days.iter().map(|day| day.visitors).collect(),
            visitors_today: last.visitors,
            pageviews_today: last.pageviews,
            visitors_yesterday: yesterday.unwrap_or(0),
            current_visitors: current_visitors(db, site.id, now).await?,
            has_events: edge_event_at(db, site.id, Edge::First).await?.is_some(),
            site,
        });
    }
    Ok(overviews)
}

/// A question with everything looked up that it needs before facts are read.
struct Question {
    site: Site,
    range: TimeRange,
    selection: Selection,
    names: EventNames,
    first_event_at: Option<Timestamp>,
}

impl Question {
    async fn prepare(
        db: &Db,
        principal: &Principal,
        domain: &str,
        query: &DashboardQuery,
        now: Timestamp,
    ) -> Result<Self, ServiceError> {
        if query.filters.len() > DashboardQuery::FILTER_LIMIT {
            let limit = DashboardQuery::FILTER_LIMIT;
            return Err(ServiceError::invalid(
                "filter",
                format!("there can be at most {limit} filters"),
            ));
        }
        let site = site_service::get_by_domain(db, principal, domain).await?;
        let first_event_at = edge_event_at(db, site.id, Edge::First).await?;
        Ok(Self {
            range: TimeRange::of(query.period, now, &zone_of(&site), first_event_at),
            selection: Selection::resolve(db, site.id, &query.filters).await?,
            names: event_names(db, site.id).await?,
            first_event_at,
            site,
        })
    }
}

/// What was counted in one range.
struct Counts {
    totals: Figures,
    by_bucket: Vec<Figures>,
    /// One per dimension asked for, in that order.
    by_dimension: Vec<Vec<Row>>,
}

impl Question {
    async fn count(
        &self,
        db: &Db,
        range: &TimeRange,
        buckets: &[Bucket],
        dimensions: &[Dimension],
    ) -> Result<Counts, DbError> {
        let (from, to) = (timestamp(&range.from), timestamp(&range.passed));
        let facts = Facts::read(db, self.site.id, from, to).await?;
        // Tens of milliseconds for a year: not on a thread that events wait for.
        Ok(tokio::task::block_in_place(|| {
            let selected = self.selection.apply(&facts);
            let by_dimension = dimensions.iter().map(|&dimension| {
                aggregate::by_dimension(&facts, &selected, self.names, dimension)
            });
            Counts {
                totals: aggregate::totals(&facts, &selected, self.names),
                by_bucket: aggregate::by_bucket(&facts, &selected, self.names, buckets),
                by_dimension: by_dimension.collect(),
            }
        }))
    }
}

/// The site's time zone; one that this machine's database does not know (any more) falls back to UTC.
fn zone_of(site: &Site) -> TimeZone {
    TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC)
}

async fn event_names(db: &Db, site: SiteId) -> Result<EventNames, DbError> {
    Ok(EventNames {
        pageview: words::find(db, site, "pageview").await?,
        engagement: words::find(db, site, "engagement").await?,
    })
}

async fn current_visitors(db: &Db, site: SiteId, now: Timestamp) -> Result<u64, DbError> {
    let query = event::table
        .filter(event::site_id.eq(site.0))
        .filter(event::id.ge(EventId::first_at(now.plus_ms(-CURRENT_MS)).0))
        .filter(event::id.le(EventId::first_at(now.plus_ms(1)).0))
        .select(event::visitor_id);
    let visitors: Vec<i64> = with_conn!(db, |conn| query.load(conn).await)?;
    Ok(visitors.into_iter().collect::<FxHashSet<_>>().len() as u64)
}

#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

async fn edge_event_at(db: &Db, site: SiteId, edge: Edge) -> Result<Option<Timestamp>, DbError> {
    let events = event::table
        .filter(event::site_id.eq(site.0))
        .select(event::id)
        .limit(1);
    let id: Option<i64> = match edge {
        Edge::First => with_conn!(db, |conn| events
            .order(event::id.asc())
            .first(conn)
            .await
            .optional())?,
        Edge::Last => with_conn!(db, |conn| events
            .order(event::id.desc())
            .first(conn)
            .await
            .optional())?,
    };
    Ok(id.map(|id| EventId(id).at()))
}

fn points(
    buckets: &[Bucket],
    interval: crate::domain::Interval,
    figures: Vec<Figures>,
    previous: Vec<(String, Figures)>,
) -> Vec<TimeseriesPoint> {
    let mut previous = previous.into_iter();
    let point = |(bucket, figures): (&Bucket, Figures)| TimeseriesPoint {
        at: timestamp(&bucket.from),
        label: bucket.label(interval),
        title: bucket.title(interval),
        figures,
        previous: previous.next(),
    };
    buckets.iter().zip(figures).map(point).collect()
}

/// The `limit` rows with most visitors. Only strings that can be among them are read.
async fn top_rows(
    db: &Db,
    site: SiteId,
    dimension: Dimension,
    mut rows: Vec<Row>,
    limit: usize,
) -> Result<Breakdown, DbError> {
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.figures.visitors));
    let total_rows = rows.len();
    let max_visitors = rows
        .iter()
        .map(|row| row.figures.visitors)
        .max()
        .unwrap_or(0);
    if let Some(least) = limit
        .checked_sub(1)
        .and_then(|last| rows.get(last))
        .map(|row| row.figures.visitors)
    {
        rows.retain(|row| row.figures.visitors >= least);
    }
    let mut rows = named(db, site, rows).await?;
    sort(&mut rows, BreakdownOrder::Metric(Metric::Visitors), false);
    rows.truncate(limit);
    Ok(Breakdown {
        dimension,
        rows,
        total_rows,
        max_visitors,
    })
}

async fn named(db: &Db, site: SiteId, rows: Vec<Row>) -> Result<Vec<BreakdownRow>, DbError> {
    let values = words::find_values(db, site, rows.iter().map(|row| row.word)).await?;
    let named = rows.into_iter().map(|row| BreakdownRow {
        value: values.get(&row.word).cloned().unwrap_or_default(),
        figures: row.figures,
        scroll_depth: row.scroll_depth,
    });
    Ok(named.collect())
}

/// Sorts by one column, equal rows by value; undefined figures come last either way.
fn sort(rows: &mut [BreakdownRow], order: BreakdownOrder, is_ascending: bool) {
    let column = |row: &BreakdownRow| match order {
        BreakdownOrder::Value => None,
        BreakdownOrder::Metric(metric) => row.figures.value(metric),
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        BreakdownOrder::Events => Some(row.figures.events as f64),
        BreakdownOrder::TimeOnPage => row.figures.time_on_page(),
        BreakdownOrder::ScrollDepth => row.scroll_depth,
    };
    rows.sort_by(|a, b| {
        let by_column = match (column(a), column(b)) {
            (Some(a), Some(b)) if is_ascending => a.total_cmp(&b),
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let by_value = a.value.cmp(&b.value);
        let is_reversed = order == BreakdownOrder::Value && !is_ascending;
        by_column.then(if is_reversed {
            by_value.reverse()
        } else {
            by_value
        })
    });
}
