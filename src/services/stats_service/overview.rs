//! The list of all sites with what their rows show.

use super::{
    Edge, axis::Axis, current_visitors, dashboard::by_bucket, edge_event_at, measures::Measures,
    question::Question, segments::Segments, tally::Tally, time_range::TimeRange,
};
use crate::{
    db::Db,
    domain::{
        Comparison, Condition, DateRange, Interval, Metric, Period, Principal, SiteOverview,
        Timestamp,
    },
    services::{ServiceError, site_service},
};

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
    let everything = Condition::All(Vec::new());
    let mut overviews = Vec::new();
    for site in site_service::find_all(db, principal).await? {
        let range = DateRange::Period(Period::Days28);
        let question =
            Question::prepare(db, principal, &site.domain, range, &everything, now).await?;
        let buckets = question.range.buckets(Interval::Day);
        let tally = Tally::new(
            vec![Axis::Buckets(Segments::of_buckets(&buckets))],
            Measures::of([Metric::Pageviews]),
        );
        let (counts, _) = question.count(db, &question.range, vec![tally]).await?;
        let days = by_bucket(&counts[0], buckets.len());

        let today = TimeRange::of(Period::Today, now, &question.zone, None);
        let mut visitors_yesterday = 0;
        if let Some(range) = today.compared(Period::Today, Comparison::Previous) {
            let tally = Tally::new(Vec::new(), Measures::VISITORS);
            let (counts, _) = question.count(db, &range, vec![tally]).await?;
            visitors_yesterday = counts[0].total().visitors;
        }
        let last = days.last().copied().unwrap_or_default();
        overviews.push(SiteOverview {
            daily_visitors: days.iter().map(|day| day.visitors).collect(),
            visitors_today: last.visitors,
            pageviews_today: last.pageviews,
            visitors_yesterday,
            current_visitors: current_visitors(db, question.site.id, now).await?,
            has_events: edge_event_at(db, question.site.id, Edge::First)
                .await?
                .is_some(),
            site,
        });
    }
    Ok(overviews)
}
