//! Which sites there are, from memory: every event asks.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;

use crate::{
    db::Db,
    domain::{Principal, Site},
    services::{ServiceError, site_service},
};

/// A list older than this is read again: sites that another process adds, changes or deletes are seen after this long.
const REFRESH: Duration = Duration::from_secs(2);

/// An unknown domain reads the list again at most this often: the first visit of a new site counts at once.
const REFRESH_FOR_UNKNOWN: Duration = Duration::from_millis(100);

/// A site with its time zone looked up.
pub(super) struct KnownSite {
    pub(super) site: Site,
    pub(super) zone: TimeZone,
}

struct Listing {
    by_domain: HashMap<String, Arc<KnownSite>>,
    read_at: Instant,
}

/// The sites by domain.
pub(super) struct Sites {
    db: Db,
    listing: RwLock<Listing>,
    is_reading: tokio::sync::Mutex<()>,
}

impl Sites {
    /// Reads the sites.
    pub(super) async fn read(db: Db) -> Result<Self, ServiceError> {
        let listing = RwLock::new(Listing::read(&db).await?);
        Ok(Self {
            db,
            listing,
            is_reading: tokio::sync::Mutex::new(()),
        })
    }

    /// Finds the site of a normalized domain.
    pub(super) async fn find(&self, domain: &str) -> Result<Option<Arc<KnownSite>>, ServiceError> {
        let (found, age) = self.look(domain);
        let limit = if found.is_some() {
            REFRESH
        } else {
            REFRESH_FOR_UNKNOWN
        };
        if age < limit {
            return Ok(found);
        }
        let _one_reads = self.is_reading.lock().await;
        if self.look(domain).1 >= limit {
            let fresh = Listing::read(&self.db).await?;
            *self.listing.write().expect("no holder of the lock panics") = fresh;
        }
        Ok(self.look(domain).0)
    }

    fn look(&self, domain: &str) -> (Option<Arc<KnownSite>>, Duration) {
        let listing = self.listing.read().expect("no holder of the lock panics");
        (
            listing.by_domain.get(domain).cloned(),
            listing.read_at.elapsed(),
        )
    }
}

impl Listing {
    async fn read(db: &Db) -> Result<Self, ServiceError> {
        let read_at = Instant::now();
        let known = |site: Site| {
            let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
            (site.domain.clone(), Arc::new(KnownSite { site, zone }))
        };
        let sites = site_service::find_all(db, &Principal::System).await?;
        Ok(Self {
            by_domain: sites.into_iter().map(known).collect(),
            read_at,
        })
    }
}
