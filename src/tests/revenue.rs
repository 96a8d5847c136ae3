//! Revenue against an independent model that adds whole cents up, from rows and from blocks.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    builders::{HitBuilder, a_hit, a_site, at, close_days, store, store_as_batch},
    conversion_model::model_visits,
    funnel::{add_goal, event, page},
    stats::random_hits,
};
use crate::{
    db::Db,
    domain::{
        ComparedRange, Comparison, Condition, DashboardQuery, Date, DateRange, Dimension, Filter,
        Group, Metric, NamedGoals, OrderBy, Period, Principal, RevenueByCurrency, StatsAnswer,
        StatsQuery,
    },
    ingest::EnrichedHit,
    services::stats_service,
};

db_tests!(
    revenue_equals_the_model_for_random_traffic,
    revenue_is_compared_and_ordered_by_its_commonest_currency,
);

const SYSTEM: Principal = Principal::System;
const NOW: &str = "2026-12-01T00:00:00Z";

/// Sums and numbers of events by currency, in millionths.
type Sums = BTreeMap<String, (i128, u64)>;

fn period(from: i8, to: i8) -> Period {
    let date = |day| Date::new(2026, 11, day).unwrap();
    Period::Custom {
        from: date(from),
        to: date(to),
    }
}

fn sums(revenue: &RevenueByCurrency) -> Sums {
    let totals = revenue.totals().iter();
    totals
        .map(|entry| {
            let total = &entry.total;
            (total.currency.clone(), (total.millionths, entry.events))
        })
        .collect()
}

async fn ask(db: &Db, query: &StatsQuery) -> StatsAnswer {
    stats_service::answer(db, &SYSTEM, "example.com", query, at(NOW))
        .await
        .unwrap()
}

/// Gives custom events amounts, and tells each in whole millionths.
fn pay(hits: &mut [HitBuilder], rng: &mut StdRng) -> Vec<i128> {
    let pay = |hit: &mut HitBuilder| {
        if !["Signup", "Seen"].contains(&hit.0.name.as_str()) || rng.random_range(0..4) == 0 {
            return 0;
        }
        // Cents of some, whole yen, millionths of others, up to what ingestion takes.
        let currency = *["EUR", "USD", "JPY"].choose(rng).unwrap();
        let step = match currency {
            "EUR" => 10_000,
            "JPY" => 1_000_000,
            _ => 1,
        };
        let limit: i64 = 1_000_000_000_000_000;
        let span = *[1_000_000_000, limit].choose(rng).unwrap();
        let millionths = rng.random_range(-span..=span) / step * step;
        let text = format!(
            "{}{}.{:06}",
            if millionths < 0 { "-" } else { "" },
            millionths.unsigned_abs() / 1_000_000,
            millionths.unsigned_abs() % 1_000_000
        );
        *hit = hit.clone().worth(currency, text.parse().unwrap());
        i128::from(millionths)
    };
    hits.iter_mut().map(pay).collect()
}

fn goals_named(names: &[&str]) -> Condition {
    Condition::Goals(NamedGoals {
        names: names.iter().map(|name| (*name).into()).collect(),
        is_part: false,
        is_case_sensitive: true,
    })
}

