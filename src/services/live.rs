//! What happens on sites right now, remembered for a second: one look at the database a second and site, however many watch.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::{ServiceError, stats_service};
use crate::{
    db::Db,
    domain::{Realtime, Site, SiteId, Timestamp},
};

/// How long an answer is good for.
const FRESH_MS: i64 = 1_000;

/// Rows of each table.
const ROWS: usize = 10;

/// The latest answer of a site; whoever finds it old looks, and the others wait for that.
type Place = Arc<tokio::sync::Mutex<Option<(Timestamp, Arc<Realtime>)>>>;

/// What was found last, by site. One a process.
#[derive(Default)]
pub struct Live {
    sites: Mutex<FxHashMap<SiteId, Place>>,
}

impl Live {
    /// Gets who is on a site now, at most a second old; whether one may know is the caller's to ask.
    ///
    /// # Errors
    /// As [`stats_service::get_realtime`].
    pub async fn get(
        &self,
        db: &Db,
        site: &Site,
        now: Timestamp,
    ) -> Result<Arc<Realtime>, ServiceError> {
        let place = {
            let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
            // Sites that nobody watches any more are forgotten.
            sites.retain(|id, place| *id == site.id || Arc::strong_count(place) > 1);
            Arc::clone(sites.entry(site.id).or_default())
        };
        let mut latest = place.lock().await;
        if let Some((at, realtime)) = &*latest
            && (0..FRESH_MS).contains(&(now.0 - at.0))
        {
            return Ok(Arc::clone(realtime));
        }
        let found = stats_service::get_realtime(db, site, ROWS, now).await?;
        let found = Arc::new(found);
        *latest = Some((now, Arc::clone(&found)));
        Ok(found)
    }
}
