//! The ledger of refusals in memory: counts by site, hour, reason and detail, until they are written once a second.
//!
//! Comes in: refusals. Goes out: rows for [`refusal_service`]. What is in memory is lost by `kill -9`: at most a second's
//! counts of events that were refused, never an event. Details are names from lists of the program, never what was sent.

use std::sync::Mutex;

use rustc_hash::FxHashMap;

use crate::{
    db::Db,
    domain::{RefusalReason, SiteId, Timestamp},
    services::{
        ServiceError,
        refusal_service::{self, RefusalRow},
    },
};

/// Counters kept while the database does not take them: some 10 MB. More are left out of the ledger, not of the metrics.
const LIMIT: usize = 100_000;

type Key = (SiteId, i32, RefusalReason, &'static str);

/// What was refused since the last flush.
#[derive(Default)]
pub(super) struct Ledger {
    counts: Mutex<FxHashMap<Key, u64>>,
}

impl Ledger {
    /// Counts a refusal. Gives `false` if there is no room for it.
    pub(super) fn count(
        &self,
        site: SiteId,
        reason: RefusalReason,
        detail: &'static str,
        now: Timestamp,
    ) -> bool {
        let hour = refusal_service::hour_of(now);
        self.add((site, hour, reason, detail), 1)
    }

    fn add(&self, key: Key, count: u64) -> bool {
        let mut counts = self.counts.lock().expect("no holder of the lock panics");
        if let Some(sum) = counts.get_mut(&key) {
            *sum += count;
        } else if counts.len() < LIMIT {
            counts.insert(key, count);
        } else {
            return false;
        }
        true
    }

    /// Writes what was counted. Gives how many rows were written, 0 if there was nothing to write.
    ///
    /// # Errors
    /// [`ServiceError::Database`]; the counts are kept for the next time.
    pub(super) async fn flush(&self, db: &Db) -> Result<usize, ServiceError> {
        let taken = std::mem::take(&mut *self.counts.lock().expect("no holder of the lock panics"));
        if taken.is_empty() {
            return Ok(0);
        }
        let rows = taken
            .iter()
            .map(|(&(site, hour, reason, detail), &count)| RefusalRow {
                site_id: site.0,
                hour,
                reason: reason.key().to_owned(),
                detail: detail.to_owned(),
                count: i64::try_from(count).unwrap_or(i64::MAX),
            });
        let written = refusal_service::add(db, rows.collect()).await;
        if written.is_err() {
            for (key, count) in taken {
                self.add(key, count);
            }
        }
        written
    }
}
