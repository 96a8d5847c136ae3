//! The model of one site's traffic: a [`SiteProfile`] with everything that does not change from day to day looked up.
//!
//! A pure function of seed, domain and local date: [`Model::plan`] gives the [`DayPlan`] of a day, the same on every
//! machine. Neighbours: [`day`](super::day) draws the visits, [`traffic`](super::traffic) strings days together.

use jiff::{civil::Date, tz::TimeZone};
use url::Url;

use super::{
    calendar::{self, Growth},
    day::{DayOrder, DayPlan},
    profile::{self, SiteProfile},
    random::{Random, Weights},
};
use crate::{
    domain::Site,
    ingest::enrich::{campaign::Campaign, source::Source},
    services::site_service,
};

/// The traffic of one site.
pub(super) struct Model {
    pub(super) site: Site,
    pub(super) zone: TimeZone,
    pub(super) profile: &'static SiteProfile,
    pub(super) growth: Growth,
    pub(super) arrivals: Vec<Arrival>,
    /// Of each page.
    pub(super) titles: Vec<String>,
    /// Of all views.
    pub(super) views: Weights,
    /// Of first views.
    pub(super) entries: Weights,
    pub(super) countries: Weights,
    seed: u64,
}

/// A way to the site, as ingestion understands it.
pub(super) struct Arrival {
    pub(super) source: Source,
    pub(super) campaign: Campaign,
    /// The page that it leads to.
    pub(super) page: Option<usize>,
}

impl Model {
    /// Looks up everything of the site's profile.
    pub(super) fn new(site: &Site, seed: u64, growth: Growth) -> Self {
        let profile = profile::of_domain(&site.domain);
        let zone = site_service::zone_of(site);
        let usual = profile
            .sources
            .iter()
            .map(|source| Arrival::new(site, source.referrer, source.query, None));
        let pushed = profile.pushes.iter().map(|push| {
            let page = profile.pages.iter().position(|page| page.path == push.page);
            Arrival::new(site, push.referrer, push.query, page)
        });
        // Zipf with exponent 1, softened at the top: the first page has four times the views of the tenth.
        let views = || {
            (3..)
                .zip(profile.pages)
                .map(|(rank, page)| (120_000 / rank, page))
        };
        Self {
            zone,
            profile,
            growth,
            arrivals: usual.chain(pushed).collect(),
            titles: profile
                .pages
                .iter()
                .map(|page| title(site, page.path))
                .collect(),
            views: Weights::new(views().map(|(weight, _)| weight)),
            entries: Weights::new(views().map(|(weight, page)| weight * page.entry_percent)),
            countries: Weights::new(profile.countries.iter().map(|(_, weight)| *weight)),
            seed,
            site: site.clone(),
        }
    }

    /// Draws what happens on a day.
    pub(super) fn plan(&self, order: &DayOrder) -> DayPlan {
        DayPlan::draw(self, order, self.random("visits", order.day))
    }

    /// Visits of a whole local day, in thousandths.
    pub(super) fn visits_per_mille(&self, day: Date) -> u64 {
        let mut random = self.random("volume", day);
        calendar::visits_per_mille(self.profile, &self.growth, day, &mut random)
    }

    /// How often each arrival is taken on a day: usual sources share a hundred percent, pushes come on top.
    pub(super) fn arrival_weights(&self, day: Date) -> Weights {
        let grown = self.growth.per_mille(day).clamp(0, 1_000).unsigned_abs();
        let usual: Vec<u64> = self
            .profile
            .sources
            .iter()
            .map(|source| source.weight * (1_000 - grown) + source.last_weight * grown)
            .collect();
        let sum: u64 = usual.iter().sum();
        let pushed =
            self.profile.pushes.iter().map(|push| {
                u64::from(calendar::extra_percent(push, &self.growth, day)) * sum / 100
            });
        Weights::new(usual.iter().copied().chain(pushed))
    }

    fn random(&self, purpose: &str, day: Date) -> Random {
        let purpose = format!("{}/{purpose}", self.site.domain);
        Random::new(self.seed, &purpose, calendar::day_number(day))
    }
}

/// The title of a page: the words of its path, then the site.
fn title(site: &Site, path: &str) -> String {
    let slug = path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .replace('-', " ");
    let mut letters = slug.chars();
    match letters.next() {
        Some(first) => format!(
            "{}{} – {}",
            first.to_uppercase(),
            letters.as_str(),
            site.name
        ),
        None => site.name.clone(),
    }
}

impl Arrival {
    fn new(site: &Site, referrer: &str, query: &str, page: Option<usize>) -> Self {
        let url = format!("https://{}/?{query}", site.domain);
        let campaign =
            Url::parse(&url).map_or_else(|_| Campaign::default(), |url| Campaign::of(&url));
        let referrer = (!referrer.is_empty()).then_some(referrer);
        Self {
            source: Source::of(referrer, &[&site.domain], &campaign),
            campaign,
            page,
        }
    }
}
