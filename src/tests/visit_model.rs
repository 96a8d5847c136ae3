//! R22, the counting oracle: 10^5 random events (10^6 with `TRACKFLOW_RELIABILITY=long`) through the writer with restarts in
//! between, against a model written apart from it: every stored visit, and the figures of random periods and filters.
//!
//! The model knows persons where the program knows ids that change at midnight.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::QueryDsl;
use diesel_async::RunQueryDsl;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::builders::{a_hit, a_site, accepts, at, close_days, random_filter};
use crate::{
    db::{Db, schema, with_conn},
    domain::{
        Comparison, DashboardQuery, Date, Dimension, Figures, Filter, Period, Principal, Site,
        Timestamp, VisitId, VisitorId,
    },
    ingest::{EnrichedHit, Outcome, Store},
    services::{event_service::VisitRow, stats_service},
};

db_tests!(visits_and_figures_equal_an_independent_model);

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const HALF_HOUR_MS: i64 = 30 * 60 * 1_000;
const PERSONS: i64 = 400;
const PAGES: [&str; 6] = ["/", "/pricing", "/docs", "/docs/a b", "/über", "/blog/1"];
const COUNTRIES: [&str; 4] = ["DE", "FR", "US", ""];

/// A hit and who sent it.
struct Step {
    person: i64,
    hit: EnrichedHit,
}

/// A visit as it should be.
#[derive(Default)]
struct Model<'a> {
    hits: Vec<&'a EnrichedHit>,
    views: Vec<&'a str>,
    events: i32,
    engaged_ms: i64,
    has_interaction: bool,
}

impl<'a> Model<'a> {
    fn take(&mut self, hit: &'a EnrichedHit) {
        match hit.name.as_str() {
            "pageview" => self.views.push(&hit.page),
            "engagement" => self.engaged_ms += i64::from(hit.engaged_ms.unwrap_or(0)),
            _ => self.has_interaction |= hit.is_interactive,
        }
        self.events += i32::from(hit.name != "engagement");
        self.hits.push(hit);
    }

    fn start(&self) -> i64 {
        self.hits[0].at.0
    }

    fn end(&self) -> i64 {
        self.hits[self.hits.len() - 1].at.0
    }

    fn is_bounce(&self) -> bool {
        self.views.len() < 2 && !self.has_interaction && self.engaged_ms < 10_000
    }
}

/// The visits of all persons, and how many engagements found none.
fn model(steps: &[Step]) -> (Vec<Model<'_>>, usize) {
    let mut visits: Vec<Model<'_>> = Vec::new();
    let mut open: HashMap<i64, usize> = HashMap::new();
    let mut without = 0;
    for Step { person, hit } in steps {
        let going_on = open
            .get(person)
            .copied()
            .filter(|visit| hit.at.0 - visits[*visit].end() < HALF_HOUR_MS);
        let visit = match going_on {
            Some(visit) => visit,
            None if hit.name == "engagement" => {
                without += 1;
                continue;
            }
            None => {
                visits.push(Model::default());
                open.insert(*person, visits.len() - 1);
                visits.len() - 1
            }
        };
        visits[visit].take(hit);
    }
    (visits, without)
}

fn random_steps(site: &Site, rng: &mut StdRng, count: usize) -> Vec<Step> {
    let start = at("2026-11-20T00:00:00Z").0;
    // Five days, whatever the number, with the gaps of a person around half an hour.
    let longest_gap = 2 * 5 * DAY_MS / i64::try_from(count).unwrap();
    let (mut now, mut country_of) = (start, HashMap::new());
    (0..count)
        .map(|_| {
            now += rng.random_range(0..=longest_gap);
            let person = rng.random_range(0..PERSONS);
            let day = now / DAY_MS;
            let id = |day: i64| day * 10_000 + person;
            let country = *country_of
                .entry((person, day))
                .or_insert_with(|| COUNTRIES[rng.random_range(0..COUNTRIES.len())]);
            let hit = a_hit(site, PAGES[rng.random_range(0..PAGES.len())]).by(id(day));
            let hit = hit.in_country(country);
            let mut hit = match rng.random_range(0..10) {
                0..5 => hit,
                5..8 => hit.engaged(rng.random_range(0..8_000), rng.random_range(0..=100)),
                8 => hit.event("Signup"),
                _ => hit.event("Seen").not_interactive(),
            };
            hit.0.at = Timestamp(now);
            // The key of the day before lives for half an hour more.
            hit.0.visitor.previous = (now % DAY_MS < HALF_HOUR_MS).then(|| VisitorId(id(day - 1)));
            Step { person, hit: hit.0 }
        })
        .collect()
}

async fn visits_and_figures_equal_an_independent_model(db: Db) {
    let is_long = std::env::var("TRACKFLOW_RELIABILITY").is_ok_and(|form| form == "long");
    let (count, queries) = if is_long {
        (1_000_000, 200)
    } else {
        (100_000, 20)
    };
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(22);
    let steps = random_steps(&site, &mut rng, count);
    let (visits, without) = model(&steps);

    let refused = write(&db, &steps, &mut rng).await;
    assert_eq!(refused, without, "engagements without a visit");
    compare_visits(&db, &visits).await;
    for _ in 0..queries {
        compare_figures(&db, &visits, &mut rng).await;
    }
    // The same from day blocks and roll-ups.
    close_days(&db, &site, at("2026-12-31T00:00:00Z")).await;
    for _ in 0..queries {
        compare_figures(&db, &visits, &mut rng).await;
    }
}

