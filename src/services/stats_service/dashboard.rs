//! Everything that the dashboard of a site shows.

use super::{
    Edge,
    axis::Axis,
    breakdown, current_visitors, edge_event_at,
    measures::Measures,
    question::Question,
    segments::Segments,
    tally::{Counts, Tally},
    time_range::{self, Bucket, timestamp},
};
use crate::{
    db::Db,
    domain::{
        Condition, Dashboard, DashboardQuery, DateRange, Figures, Interval, Principal, Subject,
        Timeseries, TimeseriesPoint, Timestamp,
    },
    services::{ServiceError, segment_service, site_service},
};

/// Gets everything that the dashboard of a site shows, with the first `row_limit` rows of each of `subjects`.
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
    subjects: &[Subject],
    row_limit: usize,
    now: Timestamp,
) -> Result<Dashboard, ServiceError> {
    let question = prepare(db, principal, domain, query, now).await?;
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

    let mut tallies = totals_and_buckets(&buckets);
    tallies.extend(
        subjects
            .iter()
            .map(|of| Tally::new(vec![Axis::of(of)], breakdown::measures_of(of))),
    );
    let ((mut counts, _), earlier) = tokio::try_join!(question.count(db, range, tallies), async {
        match &compared {
            Some(range) => {
                let tallies = totals_and_buckets(&compared_buckets);
                Ok(Some(question.count(db, range, tallies).await?.0))
            }
            None => Ok(None),
        }
    })?;

    let mut breakdowns = Vec::with_capacity(subjects.len());
    for (subject, counts) in subjects.iter().zip(counts.split_off(2)) {
        let (site, names) = (question.site.id, question.names);
        breakdowns.push(breakdown::top_rows(db, site, names, subject, &counts, row_limit).await?);
    }
    let previous = earlier.as_ref().map(|counts| counts[0].total());
    let previous_points = earlier.map_or_else(Vec::new, |counts| {
        let titles = compared_buckets.iter().map(|bucket| bucket.title(interval));
        titles
            .zip(by_bucket(&counts[1], compared_buckets.len()))
            .collect()
    });
    let is_last_open = buckets
        .last()
        .is_some_and(|bucket| bucket.to > range.passed);
    // Both are of all visits.
    let is_narrowed = principal.fixed_condition().is_some();
    let (current_visitors, last_event_at) = if is_narrowed {
        (0, None)
    } else {
        (
            current_visitors(db, question.site.id, now).await?,
            edge_event_at(db, question.site.id, Edge::Last).await?,
        )
    };
    Ok(Dashboard {
        from: timestamp(&range.from),
        to: timestamp(buckets.last().map_or(&range.from, |last| &last.to)),
        title: time_range::title(range),
        comparison_title: compared.as_ref().map(time_range::title),
        figures: counts[0].total(),
        previous,
        timeseries: Timeseries {
            interval,
            intervals,
            points: points(
                &buckets,
                interval,
                by_bucket(&counts[1], buckets.len()),
                previous_points,
            ),
            is_last_open,
        },
        breakdowns,
        current_visitors,
        first_event_at: question.first_event_at,
        last_event_at,
    })
}

/// The question of a dashboard's address.
pub(super) async fn prepare(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    now: Timestamp,
) -> Result<Question, ServiceError> {
    prepare_as(db, principal, domain, query, now, |condition| condition).await
}

/// The question of a dashboard's address of which the filters choose visits, so that one on a page does not hide the others.
pub(super) async fn prepare_visits(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    now: Timestamp,
) -> Result<Question, ServiceError> {
    let of_visits = |condition| Condition::HasDone(Box::new(condition));
    prepare_as(db, principal, domain, query, now, of_visits).await
}

async fn prepare_as(
    db: &Db,
    principal: &Principal,
    domain: &str,
    query: &DashboardQuery,
    now: Timestamp,
    meant: impl FnOnce(Condition) -> Condition,
) -> Result<Question, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    let condition = segment_service::condition_of(db, principal, site.id, query).await?;
    let range = DateRange::Period(query.period);
    Question::prepare(db, principal, domain, range, &meant(condition), now).await
}

fn totals_and_buckets(buckets: &[Bucket]) -> Vec<Tally> {
    let by_bucket = Axis::Buckets(Segments::of_buckets(buckets));
    vec![
        Tally::new(Vec::new(), Measures::FIGURES),
        Tally::new(vec![by_bucket], Measures::FIGURES),
    ]
}

/// The figures of each bucket, zero where nothing was counted.
pub(super) fn by_bucket(counts: &Counts, buckets: usize) -> Vec<Figures> {
    let mut figures = vec![Figures::default(); buckets];
    for (keys, counted) in &counts.rows {
        if let Some(figures) = keys
            .first()
            .and_then(|key| figures.get_mut(usize::try_from(*key).ok()?))
        {
            *figures = *counted;
        }
    }
    figures
}

fn points(
    buckets: &[Bucket],
    interval: Interval,
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
