//! Ranges that answers are compared with, on both databases.

use super::builders::{HitBuilder, a_hit, a_site, at, store_as_batch};
use crate::{
    db::Db,
    domain::{
        Channel, ComparedRange, Comparison, Date, DateRange, Dimension, Group, Interval, Metric,
        Period, Principal, Site, StatsAnswer, StatsQuery,
    },
    services::stats_service,
};

db_tests!(
    chosen_dates_are_compared_up_to_now,
    buckets_beyond_the_compared_range_have_no_figures,
    the_nearest_same_day_of_the_week_stands_beside_a_day,
    ranges_beyond_all_events_are_compared_with_nothing,
);

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn dates(from: &str, to: &str) -> DateRange {
    DateRange::Period(Period::Custom {
        from: date(from),
        to: date(to),
    })
}

fn chosen(from: &str, to: &str) -> ComparedRange {
    ComparedRange::Custom {
        from: date(from),
        to: date(to),
    }
}

/// It is noon on 24 November 2026.
async fn ask(db: &Db, query: &StatsQuery) -> StatsAnswer {
    stats_service::answer(db, &Principal::System, "example.com", query, at("12:00"))
        .await
        .unwrap()
}

/// Visitors of the rows, each beside those of the other range.
fn visitors(answer: &StatsAnswer) -> Vec<(&[String], Option<f64>, Option<f64>)> {
    let rows = answer.rows.iter();
    rows.map(|row| {
        let previous = row.previous.as_ref().expect("a comparison");
        (row.groups.as_slice(), row.metrics[0], previous.0[0])
    })
    .collect()
}

fn visit(site: &Site, visitor: i64, time: &str) -> HitBuilder {
    a_hit(site, "/").by(visitor).at(time)
}

async fn chosen_dates_are_compared_up_to_now(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        visit(&site, 1, "2026-11-20T10:00:00Z"),
        visit(&site, 2, "10:00"),
        // From a clock that was ahead.
        visit(&site, 3, "13:00"),
    ];
    store_as_batch(&db, &hits).await;
    for (end, expected) in [
        ("2026-11-20", 1.0),
        ("2026-11-24", 2.0),
        ("2026-11-30", 2.0),
        ("9998-12-31", 2.0),
    ] {
        let query = StatsQuery {
            comparison: chosen("2026-11-20", end),
            ..StatsQuery::totals(DateRange::Period(Period::Today), vec![Metric::Visitors])
        };
        let answer = ask(&db, &query).await;
        assert_eq!(visitors(&answer)[0].2, Some(expected), "{end}");
    }
}

async fn buckets_beyond_the_compared_range_have_no_figures(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        visit(&site, 1, "2026-11-10T10:00:00Z"),
        visit(&site, 2, "2026-11-22T10:00:00Z"),
        visit(&site, 3, "2026-11-23T10:00:00Z"),
        visit(&site, 4, "2026-11-24T10:00:00Z").from("Google", Channel::Search),
    ];
    store_as_batch(&db, &hits).await;
    let by_day = StatsQuery {
        groups: vec![Group::Time(Interval::Day)],
        comparison: chosen("2026-11-10", "2026-11-11"),
        ..StatsQuery::totals(dates("2026-11-22", "2026-11-24"), vec![Metric::Visitors])
    };
    let answer = ask(&db, &by_day).await;
    let [first, second, third] = ["2026-11-22", "2026-11-23", "2026-11-24"].map(String::from);
    let one = Some(1.0);
    assert_eq!(
        visitors(&answer),
        [
            (&[first][..], one, one),
            (&[second][..], one, Some(0.0)),
            (&[third.clone()][..], one, None),
        ]
    );
    assert_eq!(answer.compared_labels, ["2026-11-10", "2026-11-11"]);

    let source = Group::Subject(Dimension::Source.into());
    let by_source = StatsQuery {
        groups: vec![source.clone()],
        ..by_day.clone()
    };
    let answer = ask(&db, &by_source).await;
    let google = "Google".to_owned();
    assert_eq!(
        visitors(&answer)[1],
        (&[google.clone()][..], one, Some(0.0))
    );
    let by_both = StatsQuery {
        groups: vec![source, Group::Time(Interval::Day)],
        ..by_day
    };
    let answer = ask(&db, &by_both).await;
    let row = [google, third];
    assert!(visitors(&answer).contains(&(&row[..], one, None)));
}

async fn the_nearest_same_day_of_the_week_stands_beside_a_day(db: Db) {
    let site = a_site(&db, "UTC").await;
    // Tuesday the 18th, Monday the 24th, Tuesday the 25th of November 2025.
    let days = [
        ("2025-11-18", 0..1),
        ("2025-11-24", 1..4),
        ("2025-11-25", 4..6),
    ];
    let hits: Vec<_> = days
        .into_iter()
        .flat_map(|(day, visitors)| {
            visitors.map(move |visitor| (visitor, format!("{day}T10:00:00Z")))
        })
        .map(|(visitor, time)| visit(&site, visitor, &time))
        .collect();
    store_as_batch(&db, &hits).await;
    for (is_weekday_matched, expected) in [(false, 3.0), (true, 2.0)] {
        let query = StatsQuery {
            comparison: ComparedRange::Comparison {
                comparison: Comparison::Year,
                is_weekday_matched,
            },
            ..StatsQuery::totals(dates("2026-11-24", "2026-11-24"), vec![Metric::Visitors])
        };
        let answer = ask(&db, &query).await;
        assert_eq!(visitors(&answer)[0].2, Some(expected));
    }
}

async fn ranges_beyond_all_events_are_compared_with_nothing(db: Db) {
    let site = a_site(&db, "UTC").await;
    store_as_batch(&db, &[visit(&site, 1, "10:00")]).await;
    let far = dates("1970-01-01", "9998-12-31");
    for range in [far, dates("9998-12-30", "9998-12-31")] {
        let query = StatsQuery {
            comparison: ComparedRange::Comparison {
                comparison: Comparison::Previous,
                is_weekday_matched: true,
            },
            ..StatsQuery::totals(range, vec![Metric::Visitors])
        };
        let expected = if range == far { 1.0 } else { 0.0 };
        let answer = ask(&db, &query).await;
        let row = visitors(&answer)[0];
        assert_eq!((row.1, row.2), (Some(expected), Some(0.0)), "{range:?}");
    }
}
