//! Builders that fill in whatever a test does not care about.

use rand::{RngExt, rngs::StdRng};
use regex::Regex;

use crate::{
    db::Db,
    domain::{
        Channel, Dimension, EventKey, Filter, FilterOperator, NewSite, Principal, Site, SiteId,
        Timestamp, VisitorId,
    },
    ingest::{EnrichedHit, Outcome, Store, Visitor, beacon::Revenue},
    services::{site_service, stats_service},
};

/// 24 November 2026 at a time of day, UTC: `at("09:00")`, or an instant as `at("2026-11-25T00:10:00Z")`.
pub(crate) fn at(text: &str) -> Timestamp {
    let text = if text.contains('T') {
        text.to_owned()
    } else {
        format!("2026-11-24T{text}:00Z")
    };
    let instant: jiff::Timestamp = text.parse().expect("a time of day or an instant");
    Timestamp(instant.as_millisecond())
}

/// Adds `example.com` in a time zone.
pub(crate) async fn a_site(db: &Db, time_zone: &str) -> Site {
    let new = NewSite {
        domain: "example.com".into(),
        name: "Example".into(),
        time_zone: time_zone.into(),
    };
    site_service::create(db, &Principal::System, &new, at("00:00"))
        .await
        .expect("the site is added")
}

/// A pageview of visitor 1 at noon, from nowhere.
pub(crate) fn a_hit(site: &Site, page: &str) -> HitBuilder {
    HitBuilder(EnrichedHit {
        site_id: SiteId(site.id.0),
        at: at("12:00"),
        key: None,
        visitor: Visitor {
            id: VisitorId(1),
            previous: None,
        },
        name: "pageview".into(),
        hostname: "example.com".into(),
        page: page.into(),
        title: String::new(),
        source: String::new(),
        channel: Channel::Direct,
        referrer: String::new(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        utm_content: String::new(),
        utm_term: String::new(),
        country: "DE".into(),
        region: String::new(),
        city: String::new(),
        browser: "Firefox".into(),
        browser_version: "140".into(),
        system: "Linux".into(),
        system_version: String::new(),
        device: "Desktop".into(),
        screen: "",
        language: String::new(),
        engaged_ms: None,
        scroll_depth: None,
        is_interactive: true,
        props: None,
        revenue: None,
    })
}

/// A hit in the making.
#[derive(Clone)]
pub(crate) struct HitBuilder(pub(crate) EnrichedHit);

impl HitBuilder {
    pub(crate) fn at(mut self, text: &str) -> Self {
        self.0.at = at(text);
        self
    }

    pub(crate) fn by(mut self, visitor: i64) -> Self {
        self.0.visitor.id = VisitorId(visitor);
        self
    }

    /// The id that the same visitor had yesterday.
    pub(crate) fn known_as(mut self, previous: i64) -> Self {
        self.0.visitor.previous = Some(VisitorId(previous));
        self
    }

    /// What the sender calls it.
    pub(crate) fn keyed(mut self, key: i64) -> Self {
        self.0.key = Some(EventKey(key));
        self
    }

    pub(crate) fn from(mut self, source: &str, channel: Channel) -> Self {
        self.0.source = source.into();
        self.0.channel = channel;
        self
    }

    pub(crate) fn in_country(mut self, code: &str) -> Self {
        self.0.country = code.into();
        self
    }

    pub(crate) fn event(mut self, name: &str) -> Self {
        self.0.name = name.into();
        self
    }

    pub(crate) fn not_interactive(mut self) -> Self {
        self.0.is_interactive = false;
        self
    }

    pub(crate) fn worth(mut self, currency: &str, amount: f64) -> Self {
        self.0.revenue = Some(Revenue {
            amount,
            currency: currency.into(),
        });
        self
    }

    pub(crate) fn engaged(mut self, ms: u32, scroll_depth: u8) -> Self {
        self.0.name = "engagement".into();
        self.0.engaged_ms = Some(ms);
        self.0.scroll_depth = Some(scroll_depth);
        self
    }
}

/// Writes hits, each in a transaction of its own, as single visitors under light load do.
pub(crate) async fn store(db: &Db, hits: &[HitBuilder]) -> Vec<Outcome> {
    let first = hits.first().map_or(at("00:00"), |hit| hit.0.at);
    let mut store = Store::open(db.clone(), first)
        .await
        .expect("the store opens");
    let mut outcomes = Vec::new();
    for hit in hits {
        outcomes.extend(
            store
                .write(std::iter::once(&hit.0))
                .await
                .expect("the hit is written"),
        );
    }
    outcomes
}

/// Writes hits in one transaction, as under heavy load.
pub(crate) async fn store_as_batch(db: &Db, hits: &[HitBuilder]) -> Vec<Outcome> {
    let first = hits.first().map_or(at("00:00"), |hit| hit.0.at);
    let mut store = Store::open(db.clone(), first)
        .await
        .expect("the store opens");
    store
        .write(hits.iter().map(|hit| &hit.0))
        .await
        .expect("the hits are written")
}

/// Whether a filter accepts a value, told apart from the program's own way.
pub(crate) fn accepts(filter: &Filter, value: &str) -> bool {
    let fold = |text: &str| {
        if filter.is_case_sensitive {
            text.to_owned()
        } else {
            text.to_lowercase()
        }
    };
    let value = fold(value);
    let any = |test: &dyn Fn(&str) -> bool| filter.values.iter().any(|wanted| test(&fold(wanted)));
    match filter.operator {
        FilterOperator::Is => any(&|wanted| value == wanted),
        FilterOperator::IsNot => !any(&|wanted| value == wanted),
        FilterOperator::Contains => any(&|wanted| value.contains(wanted)),
        FilterOperator::ContainsNot => !any(&|wanted| value.contains(wanted)),
        FilterOperator::Matches => any(&|wanted| Regex::new(wanted).unwrap().is_match(&value)),
        FilterOperator::MatchesNot => !any(&|wanted| Regex::new(wanted).unwrap().is_match(&value)),
    }
}

/// A filter of any operator on one or two of some values.
pub(crate) fn random_filter(rng: &mut StdRng, dimension: Dimension, values: &[&str]) -> Filter {
    let count = rng.random_range(1..=2);
    let values = (0..count)
        .map(|_| values[rng.random_range(0..values.len())].to_owned())
        .collect();
    Filter {
        subject: dimension.into(),
        operator: FilterOperator::ALL[rng.random_range(0..FilterOperator::ALL.len())],
        values,
        is_case_sensitive: rng.random(),
    }
}

/// Closes all days of a site that are over, as the background job does.
pub(crate) async fn close_days(db: &Db, site: &Site, now: Timestamp) -> usize {
    let mut days = 0;
    while let Some(mut closed) = stats_service::prepare_day(db, site, now).await.unwrap() {
        stats_service::store_day(db, &closed).await.unwrap();
        while stats_service::sweep(db, &mut closed).await.unwrap() {}
        days += 1;
    }
    while let Some(month) = stats_service::prepare_month(db, site.id).await.unwrap() {
        stats_service::store_month(db, site.id, &month)
            .await
            .unwrap();
    }
    days
}
