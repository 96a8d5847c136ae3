//! Journeys on both databases: what is a step, where they begin and end, and random traffic against an independent model.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    builders::{HitBuilder, a_hit, a_site, at, close_days, store, store_as_batch},
    conversion_model::{Asked, model_visits},
    stats::random_hits,
};
use crate::{
    db::Db,
    domain::{
        DashboardQuery, Date, Dimension, Filter, JourneyDirection, JourneyPlace, JourneyQuery,
        JourneyReport, JourneyStep, Period, Principal, Timestamp,
    },
    ingest::EnrichedHit,
    services::{ServiceError, stats_service},
};

db_tests!(
    steps_are_pages_in_their_order_and_reloads_none,
    a_visit_over_midnight_walks_on,
    the_filters_choose_visits_also_over_midnight,
    the_most_visited_pages_are_named_and_the_rest_is_other,
    what_cannot_be_asked_is_refused,
    more_combinations_than_can_be_counted_are_refused,
    journeys_equal_the_model_for_random_traffic,
);

use JourneyDirection::{Back, Forward};

const NOW: &str = "2026-12-01T00:00:00Z";

async fn ask(
    db: &Db,
    query: &DashboardQuery,
    journey: &JourneyQuery,
    now: Timestamp,
) -> Result<JourneyReport, ServiceError> {
    let system = Principal::System;
    stats_service::get_journeys(db, &system, "example.com", query, journey, now).await
}

fn journey(page: Option<&str>, direction: JourneyDirection, steps: usize) -> JourneyQuery {
    JourneyQuery {
        page: page.map(str::to_owned),
        direction,
        steps,
    }
}

fn dates(from: i8, to: i8) -> DashboardQuery {
    DashboardQuery {
        period: Period::Custom {
            from: Date::new(2026, 11, from).unwrap(),
            to: Date::new(2026, 11, to).unwrap(),
        },
        ..DashboardQuery::default()
    }
}

/// Nodes as `/a 2`, flows as `/a → /b 1`, a line a step.
fn written(report: &JourneyReport) -> Vec<String> {
    let direction = report.query.direction;
    let mut lines = Vec::new();
    for (at, step) in report.steps.iter().enumerate() {
        let label = |step: &JourneyStep, node: usize| {
            let node = &step.nodes[node];
            node.place.label(direction).to_owned()
        };
        let nodes = (0..step.nodes.len())
            .map(|node| format!("{} {}", label(step, node), step.nodes[node].visits));
        let flows = step.flows.iter().map(|flow| {
            let (from, to) = (
                label(step, flow.from),
                label(&report.steps[at + 1], flow.to),
            );
            format!("{from} → {to} {}", flow.visits)
        });
        let parts: Vec<_> = nodes.chain(flows).collect();
        lines.push(parts.join(", "));
    }
    lines
}

/// What enters and leaves each node adds up to it.
fn check_sums(report: &JourneyReport) {
    let total: u64 = report.steps.first().map_or(0, |step| {
        step.nodes.iter().map(|node| node.visits).sum::<u64>()
    });
    assert_eq!(total, report.visits);
    for (at, step) in report.steps.iter().enumerate() {
        let next = report.steps.get(at + 1);
        for (number, node) in step.nodes.iter().enumerate() {
            let out: u64 = step.next_of(number).iter().map(|flow| flow.visits).sum();
            let is_outside = node.place == JourneyPlace::Outside;
            match next {
                Some(_) if !is_outside => assert_eq!(out, node.visits, "{report:?}"),
                _ => assert_eq!(out, 0, "{report:?}"),
            }
        }
        for (number, node) in next.map_or(&[][..], |next| &next.nodes).iter().enumerate() {
            let into = step.flows.iter().filter(|flow| flow.to == number);
            let into: u64 = into.map(|flow| flow.visits).sum();
            assert_eq!(into, node.visits, "{report:?}");
        }
    }
}

