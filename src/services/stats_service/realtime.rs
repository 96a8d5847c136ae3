//! What happens on a site right now.

use super::{
    CURRENT_MS,
    axis::Axis,
    breakdown,
    column::{ColumnId, Needed},
    dashboard::by_bucket,
    measures::Measures,
    question::event_names,
    rows,
    segments::Segments,
    selected::Selected,
    selection::Selection,
    tally::Tally,
};
use crate::{
    db::Db,
    domain::{Dimension, Metric, Realtime, Site, Subject, Timestamp},
    services::{ServiceError, site_service},
};

/// What the current visitors are broken down by.
const DIMENSIONS: [Dimension; 3] = [Dimension::Page, Dimension::Source, Dimension::Country];

const MINUTE_MS: i64 = 60_000;
const MINUTES: i64 = 30;

/// Gets who is on a site now, with the first `row_limit` rows of each table.
///
/// Cost: the events of the last 30 minutes.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn get_realtime(
    db: &Db,
    site: &Site,
    row_limit: usize,
    now: Timestamp,
) -> Result<Realtime, ServiceError> {
    let (zone, names) = (site_service::zone_of(site), event_names(db, site.id).await?);
    let from = (now.0.div_euclid(MINUTE_MS) + 1 - MINUTES) * MINUTE_MS;
    let to = now.0 + 1;

    let minutes = Axis::Buckets(Segments::of_length(from, MINUTE_MS, MINUTES));
    let mut minutes = Tally::new(vec![minutes], Measures::of([Metric::Pageviews]));
    let mut current = vec![Tally::new(Vec::new(), Measures::VISITORS)];
    current.extend(DIMENSIONS.map(|of| Tally::new(vec![Axis::of(&of.into())], Measures::VISITORS)));
    let mut needed = Needed::default();
    needed.add(ColumnId::At);
    minutes.need(&mut needed);
    current.iter().for_each(|tally| tally.need(&mut needed));

    let everything = Selection::everything();
    for read in rows::read_days(db, site.id, &[from, to], &needed).await? {
        let day = read.day;
        let selected = Selected::new(&day, &everything, names, from, to);
        minutes.count(&day, &selected, &zone);
        let selected = Selected::new(&day, &everything, names, now.0 - CURRENT_MS, to);
        for tally in &mut current {
            tally.count(&day, &selected, &zone);
        }
    }
    let mut counts = current.into_iter().map(Tally::finish);
    let current_visitors = counts.next().map_or(0, |counts| counts.total().visitors);
    let mut breakdowns = Vec::new();
    for (subject, counts) in DIMENSIONS.map(Subject::from).iter().zip(counts) {
        breakdowns
            .push(breakdown::top_rows(db, site.id, names, subject, &counts, row_limit).await?);
    }
    let minutes = by_bucket(&minutes.finish(), MINUTES as usize);
    Ok(Realtime {
        current_visitors,
        minutes: minutes.iter().map(|minute| minute.pageviews).collect(),
        breakdowns,
    })
}
