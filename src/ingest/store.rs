//! Writes hits: leaves repetitions out, joins them to their visits, numbers new strings, commits. One at a time, in one process.
//!
//! A failed batch leaves nothing behind, in the database or in memory. Where PostgreSQL went away before it said whether it
//! had committed one, memory follows the database as soon as that is back.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{
    coded::CodedHit,
    dictionary::Dictionary,
    enrich::EnrichedHit,
    gate::DropReason,
    visit::{OpenVisits, VISIT_GAP_MS},
    words::Words,
};
use crate::{
    db::{Db, DbError},
    domain::{EventKey, SiteId, Timestamp},
    services::{
        ServiceError,
        event_service::{self, Batch, EventKeyRow, EventWriter, VisitState},
    },
};

/// A visit restored after a start began at most this long ago.
const LONGEST_RESTORED_VISIT_MS: i64 = 24 * 3_600 * 1_000;

/// How long the key of an event is remembered: a client that was offline over a weekend is no retry any more.
const KEY_LIFE_MS: i64 = 48 * 3_600 * 1_000;

/// What became of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Committed and synced, now or when it came first.
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
    /// The open visits may be others than those stored, since the fate of a batch is unknown.
    is_unsettled: bool,
    cleaned_at: Timestamp,
}

impl Store {
    /// Opens the writing connection and takes up the visits that are open at `now`.
    ///
    /// # Errors
    /// [`ServiceError::Database`] if the database cannot be opened or read.
    pub(crate) async fn open(db: Db, now: Timestamp) -> Result<Self, ServiceError> {
        Self::open_with(db, now, Arc::default()).await
    }

    /// [`Store::open`] with a memory of strings that others look into.
    pub(super) async fn open_with(
        db: Db,
        now: Timestamp,
        words: Arc<Words>,
    ) -> Result<Self, ServiceError> {
        let connection = EventWriter::open(&db).await?;
        let visits = OpenVisits::restore(find_open_visits(&db, now).await?);
        Ok(Self {
            db,
            connection,
            dictionary: Dictionary::new(words),
            visits,
            is_unsettled: false,
            cleaned_at: now,
        })
    }

    /// Codes hits and writes them with [`Store::write_coded`].
    ///
    /// # Errors
    /// [`ServiceError::Database`]; nothing is written and the hits may be written again.
    pub(crate) async fn write(
        &mut self,
        hits: impl Iterator<Item = &EnrichedHit> + Send,
    ) -> Result<Vec<Outcome>, ServiceError> {
        let words = self.dictionary.words();
        let coded: Vec<_> = hits.map(|hit| CodedHit::new(hit.clone(), words)).collect();
        self.write_coded(&coded).await
    }

    /// Writes hits, ascending in time, in one transaction. When this returns `Ok`, all of them are committed and synced;
    /// the outcomes stand in the order of the hits.
    ///
    /// # Errors
    /// [`ServiceError::Database`]; nothing is written and the hits may be written again.
    pub(super) async fn write_coded(
        &mut self,
        hits: &[CodedHit],
    ) -> Result<Vec<Outcome>, ServiceError> {
        let mut written = self.try_write(hits).await;
        if let Err(ServiceError::Database(DbError::Query(diesel::result::Error::NotFound))) =
            written
        {
            // A visit in memory is not stored any more: its day was closed, since the clock went ahead and back.
            self.roll_back();
            self.is_unsettled = true;
            written = self.try_write(hits).await;
        }
        if written.is_err() {
            self.roll_back();
        }
        written
    }

    fn roll_back(&mut self) {
        self.visits.roll_back();
        self.dictionary.roll_back();
    }

    /// How many visits and strings are in memory.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.visits.len(), self.dictionary.words().len())
    }

    /// After a batch whose fate is unknown: takes up the visits as they are stored. Otherwise those of the batch, had it been
    /// committed after all, would go on without its events, or begin a second time.
    async fn settle(&mut self, now: Timestamp) -> Result<(), ServiceError> {
        self.is_unsettled |= self.connection.reopen().await?;
        if self.is_unsettled {
            let visits = find_open_visits(&self.db, now).await?;
            self.visits.reload(visits);
            self.is_unsettled = false;
        }
        Ok(())
    }

    async fn try_write(&mut self, hits: &[CodedHit]) -> Result<Vec<Outcome>, ServiceError> {
        let now = hits.last().map_or(self.cleaned_at, |hit| hit.at);
        self.settle(now).await?;
        self.dictionary.look_up(&self.db, hits).await?;
        let mut stored_keys = self.find_keys(hits).await?;
        let mut outcomes = Vec::with_capacity(hits.len());
        let mut rows = Batch::default();
        for hit in hits {
            let key = hit.key.map(|key| (hit.site_id, key));
            if key.is_some_and(|key| stored_keys.contains(&key)) {
                outcomes.push(Outcome::Stored);
                continue;
            }
            let Some(event) = self.visits.join(hit, &mut self.dictionary) else {
                outcomes.push(Outcome::Dropped(DropReason::NoVisit));
                continue;
            };
            if let Some((site, key)) = key {
                stored_keys.insert((site, key));
                rows.keys.push(EventKeyRow {
                    site_id: site.0,
                    key: key.0,
                    at: hit.at.0,
                });
            }
            rows.events.push(event);
            outcomes.push(Outcome::Stored);
        }
        (rows.new_visits, rows.visits) = self.visits.changed();
        rows.dictionary = self.dictionary.take_new();
        if !rows.events.is_empty() {
            let vanished = self.connection.write(&rows).await?;
            for (outcome, hit) in outcomes.iter_mut().zip(hits) {
                if vanished.contains(&hit.site_id) {
                    *outcome = Outcome::Dropped(DropReason::UnknownSite);
                }
            }
            self.dictionary.commit();
            for site in vanished {
                self.visits.forget_site(site);
                self.dictionary.forget_site(site);
            }
        }
        self.visits.commit();
        self.clean_up(now).await;
        Ok(outcomes)
    }

    /// The keys of these hits whose events are stored already.
    async fn find_keys(
        &mut self,
        hits: &[CodedHit],
    ) -> Result<FxHashSet<(SiteId, EventKey)>, ServiceError> {
        let keys = hits
            .iter()
            .filter_map(|hit| hit.key.map(|key| (hit.site_id, key)))
            .collect::<Vec<_>>();
        if keys.is_empty() {
            return Ok(FxHashSet::default());
        }
        Ok(event_service::find_keys(&self.db, &mut self.connection, &keys).await?)
    }

    /// Once a minute of event time: forgets visits that ended and keys that are old, and moves what is in the database's log
    /// into its file.
    async fn clean_up(&mut self, now: Timestamp) {
        if (now.0 - self.cleaned_at.0).abs() <= 60_000 {
            return;
        }
        self.visits.forget_ended(now);
        self.cleaned_at = now;
        if let Err(error) = event_service::delete_keys(&self.db, now.plus_ms(-KEY_LIFE_MS)).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old event keys could not be deleted; trying again in a minute"
            );
        }
        if let Err(error) = self.connection.checkpoint() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the log of the database was not moved into its file; trying again in a minute"
            );
        }
    }
}

/// The visits that an event at `now` may still join.
async fn find_open_visits(db: &Db, now: Timestamp) -> Result<Vec<VisitState>, ServiceError> {
    let started = now.plus_ms(-LONGEST_RESTORED_VISIT_MS);
    event_service::find_open_visits(db, started, now.plus_ms(-VISIT_GAP_MS)).await
}
