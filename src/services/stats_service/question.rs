//! A question with everything looked up that it needs before facts are read.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{
    Edge,
    column::ColumnId,
    day::Day,
    edge_event_at,
    job::Job,
    named,
    selected::EventNames,
    selection::Selection,
    tally::{Counts, Tally},
    time_range::{TimeRange, timestamp},
    words,
};
use crate::{
    db::{Db, DbError},
    domain::{Condition, DateRange, Plan, Principal, Site, SiteId, Timestamp},
    services::{ServiceError, site_service},
};

/// A site, a range of time, a condition.
pub(super) struct Question {
    pub(super) site: Site,
    pub(super) zone: TimeZone,
    pub(super) range: TimeRange,
    pub(super) first_event_at: Option<Timestamp>,
    pub(super) names: EventNames,
    /// Whether the time on a page can be told, as far as the condition goes.
    pub(super) has_time_on_page: bool,
    selection: Arc<Selection>,
}

impl Question {
    /// # Errors
    /// [`ServiceError::NotFound`] if there is no such site; [`ServiceError::Invalid`] for a condition that cannot be asked.
    pub(super) async fn prepare(
        db: &Db,
        principal: &Principal,
        domain: &str,
        range: DateRange,
        condition: &Condition,
        now: Timestamp,
    ) -> Result<Self, ServiceError> {
        let site = site_service::get_by_domain(db, principal, domain).await?;
        let zone = site_service::zone_of(&site);
        let first_event_at = edge_event_at(db, site.id, Edge::First).await?;
        check(condition)?;
        let condition = narrowed(principal, condition);
        let has_time_on_page = !condition.parts_views();
        let condition = named::write_out(db, principal, site.id, &condition).await?;
        Ok(Self {
            range: TimeRange::of_range(range, now, &zone, first_event_at),
            selection: Arc::new(Selection::resolve(db, site.id, &condition, &zone).await?),
            names: event_names(db, site.id).await?,
            has_time_on_page,
            first_event_at,
            zone,
            site,
        })
    }

    /// Looks a further condition on its events up.
    ///
    /// # Errors
    /// As [`Question::prepare`].
    pub(super) async fn select(
        &self,
        db: &Db,
        principal: &Principal,
        condition: &Condition,
    ) -> Result<Selection, ServiceError> {
        check(condition)?;
        let condition = named::write_out(db, principal, self.site.id, condition).await?;
        Selection::resolve(db, self.site.id, &condition, &self.zone).await
    }

    /// Which events of a day it is about: they satisfy its condition and lie in its range. Needs their times.
    pub(super) fn ask(&self, day: &Day) -> Vec<bool> {
        let mut selected = self.selection.ask(day);
        let in_range = self.in_range(day);
        selected
            .iter_mut()
            .zip(in_range)
            .for_each(|(selected, is_in)| *selected &= is_in);
        selected
    }

    /// Which events of a day lie in its range.
    pub(super) fn in_range(&self, day: &Day) -> Vec<bool> {
        let range = timestamp(&self.range.from).0..timestamp(&self.range.passed).0;
        let times = day.numbers(ColumnId::At).iter();
        times.map(|at| range.contains(&(day.from + at))).collect()
    }

    /// What works through the days.
    pub(super) fn job(&self, db: &Db) -> Job {
        Job {
            db: db.clone(),
            site: self.site.id,
            zone: self.zone.clone(),
            selection: Arc::clone(&self.selection),
            names: self.names,
            first_event_at: self.first_event_at,
        }
    }

    /// Counts a range, the question's own or another, by everything that is asked for.
    pub(super) async fn count(
        &self,
        db: &Db,
        range: &TimeRange,
        mut tallies: Vec<Tally>,
    ) -> Result<(Vec<Counts>, Plan), DbError> {
        let plan = self.job(db).run(range, &mut tallies).await?;
        Ok((tallies.into_iter().map(Tally::finish).collect(), plan))
    }
}

/// With what always holds for the one who asks. Added here, behind everything that can be asked for, so that nothing takes it off.
fn narrowed(principal: &Principal, condition: &Condition) -> Condition {
    match principal.fixed_condition() {
        Some(fixed) => Condition::All(vec![fixed.clone(), condition.clone()]),
        None => condition.clone(),
    }
}

fn check(condition: &Condition) -> Result<(), ServiceError> {
    let checked = condition.check();
    checked.map_err(|error| ServiceError::invalid("filter", error.0))
}

pub(super) async fn event_names(db: &Db, site: SiteId) -> Result<EventNames, DbError> {
    Ok(EventNames {
        pageview: words::find(db, site, "pageview").await?,
        engagement: words::find(db, site, "engagement").await?,
    })
}
