//! Ingestion: the way of one event, one station a file, one type a station, each made only from the one before.
//!
//! ```text
//! body bytes ─ beacon ─▶ Beacon         the wire format, or a BeaconError (400 with the field and the reason)
//! Beacon ──── gate ────▶ Hit            wanted, or a DropReason (202, counted)
//! Client ──── visitor ─▶ Visitor        keyed hash with the site's key of the day, from `keys`
//! Hit ─────── enrich ──▶ EnrichedHit    page, source, campaign, device, country; the IP and the user agent end here
//! EnrichedHit  coded ──▶ CodedHit       strings as numbers of the site's dictionary, as far as memory knows them
//! CodedHit ── visit ───▶ rows           joined to the visitor's open visit, or a new one
//! rows ────── writer ──▶ Outcome        one writer, group commit; answered when committed and synced
//! ```
//!
//! A hit that carries web vitals goes from the gate to `vitals`: it belongs to no visitor and no visit.
//!
//! What comes in besides the body is a [`Client`](client::Client): address, user agent and opt-out of the request, which
//! nothing after [`enrich`] can name. [`Ingest::accept`] walks the whole way.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    db::Db,
    domain::{IngestionStatus, KeyReport, Site, SiteId, Timestamp},
    services::{ServiceError, refusal_service, site_service, vitals_service::NewVitals},
};
use meter::{Meter, Passage, Station};

pub mod beacon;
pub mod bots;
pub mod client;
mod closer;
pub mod enrich;
pub mod gate;
pub mod keys;
pub mod meter;
pub mod spam;
pub mod visitor;

mod coded;
mod dictionary;
mod health;
mod key_file;
mod ledger;
mod monitor;
mod rate_limit;
mod rules;
mod sites;
mod store;
mod text;
mod visit;
mod vitals;
mod words;
mod writer;

pub use beacon::BeaconError;
pub use client::{Client, ClientIp, TrustedProxies};
pub use enrich::EnrichedHit;
pub use gate::DropReason;
pub use key_file::default_key_file;
pub use sites::REFRESH as SITES_REFRESH;
pub use store::Outcome;
pub(crate) use store::Store;
pub use visitor::Visitor;

/// Where ingestion finds what is not in the database.
#[derive(Clone, Debug, Default)]
pub struct IngestSettings {
    /// Country database (MMDB); without one no country is known.
    pub geoip_file: Option<PathBuf>,
    /// Where the keys of the day survive a restart; without a file a restart splits the running visits.
    pub key_file: Option<PathBuf>,
    /// Events a second that one network (/24 or /64) may send to all sites together; 0 does not limit.
    pub rate_limit: u32,
}

/// Why a beacon was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IngestError {
    /// The sender is wrong: 400.
    Invalid(BeaconError),
    /// Too many events: 429, try again later. Counted like what the gate refuses.
    Limited {
        /// [`DropReason::RateLimited`] or [`DropReason::SiteRateLimited`].
        reason: DropReason,
        /// When one would be taken, at least 1.
        retry_after_s: u64,
    },
    /// The queue is full: 503, try again in a second.
    Overloaded,
    /// The database did not take it: 503, try again in some seconds.
    Unavailable,
}

impl IngestError {
    fn limited(reason: DropReason, wait: Duration) -> Self {
        Self::Limited {
            reason,
            retry_after_s: wait.as_secs_f64().ceil().max(1.0) as u64,
        }
    }
}