/// Writes in batches of all sizes, with a restart every now and then; gives how many hits were refused.
async fn write(db: &Db, steps: &[Step], rng: &mut StdRng) -> usize {
    let (mut at, mut refused) = (0, 0);
    let mut store = Store::open(db.clone(), steps[0].hit.at).await.unwrap();
    while at < steps.len() {
        let end = steps.len().min(at + rng.random_range(1..2_048));
        let hits = steps[at..end].iter().map(|step| &step.hit);
        let outcomes = store.write(hits).await.unwrap();
        refused += outcomes
            .iter()
            .filter(|outcome| **outcome != Outcome::Stored)
            .count();
        at = end;
        if at < steps.len() && rng.random_range(0..5) == 0 {
            drop(store);
            store = Store::open(db.clone(), steps[at].hit.at).await.unwrap();
        }
    }
    refused
}

async fn compare_visits(db: &Db, visits: &[Model<'_>]) {
    let query = schema::visit::table.select(schema::visit::all_columns);
    let stored: Vec<VisitRow> = with_conn!(db, |conn| query.load(conn).await).unwrap();
    let query =
        schema::dictionary::table.select((schema::dictionary::id, schema::dictionary::value));
    let words: Vec<(i64, String)> = with_conn!(db, |conn| query.load(conn).await).unwrap();
    let words: BTreeMap<i64, String> = words.into_iter().collect();
    let word = |number: i64| words.get(&number).map_or("", String::as_str);

    let mut found: Vec<_> = stored
        .iter()
        .map(|visit| {
            let edges = (word(visit.entry_page), word(visit.exit_page));
            let counts = (
                visit.pageviews,
                visit.events,
                visit.engaged_ms,
                visit.is_bounce,
            );
            (
                VisitId(visit.id).at().0,
                visit.last_at,
                visit.visitor_id,
                counts,
                edges,
            )
        })
        .collect();
    let mut expected: Vec<_> = visits
        .iter()
        .map(|visit| {
            let first = visit.views[..].first().copied().unwrap_or_default();
            let last = visit.views[..].last().copied().unwrap_or_default();
            let views = i32::try_from(visit.views.len()).unwrap();
            let counts = (views, visit.events, visit.engaged_ms, visit.is_bounce());
            let visitor = visit.hits[visit.hits.len() - 1].visitor.id.0;
            (visit.start(), visit.end(), visitor, counts, (first, last))
        })
        .collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found.len(), expected.len(), "as many visits");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

async fn compare_figures(db: &Db, visits: &[Model<'_>], rng: &mut StdRng) {
    let first = rng.random_range(20..26);
    let last = rng.random_range(first..27);
    let date = |day| Date::new(2026, 11, day).unwrap();
    let mut filters = Vec::new();
    for (dimension, values) in [
        (Dimension::Page, &PAGES[..4]),
        (Dimension::Country, &COUNTRIES[..]),
    ] {
        if rng.random_range(0..2) == 0 {
            filters.push(random_filter(rng, dimension, values));
        }
    }
    let query = DashboardQuery {
        period: Period::Custom {
            from: date(first),
            to: date(last),
        },
        comparison: Comparison::Off,
        filters: filters.clone(),
        ..Default::default()
    };
    let now = at("2026-12-31T00:00:00Z");
    let asked =
        stats_service::get_dashboard(db, &Principal::System, "example.com", &query, &[], 10, now);
    let found = asked.await.unwrap();
    let expected = figures(visits, &filters, found.from, found.to);
    assert_eq!(found.figures, expected, "{first} to {last}, {filters:?}");
}

fn figures(visits: &[Model<'_>], filters: &[Filter], from: Timestamp, to: Timestamp) -> Figures {
    let (mut figures, mut visitors) = (Figures::default(), BTreeSet::new());
    let is_inside = |at: i64| at >= from.0 && at < to.0;
    for visit in visits {
        let country = &visit.hits[0].country;
        let is_asked_for = |hit: &&&EnrichedHit| {
            is_inside(hit.at.0)
                && filters.iter().all(|filter| {
                    let is_page = filter.subject == Dimension::Page.into();
                    accepts(filter, if is_page { &hit.page } else { country })
                })
        };
        let asked_for: Vec<_> = visit.hits.iter().filter(is_asked_for).collect();
        for hit in &asked_for {
            visitors.insert(hit.visitor.id);
            figures.pageviews += u64::from(hit.name == "pageview");
            figures.events += u64::from(hit.name != "engagement");
            figures.engaged_ms += u64::from(hit.engaged_ms.unwrap_or(0));
        }
        if is_inside(visit.start()) && !asked_for.is_empty() {
            figures.visits += 1;
            figures.bounces += u64::from(visit.is_bounce());
            figures.duration_ms += u64::try_from(visit.end() - visit.start()).unwrap();
        }
    }
    figures.visitors = visitors.len() as u64;
    figures
}
