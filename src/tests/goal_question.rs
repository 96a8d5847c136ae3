//! Questions of programs about goals and saved segments: the figures against an independent model, from rows and from blocks.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    builders::{a_hit, a_site, at, close_days, store, store_as_batch},
    conversion_model::{Does, ModelVisit, kinds, model_visits},
    funnel::{add_goal, event},
    segment::a_user,
    stats::random_hits,
};
use crate::{
    db::Db,
    domain::{
        Condition, Date, DateRange, Dimension, Filter, Goal, Group, Metric, NamedGoals, Period,
        Principal, Role, SegmentId, StatsAnswer, StatsQuery,
    },
    ingest::EnrichedHit,
    services::{ServiceError, segment_service, stats_service},
};

db_tests!(
    goals_in_questions_equal_the_model_for_random_traffic,
    names_that_nothing_has_are_refused_with_those_there_are,
    segments_hold_what_they_say_for_those_who_may_see_them,
    a_page_on_which_a_custom_event_reached_a_goal_has_a_row,
);

const SYSTEM: Principal = Principal::System;
const NOW: &str = "2026-12-01T00:00:00Z";
const METRICS: [Metric; 5] = [
    Metric::Visitors,
    Metric::Events,
    Metric::Percentage,
    Metric::ConversionRate,
    Metric::GroupConversionRate,
];

fn dates(from: i8, to: i8) -> DateRange {
    let date = |day| Date::new(2026, 11, day).unwrap();
    DateRange::Period(Period::Custom {
        from: date(from),
        to: date(to),
    })
}

fn named(names: &[&str]) -> NamedGoals {
    NamedGoals {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        is_part: false,
        is_case_sensitive: true,
    }
}

async fn ask(
    db: &Db,
    principal: &Principal,
    query: &StatsQuery,
) -> Result<StatsAnswer, ServiceError> {
    stats_service::answer(db, principal, "example.com", query, at(NOW)).await
}

/// A question and what the model needs of it.
struct Asked {
    query: StatsQuery,
    days: (i8, i8),
    is_german: bool,
    names: Vec<NamedGoals>,
}

fn random_question(rng: &mut StdRng, goals: &[(Goal, Does)]) -> Asked {
    let first = rng.random_range(20..25);
    let days = (first, rng.random_range(first..26));
    let is_german = rng.random_range(0..2) == 0;
    let mut parts = Vec::new();
    if is_german {
        parts.push(Condition::Filter(Filter::is(Dimension::Country, "DE")));
    }
    let source = Group::Subject(Dimension::Source.into());
    let page = Group::Subject(Dimension::Page.into());
    let groups = match rng.random_range(0..6) {
        0 => vec![],
        1 => vec![source],
        2 => vec![page],
        3 => vec![Group::Goal],
        4 => vec![Group::Goal, page],
        _ => vec![source, Group::Goal],
    };
    let mut names = Vec::new();
    if !groups.contains(&Group::Goal) || rng.random() {
        for _ in 0..rng.random_range(1..=2) {
            let mut name = || goals[rng.random_range(0..goals.len())].0.name.clone();
            names.push(named(&[&name(), &name()]));
        }
    }
    parts.extend(names.iter().cloned().map(Condition::Goals));
    let mut metrics = METRICS.to_vec();
    if groups.is_empty() {
        metrics.pop();
    }
    if rng.random_range(0..4) == 0 {
        metrics.truncate(3);
    }
    let query = StatsQuery {
        groups,
        condition: Condition::All(parts),
        ..StatsQuery::totals(dates(days.0, days.1), metrics)
    };
    Asked {
        query,
        days,
        is_german,
        names,
    }
}

#[derive(Default)]
struct ModelRow {
    visitors: BTreeSet<i64>,
    events: u64,
}