async fn steps_are_pages_in_their_order_and_reloads_none(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |visitor, page: &str, time: &str| a_hit(&site, page).by(visitor).at(time);
    let hits: Vec<HitBuilder> = vec![
        hit(1, "/a", "10:00"),
        hit(1, "/a", "10:01"),
        hit(1, "/b", "10:02").event("Signup"),
        hit(1, "/a", "10:03").engaged(5_000, 50),
        hit(1, "/b", "10:04"),
        hit(1, "/a", "10:05"),
        // A visit of its own after a break.
        hit(1, "/b", "11:00"),
        hit(2, "/a", "10:00"),
        // Not a page at all.
        hit(3, "/a", "10:00").event("Signup"),
    ];
    store(&db, &hits).await;
    let today = dates(24, 24);
    for (asked, expected) in [
        (
            journey(None, Forward, 4),
            vec![
                "/a 2, /b 1, /a → /b 1, /a → (end) 1, /b → (end) 1",
                "/b 1, (end) 2, /b → /a 1",
                "/a 1, /a → (end) 1",
                "(end) 1",
            ],
        ),
        (
            journey(None, Back, 2),
            vec![
                "/a 2, /b 1, /a → /b 1, /a → (start) 1, /b → (start) 1",
                "/b 1, (start) 2",
            ],
        ),
        (
            journey(Some("/b"), Forward, 3),
            vec![
                "/b 2, /b → /a 1, /b → (end) 1",
                "/a 1, (end) 1, /a → (end) 1",
                "(end) 1",
            ],
        ),
        (
            journey(Some("/b"), Back, 3),
            vec![
                "/b 2, /b → /a 1, /b → (start) 1",
                "/a 1, (start) 1, /a → (start) 1",
                "(start) 1",
            ],
        ),
        (journey(Some("/never"), Forward, 3), vec![]),
        (journey(Some("Signup"), Forward, 3), vec![]),
    ] {
        let report = ask(&db, &today, &asked, at("12:00")).await.unwrap();
        assert_eq!(written(&report), expected, "{asked:?}");
        check_sums(&report);
    }
}

async fn a_visit_over_midnight_walks_on(db: Db) {
    let site = a_site(&db, "UTC").await;
    let later = |page: &str, time: &str| a_hit(&site, page).by(101).known_as(1).at(time);
    let hits = [
        a_hit(&site, "/a").by(1).at("2026-11-24T23:50:00Z"),
        // Reloaded on the other side of midnight.
        later("/a", "2026-11-25T00:05:00Z"),
        later("/b", "2026-11-25T00:10:00Z"),
        // A visit of its own on the second day.
        later("/a", "2026-11-25T12:00:00Z"),
    ];
    store(&db, &hits).await;
    for is_closed in [false, true] {
        if is_closed {
            assert_eq!(close_days(&db, &site, at("2026-11-26T03:00:00Z")).await, 2);
        }
        let now = at("2026-11-26T04:00:00Z");
        for (query, direction, expected) in [
            (
                dates(24, 25),
                Forward,
                vec!["/a 2, /a → /b 1, /a → (end) 1", "/b 1, (end) 1"],
            ),
            (
                dates(24, 24),
                Forward,
                vec!["/a 1, /a → (end) 1", "(end) 1"],
            ),
            // The visit over midnight began before.
            (
                dates(25, 25),
                Forward,
                vec!["/a 1, /a → (end) 1", "(end) 1"],
            ),
            (
                dates(24, 25),
                Back,
                vec!["/a 1, /b 1, /a → (start) 1, /b → /a 1", "/a 1, (start) 1"],
            ),
        ] {
            let asked = journey(None, direction, 2);
            let report = ask(&db, &query, &asked, now).await.unwrap();
            assert_eq!(written(&report), expected, "{query:?} {is_closed}");
        }
    }
}

async fn the_filters_choose_visits_also_over_midnight(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/a").by(1).at("2026-11-24T23:50:00Z"),
        a_hit(&site, "/b")
            .by(101)
            .known_as(1)
            .at("2026-11-25T00:05:00Z"),
        a_hit(&site, "/a").by(2).at("2026-11-24T20:00:00Z"),
    ];
    store(&db, &hits).await;
    for page in ["/a", "/b"] {
        let query = DashboardQuery {
            filters: vec![Filter::is(Dimension::Page, page)],
            ..dates(24, 25)
        };
        let report = ask(&db, &query, &JourneyQuery::default(), at(NOW)).await;
        let expected: &[&str] = match page {
            "/a" => &[
                "/a 2, /a → /b 1, /a → (end) 1",
                "/b 1, (end) 1, /b → (end) 1",
                "(end) 1",
            ],
            _ => &["/a 1, /a → /b 1", "/b 1, /b → (end) 1", "(end) 1"],
        };
        assert_eq!(written(&report.unwrap()), expected, "{page}");
    }
}

