//! Figures of funnels and goals against an independent model, from rows and from blocks.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    builders::{a_site, at, close_days, store_as_batch},
    funnel::{add, add_goal, event, page, steps},
    stats::random_hits,
};
use crate::{
    db::Db,
    domain::{DashboardQuery, Date, Dimension, Filter, FunnelScope, GoalKind, Period, Principal},
    ingest::EnrichedHit,
    services::stats_service,
};

db_tests!(
    funnels_equal_the_model_for_random_traffic,
    goals_equal_the_model_for_random_traffic,
);

const SYSTEM: Principal = Principal::System;
const NOW: &str = "2026-12-01T00:00:00Z";

/// What somebody does, told apart from the program's own way.
pub(super) type Does = fn(&EnrichedHit) -> bool;

fn is_view(hit: &EnrichedHit) -> bool {
    hit.name == "pageview"
}

pub(super) fn kinds() -> Vec<(GoalKind, Does)> {
    let scroll = GoalKind::Scroll {
        pattern: "/*".into(),
        percent: 60,
    };
    let kinds: [(GoalKind, Does); 8] = [
        (page("/"), |hit| is_view(hit) && hit.page == "/"),
        (page("/pricing"), |hit| {
            is_view(hit) && hit.page == "/pricing"
        }),
        (page("/[dD]*"), |_| false),
        (page("**ocs**"), |hit| {
            is_view(hit) && hit.page.contains("ocs")
        }),
        (event("Signup"), |hit| hit.name == "Signup"),
        (event("Seen"), |hit| hit.name == "Seen"),
        (event("Never"), |_| false),
        (scroll, |hit| {
            let is_segment = hit.page.len() > 1 && !hit.page[1..].contains('/');
            is_segment && hit.name == "engagement" && hit.scroll_depth >= Some(60)
        }),
    ];
    kinds.into()
}

/// A visit of the model: its first hit gives the country, all are of one visitor and day.
pub(super) struct ModelVisit<'a>(pub(super) Vec<&'a EnrichedHit>);

pub(super) fn model_visits(hits: &[EnrichedHit]) -> Vec<ModelVisit<'_>> {
    let mut visits: Vec<ModelVisit<'_>> = Vec::new();
    for hit in hits {
        let open = visits.iter_mut().rev().find(|visit| {
            let last = visit.0[visit.0.len() - 1];
            last.visitor.id == hit.visitor.id && hit.at.0 - last.at.0 < 30 * 60_000
        });
        match open {
            Some(visit) => visit.0.push(hit),
            None if hit.name == "engagement" => {}
            None => visits.push(ModelVisit(vec![hit])),
        }
    }
    visits
}

/// A question of the model: dates in November, a country of visits, a page of events.
pub(super) struct Asked {
    from: i64,
    to: i64,
    country: Option<&'static str>,
    page: Option<&'static str>,
}

impl Asked {
    pub(super) fn random(rng: &mut StdRng) -> (Self, DashboardQuery) {
        let day = rng.random_range(20..25);
        let last = rng.random_range(day..26);
        let date = |day| Date::new(2026, 11, day).unwrap();
        let midnight = |day: i8| at(&format!("2026-11-{day:02}T00:00:00Z")).0;
        let country = (rng.random_range(0..3) == 0).then_some("DE");
        let page = (rng.random_range(0..3) == 0).then_some("/pricing");
        let mut filters = Vec::new();
        filters.extend(country.map(|country| Filter::is(Dimension::Country, country)));
        filters.extend(page.map(|page| Filter::is(Dimension::Page, page)));
        let query = DashboardQuery {
            period: Period::Custom {
                from: date(day),
                to: date(last),
            },
            filters,
            ..DashboardQuery::default()
        };
        let asked = Self {
            from: midnight(day),
            to: midnight(last + 1),
            country,
            page,
        };
        (asked, query)
    }

    /// The hits of a visit in the range.
    pub(super) fn hits<'a>(&self, visit: &ModelVisit<'a>) -> Vec<&'a EnrichedHit> {
        let hits = visit.0.iter().copied();
        hits.filter(|hit| (self.from..self.to).contains(&hit.at.0))
            .collect()
    }

    /// The hits of a visit that satisfy the filters.
    pub(super) fn accepted<'a>(&self, visit: &ModelVisit<'a>) -> Vec<&'a EnrichedHit> {
        let is_of_country = self
            .country
            .is_none_or(|country| visit.0[0].country == country);
        let hits = self.hits(visit).into_iter();
        hits.filter(|hit| is_of_country && self.page.is_none_or(|page| hit.page == page))
            .collect()
    }
}

