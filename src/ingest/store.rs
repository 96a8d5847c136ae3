//! Writes hits: joins them to their visits, numbers their strings, commits. One at a time, in one process.
//!
//! A failed batch leaves nothing behind, in the database or in memory.

use super::{
    dictionary::Dictionary,
    enrich::EnrichedHit,
    gate::DropReason,
    visit::{OpenVisits, VISIT_GAP_MS},
};
use crate::{
    db::Db,
    domain::{SiteId, Timestamp},
    services::{
        ServiceError,
        event_service::{self, Batch, EventWriter},
    },
};

/// A visit restored after a start began at most this long ago.
const LONGEST_RESTORED_VISIT_MS: i64 = 24 * 3_600 * 1_000;

/// What became of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Committed and synced.
    Stored,
    /// Valid but unwanted.
    Dropped(DropReason),
}

/// The open visits, the dictionaries and the writing connection.
pub(crate) struct Store {
    db: Db,
    connection: EventWriter,
    dictionary: Dictionary,
    visits: OpenVisits,
    cleaned_at: Timestamp,
}

impl Store {
    /// Opens the writing connection and takes up the visits that are open at `now`.
    ///
    /// # Errors
    /// [`ServiceError::Database`] if the database cannot be opened or read.
    pub(crate) async fn open(db: Db, now: Timestamp) -> Result<Self, ServiceError> {
        let connection = EventWriter::open(&db).await?;
        let started = now.plus_ms(-LONGEST_RESTORED_VISIT_MS);
        let visits =
            event_service::find_open_visits(&db, started, now.plus_ms(-VISIT_GAP_MS)).await?;
        let visits = OpenVisits::restore(visits);
        Ok(Self {
            db,
            connection,
            dictionary: Dictionary::default(),
            visits,
            cleaned_at: now,
        })
    }

    /// Writes hits, ascending in time, in one transaction. When this returns `Ok`, all of them are committed and synced;
    /// the outcomes stand in the order of the hits.
    ///
    /// # Errors
    /// [`ServiceError::Database`]; nothing is written and the hits may be written again.
    pub(crate) async fn write<'a>(
        &mut self,
        hits: impl Iterator<Item = &'a EnrichedHit> + Clone + Send,
    ) -> Result<Vec<Outcome>, ServiceError> {
        let written = self.try_write(hits).await;
        if written.is_err() {
            self.visits.roll_back();
            self.dictionary.forget();
        }
        written
    }

    async fn try_write<'a>(
        &mut self,
        hits: impl Iterator<Item = &'a EnrichedHit> + Clone + Send,
    ) -> Result<Vec<Outcome>, ServiceError> {
        self.dictionary
            .look_up(&self.db, hits.clone().flat_map(strings))
            .await?;
        let mut outcomes = Vec::new();
        let mut rows = Batch::default();
        for hit in hits.clone() {
            match self.visits.join(hit, &mut self.dictionary) {
                Some(event) => {
                    rows.events.push(event);
                    outcomes.push(Outcome::Stored);
                }
                None => outcomes.push(Outcome::Dropped(DropReason::NoVisit)),
            }
        }
        rows.visits = self.visits.changed();
        rows.dictionary = self.dictionary.take_new();
        if !rows.events.is_empty() {
            let vanished = self.connection.write(&rows).await?;
            for (outcome, hit) in outcomes.iter_mut().zip(hits.clone()) {
                if vanished.contains(&hit.site_id) {
                    *outcome = Outcome::Dropped(DropReason::UnknownSite);
                }
            }
            for site in vanished {
                self.visits.forget_site(site);
                self.dictionary.forget_site(site);
            }
        }
        self.visits.commit();
        self.forget_ended(hits.last().map_or(self.cleaned_at, |hit| hit.at));
        Ok(outcomes)
    }

    /// Once a minute of event time.
    fn forget_ended(&mut self, now: Timestamp) {
        if (now.0 - self.cleaned_at.0).abs() > 60_000 {
            self.visits.forget_ended(now);
            self.cleaned_at = now;
        }
    }
}

/// All strings of a hit that the dictionary numbers.
fn strings(hit: &EnrichedHit) -> impl Iterator<Item = (SiteId, &str)> {
    [
        hit.name.as_str(),
        &hit.hostname,
        &hit.page,
        &hit.source,
        hit.channel.name(),
        &hit.referrer,
        &hit.utm_source,
        &hit.utm_medium,
        &hit.utm_campaign,
        &hit.utm_content,
        &hit.utm_term,
        &hit.country,
        &hit.browser,
        &hit.browser_version,
        &hit.system,
        &hit.system_version,
        &hit.device,
    ]
    .into_iter()
    .map(|value| (hit.site_id, value))
}