async fn the_most_visited_pages_are_named_and_the_rest_is_other(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut hits = vec![a_hit(&site, "/i").by(9).at("09:00")];
    for (visitor, page) in (0..).zip(["/h", "/g", "/f", "/e", "/d", "/c", "/b", "/a", "/i"]) {
        hits.push(a_hit(&site, page).by(visitor).at("10:00"));
    }
    // What the pages are called that a site has too many of on a day.
    for visitor in 10..14 {
        hits.push(a_hit(&site, "(other)").by(visitor).at("11:00"));
    }
    store_as_batch(&db, &hits).await;
    let asked = journey(None, Forward, 2);
    let report = ask(&db, &dates(24, 24), &asked, at("12:00")).await.unwrap();
    let labels: Vec<_> = report.steps[0]
        .nodes
        .iter()
        .map(|node| (node.place.label(Forward), node.visits))
        .collect();
    assert_eq!(
        labels,
        [
            ("/i", 2),
            ("/a", 1),
            ("/b", 1),
            ("/c", 1),
            ("/d", 1),
            ("/e", 1),
            ("(other)", 7)
        ]
    );
    check_sums(&report);
}

async fn what_cannot_be_asked_is_refused(db: Db) {
    let site = a_site(&db, "UTC").await;
    let query = DashboardQuery::default();
    for steps in [0, 1, 7, usize::MAX] {
        let refused = ask(&db, &query, &journey(None, Forward, steps), at("12:00")).await;
        assert!(
            matches!(refused, Err(ServiceError::Invalid { field: "steps", .. })),
            "{refused:?}"
        );
    }
    // A site without events has no journeys, and a text that no database takes is no page.
    for page in [None, Some("\0")] {
        let report = ask(&db, &query, &journey(page, Forward, 4), at("12:00")).await;
        assert_eq!(report.unwrap().steps, []);
    }
    let system = Principal::System;
    let (domain, now) = ("absent.example", at("12:00"));
    let asked = JourneyQuery::default();
    let absent = stats_service::get_journeys(&db, &system, domain, &query, &asked, now).await;
    assert!(
        matches!(absent, Err(ServiceError::NotFound("site"))),
        "{absent:?}"
    );
    assert_eq!(site.domain, "example.com");
}

async fn more_combinations_than_can_be_counted_are_refused(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits: Vec<_> = (0..21_000)
        .map(|visitor| {
            let mut hit = a_hit(&site, &format!("/{visitor}")).by(visitor);
            // Identifiers of visits are random within their millisecond.
            hit.0.at = hit.0.at.plus_ms(visitor);
            hit
        })
        .collect();
    for chunk in hits.chunks(1_000) {
        store_as_batch(&db, chunk).await;
    }
    let refused = ask(&db, &dates(24, 24), &journey(None, Forward, 2), at("13:00")).await;
    match refused {
        Err(ServiceError::Invalid { reason, .. }) => {
            assert!(reason.contains("more than 20000 combinations"), "{reason}");
        }
        other => panic!("{:?}", other.map(|report| report.visits)),
    }
    let one = journey(Some("/7"), Forward, 2);
    let report = ask(&db, &dates(24, 24), &one, at("13:00")).await.unwrap();
    assert_eq!(written(&report), ["/7 1, /7 → (end) 1", "(end) 1"]);
}