/// Why ingestion cannot start.
#[derive(Debug, thiserror::Error)]
pub enum IngestStartError {
    /// The country database cannot be read.
    #[error(transparent)]
    Country(#[from] enrich::country::CountryError),
    /// The database cannot be read.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Everything between a request and a stored event. One a process.
pub struct Ingest {
    db: Db,
    monitor: Arc<monitor::Monitor>,
    networks: rate_limit::NetworkLimiter,
    sites: sites::Sites,
    keys: keys::VisitorKeys,
    enricher: enrich::Enricher,
    writer: writer::Writer,
    vitals: vitals::VitalsWriter,
}

impl Ingest {
    /// Reads sites, keys and the country database, takes up the open visits and starts the writer.
    ///
    /// # Errors
    /// [`IngestStartError`] says which of them cannot be read.
    pub async fn start(
        db: &Db,
        settings: &IngestSettings,
        now: Timestamp,
    ) -> Result<Self, IngestStartError> {
        let enricher = enrich::Enricher::new(settings.geoip_file.as_deref())?;
        let keys = settings
            .key_file
            .as_deref()
            .map_or_else(keys::VisitorKeys::in_memory, |path: &Path| {
                keys::VisitorKeys::with_file(path, now)
            });
        let sites = sites::Sites::read(db.clone()).await?;
        let monitor = monitor::Monitor::start(db);
        let writer = writer::Writer::start(db.clone(), now, Arc::clone(&monitor)).await?;
        let vitals = vitals::VitalsWriter::start(db.clone(), Arc::clone(&monitor));
        // Compiling the crawlers' patterns takes tens of milliseconds: before the first event, not during it.
        tokio::task::spawn_blocking(bots::warm_up);
        Ok(Self {
            db: db.clone(),
            monitor,
            networks: rate_limit::NetworkLimiter::new(settings.rate_limit, Instant::now()),
            sites,
            keys,
            enricher,
            writer,
            vitals,
        })
    }

    /// Takes one beacon. `Ok(Outcome::Stored)` means committed and synced.
    ///
    /// # Errors
    /// [`IngestError`]; nothing of the beacon is stored and it may be sent again.
    pub async fn accept(
        &self,
        body: &[u8],
        client: &Client<'_>,
        now: Timestamp,
    ) -> Result<Outcome, IngestError> {
        let mut passage = self.monitor.meter.begin();
        let taken = self.pass(body, client, now, &mut passage, None).await;
        if let Err(IngestError::Invalid(_)) = taken {
            passage.site = self.find_site_of(body).await;
        }
        self.monitor.count(&passage, &taken, client.user_agent, now);
        taken
    }

    /// Takes one beacon all the way as [`Ingest::accept`] does, except that its rows are written for the site `stand_in`
    /// and that no counter counts it: a test visit shows what is stored.
    ///
    /// # Errors
    /// As [`Ingest::accept`].
    pub async fn try_out(
        &self,
        stand_in: SiteId,
        body: &[u8],
        client: &Client<'_>,
        now: Timestamp,
    ) -> Result<Outcome, IngestError> {
        let mut passage = self.monitor.meter.begin();
        self.pass(body, client, now, &mut passage, Some(stand_in))
            .await
    }

    /// The way of one event, station by station. Its rows are those of `stand_in`, if there is one.
    async fn pass(
        &self,
        body: &[u8],
        client: &Client<'_>,
        now: Timestamp,
        passage: &mut Passage<'_>,
        stand_in: Option<SiteId>,
    ) -> Result<Outcome, IngestError> {
        let beacon = beacon::Beacon::parse(body).map_err(IngestError::Invalid)?;
        passage.passed(Station::Parse);
        let known = self.sites.find(&beacon.domain).await.map_err(|error| {
            let health = &self.monitor.health;
            health.log(&error, 1, "the sites cannot be read");
            IngestError::Unavailable
        })?;
        passage.site = known.as_ref().map(|known| known.site.id);
        let at = Instant::now();
        self.networks
            .take(client.ip, at)
            .map_err(|wait| IngestError::limited(DropReason::RateLimited, wait))?;
        let country_of = |client: &Client<'_>| self.enricher.country_of(client);
        let hit = match gate::admit(beacon, client, known.as_deref(), country_of) {
            Ok(hit) => hit,
            Err(reason) => return Ok(Outcome::Dropped(reason)),
        };
        passage.passed(Station::Gate);
        // After the gate: bots and what else is refused must not use up what the site takes.
        if let Some(limiter) = known.as_ref().and_then(|known| known.limiter.as_ref()) {
            limiter
                .take(at)
                .map_err(|wait| IngestError::limited(DropReason::SiteRateLimited, wait))?;
        }
        let zone = known
            .as_ref()
            .map(|known| known.zone.clone())
            .unwrap_or(jiff::tz::TimeZone::UTC);
        if let Some(values) = hit.beacon.vitals {
            let mut vitals = self.enricher.enrich_vitals(hit, client, values, &zone, now);
            if let Some(site_id) = stand_in {
                vitals.site_id = site_id;
            }
            passage.passed(Station::Enrich);
            return self.vitals.write(vitals).await;
        }
        let visitor = self
            .keys
            .identify(hit.site.id, &zone, &hit.site.time_zone, client, now);
        passage.passed(Station::Identify);
        let mut hit = self.enricher.enrich(hit, client, visitor, now);
        if let Some(site_id) = stand_in {
            hit.site_id = site_id;
        }
        passage.passed(Station::Enrich);
        self.writer.write(hit).await
    }

    /// The site that a message names which is no beacon, so that its owner learns of it.
    async fn find_site_of(&self, body: &[u8]) -> Option<SiteId> {
        #[derive(serde::Deserialize)]
        struct Named {
            #[serde(alias = "d")]
            domain: String,
        }
        let named: Named = serde_json::from_slice(body).ok()?;
        let domain = site_service::normalize_domain(&named.domain)?;
        let known = self.sites.find(&domain).await.ok()??;
        Some(known.site.id)
    }

    /// Writes a hit that did not come over the network: the demo's live visitors.
    ///
    /// # Errors
    /// As [`Ingest::accept`], without [`IngestError::Invalid`].
    pub async fn write(&self, hit: EnrichedHit) -> Result<Outcome, IngestError> {
        let mut passage = self.monitor.meter.begin();
        passage.site = Some(hit.site_id);
        let now = hit.at;
        let taken = self.writer.write(hit).await;
        self.monitor.count(&passage, &taken, "", now);
        taken
    }

    /// Adds measurements that did not come over the network: those of the demo's live visitors.
    ///
    /// # Errors
    /// As [`Ingest::write`].
    pub async fn write_vitals(&self, vitals: NewVitals) -> Result<Outcome, IngestError> {
        self.vitals.write(vitals).await
    }

    /// The counters since the start.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.monitor.meter
    }

    /// Whether the database answered a query within the last seconds.
    #[must_use]
    pub fn can_read(&self) -> bool {
        self.monitor.health.can_read()
    }

    /// How this process takes events.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> IngestionStatus {
        let latency = self.monitor.meter.latency(now);
        let milliseconds = |share| latency.quantile(share).map(|ns| ns / 1e6);
        let (writer, failure) = self.monitor.health.writer();
        IngestionStatus {
            writer,
            failure,
            queued: self.writer.queued() as u64,
            queue_limit: writer::QUEUE_LIMIT as u64,
            latency_p50_ms: milliseconds(0.5),
            latency_p99_ms: milliseconds(0.99),
        }
    }