async fn revenue_equals_the_model_for_random_traffic(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(31);
    let mut hits = random_hits(&site, &mut rng, 2_500);
    let amounts = pay(&mut hits, &mut rng);
    for chunk in hits.chunks(97) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let worth: BTreeMap<_, _> = hits.iter().map(|hit| hit.at).zip(&amounts).collect();
    let visits = model_visits(&hits);
    for kind in [event("Signup"), event("Seen"), page("/pricing")] {
        add_goal(&db, &site, &kind).await;
    }
    for question in 0..60 {
        match question {
            20 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 3),
            40 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        let first = rng.random_range(20..25);
        let last = rng.random_range(first..26);
        let midnight = |day: i8| at(&format!("2026-11-{day:02}T00:00:00Z"));
        let range = midnight(first)..midnight(last + 1);
        let is_german: bool = rng.random();
        let is_signup: bool = rng.random();
        let mut parts = Vec::new();
        let german = Filter::is(Dimension::Country, "DE");
        parts.extend(is_german.then(|| Condition::Filter(german.clone())));
        parts.extend(is_signup.then(|| goals_named(&["Signup"])));
        let groups = match question % 4 {
            0 => vec![],
            1 => vec![Group::Subject(Dimension::Source.into())],
            2 => vec![Group::Goal],
            _ => vec![Group::Goal, Group::Subject(Dimension::Source.into())],
        };
        let mut metrics = vec![Metric::Visitors, Metric::AverageRevenue];
        metrics.extend(is_signup.then_some(Metric::ConversionRate));
        let query = StatsQuery {
            groups: groups.clone(),
            condition: Condition::All(parts),
            ..StatsQuery::totals(DateRange::Period(period(first, last)), metrics)
        };
        let mut expected: BTreeMap<Vec<String>, Sums> = BTreeMap::new();
        let mut by_goal: BTreeMap<&str, Sums> = BTreeMap::new();
        for visit in &visits {
            let source = &visit.0[0].source;
            for hit in visit.0.iter().filter(|hit| range.contains(&hit.at)) {
                let Some(revenue) = &hit.revenue else {
                    continue;
                };
                if is_german && visit.0[0].country != "DE" {
                    continue;
                }
                let add = |sums: &mut Sums| {
                    let sum = sums.entry(revenue.currency.clone()).or_default();
                    sum.0 += worth[&hit.at];
                    sum.1 += 1;
                };
                add(by_goal.entry(hit.name.as_str()).or_default());
                if is_signup && hit.name != "Signup" {
                    continue;
                }
                let key = groups.iter().map(|group| match group {
                    Group::Goal => hit.name.clone(),
                    _ => source.clone(),
                });
                add(expected.entry(key.collect()).or_default());
            }
        }
        let answer = ask(&db, &query).await;
        let paid = answer.rows.iter().filter(|row| !row.revenue.is_empty());
        let found: BTreeMap<_, _> = paid
            .map(|row| (row.groups.clone(), sums(&row.revenue)))
            .collect();
        assert_eq!(found, expected, "question {question}, {query:?}");

        // The dashboard says the same of each goal.
        let query = DashboardQuery {
            period: period(first, last),
            filters: is_german.then_some(german).into_iter().collect(),
            ..DashboardQuery::default()
        };
        let reports = stats_service::count_goals(&db, &SYSTEM, "example.com", &query, at(NOW))
            .await
            .unwrap();
        for report in reports {
            let expected = by_goal.remove(report.goal.name.as_str());
            let expected = expected.unwrap_or_default();
            assert_eq!(sums(&report.revenue), expected, "{}", report.goal.name);
        }
    }
}

async fn revenue_is_compared_and_ordered_by_its_commonest_currency(db: Db) {
    let site = a_site(&db, "UTC").await;
    let buy = |visitor, country, currency, amount| {
        let hit = a_hit(&site, "/").by(visitor).in_country(country);
        hit.event("Buy").worth(currency, amount)
    };
    let hits = [
        buy(9, "DE", "EUR", 4.0).at("2026-11-23T12:00:00Z"),
        buy(1, "DE", "EUR", 10.0),
        buy(2, "DE", "USD", 500.0),
        buy(3, "FR", "EUR", 20.5),
        buy(4, "FR", "EUR", 20.0),
        buy(5, "US", "USD", 1.0),
    ];
    store(&db, &hits).await;
    let by = |metric| StatsQuery {
        groups: vec![Group::Subject(Dimension::Country.into())],
        comparison: ComparedRange::Comparison {
            comparison: Comparison::Previous,
            is_weekday_matched: false,
        },
        order: vec![(OrderBy::Metric(metric), true)],
        ..StatsQuery::totals(DateRange::Period(period(24, 24)), vec![metric])
    };
    for metric in [Metric::TotalRevenue, Metric::AverageRevenue] {
        let answer = ask(&db, &by(metric)).await;
        let countries: Vec<_> = answer.rows.iter().map(|row| &row.groups[0][..]).collect();
        assert_eq!(countries, ["FR", "DE", "US"], "{metric:?}");
        assert!(answer.rows.iter().all(|row| row.metrics == [None]));
    }
    let answer = ask(&db, &by(Metric::TotalRevenue)).await;
    let french = &answer.rows[0];
    let euros = french.revenue.of("EUR").unwrap();
    assert_eq!(
        (euros.total.value(), euros.average().value()),
        (40.5, 20.25)
    );
    let before = |row: usize| &answer.rows[row].previous.as_ref().unwrap().1;
    assert!(before(0).is_empty());
    assert_eq!(
        sums(before(1)),
        Sums::from([("EUR".into(), (4_000_000, 1))])
    );
}
