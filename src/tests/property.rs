//! Custom properties as the dashboard shows them, against an independent model, from rows and from blocks.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    builders::{a_hit, a_site, at, close_days, store, store_as_batch},
    conversion_model::model_visits,
    funnel::{add_goal, event},
    stats::random_hits,
};
use crate::{
    db::Db,
    domain::{
        BreakdownOrder, BreakdownPage, DashboardQuery, Date, Dimension, Extras, Filter, Metric,
        Period, Principal, RevenueByCurrency, Subject,
    },
    ingest::EnrichedHit,
    services::stats_service,
};

db_tests!(
    values_of_properties_equal_the_model_for_random_traffic,
    names_of_properties_are_those_of_the_period,
    tables_say_what_events_were_worth_by_currency,
    visitors_of_values_are_counted_whether_or_not_they_reached_the_goal,
    of_too_many_names_those_of_most_days_and_events_are_listed,
);

const SYSTEM: Principal = Principal::System;
const NOW: &str = "2026-12-01T00:00:00Z";

fn period(from: i8, to: i8) -> Period {
    let date = |day| Date::new(2026, 11, day).unwrap();
    Period::Custom {
        from: date(from),
        to: date(to),
    }
}

fn plan() -> Subject {
    Subject::Property("plan".into())
}

fn value_of(hit: &EnrichedHit, name: &str) -> Option<String> {
    let props: BTreeMap<String, String> = serde_json::from_str(hit.props.as_deref()?).unwrap();
    props.get(name).cloned()
}

async fn extras(db: &Db, period: Period) -> Extras {
    stats_service::find_extras(db, &SYSTEM, "example.com", period, at(NOW))
        .await
        .unwrap()
}

async fn values_of_properties_equal_the_model_for_random_traffic(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(47);
    let mut hits = random_hits(&site, &mut rng, 2_500);
    for hit in hits.iter_mut().filter(|hit| hit.0.name != "engagement") {
        hit.0.props = match rng.random_range(0..4) {
            0 => None,
            plan => Some(format!(
                r#"{{"plan":"{}"}}"#,
                ["", "Pro", "free", "a|b"][plan]
            )),
        };
    }
    for chunk in hits.chunks(211) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let visits = model_visits(&hits);
    for question in 0..30 {
        match question {
            10 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 3),
            20 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        let first = rng.random_range(20..25);
        let last = rng.random_range(first..26);
        let midnight = |day: i8| at(&format!("2026-11-{day:02}T00:00:00Z"));
        let range = midnight(first)..midnight(last + 1);
        let is_german: bool = rng.random();
        let chosen: Option<&[&str]> = [None, Some(&["Pro", "a|b"][..])][question % 2];
        let mut filters = Vec::new();
        filters.extend(is_german.then(|| Filter::is(Dimension::Country, "DE")));
        filters.extend(chosen.map(|values| {
            let text = format!("property.plan:is:{}", Filter::join_values(values));
            Filter::parse(&text).unwrap()
        }));
        let search = ["", "P", "r"][question % 3];
        let mut expected: BTreeMap<String, (BTreeSet<(i64, i64)>, u64)> = BTreeMap::new();
        for visit in &visits {
            if is_german && visit.0[0].country != "DE" {
                continue;
            }
            for hit in visit.0.iter().filter(|hit| range.contains(&hit.at)) {
                let Some(value) = value_of(hit, "plan") else {
                    continue;
                };
                let is_chosen = chosen.is_none_or(|values| values.contains(&value.as_str()));
                if is_chosen && value.to_lowercase().contains(&search.to_lowercase()) {
                    let row = expected.entry(value).or_default();
                    row.0.insert((hit.at.0 / 86_400_000, hit.visitor.id.0));
                    row.1 += 1;
                }
            }
        }
        let query = DashboardQuery {
            period: period(first, last),
            filters,
            ..DashboardQuery::default()
        };
        let page = BreakdownPage {
            search: search.into(),
            order: BreakdownOrder::Metric(Metric::Events),
            ..BreakdownPage::default()
        };
        let found = stats_service::get_breakdown(
            &db,
            &SYSTEM,
            "example.com",
            &query,
            plan(),
            &page,
            at(NOW),
        );
        let found = found.await.unwrap();
        assert_eq!(found.subject, plan());
        assert!(
            found
                .rows
                .is_sorted_by_key(|row| std::cmp::Reverse(row.figures.events))
        );
        let rows = found.rows.iter().map(|row| {
            let figures = (row.figures.visitors, row.figures.events);
            (row.value.clone(), figures)
        });
        let expected: BTreeMap<String, (u64, u64)> = expected
            .into_iter()
            .map(|(value, (visitors, events))| (value, (visitors.len() as u64, events)))
            .collect();
        let rows: BTreeMap<_, _> = rows.collect();
        assert_eq!(rows, expected, "question {question}, {query:?}");

        let subjects = [Dimension::Page.into(), plan()];
        let shown = stats_service::get_dashboard(
            &db,
            &SYSTEM,
            "example.com",
            &query,
            &subjects,
            50,
            at(NOW),
        );
        let shown = shown.await.unwrap().breakdowns.pop().unwrap();
        if search.is_empty() {
            assert_eq!(shown.total_rows, expected.len());
        }
        for row in shown.rows {
            let figures = (row.figures.visitors, row.figures.events);
            let is_found = row.value.to_lowercase().contains(&search.to_lowercase());
            assert_eq!(expected.get(&row.value), is_found.then_some(&figures));
        }
    }
}

