//! Which sites there are and what their owners want counted, from memory: every event asks.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;

use super::{rate_limit::SiteLimiter, rules::Rules};
use crate::{
    db::Db,
    domain::{Principal, Rule, RuleKind, Site},
    services::{ServiceError, rule_service, site_service},
};

/// A list older than this is read again: sites and rules that the dashboard or another process adds, changes or deletes
/// are seen after this long. The page of the rules names it.
pub const REFRESH: Duration = Duration::from_secs(2);

/// An unknown domain reads the list again at most this often: the first visit of a new site counts at once.
const REFRESH_FOR_UNKNOWN: Duration = Duration::from_millis(100);

/// A site with its time zone looked up and its rules compiled.
#[derive(Debug)]
pub(super) struct KnownSite {
    pub(super) site: Site,
    pub(super) zone: TimeZone,
    pub(super) rules: Rules,
    /// Lives on when the list is read again, so that its bucket does not fill up by it.
    pub(super) limiter: Option<Arc<SiteLimiter>>,
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
        let listing = RwLock::new(Listing::read(&db, |_| None).await?);
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
            let fresh = Listing::read(&self.db, |site| self.limiter_of(site)).await?;
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

    fn limiter_of(&self, site: &Site) -> Option<Arc<SiteLimiter>> {
        let known = self.look(&site.domain).0?;
        let limiter = known.limiter.as_ref()?;
        (known.site.id == site.id).then(|| Arc::clone(limiter))
    }
}

impl KnownSite {
    /// Compiles a site's rules. The `previous` limiter goes on if its rate is still the one.
    pub(super) fn new(
        site: Site,
        rules: &[Rule],
        previous: Option<Arc<SiteLimiter>>,
        now: Instant,
    ) -> Self {
        let rate = rules.iter().find(|rule| rule.kind == RuleKind::RateLimit);
        let rate = rate.and_then(|rule| rule.value.parse().ok()).unwrap_or(0);
        let previous = previous.filter(|limiter| limiter.events_per_second == rate);
        Self {
            zone: site_service::zone_of(&site),
            rules: Rules::compile(rules),
            limiter: previous.or_else(|| SiteLimiter::new(rate, now).map(Arc::new)),
            site,
        }
    }
}

impl Listing {
    async fn read(
        db: &Db,
        limiter_of: impl Fn(&Site) -> Option<Arc<SiteLimiter>>,
    ) -> Result<Self, ServiceError> {
        let read_at = Instant::now();
        let rules = rule_service::find_all_by_site(db, &Principal::System).await?;
        let sites = site_service::find_all(db, &Principal::System).await?;
        let known = |site: Site| {
            let rules = rules.get(&site.id).map_or(&[][..], Vec::as_slice);
            let limiter = limiter_of(&site);
            let domain = site.domain.clone();
            let known = KnownSite::new(site, rules, limiter, read_at);
            (domain, Arc::new(known))
        };
        Ok(Self {
            by_domain: sites.into_iter().map(known).collect(),
            read_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SiteId, Timestamp};

    #[test]
    fn a_site_limiter_outlives_a_refresh_until_its_rate_changes() {
        let now = Instant::now();
        let known = |rate: &str, previous| {
            let site = Site {
                id: SiteId(1),
                domain: "example.com".into(),
                name: "Example".into(),
                time_zone: "UTC".into(),
                created_at: Timestamp(0),
                is_public: false,
            };
            let rule = Rule {
                kind: RuleKind::RateLimit,
                value: rate.into(),
                created_at: Timestamp(0),
            };
            KnownSite::new(site, &[rule], previous, now).limiter
        };
        let first = known("1", None).expect("a limiter");
        while first.take(now).is_ok() {}
        let same = known("1", Some(Arc::clone(&first))).expect("a limiter");
        assert!(same.take(now).is_err(), "the bucket is still empty");
        let other = known("2", Some(first)).expect("a limiter");
        assert!(other.take(now).is_ok());
    }
}
