//! The fourth station: turns what a browser sends into what is counted. Here the address and the user agent end.
//!
//! Comes in: a [`Hit`], its [`Client`] and the [`Visitor`]. Goes out: an [`EnrichedHit`], which has no field that could
//! identify a person: that is checked by the compiler, since the next station cannot name anything else. One question a
//! file: [`page`], [`title`], [`campaign`], [`source`], [`device`], [`screen`], [`language`], [`country`].

pub mod campaign;
pub mod country;
pub mod device;
pub mod language;
pub mod page;
pub mod screen;
pub mod source;
pub mod title;

#[cfg(test)]
mod tests;

use std::path::Path;

use self::{
    campaign::Campaign,
    country::{Countries, CountryError, Place},
    device::Devices,
    source::Source,
};
use super::{beacon::Revenue, client::Client, gate::Hit, visitor::Visitor};
use crate::{
    domain::{Channel, EventKey, SiteId, Timestamp, VitalValues},
    services::vitals_service::{self, NewVitals},
};

/// An event as it is counted. All texts are free of control characters and e-mail addresses; empty means unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct EnrichedHit {
    /// The site.
    pub site_id: SiteId,
    /// When it was received.
    pub at: Timestamp,
    /// What the sender calls it, so that a repetition is recognised.
    pub key: Option<EventKey>,
    /// Whose it is, under today's key and for a while under yesterday's.
    pub visitor: Visitor,
    /// `pageview`, `engagement` or a custom name, at most 120 characters.
    pub name: String,
    /// The page's host without `www.`; `(none)` if it has none.
    pub hostname: String,
    /// The page's path, decoded, without query; never empty.
    pub page: String,
    /// The page's title, of a `pageview` only, at most 500 bytes.
    pub title: String,
    /// Who sent the visitor: a known name, or the referrer's host. Empty: nobody.
    pub source: String,
    /// The class of `source`.
    pub channel: Channel,
    /// The referring page without scheme, `www.` and query.
    pub referrer: String,
    /// The query's `utm_source`.
    pub utm_source: String,
    /// The query's `utm_medium`.
    pub utm_medium: String,
    /// The query's `utm_campaign`.
    pub utm_campaign: String,
    /// The query's `utm_content`.
    pub utm_content: String,
    /// The query's `utm_term`.
    pub utm_term: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// Region by name, with its country.
    pub region: String,
    /// City by name, with its region and country.
    pub city: String,
    /// The browser's name.
    pub browser: String,
    /// The browser's major version.
    pub browser_version: String,
    /// The operating system's name.
    pub system: String,
    /// The operating system's version, where it says something.
    pub system_version: String,
    /// `Desktop`, `Mobile`, `Tablet`, `TV` or `Console`.
    pub device: String,
    /// One of [`screen::classes`].
    pub screen: &'static str,
    /// Primary language, with its region if it names one.
    pub language: String,
    /// Visible and focused time, of `engagement` only.
    pub engaged_ms: Option<u32>,
    /// Deepest scroll in percent, of `engagement` only.
    pub scroll_depth: Option<u8>,
    /// Whether it cancels a bounce.
    pub is_interactive: bool,
    /// Custom properties: a JSON object of texts, keys ascending.
    pub props: Option<String>,
    /// What it was worth.
    pub revenue: Option<Revenue>,
}

impl EnrichedHit {
    /// Whether this is the view of a page.
    #[must_use]
    pub fn is_pageview(&self) -> bool {
        self.name == "pageview"
    }

    /// Whether this only tells how long and how far a page was read; it is not counted as an event.
    #[must_use]
    pub fn is_engagement(&self) -> bool {
        self.name == "engagement"
    }
}

/// What enriching needs and is costly to make: the country database and the memory of user agents. One a process.
#[derive(Debug)]
pub struct Enricher {
    countries: Countries,
    devices: Devices,
}

impl Enricher {
    /// Opens the country database, if one is configured; without one, countries come from trusted proxies' headers only.
    ///
    /// # Errors
    ///
    /// [`CountryError`] if the file cannot be read or is no country database.
    pub fn new(country_database: Option<&Path>) -> Result<Self, CountryError> {
        Ok(Self {
            countries: match country_database {
                Some(path) => Countries::open(path)?,
                None => Countries::none(),
            },
            devices: Devices::new(),
        })
    }

    /// Whether countries are looked up; without a database only trusted proxies' headers name them.
    #[must_use]
    pub fn has_country_database(&self) -> bool {
        self.countries.has_database()
    }

    /// The country of a client: ISO 3166-1 alpha-2, empty if unknown.
    #[must_use]
    pub fn country_of(&self, client: &Client<'_>) -> String {
        self.countries.of(client)
    }

    /// Turns an accepted hit into what is counted.
    #[must_use]
    pub fn enrich(
        &self,
        hit: Hit<'_>,
        client: &Client<'_>,
        visitor: Visitor,
        now: Timestamp,
    ) -> EnrichedHit {
        let Hit {
            site,
            beacon,
            country,
        } = hit;
        let hostname = page::hostname(&beacon.url);
        let campaign = Campaign::of(&beacon.url);
        let source = Source::of(
            beacon.referrer.as_deref(),
            &[&site.domain, &hostname],
            &campaign,
        );
        let device = self.devices.of(client.user_agent);
        let Place {
            country,
            region,
            city,
        } = self.countries.place_of(client, country);
        let named_language = beacon.language.as_deref().or(client.language_header);
        EnrichedHit {
            site_id: site.id,
            at: now,
            key: beacon.key,
            visitor,
            name: beacon.name,
            page: page::page(&beacon.url, beacon.has_hash_routing),
            title: beacon.title.map(title::title).unwrap_or_default(),
            hostname,
            source: source.name,
            channel: source.channel,
            referrer: source.referrer,
            utm_source: campaign.source,
            utm_medium: campaign.medium,
            utm_campaign: campaign.campaign,
            utm_content: campaign.content,
            utm_term: campaign.term,
            country,
            region,
            city,
            browser: device.browser.clone(),
            browser_version: device.browser_version.clone(),
            system: device.system.clone(),
            system_version: device.system_version.clone(),
            device: device.class.to_owned(),
            screen: beacon.width.map_or("", screen::class),
            language: named_language.map(language::language).unwrap_or_default(),
            engaged_ms: beacon.engaged_ms,
            scroll_depth: beacon.scroll_depth,
            is_interactive: beacon.is_interactive,
            props: beacon.props.to_canonical_json(),
            revenue: beacon.revenue,
        }
    }

    /// Turns an accepted hit that carries measurements into what is kept of them.
    #[must_use]
    pub(super) fn enrich_vitals(
        &self,
        hit: Hit<'_>,
        client: &Client<'_>,
        values: VitalValues,
        zone: &jiff::tz::TimeZone,
        now: Timestamp,
    ) -> NewVitals {
        NewVitals {
            site_id: hit.site.id,
            day: vitals_service::day_of(now, zone),
            page: page::page(&hit.beacon.url, hit.beacon.has_hash_routing),
            country: hit.country.unwrap_or_else(|| self.country_of(client)),
            device: self.devices.of(client.user_agent).class.to_owned(),
            values,
        }
    }
}
