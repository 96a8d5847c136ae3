//! What happens on sites right now, remembered for a second or, where a look takes long, for longer: the database is looked at
//! seldom, however many watch.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustc_hash::FxHashMap;

use super::{ServiceError, stats_service};
use crate::{
    db::Db,
    domain::{Realtime, Site, SiteId, Timestamp},
};

/// How long an answer is good for, at least and at most.
const FRESH_MS: i64 = 1_000;
const FRESH_LIMIT_MS: i64 = 60_000;

/// How much longer than the look itself an answer is good for: a site with much traffic takes a tenth of one reader.
const FRESH_LOOKS: u32 = 10;

/// Rows of each table.
const ROWS: usize = 10;

/// What was found last, by site. One a process.
#[derive(Default)]
pub struct Live {
    counts: Looks<u64>,
    all: Looks<Realtime>,
}

impl Live {
    /// Counts the current visitors of a site; whether one may know is the caller's to ask.
    ///
    /// # Errors
    /// As [`stats_service::get_realtime`].
    pub async fn count(&self, db: &Db, site: &Site, now: Timestamp) -> Result<u64, ServiceError> {
        let look = async { Ok(stats_service::current_visitors(db, site.id, now).await?) };
        self.counts
            .get(site.id, now, look)
            .await
            .map(|count| *count)
    }

    /// Gets who is on a site now; whether one may know is the caller's to ask.
    ///
    /// # Errors
    /// As [`stats_service::get_realtime`].
    pub async fn get(
        &self,
        db: &Db,
        site: &Site,
        now: Timestamp,
    ) -> Result<Arc<Realtime>, ServiceError> {
        let look = stats_service::get_realtime(db, site, ROWS, now);
        self.all.get(site.id, now, look).await
    }
}

/// The latest answer of a site; whoever finds it old looks, and the others wait for that.
type Place<T> = Arc<tokio::sync::Mutex<Option<Answer<T>>>>;

struct Answer<T> {
    at: Timestamp,
    fresh_ms: i64,
    found: Arc<T>,
}

struct Looks<T>(Mutex<FxHashMap<SiteId, Place<T>>>);

impl<T> Default for Looks<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Looks<T> {
    async fn get(
        &self,
        site: SiteId,
        now: Timestamp,
        look: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<Arc<T>, ServiceError> {
        let place = {
            let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Sites that nobody watches any more are forgotten.
            sites.retain(|id, place| *id == site || Arc::strong_count(place) > 1);
            Arc::clone(sites.entry(site).or_default())
        };
        let mut latest = place.lock().await;
        if let Some(answer) = &*latest
            && (0..answer.fresh_ms).contains(&(now.0 - answer.at.0))
        {
            return Ok(Arc::clone(&answer.found));
        }
        let begun = Instant::now();
        let found = Arc::new(look.await?);
        *latest = Some(Answer {
            at: now,
            fresh_ms: fresh_ms(begun.elapsed()),
            found: Arc::clone(&found),
        });
        Ok(found)
    }
}

/// How long the answer of a look that took so long is good for.
fn fresh_ms(look: Duration) -> i64 {
    let ms = (look * FRESH_LOOKS).as_millis();
    i64::try_from(ms)
        .unwrap_or(i64::MAX)
        .clamp(FRESH_MS, FRESH_LIMIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_longer_the_longer_the_look_took() {
        for (look_ms, expected) in [
            (0, 1_000),
            (100, 1_000),
            (250, 2_500),
            (5_000, 50_000),
            (60_000, 60_000),
        ] {
            assert_eq!(fresh_ms(Duration::from_millis(look_ms)), expected);
        }
    }
}