fn walk(hits: &[&EnrichedHit], way: &[Does]) -> usize {
    let mut taken = 0;
    for hit in hits {
        if way.get(taken).is_some_and(|does| does(hit)) {
            taken += 1;
        }
    }
    taken
}

async fn funnels_equal_the_model_for_random_traffic(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(11);
    let hits = random_hits(&site, &mut rng, 2_500);
    for chunk in hits.chunks(97) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let visits = model_visits(&hits);
    let kinds = kinds();
    for question in 0..60 {
        match question {
            20 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 3),
            40 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        let chosen: Vec<_> = (0..rng.random_range(2..=4))
            .map(|_| &kinds[rng.random_range(0..kinds.len())])
            .collect();
        let way: Vec<Does> = chosen.iter().map(|(_, does)| *does).collect();
        let scope = FunnelScope::ALL[rng.random_range(0..2)];
        let kinds: Vec<GoalKind> = chosen.iter().map(|(kind, _)| kind.clone()).collect();
        let name = format!("{question}");
        let funnel = add(&db, &site, &name, scope, &steps(&kinds)).await.unwrap();
        let (asked, query) = Asked::random(&mut rng);

        let mut by_visitor: BTreeMap<i64, Vec<Vec<&EnrichedHit>>> = BTreeMap::new();
        for visit in visits
            .iter()
            .filter(|visit| !asked.accepted(visit).is_empty())
        {
            let visitor = visit.0[0].visitor.id.0;
            by_visitor
                .entry(visitor)
                .or_default()
                .push(asked.hits(visit));
        }
        let best = by_visitor.values().map(|visits| match scope {
            FunnelScope::Visit => visits.iter().map(|hits| walk(hits, &way)).max().unwrap(),
            FunnelScope::Day => walk(&visits.concat(), &way),
        });
        let best: Vec<usize> = best.collect();
        let expected: Vec<_> = (0..way.len())
            .map(|step| best.iter().filter(|taken| **taken > step).count() as u64)
            .collect();
        let report =
            stats_service::get_funnel(&db, &SYSTEM, "example.com", &query, funnel.id, at(NOW))
                .await
                .unwrap();
        let found: Vec<_> = report.steps.iter().map(|step| step.visitors).collect();
        let words = format!("question {question}, {scope:?}, {kinds:?}, {query:?}");
        assert_eq!(found, expected, "{words}");
        assert_eq!(report.visitors, by_visitor.len() as u64, "{words}");
    }
}

async fn goals_equal_the_model_for_random_traffic(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(12);
    let hits = random_hits(&site, &mut rng, 2_500);
    for chunk in hits.chunks(97) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let visits = model_visits(&hits);
    let mut does = BTreeMap::new();
    for (kind, test) in kinds() {
        does.insert(add_goal(&db, &site, &kind).await.id, test);
    }
    for question in 0..20 {
        if question == 10 {
            assert!(close_days(&db, &site, at(NOW)).await > 0);
        }
        let (asked, query) = Asked::random(&mut rng);
        let reports = stats_service::count_goals(&db, &SYSTEM, "example.com", &query, at(NOW))
            .await
            .unwrap();
        assert_eq!(reports.len(), does.len());
        for report in reports {
            let does = does[&report.goal.id];
            let (mut all, mut reached) = (BTreeSet::new(), BTreeSet::new());
            let mut conversions = 0;
            for visit in &visits {
                let accepted = asked.accepted(visit);
                let Some(first) = accepted.first() else {
                    continue;
                };
                all.insert(first.visitor.id);
                if visit.0.iter().any(|hit| does(hit)) {
                    reached.insert(first.visitor.id);
                }
                let for_goal = asked.hits(visit).into_iter().filter(|hit| does(hit));
                let (scrolled, events): (Vec<_>, Vec<_>) =
                    for_goal.partition(|hit| hit.name == "engagement");
                let pages: BTreeSet<_> = scrolled.iter().map(|hit| &hit.page).collect();
                conversions += events.len() + pages.len();
            }
            let words = format!("question {question}, {}, {query:?}", report.goal.kind);
            assert_eq!(report.all_visitors, all.len() as u64, "{words}");
            assert_eq!(report.visitors, reached.len() as u64, "{words}");
            assert_eq!(report.conversions, conversions as u64, "{words}");

            // The dashboard of the goal says the same.
            let of_goal = DashboardQuery {
                goal: Some(report.goal.id),
                ..query.clone()
            };
            let dashboard = stats_service::get_dashboard(
                &db,
                &SYSTEM,
                "example.com",
                &of_goal,
                &[],
                1,
                at(NOW),
            )
            .await
            .unwrap();
            assert_eq!(dashboard.figures.visitors, report.visitors, "{words}");
        }
    }
}