async fn names_of_properties_are_those_of_the_period(db: Db) {
    let site = a_site(&db, "UTC").await;
    assert_eq!(extras(&db, Period::All).await, Extras::default());
    let of = |day: &str, props: &str| {
        let mut hit = a_hit(&site, "/").at(&format!("2026-11-{day}T12:00:00Z"));
        hit.0.props = Some(props.into());
        hit
    };
    let hits = [
        of("21", r#"{"plan":"pro","..":"x"}"#),
        a_hit(&site, "/")
            .at("2026-11-22T12:00:00Z")
            .worth("EUR", 5.0),
        of("23", r#"{"author":"Ada"}"#),
        of("23", r#"{"author":"Bo","plan":"free"}"#),
    ];
    store_as_batch(&db, &hits).await;
    for attempt in 0..3 {
        match attempt {
            1 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 2),
            2 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        for (from, to, names, has_revenue) in [
            (20, 25, &["..", "author", "plan"][..], true),
            (21, 21, &["..", "plan"], false),
            (22, 22, &[], true),
            (23, 23, &["author", "plan"], false),
            (24, 24, &[], false),
        ] {
            let found = extras(&db, period(from, to)).await;
            assert_eq!(found.properties, names, "{from} to {to}, {attempt}");
            assert_eq!(found.has_revenue, has_revenue, "{from} to {to}, {attempt}");
        }
    }
}

async fn tables_say_what_events_were_worth_by_currency(db: Db) {
    let site = a_site(&db, "UTC").await;
    let sale = |visitor, day: &str, plan: &str, currency: &str, amount| {
        let at = format!("2026-11-{day}T12:00:00Z");
        let mut hit = a_hit(&site, "/").by(visitor).event("Sale");
        hit = hit.at(&at).worth(currency, amount);
        hit.0.props = Some(format!(r#"{{"plan":"{plan}"}}"#));
        hit
    };
    let hits = [
        sale(1, "21", "pro", "EUR", 10.5),
        sale(2, "21", "free", "USD", 99.0),
        sale(3, "22", "pro", "EUR", 0.25),
        sale(4, "22", "pro", "JPY", 700.0),
        sale(5, "23", "team", "EUR", 20.0),
        a_hit(&site, "/").by(6).at("2026-11-23T13:00:00Z"),
    ];
    store_as_batch(&db, &hits).await;
    let words = |revenue: &RevenueByCurrency| -> Vec<String> {
        let entries = revenue.totals().iter();
        entries
            .map(|entry| format!("{} {}", entry.total.currency, entry.total.value()))
            .collect()
    };
    for attempt in 0..3 {
        match attempt {
            1 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 2),
            2 => assert!(close_days(&db, &site, at(NOW)).await > 0),
            _ => {}
        }
        let query = DashboardQuery {
            period: period(21, 23),
            ..DashboardQuery::default()
        };
        let ask = async |subject: Subject, metric, is_ascending| {
            let page = BreakdownPage {
                order: BreakdownOrder::Metric(metric),
                is_ascending,
                has_revenue: true,
                ..BreakdownPage::default()
            };
            let found = stats_service::get_breakdown(
                &db,
                &SYSTEM,
                "example.com",
                &query,
                subject,
                &page,
                at(NOW),
            );
            let rows = found.await.unwrap().rows.into_iter();
            rows.map(|row| (row.value, words(&row.revenue)))
                .collect::<Vec<_>>()
        };
        let of = |value: &str, amounts: &[&str]| {
            let amounts = amounts.iter().copied().map(String::from);
            (value.to_owned(), amounts.collect::<Vec<_>>())
        };
        let (pro, free) = (
            of("pro", &["EUR 10.75", "JPY 700"]),
            of("free", &["USD 99"]),
        );
        let team = of("team", &["EUR 20"]);
        // Most events are worth euros: what was worth none comes last either way.
        let falling = ask(plan(), Metric::TotalRevenue, false).await;
        assert_eq!(falling, [team.clone(), pro.clone(), free.clone()]);
        let rising = ask(plan(), Metric::AverageRevenue, true).await;
        assert_eq!(rising, [pro, team, free]);
        let all = ["EUR 30.75", "JPY 700", "USD 99"];
        let names = ask(Dimension::Event.into(), Metric::TotalRevenue, false).await;
        assert_eq!(names, [of("Sale", &all)]);
        // Of the page a pageview has a row of its own; what happened there is worth something, too.
        let pages = ask(Dimension::Page.into(), Metric::TotalRevenue, false).await;
        assert_eq!(pages, [of("/", &all)]);
    }
}

async fn visitors_of_values_are_counted_whether_or_not_they_reached_the_goal(db: Db) {
    let site = a_site(&db, "UTC").await;
    let view = |visitor, plan: &str| {
        let mut hit = a_hit(&site, "/").by(visitor);
        hit.0.props = Some(format!(r#"{{"plan":"{plan}"}}"#));
        hit
    };
    let hits = [
        view(1, "pro"),
        view(2, "pro"),
        view(3, "free"),
        a_hit(&site, "/").by(2).at("12:01").event("Signup"),
    ];
    store(&db, &hits).await;
    let goal = add_goal(&db, &site, &event("Signup")).await;
    let query = DashboardQuery {
        period: Period::Today,
        goal: Some(goal.id),
        ..DashboardQuery::default()
    };
    let values = ["pro", "free", "none", "pro\0"].map(String::from).to_vec();
    let asked = [(plan(), values)];
    let found =
        stats_service::count_visitors_of(&db, &SYSTEM, "example.com", &query, &asked, at("13:00"));
    assert_eq!(found.await.unwrap(), [[2, 1, 0, 0]]);
    let page = BreakdownPage::default();
    let found = stats_service::get_breakdown(
        &db,
        &SYSTEM,
        "example.com",
        &query,
        plan(),
        &page,
        at("13:00"),
    );
    let rows = found.await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].value.as_str(), rows[0].figures.visitors),
        ("pro", 1)
    );
}

async fn of_too_many_names_those_of_most_days_and_events_are_listed(db: Db) {
    let site = a_site(&db, "UTC").await;
    let of = |number: usize, name: &str| {
        let mut hit = a_hit(&site, "/").by(number as i64);
        hit.0.props = Some(format!(r#"{{"{name}":"{number}"}}"#));
        hit
    };
    let mut hits: Vec<_> = (0..400)
        .map(|number| of(number, &format!("a{number:03}")))
        .collect();
    hits.extend([of(500, "plan"), of(501, "plan")]);
    store_as_batch(&db, &hits).await;
    let found = extras(&db, period(24, 24)).await.properties;
    assert_eq!(found.len(), Extras::PROPERTY_LIMIT);
    assert_eq!(found.last().map(String::as_str), Some("plan"));
    assert!(found.is_sorted());
}