/// The steps of a visit as the model sees them.
fn model_steps(views: &[&EnrichedHit], asked: &JourneyQuery) -> Option<Vec<String>> {
    let mut pages: Vec<String> = views.iter().map(|hit| hit.page.clone()).collect();
    pages.dedup();
    let chosen = match &asked.page {
        Some(page) => Some(pages.iter().position(|other| other == page)?),
        None => None,
    };
    let mut pages = match (asked.direction, chosen) {
        (Forward, at) => pages.split_off(at.unwrap_or(0)),
        (Back, Some(at)) => pages[..=at].iter().rev().cloned().collect(),
        (Back, None) => pages.into_iter().rev().collect(),
    };
    if pages.is_empty() {
        return None;
    }
    pages.push("outside".into());
    pages.truncate(asked.steps);
    Some(pages)
}

/// Places as [`written`] calls them.
fn model_places(ways: &[Vec<String>], asked: &JourneyQuery) -> Vec<BTreeMap<String, String>> {
    let outside = JourneyPlace::Outside.label(asked.direction).to_owned();
    (0..asked.steps)
        .map(|step| {
            let mut counts: BTreeMap<&String, i64> = BTreeMap::new();
            for page in ways.iter().filter_map(|way| way.get(step)) {
                *counts.entry(page).or_default() -= 1;
            }
            let mut pages: Vec<_> = counts
                .into_iter()
                .map(|(page, count)| (count, page))
                .collect();
            pages.retain(|(_, page)| *page != "outside");
            pages.sort();
            let named = pages.iter().enumerate().map(|(at, (_, page))| {
                let name = if at < 6 { page.as_str() } else { "(other)" };
                ((*page).clone(), name.to_owned())
            });
            named
                .chain([("outside".to_owned(), outside.clone())])
                .collect()
        })
        .collect()
}

async fn journeys_equal_the_model_for_random_traffic(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(21);
    let mut hits = random_hits(&site, &mut rng, 2_500);
    // More pages than are named.
    for hit in &mut hits {
        if rng.random_range(0..3) == 0 {
            hit.0.page = format!("/{}", rng.random_range(0..12));
        }
    }
    for chunk in hits.chunks(97) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let visits = model_visits(&hits);
    for question in 0..60 {
        match question {
            20 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 3),
            40 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        let (asked, query) = Asked::random(&mut rng);
        let page = [None, Some("/pricing"), Some("/3"), Some("/never")][rng.random_range(0..4)];
        let direction = JourneyDirection::ALL[rng.random_range(0..2)];
        let journey = journey(page, direction, rng.random_range(2..=6));

        let chosen = visits
            .iter()
            .filter(|visit| !asked.accepted(visit).is_empty());
        let ways = chosen.filter_map(|visit| {
            let mut views = asked.hits(visit);
            views.retain(|hit| hit.name == "pageview");
            model_steps(&views, &journey)
        });
        let ways: Vec<_> = ways.collect();
        let places = model_places(&ways, &journey);
        let mut nodes: BTreeMap<(usize, &str), u64> = BTreeMap::new();
        let mut flows: BTreeMap<(usize, &str, &str), u64> = BTreeMap::new();
        for way in &ways {
            for (step, page) in way.iter().enumerate() {
                let place = places[step][page].as_str();
                *nodes.entry((step, place)).or_default() += 1;
                if let Some(next) = way.get(step + 1) {
                    let next = places[step + 1][next].as_str();
                    *flows.entry((step, place, next)).or_default() += 1;
                }
            }
        }

        let report = ask(&db, &query, &journey, at(NOW)).await.unwrap();
        check_sums(&report);
        let words = format!("question {question}, {journey:?}, {query:?}");
        assert_eq!(report.visits, ways.len() as u64, "{words}");
        let label =
            |step: usize, node: usize| report.steps[step].nodes[node].place.label(direction);
        let mut found_nodes = BTreeMap::new();
        let mut found_flows = BTreeMap::new();
        for (at, step) in report.steps.iter().enumerate() {
            for (number, node) in step.nodes.iter().enumerate() {
                found_nodes.insert((at, label(at, number)), node.visits);
            }
            for flow in &step.flows {
                let ends = (at, label(at, flow.from), label(at + 1, flow.to));
                found_flows.insert(ends, flow.visits);
            }
        }
        assert_eq!(found_nodes, nodes, "{words}");
        assert_eq!(found_flows, flows, "{words}");
    }
}