/// The values of a hit's groups, goals aside.
fn key_of(query: &StatsQuery, visit: &ModelVisit<'_>, hit: &EnrichedHit) -> Vec<String> {
    let groups = query.groups.iter();
    let keys = groups.filter_map(|group| match group {
        Group::Subject(subject) if subject.dimension() == Some(Dimension::Page) => {
            Some(hit.page.clone())
        }
        Group::Subject(_) => Some(visit.0[0].source.clone()),
        _ => None,
    });
    keys.collect()
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn model(
    visits: &[ModelVisit<'_>],
    goals: &[(Goal, Does)],
    asked: &Asked,
) -> BTreeMap<Vec<String>, Vec<Option<f64>>> {
    let query = &asked.query;
    let midnight = |day: i8| at(&format!("2026-11-{day:02}T00:00:00Z"));
    let range = midnight(asked.days.0)..midnight(asked.days.1 + 1);
    let goal_at = query.groups.iter().position(|group| *group == Group::Goal);
    let reaches = |named: &NamedGoals, hit: &EnrichedHit| {
        let mut goals = goals.iter();
        goals.any(|(goal, does)| named.names.contains(&goal.name) && does(hit))
    };
    let shown: Vec<_> = goals
        .iter()
        .filter(|(goal, _)| {
            let is_named = |named: &NamedGoals| named.names.contains(&goal.name);
            asked.names.is_empty() || asked.names.iter().any(is_named)
        })
        .collect();
    let (mut everybody, mut selected) = (BTreeSet::new(), BTreeSet::new());
    let mut of_group: BTreeMap<Vec<String>, BTreeSet<i64>> = BTreeMap::new();
    let mut rows: BTreeMap<Vec<String>, ModelRow> = BTreeMap::new();
    if query.groups.is_empty() {
        rows.entry(Vec::new()).or_default();
    }
    for visit in visits {
        if asked.is_german && visit.0[0].country != "DE" {
            continue;
        }
        for hit in visit.0.iter().filter(|hit| range.contains(&hit.at)) {
            let visitor = hit.visitor.id.0;
            let key = key_of(query, visit, hit);
            everybody.insert(visitor);
            of_group.entry(key.clone()).or_default().insert(visitor);
            if !asked.names.iter().all(|named| reaches(named, hit)) {
                continue;
            }
            selected.insert(visitor);
            let mut add = |key: Vec<String>| {
                let row = rows.entry(key).or_default();
                row.visitors.insert(visitor);
                row.events += u64::from(hit.name != "engagement");
            };
            match goal_at {
                None => add(key),
                Some(at) => {
                    for (goal, _) in shown.iter().filter(|(_, does)| does(hit)) {
                        let mut key = key.clone();
                        key.insert(at, goal.name.clone());
                        add(key);
                    }
                }
            }
        }
    }
    let ratio = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    let rows = rows.into_iter().map(|(key, row)| {
        let mut group = key.clone();
        goal_at.map(|at| group.remove(at));
        let visitors = row.visitors.len();
        let values = query.metrics.iter().map(|metric| match metric {
            Metric::Visitors => Some(visitors as f64),
            Metric::Events => Some(row.events as f64),
            Metric::Percentage => ratio(visitors, selected.len()),
            Metric::ConversionRate => ratio(visitors, everybody.len()),
            Metric::GroupConversionRate => ratio(visitors, of_group[&group].len()),
            other => panic!("{other:?} is not asked"),
        });
        let values = values.collect();
        (key, values)
    });
    rows.collect()
}

async fn goals_in_questions_equal_the_model_for_random_traffic(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(21);
    let hits = random_hits(&site, &mut rng, 2_500);
    for chunk in hits.chunks(97) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let visits = model_visits(&hits);
    let mut goals = Vec::new();
    for (kind, does) in kinds() {
        goals.push((add_goal(&db, &site, &kind).await, does));
    }
    let mut with_rows = 0;
    for question in 0..90 {
        match question {
            30 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 3),
            60 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        let asked = random_question(&mut rng, &goals);
        let answer = ask(&db, &SYSTEM, &asked.query).await.unwrap();
        let found: BTreeMap<_, _> = answer
            .rows
            .iter()
            .map(|row| (row.groups.clone(), row.metrics.clone()))
            .collect();
        let expected = model(&visits, &goals, &asked);
        assert_eq!(found, expected, "question {question}, {:?}", asked.query);
        with_rows += usize::from(found.len() > 1);
    }
    assert!(with_rows > 30, "{with_rows}");
}

async fn names_that_nothing_has_are_refused_with_those_there_are(db: Db) {
    let site = a_site(&db, "UTC").await;
    let question = |condition| StatsQuery {
        condition,
        ..StatsQuery::totals(dates(24, 24), vec![Metric::Visitors])
    };
    let part = |name: &str| {
        Condition::Goals(NamedGoals {
            is_part: true,
            ..named(&[name])
        })
    };
    let refused = async |condition| {
        let error = ask(&db, &SYSTEM, &question(condition)).await.unwrap_err();
        match error {
            ServiceError::Invalid { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    };
    let goal = |name| Condition::Goals(named(&[name]));
    let reason = refused(goal("Signup")).await;
    assert_eq!(reason, "there is no goal `Signup`; the site has none");
    for (kind, _) in kinds() {
        add_goal(&db, &site, &kind).await;
    }
    let reason = refused(Condition::Not(Box::new(goal("signup")))).await;
    assert!(
        reason.starts_with("there is no goal `signup`; the site has Never, "),
        "{reason}"
    );
    let reason = refused(part("Nope")).await;
    assert!(reason.contains("no goal `Nope`"), "{reason}");
    let reason = refused(Condition::Segments(vec![SegmentId(7)])).await;
    assert_eq!(reason, "there is no segment `7`; the site has none");
    assert!(ask(&db, &SYSTEM, &question(part("Sign"))).await.is_ok());
    // What all goals stand for together has a limit, however often they are named.
    let often = Condition::Any(vec![part(""); 100]);
    let reason = refused(often).await;
    assert!(reason.contains("at most 1000 filters"), "{reason}");
    // Rates need a goal that all must reach.
    let done = Condition::HasDone(Box::new(goal("Signup")));
    let query = StatsQuery {
        metrics: vec![Metric::ConversionRate],
        ..question(done)
    };
    assert!(
        query
            .check()
            .unwrap_err()
            .0
            .contains("needs a filter on event:goal")
    );
    let query = StatsQuery {
        metrics: vec![Metric::GroupConversionRate],
        ..question(goal("Signup"))
    };
    assert!(query.check().unwrap_err().0.contains("needs a dimension"));
}

async fn segments_hold_what_they_say_for_those_who_may_see_them(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/").by(1),
        a_hit(&site, "/a").by(2).in_country("FR"),
        a_hit(&site, "/a").by(3),
    ];
    store(&db, &hits).await;
    let ada = a_user(&db, "ada@x.test", Role::Admin).await;
    let bob = a_user(&db, "bob@x.test", Role::Viewer).await;
    let filter = |text| Condition::Filter(Filter::parse(text).unwrap());
    let save = async |principal: &Principal, name, text, is_personal| {
        let condition = filter(text);
        segment_service::create(
            &db,
            principal,
            site.id,
            name,
            &condition,
            is_personal,
            at("12:00"),
        )
        .await
        .unwrap()
        .id
    };
    let german = save(&SYSTEM, "German", "country:is:DE", false).await;
    let question = |condition| StatsQuery {
        condition,
        ..StatsQuery::totals(dates(24, 24), vec![Metric::Visitors])
    };
    let of_a = Condition::All(vec![
        filter("page:is:/a"),
        Condition::Segments(vec![german]),
    ]);
    let outside = Condition::Not(Box::new(Condition::Segments(vec![german])));
    for (condition, visitors) in [(of_a, 1.0), (outside, 1.0)] {
        let answer = ask(&db, &bob, &question(condition)).await.unwrap();
        assert_eq!(answer.rows[0].metrics, [Some(visitors)]);
    }
    let own = save(&ada, "Own", "country:is:FR", true).await;
    let mine = question(Condition::Segments(vec![german, own]));
    let answer = ask(&db, &ada, &mine).await.unwrap();
    assert_eq!(answer.rows[0].metrics, [Some(3.0)]);
    let error = ask(&db, &bob, &mine).await.unwrap_err();
    assert!(
        error.to_string().contains("the site has 1 (German)"),
        "{error}"
    );
}

async fn a_page_on_which_a_custom_event_reached_a_goal_has_a_row(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/").by(1),
        a_hit(&site, "/buy").by(1).event("Signup").at("12:01"),
        a_hit(&site, "/buy").by(2),
    ];
    store(&db, &hits).await;
    add_goal(&db, &site, &event("Signup")).await;
    let query = StatsQuery {
        groups: vec![Group::Subject(Dimension::Page.into())],
        condition: Condition::Goals(named(&["Signup"])),
        ..StatsQuery::totals(
            dates(24, 24),
            vec![
                Metric::Visitors,
                Metric::ConversionRate,
                Metric::GroupConversionRate,
            ],
        )
    };
    let answer = ask(&db, &SYSTEM, &query).await.unwrap();
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|row| (&row.groups[0][..], &row.metrics[..]))
        .collect();
    assert_eq!(rows, [("/buy", &[Some(1.0), Some(0.5), Some(0.5)][..])]);
}