    /// Since when this process stores the events, so that [`Meter::minutes`] knows them; `None` while another one does.
    #[must_use]
    pub fn writing_since(&self) -> Option<Timestamp> {
        self.monitor.health.writing_since()
    }

    /// Says from now on that this process is about to end. Events are taken as before.
    pub fn announce_end(&self) {
        self.monitor.health.stop();
    }

    /// Ends the writer. To be called last, when every event was answered: what still waits is not stored.
    pub async fn stop(&self) {
        self.writer.stop().await;
    }

    /// Writes what the ledger of refusals holds in memory; happens once a second by itself. To be called before the end.
    pub async fn flush_ledger(&self) {
        self.monitor.flush(&self.db).await;
    }

    /// Deletes what the ledger keeps longer than 13 months, and forgets counters of silent sites; call it once an hour.
    pub async fn prune_ledger(&self, now: Timestamp) {
        self.monitor.meter.forget_silent(now);
        if let Err(error) = refusal_service::prune(&self.db, now).await {
            let health = &self.monitor.health;
            health.log(&error, 0, "old refusals were not deleted");
        }
    }

    /// Whether countries are looked up; without a database only trusted proxies' headers name them.
    #[must_use]
    pub fn has_country_database(&self) -> bool {
        self.enricher.has_country_database()
    }

    /// Tells how long the keys of a site's days live.
    #[must_use]
    pub fn keys(&self, site: &Site, now: Timestamp) -> KeyReport {
        let zone = site_service::zone_of(site);
        self.keys.report(&zone, &site.time_zone, now)
    }

    /// Destroys the keys whose day is over; call it once a minute.
    pub fn destroy_old_keys(&self, now: Timestamp) {
        self.keys.purge(now);
    }
}
